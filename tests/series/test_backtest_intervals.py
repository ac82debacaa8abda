"""Intervals: what they cover, and that none is made from a residual that was not known yet."""

import math

import numpy as np
import pytest
from calendar_years import random_walk_intervals

from keras_rnn.series.backtest import (
    drift_forecaster,
    latest_residuals,
    persistence_forecaster,
    walk_forward,
    walk_forward_intervals,
)
from keras_rnn.series.intervals import conformal_rank
from keras_rnn.series.metrics import coverage

SERIES = np.cumsum(np.random.default_rng(4).normal(size=150))
BACKTEST = walk_forward(drift_forecaster, SERIES, 10, horizons=3)


def test_conformal_rank():
    assert [conformal_rank(n, 80) for n in (4, 5, 9, 10, 99)] == [4, 5, 8, 9, 80]
    assert conformal_rank(19, 95) == 19
    assert conformal_rank(99, 55) == 55  # 100 · 0.55 is above 55 in binary
    for level in (50, 80, 90, 95, 97.5, 99, 99.9):
        needed = next(n for n in range(1, 2000) if (n + 1) * level <= 100 * n + 1e-9)
        assert conformal_rank(needed, level) == needed
        for count in {1, needed - 1} - {0, needed}:
            with pytest.raises(ValueError, match=f"at least {needed} for a level of {level:g}. Received: {count}$"):
                conformal_rank(count, level)


def test_widths_by_loops():
    low, high = walk_forward_intervals(BACKTEST, 80, 20)
    for i, origin in enumerate(BACKTEST.origins):
        half = 0.0
        for h in (1, 2, 3):
            known = [
                abs(SERIES[earlier + h] - BACKTEST.predicted[j, h - 1])
                for j, earlier in enumerate(BACKTEST.origins)
                if earlier + h <= origin
            ]
            if len(known) < 20:
                assert math.isnan(low[i, h - 1])
                assert math.isnan(high[i, h - 1])
                continue
            half = max(half, sorted(known[-20:])[16])  # ⌈21 · 0.8⌉ = 17
            assert low[i, h - 1] == BACKTEST.predicted[i, h - 1] - half
            assert high[i, h - 1] == BACKTEST.predicted[i, h - 1] + half
    assert [int(np.isnan(column).sum()) for column in low.T] == [20, 21, 22]
    low, _ = walk_forward_intervals(BACKTEST, 80, 1000)
    assert low.shape == (139, 3)
    assert np.isnan(low).all()


def intervals_of(series):
    backtest = walk_forward(persistence_forecaster, series, 10, horizons=3)
    return [
        np.array(walk_forward_intervals(backtest, 95, 19)),
        np.array(random_walk_intervals(series, backtest, 95, 19)),
    ]


def test_no_interval_knows_a_jump_before_it_came():
    jumped = SERIES.copy()
    jumped[90:] += 1e6
    for before, after in zip(intervals_of(SERIES), intervals_of(jumped), strict=True):
        place = 90 - 10  # of the origin at which the jump is known
        np.testing.assert_array_equal(before[:, :place], after[:, :place])
        assert (after[1, place] - after[0, place] > 1e5).all()  # and then it counts at once, for every horizon


def test_random_walk_by_loops():
    backtest = walk_forward(persistence_forecaster, SERIES, 4, horizons=3)
    low, high = random_walk_intervals(SERIES, backtest, 95, 6)
    assert np.isnan(low[:2]).all()  # 4 and 5 differences
    assert np.isnan(high[:2]).all()
    for i, origin in list(enumerate(backtest.origins))[2:]:
        s = math.sqrt(sum((SERIES[t] - SERIES[t - 1]) ** 2 for t in range(origin - 5, origin + 1)) / 6)
        for h in (1, 2, 3):
            half = 1.959963984540054 * s * math.sqrt(h)  # z from printed tables
            assert low[i, h - 1] == pytest.approx(SERIES[origin] - half, abs=1e-12)
            assert high[i, h - 1] == pytest.approx(SERIES[origin] + half, abs=1e-12)


@pytest.mark.parametrize("level", [80, 95])
def test_coverage_of_a_random_walk(level):
    series = np.cumsum(np.random.default_rng(5).normal(size=6000))
    backtest = walk_forward(persistence_forecaster, series, 100, horizons=2)
    for low, high in (
        walk_forward_intervals(backtest, level, 199),
        random_walk_intervals(series, backtest, level, 199),
    ):
        for column, independent in ((0, 1), (1, 2)):  # two-step errors that overlap count half
            good = ~np.isnan(low[:, column]) & ~np.isnan(backtest.actual[:, column])
            assert good.sum() > 5600
            error = math.sqrt(level * (100 - level) / good.sum() * independent)
            covered = coverage(*(rows[good, column] for rows in (backtest.actual, low, high)))
            assert abs(covered - level) < 3 * error, (column, covered)


def test_latest_residuals():
    rows = latest_residuals(BACKTEST, 30)
    assert rows.shape == (3, 30)
    for h in (1, 2, 3):
        last = [abs(SERIES[t + h] - BACKTEST.predicted[t - 10, h - 1]) for t in range(150 - h - 30, 150 - h)]
        assert rows[h - 1].tolist() == sorted(last)
    assert latest_residuals(BACKTEST, 137).shape == (3, 137)
    with pytest.raises(ValueError, match="at most 137.* Received: 138"):
        latest_residuals(BACKTEST, 138)


def test_bad_arguments():
    for level in (0, 100, -1, math.nan):
        for call in (
            lambda level: conformal_rank(50, level),
            lambda level: walk_forward_intervals(BACKTEST, level, 50),
            lambda level: random_walk_intervals(SERIES, BACKTEST, level, 50),
        ):
            with pytest.raises(ValueError, match="`level` must be .*Received: "):
                call(level)
    for call in (
        lambda count: conformal_rank(count, 80),
        lambda count: walk_forward_intervals(BACKTEST, 80, count),
        lambda count: random_walk_intervals(SERIES, BACKTEST, 80, count),
        lambda count: latest_residuals(BACKTEST, count),
    ):
        with pytest.raises(ValueError, match=".*Received: 0"):
            call(0)
    with pytest.raises(ValueError, match="that of the backtest"):
        random_walk_intervals(SERIES + 1, BACKTEST, 80, 20)
    with pytest.raises(ValueError, match="at least 149 values. Received: 100"):
        random_walk_intervals(SERIES[:100], BACKTEST, 80, 20)
