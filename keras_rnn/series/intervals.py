"""Prediction intervals from the errors that a model has made: how wide, and how they widen further ahead."""

import math
import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np

from keras_rnn.core.arrays import Floats
from keras_rnn.core.checks import check_integer, check_number, received
from keras_rnn.series.walks import THETA


def check_levels(levels: Iterable[float] | float | None) -> tuple[float, ...]:
    """Interval levels in percent, each once.

    Raises:
        TypeError: not numbers.
        ValueError: not between 0 and 100, or one twice.
    """
    if levels is None:
        return ()
    values: tuple[Any, ...] = tuple(levels) if isinstance(levels, Iterable) else (levels,)
    for level in values:
        if isinstance(level, bool) or not isinstance(level, numbers.Real):
            raise TypeError(f"`levels` must be numbers such as (80, 95). {received(levels)}")
        if not 0 < float(level) < 100:
            raise ValueError(f"`levels` must be in percent, between 0 and 100. {received(levels)}")
    if len({f"{float(level):g}" for level in values}) != len(values):  # as columns are named
        raise ValueError(f"`levels` must be different ones. {received(levels)}")
    return tuple(float(level) for level in values)


def conformal_rank(count: int, level: float) -> int:
    """Which of `count` sorted absolute residuals covers a new one with the level: ⌈(count + 1) · level/100⌉.

    Split conformal prediction: Lei et al. (2018), Distribution-free predictive inference for regression.

    Raises:
        ValueError: the level is not between 0 and 100 percent, or too high for so few residuals.
    """
    share = level_share(level)
    check_integer("count", count, 1)
    rank = max(1, math.ceil(round((count + 1) * share, 9)))  # rounded: 100 · 0.55 is 55.00000000000001
    if rank > count:
        needed = math.ceil(round(share / (1 - share), 6))
        raise ValueError(f"Residuals must be at least {needed} for a level of {level:g}. Received: {count}")
    return rank


def half_widths(residuals: Floats, level: float, steps: int) -> Floats:
    """Half the width of the interval at each of the next `steps` periods: (steps,).

    Args:
        residuals: absolute errors, sorted, of the first horizons: (horizons, count).
        level: in percent.
        steps: periods ahead.

    At the horizons there the width is the residuals' own, and never less than at the one before. Beyond, it widens
    as the error of a random walk's period means does: its variance is as 1 + (h − 1)(1 + θ)², θ = 2 − √3.
    """
    own = np.maximum.accumulate(residuals[:, conformal_rank(residuals.shape[1], level) - 1])  # (horizons,)
    ahead = np.arange(1, steps + 1)
    growth = np.sqrt(1 + (ahead - 1) * (1 + THETA) ** 2)
    last = len(own)
    beyond = own[-1] * growth / math.sqrt(1 + (last - 1) * (1 + THETA) ** 2)
    return np.asarray(np.where(ahead <= last, own[np.minimum(ahead, last) - 1], beyond), dtype=np.float64)


def intervals_around(
    means: Floats, residuals: Floats | None, levels: Iterable[float] | float | None
) -> dict[float, tuple[Floats, Floats]]:
    """Level → low and high, (steps,) each, as far from the means as the residuals say.

    Raises:
        ValueError: levels wanted, and no residuals there; or see `check_levels` and `conformal_rank`.
    """
    chosen = check_levels(levels)
    if chosen and residuals is None:
        raise ValueError(f"`levels` must be None for a model that carries no residuals. {received(levels)}")
    halves = {level: half_widths(residuals, level, len(means)) for level in chosen if residuals is not None}
    return {level: (means - half, means + half) for level, half in halves.items()}


def level_share(level: float) -> float:
    """A level in percent, above 0 and below 100, as a share: 95 → 0.95."""
    share = check_number("level", level, 0, 100) / 100
    if share in (0, 1):
        raise ValueError(f"`level` must be above 0 and below 100, in percent. {received(level)}")
    return share
