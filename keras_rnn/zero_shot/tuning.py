"""The network that learned from simulations, trained further on one series where that is better by more than chance."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from keras_rnn.core.arrays import Floats
from keras_rnn.core.backend import keras
from keras_rnn.series.backtest import PERSISTENCE, SEASONAL_NAIVE
from keras_rnn.series.metrics import diebold_mariano
from keras_rnn.zero_shot.examples import examples_of
from keras_rnn.zero_shot.forecasting import EARLY, Context, forecast
from keras_rnn.zero_shot.model import ZeroShotModel
from keras_rnn.zero_shot.network import training_network
from keras_rnn.zero_shot.reading import CANDIDATES, MEDIAN, ONE_STEP
from keras_rnn.zero_shot.simulator import Simulated, observed
from keras_rnn.zero_shot.training import relative_pinball

UPDATES, ROUND = 100, 10  # at the most; between two looks at the validation part
LEARNING_RATE = 1e-4
COPIES = 8  # of the series, half of them with gaps as forecasts have them
# A longer training is taken where chance makes it as much better no more often: 2 % at one look are about 5 % at the
# best of ten, which are much alike.
BY_CHANCE = 0.02
SIMULATED = "simulated series"
CERTAIN = 30.0  # a logit


@dataclass(frozen=True, eq=False)
class Tuning:
    """What a model was given.

    Attributes:
        start: the weights that learned from simulated series, or the naive forecast that is not worse.
        updates: on this series.
        errors: one step ahead on the validation part, before it was trained on: (validation,).
    """

    start: str
    updates: int
    errors: Floats


def tune(
    model: ZeroShotModel,
    values: Floats,
    frequency: str | None,
    validation: int,
    updates: int = UPDATES,
    seed: int = 0,
    title: str | None = None,
) -> Tuning:
    """Train a model further on a series, as far as its last values say, then with these, too.

    Another number of updates than 0 must be better one step ahead by more than chance, and not worse further ahead.
    Where what was chosen is not better there than the better naive forecast, nor, without updates, on all values, none
    of which it was then trained on, the model's head is set to give that.

    Args:
        model: pretrained; it is changed.
        values: (periods,), all known; the last `model.window - 1` are read.
        frequency: as in `forecast`.
        validation: values, the last, that choices are made on; a quarter of those that are read at the most.
        updates: at the most.
        seed: of where the copies have gaps.
        title: of the progress bar; None for none.
    """
    values = values[1 - model.window :]
    validation = min(validation, len(values) // 4)
    found = forecast(model.quantiles, model.window, model.places, values, frequency=frequency)
    trial = _Trial(model, Context(values, found.season, 1, found.logarithm), validation, seed)
    start = model.get_weights()
    untrained = trial.errors()
    first = best = untrained[0][-validation:]
    ahead, chosen = trial.ahead(untrained), 0
    with tqdm(total=2 * updates, desc=title, unit=" updates", disable=title is None, dynamic_ncols=True) as bar:
        least = 2.0
        for done in trial.train(len(values) - validation, updates, bar):
            errors = trial.errors()
            own, further = errors[0][-validation:], trial.ahead(errors)
            relative = _square(own) / max(_square(first), 1e-30), further / max(ahead, 1e-30)
            if sum(relative) < least and relative[1] <= 1 and better(own, first):
                least, best, chosen = sum(relative), own, done
        model.set_weights(start)
        for _ in trial.train(len(values), chosen, bar):
            pass
        bar.total = bar.n
    naive = _naive_errors(values, found.season)
    name = min(naive, key=lambda name: _square(naive[name][-validation:]))
    parts = [best] if chosen else [best, untrained[0][max(EARLY, found.season) :]]
    if all(_square(naive[name][-len(part) :]) <= _square(part) for part in parts if len(part)):
        _become_naive(model, name == SEASONAL_NAIVE)
        return Tuning(name, 0, naive[name][-validation:])
    return Tuning(SIMULATED, chosen, best)


class _Trial:
    """A model on one series, copies of which have gaps."""

    def __init__(self, model: ZeroShotModel, context: Context, validation: int, seed: int) -> None:
        self.model, self.context, self.validation = model, context, validation
        row, n = context.row(model.window), len(context.values)
        seasons = np.full(COPIES, context.season)
        there = observed(np.random.default_rng(seed), seasons, n)  # (copies, n)
        there[: COPIES // 2] = True
        self.rows = np.tile(row, (COPIES, 1))  # (copies, window)
        self.rows[:, -n - 1 : -1][~there] = np.nan
        self.examples = examples_of(Simulated(np.tile(row[-n - 1 : -1], (COPIES, 1)), seasons, there))
        self.single = self.examples.features[..., ONE_STEP] > 0.5  # (copies, n - 1)
        cell = model.get_layer("rnn").cell
        self.network = training_network(cell.cell, cell.head, n - 1)
        optimizer = keras.optimizers.Adam(LEARNING_RATE, beta_2=0.99, global_clipnorm=1.0)
        self.network.compile(optimizer, relative_pinball, jit_compile=False)
        optimizer.build(self.network.trainable_variables)
        self.new_optimizer = [np.asarray(variable) for variable in optimizer.variables]

    def train(self, known: int, updates: int, bar: Any) -> Iterator[int]:
        """On the targets among the first `known` values, from a new optimizer; after each round, the updates done."""
        targets = self.examples.targets.copy()
        targets[:, known - 1 :, 1:] = 0
        for variable, value in zip(self.network.optimizer.variables, self.new_optimizer, strict=True):
            variable.assign(value)
        for done in range(1, updates + 1):
            self.network.train_on_batch((self.examples.features, self.examples.candidates), targets)
            bar.update()
            if not done % ROUND or done == updates:
                yield done

    def errors(self) -> Floats:
        """Of the medians of all values but the first, in the unit of the series: (copies, n − 1)."""
        answers = self.model.quantiles(self.rows, self.context.season)
        medians = np.stack([self.context.quantiles(answer)[0][:, MEDIAN] for answer in answers])
        return np.asarray((np.exp(medians) if self.context.logarithm else medians) - self.context.values[1:])

    def ahead(self, errors: Floats) -> float:
        """Mean absolute error where the value before was not known, on the validation part; 0 without any."""
        there = errors[:, -self.validation :][~self.single[:, -self.validation :]]
        return float(np.abs(there).mean()) if there.size else 0.0


def better(errors: Floats, others: Floats) -> bool:
    """Whether one forecast's errors are smaller than another's by more than chance (Diebold and Mariano 1995)."""
    statistic, p = diebold_mariano(errors, others)
    return statistic < 0 and p / 2 < BY_CHANCE


def _naive_errors(values: Floats, season: int) -> dict[str, Floats]:
    lags = {PERSISTENCE: 1} | ({SEASONAL_NAIVE: season} if season > 1 else {})
    return {name: values[:-lag] - values[lag:] for name, lag in lags.items()}


def _square(errors: Floats) -> float:
    return float((errors**2).mean())


def _become_naive(model: ZeroShotModel, seasonal: bool) -> None:
    """The median is then the value a season ago, or the newest; how wide intervals are is the network's, as before."""
    head = model.get_layer("rnn").cell.head
    kernel, bias = (np.array(weights) for weights in head.get_weights())  # (units, OUTPUTS), (OUTPUTS,)
    kernel[:, : CANDIDATES + 1], bias[: CANDIDATES + 1] = 0, 0
    bias[0] = CERTAIN if seasonal else -CERTAIN
    head.set_weights([kernel, bias])
