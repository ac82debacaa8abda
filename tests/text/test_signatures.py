"""The exported functions against NumPy in float64, window and step, short and long."""

import numpy as np
import pytest

from keras_rnn import char_model, gs10_model, load_gs10, series_windows
from keras_rnn.catalog.presets import AHEAD
from keras_rnn.core.backend import tf
from keras_rnn.rnn.graph import write_saved_model
from keras_rnn.rnn.layers import UNROLL_UP_TO
from keras_rnn.text.vocabulary import decode, encode, vocabulary_of


def step_through(module, x, units):
    h = np.zeros((len(x), units), dtype=np.float32)
    outputs = []
    for t in range(x.shape[1]):
        result = module.step(x[:, t : t + 1], h)
        h = result["h_0"]
        outputs.append(np.asarray(result[module.output_name]))
    return np.stack(outputs, axis=1)


@pytest.mark.parametrize("batch", [None, 1])
@pytest.mark.parametrize(
    ("window", "activation"),
    [*((n, "tanh") for n in (1, 2, UNROLL_UP_TO, UNROLL_UP_TO + 1, 64)), (2, "relu"), (UNROLL_UP_TO + 1, "relu")],
)
@pytest.mark.parametrize("return_sequences", [False, True])
def test_characters(batch, window, return_sequences, activation):
    model = char_model(None, "rnn_cell", "abcdefg", window, 11, return_sequences, seed=0, activation=activation)
    module = model.signatures(batch)
    x = np.random.default_rng(0).integers(0, 7, (batch or 5, window)).astype(np.int32)
    expected = model.numpy_reference(x)
    outputs = module.serving_default(x)["logits"]
    assert outputs.shape == expected.shape
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    stepped = step_through(module, x, 11)
    np.testing.assert_allclose(stepped if return_sequences else stepped[:, -1], expected, atol=1e-5)


@pytest.mark.parametrize("batch", [None, 1])
@pytest.mark.parametrize("cell", ["rnn_cell", "simple_rnn"])
@pytest.mark.parametrize("preset", ["annual", "levels"])
def test_yields(batch, cell, preset):
    model = gs10_model(preset, cell=cell)
    module = model.signatures(batch)
    x = np.random.default_rng(0).uniform(1, 15, (batch or 5, 6)).astype(np.float32)
    expected = model.numpy_reference(x)
    np.testing.assert_allclose(module.serving_default(x)["prediction"], expected, atol=1e-5)
    assert ("step" in module.functions()) == (preset == "levels")  # the other looks at the whole window first
    if preset == "levels":
        np.testing.assert_allclose(step_through(module, x, 20)[:, -1], expected, atol=1e-5)


def test_step_takes_a_state_of_the_callers():
    model = char_model()
    h = np.random.default_rng(0).normal(size=(3, 20)).astype(np.float32)
    ids = np.array([[1], [2], [3]], dtype=np.int32)
    result = model.signatures(None).step(ids, h)
    outputs, last = model.get_cell_weights().forward(np.eye(8)[ids], h)
    np.testing.assert_allclose(result["logits"], outputs[:, -1], atol=1e-5)
    np.testing.assert_allclose(result["h_0"], last, atol=1e-6)


def test_a_saved_model_refuses_windows_of_another_size(tmp_path):
    """Without a check the function answers a longer window from its head."""
    for model, name in ((char_model(), "ids"), (gs10_model("levels"), "history")):
        module = model.signatures(None)
        write_saved_model(module, module.functions(), tmp_path / name)
        saved = tf.saved_model.load(str(tmp_path / name)).signatures
        dtype, window = model.inputs[0].dtype, model.window
        for shape in ((2, window + 1), (2, window - 1), (window,), (1, window, 1)):
            with pytest.raises((tf.errors.InvalidArgumentError, TypeError)):
                saved["serving_default"](**{name: tf.zeros(shape, dtype)})
        step = "ids" if name == "ids" else "x"
        for shape, state in (((2, 2), (2, 20)), ((2, 1), (2, 21))):
            with pytest.raises((tf.errors.InvalidArgumentError, TypeError)):
                saved["step"](**{step: tf.zeros(shape, dtype), "h_0": tf.zeros(state)})


@pytest.mark.parametrize("batch", [None, 1])
@pytest.mark.parametrize("return_sequences", [False, True])
def test_generate_is_generate(batch, return_sequences):
    model = char_model(cell="rnn_cell", return_sequences=return_sequences)
    module = model.signatures(batch)
    prompts = ["he", "wo", "dd"] if batch is None else ["he"]
    ids = np.array([encode(prompt, model.vocabulary) for prompt in prompts])
    following = np.asarray(module.next_ahead(ids)["ids"])
    assert following.shape == (len(prompts), AHEAD["char"])
    for prompt, row in zip(prompts, following, strict=True):
        assert prompt + decode(row, model.vocabulary) == model.generate(prompt, AHEAD["char"])


def test_forecast_is_forecast():
    model, series = gs10_model(), load_gs10()
    histories, _ = series_windows(series)
    following = model.signatures(None).next_ahead(histories.astype(np.float32))["prediction"]
    assert following.shape == (66, AHEAD["gs10"])
    for history, row in zip(histories[::10], np.asarray(following)[::10], strict=True):
        np.testing.assert_allclose(row, model.forecast(history, AHEAD["gs10"])["mean"], atol=1e-4)


def test_characters_that_a_vocabulary_with_u_fffd_lacks():
    model = char_model(None, "simple_rnn", "abc\ufffd", 3, 8, seed=1)
    generate_text = model.signatures(None).generate_text
    prompts = ["abc", "axé日", "\ufffdab", "zzz"]
    texts = [text.decode() for text in generate_text(prompts, 20)["text"].numpy().tolist()]
    assert texts == [model.generate(prompt, 20) for prompt in prompts]


def test_text_in_and_text_out():
    vocabulary = vocabulary_of("αβγ 日本😀")
    for return_sequences in (False, True):
        model = char_model(None, "simple_rnn", vocabulary, 3, 8, return_sequences, seed=1)
        generate_text = model.signatures(None).generate_text
        prompts = ["αβγ", "日本😀αβ", "   "]
        for length in (0, 1, 25):
            texts = generate_text(prompts, length)["text"].numpy().tolist()
            assert [text.decode() for text in texts] == [model.generate(prompt, length) for prompt in prompts]
        assert generate_text(tf.constant([], tf.string), 3)["text"].shape == (0,)
        for text, length, message in (
            (["αβγ", "αβx"], 1, "only characters of the vocabulary"),
            (["αβγ", "αβ"], 1, "must hold 3 characters"),
            (["αβγ"], -1, "must not be negative"),
            (["αβγ"], 100_001, "at most 100000"),
        ):
            with pytest.raises(tf.errors.InvalidArgumentError, match=message):
                generate_text(text, length)
