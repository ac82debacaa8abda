"""The plain recurrence h' = f(p + h·U) as training needs it quick, in place of the loop of Keras' own layers.

What does not depend on the state stands outside of the loop: the inputs' projection p = x·W + b before it, for ids a
gather of W's rows, and the head after it. The gradient is written by hand: its loop computes only
dz = f'(h)·(dh + what came from above) and dh = dz·Uᵀ, and the sum of all steps' hᵀ·dz, the gradient of U, is one
product of matrices after it. Weights, config and file of the layers stay Keras' own.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from keras_rnn.core.backend import keras
from keras_rnn.core.types import Activation, Cell, Layer, Tensor
from keras_rnn.rnn.cell import RNNCell

ops = keras.ops

UNROLL = 8  # steps to a round of the loop: a round costs time, whatever is in it
ON_TENSORFLOW = keras.backend.backend() == "tensorflow"

Step = Callable[..., tuple[Tensor, Tensor]]  # a state and what goes in → the new state and what comes out

_one_hot_of: ContextVar[tuple[Layer, Tensor] | None] = ContextVar("one_hot_of", default=None)  # each thread its own


def use_fast_loop(layer: Layer) -> Layer:
    """Have a `SimpleRNN` or an `RNN(RNNCell)` run this module's loop wherever it covers the call, else Keras' own.

    The loop is an attribute of this one instance: copies made from its config have Keras' own again.

    Returns:
        The layer.
    """
    if type(layer) in (keras.layers.SimpleRNN, keras.layers.RNN) and not layer.unroll:
        layer.inner_loop = partial(inner_loop, layer)
    return layer


@contextmanager
def one_hot_of(layer: Layer, ids: Tensor) -> Iterator[None]:
    """While it lasts, the sequences given to the layer are known to be the one-hot of these ids (batch, steps)."""
    token = _one_hot_of.set((layer, ids))
    try:
        yield
    finally:
        _one_hot_of.reset(token)


def inner_loop(
    layer: Layer, sequences: Tensor, initial_state: Any, mask: Tensor | None, training: bool = False
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """What `keras.layers.RNN.inner_loop` computes.

    Args:
        sequences: (batch, steps, features).
        initial_state: `[h]`, h of shape (batch, units).
        mask: (batch, steps), False where a step leaves state and output as they are; or None.

    Returns:
        The last output (batch, outputs), the outputs (batch, steps or 1, outputs) and the last state `[h]`.
    """
    cell = layer.cell
    if not _covers(layer, sequences, mask, training):
        return type(layer).inner_loop(layer, sequences, initial_state, mask, training)  # type: ignore[no-any-return]
    kernel, recurrent_kernel, bias = _weights(cell)
    known = _one_hot_of.get()
    if known is not None and known[0] is layer:
        p = _rows(kernel, bias, ops.transpose(ops.cast(known[1], "int32")))  # (steps, batch, units)
    else:
        x = ops.transpose(ops.cast(sequences, cell.compute_dtype), (1, 0, 2))  # (steps, batch, features)
        p = ops.matmul(ops.reshape(x, (-1, x.shape[-1])), kernel)  # (steps · batch, units)
        p = p if bias is None else ops.add(p, bias)
        p = ops.reshape(p, (ops.shape(x)[0], -1, cell.units))  # (steps, batch, units)
    steps_mask = None
    if mask is not None:
        steps_mask = ops.transpose(ops.cast(mask, "bool"))[..., None]  # (steps, batch, 1)
    if layer.go_backwards:
        p, steps_mask = ops.flip(p, axis=0), None if steps_mask is None else ops.flip(steps_mask, axis=0)
    (h_0,) = keras.tree.flatten(initial_state)
    states = recur(p, recurrent_kernel, h_0, steps_mask, cell.activation)  # (steps, batch, units)
    outputs = states if layer.return_sequences else states[-1:]
    if getattr(cell, "i2o_kernel", None) is not None:
        rows = ops.matmul(ops.reshape(outputs, (-1, cell.units)), _value(cell, cell.i2o_kernel))
        rows = rows if cell.i2o_bias is None else ops.add(rows, _value(cell, cell.i2o_bias))
        outputs = ops.reshape(rows, (ops.shape(outputs)[0], -1, cell.output_size))  # (steps or 1, batch, outputs)
    if steps_mask is not None:
        outputs = _masked(outputs, steps_mask, layer.zero_output_for_mask)
    return outputs[-1], ops.transpose(outputs, (1, 0, 2)), [states[-1]]


def recur(p: Tensor, recurrent_kernel: Tensor, h_0: Tensor, mask: Tensor | None, activation: Activation) -> Tensor:
    """All states h' = activation(p + h·U) from a first one.

    Args:
        p: the inputs' projections, (steps, batch, units).
        recurrent_kernel: U, (units, units).
        h_0: (batch, units).
        mask: (steps, batch, 1), False where the state stays as it is; or None.
        activation: one of `DERIVATIVES`.

    Returns:
        (steps, batch, units).
    """
    masks = [] if mask is None else [mask]

    def states(p: Tensor, recurrent_kernel: Tensor, h_0: Tensor) -> tuple[Tensor, Callable[[Tensor], Any]]:
        h = scan(_forward(recurrent_kernel, activation), h_0, [p, *masks])[1]  # (steps, batch, units)

        def gradient(dh: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            step = _backward(recurrent_kernel, DERIVATIVES[activation])
            dh_0, dz = scan(step, ops.zeros_like(h_0), [dh, h, *masks], reverse=True)
            units = dz.shape[-1]
            before, after = (ops.reshape(part, (-1, units)) for part in (h[:-1], dz[1:]))
            du = ops.matmul(ops.transpose(before), after) + ops.matmul(ops.transpose(h_0), dz[0])
            return dz, du, dh_0

        return h, gradient

    return ops.custom_gradient(states)(p, recurrent_kernel, h_0)


def _forward(recurrent_kernel: Tensor, activation: Activation) -> Step:
    def step(h: Tensor, p_t: Tensor, m_t: Tensor | None = None) -> tuple[Tensor, Tensor]:
        new = activation(ops.add(ops.matmul(h, recurrent_kernel), p_t))  # (batch, units)
        new = new if m_t is None else ops.where(m_t, new, h)
        return new, new

    return step


def _backward(recurrent_kernel: Tensor, derivative: Callable[[Tensor, Tensor], Tensor]) -> Step:
    transposed = ops.transpose(recurrent_kernel)

    def step(dh: Tensor, dh_t: Tensor, h_t: Tensor, m_t: Tensor | None = None) -> tuple[Tensor, Tensor]:
        dh = ops.add(dh, dh_t)  # (batch, units)
        dz = derivative(dh, h_t)
        if m_t is None:
            return ops.matmul(dz, transposed), dz
        dz = ops.where(m_t, dz, ops.zeros_like(dz))
        return ops.where(m_t, ops.matmul(dz, transposed), dh), dz

    return step


def _tanh_derivative(dh: Tensor, h: Tensor) -> Tensor:
    if ON_TENSORFLOW:
        from keras_rnn.core.backend import tf

        return tf.raw_ops.TanhGrad(y=h, dy=dh)  # one op for four
    return dh * (1 - h * h)


# activation → (gradient of its value, its value) ↦ gradient of its argument
DERIVATIVES: dict[Activation, Callable[[Tensor, Tensor], Tensor]] = {
    keras.activations.tanh: _tanh_derivative,
    keras.activations.relu: lambda dh, h: ops.where(h > 0, dh, ops.zeros_like(dh)),
    keras.activations.linear: lambda dh, h: dh,
}


def _covers(layer: Layer, sequences: Tensor, mask: Tensor | None, training: bool) -> bool:
    cell, backend = layer.cell, keras.backend.backend()
    return (
        backend in ("tensorflow", "jax")
        and type(cell) in (keras.layers.SimpleRNNCell, RNNCell)
        and cell.activation in DERIVATIVES
        and not (training and (cell.dropout or cell.recurrent_dropout))
        and len(sequences.shape) == 3
        and (mask is None or len(mask.shape) == 2)
        and cell.compute_dtype == layer.compute_dtype
        # there Keras repeats the state, not the output, at a masked step
        and not (backend == "jax" and mask is not None and getattr(cell, "i2o_kernel", None) is not None)
    )


def _value(cell: Cell, variable: Any) -> Tensor:
    return ops.cast(ops.convert_to_tensor(variable), cell.compute_dtype)


def _weights(cell: Cell) -> tuple[Tensor, Tensor, Tensor | None]:
    """Kernel (features, units), recurrent kernel (units, units), and bias (units,) or None."""
    if isinstance(cell, RNNCell):
        i2h, bias = _value(cell, cell.i2h_kernel), cell.i2h_bias
        kernel, recurrent_kernel = i2h[: -cell.units], i2h[-cell.units :]
    else:
        kernel, recurrent_kernel, bias = _value(cell, cell.kernel), _value(cell, cell.recurrent_kernel), cell.bias
    return kernel, recurrent_kernel, None if bias is None else _value(cell, bias)


def _rows(kernel: Tensor, bias: Tensor | None, ids: Tensor) -> Tensor:
    """The one-hot of ids (steps, batch), times the kernel, plus the bias: (steps, batch, units)."""
    features = kernel.shape[0]
    wide = keras.backend.result_type(kernel.dtype, "float32")  # in which a row's gradients are summed up
    table = ops.pad(ops.cast(kernel, wide), [[0, 1], [0, 0]])  # an id out of range has a one-hot of zeros
    table = table if bias is None else ops.add(table, ops.cast(bias, wide))  # (features + 1, units)
    known = ops.logical_and(ids >= 0, ids < features)
    return ops.cast(ops.take(table, ops.where(known, ids, features), axis=0), kernel.dtype)


def _masked(outputs: Tensor, mask: Tensor, zeros: bool) -> Tensor:
    """Outputs (steps or 1, batch, outputs) as Keras gives them where (steps, batch, 1) masks a step.

    The state stood still there, and so the output did. Only ahead of the first step that counts Keras has zeros on
    TensorFlow, whatever the initial state; with `zeros` at every masked step.
    """
    if not zeros and not ON_TENSORFLOW:
        return outputs
    shown = mask if zeros else ops.cumsum(ops.cast(mask, "int32"), axis=0) > 0
    return ops.where(shown[-ops.shape(outputs)[0] :], outputs, ops.zeros_like(outputs))


def scan(
    step: Step, state: Tensor, inputs: Sequence[Tensor], reverse: bool = False, width: int | None = None
) -> tuple[Tensor, Tensor]:
    """`step(state, *inputs[t])` → (state, output) for every t: the last state and the outputs (steps, batch, width);
    None: as wide as the state."""
    if not ON_TENSORFLOW:
        return ops.scan(lambda h, x: step(h, *x), state, list(inputs), reverse=reverse, unroll=UNROLL)  # type: ignore[no-any-return]
    from keras_rnn.core.backend import tf  # whose `ops.scan` costs a fifth more, and has no rounds of several steps

    steps = ops.shape(inputs[0])[0]  # a number, or a tensor where it is not known
    outputs = tf.TensorArray(state.dtype, steps, element_shape=(state.shape[0], width or state.shape[1]))

    def once(i: Tensor, state: Tensor, outputs: Any) -> tuple[Tensor, Tensor, Any]:
        t = steps - 1 - i if reverse else i
        new, output = step(state, *(x[t] for x in inputs))  # slices: nothing is copied
        new.set_shape(state.shape)  # one of them may know its batch, the other not
        return i + 1, new, outputs.write(t, output)

    def several(*loop: Any) -> Any:
        for _ in range(UNROLL):
            loop = once(*loop)
        return loop

    loop: Any = (tf.constant(0), state, outputs)
    rounds = steps // UNROLL
    loop = tf.while_loop(lambda i, *_: i < rounds * UNROLL, several, loop, maximum_iterations=rounds)
    loop = tf.while_loop(lambda i, *_: i < steps, once, loop, maximum_iterations=steps % UNROLL)
    return loop[1], loop[2].stack()
