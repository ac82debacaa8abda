"""load, by name and by path, in fresh processes."""

import re
import zipfile

import numpy as np
import pytest
import zero_shot_reference

from keras_rnn import CharModel, GS10Model, load
from keras_rnn.catalog.names import find, zoo_names


@pytest.mark.parametrize(("name", "kind", "cell"), [
    ("char", CharModel, "simple_rnn"),
    ("gs10", GS10Model, "simple_rnn"),
    ("char/hello_world/rnn_cell", CharModel, "rnn_cell"),
    ("gs10/levels/rnn_cell", GS10Model, "rnn_cell"),
])  # fmt: skip
def test_names(name, kind, cell):
    model = load(name)
    assert isinstance(model, kind)
    assert model.cell == cell
    assert model.compiled


def test_paths():
    for path in (find("char") / "model.keras", str(find("char") / "model.keras"), find("char")):
        assert load(path).generate("he", 5) == "hello w"


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("nope", ValueError),
        ("nope.keras", ValueError),
        ("", ValueError),
        (None, TypeError),
        (3, TypeError),
        (["char"], TypeError),
    ],
)
def test_bad_names(what, error):
    with pytest.raises(error, match="Received: "):
        load(what)


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "model.tflite").write_bytes((find("char") / "model.tflite").read_bytes())
    for path in (tmp_path / "model.tflite", tmp_path):
        with pytest.raises(ValueError, match="Received: "):
            load(path)


@pytest.mark.parametrize("name", ["char/hello_world/rnn_cell", "gs10/annual/simple_rnn"])
def test_a_file_of_an_earlier_version_whose_modules_were_others(name, tmp_path, zoo):
    """Registered names count, not the module that a file names besides."""
    with zipfile.ZipFile(find(name) / "model.keras") as old, zipfile.ZipFile(tmp_path / "m.keras", "w") as new:
        for entry in old.namelist():
            content = old.read(entry)
            if entry == "config.json":
                content, count = re.subn(rb'"module": "keras_rnn[^"]*"', b'"module": "keras_rnn.no_more"', content)
                assert count
            new.writestr(entry, content)
    model = load(tmp_path / "m.keras")
    assert type(model) is type(zoo[name])
    assert model.get_cell_weights().sha256() == zoo[name].get_cell_weights().sha256()


@pytest.mark.slow
def test_the_whole_zoo_in_a_fresh_process_equals_numpy(tmp_path, fresh, zoo):
    line = "to read the book of winter by a candle, and to say so. " * 4
    windows = {}
    for name, model in ((str(name), zoo[str(name)]) for name in zoo_names()):
        if model.kind == "zero_shot":
            continue
        if model.carried:  # a long one is held to 1e-5 on a text: what comes in no order loses more digits on the way
            x = [[model.vocabulary.index(c) for c in line[i : i + model.window]] for i in range(50)]
        else:
            x = np.random.default_rng(0).integers(0, 8, (50, model.window))
        windows[name] = np.asarray(x, model.inputs[0].dtype)
    walk = np.full((1, 600), np.nan, np.float32)
    walk[0, -40:] = np.random.default_rng(0).normal(size=40).cumsum()
    np.savez(tmp_path / "windows.npz", walk=walk, **windows)
    fresh("""
import numpy as np
import keras_rnn
answers = {}
with np.load("windows.npz") as windows:
    for info in keras_rnn.list_models():
        model = keras_rnn.load(info.name)
        assert model.compiled
        if model.kind == "zero_shot":
            answers[info.name] = model.predict([windows["walk"], np.full((1, 1), 4.0)], verbose=0)
        else:
            answers[info.name] = model.predict(windows[info.name], verbose=0)
np.savez("answers.npz", **answers)
""")
    with np.load(tmp_path / "answers.npz") as answers:
        for name in (name for name in answers if name.startswith("series")):
            expected = zero_shot_reference.answers(zoo[name], walk[0, -40:].astype(float), 4)
            np.testing.assert_allclose(answers[name][0, -40:], expected, atol=1e-5 * np.abs(expected).max())
        for name, x in windows.items():
            scale = max(1.0, np.abs(answers[name]).max()) if zoo[name].carried else 1.0
            np.testing.assert_allclose(answers[name], zoo[name].numpy_reference(x), atol=1e-5 * scale)
