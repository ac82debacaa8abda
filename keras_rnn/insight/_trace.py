"""The hidden states of a recurrent model, step by step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.core.arrays import Floats
from keras_rnn.core.types import Model
from keras_rnn.insight._inputs import checked_input
from keras_rnn.insight._run import Float64Model


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """The states of one recurrent layer, or of one direction of a `Bidirectional`.

    Attributes:
        name: the layer's; `name/forward` and `name/backward` of a `Bidirectional`.
        backwards: whether it reads the last step first: then its state at a step knows the steps after.
        states: name → (batch, steps, units), after the step; `"h"`, an LSTM's `"c"` too, of stacked cells `"h_0"`, ….
        outputs: (batch, steps, outputs), for every step, whether the layer returns them or not.
    """

    name: str
    backwards: bool
    states: dict[str, Floats]
    outputs: Floats


@dataclass(frozen=True, eq=False)
class Trace:
    """What went on in a model.

    Attributes:
        layers: of its recurrent layers, in order.
        output: the model's, (batch, …).
        precision: that of the computation, "float64", or "float32" where a layer knows no other.
    """

    layers: tuple[LayerTrace, ...]
    output: Floats
    precision: str


def trace(model: Model, x: ArrayLike) -> Trace:
    """The states of every recurrent layer at every step.

    Args:
        model: a built Keras model, functional or sequential, of one input and one output, with recurrent layers.
        x: (batch, steps, features), or (batch, steps) for a model that takes ids or a plain window.

    Raises:
        TypeError: no Keras model, or `x` no numbers.
        ValueError: a model without recurrent layers, not built, or not to be taken apart; `x` of another shape, empty,
            NaN or infinite.
    """
    double = Float64Model(model)
    run = double.run(checked_input(double, x))
    layers = []
    for layer_run in run.layers:
        order = slice(None, None, -1) if layer_run.backwards else slice(None)
        states = {
            name: np.stack([np.asarray(states[i], np.float64) for states in layer_run.states[1:]], axis=1)[:, order]
            for i, name in enumerate(layer_run.names)
        }
        outputs = np.stack([np.asarray(output, np.float64) for output in layer_run.outputs], axis=1)[:, order]
        layers.append(LayerTrace(layer_run.name, layer_run.backwards, states, outputs))
    return Trace(tuple(layers), np.asarray(run.output, np.float64), run.precision)
