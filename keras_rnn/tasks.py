"""What each preset learns and how it is judged: its windows, which of them are for training, and its figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_rnn.backtest_intervals import latest_residuals
from keras_rnn.datasets import load_gs10, load_text
from keras_rnn.dates import years_of
from keras_rnn.evaluation import Forecaster, walk_forward
from keras_rnn.forecaster import SeriesModel
from keras_rnn.presets import FIRST_TEST_YEAR, LATER_TEST_YEAR
from keras_rnn.recurrent import RecurrentModel
from keras_rnn.registry import ModelName, preset_of
from keras_rnn.sampling import softmax
from keras_rnn.series import mae, persistence, recursive_forecast, rmse, series_windows
from keras_rnn.vocabulary import text_windows
from keras_rnn.yields import GS10Model


@dataclass(frozen=True, eq=False)
class Task:
    """A preset's windows.

    Attributes:
        inputs: (windows, window), ids or percent.
        targets: (windows,) ids, or (windows, 1) percent.
        training: (windows,) bool; the others are the test part, later in time.
        periods: (windows,) the targets' years, or None.
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]
    training: NDArray[np.bool_]
    periods: NDArray[np.int64] | None = None


def task_of(name: ModelName) -> Task:
    """The windows that a preset is trained and judged on."""
    preset = preset_of(name)
    if name.model == "char":
        ids, targets, _ = text_windows(load_text(), preset.window)
        return Task(ids, targets, np.ones(len(ids), dtype=bool))
    series = load_gs10(str(preset.frequency), "packaged")
    histories, following = series_windows(series, preset.window)
    years = years_of(series.index)[preset.window :]
    return Task(histories.astype(np.float32), following.astype(np.float32), years < FIRST_TEST_YEAR, years)


def forecaster_of(model: SeriesModel) -> Forecaster:
    """The model as what `evaluation.walk_forward` calls."""
    return lambda history, steps: recursive_forecast(model.predict_windows, history, model.window, steps)


def latest_errors(model: GS10Model, horizons: int, count: int) -> NDArray[np.float64]:
    """The last `count` absolute errors at each horizon on the packaged series, sorted: (horizons, count), percent.

    For a model that was trained on simulated series alone: of one trained on these values the errors would be too
    small.
    """
    series = load_gs10(model.frequency, "packaged")
    first = len(series) - horizons - count
    backtest = walk_forward(forecaster_of(model), series, first, horizons, model.window)
    return np.round(latest_residuals(backtest, count), 4)


def last_character_accuracy(task: Task) -> float:
    """What can be had from the last character of each window alone: its most frequent successor."""
    last = task.inputs[:, -1]
    hits = [np.bincount(task.targets[last == character]).max() for character in np.unique(last)]
    return float(sum(hits) / len(last))


def measure(name: ModelName, model: RecurrentModel) -> dict[str, float]:
    """A preset's figures, a naive baseline's beside them; GS10's errors in percent points."""
    task = task_of(name)
    output = model.predict_windows(task.inputs)
    if name.model == "char":
        p = softmax(output)[np.arange(len(output)), task.targets]  # (windows,)
        return {
            "accuracy": float(np.mean(output.argmax(axis=-1) == task.targets)),
            "accuracy_from_last_character_only": last_character_accuracy(task),
            "cross_entropy_nats": float(-np.mean(np.log(p))),
        }
    figures: dict[str, float] = {}
    assert task.periods is not None
    parts = {"train": task.training, "test": ~task.training}
    if preset_of(name).recipe.walks:  # trained on none of these; by the first part choices were made
        later = task.periods >= LATER_TEST_YEAR
        parts = {f"before_{FIRST_TEST_YEAR}": task.training, "test": ~task.training, f"from_{LATER_TEST_YEAR}": later}
    for part, chosen in parts.items():
        figures |= figures_of(part, task.targets[chosen], output[chosen], persistence(task.inputs[chosen]))
    return figures


def figures_of(part: str, actual: ArrayLike, predicted: ArrayLike, naive: ArrayLike) -> dict[str, float]:
    """Errors of one part of a series, those of the naive forecast beside them."""
    error, naive_error = rmse(actual, predicted), rmse(actual, naive)
    return {
        f"{part}_rmse": error,
        f"{part}_rmse_of_persistence": naive_error,
        f"{part}_mae": mae(actual, predicted),
        f"{part}_mae_of_persistence": mae(actual, naive),
        f"{part}_skill_against_persistence": 1 - error / naive_error,
    }
