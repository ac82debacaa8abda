"""The recurrent layer with either cell and its head, and the optimizer that a ReLU one needs."""

import numbers
from typing import Any

import numpy as np

from keras_rnn.core.backend import keras
from keras_rnn.core.types import Layer
from keras_rnn.rnn.cell import RNNCell
from keras_rnn.rnn.initializers import ScaledIdentity
from keras_rnn.rnn.recurrence import use_fast_loop

_KERAS_LAYERS = {"simple_rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
UNROLL_UP_TO = 16  # steps; a short loop is quicker unrolled, a long one costs more to trace than it saves


def recurrent_layers(
    cell: str,
    units: int,
    outputs: int,
    steps: int,
    return_sequences: bool,
    seed: int | None,
    use_bias: bool = True,
    zero_head: bool = False,
    activation: str = "tanh",
    layers: int = 1,
    dropout: float = 0.0,
) -> list[Layer]:
    """The layers that take (batch, steps, features) to (batch, outputs), or (batch, steps, outputs).

    Args:
        cell: `"rnn_cell"` for `RNN(RNNCell)`, whose own `i2o` is the head where nothing comes between them;
            `"simple_rnn"`, `"gru"` and `"lstm"` for Keras' layers + `Dense`.
        seed: of the initial weights and the dropout; the same seed starts both plain cells alike.
        use_bias: of the cell and the head.
        zero_head: the head starts at zeros, so that the first answer is 0 whatever goes in.
        activation: of a plain cell's state: `"tanh"`, with an orthogonal recurrent matrix; or `"relu"`, with 0.99 times
            the identity, which can be trained to remember over hundreds of steps (Le, Jaitly and Hinton 2015) if
            gradients are clipped.
        layers: recurrent ones, each of so many units.
        dropout: the share of each recurrent layer's outputs that a training step leaves out.
    """
    count = 3 * (layers + 1)
    seeds = iter(
        [None] * count if seed is None else [int(s) >> 1 for s in np.random.SeedSequence(seed).generate_state(count)]
    )
    kernel, recurrent, output = next(seeds), next(seeds), next(seeds)
    starts = [(kernel, recurrent), *((next(seeds), next(seeds)) for _ in range(1, layers))]
    head = keras.initializers.Zeros() if zero_head else keras.initializers.GlorotUniform(output)
    result: list[Layer] = []
    for i, (kernel, recurrent) in enumerate(starts):
        last = i == layers - 1
        initializers = {
            "kernel_initializer": keras.initializers.GlorotUniform(kernel),
            "recurrent_initializer": ScaledIdentity()
            if activation == "relu"
            else keras.initializers.Orthogonal(seed=recurrent),
            "activation": activation,
            "use_bias": use_bias,
        }
        loop = {
            "return_sequences": return_sequences or not last,
            "unroll": steps <= UNROLL_UP_TO,
            "name": f"rnn_{i}" if i else "rnn",
        }
        if cell == "rnn_cell":
            ends = outputs if last and not dropout else None
            of_head = {"output_initializer": head} if ends else {}
            result.append(use_fast_loop(keras.layers.RNN(RNNCell(units, ends, **of_head, **initializers), **loop)))
        else:
            result.append(use_fast_loop(_KERAS_LAYERS[cell](units, **initializers, **loop)))
        if dropout:
            result.append(keras.layers.Dropout(dropout, seed=next(seeds)))
    if cell != "rnn_cell" or dropout:
        result.append(keras.layers.Dense(outputs, use_bias=use_bias, kernel_initializer=head, name="head"))
    return result


def long_memory_optimizer(learning_rate: Any = 0.001) -> Any:
    """Adam for ReLU around `ScaledIdentity`: gradients clipped to a global norm of 1, and a large ε.

    Adam moves every weight by about its rate however small the gradient is, all of them together far enough for a
    recurrent matrix to explode over hundreds of steps; ε = 0.001 makes small gradients small steps.

    Args:
        learning_rate: at most 0.001 is used of a number; a schedule is taken as it is.
    """
    rate = min(learning_rate, 0.001) if isinstance(learning_rate, numbers.Real) else learning_rate
    return keras.optimizers.Adam(rate, epsilon=1e-3, global_clipnorm=1.0)
