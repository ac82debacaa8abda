"""`keras-rnn train gs10`."""

import json

from helpers import run


def test_train_a_series(capsys, tmp_path):
    (tmp_path / "s.csv").write_text("year,value\n" + "".join(f"{y},{y % 5}\n" for y in range(1980, 2020)))
    code, out, err = run(capsys, "train", "gs10", "--csv", str(tmp_path / "s.csv"), "--out", str(tmp_path / "mine"),
                         "--updates", "400", "--json")  # fmt: skip
    assert code == 0
    assert err.splitlines() == [
        "40 years 1980 to 2019, `,`",
        "changes of up to 4 points: no yield in percent, which the model will be called one of",
    ]
    assert json.loads(out)["windows"] == 34
    assert json.loads(out)["training"]["mae"] < 0.5
    card = json.loads((tmp_path / "mine" / "card.json").read_text())
    assert (card["config"]["low"], card["config"]["high"]) == (0, 4)
