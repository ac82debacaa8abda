"""The shipped cards say what is true of their folders."""

import json

import numpy as np
import pytest

from keras_rnn.catalog.cards import read_card, render
from keras_rnn.catalog.names import model_folder, packaged_names, preset_of, zoo_names
from keras_rnn.core.files import file_sha256, file_sizes
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.rnn.cells import PLAIN_CELLS
from keras_rnn.zoo.tasks import measure


@pytest.mark.parametrize("name", list(packaged_names()), ids=str)
def test_card_is_true(name, zoo):
    folder, model, preset = model_folder(name), zoo[str(name)], preset_of(name)
    card = read_card(folder)
    assert (card["name"], card["cell"], card["class"]) == (str(name), name.cell, type(model).__name__)
    assert card["cell"] in PLAIN_CELLS
    assert card["parameters"] == model.count_params()
    assert card["weights_sha256"] == model.get_cell_weights().sha256()
    assert card["data"]["sha256"] == file_sha256(model.data_file)
    assert card["data"]["file"] == model.data_file.name
    assert card["recipe"]["seed"] == preset.recipe.seed
    assert card["limits"] == list(preset.limits)
    sizes = {name: size for name, size in file_sizes(folder).items() if name not in ("card.json", "README.md")}
    assert card["files"] == sizes
    lite = LiteRTFile(folder / "model.tflite")
    assert sorted(card["signatures"]) == sorted(lite.signatures)
    for key, signature in card["signatures"].items():
        for side, specs in (("inputs", lite.inputs[key]), ("outputs", lite.outputs[key])):
            assert {n: [1, *s["shape"][1:]] for n, s in signature[side].items()} == {
                n: list(shape) for n, (shape, _) in specs.items()
            }
    from keras_rnn.artifacts.saved_model import SavedModelFolder

    saved = SavedModelFolder(folder / "1").inputs
    assert sorted(saved) == sorted([*card["signatures"], *card["text_signatures"]])
    figures = measure(name, model)
    assert sorted(card["metrics"]) == sorted(figures)
    for key, value in figures.items():
        np.testing.assert_allclose(card["metrics"][key], value, rtol=1e-4)
    assert card["parity"]
    assert all(check["passed"] for check in card["parity"])
    assert (folder / "README.md").read_text() == render(card)


def test_baselines_stand_beside_the_figures():
    metrics = {str(name): read_card(model_folder(name))["metrics"] for name in zoo_names()}
    assert metrics["char/hello_world/simple_rnn"]["accuracy"] == 1.0
    assert metrics["char/hello_world/simple_rnn"]["accuracy_from_last_character_only"] == pytest.approx(6 / 9)
    levels = metrics["gs10/levels/simple_rnn"]
    assert levels["test_skill_against_persistence"] == pytest.approx(
        1 - levels["test_rmse"] / levels["test_rmse_of_persistence"]
    )


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 99}', '{"schema": 1}'])
def test_a_card_that_is_none(tmp_path, text):
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(ValueError, match="Received: "):
        read_card(tmp_path)
    with pytest.raises(ValueError, match="Received: "):
        read_card(tmp_path / "absent")


def test_cards_hold_no_number_that_json_does_not_know():
    for name in zoo_names():
        text = (model_folder(name) / "card.json").read_text()
        json.loads(text, parse_constant=lambda constant: pytest.fail(constant))
