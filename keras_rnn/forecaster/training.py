"""A forecaster of a user's series: trained by a recipe that is not worse than "no change" where it can help it."""

from __future__ import annotations

import dataclasses
import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keras_rnn.catalog.presets import DEFAULT_CELL, WALKS, WALKS_SCALE, Recipe
from keras_rnn.core.arrays import Floats
from keras_rnn.core.backend import keras, tf
from keras_rnn.core.checks import check_integer, check_seed
from keras_rnn.forecaster.comparison import REFERENCE, backtests, verdict
from keras_rnn.forecaster.model import WINDOW, SeriesModel, series_model
from keras_rnn.forecaster.parts import LEAST_WINDOWS, held_out_periods
from keras_rnn.rnn.training import fit_batches
from keras_rnn.rnn.weights import CellWeights
from keras_rnn.series.backtest import compare, latest_residuals
from keras_rnn.series.dates import day
from keras_rnn.series.history import check_history, features_of, first_column, persistence, series_windows
from keras_rnn.series.metrics import figures_of
from keras_rnn.series.walks import simulated_windows

ROUND = 25  # updates between two looks at the validation part
VALIDATION = 0.2  # of the windows before the test part, the latest
# Standard errors by which a longer training must be better than a shorter one: with none, short series choose by luck;
# with a whole one, too little is learned. A half was chosen on the series of `benchmarks/series.py`.
STANDARD_ERRORS = 0.5
FULL_BATCH_UP_TO, BATCH = 1024, 256  # windows
HORIZONS, ERRORS = 12, 60  # of the residuals kept for intervals, at the most
NO_CHANGE, FROM_WALKS, AT_RANDOM = "no change", "simulated random walks", "random weights"


@dataclass(frozen=True, eq=False)
class TrainedSeries:
    """What `train_series` made.

    Attributes:
        model: the forecaster, with residuals for its intervals from the test part.
        start: what its weights were before the first update.
        updates: how many were chosen.
        windows: that it was trained on.
        metrics: errors on the test part beside persistence's, in the series' unit; empty without one.
        test_rows: `compare` of the test part, each row with a `verdict`.
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
class _Candidate:
    start: str
    updates: int
    errors: Floats  # squared, of each validation window


def train_series(
    series: Any,
    window: int | None = None,
    units: int | None = None,
    cell: str = DEFAULT_CELL,
    scaling: str | None = None,
    activation: str | None = None,
    test: float = 0.2,
    updates: int = 1000,
    seed: int = 0,
    verbose: bool = True,
) -> TrainedSeries:
    """Build a `series_model` and train it on a series, judged on a last part that it does not see.

    With `scaling="window"` there are two starts, "no change" and a net trained on simulated random walks, as
    `gs10_model`'s was, that looks at the first column alone. Each is trained with the last fifth of the windows left
    out; start and number of updates, 0 among them, are chosen by the error there, averaged over three looks 25 updates
    apart: the fewest within half a standard error of the best. Then the training is repeated from that start with all
    windows before the test part.

    Args:
        series: a pandas Series or DataFrame, or an array (periods[, features]); of several columns the first is
            forecast. Dates, columns' names and `attrs["unit"]` go into the model.
        window, units, cell, scaling, activation: as in `series_model`; with `"relu"` there is no start from walks.
        test: the last part, kept out of everything but the figures and the intervals' residuals: a share up to 0.9, or
            a number of periods. 0: none, and no intervals.
        updates: gradient updates at the most, rounded up to whole rounds of 25.
        seed: of the initial weights, the simulated walks and the order of batches.
        verbose: whether to show progress bars.

    Returns:
        A `TrainedSeries`.

    Raises:
        TypeError, ValueError: as `series_model` and `SeriesModel.forecast`; a series too short for window and test
            part, or that does not change before it.
    """
    updates = ROUND * math.ceil(check_integer("updates", updates, 1) / ROUND)
    check_seed(check_integer("seed", seed, 0))
    features = features_of(series)
    series = series if isinstance(series, pd.Series | pd.DataFrame) else check_history(series, 3, "series", features)
    periods = len(series)
    last = held_out_periods(test, periods, WINDOW if window is None else window)
    learning = series[: periods - last]
    model = series_model(None, cell, window, units, features, learning, scaling, seed=seed, activation=activation)
    values, dates = model.read_history(series, model.window + LEAST_WINDOWS + last)
    x, y = series_windows(values, model.window)  # (windows, window[, features]), (windows, 1)
    known = len(x) - last
    learned = known - max(2, round(VALIDATION * known))
    own = first_column(values)
    if last and (own[-last - 1 :] == own[-1]).all():
        raise ValueError(f"The test part must hold values that change. Received: {own[-1]:g}, {last} times")
    starts = _starts(model, seed, verbose)
    candidates = []
    for name, weights in starts.items():
        candidates += _trials(model, name, weights, x[:known], y[:known], learned, updates, seed, verbose)
    chosen = _choose(candidates)
    _train(model, starts[chosen.start], x[:known], y[:known], chosen.updates, seed, [], "chosen" if verbose else None)
    places = [str(place) for place in range(periods)] if dates is None else [day(date) for date in dates]
    model.trained_to = places[periods - last - 1]
    if not last:
        return TrainedSeries(model, chosen.start, chosen.updates, known, {}, [], None)
    metrics = figures_of("test", y[known:], model.predict_windows(x[known:]), persistence(x[known:]))
    horizons = max(1, min(HORIZONS, last // 4))
    results, _ = backtests(model, series, horizons=horizons, origin=periods - last - 1)
    model.residuals = latest_residuals(results["model"], min(ERRORS, last - horizons + 1))
    rows = [row | {"verdict": verdict(row)} for row in compare(results, REFERENCE)]
    part = places[periods - last], places[-1]
    return TrainedSeries(model, chosen.start, chosen.updates, known, metrics, rows, part)


def _starts(model: SeriesModel, seed: int, verbose: bool) -> dict[str, CellWeights]:
    """The weights to begin with, by name."""
    own = model.get_cell_weights()
    if model.scaling == "levels":
        return {AT_RANDOM: own}
    if model.activation != "tanh":
        return {NO_CHANGE: own}
    walks = _from_walks(model.window, model.units, model.cell, seed, FROM_WALKS if verbose else None)
    others = np.zeros((model.features - 1, model.units), dtype=np.float32)
    return {NO_CHANGE: own, FROM_WALKS: dataclasses.replace(walks, kernel=np.concatenate([walks.kernel, others]))}


@functools.lru_cache(maxsize=16)  # they do not depend on the series
def _from_walks(window: int, units: int, cell: str, seed: int, title: str | None) -> CellWeights:
    # with GS10's scale: inside, where every series' changes are of one size, it makes no difference
    model = SeriesModel(window, units, cell=cell, scale=WALKS_SCALE, seed=seed)
    train_on_walks(model, WALKS, seed, title)
    return model.get_cell_weights()


def _trials(
    model: SeriesModel,
    start: str,
    weights: CellWeights,
    x: Floats,
    y: Floats,
    learned: int,
    updates: int,
    seed: int,
    verbose: bool,
) -> list[_Candidate]:
    """Errors on the windows from `learned` on, before the first update and after each round on those before."""
    found: list[_Candidate] = []
    smooth: list[_Candidate] = []

    def look(count: int) -> None:
        errors = (model.predict_windows(x[learned:]) - y[learned:])[:, 0] ** 2
        found.append(_Candidate(start, count, errors))
        # a single low point among many may be luck: each counts with the one before and the one after it
        if len(found) > 2:
            smooth.append(_Candidate(start, count - ROUND, np.mean([each.errors for each in found[-3:]], axis=0)))

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            look(ROUND * (epoch + 1))

    model.set_cell_weights(weights)
    if start != AT_RANDOM:
        look(0)
    title = f"from {start}" if verbose else None
    _train(model, weights, x[:learned], y[:learned], updates, seed, [Look()], title)
    return [each for each in found if not each.updates] + (smooth or found[-1:])


def _choose(candidates: list[_Candidate]) -> _Candidate:
    """The fewest updates whose error is not worse than the best by more than `STANDARD_ERRORS`."""

    def finite(candidate: _Candidate) -> float:
        mean = float(candidate.errors.mean())
        return mean if math.isfinite(mean) else math.inf

    best = min(candidates, key=finite)
    for candidate in sorted(candidates, key=lambda c: c.updates):  # stable: "no change" comes first
        worse = candidate.errors - best.errors
        if worse.mean() <= STANDARD_ERRORS * worse.std(ddof=1) / math.sqrt(len(worse)):
            return candidate
    return best


def _train(
    model: SeriesModel,
    weights: CellWeights,
    x: NDArray[Any],
    y: NDArray[Any],
    updates: int,
    seed: int,
    callbacks: list[Any],
    title: str | None,
) -> None:
    """From these weights and a new optimizer; full batches, but of long series."""
    model.set_cell_weights(weights)
    model.compile_recipe()
    if not updates:
        return
    x, y = x.astype(np.float32), y.astype(np.float32)
    if len(x) <= FULL_BATCH_UP_TO:
        batches = tf.data.Dataset.from_tensors((x, y))
    else:
        batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x), seed=seed).repeat()
        batches = batches.batch(BATCH, drop_remainder=True)
    fit_batches(model, batches, updates, callbacks, title=title, steps_per_call=ROUND)


def train_on_walks(model: SeriesModel, recipe: Recipe, seed: int, title: str | None = None) -> None:
    """Train a forecaster on simulated random walks, each window seen once.

    The loss is the squared error over the walk's own variance, so that quiet and wild ones count alike; Adam's rate
    falls to 0 by a cosine (Loshchilov and Hutter 2017).

    Args:
        seed: of the windows.
        title: of a progress bar; None shows none.
    """
    shape = (recipe.updates, recipe.walks or 1)
    count, median, spread = shape[0] * shape[1], recipe.median or 1.0, recipe.spread or 0.0
    x, y, sigma = simulated_windows(count, model.window, median, spread, seed)
    schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, recipe.updates)
    model.compile(optimizer=keras.optimizers.Adam(schedule), loss="mse")
    batches = (x.reshape(*shape, -1), y.reshape(*shape, 1), (1 / sigma**2).reshape(shape))
    fit_batches(model, tf.data.Dataset.from_tensor_slices(batches), recipe.updates, [], title=title)
    model.compile_recipe()
