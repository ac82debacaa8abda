"""The character model."""

import numpy as np
import pytest

from keras_rnn import CharModel, char_model, text_windows, train
from keras_rnn.core.backend import keras, tf


@pytest.mark.parametrize("cell", ["rnn_cell", "simple_rnn"])
def test_pretrained(cell):
    model = char_model(cell=cell)
    assert isinstance(model, keras.Model)
    assert isinstance(model, CharModel)
    assert model.generate("he", 5) == "hello w"
    assert model.generate("he", 9) == "hello world"
    assert (model.vocabulary, model.window, model.units, model.cell) == (" dehlorw", 2, 20, cell)
    ids, targets, _ = text_windows("hello world")
    loss, accuracy = model.evaluate(ids, targets, verbose=0)  # it comes back compiled
    assert accuracy == 1.0
    assert loss < 0.01


def test_the_layer_sees_two_steps_of_eight_features():
    model = char_model(weights=None)
    assert model.input_shape == (None, 2)
    assert model.get_layer("rnn").input.shape == (None, 2, 8)
    assert model.output_shape == (None, 8)
    assert char_model(weights=None, return_sequences=True).output_shape == (None, 2, 8)


def test_predict_next_is_the_softmax_of_the_logits():
    model = char_model()
    probabilities = model.predict_next("o w")  # the last two count
    logits = model.predict(np.array([[0, 7]]), verbose=0)[0].astype(np.float64)
    expected = np.exp(logits) / np.exp(logits).sum()
    assert sum(probabilities.values()) == pytest.approx(1)
    assert next(iter(probabilities)) == "o"
    for character, p in probabilities.items():
        assert p == pytest.approx(expected[model.vocabulary.index(character)])


def test_generation_runs_no_predict_and_traces_once(monkeypatch):
    model = char_model()
    for name in ("predict", "predict_on_batch", "predict_step"):
        monkeypatch.setattr(model, name, lambda *a, name=name, **k: pytest.fail(name))
    traced = []
    monkeypatch.setattr(tf, "function", lambda f, original=tf.function: traced.append(f) or original(f))
    model.generate("he", 50)
    model.generate("he", 50)
    assert len(traced) == 1


def test_many_to_many():
    ids, targets, vocabulary = text_windows("hello world", targets="all")
    model = char_model(weights=None, vocabulary=vocabulary, return_sequences=True, seed=0)
    train(model, ids, targets, updates=300, verbose=False)
    assert model.generate("he", 9) == "hello world"
    every = char_model(return_sequences=True)  # pretrained weights serve both
    np.testing.assert_allclose(every.predict_windows(ids)[:, -1], char_model().predict_windows(ids), atol=1e-6)


@pytest.mark.parametrize(("targets", "return_sequences"), [("last", True), ("all", False)])
def test_a_target_shaped_unlike_the_output_is_refused(targets, return_sequences):
    ids, y, _ = text_windows("hello world", targets=targets)
    model = char_model(weights=None, return_sequences=return_sequences)
    with pytest.raises(ValueError, match=rf"return_sequences={return_sequences} the targets .*Received: shape"):
        model.fit(ids, y, verbose=0)
    with pytest.raises(ValueError, match="Received: shape"):
        model.evaluate(ids, y, verbose=0)


def test_targets_as_a_column_are_the_same():
    ids, y, _ = text_windows("hello world")
    expected = char_model().evaluate(ids, y, verbose=0)
    assert char_model().evaluate(ids, y[:, None], verbose=0) == pytest.approx(expected)


def test_other_text_vocabulary_and_sizes():
    ids, targets, vocabulary = text_windows("αβγαβδ", window=3)
    model = char_model(weights=None, cell="rnn_cell", vocabulary=vocabulary, window=3, units=9, seed=0)
    assert model.output_shape == (None, 4)
    assert model.get_cell_weights().units == 9
    train(model, ids, targets, updates=300, verbose=False)
    assert model.generate("αβγ", 3) == "αβγαβδ"


@pytest.mark.parametrize("arguments", [{"vocabulary": "abc"}, {"window": 3}, {"units": 21}])
def test_a_preset_with_other_settings_names_both(arguments):
    (name, value), *_ = arguments.items()
    with pytest.raises(ValueError, match=rf"`{name}` must be .* 'hello_world'.*Received: {value!r}"):
        char_model(**arguments)
    assert char_model(vocabulary=" dehlorw", window=2, units=20).generate("he", 1) == "hel"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"vocabulary": ""}, ValueError),
        ({"vocabulary": "cba"}, ValueError),
        ({"vocabulary": 3}, TypeError),
        ({"return_sequences": 1}, ValueError),
    ],
)
def test_bad_arguments(arguments, error):
    with pytest.raises(error, match="Received: "):
        char_model(weights=None, **arguments)


@pytest.mark.parametrize("cell", ["rnn_cell", "simple_rnn"])
def test_relu_for_long_windows(cell, tmp_path):
    model = char_model(None, cell, "abc", 64, 8, activation="relu", seed=0)
    weights = model.get_cell_weights()
    np.testing.assert_allclose(weights.recurrent_kernel, 0.99 * np.eye(8), rtol=1e-6)
    assert model.optimizer.global_clipnorm == 1
    ids = np.random.default_rng(0).integers(0, 3, (5, 64))
    expected, _ = weights.forward(np.eye(3)[ids], activation=lambda z: np.maximum(z, 0))
    np.testing.assert_allclose(model.predict_windows(ids), expected[:, -1], rtol=1e-4, atol=1e-4)
    model.save(tmp_path / "m.keras")
    again = char_model(tmp_path / "m.keras")
    assert (again.activation, again.optimizer.global_clipnorm) == ("relu", 1)
    np.testing.assert_allclose(again.predict_windows(ids), model.predict_windows(ids), rtol=1e-5)  # the other cell
    with pytest.raises(ValueError, match="`activation` must be 'relu'.*Received: 'tanh'"):
        char_model(tmp_path / "m.keras", activation="tanh")
    assert char_model().optimizer.global_clipnorm is None
