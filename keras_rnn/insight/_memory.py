"""How much of a step's input and state is still there k steps later, as norms of Jacobians."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_rnn.core.arrays import Floats
from keras_rnn.core.backend import tf
from keras_rnn.core.checks import check_choice, check_integer
from keras_rnn.core.types import Model
from keras_rnn.insight._inputs import checked_input
from keras_rnn.insight._jacobians import NORMS, carried_back, norms, step_jacobians
from keras_rnn.insight._run import Float64Model, LayerRun
from keras_rnn.insight._vjp import ZERO

WORKING_SET = 2**29  # bytes of activations at a time, for derivatives of the output
ARRAYS_A_STEP = 3  # that a step keeps for them, each the size of its states or of its input


@dataclass(frozen=True, eq=False)
class LayerMemory:
    """What the state of a recurrent layer at one step keeps of its states before.

    Attributes:
        name: the layer's; `name/forward` and `name/backward` of a `Bidirectional`.
        backwards: whether it reads the last step first: then lag k is k steps later in the window.
        lags: k = 0, 1, …, (lags,).
        norms: ‖∂s_t/∂s_{t−k}‖ (batch, lags); s is the state h, or all states side by side where there are several.
        log_norms: natural logarithms of the norms, which stay finite where these leave the range of floats.
        by_state: name → ‖∂h_t/∂h_{t−k}‖ of that state alone, (batch, lags).
        half_life: steps until `norms` has halved for the first time, between lags on a straight line of logarithms;
            inf where it never has within the lags. (batch,)
    """

    name: str
    backwards: bool
    lags: NDArray[np.int64]
    norms: Floats
    log_norms: Floats
    by_state: dict[str, Floats]
    half_life: Floats


@dataclass(frozen=True, eq=False)
class Memory:
    """What a model at one step keeps of the steps before.

    Attributes:
        step: t, counted from 0.
        norm: "spectral" or "frobenius".
        layers: of its recurrent layers, in order.
        lags: k = 0, 1, …, t.
        output_norms: ‖∂o_t/∂x_{t−k}‖ of the whole model, (batch, t + 1), or None where it gives no output at that
            step.
        output_half_life: steps until that has halved for the first time, (batch,), or None.
        source: what `x` in the derivative is: "x", the input itself; for ids, which have no derivative, "one-hot" or
            "embedding", what the model makes of them.
        precision: "float64", or "float32" where a layer knows no other.
    """

    step: int
    norm: str
    layers: tuple[LayerMemory, ...]
    lags: NDArray[np.int64]
    output_norms: Floats | None
    output_half_life: Floats | None
    source: str
    precision: str


@dataclass(frozen=True, eq=False)
class LayerMap:
    """What the states of a recurrent layer at every step keep of every other.

    Attributes:
        name, backwards: as of `LayerMemory`.
        norms: ‖∂s_t/∂s_u‖ (batch, steps, steps), rows t, columns u; NaN where u comes after t.
        input_norms: ‖∂s_t/∂x_u‖, x what goes into the layer: how well step u's input is remembered at t.
    """

    name: str
    backwards: bool
    norms: Floats
    input_norms: Floats


@dataclass(frozen=True, eq=False)
class MemoryMap:
    """What a model at every step keeps of every other; attributes as of `Memory`."""

    norm: str
    layers: tuple[LayerMap, ...]
    precision: str


def memory(model: Model, x: ArrayLike, step: int | None = None, norm: str = "spectral") -> Memory:
    """How much a step still depends on the states and inputs before it: ‖∂h_t/∂h_{t−k}‖ and ‖∂o_t/∂x_{t−k}‖ for all k.

    The derivatives are products of the steps' Jacobians, ∂h_t/∂h_{t−k} = ∏ ∂h_i/∂h_{i−1}, by reverse-mode automatic
    differentiation (Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013). A linear cell with the recurrent
    matrix W gives ‖W^k‖; with W = 0.5·I the half-life is 1 step.

    Args:
        model: a built Keras model of one input and one output, with recurrent layers.
        x: (batch, steps, features), or (batch, steps) for a model that takes ids or a plain window.
        step: t, counted from 0; None for the last, and for a layer that reads backwards the first.
        norm: "spectral", the largest singular value, to ten digits or more; or "frobenius".

    Raises:
        TypeError: no Keras model, `x` no numbers, `step` no integer.
        ValueError: as `trace`; a step or norm there is not.
    """
    check_choice("norm", norm, NORMS)
    double = Float64Model(model)
    array = checked_input(double, x)
    last = array.shape[1] - 1
    t = last if step is None else check_integer("step", step, 0, last)
    run = double.run(array)
    layers = []
    for layer_run in run.layers:
        at = layer_run.steps - 1 if step is None else layer_run.place(check_integer("step", t, 0, layer_run.steps - 1))
        logs = carried_back(layer_run, at, norm)
        with np.errstate(over="ignore"):
            by_state = {name: np.exp(logs.get(name, logs[""])) for name in layer_run.names}
            values = np.exp(logs[""])
        layers.append(
            LayerMemory(
                layer_run.name, layer_run.backwards, np.arange(at + 1), values, logs[""], by_state, half_life(logs[""])
            )
        )
    output = _output_norms(double, array, run, t, norm)
    with np.errstate(divide="ignore"):
        lives = None if output is None else half_life(np.log(output))
    return Memory(t, norm, tuple(layers), np.arange(t + 1), output, lives, run.source, run.precision)


def half_life(log_norms: Floats) -> Floats:
    """Lags until the norm has halved for the first time: (batch, lags) → (batch,).

    inf where it never has, NaN where it was 0 from the beginning, 0 where it falls to 0 within the first lag.
    """
    with np.errstate(invalid="ignore"):  # −inf less −inf
        fallen = (log_norms[:, :1] - log_norms) / np.log(2.0)  # halvings, (batch, lags)
    lives = np.where(np.isneginf(log_norms[:, 0]), np.nan, np.inf)
    for i, row in enumerate(fallen):
        reached = np.flatnonzero(row >= 1 - 1e-12)
        if len(reached):
            k = int(reached[0])
            before, after = row[k - 1], row[k]
            lives[i] = k - 1 + (1.0 if after - before <= 0 else min(1.0, (1 - before) / (after - before)))
    return lives


def _output_norms(double: Float64Model, x: NDArray[Any], run: Any, t: int, norm: str) -> Floats | None:
    """‖∂o_t/∂x_{t−k}‖ (batch, t + 1): the model runs with as many copies of the batch as it has outputs."""
    shape, steps = tuple(run.output.shape), x.shape[1]
    per_step = len(shape) == 3 and shape[1] == steps
    if (not per_step and (len(shape) != 2 or t != steps - 1)) or run.x.shape[1] != steps:
        return None
    outputs, batch = int(shape[-1]), len(x)
    width = max(max(sum(layer_run.sizes), int(layer_run.x[0].shape[1])) for layer_run in run.layers)
    rows = max(1, WORKING_SET // (8 * ARRAYS_A_STEP * steps * width))
    samples, together = min(batch, rows), max(1, min(outputs, rows // min(batch, rows)))
    features = int(np.prod(run.x.shape[2:]))
    values = np.empty((batch, steps))
    for start in range(0, batch, samples):
        part = x[start : start + samples]
        jacobian = np.empty((len(part), steps, outputs, features))
        for first in range(0, outputs, together):
            chosen = np.arange(first, min(first + together, outputs))
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                again = double.run(part, tape, len(chosen))
                o = again.output[:, t] if per_step else again.output  # (chosen · samples, outputs)
                one_each = tf.reduce_sum(tf.gather(o, np.repeat(chosen, len(part)), axis=1, batch_dims=1))
            by_x = tape.gradient(one_each, again.x, unconnected_gradients=ZERO)
            by_x = np.asarray(by_x, np.float64).reshape(len(chosen), len(part), steps, features)
            jacobian[:, :, chosen] = np.moveaxis(by_x, 0, 2)
        values[start : start + samples] = norms(jacobian, norm)
    return values[:, t::-1]


def memory_map(model: Model, x: ArrayLike, norm: str = "spectral") -> MemoryMap:
    """The memory of every step for every other, for each recurrent layer: meant for windows of up to 200 steps.

    Args, errors: as `memory`.
    """
    check_choice("norm", norm, NORMS)
    double = Float64Model(model)
    run = double.run(checked_input(double, x))
    return MemoryMap(norm, tuple(_map(layer_run, norm) for layer_run in run.layers), run.precision)


def _map(layer_run: LayerRun, norm: str) -> LayerMap:
    batch, steps = int(layer_run.x[0].shape[0]), layer_run.steps
    by_state, by_input = (np.full((batch, steps, steps), np.nan) for _ in range(2))
    for sample in range(batch):
        a, b = step_jacobians(layer_run, sample)  # (steps, states, states), (steps, states, features)
        products = np.empty((0, *a.shape[1:]))
        for t in range(steps):
            products = np.concatenate([a[t] @ products, np.eye(a.shape[1])[None]])  # ∂s_t/∂s_u, u = 0 … t
            by_state[sample, t, : t + 1] = norms(products, norm)
            by_input[sample, t, : t + 1] = norms(products @ b[: t + 1], norm)
    if layer_run.backwards:
        by_state, by_input = (values[:, ::-1, ::-1] for values in (by_state, by_input))
    return LayerMap(layer_run.name, layer_run.backwards, by_state, by_input)
