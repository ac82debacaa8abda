"""Answers of a file beside those of its Keras model, as parts of the largest answer."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from keras_rnn.core.arrays import Array

Arrays = dict[str, Array]  # input or output → (windows, …)


def by_batches(run: Callable[[Arrays], Mapping[str, Array]], windows: Arrays, batch: int) -> Arrays:
    """What `run` answers to windows (windows, …), given `batch` at once."""
    count = len(next(iter(windows.values())))
    parts = [run({name: x[i : i + batch] for name, x in windows.items()}) for i in range(0, count, batch)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def whole_batches(windows: Arrays, batch: int) -> Arrays:
    """The windows, and as many of the first once more as fill the last batch."""
    return {name: np.resize(x, (-(-len(x) // batch) * batch, *x.shape[1:])) for name, x in windows.items()}


def called(function: Any, given: Mapping[str, Array]) -> Arrays:
    """A `tf.function` with named inputs → its outputs as arrays."""
    result = function(*(given[spec.name] for spec in function.input_signature))
    return {name: np.asarray(value) for name, value in result.items()}


def relative_differences(found: Mapping[str, Array], expected: Mapping[str, Array], least: float = 1.0) -> Array:
    """By window, the largest over outputs and places, as a part of that output's largest answer where it is above
    `least`.

    The same infinity, or NaN in both, is no difference; NaN in one, another shape or another output is infinite.
    """
    if set(found) != set(expected):
        return np.full(1, np.inf)
    largest: Array = np.max([_of_output(found[name], expected[name], least) for name in expected], axis=0)
    return largest


def _of_output(found: Array, expected: Array, least: float) -> Array:
    if found.shape != expected.shape:
        return np.full(len(expected), np.inf)
    a, b = (np.asarray(x, np.float64).reshape(len(expected), -1) for x in (found, expected))  # (windows, numbers)
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
    difference[np.isnan(difference)] = np.inf
    finite = np.where(np.isfinite(b), np.abs(b), 0.0)
    result: Array = difference.max(axis=1, initial=0.0) / np.maximum(least, finite.max(axis=1, initial=0.0))
    return result
