"""Greedy generation in a LiteRT graph, with every window under way at once.

Each new character is answered from a window that starts at a zero state, so a window of n characters costs n steps
that wait for each other. But n windows overlap: here they advance together, one row each, so that a new character
costs one product of (n − 1, units) by (units, units) instead of n products of a row. The answers are the same.
"""

from collections.abc import Callable

from keras_rnn.core.backend import tf
from keras_rnn.core.types import Tensor


def generate(
    ids: Tensor,
    ahead: int,
    project: Callable[[Tensor], Tensor],
    start: Callable[[Tensor], Tensor],
    recurrent_kernel: Tensor,
    likeliest: Callable[[Tensor], Tensor],
    activate: Callable[[Tensor], Tensor],
    unroll: bool,
) -> Tensor:
    """A window's ids (1, window) → the ids that follow, the most likely each time, (1, ahead).

    Args:
        project: ids (1,) → x·kernel + bias (1, units).
        start: ids (1,) → what a window that begins with it carries on, activate(project)·recurrent_kernel.
        recurrent_kernel: (units, units).
        likeliest: a state (1, units) → the id that follows (1,).
        activate: of the state.
        unroll: the loop as a chain of ops, or as one `WHILE`.
    """
    window = int(ids.shape[1])

    def push(carried: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """All windows read a character; row k of `carried` is of the one that has read k + 1 before it.

        Returns the state of the one that is full now, (1, units), and what the others carry on, with a new one.
        """
        h = activate(project(x) if carried is None else carried + project(x))  # (windows, units)
        going_on = h[: window - 2]
        rows = [start(x)] if window > 1 else []
        rows += [tf.matmul(going_on, recurrent_kernel)] if int(going_on.shape[0]) else []
        return h[-1:], tf.concat(rows, axis=0) if rows else None

    if unroll:
        carried = start(ids[:, 0]) if window > 1 else None  # grows by a row with each character
        for t in range(1, window - 1):
            _, carried = push(carried, ids[:, t])
        x, following = ids[:, -1], []
        for _ in range(ahead):
            h, carried = push(carried, x)
            x = likeliest(h)
            following.append(x)
        return tf.stack(following, axis=1)

    def warm(t: Tensor, carried: Tensor) -> tuple[Tensor, Tensor]:
        return t + 1, push(carried, tf.slice(ids[0], t[None], [1]))[1]

    def write(i: Tensor, carried: Tensor, x: Tensor, row: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        h, carried = push(carried, x)
        x = likeliest(h)
        return i + 1, carried, x, tf.concat([row[:, 1:], x[:, None]], axis=1)

    # rows of windows that have not begun hold nothing of use; they are gone before anything reads them
    carried = tf.zeros((window - 1, int(recurrent_kernel.shape[0])))
    _, carried = tf.while_loop(lambda t, _: t < window - 1, warm, (tf.constant(0), carried))
    row = tf.zeros((1, ahead), tf.int32)
    return tf.while_loop(lambda i, *_: i < ahead, write, (tf.constant(0), carried, ids[:, -1], row))[3]
