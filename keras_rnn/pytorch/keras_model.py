"""`from_torch`: PyTorch's recurrent weights in Keras' layers, with the same answers."""

import os
from typing import Any

from keras_rnn.core.backend import keras
from keras_rnn.core.checks import check_choice, check_integer
from keras_rnn.pytorch.files import read_torch_file
from keras_rnn.pytorch.layout import Direction, TorchWeights, check_last
from keras_rnn.pytorch.state_dict import torch_weights

_LAYERS = {"rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}


def from_torch(
    state: Any,
    kind: str | None = None,
    nonlinearity: str | None = None,
    steps: int | None = None,
    return_sequences: bool = False,
    last: str | None = None,
) -> Any:
    """A Keras model with the weights of an `nn.RNN`, `nn.GRU` or `nn.LSTM`, and its answers to float32's accuracy.

    Any number of layers, one direction or both, with biases or without. The recurrent module may be part of another
    one: an `nn.Embedding` before it and an `nn.Linear` after it are recognized by their shapes and come along. What
    else that module's `forward` computes, such as an activation after the head, is not in its weights. Dropout, which
    acts in training only, is not taken over, and `batch_first` is no part of the weights: Keras' arrays are
    (batch, steps, features). The state begins at zero, as PyTorch's does when it is given none.

    Args:
        state: the module; or its `state_dict()`, name → tensor or array; or a checkpoint that holds one as
            `"state_dict"` or `"model_state_dict"`; or the path of a file with one of these (`.pt`, `.pth`, `.npz`,
            `.safetensors`), of which weights are read and no code is run. PyTorch itself is needed for `torch.save`'s
            files only. float64 is rounded to float32; float16 and bfloat16 convert to it exactly.
        kind: `"rnn"`, `"gru"` or `"lstm"`, to be held against what the shapes say; None: what they say.
        nonlinearity: `"tanh"` or `"relu"` of an `nn.RNN`; None: the module's own. A `state_dict` does not tell it:
            there None means tanh, PyTorch's default.
        steps: of a window, if it is to be fixed; None: any number.
        return_sequences: True for an answer at every step, PyTorch's `output`; False for the last alone.
        last: which last one, of a model in both directions, where they differ: `"output"` for `output[:, -1]`, in
            which the backward direction has seen the last step only; `"state"` for `torch.cat([h_n[-2], h_n[-1]], 1)`,
            in which both have seen all. To be given exactly then; with one direction they are the same.

    Returns:
        A functional `keras.Model` of Keras' own layers (`SimpleRNN`, `GRU` with `reset_after=True`, `LSTM`, within
        `Bidirectional` for both directions), not compiled: its file needs nothing but Keras. It takes
        (batch, steps, features), or with an embedding ids (batch, steps), and gives (batch, outputs), or
        (batch, steps, outputs) with `return_sequences`. `to_litert` takes it to a phone.

    Raises:
        TypeError: neither a module, a mapping of names nor a path; tensors not of floating-point numbers.
        ValueError: missing, unknown, oddly shaped or non-finite tensors, by name; tensors that could be an embedding as
            well as a head; projections (`proj_size`); several recurrent modules; a file that holds anything but
            tensors, or is none; a `kind` or `nonlinearity` that is not the weights'; `last` lacking, or without use.

    The equations are in PyTorch's documentation of `torch.nn.RNN`, `GRU` and `LSTM`, and in that of Keras' layers; a
    GRU of PyTorch multiplies with the reset gate after the recurrent product, as cuDNN does and Keras with
    `reset_after=True`, not before it as in Cho et al. 2014.
    """
    if isinstance(state, str | os.PathLike):
        state = read_torch_file(state)
    return build(torch_weights(state, kind, nonlinearity), steps, return_sequences, last)


def build(weights: TorchWeights, steps: int | None, return_sequences: bool, last: str | None) -> Any:
    """The model of weights that are read already; the arguments are `from_torch`'s."""
    if steps is not None:
        check_integer("steps", steps, 1)
    check_choice("return_sequences", return_sequences, (False, True))
    check_last(weights, return_sequences, last)
    if weights.embedding is None:
        x = inputs = keras.Input((steps, weights.features))
    else:
        inputs = keras.Input((steps,), dtype="int32")
        embedding = keras.layers.Embedding(*weights.embedding.shape, name="embedding")
        x = embedding(inputs)  # (batch, steps, features)
        embedding.embeddings.assign(weights.embedding)
    pick = weights.directions == 2 and last == "output"
    for number, directions in enumerate(weights.layers):
        sequences = return_sequences or pick or number + 1 < len(weights.layers)
        x = _recurrent(weights, number, directions, sequences, x)  # (batch, steps, directions · units)
    if pick:
        x = x[:, -1]  # (batch, 2 · units)
    if weights.head_weight is not None:
        head = keras.layers.Dense(len(weights.head_weight), use_bias=weights.head_bias is not None, name="head")
        x = head(x)  # (batch, outputs), or (batch, steps, outputs)
        head.kernel.assign(weights.head_weight.T)
        if weights.head_bias is not None:
            head.bias.assign(weights.head_bias)
    return keras.Model(inputs, x, name=f"torch_{weights.kind}")


def _recurrent(weights: TorchWeights, number: int, directions: tuple[Direction, ...], sequences: bool, x: Any) -> Any:
    options: dict[str, Any] = {"use_bias": weights.bias, "return_sequences": sequences}
    if weights.kind == "rnn":
        options["activation"] = weights.nonlinearity
    if weights.kind == "gru":
        options["reset_after"] = True
    layer = _LAYERS[weights.kind](weights.units, name=f"{weights.kind}_l{number}", **options)
    layers = [layer]
    if len(directions) == 2:
        layer = keras.layers.Bidirectional(layer, merge_mode="concat")
        layers = [layer.forward_layer, layer.backward_layer]
    x = layer(x)
    for each, direction in zip(layers, directions, strict=True):
        for name, array in direction.to_keras(weights.kind).items():
            getattr(each.cell, name).assign(array)
    return x
