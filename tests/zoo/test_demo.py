"""The demo, whole, in a process of its own."""

import json

import pytest

from keras_rnn import verify
from keras_rnn.catalog.names import packaged_names


@pytest.mark.slow
def test_demo(command, tmp_path):
    code, out, err = command("demo", "--out", str(tmp_path / "demo"))
    assert code == 0, err
    names = [str(name) for name in packaged_names()]
    for name in names:
        assert f"{name}: " in err or f"{name} (stopped early): " in err  # a bar for each
        assert (tmp_path / "demo" / name / "model.tflite").is_file()
    assert err.count("100%") >= 4
    assert "FAILED" not in out
    assert out.count("'hello w'  'hello world'") == 6  # two cells in Keras, SavedModel and LiteRT
    for cell in ("rnn_cell", "simple_rnn"):
        forecasts = [line.split() for line in out.splitlines() if line.startswith(f"gs10/levels/{cell} ")]
        forecasts = [words for words in forecasts if words[-1] == "%"]
        assert [words[1] for words in forecasts] == ["Keras", "SavedModel", "LiteRT"]
        assert len({words[2] for words in forecasts}) == 1
    assert "persistence, no change" in out
    assert str(tmp_path / "demo") in out
    assert len(list((tmp_path / "demo").glob("*.png"))) == 6
    assert all(check.passed for check in verify(tmp_path / "demo" / names[0]))
    card = json.loads((tmp_path / "demo" / names[0] / "card.json").read_text())
    assert card["metrics"]["accuracy"] == 1.0
