"""Vector-Jacobian products of a cell's step, many at once: reverse-mode differentiation back through time."""

from collections.abc import Callable
from typing import Any

from keras_rnn.core.backend import tf
from keras_rnn.core.types import Cell, Function, Tensor
from keras_rnn.rnn.introspection import advance_by_call

ZERO = "zero"  # where nothing leads from the one to the other


def step_vjp(cell: Cell, sizes: list[int]) -> Function:
    """A function that takes derivatives by a step's states back to the states before it, and to its input.

    It is called with m (rows, batch, states), derivatives of anything by the states after the step, side by side;
    the step's input x (batch, features); the states before, each (batch, size); and, where the anything depends on
    the cell's output too, m_o (rows, batch, outputs). It gives m·∂s_t/∂s_{t−1} (rows, batch, states) and m·∂s_t/∂x_t
    (rows, batch, features), m_o·∂o_t/∂… added. The step is computed once for all rows.
    """

    def carry(m: Tensor, x: Tensor, h: list[Tensor], m_o: Any = None) -> tuple[Tensor, Tensor]:
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch([x, *h])
            output, new = advance_by_call(cell, x, h)
            # tensors of their own, as the output may be a state
            output, new = tf.identity(output), [tf.identity(state) for state in new]

        def back(row: list[Tensor]) -> Tensor:
            parts = tf.split(row[0], sizes, axis=-1)  # (batch, size) each
            targets = new if m_o is None else [*new, output]
            return tape.gradient(targets, [x, *h], [*parts, *row[1:]], unconnected_gradients=ZERO)

        by_x, *by_h = tf.vectorized_map(back, [m] if m_o is None else [m, m_o])
        return tf.concat(by_h, axis=-1), by_x

    return tf.function(carry)


def repeated(layer_run: Any, returned: Tensor, x: Tensor, rows: int, sequences: bool) -> Tensor:
    """A layer's outputs for `rows` copies of its batch, which differ in nothing but what is derived by them.

    Args:
        layer_run: the layer's, run on one copy of the batch.
        returned: what the layer returns for that.
        x: (rows · batch, steps, features), the copies one after the other, of the same values.
        sequences: whether the layer returns all steps.
    """
    batch, carry = int(layer_run.x[0].shape[0]), step_vjp(layer_run.cell, layer_run.sizes)
    dtype, size = layer_run.x[0].dtype, sum(layer_run.sizes)

    def grad(by_returned: Tensor) -> Tensor:
        by_returned = tf.cast(by_returned, dtype)
        shape = (rows, batch, *by_returned.shape[1:])
        by_returned = tf.reshape(by_returned, shape)  # (rows, batch, [steps,] outputs)
        last_only = [None] * (layer_run.steps - 1) + [by_returned]
        by_output = tf.unstack(by_returned, axis=2) if sequences else last_only  # in the layer's own order
        m, by_x = tf.zeros((rows, batch, size), dtype), []
        for t in reversed(range(layer_run.steps)):
            m, by_x_t = carry(m, layer_run.x[t], layer_run.states[t], by_output[t])
            by_x.append(by_x_t)
        by_x = by_x if layer_run.backwards else by_x[::-1]  # in the window's order
        by_x = tf.stack(by_x, axis=2)  # (rows, batch, steps, features)
        return tf.cast(tf.reshape(by_x, x.shape), x.dtype)

    def again(_: Any) -> tuple[Any, Callable[[Tensor], Tensor]]:
        return tf.tile(returned, [rows, *[1] * (len(returned.shape) - 1)]), grad

    return tf.custom_gradient(again)(x)
