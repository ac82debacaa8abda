"""Weights in and out of Keras layers, as `CellWeights`."""

from typing import Any

import numpy as np

from keras_rnn.core.backend import keras
from keras_rnn.core.checks import received
from keras_rnn.rnn.cell import RNNCell
from keras_rnn.rnn.weights import CellWeights

_EXPECTED = "`layers` must be a built `RNN(RNNCell(…))`, `RNNCell` or `SimpleRNN`, with or without a `Dense` head."


def _variables(layers: tuple[Any, ...]) -> tuple[bool, dict[str, Any]]:
    """Whether the layers are the hand-written cell, and their variables by the names that `CellWeights` uses."""
    if not layers or not all(isinstance(layer, keras.layers.Layer) and layer.built for layer in layers):
        raise ValueError(f"{_EXPECTED} {received(layers)}")
    first, *rest = layers
    cell = first.cell if isinstance(first, keras.layers.RNN) else first
    headed = [type(layer) for layer in rest] == [keras.layers.Dense]
    if isinstance(cell, RNNCell) and (not rest or (headed and cell.i2o_kernel is None)):
        names = {name: getattr(cell, name) for name in ("i2h_kernel", "i2h_bias", "i2o_kernel", "i2o_bias")}
        if rest:
            names |= {"i2o_kernel": rest[0].kernel, "i2o_bias": rest[0].bias}
    elif isinstance(first, keras.layers.SimpleRNN) and (not rest or headed):
        names = {name: getattr(cell, name) for name in ("kernel", "recurrent_kernel", "bias")}
        if rest:
            names |= {"dense_kernel": rest[0].kernel, "dense_bias": rest[0].bias}
    else:
        raise ValueError(f"{_EXPECTED} {received(layers)}")
    return isinstance(cell, RNNCell), {name: variable for name, variable in names.items() if variable is not None}


def read_weights(*layers: Any) -> CellWeights:
    """The weights of `RNN(RNNCell)` or `SimpleRNN`, and of the `Dense` head, where there is one.

    Raises:
        ValueError: other layers, or layers not built yet.
    """
    by_hand, variables = _variables(layers)
    arrays = {name: np.asarray(keras.ops.convert_to_numpy(variable)) for name, variable in variables.items()}
    return CellWeights.from_rnn_cell(arrays) if by_hand else CellWeights.from_simple_rnn(arrays)


def write_weights(weights: CellWeights, *layers: Any) -> None:
    """Set the layers' weights, exactly. A bias that the layers have and `weights` lacks becomes zero.

    Raises:
        ValueError: other layers, not built yet, of other sizes, or without a place for one of the arrays.
    """
    by_hand, variables = _variables(layers)
    arrays = weights.to_rnn_cell() if by_hand else weights.to_simple_rnn()
    if homeless := sorted(set(arrays) - set(variables)):
        raise ValueError(f"The layers must have a place for {', '.join(homeless)}. {received(layers)}")
    for name, variable in variables.items():
        if name not in arrays:
            if not name.endswith("bias"):
                raise ValueError(f"The weights must hold `{name}`. Received: {', '.join(arrays)}")
            arrays[name] = np.zeros(variable.shape)
        if arrays[name].shape != tuple(variable.shape):
            raise ValueError(f"`{name}` must have shape {tuple(variable.shape)}. Received: shape {arrays[name].shape}")
    for name, variable in variables.items():
        variable.assign(arrays[name])
