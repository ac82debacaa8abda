"""Measures of forecasts and of their intervals, and whether a difference between two forecasts is more than luck."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from keras_rnn.core.arrays import Floats
from keras_rnn.core.checks import check_integer, check_seed
from keras_rnn.series.history import check_history
from keras_rnn.series.intervals import level_share


def _paired(**rows: ArrayLike) -> list[Floats]:
    """Rows of one shape (n,), finite, at least one value long."""
    checked = [check_history(row, 1, name) for name, row in rows.items()]
    if len({row.shape for row in checked}) > 1:
        names = " and ".join(f"`{name}`" for name in rows)
        raise ValueError(f"{names} must have one shape. Received: {' and '.join(str(row.shape) for row in checked)}")
    return checked


def mase(actual: ArrayLike, predicted: ArrayLike, history: ArrayLike, period: int = 1) -> float:
    """Mean absolute error ÷ that of "as `period` periods ago" within the history: below 1 is better than that.

    Hyndman & Koehler (2006), Another look at measures of forecast accuracy.

    Args:
        actual, predicted: shape (n,), in the unit of the series.
        history: the values before them, shape (periods,), more than `period`.
        period: 1 for "no change", 12 for "as in this month last year".

    Raises:
        ValueError: shapes differ, values are not finite, the history is too short or never changes.
    """
    check_integer("period", period, 1)
    known = check_history(history, period + 1)
    scale = mae(known[period:], known[:-period])
    if scale == 0:
        raise ValueError(f"`history` must change within {period} periods. Received: {len(known)} values that do not")
    return mae(*_paired(actual=actual, predicted=predicted)) / scale


def skill(actual: ArrayLike, predicted: ArrayLike, reference: ArrayLike) -> float:
    """1 − RMSE ÷ RMSE of the reference, without unit: 1 is perfect, 0 as good as the reference, below 0 worse.

    Raises:
        ValueError: shapes other than one (n,), values not finite, a reference without any error.
    """
    a, p, r = _paired(actual=actual, predicted=predicted, reference=reference)  # (n,) each
    if (base := rmse(a, r)) == 0:
        raise ValueError("`reference` must differ from `actual` somewhere. Received: errors that are all 0")
    return 1 - rmse(a, p) / base


def winkler(actual: ArrayLike, low: ArrayLike, high: ArrayLike, level: float) -> float:
    """Mean interval score in the unit of the series, the lower the better: width + 2/α · distance of misses.

    Winkler (1972), A decision-theoretic approach to interval estimation; Gneiting & Raftery (2007), Strictly proper
    scoring rules; α = 1 − level/100.

    Args:
        actual, low, high: shape (n,).
        level: what the intervals are meant to cover, in percent.

    Raises:
        ValueError: shapes differ, values are not finite, an interval is upside down, the level out of range.
    """
    a, lower, upper = _interval(actual, low, high)
    misses = np.maximum(lower - a, 0) + np.maximum(a - upper, 0)  # (n,)
    return float(np.mean(upper - lower + 2 / (1 - level_share(level)) * misses))


def coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """How many of the values (n,) lie in their intervals, ends included; in percent, to be held against the level."""
    a, lower, upper = _interval(actual, low, high)
    return 100 * float(np.mean((lower <= a) & (a <= upper)))


def _interval(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> list[Floats]:
    rows = _paired(actual=actual, low=low, high=high)
    upside_down = rows[1] > rows[2]  # (n,)
    if upside_down.any():
        place = int(np.argmax(upside_down))
        found = f"{rows[1][place]} above {rows[2][place]} at position {place}"
        raise ValueError(f"`low` must not lie above `high`. Received: {found}")
    return rows


def skill_interval(
    errors: ArrayLike,
    reference_errors: ArrayLike,
    level: float = 95,
    block: int | None = None,
    draws: int = 2000,
    seed: int | None = 0,
) -> tuple[float, float]:
    """Percentile interval of the skill, by a paired circular block bootstrap that keeps neighboring errors together.

    Politis & Romano (1992), A circular block-resampling procedure for stationary data.

    Args:
        errors, reference_errors: errors of the same n forecasts in order of time, shape (n,).
        level: in percent.
        block: errors drawn together; None: the cube root of n, rounded.
        draws: resamples.
        seed: repeats the draws; None draws anew.

    Returns:
        `low, high`. Identical errors give 0, 0. A resample without any reference error counts as −∞, or as 0 if the
        other has none there either.

    Raises:
        TypeError, ValueError: shapes differ, values are not finite, an argument out of its range.
    """
    e, r = _paired(errors=errors, reference_errors=reference_errors)
    tail = (1 - level_share(level)) / 2
    n = len(e)
    block = max(1, round(n ** (1 / 3))) if block is None else check_integer("block", block, 1, n)
    check_integer("draws", draws, 1)
    blocks = -(-n // block)
    starts = np.random.default_rng(check_seed(seed)).integers(n, size=(draws, blocks))

    def resampled(squares: Floats) -> Floats:  # sums, (draws,); the last block is cut so that there are n errors
        around = np.concatenate([squares, squares[: block - 1]])  # (n + block - 1,)
        whole, cut = (
            np.lib.stride_tricks.sliding_window_view(around, length)[:n].sum(axis=1)  # (n,) by a block's start
            for length in (block, n - (blocks - 1) * block)
        )
        return np.asarray(whole[starts[:, :-1]].sum(axis=1) + cut[starts[:, -1]])

    own, base = resampled(e**2), resampled(r**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        skills = 1 - np.sqrt(np.where(own == base, 1.0, own / base))  # (draws,)
    low, high = np.quantile(skills, [tail, 1 - tail], method="inverted_cdf")  # no mean of two infinities
    return float(low), float(high)


def diebold_mariano(errors: ArrayLike, reference_errors: ArrayLike, horizon: int = 1) -> tuple[float, float]:
    """Whether two forecasts differ in mean squared error: the statistic and its two-sided p.

    Diebold & Mariano (1995), Comparing predictive accuracy, with autocovariances up to lag horizon − 1; corrected for
    small samples, and held against Student's t with n − 1 degrees, after Harvey, Leybourne & Newbold (1997), Testing
    the equality of prediction mean squared errors.

    Args:
        errors, reference_errors: errors of the same n forecasts in order of time, shape (n,).
        horizon: periods ahead of the forecasts, below n.

    Returns:
        `statistic, p`; below 0 the first forecast has the smaller errors. Squared errors that are all equal give
        0, 1. NaN, NaN where the estimated variance is not above 0, so that there is no test.

    Raises:
        ValueError: shapes differ, values are not finite, too few.
    """
    e, r = _paired(errors=errors, reference_errors=reference_errors)
    n = len(e)
    check_integer("horizon", horizon, 1)
    if n <= horizon:
        raise ValueError(f"`errors` must be more than the horizon, {horizon}. Received: {n}")
    losses = e**2 - r**2  # (n,)
    if not losses.any():
        return 0.0, 1.0
    mean = float(losses.mean())
    centered = losses - mean
    covariances = [float(centered[lag:] @ centered[: n - lag]) / n for lag in range(horizon)]
    variance = (2 * sum(covariances) - covariances[0]) / n
    if variance <= 1e-24 * mean**2:  # one constant difference leaves rounding
        return math.nan, math.nan
    correction = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    statistic = mean / math.sqrt(variance) * math.sqrt(correction)
    return statistic, 2 * float(stdtr(n - 1, -abs(statistic)))  # Student's t, two-sided


def rmse(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Root mean squared error, in the unit of the series."""
    return float(np.sqrt(np.mean((_same_shape(actual, predicted)) ** 2)))


def mae(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Mean absolute error, in the unit of the series."""
    return float(np.mean(np.abs(_same_shape(actual, predicted))))


def _same_shape(actual: ArrayLike, predicted: ArrayLike) -> Floats:
    a, p = np.asarray(actual, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if a.shape != p.shape:  # (n,) against (n, 1) would broadcast to (n, n) and give a plausible wrong number
        raise ValueError(f"`actual` and `predicted` must have one shape. Received: {a.shape} and {p.shape}")
    return a - p


def figures_of(part: str, actual: ArrayLike, predicted: ArrayLike, naive: ArrayLike) -> dict[str, float]:
    """Errors of one part of a series, those of the naive forecast beside them."""
    error, naive_error = rmse(actual, predicted), rmse(actual, naive)
    return {
        f"{part}_rmse": error,
        f"{part}_rmse_of_persistence": naive_error,
        f"{part}_mae": mae(actual, predicted),
        f"{part}_mae_of_persistence": mae(actual, naive),
        f"{part}_skill_against_persistence": 1 - error / naive_error,
    }
