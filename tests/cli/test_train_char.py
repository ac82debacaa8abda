"""`keras-rnn train char`, and what the other commands make of its folder."""

import json

import pytest
from helpers import run


@pytest.mark.parametrize("cell", ["rnn_cell", "simple_rnn"])
def test_train_a_text_then_generate_export_and_verify(capsys, tmp_path, cell):
    (tmp_path / "text.txt").write_text("abcabcabc", encoding="utf-8")
    out = str(tmp_path / "mine")
    options = ["--text", str(tmp_path / "text.txt"), "--out", out, "--cell", cell]
    sizes = ["--window", "1", "--units", "5", "--updates", "300", "--seed", "3"]
    code, printed, err = run(capsys, "train", "char", *options, *sizes)
    assert code == 0
    assert "trained on 8 windows: accuracy 1" in printed
    assert "300/300" in err
    assert run(capsys, "generate", "a", "-n", "4", "--model", out) == (0, "abcab\n", "")
    code, printed, _ = run(capsys, "export", f"{out}/model.keras", str(tmp_path / "again"))
    assert code == 0
    code, printed, _ = run(capsys, "verify", str(tmp_path / "again"), "--json")
    assert code == 0
    assert all(check["passed"] for check in json.loads(printed)[str(tmp_path / "again")])


def test_the_text_may_be_an_argument(capsys, tmp_path):
    (tmp_path / "t.txt").write_text("abcabcabc")
    out = tmp_path / "char"
    code, printed, _ = run(capsys, "train", "char", tmp_path / "t.txt", "--out", out, "--updates", "100", "--json")
    assert code == 0
    assert json.loads(printed)["windows"] == 7
    card = json.loads((out / "card.json").read_text())
    assert card["config"] | {"vocabulary": "abc", "window": 2, "units": 20, "activation": "tanh"} == card["config"]
