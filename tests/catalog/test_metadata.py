"""The document inside a `.tflite` file."""

import json

import pytest

from keras_rnn.catalog.metadata import SCHEMA, document_of, parse
from keras_rnn.catalog.names import find, zoo_names
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.zero_shot.reading import QUANTILES


def document():
    return document_of(LiteRTFile(find("char") / "model.tflite").metadata, "model.tflite")


@pytest.mark.parametrize("name", [str(name) for name in zoo_names()])
def test_the_zoos_files_say_what_they_are(name, zoo):
    model, file = zoo[name], LiteRTFile(find(name) / "model.tflite")
    said = document_of(file.metadata, "model.tflite")
    card = json.loads((find(name) / "card.json").read_text())
    assert (said["schema"], said["name"], said["kind"]) == (SCHEMA, name, model.kind)
    assert (said["window"], said["units"]) == (model.window, model.units)
    for key, value in said["settings"].items():
        own = "percent" if key == "unit" else list(QUANTILES) if key == "quantiles" else getattr(model, key)
        assert value == (own.tolist() if key == "residuals" and own is not None else own)
    for key in ("title", "description", "metrics", "limits", "license"):
        assert said["card"][key] == card[key]
    assert said["versions"] == card["versions"]
    assert {k: {side: sorted(v) for side, v in names.items()} for k, names in said["signatures"].items()} == {
        k: {"inputs": sorted(file.inputs[k]), "outputs": sorted(file.outputs[k])} for k in file.signatures
    }


def test_there_and_back():
    said = document()
    assert parse(json.dumps(said | {"later": 1}).encode(), "f") == said | {"later": 1}


@pytest.mark.parametrize("data", [b"", b"\xff", b"{", b"[]", b"{}", b'{"schema": "1"}', b'{"schema": 1}'])
def test_what_is_no_document(data):
    with pytest.raises(ValueError, match="Received: .* in f.tflite"):
        parse(data, "f.tflite")


@pytest.mark.parametrize(
    "change",
    [
        {"schema": SCHEMA + 1},
        {"kind": "words"},
        {"window": 0},
        {"window": "2"},
        {"window": True},
        {"ahead": 0},
        {"units": "20"},
        {"settings": {}},
        {"settings": {"vocabulary": 3}},
        {"settings": []},
        {"name": 3},
    ],
)
def test_keys_that_are_wrong(change):
    with pytest.raises(ValueError, match="Received: .* in f.tflite"):
        parse(json.dumps(document() | change).encode(), "f.tflite")
