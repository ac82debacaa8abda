"""A forecaster of a user's series: what learned from simulations, tuned where that helps; or a network of its own."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from keras_rnn.core.arrays import Floats
from keras_rnn.core.checks import check_integer, check_seed
from keras_rnn.forecaster.build import series_model
from keras_rnn.forecaster.comparison import backtests, better_naive, verdict, zero_shot_backtests
from keras_rnn.forecaster.model import SeriesModel
from keras_rnn.forecaster.parts import LEAST_WINDOWS, WINDOW, check_changes, held_out_periods, own_network
from keras_rnn.forecaster.recipe import ROUND, train_on_windows, validation_part
from keras_rnn.rnn.cells import DEFAULT_CELL
from keras_rnn.series.backtest import PERSISTENCE, compare, latest_residuals
from keras_rnn.series.dates import day, values_by_date
from keras_rnn.series.history import check_history, features_of, first_column, series_windows
from keras_rnn.series.metrics import figures_of
from keras_rnn.series.seasons import SEASONS
from keras_rnn.zero_shot.model import ZeroShotModel
from keras_rnn.zero_shot.tuning import UPDATES as TUNING_UPDATES
from keras_rnn.zero_shot.tuning import better, tune

UPDATES = 1000  # of a `SeriesModel`, at the most
HORIZONS, ERRORS = 12, 60  # of the residuals kept for intervals, at the most


@dataclass(frozen=True, eq=False)
class TrainedSeries:
    """What `train_series` made.

    Attributes:
        model: the forecaster, a `ZeroShotModel`; or a `SeriesModel`, with residuals of the test part for its intervals.
        start: what its weights were before the first update; or the naive forecast that it gives.
        updates: how many were chosen.
        windows: that it was trained on; of a `ZeroShotModel` values.
        metrics: errors on the test part beside persistence's, in the series' unit; empty without one.
        test_rows: `compare` of the test part with the better of persistence and, where the dates have a season, the
            seasonal naive forecast, each row with a `verdict`.
        test_part: its first and last date or place.
    """

    model: SeriesModel
    start: str
    updates: int
    windows: int
    metrics: dict[str, float]
    test_rows: list[dict[str, Any]]
    test_part: tuple[str, str] | None


@dataclass(frozen=True, eq=False)
class _Fitted:
    """A model that knows nothing of the test part, and its errors on the validation part before it was trained on."""

    model: Any
    start: str
    updates: int
    windows: int
    errors: Floats  # (validation,)


def train_series(
    series: Any,
    window: int | None = None,
    units: int | None = None,
    cell: str | None = None,
    scaling: str | None = None,
    activation: str | None = None,
    test: float = 0.2,
    updates: int | None = None,
    seed: int = 0,
    verbose: bool = True,
    layers: int | None = None,
    dropout: float | None = None,
) -> TrainedSeries:
    """Train a forecaster on a series, judged on a last part that it does not see.

    Without other arguments it is `series_model()`, which learned from simulations, trained further on this series as
    far as that is better, by more than chance, on the last fifth before the test part: often not at all. Where it is
    not better than a naive forecast there, nor, not trained further, on all values before the test part, it gives that.
    Of several columns, a network that reads them all is trained beside it, as below, with a window of a season and
    one, and taken where it is better on that fifth by more than chance.

    With `window`, `units`, `scaling`, `activation`, `layers`, `dropout` or another `cell` it is a `SeriesModel` of its
    own. With `scaling="window"` that has two starts, "no change" and a net trained on simulated random walks, as
    `gs10_model`'s was, that looks at the first column alone. Each is trained with the last fifth of the windows left
    out; start and number of updates, 0 among them, are chosen by the error there, averaged over three looks 25 updates
    apart: the fewest within half a standard error of the best. Then the training is repeated from that start with all
    windows before the test part.

    Args:
        series: a pandas Series or DataFrame, or an array (periods[, features]); of several columns the first is
            forecast. Dates, columns' names and `attrs["unit"]` go into the model.
        window, units, cell, scaling, activation, layers, dropout: as in `series_model`; with `"relu"` there is no start
            from walks.
        test: the last part, kept out of everything but the figures and the intervals' residuals: a share up to 0.9, or
            a number of periods. 0: none, and no intervals of a `SeriesModel`.
        updates: gradient updates at the most; None: 100 from simulations, 1,000 of a `SeriesModel`, where they are
            rounded up to whole rounds of 25.
        seed: of the initial weights, of simulated walks and gaps, and of the order of batches.
        verbose: whether to show progress bars.

    Returns:
        A `TrainedSeries`.

    Raises:
        TypeError, ValueError: as `series_model` and `SeriesModel.forecast`; a series too short for window and test
            part, or that does not change before it.
    """
    shape = {"units": units, "scaling": scaling, "activation": activation, "layers": layers, "dropout": dropout}
    if updates is not None:
        check_integer("updates", updates, 1)
    check_seed(check_integer("seed", seed, 0))
    features = features_of(series)
    series = series if isinstance(series, pd.Series | pd.DataFrame) else check_history(series, 3, "series", features)
    last = held_out_periods(test, len(series), WINDOW if window is None else window)
    if own_network(cell, window, *shape.values()):
        fitted = _on_windows(series, last, window, cell, shape, updates, seed, verbose)
        return _judged(fitted, series, last, verbose)
    first = series.iloc[:, 0] if isinstance(series, pd.DataFrame) else first_column(series)
    season = next(iter(SEASONS.get(values_by_date(first)[2] or "", ())), 0)
    window = season + 1 if season and len(series) - last >= season + 1 + LEAST_WINDOWS else WINDOW
    validation = validation_part(len(series) - last - window)
    fitted = _from_simulations(first, last, cell, validation, updates, seed, verbose)
    if features > 1:
        own = _on_windows(series, last, window, None, shape, updates, seed, verbose)
        if better(own.errors[-len(fitted.errors) :], fitted.errors):
            return _judged(own, series, last, verbose)
    return _judged(fitted, first, last, verbose)


def _on_windows(
    series: Any, last: int, window: int | None, cell: str | None, shape: dict[str, Any], updates: int | None, seed: int,
    verbose: bool,
) -> _Fitted:  # fmt: skip
    """A `SeriesModel` of its own."""
    features, learning = features_of(series), series[: len(series) - last]
    updates = ROUND * math.ceil((updates or UPDATES) / ROUND)
    options = {"window": window, "features": features, "series": learning, "seed": seed, **shape}
    model = series_model(None, cell or DEFAULT_CELL, **options)
    values, _ = model.read_history(series, model.window + LEAST_WINDOWS + last)
    check_changes(first_column(values), last)
    x, y = series_windows(values, model.window)  # (windows, window[, features]), (windows, 1)
    known = len(x) - last
    chosen = train_on_windows(model, x[:known], y[:known], updates, seed, verbose)
    return _Fitted(model, chosen.start, chosen.updates, known, np.sqrt(chosen.errors))


def _from_simulations(
    series: Any, last: int, cell: str | None, validation: int, updates: int | None, seed: int, verbose: bool
) -> _Fitted:
    """The model that learned from simulations, tuned; choices are made on so many values."""
    given, _, frequency = values_by_date(series)
    values = check_history(given, 1, "series")
    check_changes(values, last)
    known = len(values) - last
    model = series_model(cell=cell)
    name = getattr(series, "name", None)
    model.column = None if name is None else str(name)
    model.seed = seed  # which the card tells: it is of this training
    title = "tuning" if verbose else None
    tuned = tune(model, values[:known], frequency, validation, updates or TUNING_UPDATES, seed, title)
    return _Fitted(model, tuned.start, tuned.updates, known, tuned.errors)


def _judged(fitted: _Fitted, series: Any, last: int, verbose: bool) -> TrainedSeries:
    """On the test part; a `SeriesModel` gets its residuals there."""
    model, periods = fitted.model, len(series)
    dates = series.index if isinstance(series, pd.Series | pd.DataFrame) else pd.RangeIndex(periods)
    places = [day(date) for date in dates]
    model.trained_to = places[periods - last - 1]
    made = fitted.start, fitted.updates, fitted.windows
    if not last:
        return TrainedSeries(model, *made, {}, [], None)
    horizons = max(1, min(HORIZONS, last // 4))
    test = zero_shot_backtests if isinstance(model, ZeroShotModel) else backtests
    progress = partial(tqdm, desc="test part", unit=" origins", leave=False, dynamic_ncols=True, disable=not verbose)
    results, _ = test(model, series, horizons=horizons, progress=progress, origin=periods - last - 1)
    if isinstance(model, SeriesModel):
        model.residuals = latest_residuals(results["model"], min(ERRORS, last - horizons + 1))
    _, actual, predicted = results["model"].at(1)
    metrics = figures_of("test", actual, predicted, results[PERSISTENCE].at(1)[2])
    reference = better_naive(results)
    rows = [row | {"verdict": verdict(row, reference)} for row in compare(results, reference)]
    return TrainedSeries(model, *made, metrics, rows, (places[periods - last], places[-1]))
