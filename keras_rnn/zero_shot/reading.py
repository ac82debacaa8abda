"""What the network is told of a series, value by value: differences over scales of the series' own.

The same lines run in NumPy, for many simulated series at once, and inside the model's graph: `xp` is `numpy` or
`keras.ops`. Everything is a function of the values read so far, so that one pass over a series gives the forecast of
each value from those before it; and values that are not known, gaps and the future alike, are read as NaN.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from keras_rnn.core.types import Tensor

QUANTILES = (0.025, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.975)
MEDIAN = QUANTILES.index(0.5)
CANDIDATES = 8  # differences that the network mixes
FEATURES = 14
ONE_STEP = 9  # the feature that is 1 where the value before the target is known
DECAYS = np.array([[0.9, 0.5]], np.float32)  # of what earlier seasons count in a place's averages, a season
FORGET = 0.99  # of what earlier changes count in the scales, a value
PSEUDO = 4.0  # seasonal changes, each as large as a plain one, that the seasonal scale begins with
# Of each place in the season: its newest three values, and two averages of how far it lay above the season before,
# with their weights.
PER_PLACE, PLACE_PARTS = 7, [1, 2, 3, 5]
# Of the series: values read; values since the newest known one; that one, the known one before it, the values one and
# two seasons before it, its place's adjusted level less itself, its place's two averages; the sum of the last season's
# values; the mean absolute change and seasonal change, and their weights.
NUMBERS, NUMBER_PARTS = 14, [1, 2, 9, 10, 12]


def nothing_read(batch: int, places: int) -> tuple[Tensor, Tensor]:
    """The state before the first value, for seasons of up to so many places."""
    return np.zeros((batch, PER_PLACE, places), np.float32), np.zeros((batch, NUMBERS), np.float32)


def read(
    xp: ModuleType,
    by_place: Tensor,
    numbers: Tensor,
    value: Tensor,
    season: Tensor,
    pick: Callable[[Tensor, Tensor], Tensor],
    put: Callable[[Tensor, Tensor, Tensor], Tensor],
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Read one value of each series, and say what is known of the next. All columns are (batch, 1).

    Args:
        xp: `numpy` or `keras.ops`.
        by_place, numbers: the state, (batch, PER_PLACE, places) and (batch, NUMBERS).
        value: NaN where it is not known. Before the first that is, nothing is counted.
        season: its length, 1 for none, as float32.
        pick: (by_place, place) → that place's (batch, PER_PLACE).
        put: (by_place, place, (batch, PER_PLACE)) → by_place with them in that place.

    Returns:
        features (batch, FEATURES); candidates (batch, CANDIDATES), differences from the newest known value; that value;
        the scale sigma; and the new state, whose first number is above 0 once a value is known.
    """
    count, since, newest, total, scale, weight = xp.split(numbers, NUMBER_PARTS, axis=1)
    last = newest[:, :1]
    seen = value == value
    place = count - season * xp.floor(count / season)
    one, two, three, average, seasons = xp.split(pick(by_place, place), PLACE_PARTS, axis=1)
    has_one = count >= season
    x = xp.where(seen, value, xp.where(has_one, one, last))  # as if it came again
    mean = total / xp.clip(count, 1.0, season)  # of the season before it
    old = xp.where(has_one, one, x)
    older = xp.where(count >= 2 * season, two, old)
    adjusted = xp.where(count > 0, mean + average[:, :1] - x, xp.zeros_like(x))
    before = xp.where(count > 0, last, x)
    newest = xp.where(seen, xp.concatenate([x, before, old, older, adjusted, average], axis=1), newest)

    changes = xp.concatenate([xp.abs(x - last), xp.abs(x - one)], axis=1)
    counted = xp.logical_and(seen, xp.concatenate([count > 0, has_one], axis=1))
    scale, weight = _average(xp, scale, weight, changes, FORGET, counted)
    counted = xp.logical_and(seen, count >= xp.minimum(season, xp.full_like(season, 4.0)))
    average, seasons = _average(xp, average, seasons, x - mean, DECAYS, counted)
    by_place = put(by_place, place, xp.concatenate([x, one, two, average, seasons], axis=1))
    total = total + x - xp.where(has_one, one, xp.zeros_like(one))
    since = xp.where(seen, xp.zeros_like(since), since + 1)
    count = count + xp.where(xp.logical_or(seen, count > 0), xp.ones_like(count), xp.zeros_like(count))
    numbers = xp.concatenate([count, since, newest, total, scale, weight], axis=1)

    last, before, last_one, last_two, adjusted, here = xp.split(newest, [1, 2, 3, 4, 5], axis=1)
    place = count - season * xp.floor(count / season)  # the next value's
    one, two, three, there, _ = xp.split(pick(by_place, place), PLACE_PARTS, axis=1)
    one = xp.where(count >= season, one, last)
    two = xp.where(count >= 2 * season, two, one)
    three = xp.where(count >= 3 * season, three, two)
    differences = xp.concatenate([one, last, one, two, last, there, adjusted, last_one], axis=1) - xp.concatenate(
        [last, last_one, two, three, before, here, xp.zeros_like(last), last_two], axis=1
    )  # (batch, CANDIDATES + 1)
    tiny = 1e-6 + 1e-6 * xp.abs(last)
    plain = scale[:, :1] + tiny
    seasonal = (weight[:, 1:] * scale[:, 1:] + PSEUDO * plain) / (weight[:, 1:] + PSEUDO)
    sigma = xp.minimum(plain, seasonal)
    scaled = differences / sigma
    features = [
        xp.sign(scaled) * xp.log1p(xp.abs(scaled)),
        xp.where(since > 0, xp.zeros_like(since), xp.ones_like(since)),
        xp.log(seasonal / plain),
        xp.log(season) / 2,
        xp.log1p(since),
        xp.minimum(count / season, xp.full_like(season, 4.0)) / 4,
    ]
    return xp.concatenate(features, axis=1), differences[:, :CANDIDATES], last, sigma, by_place, numbers


def _average(
    xp: ModuleType, mean: Tensor, weight: Tensor, x: Tensor, decay: Any, counted: Tensor
) -> tuple[Tensor, Tensor]:
    """A weighted mean and its weight with one more value in it, where it counts, and the earlier ones the less."""
    new = decay * weight + 1
    return xp.where(counted, mean + (x - mean) / new, mean), xp.where(counted, new, weight)
