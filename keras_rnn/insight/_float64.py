"""Copies of layers that compute in float64, so that derivatives come out exact to sixteen digits."""

from types import MethodType
from typing import Any

import numpy as np

from keras_rnn.core.backend import keras
from keras_rnn.core.types import Layer
from keras_rnn.rnn.introspection import DTYPE_POLICY, flat_layers


def in_float64(layer: Layer) -> Any:
    """A copy of a built layer, with all inside it, whose weights and arithmetic are float64; the layer stays as it is.

    It is made of the layer's own attributes rather than its config, so that a cell written on the spot needs none.

    Raises:
        TypeError: a quantized layer, which is nothing without its integers.
    """
    parts = flat_layers(layer)
    copies: dict[int, Any] = {}
    for part in parts:
        if getattr(part.dtype_policy, "quantization_mode", None) is not None:
            raise TypeError(f"{part.name!r} is quantized")
        copies[id(part)] = object.__new__(type(part))
    for variable in layer.variables:
        floating = keras.backend.is_float_dtype(variable.dtype)
        copies[id(variable)] = keras.Variable(
            np.asarray(keras.ops.convert_to_numpy(variable)),
            dtype="float64" if floating else variable.dtype,
            trainable=variable.trainable,
            name=variable.name,
        )

    def copied(value: Any) -> Any:
        if id(value) in copies:
            return copies[id(value)]
        if isinstance(value, dict):
            return {key: copied(item) for key, item in value.items()}
        if isinstance(value, list) or type(value) is tuple:
            return type(value)(map(copied, value)) if type(value) in (list, tuple) else [*map(copied, value)]
        if isinstance(value, MethodType) and id(value.__self__) in copies:
            return MethodType(value.__func__, copies[id(value.__self__)])
        return value

    for part in parts:
        attributes = copies[id(part)].__dict__  # past Keras' tracking, whose lists the copy would share
        attributes |= {name: copied(value) for name, value in part.__dict__.items()}
        attributes[DTYPE_POLICY] = keras.DTypePolicy("float64")
    return copies[id(layer)]
