"""From a series to its forecast by the network, in NumPy alone: Keras or LiteRT answers with the quantiles."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.core.arrays import Array, Floats, as_array, finite_answer
from keras_rnn.core.checks import check_choice, check_integer
from keras_rnn.series.intervals import check_levels
from keras_rnn.series.seasons import SEASONS, found_season, shows_season, takes_logarithm
from keras_rnn.zero_shot.reading import MEDIAN, QUANTILES

LEAST = 10  # values that must be known
EARLY = 8  # first errors, that say nothing: no scale is known yet
LATEST, LEAST_ERRORS = 40, 10  # errors that intervals are widened by, at the most and at the least
SHRUNK = 20  # errors that widen by half of what they say
NARROWEST, WIDEST = 0.5, 3.0  # that intervals are made
CALIBRATED = QUANTILES.index(0.1), QUANTILES.index(0.9), 0.8  # on the interval of 80 %
Run = Callable[[Array, int], Array]  # rows (series, window) and a season → (series, window, QUANTILES)


@dataclass(frozen=True, eq=False)
class SeasonalForecast:
    """A forecast with what was found of the series.

    Attributes:
        mean: the median of the forecast distribution, float64 (steps,).
        intervals: level in percent → low and high, float64 (steps,) each.
        season: places in a season, 1 for none.
        shows_season: whether the values show more of it than chance would.
        logarithm: whether the series was read in logarithms.
    """

    mean: Floats
    intervals: Mapping[float, tuple[Floats, Floats]]
    season: int
    shows_season: bool
    logarithm: bool


def check_values(history: ArrayLike, most: int) -> Floats:
    """The last values of a series, at most so many, from a known one on: float64 (periods,), NaN where one is missing.

    Raises:
        TypeError: not numbers.
        ValueError: another rank; infinite values; fewer than ten known.
    """
    if np.ma.isMaskedArray(history):
        history = np.ma.filled(np.ma.asarray(history).astype(np.float64), np.nan)
    array = as_array("history", history, ("periods",)).astype(np.float64)[-most:]
    known = array[~np.isnan(array)]
    as_array("history", known, finite_in=np.float32)
    if len(known) < LEAST:
        raise ValueError(f"`history` must hold at least {LEAST} known values. Received: {len(known)}")
    first = int(np.argmax(~np.isnan(array)))
    return array[first:]


@dataclass(frozen=True)
class Context:
    """A series as the network reads it: in logarithms where that is better, its newest value 0, its deviation 1."""

    values: Floats
    season: int
    steps: int
    logarithm: bool

    @cached_property
    def x(self) -> Floats:
        return np.log(self.values) if self.logarithm else self.values

    @cached_property
    def _last(self) -> float:
        return float(self.x[~np.isnan(self.x)][-1])

    @cached_property
    def _size(self) -> float:
        largest = float(np.nanmax(np.abs(self.x - self._last)))
        if not largest:
            return abs(self._last) or 1.0
        return largest * float(np.nanstd((self.x - self._last) / largest))

    def row(self, window: int) -> Array:
        """(window,) float32: NaN before the series, and of the future."""
        x = (self.x - self._last) / self._size
        before = np.full(window - self.steps - len(x), np.nan)
        return np.concatenate([before, x, np.full(self.steps, np.nan)]).astype(np.float32)

    def quantiles(self, answer: Array) -> tuple[Floats, Floats]:
        """What was forecast of each value but the first, (n − 1, QUANTILES), and of those to come, (steps, QUANTILES),
        out of the answer to `row`; both as `x`."""
        known = len(self.values) - 1
        q = answer[-self.steps - known - 1 : -1].astype(np.float64) * self._size + self._last
        return q[:known], q[known:]


def forecast(
    run: Run,
    window: int,
    places: int,
    history: ArrayLike,
    steps: int = 1,
    levels: Iterable[float] | float | None = None,
    frequency: str | None = None,
    season: int | None = None,
) -> SeasonalForecast:
    """The next `steps` values of a series, and intervals; see `ZeroShotModel.forecast`."""
    check_integer("steps", steps, 1, window // 2)
    check_choice("frequency", frequency, (None, *SEASONS))
    wanted, values = check_levels(levels), check_values(history, window - steps)
    seasons = _seasons(values, frequency, season, places)
    logarithm = takes_logarithm(values, min(seasons))
    contexts = [Context(values, each, steps, logarithm) for each in seasons]
    best, error = None, np.inf
    for context in contexts:
        past, ahead = context.quantiles(run(context.row(window)[None], context.season)[0])
        found = _late_error(context, past) if len(contexts) > 1 else 0.0
        if best is None or found < error:
            best, error = (context, past, ahead), found
    assert best is not None
    context, past, ahead = best
    ahead = _calibrated(context, past, ahead)
    back: Callable[[Any], Any] = np.exp if context.logarithm else lambda x: x + 0.0  # no -0
    intervals = {}
    for level in wanted:
        low, high = (back(_quantile(ahead, 0.5 + sign * level / 200)) for sign in (-1, 1))
        intervals[level] = low, high
    shows = shows_season(context.x, context.season)
    mean = back(ahead[:, MEDIAN])
    for row in (mean, *(end for ends in intervals.values() for end in ends)):
        finite_answer(row, "a forecast")
    return SeasonalForecast(mean, intervals, context.season, shows, context.logarithm)


def _seasons(values: Floats, frequency: str | None, season: int | None, places: int) -> tuple[int, ...]:
    """Lengths that are tried: the one given, or all that go with the frequency, or what the values show."""
    if season is not None:
        return (check_integer("season", season, 1, min(places, len(values))),)
    if frequency is None:
        return (found_season(values, places),)
    return tuple(each for each in SEASONS[frequency] if 2 * each <= len(values) and each <= places) or (1,)


def _late_error(context: Context, past: Floats) -> float:
    """Mean absolute error one step ahead in the later half."""
    half = len(past) // 2
    return float(np.nanmean(np.abs(past[half:, MEDIAN] - context.x[1 + half :])))


def _calibrated(context: Context, past: Floats, ahead: Floats) -> Floats:
    """The quantiles as far from the median as the network's latest errors say, where there are enough.

    Conformal in spirit: the latest errors, each over the interval it was given, tell a factor.
    """
    low, high, share = CALIBRATED
    error = context.x[1:] - past[:, MEDIAN]
    given = np.where(error > 0, past[:, high] - past[:, MEDIAN], past[:, MEDIAN] - past[:, low])
    ratios = (np.abs(error) / np.maximum(given, 1e-12))[EARLY:]
    ratios = ratios[~np.isnan(ratios)][-LATEST:]
    n = len(ratios)
    if n < LEAST_ERRORS:
        return ahead
    found = float(np.quantile(ratios, min(1.0, share * (n + 1) / n)))
    factor = np.clip(found, 0.1, None) ** (n / (n + SHRUNK))
    factor = float(np.clip(factor, NARROWEST, WIDEST))
    median = ahead[:, MEDIAN, None]
    return np.asarray(median + factor * (ahead - median))


def _quantile(quantiles: Floats, p: float) -> Floats:
    """Between those that the network gives straight on the normal distribution's scale, beyond them as that goes on."""
    scores = np.array([NormalDist().inv_cdf(q) for q in QUANTILES])
    score, median = NormalDist().inv_cdf(p), quantiles[:, MEDIAN]
    edge = scores[0 if score < 0 else -1]
    if abs(score) > abs(edge):
        outer = quantiles[:, 0 if score < 0 else -1]
        return np.asarray(median + (outer - median) * score / edge)
    return np.array([np.interp(score, scores, row) for row in quantiles])
