"""`keras-rnn forecast` and `backtest` of any CSV, without a model of one's own."""

import json

import numpy as np
import pandas as pd
import pytest
from helpers import run

from keras_rnn.runtime import load


@pytest.fixture
def csv(tmp_path):
    t = np.arange(120)
    values = 100 + t + 20 * np.sin(2 * np.pi * t / 12) + np.random.default_rng(0).normal(size=120)
    frame = pd.DataFrame({"sales": values.round(2)}, index=pd.period_range("2015-01", periods=120, freq="M"))
    frame.to_csv(tmp_path / "s.csv", index_label="month")
    return tmp_path / "s.csv"


def test_without_flags(csv, capsys):
    code, out, err = run(capsys, "forecast", str(csv), "--steps", "3", "--levels", "80")
    assert code == 0
    assert err.splitlines() == [
        "120 months 2015-01 to 2024-12, `,`",
        "a season of 12 months, more of it than chance gives",
    ]
    head, *lines = out.splitlines()
    assert head.split() == ["month", "sales", "lo_80", "hi_80"]
    values = pd.read_csv(csv)["sales"].to_numpy()
    found = load("series").forecast(values, 3, 80, frequency="monthly")
    for line, mean, low, high in zip(lines, found.mean, *found.intervals[80.0], strict=True):
        np.testing.assert_allclose([float(x) for x in line.split()[1:]], [mean, low, high], atol=0.01)
    assert [line.split()[0] for line in lines] == ["2025-01", "2025-02", "2025-03"]


def test_json_seasons_and_pictures(csv, tmp_path, capsys):
    code, out, _ = run(capsys, "forecast", str(csv), "--season", "none", "--json", "--plot", str(tmp_path / "p.png"))
    assert (code, json.loads(out)["season"]) == (0, 1)
    assert (tmp_path / "p.png").stat().st_size > 10_000
    code, out, err = run(capsys, "forecast", str(csv), "--season", "7", "--json")
    assert (code, json.loads(out)["season"]) == (0, 7)
    assert "no more of it than chance gives" in err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--season", "x"], "--season must be none or a number of values. Received: 'x'"),
        (["--season", "400"], "--season must be"),
        (["--model", "gs10", "--season", "12"], "--season goes with a model that takes any series"),
        (["--steps", "400"], "--steps must be"),
    ],
)
def test_refusals(csv, flags, message, capsys):
    code, out, err = run(capsys, "forecast", str(csv), *flags)
    assert (code, out) == (2, "")
    assert message in err.splitlines()[-1]


def test_missing_values(csv, capsys):
    lines = csv.read_text().splitlines()
    csv.write_text("\n".join([*lines[:40], *lines[43:]]) + "\n")
    code, out, err = run(capsys, "forecast", str(csv), "--json")
    assert code == 0
    assert "not filled: 2018-04, 2018-05 and 2018-06 missing" in err
    values = pd.read_csv(csv)["sales"].to_numpy()
    values = np.concatenate([values[:39], [np.nan] * 3, values[39:]])
    expected = load("series").forecast(values, frequency="monthly").mean[0]
    assert json.loads(out)["mean"] == {"2025-01": pytest.approx(expected)}
    code, _, err = run(capsys, "backtest", str(csv))
    assert code == 2
    assert "must have a value for every month, or --fill to make them up. Received: 2018-04, " in err


def test_no_csv(capsys):
    code, _, err = run(capsys, "forecast", "--model", "series")
    assert code == 2
    assert "CSV must be a file with a series" in err


def test_backtest(csv, capsys):
    code, out, _ = run(capsys, "backtest", str(csv), "--steps", "2", "--json")
    assert code == 0
    tables = json.loads(out)["by_horizon"]
    for rows in tables.values():
        assert [row["method"] for row in rows] == ["persistence", "seasonal naive", "model"]
        by_method = {row["method"]: row for row in rows}
        better = min(by_method["persistence"]["rmse"], by_method["seasonal naive"]["rmse"])
        assert by_method["model"]["rmse"] < better
        assert by_method["model"]["skill"] == pytest.approx(1 - by_method["model"]["rmse"] / better)
    code, out, _ = run(capsys, "backtest", str(csv))
    assert code == 0
    assert "better than persistence" in out.splitlines()[-1]
