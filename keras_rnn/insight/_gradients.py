"""How a loss' gradient travels back through a recurrent model's steps, and whether it vanishes or explodes."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.core.arrays import Floats
from keras_rnn.core.backend import keras, tf
from keras_rnn.core.checks import received
from keras_rnn.core.types import Cell, Function, Model, Tensor
from keras_rnn.insight._inputs import checked_input, checked_target
from keras_rnn.insight._run import Float64Model, LayerRun
from keras_rnn.insight._vjp import ZERO
from keras_rnn.rnn.cell import RNNCell
from keras_rnn.rnn.introspection import advance_by_call

RATE = 1.1  # a step: what the gradient holds within
LEFT = 0.01  # of a gradient, from the last step to the first: less has vanished, more than its inverse has exploded


@dataclass(frozen=True, eq=False)
class LayerGradients:
    """The gradient in one recurrent layer.

    Attributes:
        name: the layer's; `name/forward` and `name/backward` of a `Bidirectional`.
        backwards: whether it reads the last step first: then the gradient travels from the first step to the last.
        norms: state's name → ‖∂loss/∂h_t‖ (batch, steps), by the window's steps. The loss is that of the whole batch.
        recurrent_kernel_norms: ‖∂loss/∂W‖ that step t contributes to the recurrent kernel's gradient, the Frobenius
            norm, (steps,); of `RNNCell` to its one matrix for inputs and states; None for a cell without such a weight.
        factors: what a step back multiplies the gradient by, (batch, steps − 1), in the order in which the layer
            reads: `factors[:, i]` from its step i + 1 to i. Of the gradient that the last state has, on its way through
            the states alone; of a vector of ones where that gradient is 0.
        factor: their geometric mean.
        spectral_radius: matrix → largest absolute eigenvalue of the recurrent matrix, of each gate's by itself.
        singular_values: matrix → its singular values, the largest first (units,).
        log_activation_derivative: mean natural logarithm of |f′| over samples, steps and units, a step's share of the
            product of activation derivatives in ∂h_t/∂h_{t−1} = diag(f′)·Wᵀ; −inf where a unit is off; None for cells
            with gates or of one's own.
        verdict: whether the gradient "vanishes", "explodes" (a hundredfold over the window), "fades", "grows" (by a
            tenth a step) or "holds", and by how much, in plain words.
    """

    name: str
    backwards: bool
    norms: dict[str, Floats]
    recurrent_kernel_norms: Floats | None
    factors: Floats
    factor: float
    spectral_radius: dict[str, float]
    singular_values: dict[str, Floats]
    log_activation_derivative: float | None
    verdict: str


@dataclass(frozen=True, eq=False)
class Gradients:
    """A loss and its gradient by the states.

    Attributes:
        loss: the value; without penalties of regularizers.
        layers: of the recurrent layers, in order.
        precision: "float64", or "float32" where a layer knows no other.
    """

    loss: float
    layers: tuple[LayerGradients, ...]
    precision: str


def gradients(model: Model, x: ArrayLike, y: ArrayLike, loss: Any = None) -> Gradients:
    """The norm of the loss' gradient by the states of every step, and what makes it vanish or explode.

    Back through time the gradient is multiplied by ∂h_t/∂h_{t−1} at every step: it vanishes where that shrinks it, for
    which it is enough that the recurrent matrix' largest singular value is below 1/max|f′|; to explode, that value has
    to be above (Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013). What it does over many steps is told
    by the spectral radius.

    Args:
        model: a built Keras model of one input and one output, with recurrent layers.
        x: (batch, steps, features), or (batch, steps) for a model that takes ids or a plain window.
        y: targets that fit the output, as the loss takes them.
        loss: a Keras loss, its name, or a function of (y, output); None for the one the model was compiled with.

    Raises:
        TypeError: no Keras model, `x` or `y` no numbers, `loss` none of these.
        ValueError: as `trace`; a target that does not fit the output, in the words of `shapes`; no loss given and the
            model not compiled with one.
    """
    function, sparse = _loss(model, loss)
    double = Float64Model(model)
    array = checked_input(double, x)
    with tf.GradientTape(persistent=True) as tape:
        run = double.run(array, tape)
        target = tf.constant(checked_target(y, tuple(run.output.shape), sparse, array.shape[1]))
        value = function(target, run.output)
    sources = [(layer_run.states[1:], layer_run.outputs) for layer_run in run.layers]
    by_states_and_outputs = tape.gradient(value, sources, unconnected_gradients=ZERO)
    del tape
    layers = [
        _layer(layer_run, *derivatives)
        for layer_run, derivatives in zip(run.layers, by_states_and_outputs, strict=True)
    ]
    return Gradients(float(value), tuple(layers), run.precision)


def _loss(model: Model, loss: Any) -> tuple[Callable[[Any, Any], Any], bool]:
    """The loss as a function of targets and outputs that stays in their precision; whether it takes class ids."""
    if loss is None:
        loss = getattr(model, "loss", None)
        while isinstance(loss, list | tuple | dict) and len(loss) == 1:  # of the one output
            loss = next(iter(loss.values())) if isinstance(loss, dict) else loss[0]
        if loss is None:
            raise ValueError("`loss` must be given for a model that is not compiled with one. Received: None")
    try:
        found = keras.losses.get(loss)
    except (ValueError, TypeError) as error:
        raise type(error)(f"`loss` must be a Keras loss, its name, or a function. {received(loss)}") from error
    if not callable(found):
        raise TypeError(f"`loss` must be a Keras loss, its name, or a function. {received(loss)}")
    # a loss called as such casts to float32; its `call` does not
    each = found.call if isinstance(found, keras.losses.Loss) else found
    total = tf.reduce_sum if getattr(found, "reduction", None) == "sum" else tf.reduce_mean
    sparse = "sparse" in str(getattr(found, "name", getattr(found, "__name__", ""))).lower()
    return lambda y, output: total(each(y if sparse else tf.cast(y, output.dtype), output)), sparse


def _layer(layer_run: LayerRun, by_states: list[list[Tensor]], by_outputs: list[Tensor]) -> LayerGradients:
    """From derivatives by what each step hands on: its states, and its output, in the layer's order."""
    look_back = _look_back(layer_run)
    v: list[Tensor] = []
    by_step, kernel_norms, factors = [], [], []
    for t in reversed(range(layer_run.steps)):
        arguments = (layer_run.x[t], layer_run.states[t], by_outputs[t], by_states[t], v or by_states[t])
        totals, kernel_norm, setting_out, before = look_back(*arguments)
        if not v:  # the last step, to be asked again with what its states have of the loss
            size = _length(setting_out)
            v = [tf.where(size > 0, tf.math.divide_no_nan(part, size), tf.ones_like(part)) for part in setting_out]
            size = _length(v)
            v = [part / size for part in v]  # length 1, (batch, size) each
            *_, before = look_back(*arguments[:-1], v)
        by_step.append(totals)
        kernel_norms.append(float(kernel_norm))
        size = _length(before)
        factors.append(np.asarray(size[:, 0], np.float64))
        v = [tf.math.divide_no_nan(part, size) for part in before]
    order = slice(None) if layer_run.backwards else slice(None, None, -1)
    norms = {
        name: np.stack([np.sqrt((np.asarray(totals[i], np.float64) ** 2).sum(axis=1)) for totals in by_step], axis=1)
        for i, name in enumerate(layer_run.names)
    }
    passed = np.stack(factors, axis=1)[:, :-1][:, ::-1]  # not the first step's, (batch, steps − 1)
    with np.errstate(divide="ignore"):
        factor = float(np.exp(np.log(passed).mean())) if passed.size else math.nan
    matrices = recurrent_matrices(layer_run.cell)
    singular: dict[str, Floats] = {
        name: np.asarray(np.linalg.svd(matrix, compute_uv=False), np.float64) for name, matrix in matrices.items()
    }
    return LayerGradients(
        layer_run.name,
        layer_run.backwards,
        {name: values[:, order] for name, values in norms.items()},
        None if _kernel(layer_run.cell) is None else np.array(kernel_norms)[order],
        passed,
        factor,
        {name: float(np.abs(np.linalg.eigvals(matrix)).max()) for name, matrix in matrices.items()},
        singular,
        _log_activation_derivative(layer_run),
        verdict(factor, layer_run.steps),
    )


def _length(parts: list[Tensor]) -> Tensor:
    return tf.norm(tf.concat(parts, axis=-1), axis=-1, keepdims=True)  # (batch, 1)


def _look_back(layer_run: LayerRun) -> Function:
    """One step of the layer, compiled, seen from behind.

    x, states before, derivatives by the output and by each state as handed on, and v by the states → derivatives by
    each state however it is used, the norm of that by the recurrent kernel, what the last step's states have of the
    loss, and v·∂s_t/∂s_{t−1}.
    """
    cell, kernel = layer_run.cell, _kernel(layer_run.cell)

    def look_back(x: Tensor, h: list[Tensor], by_output: Tensor, by_states: list[Tensor], v: list[Tensor]) -> Any:
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(h)
            if kernel is not None:
                tape.watch(kernel.value)
            output, new = advance_by_call(cell, x, h)
            handed = [tf.identity(output), *(tf.identity(state) for state in new)]
        derivatives = [by_output, *by_states]
        totals = tape.gradient(handed, new, derivatives, unconnected_gradients=ZERO)
        before = tape.gradient(handed[1:], h, v, unconnected_gradients=ZERO)
        norm = tf.constant(0.0)
        if kernel is not None:
            norm = tf.norm(tape.gradient(handed, kernel.value, derivatives, unconnected_gradients=ZERO))
        # a cell's output is one of its states, or made of its only one; then another's share is not through that one
        shares = [by + by_output if state is output else by for state, by in zip(new, by_states, strict=True)]
        among = len(new) > 1 and any(state is output for state in new)
        return totals, norm, shares if among else totals, before

    return tf.function(look_back)


def _kernel(cell: Cell) -> Tensor:
    if isinstance(cell, RNNCell):
        return cell.i2h_kernel
    return getattr(cell, "recurrent_kernel", None)


def recurrent_matrices(cell: Cell) -> dict[str, Floats]:
    """The matrices (units, units) from state to state of a cell, by name; none of a cell that has no such weight.

    `"h"` of a plain cell, `"z"`, `"r"`, `"h"` of a GRU's, `"i"`, `"f"`, `"c"`, `"o"` of an LSTM's; `"h_0"` and so on
    of stacked ones.
    """
    if isinstance(cell, keras.layers.StackedRNNCells):
        inner = enumerate(map(recurrent_matrices, cell.cells))
        return {f"{name}_{i}": matrix for i, matrices in inner for name, matrix in matrices.items()}
    kernel = _kernel(cell)
    if kernel is None or len(kernel.shape) != 2:
        return {}
    matrix = np.asarray(kernel, np.float64)
    if isinstance(cell, RNNCell):
        matrix = matrix[-cell.units :]
    units = matrix.shape[0]
    gates = {1: "h", 3: "zrh", 4: "ifco"}.get(matrix.shape[1] // units, "")
    if matrix.shape[1] != units * len(gates):
        return {}
    return {gate: matrix[:, i * units : (i + 1) * units] for i, gate in enumerate(gates)}


def _log_activation_derivative(layer_run: LayerRun) -> float | None:
    cell = layer_run.cell
    if type(cell) not in (RNNCell, keras.layers.SimpleRNNCell):
        return None
    x, h = tf.concat(layer_run.x, axis=0), tf.concat([states[0] for states in layer_run.states[:-1]], axis=0)
    if isinstance(cell, RNNCell):
        z, bias = tf.matmul(tf.concat([x, h], axis=1), cell.i2h_kernel), cell.i2h_bias
    else:
        z, bias = tf.matmul(x, cell.kernel) + tf.matmul(h, cell.recurrent_kernel), cell.bias
    z = z if bias is None else z + bias  # (steps · batch, units)
    with tf.GradientTape() as tape:
        tape.watch(z)
        a = cell.activation(z)
    derivative = np.abs(np.asarray(tape.gradient(a, z, unconnected_gradients=ZERO), np.float64))
    with np.errstate(divide="ignore"):
        return float(np.log(derivative).mean())


def verdict(factor: float, steps: int) -> str:
    """What a mean factor per step does to a gradient over so many steps, in plain words."""
    if math.isnan(factor):
        return "one step: there is nothing to travel back through"
    way = f"over the {steps - 1} steps back from the last to the first" if steps > 2 else "one step back"
    if factor == 0:
        return f"vanishes: nothing of the gradient is left {way}"
    exponent = (steps - 1) * math.log(factor)
    times = f"10^{exponent / math.log(10):.0f}" if abs(exponent) > 600 else f"{math.exp(exponent):.3g}"
    what = f"{times} times the gradient arrives {way}, {factor:.3g} times a step"
    if exponent <= math.log(LEFT):
        return f"vanishes: {what}"
    if exponent >= -math.log(LEFT):
        return f"explodes: {what}"
    word = "holds" if 1 / RATE <= factor <= RATE else "fades" if factor < 1 else "grows"
    after = math.inf if factor == 1 else abs(math.log(LEFT) / math.log(factor))
    bound = "less than a hundredth" if factor < 1 else "more than a hundredfold"
    return f"{word}: {what}" + (f"; at this rate {bound} after {math.ceil(after)}" if after < 1000 else "")
