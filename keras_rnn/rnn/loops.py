"""A recurrent layer over a window of static shape: a loop, unrolled or a `while_loop`, around one step of its cell.

Known cells have the input projection of all steps done in one matmul; any other is called as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from keras_rnn.core.backend import keras, tf
from keras_rnn.core.types import Cell, Layer, Tensor
from keras_rnn.rnn.cell import RNNCell
from keras_rnn.rnn.chain import Refused, for_inference


def advance_by_call(cell: Cell, x: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """One step of any cell: (1, features) and its states, flat → its output and the new states, flat."""
    sizes = cell.state_size
    nested = keras.tree.pack_sequence_as(sizes, states) if isinstance(sizes, list | tuple) else states
    output, new = cell(x, nested, **for_inference(cell))
    return output, [tf.convert_to_tensor(state) for state in keras.tree.flatten(new)]


def run(layer: Layer, x: Tensor, unroll: bool) -> Tensor:
    """A recurrent layer over a window: (1, steps, features) → (1, steps, outputs) or (1, outputs)."""
    if isinstance(layer, keras.layers.Bidirectional):
        forwards = run(layer.forward_layer, x, unroll)
        backwards = run(layer.backward_layer, x, unroll)
        if layer.return_sequences:
            backwards = tf.reverse(backwards, [1])
        return merge(layer, forwards, backwards)
    if layer.go_backwards:
        x = tf.reverse(x, [1])
    steps, cell, sequences = int(x.shape[1]), layer.cell, layer.return_sequences
    # by the exact type: a subclass may compute anything
    loop = _KNOWN[type(cell)](cell) if type(cell) in _KNOWN else Loop(advance=partial(advance_by_call, cell))
    p = loop.project(tf.reshape(x, x.shape[1:]))  # (steps, …); `x[0]` would be a copy
    h = [tf.zeros((1, int(size))) for size in keras.tree.flatten(cell.state_size)]
    if unroll:
        outputs = []
        for p_t in tf.split(p, steps):  # (1, …) each
            output, h = loop.advance(p_t, h)
            outputs.append(output)
        return loop.finish(tf.stack(outputs, axis=1) if sequences else outputs[-1])

    def body(t: Tensor, before: Tensor, *h: Tensor) -> Tensor:
        output, new = loop.advance(tf.slice(p, [t, 0], [1, int(p.shape[1])]), list(h))
        return (t + 1, tf.tensor_scatter_nd_update(before, [[t]], output) if sequences else output, *new)

    output, h = loop.advance(p[:1], h)  # (1, outputs)
    if sequences:
        output = tf.concat([output, tf.zeros((steps - 1, int(output.shape[1])))], axis=0)  # (steps, outputs)
    output = tf.while_loop(lambda t, *_: t < steps, body, (tf.constant(1), output, *h))[1]
    return loop.finish(output[None] if sequences else output)


def merge(layer: Layer, forwards: Tensor, backwards: Tensor) -> Tensor:
    """What a `Bidirectional` makes of its two directions' outputs."""
    if layer.merge_mode not in _MERGES:
        raise Refused(layer, "it gives both directions apart")
    return _MERGES[layer.merge_mode](forwards, backwards)


_MERGES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "concat": lambda a, b: tf.concat([a, b], axis=-1),
    "sum": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "ave": lambda a, b: (a + b) / 2,
}


@dataclass(frozen=True)
class Loop:
    """How a cell runs over a window.

    Attributes:
        advance: one step: its projection (1, …) and the states → the output and the new states.
        project: what all steps can have done at once, before: (steps, features) → (steps, …).
        finish: what all outputs can have done at once, after.
    """

    advance: Callable[[Tensor, list[Tensor]], tuple[Tensor, list[Tensor]]]
    project: Callable[[Tensor], Tensor] = lambda x: x
    finish: Callable[[Tensor], Tensor] = lambda outputs: outputs


def _dense(x: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    y = tf.matmul(x, kernel)
    return y if bias is None else y + bias


def _rnn_cell(cell: RNNCell) -> Loop:
    def finish(h: Tensor) -> Any:  # (1, units) or (1, steps, units)
        if cell.i2o_kernel is None:
            return h
        o = _dense(tf.reshape(h, (-1, cell.units)), cell.i2o_kernel, cell.i2o_bias)
        return o if len(h.shape) == 2 else o[None]

    kernel, recurrent = cell.i2h_kernel[: -cell.units], cell.i2h_kernel[-cell.units :]
    return replace(_plain(cell, kernel, recurrent, cell.i2h_bias), finish=finish)


def _plain(cell: Cell, kernel: Tensor, recurrent: Tensor, bias: Tensor) -> Loop:
    recurrent = tf.convert_to_tensor(recurrent)  # read once, before the loop; so in the next two

    def advance(p_t: Tensor, h: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        new = cell.activation(tf.matmul(h[0], recurrent) + p_t)
        return new, [new]

    return Loop(advance, lambda x: _dense(x, kernel, bias))


def _gru(cell: Cell) -> Loop:
    """Cho et al. 2014 (`reset_after=False`); with the reset after the product, as cuDNN and PyTorch have it."""
    recurrent = tf.convert_to_tensor(cell.recurrent_kernel)
    bias, inner_bias = cell.bias, None  # (3 units,), or (2, 3 units) where the product has its own
    if bias is not None and cell.reset_after:
        bias, inner_bias = bias[0], bias[1]
    gates = recurrent if cell.reset_after else recurrent[:, : 2 * cell.units]
    rest = recurrent[:, 2 * cell.units :]

    def advance(p_t: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        (h,) = states
        p_z, p_r, p_h = tf.split(p_t, 3, axis=1)  # (1, units) each
        u_z, u_r, *u_h = tf.split(_dense(h, gates, inner_bias), 3 if cell.reset_after else 2, axis=1)
        z, r = cell.recurrent_activation(p_z + u_z), cell.recurrent_activation(p_r + u_r)
        candidate = cell.activation(p_h + (r * u_h[0] if u_h else tf.matmul(r * h, rest)))
        new = candidate + z * (h - candidate)
        return new, [new]

    return Loop(advance, lambda x: _dense(x, cell.kernel, bias))


def _lstm(cell: Cell) -> Loop:
    """Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000; gates in Keras' order i, f, c, o."""
    recurrent = tf.convert_to_tensor(cell.recurrent_kernel)

    def advance(p_t: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        h, c = states
        i, f, candidate, o = tf.split(p_t + tf.matmul(h, recurrent), 4, axis=1)  # (1, units) each
        gate = cell.recurrent_activation
        c = gate(f) * c + gate(i) * cell.activation(candidate)
        h = gate(o) * cell.activation(c)
        return h, [h, c]

    return Loop(advance, lambda x: _dense(x, cell.kernel, cell.bias))


_KNOWN: dict[type, Callable[[Cell], Loop]] = {
    RNNCell: _rnn_cell,
    keras.layers.SimpleRNNCell: lambda cell: _plain(cell, cell.kernel, cell.recurrent_kernel, cell.bias),
    keras.layers.GRUCell: _gru,
    keras.layers.LSTMCell: _lstm,
}
