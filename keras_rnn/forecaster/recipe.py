"""How a forecaster is trained on windows of a series: two starts, and as many updates as the latest windows say."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_rnn.catalog.presets import WALKS, WALKS_SCALE, Recipe
from keras_rnn.core.arrays import Array, Floats
from keras_rnn.core.backend import keras, tf
from keras_rnn.forecaster.model import SeriesModel
from keras_rnn.rnn.training import fit_batches
from keras_rnn.series.walks import simulated_windows

ROUND = 25  # updates between two looks at the validation part
VALIDATION = 0.2  # of the windows before the test part, the latest
# Standard errors by which a longer training must be better than a shorter one: with none, short series choose by luck;
# with a whole one, too little is learned. A half was chosen on the series of `benchmarks/series.py`.
STANDARD_ERRORS = 0.5
FULL_BATCH_UP_TO, BATCH = 1024, 256  # windows
NO_CHANGE, FROM_WALKS, AT_RANDOM = "no change", "simulated random walks", "random weights"
Weights = list[Array]  # as `get_weights` gives them, the first recurrent layer's kernel first


@dataclass(frozen=True, eq=False)
class Candidate:
    start: str
    updates: int
    errors: Floats  # squared, of each validation window


def train_on_windows(model: SeriesModel, x: Floats, y: Floats, updates: int, seed: int, verbose: bool) -> Candidate:
    """Train a model on windows; what was chosen, its errors those on the latest before it was trained on these."""
    learned = len(x) - validation_part(len(x))
    starts = _starts(model, seed, verbose)
    trainer = _Trainer(model, x, y, seed, verbose)
    chosen = _choose([each for name in starts for each in trainer.trials(name, starts[name], learned, updates)])
    trainer.train(starts[chosen.start], len(x), chosen.updates, "chosen")
    return chosen


def validation_part(windows: int) -> int:
    """How many, the latest, a choice is made on."""
    return max(2, round(VALIDATION * windows))


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

    def trials(self, start: str, weights: Weights, learned: int, updates: int) -> list[Candidate]:
        """Errors on the windows from `learned` on, before the first update and after each round on those before."""
        found: list[Candidate] = []

        def look(epoch: int, logs: Any = None) -> None:
            errors = (self.model.predict_windows(self.x[learned:]) - self.y[learned:])[:, 0] ** 2
            found.append(Candidate(start, ROUND * (epoch + 1), errors))

        self.model.set_weights(weights)
        if start != AT_RANDOM:
            look(-1)
        self.train(weights, learned, updates, f"from {start}", [keras.callbacks.LambdaCallback(on_epoch_end=look)])
        # a single low point among many may be luck: each counts with the one before and the one after it
        smooth = [
            Candidate(start, near[1].updates, np.mean([each.errors for each in near], axis=0))
            for near in zip(found[:-2], found[1:-1], found[2:], strict=True)
        ]
        return [each for each in found if not each.updates] + (smooth or found[-1:])


def _choose(candidates: list[Candidate]) -> Candidate:
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
