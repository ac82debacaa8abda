"""`keras-rnn export` of the zoo; of other models to LiteRT: tests/artifacts/test_conversion, tests/litert."""

import json

import pytest
from helpers import run

from keras_rnn.catalog.names import find
from keras_rnn.core.backend import keras


def test_export_of_a_name_keeps_its_card(capsys, tmp_path):
    assert run(capsys, "export", "char/hello_world/rnn_cell", str(tmp_path / "out"))[0] == 0
    card, ours = (
        json.loads((f / "card.json").read_text()) for f in (tmp_path / "out", find("char/hello_world/rnn_cell"))
    )
    for key in ("name", "weights_sha256", "recipe", "limits", "data"):
        assert card[key] == ours[key]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("stock.keras out --vocabulary ab", "NAME-or-FILE must take ids (batch, steps) and give logits (batch, 2)"),
        ("stock.keras out --unit x --vocabulary ab", "--vocabulary must not be given with unit, of a forecaster"),
        ("stock.keras out.tflite --vocabulary aba", "--vocabulary must hold each character once. Received: 'a' twice"),
        ("stock.keras out.tflite --vocabulary @absent", "No such file or directory: 'absent'"),
        ("char out --unit x", "--unit must not be given for a CharModel, which has its own. Received: 'x'"),
        ("char out.tflite --window 3", "--window must be 2, the model's own. Received: 3"),
    ],
)
def test_bad_input(capsys, tmp_path, monkeypatch, line, message):
    monkeypatch.chdir(tmp_path)
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save("stock.keras")
    code, out, err = run(capsys, "export", *line.split())
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert message in err
    assert [path.name for path in tmp_path.iterdir()] == ["stock.keras"]
