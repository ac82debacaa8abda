"""A file's signature `step`: what it takes, and a window given to it one step after the other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_rnn.core.arrays import Array
from keras_rnn.litert.comparison import Arrays
from keras_rnn.litert.inputs import Input

Run = Callable[[str, Mapping[str, Array]], Arrays]  # a signature with named inputs → named outputs


@dataclass(frozen=True)
class Stepping:
    """How steps make up a window.

    Attributes:
        steps: of a window.
        sequences: the inputs that come step by step: ids (batch, 1), values (batch, …); all others come whole.
        states: name → shape and dtype of what `step` takes and gives.
        outputs: name → the window's shape, of those with an answer for every step; None of the others.
    """

    steps: int
    sequences: tuple[Input, ...]
    states: Mapping[str, tuple[tuple[Any, ...], str]]
    outputs: Mapping[str, tuple[Any, ...] | None]

    def run(self, call: Run, windows: Mapping[str, Array]) -> Arrays:
        """One batch of windows from zero states: what the window would answer, (batch, …) by output."""
        rows = len(next(iter(windows.values())))
        states: Arrays = {name: np.zeros((rows, *shape[1:]), dtype) for name, (shape, dtype) in self.states.items()}
        outputs = []
        for t in range(self.steps):
            given = dict(windows)
            for one in self.sequences:
                x = given.pop(one.name)
                given[one.step_name] = x[:, t] if one.has_features else x[:, t : t + 1]
            result = call("step", given | states)
            states = {name: result[name] for name in states}
            outputs.append(result)
        return {
            name: outputs[-1][name] if shape is None else _joined([output[name] for output in outputs], shape)
            for name, shape in self.outputs.items()
        }


def _joined(values: list[Array], shape: tuple[Any, ...]) -> Array:
    return np.stack(values, axis=1).reshape(-1, *shape[1:])  # (batch, steps, …)
