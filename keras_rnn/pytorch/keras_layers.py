"""Parts of a PyTorch module as Keras' layers, one after the other, in a functional model."""

from typing import Any

import numpy as np

from keras_rnn.core.arrays import Array
from keras_rnn.core.backend import keras
from keras_rnn.pytorch.parts import (
    CONCATENATING,
    Activation,
    Embedding,
    LayerNorm,
    LeftOut,
    Linear,
    Parts,
    Recurrent,
    recurrent,
    sizes,
)
from keras_rnn.rnn.cell import RNNCell

ops = keras.ops
_LAYERS = {"rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
# with a number, which Keras' function of the name would not keep in a file
_WITH_VALUE = {"leaky_relu": (keras.layers.LeakyReLU, "negative_slope"), "elu": (keras.layers.ELU, "alpha")}


def build(parts: Parts, steps: int | None = None, return_sequences: bool = False, last: str | None = None) -> Any:
    """The model of parts that are a chain; the other arguments are `from_torch`'s."""
    blocks = recurrent(parts)
    first = next(size for part in parts if (size := sizes(part)))[0]
    batch = max((state.shape[1] for block in blocks for state in block.initial or ()), default=1)
    fixed = batch if batch > 1 else None  # states of several sequences are those of a batch
    shape, dtype = ((steps,), "int32") if first is None else ((steps, first), "float32")
    x = inputs = keras.Input(shape, batch_size=fixed, dtype=dtype)
    pick = blocks[-1].directions == 2 and last == "output"
    numbered, rest = 0, list(parts)
    while rest:
        place, part = len(parts) - len(rest), rest.pop(0)
        if isinstance(part, Recurrent):
            final = part is blocks[-1]
            head = rest.pop(0) if _is_its_own(part, rest[:1]) else None
            x = _recurrent(part, numbered, return_sequences or pick or not final, x, head)
            numbered += len(part.layers)
            if final and pick:
                x = x[:, -1]  # (batch, 2 · units)
        elif not isinstance(part, LeftOut):
            after = not any(isinstance(other, Linear | Recurrent) for other in rest)
            x = _layer(part, place, after, x)
    return keras.Model(inputs, x, name=f"torch_{blocks[0].kind}")


def _is_its_own(part: Recurrent, after: Parts) -> bool:
    """Whether the linear layer after one on [x, h] can be `RNNCell`'s `i2o`: both have a bias, or neither has."""
    return part.kind == CONCATENATING and any(
        isinstance(o, Linear) and (o.bias is not None) == part.bias for o in after
    )


def _layer(part: Embedding | Linear | LayerNorm | Activation, place: int, last: bool, x: Any) -> Any:
    """One part that acts on each step by itself, on x (batch, steps, features) or (batch, features)."""
    weights: dict[str, Array | None] = {}
    if isinstance(part, Embedding):
        layer = keras.layers.Embedding(*part.weight.shape, name="embedding")
        weights = {"embeddings": part.weight}
    elif isinstance(part, Linear):
        name = "head" if last else f"linear_{place}"
        layer = keras.layers.Dense(len(part.weight), use_bias=part.bias is not None, name=name)
        weights = {"kernel": part.weight.T, "bias": part.bias}
    elif isinstance(part, LayerNorm):
        given = {"scale": part.weight is not None, "center": part.bias is not None}
        layer = keras.layers.LayerNormalization(epsilon=part.epsilon, name=f"norm_{place}", **given)
        weights = {"gamma": part.weight, "beta": part.bias}
    elif part.value is not None:
        kind, argument = _WITH_VALUE[part.name]
        layer = kind(**{argument: part.value}, name=f"{part.name}_{place}")
    else:
        layer = keras.layers.Activation(part.name, name=f"{part.name}_{place}")
    x = layer(x)
    for name, array in weights.items():
        if array is not None:
            getattr(layer, name).assign(array.astype(np.float32))
    return x


def _recurrent(part: Recurrent, numbered: int, sequences: bool, x: Any, head: Any) -> Any:
    """All layers of a recurrent part on x (batch, steps, features) → (batch[, steps], directions · units)."""
    for k, directions in enumerate(part.layers):
        options = {"return_sequences": sequences or k + 1 < len(part.layers), "name": f"{part.kind}_l{numbered + k}"}
        if part.kind == CONCATENATING:
            outputs = None if head is None else len(head.weight)
            layer = keras.layers.RNN(RNNCell(part.units, outputs, part.nonlinearity, part.bias), **options)
        else:
            if part.kind == "rnn":
                options["activation"] = part.nonlinearity
            if part.kind == "gru":
                options["reset_after"] = True
            layer = _LAYERS[part.kind](part.units, use_bias=part.bias, **options)
        layers = [layer]
        if len(directions) == 2:
            layer = keras.layers.Bidirectional(layer, merge_mode="concat")
            layers = [layer.forward_layer, layer.backward_layer]
        x = layer(x, initial_state=_states(part, k, x))
        for each, direction in zip(layers, directions, strict=True):
            arrays = direction.to_keras(part.kind)
            if head is not None:
                arrays |= {"i2o_kernel": head.weight.T} | ({} if head.bias is None else {"i2o_bias": head.bias})
            for name, array in arrays.items():
                getattr(each.cell, name).assign(array.astype(np.float32))
    return x


def _states(part: Recurrent, layer: int, x: Any) -> list[Any] | None:
    """A layer's states to begin with, the forward direction's first, as constants that follow x's batch."""
    if part.initial is None:
        return None
    zeros = ops.zeros_like(x[:, 0, :1])  # (batch, 1)
    rows = range(layer * part.directions, (layer + 1) * part.directions)
    return [ops.add(zeros, state[row].astype(np.float32)) for row in rows for state in part.initial]
