"""A PyTorch `state_dict` as the parts that its names and shapes tell of.

PyTorch is not needed: a tensor is asked for `detach()` and `cpu()` if it has them, and is a NumPy array from there on.
"""

import re
from collections.abc import Mapping
from itertools import permutations, product
from typing import Any

import numpy as np

from keras_rnn.core.checks import received
from keras_rnn.pytorch.parts import (
    CONCATENATING,
    GATES,
    Direction,
    Embedding,
    LayerNorm,
    Linear,
    Part,
    Parts,
    Recurrent,
    is_chain,
    label,
    numbers,
    order,
)

NESTED = ("state_dict", "model_state_dict")  # where a checkpoint keeps it, beside the optimizer's
WRAPPERS = ("module.", "_orig_mod.")  # DataParallel, torch.compile
_USUAL = (Embedding, Recurrent, Linear)
_RECURRENT = re.compile(r"((?:.*\.)?)(weight_ih|weight_hh|weight_hr|bias_ih|bias_hh)(?:_l(\d+)(_reverse)?)?")
_EXPECTED = (
    "`state` must hold the tensors of nn.RNN, nn.GRU or nn.LSTM (weight_ih_l0, weight_hh_l0, …), of their cells, or of "
    "an nn.Linear named i2h; and of nn.Embedding, nn.Linear and nn.LayerNorm around them."
)


def parts_of(state: Any, nonlinearity: str | None = None) -> tuple[list[Part], list[str]]:
    """Read a `state_dict`, or a checkpoint with one under `"state_dict"` or `"model_state_dict"`.

    Args:
        state: name → array or tensor, float16, bfloat16, float32 or float64; or what has a `state_dict()`.
        nonlinearity: `"tanh"` or `"relu"` of an nn.RNN, or of `i2h`; None: tanh, PyTorch's default, and for `i2h` none.

    Returns:
        The parts in the order in which they were registered, or, of an embedding, a recurrent part and a linear layer,
        in this one; and what had to be assumed, in words.

    Raises:
        TypeError: no mapping of names; tensors that are not of floating-point numbers.
        ValueError: missing, unknown, oddly shaped or non-finite tensors, by name; projections (`proj_size`); parts that
            do not read as many numbers as the one before gives; a matrix that may be an embedding or a linear layer.
    """
    tensors = tensors_of(state)
    groups = _groups(tensors)
    readings = [_readings(name, group, nonlinearity) for name, group in groups.items()]
    after = [[part for part in each if not isinstance(part, Embedding)] for each in readings[1:]]  # which stands first
    chains = [parts for parts in product(readings[0], *after) if is_chain(parts)]
    if len(readings) <= len(_USUAL):  # few enough for another order than that of registration to be the only one
        others = (parts for each in permutations(readings) for parts in product(*each))
        chains += [parts for parts in others if _is_usual(parts) and _is_chain(parts)]
    shapes = _listed(f"{name} {_shape(tensor)}" for name, tensor in tensors.items() if not _RECURRENT.fullmatch(name))
    if len({frozenset(part.name for part in parts if isinstance(part, Embedding)) for parts in chains}) > 1:
        raise ValueError(
            f"`state` must be the module, not its state_dict, where shapes alone do not tell an nn.Embedding (ids, "
            f"features) from an nn.Linear without bias (outputs, features). Received: {shapes}"
        )
    if not chains:
        blocks = [part for reading in readings for part in reading if isinstance(part, Recurrent)]
        read = _listed(f"{label(part)} {part.features} → {part.directions * part.units}" for part in blocks)
        raise ValueError(
            f"`state` must hold parts each of which reads as many numbers as the one before it gives, in the order in "
            f"which the module registered them. Received: {read}; {shapes}"
        )
    return list(chains[0]), _assumed(chains[0], nonlinearity)


def read_recurrent(name: str, tensors: Mapping[str, Any], nonlinearity: str = "tanh") -> Recurrent:
    """A recurrent module or cell, all of whose tensors are given by their full names.

    Raises:
        TypeError, ValueError: as of `parts_of`.
    """
    prefix = f"{name}." if name else ""
    matches = [match for each in tensors if (match := _RECURRENT.fullmatch(each))]
    if projections := [match[0] for match in matches if match[2] == "weight_hr"]:
        raise ValueError(
            f"An LSTM must be without projections (proj_size=0), which Keras does not have. "
            f"Received: {_listed(projections)}"
        )
    layers = sorted({int(match[3] or 0) for match in matches})
    if layers != list(range(len(layers))):
        raise ValueError(f"Layers must be numbered from 0 without a gap. Received: {_listed(map(str, layers))}")
    directions = ("", "_reverse") if any(match[4] for match in matches) else ("",)
    suffixes = [[f"_l{k}{direction}" for direction in directions] for k in layers]
    if all(match[3] is None for match in matches):
        suffixes = [[""]]  # a cell's
    kinds = ["weight_ih", "weight_hh"]
    if any("bias" in match[2] for match in matches):
        kinds += ["bias_ih", "bias_hh"]
    names = [f"{prefix}{kind}{suffix}" for layer in suffixes for suffix in layer for kind in kinds]
    if missing := [each for each in names if each not in tensors]:
        raise ValueError(f"{_EXPECTED} Missing: {_listed(missing)}. Received: {_listed(tensors)}")
    if odd := sorted({match[0] for match in matches} - set(names)):  # such as weight_ih_l01
        raise ValueError(f"{_EXPECTED} Received: {_listed(odd)}")
    arrays = {each: numbers(each, tensors[each]) for each in names}
    kind, rows, units, features = _sizes(f"{prefix}{{}}{suffixes[0][0]}", arrays)

    def direction(suffix: str, features: int) -> Direction:
        mine = {part: arrays[f"{prefix}{part}{suffix}"] for part in kinds}
        for part, array in mine.items():
            shape = {"weight_ih": (rows, features), "weight_hh": (rows, units)}.get(part, (rows,))
            if array.shape != shape:
                raise ValueError(f"`{prefix}{part}{suffix}` must have shape {shape}. Received: shape {array.shape}")
        return Direction(**mine)

    reads = [features] + [len(directions) * units] * (len(suffixes) - 1)  # each layer
    read = tuple(tuple(direction(s, n) for s in layer) for layer, n in zip(suffixes, reads, strict=True))
    return Recurrent(name, kind, nonlinearity if kind == "rnn" else "tanh", read)


def read_concatenating(name: str, weight: Any, bias: Any, nonlinearity: str, initial: Any = None) -> Recurrent:
    """A linear layer on [x, h] that gives the next h: weight (units, features + units), bias (units,) or None."""
    units = len(weight)
    features = weight.shape[1] - units
    one = Direction(weight[:, :features], weight[:, features:], bias)
    return Recurrent(name, CONCATENATING, nonlinearity, ((one,),), initial)


def tensors_of(state: Any) -> dict[str, Any]:
    """Name → tensor of a `state_dict` or a checkpoint, without the names that wrappers put before all of them."""
    tensors = state.state_dict() if callable(getattr(state, "state_dict", None)) else state
    for key in NESTED:
        if isinstance(tensors, Mapping) and isinstance(tensors.get(key), Mapping):
            tensors = tensors[key]
    if not isinstance(tensors, Mapping) or not all(isinstance(name, str) for name in tensors):
        raise TypeError(f"`state` must be a PyTorch module or its state_dict, tensors by name. {received(tensors)}")
    tensors = dict(tensors)
    for wrapper in WRAPPERS:
        if tensors and all(name.startswith(wrapper) for name in tensors):
            tensors = {name.removeprefix(wrapper): tensor for name, tensor in tensors.items()}
    return tensors


def _groups(tensors: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The tensors of each part by its name, parts in the order in which the module registered them."""
    recurrent = {name for name in tensors if _RECURRENT.fullmatch(name)}
    if not recurrent and not any(re.fullmatch(r"(.*\.)?i2h\.weight", name) for name in tensors):
        raise ValueError(f"{_EXPECTED} Received: {_listed(tensors)}")
    groups: dict[str, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        group, dot, part = name.rpartition(".")
        if name not in recurrent and (not dot or part not in ("weight", "bias")):
            rest = [other for other in tensors if other not in recurrent]
            raise ValueError(f"{_EXPECTED} Unknown: {_listed(rest)}. Received: shape {_shape(tensor)} of {name!r}")
        groups.setdefault(group, {})[name] = tensor
    return groups


def _readings(name: str, tensors: dict[str, Any], nonlinearity: str | None) -> list[Part]:
    """What a part can be: a matrix without bias is an embedding as well as a linear layer."""
    if any(_RECURRENT.fullmatch(each) for each in tensors):
        return [read_recurrent(name, tensors, nonlinearity or "tanh")]
    arrays = {each.rpartition(".")[2]: numbers(each, tensor) for each, tensor in tensors.items()}
    weight, bias = arrays.get("weight", np.zeros(())), arrays.get("bias")
    fits = bias is None or bias.shape == weight.shape[:1]
    if name.rpartition(".")[2] == "i2h" and weight.ndim == 2 and 0 < len(weight) < weight.shape[1] and fits:
        return [read_concatenating(name, weight, bias, nonlinearity or "linear")]
    if weight.ndim == 2 and weight.size and fits:
        return [Linear(name, weight, bias), *([Embedding(name, weight)] if bias is None else [])]
    if weight.ndim == 1 and weight.size and bias is not None and fits:
        return [LayerNorm(name, weight, bias)]
    shapes = ", ".join(f"{each} {_shape(tensor)}" for each, tensor in tensors.items())
    raise ValueError(f"{_EXPECTED} Unknown: {_listed(tensors)}. Received: {shapes}")


def _is_chain(parts: Parts) -> bool:
    return is_chain(parts) and not any(isinstance(part, Embedding) for part in parts[1:])


def _assumed(parts: Parts, nonlinearity: str | None) -> list[str]:
    assumed = []
    for part in parts:
        if isinstance(part, Recurrent) and nonlinearity is None and part.kind == "rnn":
            assumed.append(f"tanh in {label(part)}, which can be a relu")
        if isinstance(part, Recurrent) and nonlinearity is None and part.kind == CONCATENATING:
            assumed.append(f"no activation after {label(part)}")
        if isinstance(part, LayerNorm):
            assumed.append(f"eps {part.epsilon:g} in {label(part)}")
    if not _is_usual(parts):
        assumed.append(f"{order(parts)}, with no function in between")
    return assumed


def _is_usual(parts: Parts) -> bool:
    """Whether a recurrent part has at most an embedding before and a linear layer after it."""
    kinds = [type(part) for part in parts]
    return Recurrent in kinds and kinds == [kind for kind in _USUAL if kind in kinds]


def _sizes(name: str, arrays: Mapping[str, Any]) -> tuple[str, int, int, int]:
    """Kind, rows, units and features of a block, from its first layer's matrices."""
    shape, first = (arrays[name.format(part)].shape for part in ("weight_hh", "weight_ih"))
    kinds = [
        kind for kind, gates in GATES.items() if len(shape) == 2 and shape[1] and shape[0] == len(gates) * shape[1]
    ]
    if not kinds:
        raise ValueError(
            f"`{name.format('weight_hh')}` must have shape (gates · units, units), of 1 (nn.RNN), 3 (nn.GRU) or "
            f"4 (nn.LSTM) gates. Received: shape {shape}"
        )
    rows, units = shape
    if len(first) != 2 or first[0] != rows or not first[1]:
        raise ValueError(f"`{name.format('weight_ih')}` must have shape ({rows}, features). Received: shape {first}")
    return kinds[0], rows, units, first[1]


def _shape(tensor: Any) -> tuple[int, ...]:
    return tuple(int(size) for size in getattr(tensor, "shape", ()))


def _listed(names: Any, most: int = 8) -> str:
    names = list(names)
    more = f", … ({len(names):,} in all)" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none"
