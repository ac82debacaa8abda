"""What a recurrent layer costs as steps and units grow, beside a dense layer over the same window."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_rnn.core.backend import keras, tf
from keras_rnn.core.checks import check_choice, check_integer, check_seed, received

CELLS = {"simple_rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
BYTES = 4  # of a float32
CALLS = 5  # timed together


@dataclass(frozen=True)
class CostRow:
    """One size, measured.

    Attributes:
        steps: of the window.
        units: of the recurrent layer, and of the dense one.
        rnn_microseconds: for one prediction, the median of the rounds.
        dense_microseconds: of `Dense` over the flattened window, with a head as the recurrent layer has.
        rnn_parameters, dense_parameters: weights of each model.
        rnn_bytes, dense_bytes: float32 activations of one sample that training has to keep: the recurrent layer's
            states of every step, or the dense layer's outputs, and the prediction. Counted, not measured.
    """

    steps: int
    units: int
    rnn_microseconds: float
    dense_microseconds: float
    rnn_parameters: int
    dense_parameters: int
    rnn_bytes: int
    dense_bytes: int


def cost(
    steps: Sequence[int] = (8, 32, 128, 512),
    units: Sequence[int] = (20, 64, 256),
    features: int = 1,
    cell: str = "simple_rnn",
    batch: int = 1,
    rounds: int = 15,
    seed: int = 0,
) -> tuple[CostRow, ...]:
    """Time and memory of a recurrent layer and of a dense one, for every pair of steps and units.

    A recurrent layer's steps wait for each other, so that its time grows with the window however many processors
    there are; a dense layer takes the window at once, but has weights for every step of it. Both have a head of one
    output and are compiled to a graph; the rounds alternate between them, so that what else the machine does meets
    both alike.

    Args:
        steps: lengths of window.
        units: sizes of layer.
        features: of a step.
        cell: "simple_rnn", "gru" or "lstm".
        batch: samples predicted at once.
        rounds: of which the median counts.
        seed: of the inputs.

    Raises:
        TypeError, ValueError: an argument of the wrong type or out of its range; no steps or units.
    """
    for name, values in (("steps", steps), ("units", units)):
        if isinstance(values, str) or not isinstance(values, Sequence) or not values:
            raise ValueError(f"`{name}` must be a sequence of integers. {received(values)}")
        for value in values:
            check_integer(name, value, 1)
    check_integer("features", features, 1)
    check_integer("batch", batch, 1)
    check_integer("rounds", rounds, 1)
    check_choice("cell", cell, CELLS)
    random = np.random.default_rng(check_seed(seed))
    return tuple(_row(int(n), int(size), features, cell, batch, rounds, random) for size in units for n in steps)


def _row(
    steps: int, units: int, features: int, cell: str, batch: int, rounds: int, random: np.random.Generator
) -> CostRow:
    layers = keras.layers
    rnn = keras.Sequential([keras.Input((steps, features)), CELLS[cell](units), layers.Dense(1)])
    dense = keras.Sequential(
        [keras.Input((steps, features)), layers.Flatten(), layers.Dense(units, "tanh"), layers.Dense(1)]
    )
    x = tf.constant(random.standard_normal((batch, steps, features)), tf.float32)
    predictors = [tf.function(model.call).get_concrete_function(x, training=False) for model in (rnn, dense)]
    for predict in predictors:
        predict(x)  # the first call is slower
    times: list[list[float]] = [[], []]
    for _ in range(rounds):
        for predict, taken in zip(predictors, times, strict=True):
            start = time.perf_counter()
            for _ in range(CALLS):
                predict(x).numpy()
            taken.append((time.perf_counter() - start) / CALLS)
    kept = len(keras.tree.flatten(rnn.layers[0].cell.state_size))
    return CostRow(
        steps,
        units,
        1e6 * float(np.median(times[0])),
        1e6 * float(np.median(times[1])),
        rnn.count_params(),
        dense.count_params(),
        BYTES * (steps * units * kept + 1),
        BYTES * (units + 1),
    )
