"""What each preset learns and how it is judged: its windows, those for training, the training, and its figures."""

from typing import Any

import numpy as np

from keras_rnn.catalog.names import ModelName, preset_of
from keras_rnn.catalog.presets import FIRST_TEST_YEAR, LATER_TEST_YEAR, Preset
from keras_rnn.core.arrays import Floats
from keras_rnn.core.checks import check_seed
from keras_rnn.forecaster.model import forecaster_of
from keras_rnn.forecaster.recipe import train_on_walks
from keras_rnn.gs10.data import load_gs10
from keras_rnn.gs10.model import GS10Model, gs10_model
from keras_rnn.rnn.model import RecurrentModel
from keras_rnn.rnn.training import train
from keras_rnn.series.backtest import latest_residuals, walk_forward
from keras_rnn.series.dates import years_of
from keras_rnn.series.history import persistence, series_windows
from keras_rnn.series.metrics import figures_of
from keras_rnn.text.model import CharModel, char_model
from keras_rnn.text.sampling import softmax
from keras_rnn.text.vocabulary import load_text, text_windows


class CharTask:
    """The next character: ids, `inputs` (windows, window) and `targets` (windows,), all for `training`."""

    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        self.inputs, self.targets, _ = text_windows(load_text(), preset.window)
        self.training = np.ones(len(self.inputs), dtype=bool)

    def model(self, cell: str, seed: int) -> CharModel:
        """The preset's model, untrained."""
        return char_model(None, cell, seed=seed)

    def figures(self, model: RecurrentModel) -> dict[str, float]:
        """A model's figures on the windows, a naive baseline's beside them."""
        logits = model.predict_windows(self.inputs)  # (windows, vocabulary)
        p = softmax(logits)[np.arange(len(logits)), self.targets]  # (windows,)
        return {
            "accuracy": float(np.mean(logits.argmax(axis=-1) == self.targets)),
            "accuracy_from_last_character_only": last_character_accuracy(self),
            "cross_entropy_nats": float(-np.mean(np.log(p))),
        }


class YieldTask:
    """The next period's yield, in percent: `inputs` (windows, window) and `targets` (windows, 1).

    `training` (windows,) is true before the test part; `years` (windows,) are the targets'.
    """

    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        series = load_gs10(str(preset.frequency), "packaged")
        self.inputs, self.targets = (array.astype(np.float32) for array in series_windows(series, preset.window))
        self.years = years_of(series.index)[preset.window :]
        self.training = self.years < FIRST_TEST_YEAR

    def model(self, cell: str, seed: int) -> GS10Model:
        return gs10_model(None, cell, self.preset.scaling, frequency=self.preset.frequency, seed=seed)

    def figures(self, model: RecurrentModel) -> dict[str, float]:
        predicted = model.predict_windows(self.inputs)  # (windows, 1)
        walks = self.preset.recipe.walks  # then it is trained on none of these; by the first part choices were made
        parts = {f"before_{FIRST_TEST_YEAR}" if walks else "train": self.training, "test": ~self.training}
        if walks:
            parts[f"from_{LATER_TEST_YEAR}"] = self.years >= LATER_TEST_YEAR
        figures: dict[str, float] = {}
        for part, chosen in parts.items():
            figures |= figures_of(part, self.targets[chosen], predicted[chosen], persistence(self.inputs[chosen]))
        return figures


def task_of(name: ModelName) -> CharTask | YieldTask:
    """What a preset is trained and judged on."""
    preset = preset_of(name)
    return CharTask(preset) if name.model == "char" else YieldTask(preset)


def measure(name: ModelName, model: RecurrentModel) -> dict[str, float]:
    """A preset's figures, a naive baseline's beside them; GS10's errors in percentage points."""
    return task_of(name).figures(model)


def train_preset(name: ModelName, verbose: bool = True, seed: int | None = None) -> Any:
    """A model of the zoo, trained anew by its recipe, or with another seed: on one machine the same to the bit."""
    task, title = task_of(name), str(name)
    recipe = task.preset.recipe
    chosen = recipe.seed if seed is None else int(check_seed(seed) or 0)
    model: Any = task.model(name.cell, chosen)
    if recipe.walks:
        train_on_walks(model, recipe, chosen, title if verbose else None)
    else:
        windows = task.inputs[task.training], task.targets[task.training]
        train(model, *windows, updates=recipe.updates, min_delta=recipe.min_delta, verbose=verbose, title=title)
    if task.preset.residuals:
        model.residuals = latest_errors(model, *task.preset.residuals)
    return model


def latest_errors(model: GS10Model, horizons: int, count: int) -> Floats:
    """The last `count` absolute errors at each horizon on the packaged series, sorted: (horizons, count), percent.

    For a model that was trained on simulated series alone: of one trained on these values the errors would be too
    small.
    """
    series = load_gs10(model.frequency, "packaged")
    first = len(series) - horizons - count
    backtest = walk_forward(forecaster_of(model), series, first, horizons, model.window)
    return np.round(latest_residuals(backtest, count), 4)


def last_character_accuracy(task: CharTask) -> float:
    """What can be had from the last character of each window alone: its most frequent successor."""
    last = task.inputs[:, -1]
    hits = [np.bincount(task.targets[last == character]).max() for character in np.unique(last)]
    return float(sum(hits) / len(last))
