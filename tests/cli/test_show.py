"""`keras-rnn show`: a card, a Keras model's layers, a LiteRT file's signatures."""

import json

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
