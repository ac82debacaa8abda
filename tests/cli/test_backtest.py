"""`keras-rnn backtest` of GS10 and of a file; by a model of the user's: test_train_series."""

import json

import pytest
from helpers import run


def test_backtest(capsys, tmp_path):
    code, out, err = run(capsys, "backtest", "--plot", str(tmp_path / "s.png"))
    assert (code, err) == (0, f"wrote {tmp_path / 's.png'}\n")
    lines = out.splitlines()
    assert lines[0].split()[:3] == ["ahead", "method", "RMSE"]
    assert lines[-1].split()[:2] == ["1", "model"]
    assert lines[-1].endswith("no significant difference from persistence")
    (tmp_path / "s.csv").write_text("year,value\n" + "".join(f"{y},{y % 4}\n" for y in range(1980, 2020)))
    line = ["backtest", str(tmp_path / "s.csv"), "--model", "gs10", "--steps", "2"]
    code, out, err = run(capsys, *line, "--since", "2000", "--json")
    assert (code, err) == (0, "40 years 1980 to 2019, `,`\n")
    found = json.loads(out)["by_horizon"]
    assert {h: [row["n"] for row in rows] for h, rows in found.items()} == {"1": [20] * 4, "2": [19] * 4}
    assert run(capsys, *line, "--plot", str(tmp_path / "h.png"))[0] == 0
    assert (tmp_path / "h.png").is_file()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("backtest --since 1900", "--since must be from 1960 to 2024. Received: 1900"),
        ("backtest --steps 30", "--steps must be from 1 to 18. Received: 30"),
        ("backtest --model char", "--model must be a gs10 or series or zero_shot model. Received: 'char', a char"),
    ],
)
def test_bad_input(capsys, line, message):
    code, out, err = run(capsys, *line.split())
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert message in err
