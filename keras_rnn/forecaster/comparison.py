"""A forecaster against what needs no network, walked forward over a series: the table for cards and the command."""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from keras_rnn.core.arrays import Floats
from keras_rnn.core.checks import check_integer, received
from keras_rnn.forecaster.model import SeriesModel, forecaster_of
from keras_rnn.series.backtest import (
    PERSISTENCE,
    SEASONAL_NAIVE,
    Backtest,
    Forecaster,
    compare,
    drift_forecaster,
    persistence_forecaster,
    seasonal_naive_forecaster,
    walk_forward,
    window_mean_forecaster,
)
from keras_rnn.series.dates import values_by_date, years_of
from keras_rnn.series.history import check_history, first_column
from keras_rnn.series.seasons import SEASONS
from keras_rnn.zero_shot.forecasting import LEAST, forecast


def backtests(
    model: SeriesModel,
    series: Any,
    since: int | None = None,
    horizons: int = 1,
    *,
    origin: int | None = None,
    others: Mapping[str, Forecaster] | None = None,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> tuple[dict[str, Backtest], pd.Index | None]:
    """Persistence, drift, the window's mean, the seasonal naive forecast where the frequency has a season, others and
    the model over one series; and its dates.

    Args:
        model: called "model" in the results; it is not fitted anew, so a model that was trained on these values knows
            them.
        series: values with dates or years in the model's frequency, or without, in the model's unit.
        since: the first year that is forecast, or without dates the first place, from 0; None: once the model has a
            window.
        horizons: periods ahead.
        origin: instead of `since`, the index of the last value that the first forecast is made from.
        others: further forecasters by name.
        progress: wraps the origins of each, such as `tqdm.tqdm`.

    Raises:
        TypeError, ValueError: as `SeriesModel.forecast`; a `since` that leaves nothing to forecast.
    """
    rows, dates = model.read_history(series, model.window + 2)
    values = first_column(rows)
    places = np.arange(len(values)) if dates is None else years_of(dates)
    first = model.window - 1 if origin is None else check_integer("origin", origin, model.window - 1, len(values) - 2)
    if since is not None:
        first = max(first, _origin_before(since, places, model.window))
    _check_part(values, first, horizons)
    methods: dict[str, Forecaster] = {
        PERSISTENCE: persistence_forecaster,
        "drift": drift_forecaster,
        f"mean of {model.window}": window_mean_forecaster(model.window),
        **(others or {}),
    }
    season = next(iter(SEASONS.get(model.frequency or "", ())), 1)
    if 1 < season <= first + 1:
        methods[SEASONAL_NAIVE] = seasonal_naive_forecaster(season)
    forward = partial(walk_forward, first=first, horizons=horizons, window=model.window, progress=progress)
    results = {name: forward(method, values) for name, method in methods.items()}
    return results | {"model": forward(forecaster_of(model), rows)}, dates


def zero_shot_backtests(
    model: Any,
    series: Any,
    since: int | None = None,
    horizons: int = 1,
    season: int | None = None,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
    *,
    origin: int | None = None,
) -> tuple[dict[str, Backtest], pd.Index | None]:
    """Persistence, the seasonal naive forecast and a forecaster that needs no training over a series; and its dates.

    Args:
        model: a `ZeroShotModel` or its runtime, called "model" in the results.
        series: as `ZeroShotModel.forecast` takes it, none of its values missing.
        since: the first year that is forecast, or without dates the first place, from 0; None: the last fifth is.
        horizons: periods ahead.
        season: places in a season; None: as the part before the first forecast has it.
        progress: wraps the origins of each.
        origin: instead of `since`, the index of the last value that the first forecast is made from.

    Raises:
        TypeError, ValueError: as `ZeroShotModel.forecast`; missing values; a `since` that leaves nothing to forecast.
    """
    given, dates, frequency = values_by_date(series)
    values = check_history(given, LEAST + 3, "series")
    places = np.arange(len(values)) if dates is None else years_of(dates)
    first = origin
    if first is None:
        first = len(values) - 1 - max(3, 2 * horizons, len(values) // 5)
        if since is not None:
            first = _origin_before(since, places, LEAST)
    first = max(LEAST - 1, first)
    _check_part(values, first, horizons)
    net = model.quantiles, model.window, model.places
    found = forecast(*net, values[: first + 1], 1, None, frequency, season)

    def forecaster(history: Floats, steps: int) -> Floats:
        return forecast(*net, history, steps, None, frequency, found.season).mean

    methods: dict[str, Forecaster] = {PERSISTENCE: persistence_forecaster}
    if 1 < found.season <= first + 1:
        methods[SEASONAL_NAIVE] = seasonal_naive_forecaster(found.season)
    methods["model"] = forecaster
    forward = partial(walk_forward, first=first, horizons=horizons, window=LEAST, progress=progress)
    return {name: forward(method, values) for name, method in methods.items()}, dates


def _origin_before(since: int, places: Any, window: int) -> int:
    """Where the first forecast of a year, or place, is made from."""
    check_integer("since", since, 0)
    if not places[window] <= since <= places[-2]:
        raise ValueError(f"`since` must be from {places[window]} to {places[-2]}. {received(since)}")
    return int(np.argmax(places >= since)) - 1


def _check_part(values: Floats, first: int, horizons: int) -> None:
    """Whether there is something to be told from an origin on."""
    forecasts = len(values) - 1 - first
    check_integer("steps", horizons, 1, forecasts // 2)  # more forecasts than steps, for the last to be tested
    if (values[first:] == values[first]).all():
        raise ValueError(f"`series` must hold values that change. Received: {values[first]:g}, {forecasts + 1} times")


def rows_since(
    results: dict[str, Backtest], dates: pd.Index | None, since: int, horizon: int = 1
) -> list[dict[str, Any]]:
    """`compare` against persistence for forecasts of the year `since` and later, made before it or in it."""
    if dates is None or years_of(dates)[-1] < since:
        raise ValueError(f"`since` must be a year of a series with dates. {received(since)}")
    first = int(np.argmax(years_of(dates) >= since)) - 1
    return compare(results, PERSISTENCE, horizon, since=first)


def better_naive(results: Mapping[str, Backtest], horizon: int = 1) -> str:
    """Of persistence and the seasonal naive forecast, where that is among the results, the one that errs less, if at
    all: against one that is never off nothing can be measured."""
    there = [name for name in (PERSISTENCE, SEASONAL_NAIVE) if name in results and results[name].errors(horizon).any()]
    return min(there or [PERSISTENCE], key=lambda name: float(np.mean(results[name].errors(horizon) ** 2)))


def verdict(row: dict[str, Any], reference: str = PERSISTENCE) -> str:
    """In words, what the interval of a row's skill says."""
    if row["method"] == reference:
        return "the reference"
    if math.isnan(row["dm_p"]):
        return "no test possible"
    if row["skill_low"] > 0 or row["skill_high"] < 0:
        return f"better than {reference}" if row["skill_low"] > 0 else f"worse than {reference}"
    return f"no significant difference from {reference}"
