"""Keras models of one's own with a vocabulary or a unit: the runtime's verbs, and the zoo's folder."""

import json

import numpy as np
import pytest
from architectures import MODELS

from keras_rnn import char_model, export, runtime, to_litert, verify
from keras_rnn.artifacts.saved_model import SavedModelFolder
from keras_rnn.core.backend import keras

L = keras.layers
VOCABULARY = "ba cdefghé\ufffd"  # in an order of its own
SIZE = len(VOCABULARY)


def text_model(*layers, window=None):
    model = keras.Sequential([keras.Input((window,), dtype="int32"), *layers, L.Dense(SIZE)])
    model.set_weights([3 * w for w in model.get_weights()])  # untrained nets say nearly the same whatever they read
    return model


class OneHot(L.Layer):
    def call(self, ids):
        return keras.ops.one_hot(ids, SIZE)


TEXT_MODELS = {
    "embedding, GRU": lambda: text_model(L.Embedding(SIZE, 8), L.GRU(12, return_sequences=True)),
    "two LSTMs": lambda: text_model(L.Embedding(SIZE, 8), L.LSTM(7, return_sequences=True), L.LSTM(9)),
    "one-hot": lambda: text_model(OneHot(), L.SimpleRNN(12)),
    "both directions": lambda: text_model(L.Embedding(SIZE, 8), L.Bidirectional(L.GRU(6)), window=5),
}


def next_id(model, ids):
    """Keras' own most likely id, U+FFFD apart."""
    logits = np.asarray(model(np.array([ids]), training=False))
    return int((logits[0, -1] if logits.ndim == 3 else logits[0])[: SIZE - 1].argmax())


@pytest.mark.parametrize("name", TEXT_MODELS)
def test_text_from_any_model(name, tmp_path):
    keras.utils.set_random_seed(0)
    model = TEXT_MODELS[name]()
    to_litert(model, tmp_path / "m.tflite", window=5, vocabulary=VOCABULARY)
    text = runtime.load(tmp_path / "m.tflite")
    assert text.carried == (name != "both directions")  # which answers from the window alone
    ids = [VOCABULARY.index(c) for c in "cab é"]
    for _ in range(12):
        ids.append(next_id(model, ids if text.carried else ids[-5:]))
    expected = "".join(VOCABULARY[i] for i in ids)
    assert text.generate("cab é", 12) == expected
    assert text.generate("cab é", 12, stop=expected[9]) == expected[: expected.index(expected[9], 5)]
    assert next(iter({k: v for k, v in text.predict_next("cab é").items() if k != "\ufffd"})) == expected[5]

    stream, other = text.stream(), None
    for i, character in enumerate("cab é"):
        answer = stream.push(character)
        assert (answer is None) == (not text.carried and i < 4)
        if i == 2:
            other = text.stream(stream.state)
    assert answer == pytest.approx(text.predict_next("cab é"))
    other.push(" ")
    assert other.push("é") == pytest.approx(answer)


def test_a_model_with_state_takes_any_prompt_and_unknown_characters(tmp_path):
    keras.utils.set_random_seed(0)
    model = TEXT_MODELS["embedding, GRU"]()
    to_litert(model, tmp_path / "m.tflite", window=5, vocabulary=["b", "a", *VOCABULARY[2:-1], "[UNK]"])
    text = runtime.load(tmp_path / "m.tflite")
    assert text.vocabulary == VOCABULARY
    assert len(text.generate("a", 3)) == 4
    with pytest.warns(UserWarning, match="`prompt` has characters that the vocabulary lacks, read as U.FFFD: 'xyz'"):
        assert text.predict_next("xyz") == text.predict_next("\ufffd" * 3)
    drawn = text.generate("a", 500, temperature=2.0, seed=1)
    assert "\ufffd" not in drawn
    assert set(drawn) == set(VOCABULARY) - {"\ufffd"}
    to_litert(model, tmp_path / "w.tflite", window=5, vocabulary=VOCABULARY, signatures=["serving_default"])
    by_window = runtime.load(tmp_path / "w.tflite")
    assert not by_window.carried
    with pytest.raises(ValueError, match="`prompt` must hold at least 5 characters, the window. Received: 'a'"):
        by_window.generate("a", 3)
    with pytest.raises(TypeError, match="`state` must be a stream's, arrays by name. Received: 'a'"):
        text.stream("a")


@pytest.mark.parametrize("features", [0, 1, 2], ids=["no axis", "one feature", "two features"])
def test_forecasts_from_any_model(features, tmp_path):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8,) if not features else (8, features))
    x = keras.ops.expand_dims(inputs, -1) if not features else inputs
    model = keras.Model(inputs, L.Dense(3)(L.LSTM(6)(x)))  # three periods at once
    columns = ["load", "weather"][:features] or None
    to_litert(model, tmp_path / "m.tflite", unit="MW", frequency="monthly", columns=columns, residuals=[[1.0, 2.0]])
    forecaster = runtime.load(tmp_path / "m.tflite")
    assert (forecaster.unit, forecaster.frequency, forecaster.columns) == ("MW", "monthly", columns)
    history = np.random.default_rng(0).normal(size=(20, 2) if features == 2 else 20)
    rows = history.reshape(20, -1)[-8:].astype(np.float32)
    expected = []
    for _ in range(3):  # nine periods, of which seven are asked for; the second feature stays where it is
        expected += np.asarray(model(rows[None] if features else rows[None, :, 0]))[0].tolist()
        new = rows[-1:].repeat(3, axis=0)
        new[:, 0] = expected[-3:]
        rows = np.concatenate([rows, new])[-8:]
    forecast = forecaster.forecast(history, 7)
    np.testing.assert_allclose(forecast.mean, expected[:7], atol=1e-5)
    assert np.subtract(*forecaster.forecast(history, 1, levels=50).intervals[50]) < 0


def test_an_answer_at_every_step(tmp_path):
    """Known by the signature `step`; an encoder and decoder of as many steps is not taken for it."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8, 1)), L.GRU(6, return_sequences=True), L.Dense(1)])
    to_litert(model, tmp_path / "m.tflite", unit="MW")
    history = np.random.default_rng(0).normal(size=(1, 8, 1)).astype(np.float32)
    expected = float(np.asarray(model(history))[0, -1, 0])
    assert runtime.load(tmp_path / "m.tflite").forecast(history.ravel()).mean[0] == pytest.approx(expected, abs=1e-5)
    again = keras.Sequential(
        [keras.Input((8, 1)), L.GRU(6), L.RepeatVector(8), L.GRU(6, return_sequences=True), L.Dense(1)]
    )
    with pytest.raises(ValueError, match=r"or step by step \(batch, window, 1\).*→ prediction \(1, 8, 1\)"):
        to_litert(again, tmp_path / "again.tflite", unit="MW")
    assert [path.name for path in tmp_path.iterdir()] == ["m.tflite"]


def test_the_folder_of_any_model(tmp_path, fresh):
    keras.utils.set_random_seed(0)
    model = TEXT_MODELS["two LSTMs"]()
    checks = export(model, tmp_path / "out", window=5, vocabulary=VOCABULARY)
    assert all(check.passed for check in [*checks, *verify(tmp_path / "out")])
    assert {check.artifact for check in checks} == {"SavedModel", "LiteRT"}
    saved = SavedModelFolder(tmp_path / "out" / "1")
    ids = np.random.default_rng(0).integers(0, SIZE, (4, 5)).astype(np.int32)  # its batch is free
    np.testing.assert_allclose(saved.run("serving_default", {"ids": ids})["logits"], model(ids), atol=1e-5)
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    assert (
        card["signatures"]["step"]["inputs"].keys() == set(saved.inputs["step"]) == {"ids", "h_0", "c_0", "h_1", "c_1"}
    )
    code = """
import sys
from keras_rnn import runtime
print(repr(runtime.load("out").generate("cab", 9)), {"tensorflow", "keras", "pandas"} & set(sys.modules))
"""
    assert fresh(code) == f"{runtime.load(tmp_path / 'out').generate('cab', 9)!r} set()\n"
    model.layers[-1].bias.assign_add(np.ones(SIZE))
    model.save(tmp_path / "out" / "model.keras")
    assert {check.artifact for check in verify(tmp_path / "out") if not check.passed} == {
        "SavedModel", "LiteRT", "card.json",
    }  # fmt: skip


def test_a_model_with_its_batch_in_it(tmp_path):
    """Its SavedModel takes one row, and the card says so."""
    export(MODELS["constant state"](), tmp_path / "out")
    limits = json.loads((tmp_path / "out" / "card.json").read_text())["limits"]
    assert any("the SavedModel takes a batch of 1: " in limit for limit in limits)
    assert all(check.passed for check in verify(tmp_path / "out"))


def test_bad_input(tmp_path):
    model = TEXT_MODELS["embedding, GRU"]()
    values = keras.Sequential([keras.Input((8, 2)), L.GRU(3), L.Dense(1)])
    for given, arguments, message in [
        (model, {"vocabulary": "abc"}, "for a `vocabulary` of 3 characters. Received: ids int32 (1, 5) → logits"),
        (values, {"vocabulary": "a"}, "must take ids (batch, steps) and give logits (batch, 1)"),
        (model, {"unit": "MW"}, "must take float32 values (batch, window[, features])"),
        (values, {"unit": "MW", "columns": ["load"]}, "`columns` must be 2, the model's features. Received: ['load']"),
        (values, {"columns": "load"}, "`columns` must be names. Received: 'load'"),
        (values, {"unit": 3}, "`unit` must be a string. Received: 3"),
        (values, {"residuals": [[-1.0]]}, "`residuals` must be absolute errors"),
        (values, {"frequency": "fortnightly"}, "`frequency` must be one of None, 'annual'"),
        (model, {"vocabulary": VOCABULARY, "unit": "MW"}, "`vocabulary` must be None with unit"),
        (model, {"vocabulary": ["ab"]}, "`vocabulary` must hold single characters. Received: 'ab'"),
        (model, {"vocabulary": 3}, "`vocabulary` must be a string or a sequence of characters. Received: 3"),
        (char_model(), {"vocabulary": "ab"}, "`vocabulary` must be None for a CharModel, which has its own"),
    ]:
        settings = {"window": 5} if given is model else {}
        for run, path in ((to_litert, tmp_path / "m.tflite"), (export, tmp_path / "m")):
            with pytest.raises((TypeError, ValueError)) as caught:
                run(given, path, **arguments, **settings)
            assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []
