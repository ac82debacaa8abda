"""Training on a series: from simulations where nothing else is asked for, further columns, and what is said of it."""

import json

import numpy as np
import pandas as pd
import pytest
from helpers import run

from keras_rnn import SeriesModel, load, runtime, train_series
from keras_rnn.forecaster import training
from keras_rnn.zero_shot.model import ZeroShotModel
from keras_rnn.zero_shot.tuning import SIMULATED, Tuning

MONTHS = pd.period_range("2000-01", periods=120, freq="M")
RANDOM = np.random.default_rng(1)
T = np.arange(120)
SALES = pd.Series(50 + 0.3 * T + 8 * np.sin(T * np.pi / 6) + RANDOM.normal(size=120), index=MONTHS, name="sales")


@pytest.fixture(scope="module")
def trained():
    return train_series(SALES, verbose=False)


def test_it_begins_with_what_learned_from_simulations_and_is_judged_by_the_better_naive(trained):
    assert isinstance(trained.model, ZeroShotModel)
    assert (trained.start, trained.windows) == (SIMULATED, 96)
    assert trained.test_part == ("2008-01", "2009-12")
    assert trained.model.trained_to == "2007-12"
    assert [row["method"] for row in trained.test_rows] == ["persistence", "seasonal naive", "model"]
    assert trained.test_rows[-1]["verdict"] == "better than persistence"
    assert trained.metrics["test_skill_against_persistence"] > 0.5
    errors = [trained.model.forecast(SALES[:n])["mean"].iloc[0] - SALES.iloc[n] for n in range(96, 120)]
    assert trained.metrics["test_rmse"] == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=1e-3)


def test_the_test_part_is_not_seen(trained):
    other = SALES.copy()
    other.iloc[-24:] = 1000 * RANDOM.normal(size=24)
    again = train_series(other, verbose=False)
    for mine, its in zip(trained.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)
    assert (again.start, again.updates) == (trained.start, trained.updates)
    assert again.metrics["test_rmse"] > 10


@pytest.mark.slow
def test_a_second_column_that_knows_the_future_is_used():
    """b moves a period before a does: with it a's changes are known, without it they are not."""
    changes = RANDOM.normal(size=201)
    frame = pd.DataFrame({"a": np.cumsum(changes[:-1]), "b": np.cumsum(changes[1:])})
    alone = train_series(frame["a"], updates=10, verbose=False)
    both = train_series(frame, updates=400, verbose=False)
    assert abs(alone.metrics["test_skill_against_persistence"]) < 0.1
    assert both.metrics["test_skill_against_persistence"] > 0.5
    assert both.model.columns == ("a", "b")


@pytest.mark.slow
def test_columns_that_tell_nothing_are_not_read():
    frame = pd.DataFrame({"sales": SALES, "noise": RANDOM.normal(size=120)})
    found = train_series(frame, updates=25, verbose=False)
    assert (found.model.kind, found.start) == ("zero_shot", SIMULATED)
    np.testing.assert_array_equal(found.model.forecast(frame, 3)["mean"], found.model.forecast(SALES, 3)["mean"])


def test_of_several_columns_the_window_is_a_season_and_one(monkeypatch):
    """Where there is room for it; and what is chosen is what errs less on the same places."""
    worse = lambda model, values, frequency, validation, *_: Tuning(SIMULATED, 0, np.full(validation, 1e3))  # noqa: E731
    monkeypatch.setattr(training, "tune", worse)
    frame = pd.DataFrame({"sales": SALES, "other": SALES.shift(-1).ffill()})
    assert train_series(frame, updates=25, verbose=False).model.window == 13


@pytest.mark.slow
def test_the_command(capsys, tmp_path, monkeypatch):
    """Its folder is forecast and judged like any other, from where its training ended."""
    monkeypatch.chdir(tmp_path)
    SALES.to_csv("shop.csv", index_label="month")
    code, out, err = run(capsys, "train", "series", "shop.csv", "--updates", "10")
    assert code == 0, err
    lines = out.splitlines()
    assert "simulated series" in lines[0]
    assert lines[1].startswith("test part, 2008-01 to 2009-12: RMSE ")
    assert lines[1].endswith(": better than persistence")
    card = json.loads((tmp_path / "shop_sales" / "card.json").read_text())
    assert card["data"]["description"] == ("Column sales: 120 monthly values, 2000-01 to 2009-12; trained to 2007-12.")
    assert (card["class"], card["recipe"]["values"]) == ("ZeroShotModel", 96)
    lite, model = runtime.load("shop_sales"), load("shop_sales")
    assert (lite.trained_to, lite.column) == (model.trained_to, model.column) == ("2007-12", "sales")
    mean = lite.forecast(SALES.to_numpy(), 3, frequency="monthly").mean
    np.testing.assert_allclose(mean, model.forecast(SALES, 3)["mean"], atol=1e-3)
    code, out, err = run(capsys, "backtest", "shop.csv", "--model", "shop_sales", "--json")
    assert (code, "which it has seen" in err) == (0, False)
    assert json.loads(out)["by_horizon"]["1"][-1]["n"] == 24
    assert "which it has seen" in run(capsys, "backtest", "shop.csv", "--model", "shop_sales", "--since", "2005")[2]


@pytest.mark.slow
def test_a_long_series_is_read_from_its_last_values_on(capsys):
    """More than the network reads, and a validation part of more than a quarter of that."""
    found = train_series(np.cumsum(RANDOM.normal(size=900)), updates=10, test=20)
    assert (found.windows, len(found.test_rows)) == (880, 2)
    assert "test part" in capsys.readouterr().err


def test_a_cell_of_the_preset_is_its_own_start():
    found = train_series(SALES, cell="simple_rnn", updates=10, seed=5, verbose=False)
    assert (found.model.kind, found.model.cell, found.model.seed) == ("zero_shot", "simple_rnn", 5)
    assert isinstance(train_series(SALES, cell="lstm", updates=25, window=2, verbose=False).model, SeriesModel)


@pytest.mark.parametrize(
    ("series", "arguments", "error"),
    [
        (SALES, {"test": 0.95}, ValueError),
        (SALES, {"test": 1}, ValueError),
        (SALES, {"test": -3}, ValueError),
        (SALES, {"test": 110}, ValueError),
        (SALES, {"test": "a fifth"}, TypeError),
        (SALES, {"test": float("nan")}, ValueError),
        (SALES, {"updates": 0}, ValueError),
        (SALES, {"seed": None}, TypeError),
        (SALES, {"cell": "elman"}, ValueError),
        (SALES[:12], {}, ValueError),
        (SALES, {"window": 100}, ValueError),
        (np.concatenate([SALES, np.full(40, 2.0)]), {}, ValueError),
        (SALES + 1e9, {"window": 6}, ValueError),
        (SALES.reset_index(), {}, TypeError),
        (SALES[::-1], {}, ValueError),
        (SALES.where(SALES > 60), {}, ValueError),
        (SALES.astype(str), {}, TypeError),
        (np.ones(100), {}, ValueError),
        ([], {}, (TypeError, ValueError)),
        (3.0, {}, ValueError),
        (None, {}, TypeError),
        (pd.DataFrame({"a": list("abc") * 20, "b": range(60)}), {}, TypeError),
    ],
)
def test_bad_input(series, arguments, error):
    with pytest.raises(error, match="Received: "):
        train_series(series, verbose=False, **arguments)
