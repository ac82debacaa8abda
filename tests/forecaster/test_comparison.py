"""A model beside simpler methods: which forecasts are counted, and what the words say."""

import numpy as np
import pandas as pd
import pytest

from keras_rnn import gs10_model, load_gs10, series_model
from keras_rnn.forecaster.comparison import backtests, better_naive, rows_since, verdict
from keras_rnn.series.backtest import persistence_forecaster
from keras_rnn.series.metrics import rmse


def test_the_models_row_is_that_of_its_own_predictions():
    model, series = gs10_model(), load_gs10(source="packaged")
    results, dates = backtests(model, series, since=1990, horizons=2, others={"again": persistence_forecaster})
    assert list(results) == ["persistence", "drift", "mean of 6", "again", "model"]
    rows = {row["method"]: row for row in rows_since(results, dates, 1990)}
    values = series.to_numpy()
    windows = np.lib.stride_tricks.sliding_window_view(values, 6)[:-1][-36:]
    expected = rmse(values[-36:], model.predict_windows(windows)[:, 0])
    assert (rows["model"]["n"], rows["model"]["rmse"]) == (36, pytest.approx(expected, abs=1e-6))
    assert rows["again"]["skill"] == rows["persistence"]["skill"] == 0
    assert rows_since(results, dates, 2005)[0]["n"] == 21
    assert rows_since(results, dates, 1990, horizon=2)[0]["n"] == 35


def test_without_dates_and_without_since():
    values = np.sin(np.arange(30.0))
    results, dates = backtests(gs10_model(), values)
    assert dates is None
    assert len(results["model"].origins) == 30 - 6
    results, _ = backtests(gs10_model(), values, since=10)
    assert results["model"].origins[0] == 9


def test_bad_input():
    model, series = gs10_model(), load_gs10()
    for since in (1959, 2026, -1):
        with pytest.raises(ValueError, match="`since` must be .*Received: "):
            backtests(model, series, since=since)
    with pytest.raises(TypeError, match="Received: '1990'"):
        backtests(model, series, since="1990")
    with pytest.raises(ValueError, match="at least 8 values. Received: 7"):
        backtests(model, pd.Series(np.ones(7)))


def test_words():
    def row(method, low, high, p=0.5):
        return {"method": method, "skill_low": low, "skill_high": high, "dm_p": p}

    assert verdict(row("persistence", 0, 0)) == "the reference"
    assert verdict(row("model", -0.01, 0.3)) == "no significant difference from persistence"
    assert verdict(row("model", 0.1, 0.3, float("nan"))) == "no test possible"
    assert verdict(row("model", 0.01, 0.3)) == "better than persistence"
    assert verdict(row("drift", -0.3, -0.01), "seasonal naive") == "worse than seasonal naive"


def test_the_better_naive_forecast_is_the_reference():
    index = pd.period_range("2000-01", periods=120, freq="M")
    waves = pd.Series(np.sin(np.arange(120) * 2 * np.pi / 12) + 0.1 * np.random.default_rng(0).normal(size=120), index)
    model = series_model(None, series=waves[:90], seed=0)
    results, _ = backtests(model, waves, origin=89, horizons=2)
    assert list(results)[-2:] == ["seasonal naive", "model"]
    np.testing.assert_array_equal(results["seasonal naive"].predicted[0], waves.iloc[78:80])
    assert better_naive(results) == "seasonal naive"
    walk = pd.Series(np.random.default_rng(0).normal(size=120).cumsum(), index)
    assert better_naive(backtests(model, walk, origin=89)[0]) == "persistence"
