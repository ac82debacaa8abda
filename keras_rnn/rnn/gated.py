"""The GRU's recurrence as training needs it quick, as `recurrence` has the plain one.

Of the gradient only what depends on the state stays in the loop; the weights' own is one product of matrices after it.
"""

from collections.abc import Callable
from typing import Any

from keras_rnn.core.backend import keras
from keras_rnn.core.types import Tensor
from keras_rnn.rnn.recurrence import scan

ops = keras.ops


def gru_states(p: Tensor, recurrent_kernel: Tensor, recurrent_bias: Tensor, h_0: Tensor) -> Tensor:
    """All states of Keras' GRU with `reset_after` (Cho et al. 2014, as cuDNN computes it), from a first one.

    Args:
        p: the inputs' projections with their bias, (steps, batch, 3 · units): update gate, reset gate, candidate.
        recurrent_kernel: (units, 3 · units).
        recurrent_bias: (3 · units,).
        h_0: (batch, units).

    Returns:
        (steps, batch, units).
    """
    units = recurrent_kernel.shape[0]

    def states(
        p: Tensor, recurrent_kernel: Tensor, recurrent_bias: Tensor, h_0: Tensor
    ) -> tuple[Tensor, Callable[[Tensor], Any]]:
        def step(h: Tensor, p_t: Tensor) -> tuple[Tensor, Tensor]:
            of_state = ops.matmul(h, recurrent_kernel) + recurrent_bias  # (batch, 3 · units)
            gates = ops.sigmoid(p_t[:, : 2 * units] + of_state[:, : 2 * units])
            z, r, of_state = gates[:, :units], gates[:, units:], of_state[:, 2 * units :]
            new = ops.tanh(p_t[:, 2 * units :] + r * of_state)
            h = new + z * (h - new)
            return h, ops.concatenate([h, gates, new, of_state], axis=1)

        kept = scan(step, h_0, [p], width=5 * units)[1]  # (steps, batch, 5 · units)
        h = kept[..., :units]

        def gradient(dh: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
            before = ops.concatenate([h_0[None], h[:-1]], axis=0)
            z, r, new, of_state = (kept[..., i * units : (i + 1) * units] for i in range(1, 5))
            # what the state's gradient is multiplied by on its way to each sum, for all steps at once
            to_new = (1 - z) * (1 - new * new)
            to_all = ops.concatenate(
                [(before - new) * z * (1 - z), to_new * of_state * r * (1 - r), to_new * r], axis=-1
            )  # (steps, batch, 3 · units)
            transposed = ops.transpose(recurrent_kernel)

            def back(d: Tensor, dh_t: Tensor, z_t: Tensor, to_all_t: Tensor) -> tuple[Tensor, Tensor]:
                d = d + dh_t
                ds = ops.concatenate([d, d, d], axis=1) * to_all_t  # of h·U + b
                return d * z_t + ops.matmul(ds, transposed), ops.concatenate([ds, d], axis=1)

            dh_0, found = scan(back, ops.zeros_like(h_0), [dh, z, to_all], reverse=True, width=4 * units)
            ds, d = found[..., : 3 * units], found[..., 3 * units :]
            dp = ops.concatenate([ds[..., : 2 * units], d * to_new], axis=-1)
            rows = ops.reshape(ds, (-1, 3 * units))
            du = ops.matmul(ops.transpose(ops.reshape(before, (-1, units))), rows)
            return dp, du, ops.sum(rows, axis=0), dh_0

        return h, gradient

    return ops.custom_gradient(states)(p, recurrent_kernel, recurrent_bias, h_0)
