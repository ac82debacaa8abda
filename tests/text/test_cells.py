"""Character models of every cell, of several layers, with dropout, their state carried: in Keras and in a file."""

import contextlib

import numpy as np
import pytest
from helpers import run

from keras_rnn import CharModel, char_model, export, runtime, to_litert, train, verify
from keras_rnn.core.backend import keras
from keras_rnn.text.vocabulary import BYTES, UNKNOWN

VOCABULARY = "abcde"
PROMPT = "abcdeedcbaabcbc"


def filled(cell="gru", vocabulary=VOCABULARY, window=3, units=7, **arguments):
    """A model with large random weights: an untrained one says nearly the same whatever it reads."""
    model, random = char_model(None, cell, vocabulary, window, units, **arguments), np.random.default_rng(1)
    model.set_weights([random.normal(size=w.shape) for w in model.get_weights()])
    return model


@pytest.mark.parametrize(
    ("cell", "layers", "dropout", "carried", "window"),
    [
        ("lstm", 2, 0.3, True, 4), ("rnn_cell", 2, 0.0, True, 1), ("simple_rnn", 1, 0.3, True, 20),
        ("gru", 2, 0.3, False, 2),
    ],
)  # fmt: skip
def test_the_same_text_in_keras_and_from_the_file(tmp_path, cell, layers, dropout, carried, window):
    model = filled(cell, window=window, layers=layers, dropout=dropout, carried=carried)
    assert model.output_shape == ((None, window, 5) if carried else (None, 5))
    assert all(check.passed for check in export(model, tmp_path / "m"))
    lite = runtime.load(tmp_path / "m")
    assert (lite.carried, lite.metadata["units"], lite.ahead) == (carried, 7, None)
    states = [f"{name}_{i}" for i in range(layers) for name in ("hc" if cell == "lstm" else "h")]
    assert set(lite.file.inputs["step"]) == {"ids", *states}
    written = model.generate(PROMPT, 30)
    assert lite.generate(PROMPT, 30) == written
    drawn = {"temperature": 2.0, "top_k": 4, "seed": 3}
    assert lite.generate(PROMPT, 30, **drawn) == model.generate(PROMPT, 30, **drawn)
    for each in (model, lite):
        stream = each.stream()
        for character in PROMPT:
            answer = stream.push(character)
        for expected in (model.predict_next(PROMPT), lite.predict_next(PROMPT)):
            assert answer == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("cell", ["rnn_cell", "simple_rnn", "gru", "lstm"])
@pytest.mark.parametrize("layers", [1, 2])
def test_carried_over_a_text_it_answers_as_the_text_at_once(cell, layers):
    model = filled(cell, window=5, layers=layers, dropout=0.2, carried=True)
    ids = np.random.default_rng(0).integers(0, 5, (3, 10)).astype(np.int32)
    window, states = model.call_with_states(ids[:, :5], model.zero_states(3))
    np.testing.assert_allclose(window, model.predict_windows(ids[:, :5]), atol=1e-5)
    further, states = model.call_with_states(ids[:, 5:], states)
    whole = CharModel.from_config(model.get_config() | {"window": 10})
    whole.take_weights(model)
    np.testing.assert_allclose(further, whole.predict_windows(ids)[:, 5:], atol=1e-5)
    assert [state.shape for state in states] == [(3, 7)] * layers * (2 if cell == "lstm" else 1)
    # `read`, in whatever pieces the text comes
    logits, state = model.read(ids[0].tolist(), None)
    np.testing.assert_allclose(logits, further[0, -1], atol=1e-5)
    _, first = model.read(ids[0, :7].tolist(), None)
    again, last = model.read(ids[0, 7:].tolist(), first)
    np.testing.assert_allclose(again, logits, atol=1e-5)
    assert list(state) == list(last) == list(model.state_shapes)
    for name, values in state.items():
        np.testing.assert_allclose(last[name], values, atol=1e-5)


def test_a_prompt_of_one_character_and_what_lies_further_back_counts():
    model = filled(carried=True)
    assert len(model.generate("a", 5)) == 6
    assert model.predict_next("ababcde") != pytest.approx(model.predict_next("ebabcde"), abs=1e-6)
    with pytest.raises(ValueError, match="`prompt` must hold at least one character"):
        model.generate("", 5)
    window = filled(carried=False)
    assert window.predict_next("ababcde") == window.predict_next("ebabcde")
    with pytest.raises(ValueError, match="`prompt` must hold at least 3 characters"):
        window.generate("a", 5)


def test_a_stream_goes_on_where_another_stood():
    model = filled("lstm", layers=2, carried=True)
    first = model.stream()
    assert first.state is None
    for character in PROMPT:
        answer = first.push(character)
    half = model.stream()
    for character in PROMPT[:8]:
        half.push(character)
    kept = half.state
    assert {name: x.shape for name, x in kept.items()} == dict.fromkeys(("h_0", "c_0", "h_1", "c_1"), (1, 7))
    other = model.stream(kept)
    half.push("e")  # which does not move the other
    for character in PROMPT[8:]:
        after = other.push(character)
    assert after == pytest.approx(answer, abs=1e-6)
    for state, error in (("abc", TypeError), ({}, ValueError), ({**kept, "h_0": np.zeros((1, 8))}, ValueError)):
        with pytest.raises(error, match="`state` must .*Received: "):
            model.stream(state)


def test_the_unknown_character_is_never_written(tmp_path):
    """Neither by Keras nor by a loop in a file, however likely it is, and though characters come after it."""
    for cell, carried in (("simple_rnn", False), ("gru", True)):
        model = filled(cell, VOCABULARY + UNKNOWN + "🙂", carried=carried)
        weights = model.get_weights()
        weights[-1][-2] += 100  # of the bias
        model.set_weights(weights)
        with pytest.warns(UserWarning, match="read as U.FFFD") if carried else contextlib.nullcontext():
            assert next(iter(model.predict_next("axyz"))) == UNKNOWN
        to_litert(model, tmp_path / "m.tflite")  # which holds the loop in the file to Keras, too
        lite = runtime.load(tmp_path / "m.tflite")
        for each in (model, lite):
            assert UNKNOWN not in each.generate("abc", 20)
            assert UNKNOWN not in each.generate("abc", 20, temperature=2.0, seed=0)
        with pytest.warns(UserWarning, match="read as U.FFFD") if carried else contextlib.nullcontext():
            assert lite.generate("axbyc", 20) == model.generate("axbyc", 20)
        if not carried:  # the SavedModel's loops are others
            served = model.signatures(None).generate_text(["abc"], 20)["text"].numpy()[0].decode()
            assert served == model.generate("abc", 20)


def test_a_loop_over_bytes_gives_text(tmp_path):
    model = char_model(None, "simple_rnn", BYTES, window=2, units=8, seed=0)
    weights = model.get_weights()
    weights[-1][0xC3] += 50  # of the bias: the first byte of é and its like, alone no character
    model.set_weights(weights)
    to_litert(model, tmp_path / "m.tflite")
    file = runtime.load(tmp_path / "m.tflite")
    assert file.ahead is not None  # its graph loops
    assert file.generate("ab", 3) == model.generate("ab", 3) == "ab" + 3 * UNKNOWN


def test_a_keras_file_has_all_arguments(tmp_path):
    model = filled("lstm", window=4, layers=2, dropout=0.25, carried=True, seed=3)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    assert again.get_config() == model.get_config()
    assert (again.cell, again.layer_count, again.dropout, again.carried) == ("lstm", 2, 0.25, True)
    assert CharModel.from_config(model.get_config()).get_config() == model.get_config()
    assert again.generate("a", 20) == model.generate("a", 20)
    other = char_model(tmp_path / "m.keras", dropout=0.5)  # which may change; all else is the file's own
    assert (other.cell, other.dropout, other.carried) == ("lstm", 0.5, True)
    assert other.generate("a", 20) == model.generate("a", 20)
    for arguments in ({"cell": "gru"}, {"cell": "simple_rnn"}, {"layers": 1}, {"carried": False}):
        with pytest.raises(ValueError, match=f"`{next(iter(arguments))}` must be .* of the weights .*Received: "):
            char_model(tmp_path / "m.keras", **arguments)


def test_plain_cells_exchange_the_weights_of_several_layers(tmp_path):
    model = filled("rnn_cell", layers=2, dropout=0.2, carried=True)
    model.save(tmp_path / "m.keras")
    other = char_model(tmp_path / "m.keras", cell="simple_rnn")
    assert (other.cell, other.generate("a", 20)) == ("simple_rnn", model.generate("a", 20))
    one = filled("rnn_cell", dropout=0.2)  # whose head stands apart, behind the dropout
    assert one.get_cell_weights().outputs == 5
    ids = one.random_windows(4)
    np.testing.assert_allclose(one.numpy_reference(ids), one.predict_windows(ids), atol=1e-5)


def test_dropout_is_of_training_alone():
    model, plain = filled(dropout=0.5, seed=0), filled(dropout=0.0)
    ids = model.random_windows(4)
    np.testing.assert_array_equal(model(ids), plain(ids))
    draws = [np.asarray(model(ids, training=True)) for _ in range(2)]
    assert np.abs(draws[0] - draws[1]).max() > 0.01
    np.testing.assert_array_equal(plain(ids, training=True), plain(ids))


def test_training_repeats_by_seed():
    def trained(seed):
        model = char_model(None, "gru", VOCABULARY, 3, 4, dropout=0.3, seed=seed)
        ids = np.random.default_rng(0).integers(0, 5, (20, 3))
        train(model, ids, ids[:, 0], updates=10, seed=seed, verbose=False)
        return np.concatenate([w.ravel() for w in model.get_weights()])

    first = trained(0)
    np.testing.assert_array_equal(trained(0), first)
    assert np.abs(trained(1) - first).max() > 0.01


@pytest.mark.slow
def test_show_verify_and_generate_of_a_folder(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = filled("lstm", carried=True)
    export(model, "m")
    assert all(check.passed for check in verify("m"))
    code, out, _ = run(capsys, "show", "m", "--insight", "x.png", "--text", "abcd")
    assert (code, "cell lstm" in out, (tmp_path / "x.png").exists()) == (0, True, True)
    for name in ("litert", "keras"):
        assert run(capsys, "generate", "a", "-n", "9", "--model", "m", "--runtime", name)[1].strip() == (
            model.generate("a", 9)
        )
    with pytest.raises(ValueError, match="must have the signature step to carry its state on. Received: "):
        to_litert(model, "x.tflite", signatures=["serving_default"])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"cell": "gru", "activation": "relu"}, ValueError),
        ({"cell": "elman"}, ValueError),
        ({"layers": 0}, ValueError),
        ({"layers": True}, TypeError),
        ({"dropout": 1.0}, ValueError),
        ({"dropout": "half"}, TypeError),
        ({"carried": 1}, ValueError),
    ],
)
def test_bad_arguments(arguments, error):
    with pytest.raises(error, match="`(activation|cell|layers|dropout|carried)` must be .*Received: "):
        char_model(None, **arguments)


@pytest.mark.parametrize("arguments", [{"cell": "gru"}, {"layers": 2}, {"carried": True}])
def test_presets_are_plain(arguments):
    (name, value), *_ = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}` must be .*Received: {value!r}"):
        char_model(**arguments)
