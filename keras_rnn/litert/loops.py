"""A recurrent layer's loop over a window of static shape, without the ops that LiteRT has no built-in operators for.

It takes the place of a Keras layer's own `inner_loop` while a model is traced. A short window becomes a chain of ops, a
longer one a `while_loop` with several steps in its body: each of its iterations copies what it carries.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from keras_rnn.core.backend import keras, tf
from keras_rnn.core.types import Cell, Layer, Tensor
from keras_rnn.litert.constants import filler, without_zeros
from keras_rnn.rnn.cell import RNNCell
from keras_rnn.rnn.introspection import advance_by_call

UNROLL_INTEGERS_UP_TO = 256  # steps; full int8 must be a chain: on a WHILE of it the converter crashes
BYTES_PER_OP = 75  # in a file, with its tensors
FILE_BYTES = 3700  # of steps that a loop may have, besides a tenth of its weights': files stay about as small as Keras'
WHILE_BYTES = 3000  # that a chain does without
CACHED_BYTES = 500_000  # LiteRT packs a matrix anew for each op that reads it: more copies leave a core's cache
NO_OPS = {"Const", "Identity", "Placeholder", "ReadVariableOp"}  # TensorFlow's, that a file has not
OPS_PER_STEP = {RNNCell: 3, keras.layers.SimpleRNNCell: 3, keras.layers.LSTMCell: 12, keras.layers.GRUCell: 14}


@dataclass(frozen=True)
class Loop:
    """How a cell runs over a window.

    Attributes:
        advance: one step: its projection (batch, …) and the states, flat → the output and the new states, flat.
        project: what all steps can have done at once, before: (steps · batch, …) → (steps · batch, …).
        finish: what all outputs can have done at once, after: (rows, …) → (rows, …).
        output, dtype: shape of what `advance` gives of a row, where it is known beforehand, and its type.
        ops: LiteRT's in a step, about.
    """

    advance: Callable[[Tensor, list[Tensor]], tuple[Tensor, list[Tensor]]]
    project: Callable[[Tensor], Tensor] = lambda x: x
    finish: Callable[[Tensor], Tensor] = lambda outputs: outputs
    output: tuple[int, ...] | None = None
    dtype: Any = tf.float32
    ops: int = 0


def run_loop(
    layer: Layer,
    sequences: Tensor,
    states: Any,
    mask: Tensor,
    training: bool,
    unroll: bool | None,
    output_before: Tensor = None,
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """What `RNN.inner_loop` gives: the last output, all outputs and the last states.

    Args:
        layer: a `keras.layers.RNN`.
        sequences: (batch, steps, …).
        states: to begin with, nested as the layer's own.
        mask: (batch, steps) of booleans, or None; where it is False the states stay, and the output is the one before
            or zeros, as the layer has it.
        unroll: a chain of ops, or a `while_loop`; None: as the sizes have it.
        output_before: the first step's, where the window goes on from an earlier one; of cells whose output is a state.

    Returns:
        (batch, …); (batch, steps, …), or as Keras has it (batch, 1, …) of a layer that returns its last output alone;
        states nested as they came.
    """
    batch, steps = int(sequences.shape[0]), int(sequences.shape[1])
    rows = partial(_rows, backwards=layer.go_backwards)
    x = rows(sequences)  # (steps · batch, …): a step is a slice, whatever its rank
    masks = None if mask is None else rows(_mask(mask))  # (steps · batch, 1)
    loop = _loop_of(layer.cell, training, states)
    if masks is not None:  # the output that stays is the finished one
        loop = replace(loop, advance=_finished(loop), finish=lambda outputs: outputs)
    p, h = loop.project(x), [tf.convert_to_tensor(state) for state in keras.tree.flatten(states)]
    gives_state = loop.output is not None and type(layer.cell) is not RNNCell  # as its output
    if loop.output is None:
        loop = _measured(loop, p, h)
    begins = tf.get_static_value(h[0]) if gives_state else None
    same = begins is not None and not begins.any() and not layer.zero_output_for_mask  # where a mask holds them, too
    h = [without_zeros(state, p) for state in h]

    def advance(p_t: Tensor, m_t: Tensor, h: list[Tensor], before: Tensor) -> tuple[Tensor, list[Tensor]]:
        output, new = loop.advance(p_t, h)
        if m_t is None:
            return output, new
        new = [_where(m_t, a, b) for a, b in zip(new, h, strict=True)]
        if same:
            return new[0], new
        kept = tf.zeros_like(output) if before is None or layer.zero_output_for_mask else before
        return _where(m_t, output, kept), new

    def chain(p: Tensor, m: Tensor, h: list[Tensor], before: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Steps (steps · batch, …) one after the other → their outputs and the last states."""
        outputs: list[Tensor] = []
        for p_t, m_t in zip(_split(p, batch), _split(m, batch), strict=True):
            before, h = advance(p_t, m_t, h, before)
            outputs.append(before)
        return outputs, h

    in_body = _steps_in_body(layer, loop.ops, steps, unroll)
    whole = masks is None  # whether the loop may begin with the first step
    first = batch * (steps if in_body == steps else steps % in_body if whole else (steps - 1) % in_body + 1)
    before = output_before if gives_state else None
    head, head_mask = (p, masks) if first == steps * batch else (p[:first], None if masks is None else masks[:first])
    outputs, h = chain(head, [None] * (first // batch) if masks is None else head_mask, h, before)
    if first < steps * batch:
        size, rest = in_body * batch, steps * batch - first
        blocks, mask_blocks = _blocks(p[first:], size), None if masks is None else _blocks(masks[first:], size)

        def body(i: Tensor, before: Tensor, *h: Tensor) -> Tensor:
            given, m = (None, [None] * in_body) if masks is None else (before[-batch:], tf.gather(mask_blocks, i))
            inside, new = chain(tf.gather(blocks, i), m, list(h), given)
            # what is written last stands at the end, and pushes the rest on: no op that writes at an index
            earlier = [before[size:]] if rest > size else []
            return (i + 1, tf.concat([*earlier, *inside], axis=0) if layer.return_sequences else inside[-1], *new)

        # any values of the right shape, and none that the file would have to hold; they are pushed out
        width = rest if layer.return_sequences else batch
        some = tf.tile(outputs[-1], [width // batch, *[1] * (len(outputs[-1].shape) - 1)]) if outputs else None
        if some is None:
            some = filler(p, width, loop.output, loop.dtype)
        start = (tf.constant(0), some, *h)
        _, kept, *h = tf.while_loop(lambda i, *_: i < rest // size, body, start, parallel_iterations=1)
        outputs.append(kept)
    outputs = tf.concat(outputs, axis=0) if layer.return_sequences else outputs[-1]  # (rows, …)
    outputs = loop.finish(outputs)
    if layer.return_sequences:
        shape = (steps, batch, *outputs.shape[1:])
        everything = tf.reshape(outputs, shape if batch > 1 else (1, steps, *outputs.shape[1:]))
        if batch > 1:
            everything = tf.transpose(everything, (1, 0, *range(2, len(shape))))
        last = outputs[-batch:]
    else:
        everything, last = outputs[:, None], outputs  # (batch, 1, …), (batch, …)
    return last, everything, keras.tree.pack_sequence_as(states, h)


def _mask(mask: Any) -> Tensor:
    """(batch, steps, 1) of booleans."""
    mask = tf.cast(keras.tree.flatten(mask)[0], tf.bool)
    return mask if len(mask.shape) == 3 else mask[..., None]


def _finished(loop: Loop) -> Callable[[Tensor, list[Tensor]], tuple[Tensor, list[Tensor]]]:
    def advance(p_t: Tensor, h: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        output, new = loop.advance(p_t, h)
        return loop.finish(output), new

    return advance


def _rows(x: Tensor, backwards: bool) -> Tensor:
    """(batch, steps, …) → (steps · batch, …), in the order in which the layer reads."""
    if backwards:
        x = tf.reverse(x, [1])
    batch, steps, *rest = x.shape
    if batch > 1:
        x = tf.transpose(x, (1, 0, *range(2, len(x.shape))))
    return tf.reshape(x, (steps * batch, *rest))


def _split(x: Any, batch: int) -> list[Any]:
    """Rows (steps · batch, …) → (batch, …) of each step; a list stays as it is."""
    if isinstance(x, list):
        return x
    steps = int(x.shape[0]) // batch
    if x.dtype == tf.bool:  # LiteRT splits numbers only
        return [x[t * batch : (t + 1) * batch] for t in range(steps)]
    return list(tf.split(x, steps)) if steps else []


def _blocks(x: Tensor, size: int) -> Tensor:
    """(rows, …) → (rows / size, size, …)."""
    return tf.reshape(x, (-1, size, *x.shape[1:]))


def _where(m_t: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """By sample: (batch, 1) of booleans over (batch, …)."""
    rank = len(new.shape)
    return tf.where(m_t if rank == 2 else tf.reshape(m_t, (-1, *[1] * (rank - 1))), new, old)


def _measured(loop: Loop, p: Tensor, h: list[Tensor]) -> Loop:
    """The loop of a cell that is not known, with what one step of it shows."""
    batch = int(h[0].shape[0])
    specs = [tf.TensorSpec((batch, *p.shape[1:]), p.dtype), *(tf.TensorSpec(one.shape, one.dtype) for one in h)]
    step = tf.function(lambda p_t, *h: loop.advance(p_t, list(h))).get_concrete_function(*specs)
    ops = sum(op.type not in NO_OPS for op in step.graph.get_operations())
    output = step.structured_outputs[0]
    return replace(loop, output=tuple(output.shape[1:]), dtype=output.dtype, ops=max(1, ops))


def _steps_in_body(layer: Layer, ops: int, steps: int, unroll: bool | None) -> int:
    """How many steps a WHILE's body is to have; all of them for a chain.

    A chain, where the file stays about as small as Keras' own and the cache holds all its matrices; else the fewest
    iterations of a body of a few steps. A window that does not divide has its first steps before the loop, in the
    file once more.
    """
    if unroll:
        return steps
    cell = layer.cell
    known = type(cell) in OPS_PER_STEP
    sizes = [4 * math.prod(w.shape) for w in cell.variables] if isinstance(cell, keras.layers.Layer) else []
    ops = OPS_PER_STEP.get(type(cell), ops)
    room, cached = (FILE_BYTES + sum(sizes) / 10) / (BYTES_PER_OP * ops), CACHED_BYTES / max([1, *sizes])
    if unroll is None and steps <= min(room + WHILE_BYTES / (BYTES_PER_OP * ops), cached):
        return steps
    most = max(1, min(8 if ops < 6 else 4 if known else 2, int(cached)))
    counts = [k for k in range(1, min(most, steps - 1) + 1) if k + steps % k <= max(room, 1)]
    return min(counts or [1], key=lambda k: steps // k)


def _loop_of(cell: Cell, training: bool, states: Any) -> Loop:
    # by the exact type: a subclass may compute anything
    if type(cell) in _KNOWN and not training:
        return _KNOWN[type(cell)](cell)
    return Loop(partial(advance_by_call, cell, like=states, training=training))


def _dense(x: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    y = tf.matmul(x, kernel)
    return y if bias is None else y + bias


def _rnn_cell(cell: RNNCell) -> Loop:
    def finish(h: Tensor) -> Any:  # (rows, units)
        return h if cell.i2o_kernel is None else _dense(h, cell.i2o_kernel, cell.i2o_bias)

    kernel, recurrent = cell.i2h_kernel[: -cell.units], cell.i2h_kernel[-cell.units :]
    return replace(_plain(cell, kernel, recurrent, cell.i2h_bias), finish=finish)


def _plain(cell: Cell, kernel: Tensor, recurrent: Tensor, bias: Tensor) -> Loop:
    recurrent = tf.convert_to_tensor(recurrent)  # read once, before the loop; so in the next two

    def advance(p_t: Tensor, h: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        new = cell.activation(tf.matmul(h[0], recurrent) + p_t)
        return new, [new]

    return Loop(advance, lambda x: _dense(x, kernel, bias), output=(cell.units,))


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
        p_z, p_r, p_h = tf.split(p_t, 3, axis=1)  # (batch, units) each
        u_z, u_r, *u_h = tf.split(_dense(h, gates, inner_bias), 3 if cell.reset_after else 2, axis=1)
        z, r = cell.recurrent_activation(p_z + u_z), cell.recurrent_activation(p_r + u_r)
        candidate = cell.activation(p_h + (r * u_h[0] if u_h else tf.matmul(r * h, rest)))
        new = candidate + z * (h - candidate)
        return new, [new]

    return Loop(advance, lambda x: _dense(x, cell.kernel, bias), output=(cell.units,))


def _lstm(cell: Cell) -> Loop:
    """Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000; gates in Keras' order i, f, c, o."""
    recurrent = tf.convert_to_tensor(cell.recurrent_kernel)

    def advance(p_t: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        h, c = states
        i, f, candidate, o = tf.split(p_t + tf.matmul(h, recurrent), 4, axis=1)  # (batch, units) each
        gate = cell.recurrent_activation
        c = gate(f) * c + gate(i) * cell.activation(candidate)
        h = gate(o) * cell.activation(c)
        return h, [h, c]

    return Loop(advance, lambda x: _dense(x, cell.kernel, cell.bias), output=(cell.units,))


_KNOWN: dict[type, Callable[[Cell], Loop]] = {
    RNNCell: _rnn_cell,
    keras.layers.SimpleRNNCell: lambda cell: _plain(cell, cell.kernel, cell.recurrent_kernel, cell.bias),
    keras.layers.GRUCell: _gru,
    keras.layers.LSTMCell: _lstm,
}
