"""How well a forecaster would have done: forecasts from the past alone, and a table of several.

A forecaster is called with a history, float64 (periods,), and a number of steps, and gives that many values. Of a
series of several features, (periods, features), it forecasts the first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_rnn.checks import check_choice, check_integer, received
from keras_rnn.metrics import diebold_mariano, mase, skill, skill_interval
from keras_rnn.series import Floats, annual_means, check_history, features_of, first_column, mae, rmse

Forecaster = Callable[[Floats, int], ArrayLike]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts from every origin, and what came.

    Attributes:
        origins: index of the last value known, rising, int64 (n,).
        horizons: periods ahead, 1 to this.
        predicted: float64 (n, horizons).
        actual: float64 (n, horizons), NaN beyond the end of the series.
        last: the value at each origin, float64 (n,).
        seconds: that fitting and forecasting took.
    """

    origins: Integers
    horizons: int
    predicted: Floats
    actual: Floats
    last: Floats
    seconds: float

    def at(self, horizon: int = 1) -> tuple[Integers, Floats, Floats]:
        """Origins, actual values and predictions of one horizon, (known,) each, where the actual value is known."""
        column = check_integer("horizon", horizon, 1, self.horizons) - 1
        known = ~np.isnan(self.actual[:, column])  # (n,)
        return self.origins[known], self.actual[known, column], self.predicted[known, column]

    def errors(self, horizon: int = 1) -> Floats:
        """Actual − predicted, (known,)."""
        _, actual, predicted = self.at(horizon)
        return actual - predicted


def _past(values: Floats, length: int) -> Floats:
    """The first values, copied: a view would let the future be reached through its `base`."""
    past = values[:length].copy()
    past.flags.writeable = False
    return past


def _forecast(forecaster: Forecaster, past: Floats, steps: int) -> Floats:
    name = f"forecast at origin {len(past) - 1}"
    values = check_history(forecaster(past, steps), 1, name)
    if len(values) != steps:
        raise ValueError(f"`{name}` must hold {steps} values. Received: {len(values)}")
    return values


def walk_forward(
    forecaster: Forecaster,
    series: ArrayLike,
    first: int,
    horizons: int = 1,
    window: int = 1,
    refit: int | None = None,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Backtest:
    """Forecast from every origin with nothing but the values up to it, the window growing from origin to origin.

    A forecaster that was fitted on later values before it came here still knows them: give it a `fit`.

    Args:
        forecaster: (history, steps) → (steps,); if it has a method `fit`, that is called with the history before
            the first forecast.
        series: values of shape (periods,), or (periods, features).
        first: the first origin, an index; the last is the last but one value.
        horizons: periods ahead.
        window: values that the forecaster needs.
        refit: call `fit` again every so many origins; None: once only.
        progress: wraps the origins, such as `tqdm.tqdm`.

    Raises:
        TypeError: not numbers; `refit` for a forecaster without `fit`.
        ValueError: a series too short; arguments out of range; forecasts of another number or not finite.
    """
    check_integer("window", window, 1)
    check_integer("horizons", horizons, 1)
    values = check_history(series, window + 1, "series", features_of(series))
    n = len(values)
    check_integer("first", first, window - 1, n - 2)
    fit = getattr(forecaster, "fit", None)
    every = n if refit is None else check_integer("refit", refit, 1)
    if refit is not None and fit is None:
        raise TypeError(f"`refit` needs a forecaster with a method `fit`. {received(forecaster)}")
    start = time.perf_counter()
    predicted = []
    for origin in progress(range(first, n - 1)):
        past = _past(values, origin + 1)
        if fit is not None and (origin - first) % every == 0:
            fit(past)
        predicted.append(_forecast(forecaster, past, horizons))
    seconds = time.perf_counter() - start
    origins = np.arange(first, n - 1, dtype=np.int64)
    own = first_column(values)
    padded = np.concatenate([own, np.full(horizons, np.nan)])
    actual = padded[origins[:, None] + np.arange(1, horizons + 1)]  # (n, horizons)
    return Backtest(origins, horizons, np.array(predicted), actual, own[origins], seconds)


def persistence_forecaster(history: Floats, steps: int) -> Floats:
    """No change: the last value, (steps,)."""
    return np.full(steps, history[-1])


def drift_forecaster(history: Floats, steps: int) -> Floats:
    """The line from the first value to the last, continued, (steps,).

    Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, section 5.2.
    """
    values = check_history(history, 2)
    slope = (values[-1] - values[0]) / (len(values) - 1)
    return np.asarray(values[-1] + slope * np.arange(1, steps + 1))


def window_mean_forecaster(window: int = 6) -> Forecaster:
    """A forecaster that gives the mean of the last `window` values, the same for every step."""
    check_integer("window", window, 1)
    return lambda history, steps: np.full(steps, check_history(history, window)[-window:].mean())


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
    places = [i for i in range(1, len(complete)) if complete[i] >= first_year]  # without gaps, neighbours are
    if not places:
        raise ValueError(f"`first_year` must leave a whole year after another. {received(first_year)}")
    years = complete[places]
    januaries = (years - 1970) * 12 - dates[0]  # (k,) index of each year's January
    predicted = [_forecast(forecaster, _past(numbers, int(january)), 12).mean() for january in januaries]
    before = means[[place - 1 for place in places]]
    return CalendarYears(years, np.array(predicted), means[places], numbers[januaries - 1], before)


def compare(
    backtests: Mapping[str, Backtest],
    reference: str,
    horizon: int = 1,
    since: int = 0,
    until: int | None = None,
    history: ArrayLike | None = None,
    level: float = 95,
) -> list[dict[str, Any]]:
    """One row per method, all over the origins that they share.

    Args:
        backtests: by the method's name, of one series.
        reference: the method that skill is measured against.
        horizon: periods ahead.
        since, until: the first and the last origin counted.
        history: the values that `mase` scales by; None leaves it out.
        level: of the skill's interval, in percent.

    Returns:
        Rows with `method`, `n`, `mae`, `rmse`, `mase`, `skill`, `skill_low`, `skill_high`, `dm_p`.

    Raises:
        ValueError: no such reference, no more shared origins than the horizon, backtests of different series.
    """
    check_choice("reference", reference, backtests)
    forecasts = {name: backtest.at(horizon) for name, backtest in backtests.items()}
    shared = reduce(np.intersect1d, [origins for origins, _, _ in forecasts.values()])
    shared = shared[(shared >= since) & (shared <= (np.inf if until is None else until))]  # (n,)
    if len(shared) <= horizon:
        raise ValueError(f"`backtests` must share more than {horizon} origins. Received: {len(shared)}")
    chosen = {name: (a[np.isin(o, shared)], p[np.isin(o, shared)]) for name, (o, a, p) in forecasts.items()}
    actual, base = chosen[reference]
    block = max(horizon, round(len(shared) ** (1 / 3)))  # errors of h steps depend on each other over h − 1 periods
    rows = []
    for name, (own, predicted) in chosen.items():
        if (own != actual).any():
            raise ValueError(f"`backtests` must be of one series. Received: {name!r} with other values")
        low, high = skill_interval(actual - predicted, actual - base, level, block)
        row = {"method": name, "n": len(shared), "mae": mae(actual, predicted), "rmse": rmse(actual, predicted)}
        row |= {} if history is None else {"mase": mase(actual, predicted, history)}
        row |= {"skill": skill(actual, predicted, base), "skill_low": low, "skill_high": high}
        rows.append(row | {"dm_p": diebold_mariano(actual - predicted, actual - base, horizon)[1]})
    return rows
