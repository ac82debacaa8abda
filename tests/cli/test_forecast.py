"""`keras-rnn forecast` with intervals and months, and `keras-rnn backtest`."""

import json

import pytest
from helpers import run

from keras_rnn import gs10_model, load_gs10


@pytest.mark.parametrize("runtime", ["litert", "keras"])
@pytest.mark.parametrize("preset", ["annual", "monthly"])
def test_forecast_with_levels(capsys, preset, runtime):
    code, out, err = run(capsys, "forecast", "--model", f"gs10/{preset}", "--steps", "3", "--levels", "80,95", "--json",
                         "--runtime", runtime)  # fmt: skip
    assert (code, err) == (0, "")
    found = json.loads(out)
    expected = gs10_model(preset).forecast(load_gs10(preset), 3, (80, 95))
    for column in expected.columns:
        assert list(found[column]) == [str(date) for date in expected.index]
        assert list(found[column].values()) == pytest.approx(expected[column].tolist(), abs=1e-5)


def test_intervals_on_another_series_come_with_a_remark(capsys, tmp_path):
    (tmp_path / "s.csv").write_text("year,value\n" + "".join(f"{y},{y % 5}\n" for y in range(1980, 2020)))
    code, _, err = run(capsys, "forecast", str(tmp_path / "s.csv"), "--levels", "80")
    assert (code, err) == (0, "the intervals are as wide as the model's errors on GS10, not on this series\n")


def test_pictures_of_months_and_years(capsys, tmp_path):
    for preset in ("annual", "monthly"):
        picture = tmp_path / f"{preset}.png"
        code, _, err = run(capsys, "forecast", "--model", f"gs10/{preset}", "--levels", "80", "--plot", str(picture))
        assert (code, err) == (0, f"wrote {picture}\n")
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_backtest(capsys, tmp_path):
    code, out, err = run(capsys, "backtest", "--plot", str(tmp_path / "s.png"))
    assert (code, err) == (0, f"wrote {tmp_path / 's.png'}\n")
    lines = out.splitlines()
    assert lines[0].split()[:3] == ["ahead", "method", "RMSE"]
    assert lines[-1].split()[:2] == ["1", "model"]
    assert lines[-1].endswith("not to be told from persistence")
    (tmp_path / "s.csv").write_text("year,value\n" + "".join(f"{y},{y % 5}\n" for y in range(1980, 2020)))
    code, out, err = run(capsys, "backtest", str(tmp_path / "s.csv"), "--since", "2000", "--steps", "2", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)["by_horizon"]
    assert {h: [row["n"] for row in rows] for h, rows in found.items()} == {"1": [20] * 4, "2": [19] * 4}
    assert run(capsys, "backtest", str(tmp_path / "s.csv"), "--steps", "2", "--plot", str(tmp_path / "h.png"))[0] == 0
    assert (tmp_path / "h.png").is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        ["forecast", "--levels", "80;95"],
        ["forecast", "--levels", "120"],
        ["forecast", "--levels", "99"],
        ["forecast", "--levels", "80", "--model", "gs10/levels"],
        ["backtest", "--since", "1900"],
        ["backtest", "--model", "char"],
        ["backtest", "--column", "x"],
        ["backtest", "--steps", "0"],
        ["backtest", "nowhere.csv"],
        ["backtest", "--plot", "p.xyz"],
    ],
)
def test_bad_input(capsys, arguments):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "Received: " in err
