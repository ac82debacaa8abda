"""Names of the zoo."""

from pathlib import Path

import pytest

from keras_rnn import list_models
from keras_rnn.catalog.names import ModelName, find, model_folder, resolve, zoo_folder, zoo_name, zoo_names
from keras_rnn.catalog.presets import PRESETS


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("char", "char/hello_world/simple_rnn"),
        ("char/hello_world", "char/hello_world/simple_rnn"),
        ("char/hello_world/rnn_cell", "char/hello_world/rnn_cell"),
        ("gs10/levels/", "gs10/levels/simple_rnn"),
    ],
)
def test_short_names(name, full):
    assert str(resolve(name)) == full
    assert find(name) == zoo_folder() / full
    assert zoo_name(find(name)) == resolve(name)


@pytest.mark.parametrize(
    "name", ["", "/char", "chars", "char/hello", "char/hello_world/lstm", "char/hello_world/rnn_cell/1"]
)
def test_other_names_are_answered_with_those_there_are(name):
    with pytest.raises(
        ValueError, match=f"char/hello_world/rnn_cell, .*, series/simulated/rnn_cell. Received: {name!r}"
    ):
        resolve(name)


def test_list_models_is_the_zoo_with_its_numbers():
    models = list_models()
    assert [m.name for m in models] == [str(name) for name in zoo_names()]
    assert len(models) == sum(len(preset.cells) for presets in PRESETS.values() for preset in presets.values()) == 13
    for model in models:
        assert model.tflite_bytes == (model.folder / "model.tflite").stat().st_size
        assert model.parameters > 0
        assert model.metrics


def test_find_takes_paths_and_lets_a_name_come_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("char").mkdir()
    Path("mine").mkdir()
    assert find("char") == zoo_folder() / "char/hello_world/simple_rnn"
    assert find("./char") == find(Path("char")) == Path("char")
    assert find("mine") == Path("mine")
    for absent in ("other.keras", Path("other")):
        with pytest.raises(ValueError, match="a model's file or folder. Received: 'other"):
            find(absent)
    with pytest.raises(TypeError, match="Received: 3"):
        find(3)
    assert zoo_name(tmp_path) is None


def test_a_zoo_that_is_not_built_says_how(monkeypatch, tmp_path):
    for module in ("names", "models"):
        monkeypatch.setattr(f"keras_rnn.catalog.{module}.zoo_folder", lambda: tmp_path)
    with pytest.raises(FileNotFoundError, match=r"build_zoo.py makes it. Received: "):
        model_folder(ModelName("char", "hello_world", "rnn_cell"))
    assert list_models() == []


def test_without_tensorflow(fresh):
    code = "import sys, keras_rnn; keras_rnn.list_models(); print({'keras', 'tensorflow', 'pandas'} & set(sys.modules))"
    assert fresh(code) == "set()\n"
