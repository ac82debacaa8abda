"""The recurrent layer with either cell and its head, and the optimizer that a ReLU one needs."""

import numbers
from typing import Any

import numpy as np

from keras_rnn.core.backend import keras
from keras_rnn.core.types import Layer
from keras_rnn.rnn.cell import RNNCell
from keras_rnn.rnn.initializers import ScaledIdentity
from keras_rnn.rnn.recurrence import use_fast_loop

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
) -> list[Layer]:
    """The layers that take (batch, steps, features) to (batch, outputs), or (batch, steps, outputs).

    Args:
        cell: `"rnn_cell"` for `RNN(RNNCell)`, whose own `i2o` is the head; `"simple_rnn"` for `SimpleRNN` + `Dense`.
        seed: of the initial weights; the same seed starts both cells alike.
        use_bias: of the cell and the head.
        zero_head: the head starts at zeros, so that the first answer is 0 whatever goes in.
        activation: `"tanh"`, with an orthogonal recurrent matrix; or `"relu"`, with 0.99 times the identity, which can
            be trained to remember over hundreds of steps (Le, Jaitly and Hinton 2015) if gradients are clipped.
    """
    kernel, recurrent, output = (
        [None] * 3 if seed is None else [int(s) >> 1 for s in np.random.SeedSequence(seed).generate_state(3)]
    )
    initializers = {
        "kernel_initializer": keras.initializers.GlorotUniform(kernel),
        "recurrent_initializer": ScaledIdentity()
        if activation == "relu"
        else keras.initializers.Orthogonal(seed=recurrent),
        "activation": activation,
    }
    head = keras.initializers.Zeros() if zero_head else keras.initializers.GlorotUniform(output)
    loop = {"return_sequences": return_sequences, "unroll": steps <= UNROLL_UP_TO, "name": "rnn"}
    if cell == "rnn_cell":
        by_hand = RNNCell(units, outputs, use_bias=use_bias, output_initializer=head, **initializers)
        return [use_fast_loop(keras.layers.RNN(by_hand, **loop))]
    return [
        use_fast_loop(keras.layers.SimpleRNN(units, use_bias=use_bias, **initializers, **loop)),
        keras.layers.Dense(outputs, use_bias=use_bias, kernel_initializer=head, name="head"),
    ]


def long_memory_optimizer(learning_rate: Any = 0.001) -> Any:
    """Adam for ReLU around `ScaledIdentity`: gradients clipped to a global norm of 1, and a large ε.

    Adam moves every weight by about its rate however small the gradient is, all of them together far enough for a
    recurrent matrix to explode over hundreds of steps; ε = 0.001 makes small gradients small steps.

    Args:
        learning_rate: at most 0.001 is used of a number; a schedule is taken as it is.
    """
    rate = min(learning_rate, 0.001) if isinstance(learning_rate, numbers.Real) else learning_rate
    return keras.optimizers.Adam(rate, epsilon=1e-3, global_clipnorm=1.0)
