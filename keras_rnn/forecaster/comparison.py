"""A forecaster against what needs no network, walked forward over a series: the table for cards and the command."""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from keras_rnn.core.checks import check_integer, received
from keras_rnn.forecaster.model import SeriesModel, forecaster_of
from keras_rnn.series.backtest import (
    Backtest,
    Forecaster,
    compare,
    drift_forecaster,
    persistence_forecaster,
    walk_forward,
    window_mean_forecaster,
)
from keras_rnn.series.dates import years_of
from keras_rnn.series.history import first_column

REFERENCE = "persistence"


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
    """Persistence, drift, the window's mean, others and the model over one series; and its dates.

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
        check_integer("since", since, 0)
        if not places[model.window] <= since <= places[-2]:
            raise ValueError(f"`since` must be from {places[model.window]} to {places[-2]}. {received(since)}")
        first = max(first, int(np.argmax(places >= since)) - 1)
    forecasts = len(values) - 1 - first
    check_integer("steps", horizons, 1, forecasts // 2)  # more forecasts than steps, for the last to be tested
    if (values[first:] == values[first]).all():
        raise ValueError(f"`series` must hold values that change. Received: {values[first]:g}, {forecasts + 1} times")
    methods: dict[str, Forecaster] = {
        REFERENCE: persistence_forecaster,
        "drift": drift_forecaster,
        f"mean of {model.window}": window_mean_forecaster(model.window),
        **(others or {}),
    }
    forward = partial(walk_forward, first=first, horizons=horizons, window=model.window, progress=progress)
    results = {name: forward(method, values) for name, method in methods.items()}
    return results | {"model": forward(forecaster_of(model), rows)}, dates


def rows_since(
    results: dict[str, Backtest], dates: pd.Index | None, since: int, horizon: int = 1
) -> list[dict[str, Any]]:
    """`compare` against persistence for forecasts of the year `since` and later, made before it or in it."""
    if dates is None or years_of(dates)[-1] < since:
        raise ValueError(f"`since` must be a year of a series with dates. {received(since)}")
    first = int(np.argmax(years_of(dates) >= since)) - 1
    return compare(results, REFERENCE, horizon, since=first)


def verdict(row: dict[str, Any]) -> str:
    """In words, what a row's skill and p say."""
    if row["method"] == REFERENCE:
        return "the reference"
    if math.isnan(row["dm_p"]):
        return "no test possible"
    if not row["dm_p"] < 0.05:
        return "no significant difference from persistence"
    return "better than persistence" if row["skill"] > 0 else "worse than persistence"
