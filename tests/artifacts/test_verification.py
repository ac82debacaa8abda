"""verify: everything shipped passes, and every kind of damage is found."""

import json
import shutil

import numpy as np
import pytest

from keras_rnn import char_model, export, gs10_model, load, runtime, verify
from keras_rnn.artifacts.verification import RANDOM_WINDOWS, twin
from keras_rnn.catalog.metadata import BUFFER_NAME
from keras_rnn.catalog.names import find, packaged_names
from keras_rnn.core.parity import TOLERANCE
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.litert.tf_converter import convert
from keras_rnn.rnn.weights import CellWeights


@pytest.mark.parametrize("name", [str(name) for name in packaged_names()])
def test_the_zoo(name):
    checks = verify(name)
    step = not name.startswith(("gs10/annual", "gs10/monthly"))  # these look at the whole window first
    assert len(checks) == (11 if name.startswith("char") else 8 + 2 * step)
    for check in checks:
        assert check.passed, check
        if check.largest is not None:
            assert check.largest <= TOLERANCE, check
            assert check.count >= 100
    assert {check.check for check in checks} >= {"serving_default", *(["step × window"] if step else [])}


def test_real_windows_are_among_those_compared():
    assert len(char_model().comparison_windows(RANDOM_WINDOWS)) == 9 + 100
    assert len(gs10_model().comparison_windows(RANDOM_WINDOWS)) == 66 + 100
    other = char_model(weights=None, vocabulary="abc")
    assert other.comparison_windows(RANDOM_WINDOWS).shape == (100, 2)
    assert other.comparison_windows(RANDOM_WINDOWS).max() == 2


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(find("char"), tmp_path / "model")


def failed(folder):
    return {(check.artifact, check.check) for check in verify(folder) if not check.passed}


def nudged(model, by=1e-4):
    w = model.get_cell_weights()
    other = type(model)(**model.get_config())
    other.set_cell_weights(
        CellWeights(w.kernel + by, w.recurrent_kernel, w.bias, w.output_kernel, w.output_bias)
    )  # fmt: skip
    return other


@pytest.mark.slow
def test_weights_that_differ_a_little_are_found_in_each_artifact(folder, tmp_path):
    export(nudged(char_model()), tmp_path / "nudged")
    shutil.copy(tmp_path / "nudged" / "model.tflite", folder)
    assert {("LiteRT", "serving_default"), ("LiteRT", "step × window")} <= failed(folder)
    assert {artifact for artifact, _ in failed(folder)} == {"LiteRT"}
    shutil.rmtree(folder / "1")
    shutil.copytree(tmp_path / "nudged" / "1", folder / "1")
    assert {artifact for artifact, _ in failed(folder)} == {"LiteRT", "SavedModel"}
    shutil.copy(tmp_path / "nudged" / "model.keras", folder)
    assert failed(folder) == {("card.json", "names these weights")}


def test_another_models_file_is_found(folder):
    shutil.copy(find("gs10") / "model.tflite", folder)
    with pytest.raises(ValueError, match="Received: "):
        verify(folder)


@pytest.mark.parametrize("name", ["model.keras", "model.tflite", "card.json"])
@pytest.mark.parametrize("damage", ["gone", "cut", "empty"])
def test_damaged_files(folder, name, damage):
    content = (folder / name).read_bytes()
    (folder / name).unlink()
    if damage != "gone":
        (folder / name).write_bytes(content[: len(content) // 2] if damage == "cut" else b"")
    with pytest.raises(ValueError, match="Received: "):
        verify(folder)


def test_a_damaged_saved_model(folder):
    (folder / "1" / "saved_model.pb").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="SavedModel must be one that can be read. Received: "):
        verify(folder)
    shutil.rmtree(folder / "1")
    with pytest.raises(ValueError, match="Received: "):
        verify(folder)
    shutil.copytree(find("gs10") / "1", folder / "1")
    with pytest.raises(ValueError, match="Received: "):
        verify(folder)


def test_flex_ops_and_free_shapes_are_found(folder, tmp_path):
    """What the stock converter writes, which no phone runs: the same numbers, and not sound."""
    from keras_rnn.core.backend import tf
    from keras_rnn.core.quiet import quiet_stderr

    module = load("char").signatures(None)
    with quiet_stderr():
        tf.saved_model.save(module, str(tmp_path / "stock"), signatures=module.functions())
        converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "stock"), signature_keys=["step"])
        (folder / "model.tflite").write_bytes(converter.convert())
    lite = LiteRTFile(folder / "model.tflite")
    assert lite.dynamic_tensors
    with pytest.raises(ValueError, match="Received: "):
        verify(folder)


@pytest.mark.parametrize(
    ("damage", "note"),
    [
        (lambda model: setattr(model.operatorCodes[0], "customCode", b"FlexReserve"), "custom:FlexReserve"),
        (lambda model: setattr(model.subgraphs[0].tensors[0], "shapeSignature", [-1, 2]), "primary is"),
    ],
)  # fmt: skip
def test_a_file_that_runs_here_but_not_on_a_phone_fails(folder, monkeypatch, damage, note):
    """The numbers are right, so it is the check of operators, shapes and primary signature that must see it."""
    from keras_rnn.litert import file as litert_file

    original = litert_file.tree_of

    def damaged(content):
        model = original(content)
        damage(model)
        return model

    monkeypatch.setattr(litert_file, "tree_of", damaged)
    (check,) = [check for check in verify(folder) if not check.passed]
    assert check.check == "built-in ops, static shapes"
    assert note in check.note


def test_another_primary_signature_is_found(folder):
    """Code that knows no signatures would get the wrong one; so would the runtime's quick call."""
    file = LiteRTFile(folder / "model.tflite")
    module = load("char").signatures(1)
    functions = dict(reversed(module.functions().items()))
    content = convert(module, functions, {BUFFER_NAME: file.metadata[BUFFER_NAME].decode()})
    (folder / "model.tflite").write_bytes(content)
    (check,) = [check for check in verify(folder) if not check.passed]
    assert check.note.endswith("primary is generate")
    with pytest.raises(ValueError, match="primary signature must be serving_default. Received: generate"):
        runtime.load(folder)


def test_no_such_name_or_folder(tmp_path):
    for what in ("nope", tmp_path, tmp_path / "absent"):
        with pytest.raises(ValueError, match="Received: "):
            verify(what)


def test_twin_has_the_other_cell_and_the_same_weights():
    model = char_model(cell="rnn_cell")
    other = twin(model)
    assert other.cell == "simple_rnn"
    assert other.get_cell_weights().sha256() == model.get_cell_weights().sha256()
    assert twin(other).cell == "rnn_cell"


def test_a_card_with_other_weights_is_found(folder):
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"weights_sha256": "0" * 64}))
    assert failed(folder) == {("card.json", "names these weights")}
    assert np.isfinite([c.largest for c in verify(folder) if c.largest is not None]).all()
