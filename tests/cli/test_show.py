"""`keras-rnn show`: a card, a Keras model's layers, a LiteRT file's signatures."""

import json

import pytest
from helpers import run

from keras_rnn.catalog.names import find


def test_show(capsys):
    assert run(capsys, "show", "char")[1] == (find("char") / "README.md").read_text()
    assert json.loads(run(capsys, "show", "char", "--json")[1]) == json.loads((find("char") / "card.json").read_text())
    out = run(capsys, "show", str(find("gs10") / "model.tflite"))[1]
    assert "serving_default  history float32 (1, 6)" in out
    shown = json.loads(run(capsys, "show", str(find("gs10/levels") / "model.tflite"), "--json")[1])
    assert shown["signatures"]["step"]["inputs"]["h_0"] == {"dtype": "float32", "shape": [1, 20]}
    assert shown["primary"] == "serving_default"
    assert ["float32 (20, 20)", 1600] in shown["tensors"]
    assert shown["metadata"]["settings"]["unit"] == "percent"
    out = run(capsys, "show", str(find("gs10/levels") / "model.keras"))[1]
    assert "GS10Model" in out
    assert "461" in out
    shown = json.loads(run(capsys, "show", str(find("gs10") / "model.keras"), "--json")[1])
    assert (shown["class"], shown["config"]["window"], shown["parameters"]) == ("GS10Model", 6, 440)


@pytest.mark.parametrize("name", ["char", "gs10"])
def test_a_card_with_anything_in_the_place_of_anything(capsys, tmp_path, name):
    """It is shown, or refused in one line that names it."""
    card = json.loads((find(name) / "card.json").read_text())

    def places(value, path=()):
        yield path
        if isinstance(value, dict | list):
            for key in value if isinstance(value, dict) else range(min(2, len(value))):
                yield from places(value[key], (*path, key))

    refused = 0
    for path in list(places(card))[1:]:
        for other in (None, 10**400, [], {}, "x"):
            changed = json.loads(json.dumps(card))
            inside = changed
            for key in path[:-1]:
                inside = inside[key]
            inside[path[-1]] = other
            (tmp_path / "card.json").write_text(json.dumps(changed))
            code, _, said = run(capsys, "show", str(tmp_path))
            assert code in (0, 2), path
            assert code == 0 or (said.startswith("keras-rnn: ") and str(tmp_path) in said and "Received: " in said), (
                said
            )
            refused += code == 2
    assert refused > 100


def test_cards_that_are_none(capsys, tmp_path):
    for content in (b"\xff\xfe", b"[" * 100_000 + b"]" * 100_000, b"{"):
        (tmp_path / "card.json").write_bytes(content)
        code, _, said = run(capsys, "show", str(tmp_path))
        assert code == 2
        assert f"card.json. Received: '{tmp_path}'" in said
