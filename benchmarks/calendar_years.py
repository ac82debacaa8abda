"""What the GS10 benchmark needs besides: yearly means forecast from months, and a random walk's intervals."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_rnn.core.arrays import Floats
from keras_rnn.core.checks import check_integer, received
from keras_rnn.series.backtest import Backtest, Forecaster, Integers, forecast_from
from keras_rnn.series.history import annual_means, check_history
from keras_rnn.series.intervals import level_share


class CalendarYears(NamedTuple):
    """Forecasts of yearly means from monthly values: (k,) each, in the unit of the series."""

    years: Integers
    predicted: Floats
    actual: Floats
    december: Floats  # the last monthly value before the year
    last_mean: Floats  # the mean of the year before


def calendar_year_forecasts(
    forecaster: Forecaster, months: NDArray[np.datetime64], values: ArrayLike, first_year: int
) -> CalendarYears:
    """Each year's mean, forecast from the months up to the December before as the mean of twelve steps.

    Args:
        forecaster: (history, 12) → (12,); its `fit`, if any, is not called.
        months: datetime64[M] (n,), without gaps.
        values: (n,).
        first_year: the first year to forecast; a year is left out unless it and the one before have all twelve
            months.

    Raises:
        TypeError: values that are not numbers.
        ValueError: months with gaps or of another number than values; no year left.
    """
    numbers = check_history(values, 1, "values")
    dates = np.asarray(months, dtype="datetime64[M]").astype(np.int64)  # months since January 1970
    if dates.shape != numbers.shape or (np.diff(dates) != 1).any():
        raise ValueError(f"`months` must be {len(numbers)} months without gaps. {received(months)}")
    check_integer("first_year", first_year, 0)
    complete, means = annual_means(dates.astype("datetime64[M]"), numbers)
    places = [i for i in range(1, len(complete)) if complete[i] >= first_year]  # without gaps, neighbors are
    if not places:
        raise ValueError(f"`first_year` must leave a whole year after another. {received(first_year)}")
    years = complete[places]
    januaries = (years - 1970) * 12 - dates[0]  # (k,) index of each year's January
    predicted = [forecast_from(forecaster, numbers, int(january) - 1, 12).mean() for january in januaries]
    before = means[[place - 1 for place in places]]
    return CalendarYears(years, np.array(predicted), means[places], numbers[januaries - 1], before)


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
