"""Export: what is written, by whom it can be read, and what is left when it fails."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from keras_rnn import CellWeights, char_model, export, gs10_model, verify
from keras_rnn.artifacts import folder as artifacts
from keras_rnn.catalog.cards import check_replaceable
from keras_rnn.catalog.names import find, packaged_names
from keras_rnn.core.backend import keras
from keras_rnn.core.parity import ParityError
from keras_rnn.litert.file import LiteRTFile

FILES = {"1", "README.md", "card.json", "model.keras", "model.tflite"}


@pytest.mark.parametrize(
    ("cell", "window", "return_sequences"),
    [
        ("rnn_cell", 1, False), ("simple_rnn", 5, True), ("rnn_cell", 40, True), ("simple_rnn", 40, False),
    ],
)  # fmt: skip
def test_any_character_model(tmp_path, cell, window, return_sequences):
    model = char_model(None, cell, "\nabcde|é", window, 33, return_sequences, seed=0)
    checks = export(model, tmp_path / "model")
    assert {p.name for p in (tmp_path / "model").iterdir()} == FILES
    assert all(check.passed for check in checks)
    card = json.loads((tmp_path / "model" / "card.json").read_text(encoding="utf-8"))
    assert card["config"]["vocabulary"] == "\nabcde|é"
    assert (card["name"], card["data"], card["recipe"]) == (None, None, None)


@pytest.mark.slow
def test_a_trained_model_whose_logits_are_large(tmp_path):
    """Sharp answers have large logits, and float32 seven digits of each."""
    model = char_model(weights=None, units=32, seed=0)
    w = model.get_cell_weights()
    model.set_cell_weights(CellWeights(w.kernel, w.recurrent_kernel, w.bias, 100 * w.output_kernel, w.output_bias))
    checks = export(model, tmp_path / "model")
    assert max(check.largest for check in checks if check.largest is not None) > 1e-5
    assert all(check.passed for check in verify(tmp_path / "model"))
    with pytest.raises(ParityError, match=r"within 1.0e-07. Received: .*a difference of \d"):
        export(model, tmp_path / "other", tolerance=1e-7)
    assert not all(check.passed for check in verify(tmp_path / "model", tolerance=1e-7))
    with pytest.raises(ValueError, match="`tolerance` must be .*Received: -1"):
        export(model, tmp_path / "other", tolerance=-1)
    assert not (tmp_path / "other").exists()


def test_a_forecaster_of_other_sizes(tmp_path):
    model = gs10_model(weights=None, scaling="levels", window=3, units=5, low=0, high=10, seed=0)
    assert all(check.passed for check in export(model, tmp_path / "deep" / "model"))
    lite = LiteRTFile(tmp_path / "deep" / "model" / "model.tflite")
    assert lite.inputs["serving_default"] == {"history": ((1, 3), np.dtype("float32"))}


@pytest.mark.slow
def test_saved_models_of_the_zoo_loaded_by_tensorflow_alone(tmp_path, fresh, zoo):
    """In a fresh process that never sees this package; batch free, text from ids."""
    inputs, expected = {}, {}
    for name in packaged_names():
        model = zoo[str(name)]
        random = np.random.default_rng(0)
        x = random.integers(0, 8, (7, 2)) if name.model == "char" else random.uniform(1, 15, (7, 6))
        inputs[str(name)] = x.astype(model.inputs[0].dtype)
        expected[str(name)] = model.numpy_reference(inputs[str(name)])
    np.savez(tmp_path / "x.npz", **inputs)
    (tmp_path / "folders.json").write_text(json.dumps({str(name): str(find(str(name))) for name in packaged_names()}))
    code = """
import json, sys
import numpy as np, tensorflow as tf
x, y, generated = np.load("x.npz"), {}, []
for name, folder in json.load(open("folders.json")).items():
    signatures = tf.saved_model.load(folder + "/1").signatures
    window, step = signatures["serving_default"], signatures.get("step")
    (input_name,), (output_name,) = window.structured_input_signature[1], window.structured_outputs
    assert window.structured_input_signature[1][input_name].shape[0] is None
    y[name] = window(**{input_name: tf.constant(x[name])})[output_name]
    if step is None:  # gs10/annual and gs10/monthly, which look at the whole window first
        y[name + "/step"] = y[name]
        continue
    h, one = tf.zeros((7, 20)), next(n for n in step.structured_input_signature[1] if n != "h_0")
    for t in range(x[name].shape[1]):
        out = step(**{one: tf.constant(x[name][:, t:t + 1]), "h_0": h})
        h = out["h_0"]
    y[name + "/step"] = out[output_name]
    if input_name == "ids":
        text, vocabulary = "he", " dehlorw"
        for _ in range(5):
            ids = tf.constant([[vocabulary.index(c) for c in text[-2:]]], tf.int32)
            text += vocabulary[int(tf.argmax(window(ids=ids)["logits"][0]))]
        generated.append(text)
np.savez("y.npz", **y)
print(generated, "keras_rnn" in sys.modules)
"""
    assert fresh(code) == "['hello w', 'hello w'] False\n"
    y = np.load(tmp_path / "y.npz")
    for name, reference in expected.items():
        np.testing.assert_allclose(y[name], reference, atol=1e-5)
        np.testing.assert_allclose(y[f"{name}/step"], reference, atol=1e-5)


def test_an_earlier_export_is_replaced_and_other_folders_are_not(tmp_path):
    target = tmp_path / "model"
    export(char_model(weights=None, seed=0), target)
    export(gs10_model(), target)
    assert {p.name for p in target.iterdir()} == FILES
    assert json.loads((target / "card.json").read_text())["class"] == "GS10Model"
    (target / "1" / "notes.txt").write_text("kept beside the model")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    shutil.copytree(tmp_path / "mine", tmp_path / "hub")
    (tmp_path / "hub" / "card.json").write_text('{"anything": 1}')
    for folder, found in ((target, "with '1/notes.txt'"), (tmp_path / "mine", ""), (tmp_path / "hub", "")):
        before = sorted(folder.rglob("*"))
        with pytest.raises(ValueError, match=f"for it is replaced. Received: .*{found}"):
            export(gs10_model(), folder)
        assert sorted(folder.rglob("*")) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["hub", "mine", "model"]


def test_the_current_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="must not be the current one. Received: '.'"):
        export(char_model(), ".")


def test_a_large_vocabulary_is_no_large_one_hot(tmp_path):
    vocabulary = "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))
    export(char_model(weights=None, vocabulary=vocabulary, units=8, seed=0), tmp_path / "model")


def test_an_artifact_that_differs_is_not_written(tmp_path, monkeypatch):
    other = char_model(weights=None, seed=5)
    wrong = artifacts.litert_bytes(other, None, {})
    monkeypatch.setattr(artifacts, "litert_bytes", lambda *_: wrong)
    with pytest.raises(ParityError, match=r"equal the Keras model within .* Received: LiteRT, serving_default"):
        export(char_model(), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_threads_of_the_process_and_a_full_disk_half_way(tmp_path, fresh):
    """In a process of its own, which may use one processor; then its files may grow to so many bytes only.

    The card has the threads that TensorFlow takes. On a full disk what was there stays, and nothing else.
    """
    shutil.copytree(find("gs10"), tmp_path / "model")
    before = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*"))
    code = """
import json, os, resource, shutil, signal
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import keras_rnn
model = keras_rnn.char_model(weights=None, vocabulary="abcdefghijklmnopqrstuvwxyz", units=64)
keras_rnn.export(model, "other")
print(json.load(open("other/card.json"))["threads"])
shutil.rmtree("other")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for room in (30_000, 10_000, 1_000, 0):
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    try:
        keras_rnn.export(model, "model")
    except OSError as error:
        print("OSError", "Received: " in str(error))
"""
    assert fresh(code) == "1\n" + "OSError True\n" * 4
    assert sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*")) == before
    assert json.loads((tmp_path / "model" / "card.json").read_text())["class"] == "GS10Model"


def test_targets_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    for target in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere")):
        with pytest.raises(OSError, match="Received: "):
            check_replaceable(target)
        with pytest.raises(OSError, match="Received: "):
            export(char_model(), target)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user for a moment, which only root may")
def test_no_permission(tmp_path):
    model = char_model()
    tmp_path.chmod(0o755)
    os.seteuid(65534)
    try:
        with pytest.raises(PermissionError, match="Received: "):
            export(model, tmp_path / "model")
    finally:
        os.seteuid(0)


def test_what_is_no_model(tmp_path):
    for model, error in ((keras.Sequential([keras.layers.GRU(2)]), ValueError), ("char", TypeError), (None, TypeError)):
        with pytest.raises(error, match="Received: "):
            export(model, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
