"""A recurrent layer over a window of static shape: a loop, unrolled or a `while_loop`, around one step of its cell.

Known cells have the input projection of all steps done in one matmul; any other is called as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
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
    steps, cell = int(x.shape[1]), layer.cell
    loop = _loop_of(cell)
    advance, finish = loop.advance, loop.finish
    p = loop.project(tf.reshape(x, x.shape[1:]))  # (steps, …); `x[0]` would be a copy
    h = [tf.zeros((1, int(size))) for size in keras.tree.flatten(cell.state_size)]
    if unroll:
        outputs = []
        for p_t in tf.split(p, steps):  # (1, …) each
            output, h = advance(p_t, h)
            outputs.append(output)
        return finish(tf.stack(outputs, axis=1) if layer.return_sequences else outputs[-1])

    def row(t: Tensor) -> Tensor:
        return tf.slice(p, [t, 0], [1, int(p.shape[1])])

    first, h = advance(p[:1], h)  # (1, outputs)
    if not layer.return_sequences:

        def body(t: Tensor, output: Tensor, *h: Tensor) -> Tensor:
            output, new = advance(row(t), list(h))
            return (t + 1, output, *new)

        return finish(tf.while_loop(lambda t, *_: t < steps, body, (tf.constant(1), first, *h))[1])

    def body_all(t: Tensor, outputs: Tensor, *h: Tensor) -> Tensor:
        output, new = advance(row(t), list(h))
        return (t + 1, tf.tensor_scatter_nd_update(outputs, [[t]], output), *new)

    outputs = tf.concat([first, tf.zeros((steps - 1, int(first.shape[1])))], axis=0)  # (steps, outputs)
    outputs = tf.while_loop(lambda t, *_: t < steps, body_all, (tf.constant(1), outputs, *h))[1]
    return finish(outputs[None])


def merge(layer: Layer, forwards: Tensor, backwards: Tensor) -> Tensor:
    """What a `Bidirectional` makes of its two directions' outputs."""
    if layer.merge_mode == "concat":
        return tf.concat([forwards, backwards], axis=-1)
    merged = {"sum": lambda: forwards + backwards, "mul": lambda: forwards * backwards,
              "ave": lambda: (forwards + backwards) / 2}  # fmt: skip
    if layer.merge_mode not in merged:
        raise Refused(layer, "it gives both directions apart")
    return merged[layer.merge_mode]()


@dataclass(frozen=True)
class Loop:
    """How a cell runs over a window.

    Attributes:
        project: what all steps can have done at once, before: (steps, features) → (steps, …).
        advance: one step: its projection (1, …) and the states → the output and the new states.
        finish: what all outputs can have done at once, after.
    """

    project: Callable[[Tensor], Tensor]
    advance: Callable[[Tensor, list[Tensor]], tuple[Tensor, list[Tensor]]]
    finish: Callable[[Tensor], Tensor] = lambda outputs: outputs


def _loop_of(cell: Cell) -> Loop:
    # by the exact type: a subclass may compute anything
    known = {
        RNNCell: _rnn_cell,
        keras.layers.SimpleRNNCell: _simple_rnn,
        keras.layers.GRUCell: _gru,
        keras.layers.LSTMCell: _lstm,
    }
    if type(cell) in known:
        return known[type(cell)](cell)
    return Loop(lambda x: x, lambda x_t, h: advance_by_call(cell, x_t, h))


def _projection(kernel: Tensor, bias: Tensor) -> Callable[[Tensor], Tensor]:
    def project(x: Tensor) -> Tensor:
        p = tf.matmul(x, kernel)  # (steps, units · gates)
        return p if bias is None else p + bias

    return project


def _plain(recurrent: Tensor, activation: Any) -> Callable[[Tensor, list[Tensor]], tuple[Tensor, list[Tensor]]]:
    def advance(p_t: Tensor, h: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        new = tf.matmul(h[0], recurrent) + p_t
        new = new if activation is None else activation(new)
        return new, [new]

    return advance


def _simple_rnn(cell: Cell) -> Loop:
    kernel, recurrent, bias = (_value(v) for v in (cell.kernel, cell.recurrent_kernel, cell.bias))
    return Loop(_projection(kernel, bias), _plain(recurrent, cell.activation))


def _rnn_cell(cell: RNNCell) -> Loop:
    i2h = _value(cell.i2h_kernel)
    kernel, recurrent = i2h[: -cell.units], i2h[-cell.units :]
    return Loop(_projection(kernel, _value(cell.i2h_bias)), _plain(recurrent, cell.activation), _i2o(cell))


def _i2o(cell: RNNCell) -> Callable[[Tensor], Tensor]:
    kernel, bias = _value(cell.i2o_kernel), _value(cell.i2o_bias)

    def finish(h: Tensor) -> Any:  # (1, units) or (1, steps, units)
        if kernel is None:
            return h
        rows = tf.reshape(h, (-1, cell.units))
        o = tf.matmul(rows, kernel)
        o = o if bias is None else o + bias
        return o if len(h.shape) == 2 else o[None]

    return finish


def _gru(cell: Cell) -> Loop:
    """Cho et al. 2014 (`reset_after=False`); with the reset after the product, as cuDNN and PyTorch have it."""
    kernel, recurrent = _value(cell.kernel), _value(cell.recurrent_kernel)
    bias, inner_bias = _value(cell.bias), None  # (3 units,), or (2, 3 units) where the product has its own
    if bias is not None and cell.reset_after:
        bias, inner_bias = bias[0], bias[1]
    gates = recurrent if cell.reset_after else recurrent[:, : 2 * cell.units]
    rest = recurrent[:, 2 * cell.units :]

    def advance(p_t: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        (h,) = states
        p_z, p_r, p_h = tf.split(p_t, 3, axis=1)  # (1, units) each
        inner = tf.matmul(h, gates)
        inner = inner if inner_bias is None else inner + inner_bias
        u_z, u_r, *u_h = tf.split(inner, 3 if cell.reset_after else 2, axis=1)
        z, r = cell.recurrent_activation(p_z + u_z), cell.recurrent_activation(p_r + u_r)
        candidate = cell.activation(p_h + (r * u_h[0] if u_h else tf.matmul(r * h, rest)))
        new = candidate + z * (h - candidate)
        return new, [new]

    return Loop(_projection(kernel, bias), advance)


def _lstm(cell: Cell) -> Loop:
    """Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000; gates in Keras' order i, f, c, o."""
    kernel, recurrent, bias = (_value(v) for v in (cell.kernel, cell.recurrent_kernel, cell.bias))

    def advance(p_t: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        h, c = states
        i, f, candidate, o = tf.split(p_t + tf.matmul(h, recurrent), 4, axis=1)  # (1, units) each
        gate = cell.recurrent_activation
        c = gate(f) * c + gate(i) * cell.activation(candidate)
        h = gate(o) * cell.activation(c)
        return h, [h, c]

    return Loop(_projection(kernel, bias), advance)


def _value(variable: Tensor) -> Tensor:
    return None if variable is None else tf.convert_to_tensor(variable)
