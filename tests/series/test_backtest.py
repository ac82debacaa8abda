"""The protocol: no forecast sees its future; baselines, calendar years and the table of several."""

import math

import numpy as np
import pytest
from calendar_years import calendar_year_forecasts

from keras_rnn.series.backtest import (
    compare,
    drift_forecaster,
    persistence_forecaster,
    walk_forward,
    window_mean_forecaster,
)
from keras_rnn.series.metrics import diebold_mariano, mase, skill_interval

SERIES = np.cumsum(np.random.default_rng(2).normal(size=120))


def test_every_origin_sees_its_past_and_nothing_else():
    series = SERIES.copy()
    seen = []

    def forecaster(history, steps):
        seen.append(history)
        return [100.0 * len(history) + step for step in range(steps)]

    backtest = walk_forward(forecaster, series, 100, horizons=3)
    np.testing.assert_array_equal(backtest.origins, np.arange(100, 119))
    assert [len(history) for history in seen] == list(range(101, 120))
    for history in seen:
        np.testing.assert_array_equal(history, SERIES[: len(history)])
    np.testing.assert_array_equal(backtest.last, SERIES[100:119])
    assert backtest.predicted[0].tolist() == [10100, 10101, 10102]
    for i, origin in enumerate(backtest.origins):
        for h in (1, 2, 3):
            known = origin + h < 120
            actual = backtest.actual[i, h - 1]
            assert actual == SERIES[origin + h] if known else math.isnan(actual)
    assert [len(backtest.errors(h)) for h in (1, 2, 3)] == [19, 18, 17]
    np.testing.assert_array_equal(backtest.errors(3), SERIES[103:] - backtest.predicted[:17, 2])
    assert backtest.horizons == 3
    assert backtest.seconds > 0
    with pytest.raises(ValueError, match="`horizon` must be from 1 to 3. Received: 4"):
        backtest.errors(4)


def peek(history, steps):
    """Perfect if it gets a view of the series: the future is in the base; no change otherwise."""
    whole = history
    while isinstance(whole.base, np.ndarray):
        whole = whole.base
    future = whole[len(history) : len(history) + steps]
    return np.pad(future, (0, steps - len(future)), constant_values=history[-1])


def test_the_future_cannot_be_reached_through_the_array():
    series = SERIES.copy()
    assert [peek(series[: t + 1], 1)[0] for t in range(60, 119)] == series[61:].tolist()  # the leak is one

    def forecaster(history, steps):
        assert not np.shares_memory(history, series)
        with pytest.raises(ValueError, match="read-only"):
            history[-1] = 0
        return peek(history, steps)

    backtest = walk_forward(forecaster, series, 60)
    np.testing.assert_array_equal(backtest.predicted[:, 0], backtest.last)


class Scaler:
    """Knows the shape of the series between its smallest and its largest value, and learns those two."""

    shape = np.linspace(0, 1, 80) ** 2

    def __init__(self):
        self.fitted = []

    def fit(self, history):
        self.low, self.high = history.min(), history.max()
        self.fitted.append(len(history))

    def __call__(self, history, steps):
        places = np.arange(len(history), len(history) + steps)
        return self.low + (self.high - self.low) * self.shape[np.minimum(places, 79)]


@pytest.mark.parametrize(("refit", "fitted"), [(None, [21]), (1, list(range(21, 80))), (25, [21, 46, 71])])
def test_a_scaler_learns_from_the_past_alone(refit, fitted):
    """The extremes of the whole series give the future away; those of the past do not."""
    series = 3 + 7 * Scaler.shape
    leaky, honest = Scaler(), Scaler()
    leaky.fit(series)
    perfect = walk_forward(lambda history, steps: leaky(history, steps), series, 20, horizons=2)
    assert np.abs(perfect.errors(2)).max() < 1e-12
    backtest = walk_forward(honest, series, 20, horizons=2, refit=refit)
    assert honest.fitted == fitted
    assert np.abs(backtest.errors(1)).min() > 0.05
    assert np.abs(backtest.errors(1)).mean() > 1


def test_persistence_has_no_skill_over_itself():
    one, other = (walk_forward(persistence_forecaster, SERIES, 20) for _ in range(2))
    _, row = compare({"naive": one, "model": other}, "naive")
    assert row["method"] == "model"
    assert (row["skill"], row["skill_low"], row["skill_high"], row["dm_p"]) == (0, 0, 0, 1)


def test_baselines():
    history = np.array([1.0, 2.0, 4.0, 10.0])
    assert persistence_forecaster(history, 2).tolist() == [10, 10]
    assert drift_forecaster(history, 3).tolist() == [13, 16, 19]
    assert window_mean_forecaster(2)(history, 3).tolist() == [7, 7, 7]
    six = walk_forward(window_mean_forecaster(), SERIES, 5, window=6)
    np.testing.assert_allclose(six.predicted[:, 0], [SERIES[t - 5 : t + 1].mean() for t in range(5, 119)], rtol=1e-12)
    for forecaster in (drift_forecaster, window_mean_forecaster(2)):
        with pytest.raises(ValueError, match="at least 2 values. Received: 1"):
            forecaster(history[:1], 1)
    with pytest.raises(ValueError, match="Received: 0"):
        window_mean_forecaster(0)


def test_calendar_years():
    months = np.arange("1999-03", "2003-06", dtype="datetime64[M]")  # 2000, 2001 and 2002 are whole
    values = np.random.default_rng(3).normal(size=len(months))
    by_month = dict(zip(months.astype(str).tolist(), values.tolist(), strict=True))
    seen = []

    def forecaster(history, steps):
        assert steps == 12
        assert history.base is None
        seen.append(history)
        return history[-1] + np.arange(12.0)

    def mean_of(year):
        return sum(by_month[f"{year}-{month:02}"] for month in range(1, 13)) / 12

    result = calendar_year_forecasts(forecaster, months, values, 1999)
    assert result.years.tolist() == [2001, 2002]  # the year before 2000 is not whole
    assert [len(history) for history in seen] == [22, 34]
    assert result.december.tolist() == [by_month["2000-12"], by_month["2001-12"]]
    assert [history[-1] for history in seen] == result.december.tolist()
    np.testing.assert_allclose(result.predicted, result.december + 5.5, rtol=0, atol=1e-12)
    np.testing.assert_allclose(result.actual, [mean_of(2001), mean_of(2002)], rtol=0, atol=1e-12)
    np.testing.assert_allclose(result.last_mean, [mean_of(2000), mean_of(2001)], rtol=0, atol=1e-12)
    later = calendar_year_forecasts(persistence_forecaster, months, values, 2002)
    assert later.years.tolist() == [2002]
    assert later.predicted.tolist() == pytest.approx(later.december.tolist(), abs=1e-12)
    with pytest.raises(ValueError, match="`first_year` .*Received: 2003"):
        calendar_year_forecasts(forecaster, months, values, 2003)
    with pytest.raises(ValueError, match="without gaps"):
        calendar_year_forecasts(forecaster, np.delete(months, 7), np.delete(values, 7), 2000)
    with pytest.raises(ValueError, match="without gaps"):
        calendar_year_forecasts(forecaster, months[1:], values, 2000)
    with pytest.raises(ValueError, match="at origin 21. must hold 12 values. Received: 1"):
        calendar_year_forecasts(lambda history, steps: [1.0], months, values, 2000)


def test_compare():
    naive = walk_forward(persistence_forecaster, SERIES, 10, horizons=2)
    mean = walk_forward(window_mean_forecaster(3), SERIES, 40, horizons=2)
    rows = compare({"mean": mean, "naive": naive}, "naive", horizon=2, since=50, until=109, history=SERIES[:50])
    assert [row["method"] for row in rows] == ["mean", "naive"]
    actual, base = SERIES[52:112], SERIES[50:110]
    predicted = np.array([SERIES[t - 2 : t + 1].mean() for t in range(50, 110)])
    own, reference = actual - predicted, actual - base
    low, high = skill_interval(own, reference, block=4)
    expected = {
        "n": 60,
        "mae": np.mean(np.abs(own)),
        "rmse": math.sqrt(np.mean(own**2)),
        "mase": mase(actual, predicted, SERIES[:50]),
        "skill": 1 - math.sqrt(np.mean(own**2) / np.mean(reference**2)),
        "skill_low": low,
        "skill_high": high,
        "dm_p": diebold_mariano(own, reference, 2)[1],
    }
    assert {key: rows[0][key] for key in expected} == pytest.approx(expected, rel=1e-12)
    assert low < rows[0]["skill"] < high < 0
    rows = compare({"mean": mean, "naive": naive}, "naive")
    assert [row["n"] for row in rows] == [79, 79]  # the origins of both
    assert "mase" not in rows[0]


def test_compare_refuses():
    naive = walk_forward(persistence_forecaster, SERIES, 10)
    with pytest.raises(ValueError, match="`reference` must be one of 'naive'. Received: 'drift'"):
        compare({"naive": naive}, "drift")
    with pytest.raises(ValueError, match="share more than 1 origins. Received: 1"):
        compare({"naive": naive}, "naive", since=118)
    with pytest.raises(ValueError, match="`horizon`"):
        compare({"naive": naive}, "naive", horizon=2)
    other = walk_forward(persistence_forecaster, SERIES + 1, 10)
    with pytest.raises(ValueError, match="of one series. Received: 'other'"):
        compare({"naive": naive, "other": other}, "naive")


@pytest.mark.parametrize(
    ("forecast", "error"),
    [
        ([1.0], ValueError),
        ([1.0] * 3, ValueError),
        ([[1.0], [2.0]], ValueError),
        ([1.0, math.nan], ValueError),
        ([1.0, math.inf], ValueError),
        (1.0, ValueError),
        (["1", "2"], TypeError),
        (None, TypeError),
    ],
)
def test_bad_forecasts(forecast, error):
    with pytest.raises(error, match=r"`forecast at origin 7` must .*Received: "):
        walk_forward(lambda history, steps: forecast, SERIES, 7, horizons=2)


def test_bad_arguments():
    def run(series=SERIES, first=10, **others):
        return walk_forward(persistence_forecaster, series, first, **others)

    for series in (SERIES[:, None], [1.0], [], [1.0] * 11 + [math.nan]):
        with pytest.raises((ValueError, TypeError), match="`series` must .*Received: "):
            run(series)
    for first in (-1, 119):
        with pytest.raises(ValueError, match="`first` must be from 0 to 118. Received: "):
            run(first=first)
    with pytest.raises(ValueError, match="`first` must be from 11 "):
        run(window=12)
    with pytest.raises(ValueError, match="at least 121 values. Received: 120"):
        run(window=120)
    with pytest.raises(ValueError, match="`horizons`"):
        run(horizons=0)
    with pytest.raises(TypeError, match="`refit` needs"):
        run(refit=1)
    with pytest.raises(ValueError, match="`refit`"):
        walk_forward(Scaler(), SERIES[:80], 10, refit=0)


def test_progress_wraps_the_origins():
    told = []

    def progress(origins):
        for origin in origins:
            told.append(origin)
            yield origin

    walk_forward(persistence_forecaster, SERIES, 115, progress=progress)
    assert told == [115, 116, 117, 118]
