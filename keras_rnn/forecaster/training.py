"""A forecaster of a user's series: trained by a recipe that is not worse than "no change" where it can help it."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from keras_rnn.catalog.presets import WALKS, WALKS_SCALE, Recipe
from keras_rnn.core.arrays import Array, Floats
from keras_rnn.core.backend import keras, tf
from keras_rnn.core.checks import check_integer, check_seed
from keras_rnn.forecaster.build import series_model
from keras_rnn.forecaster.comparison import backtests, better_naive, verdict
from keras_rnn.forecaster.model import WINDOW, SeriesModel
from keras_rnn.forecaster.parts import LEAST_WINDOWS, held_out_periods
from keras_rnn.rnn.cells import DEFAULT_CELL
from keras_rnn.rnn.training import fit_batches
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
Weights = list[Array]  # as `get_weights` gives them, the first recurrent layer's kernel first


@dataclass(frozen=True, eq=False)
class TrainedSeries:
    """What `train_series` made.

    Attributes:
        model: the forecaster, with residuals for its intervals from the test part.
        start: what its weights were before the first update.
        updates: how many were chosen.
        windows: that it was trained on.
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
    layers: int | None = None,
    dropout: float | None = None,
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
        window, units, cell, scaling, activation, layers, dropout: as in `series_model`; with `"relu"` there is no start
            from walks.
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
    shape: dict[str, Any] = {"activation": activation, "layers": layers, "dropout": dropout}
    model = series_model(None, cell, window, units, features, learning, scaling, seed=seed, **shape)
    values, dates = model.read_history(series, model.window + LEAST_WINDOWS + last)
    x, y = series_windows(values, model.window)  # (windows, window[, features]), (windows, 1)
    known = len(x) - last
    learned = known - max(2, round(VALIDATION * known))
    own = first_column(values)
    if last and (own[-last - 1 :] == own[-1]).all():
        raise ValueError(f"The test part must hold values that change. Received: {own[-1]:g}, {last} times")
    starts = _starts(model, seed, verbose)
    trainer = _Trainer(model, x[:known], y[:known], seed, verbose)
    chosen = _choose([each for name in starts for each in trainer.trials(name, starts[name], learned, updates)])
    trainer.train(starts[chosen.start], known, chosen.updates, "chosen")
    places = [str(place) for place in range(periods)] if dates is None else [day(date) for date in dates]
    model.trained_to = places[periods - last - 1]
    if not last:
        return TrainedSeries(model, chosen.start, chosen.updates, known, {}, [], None)
    metrics = figures_of("test", y[known:], model.predict_windows(x[known:]), persistence(x[known:]))
    horizons = max(1, min(HORIZONS, last // 4))
    results, _ = backtests(model, series, horizons=horizons, origin=periods - last - 1)
    model.residuals = latest_residuals(results["model"], min(ERRORS, last - horizons + 1))
    reference = better_naive(results)
    rows = [row | {"verdict": verdict(row, reference)} for row in compare(results, reference)]
    part = places[periods - last], places[-1]
    return TrainedSeries(model, chosen.start, chosen.updates, known, metrics, rows, part)


def _starts(model: SeriesModel, seed: int, verbose: bool) -> dict[str, Weights]:
    """The weights to begin with, by name."""
    own = model.get_weights()
    if model.scaling == "levels":
        return {AT_RANDOM: own}
    if model.activation != "tanh":
        return {NO_CHANGE: own}
    shape = (model.window, model.units, model.cell, model.layer_count, model.dropout)
    kernel, *rest = _from_walks(*shape, seed, FROM_WALKS if verbose else None)
    # its first row takes the first column, of whatever cell; the others' begin at zeros
    others = np.zeros((model.features - 1, kernel.shape[1]), dtype=np.float32)
    return {NO_CHANGE: own, FROM_WALKS: [np.concatenate([kernel[:1], others, kernel[1:]]), *rest]}


@functools.lru_cache(maxsize=16)  # they do not depend on the series
def _from_walks(
    window: int, units: int, cell: str, layers: int, dropout: float, seed: int, title: str | None
) -> Weights:
    # with GS10's scale: inside, where every series' changes are of one size, it makes no difference
    model = SeriesModel(window, units, cell=cell, layers=layers, dropout=dropout, scale=WALKS_SCALE, seed=seed)
    train_on_walks(model, WALKS, seed, title)
    weights: Weights = model.get_weights()
    return weights


@dataclass(frozen=True, eq=False)
class _Trainer:
    """A model and the windows before the test part, on which every training of it is."""

    model: SeriesModel
    x: Floats
    y: Floats
    seed: int
    verbose: bool

    def train(self, weights: Weights, windows: int, updates: int, title: str, callbacks: Sequence[Any] = ()) -> None:
        """From these weights and a new optimizer, on the first windows; full batches, but of long series."""
        self.model.set_weights(weights)
        self.model.compile_recipe()
        if not updates:
            return
        x, y = self.x[:windows].astype(np.float32), self.y[:windows].astype(np.float32)
        if windows <= FULL_BATCH_UP_TO:
            batches = tf.data.Dataset.from_tensors((x, y))
        else:
            batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(windows, seed=self.seed).repeat()
            batches = batches.batch(BATCH, drop_remainder=True)
        shown = title if self.verbose else None
        fit_batches(self.model, batches, updates, list(callbacks), title=shown, steps_per_call=ROUND)

    def trials(self, start: str, weights: Weights, learned: int, updates: int) -> list[_Candidate]:
        """Errors on the windows from `learned` on, before the first update and after each round on those before."""
        found: list[_Candidate] = []

        def look(epoch: int, logs: Any = None) -> None:
            errors = (self.model.predict_windows(self.x[learned:]) - self.y[learned:])[:, 0] ** 2
            found.append(_Candidate(start, ROUND * (epoch + 1), errors))

        self.model.set_weights(weights)
        if start != AT_RANDOM:
            look(-1)
        self.train(weights, learned, updates, f"from {start}", [keras.callbacks.LambdaCallback(on_epoch_end=look)])
        # a single low point among many may be luck: each counts with the one before and the one after it
        smooth = [
            _Candidate(start, near[1].updates, np.mean([each.errors for each in near], axis=0))
            for near in zip(found[:-2], found[1:-1], found[2:], strict=True)
        ]
        return [each for each in found if not each.updates] + (smooth or found[-1:])


def _choose(candidates: list[_Candidate]) -> _Candidate:
    """The fewest updates whose error is not worse than the best by more than `STANDARD_ERRORS`."""
    best = min(candidates, key=lambda c: np.nan_to_num(c.errors.mean(), nan=math.inf))
    for candidate in sorted(candidates, key=lambda c: c.updates):  # stable: "no change" comes first
        worse = candidate.errors - best.errors
        if worse.mean() <= STANDARD_ERRORS * worse.std(ddof=1) / math.sqrt(len(worse)):
            return candidate
    return best


def train_on_walks(model: SeriesModel, recipe: Recipe, seed: int, title: str | None = None) -> None:
    """Train a forecaster on simulated random walks, each window seen once.

    The loss is the squared error over the walk's own variance, so that quiet and wild ones count alike; Adam's rate
    falls to 0 by a cosine (Loshchilov and Hutter 2017). `seed` is of the windows; without a `title` there is no bar.
    """
    shape = (recipe.updates, recipe.walks or 1)
    count, median, spread = shape[0] * shape[1], recipe.median or 1.0, recipe.spread or 0.0
    x, y, sigma = simulated_windows(count, model.window, median, spread, seed)
    schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, recipe.updates)
    model.compile(optimizer=keras.optimizers.Adam(schedule), loss="mse")
    batches = (x.reshape(*shape, -1), y.reshape(*shape, 1), (1 / sigma**2).reshape(shape))
    fit_batches(model, tf.data.Dataset.from_tensor_slices(batches), recipe.updates, [], title=title)
    model.compile_recipe()
