"""Intervals as they would have been at each origin of a backtest: from the errors made before, and a random walk's."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.checks import check_integer, received
from keras_rnn.evaluation import Backtest
from keras_rnn.intervals import conformal_rank
from keras_rnn.metrics import level_share
from keras_rnn.series import Floats, check_history


def walk_forward_intervals(backtest: Backtest, level: float, count: int) -> tuple[Floats, Floats]:
    """Intervals as wide as the latest absolute residuals say that were known at each origin.

    Args:
        backtest: the forecasts.
        level: in percent.
        count: residuals of the same horizon, the latest whose targets are not after the origin.

    Returns:
        `low, high` float64 (n, horizons): predicted ± the `conformal_rank`-th smallest, and never less than one step
        before; NaN while there are fewer.

    Raises:
        ValueError: as `conformal_rank`.
    """
    rank = conformal_rank(count, level)
    half = np.full(backtest.predicted.shape, np.nan)  # (n, horizons)
    residuals = np.abs(backtest.actual - backtest.predicted)  # (n, horizons)
    for column in range(backtest.horizons if len(residuals) >= count else 0):
        windows = np.lib.stride_tricks.sliding_window_view(residuals[:, column], count)  # (n - count + 1, count)
        widths = np.partition(windows, rank - 1, axis=1)[:, rank - 1]
        # (n,) how many forecasts of this horizon have their targets at or before each origin
        known = np.searchsorted(backtest.origins, backtest.origins - (column + 1), side="right")
        enough = known >= count
        half[enough, column] = widths[known[enough] - count]
    half = np.maximum.accumulate(half, axis=1)  # as a model's own intervals: never narrower further ahead
    return backtest.predicted - half, backtest.predicted + half


def latest_residuals(backtest: Backtest, count: int) -> Floats:
    """The last `count` absolute residuals of each horizon, rising, float64 (horizons, count)."""
    check_integer("count", count, 1)
    rows = [np.abs(backtest.errors(horizon + 1))[-count:] for horizon in range(backtest.horizons)]
    if len(rows[-1]) < count:  # the longest horizon has the fewest
        raise ValueError(f"`count` must be at most {len(rows[-1])}, the residuals there are. Received: {count}")
    return np.sort(np.array(rows), axis=1)


def random_walk_intervals(series: ArrayLike, backtest: Backtest, level: float, count: int) -> tuple[Floats, Floats]:
    """Intervals of a Gaussian random walk: last ± z · s · √h, s the root mean square of the latest differences.

    Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, section 5.5.

    Args:
        series: what the backtest was made of, (periods,).
        backtest: its origins and horizons.
        level: in percent.
        count: differences that end at or before the origin.

    Returns:
        `low, high` float64 (n, horizons), NaN where there are fewer differences.

    Raises:
        ValueError: another series, or an argument out of its range.
    """
    z = NormalDist().inv_cdf(0.5 + level_share(level) / 2)
    check_integer("count", count, 1)
    values = check_history(series, int(backtest.origins[-1]) + 1, "series")
    if (values[backtest.origins] != backtest.last).any():
        raise ValueError(f"`series` must be that of the backtest. {received(series)}")
    squares = np.diff(values) ** 2  # (periods - 1,); the one that ends at an origin has the index origin - 1
    scale = [np.sqrt(squares[t - count : t].mean()) if t >= count else np.nan for t in backtest.origins]
    half = z * np.outer(scale, np.sqrt(np.arange(1, backtest.horizons + 1)))  # (n, horizons)
    return backtest.last[:, None] - half, backtest.last[:, None] + half
