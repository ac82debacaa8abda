"""Numbers that a file need not hold: operators make them when it is run."""

from typing import Any

from keras_rnn.core.backend import tf
from keras_rnn.core.types import Tensor

LARGE = 2000  # bytes of zeros that a file is spared


def without_zeros(state: Tensor, p: Tensor) -> Tensor:
    """A large state of zeros as an op that makes it, not as numbers in the file."""
    value = tf.get_static_value(state)
    if value is None or value.any() or value.nbytes < LARGE:
        return state
    some = tf.reshape(p, (-1,))[0]
    return tf.fill(state.shape, tf.cast(some < some, state.dtype))  # 0, which no converter knows beforehand


def filler(p: Tensor, rows: int, shape: Any, dtype: Any) -> Tensor:
    """Any values (rows, *shape), of one op where there are such."""
    if len(shape) == 1 and len(p.shape) == 2 and shape[0] <= p.shape[1] and p.dtype == dtype:
        return p[:rows, : shape[0]]
    return tf.fill((rows, *shape), tf.cast(tf.reshape(p, (-1,))[0], dtype))
