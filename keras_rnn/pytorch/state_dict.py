"""What a PyTorch `state_dict` with an `nn.RNN`, `nn.GRU` or `nn.LSTM` in it says, as plain arrays.

PyTorch is not needed: a tensor is asked for `detach()` and `cpu()` if it has them, and is a NumPy array from there on.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_rnn.core.arrays import Array, as_array
from keras_rnn.core.checks import check_choice, received
from keras_rnn.pytorch.layout import GATES, Direction, TorchWeights

NONLINEARITIES = ("tanh", "relu")
NESTED = ("state_dict", "model_state_dict")  # where a checkpoint keeps it, beside the optimizer's
WRAPPERS = ("module.", "_orig_mod.")  # DataParallel, torch.compile
_RECURRENT = re.compile(r"((?:.*\.)?)((?:weight_ih|weight_hh|weight_hr|bias_ih|bias_hh)_l(\d+)(_reverse)?)")
_EXPECTED = (
    "`state` must hold the tensors of one nn.RNN, nn.GRU or nn.LSTM (weight_ih_l0, weight_hh_l0, …), and of at most "
    "one nn.Embedding before it and one nn.Linear after it."
)


def torch_weights(state: Any, kind: str | None = None, nonlinearity: str | None = None) -> TorchWeights:
    """Read a module, its `state_dict()`, or a checkpoint with one under `"state_dict"` or `"model_state_dict"`.

    Args:
        state: name → array or tensor, float16, bfloat16, float32 or float64; or the module.
        kind: `"rnn"`, `"gru"` or `"lstm"`, to be held against what the shapes say; None: what they say.
        nonlinearity: `"tanh"` or `"relu"` of an `nn.RNN`, which a `state_dict` does not tell; None: the module's, and
            tanh, PyTorch's default, where there is none.

    Raises:
        TypeError: neither a module nor a mapping of names; tensors that are not of floating-point numbers.
        ValueError: missing, unknown, oddly shaped or non-finite tensors, by name; projections (`proj_size`); another
            kind or nonlinearity than the one given.
    """
    if kind is not None:
        check_choice("kind", kind, GATES)
    if nonlinearity is not None:
        check_choice("nonlinearity", nonlinearity, NONLINEARITIES)
    tensors, modules = _tensors(state)
    prefix, suffixes, parts = _block(tensors)
    found = _kind(tensors, prefix)
    if kind not in (None, found):
        raise ValueError(f"`kind` must be {found!r}, as the shapes of the tensors say. {received(kind)}")
    layers = _layers(tensors, prefix, suffixes, parts)
    outputs = len(layers[0]) * layers[0][0].weight_hh.shape[1]
    rest = {name: tensor for name, tensor in tensors.items() if not _RECURRENT.fullmatch(name)}
    features = int(layers[0][0].weight_ih.shape[1])
    before, after = _around(rest, modules, features, int(outputs))
    if after is not None:
        _check_after(after, tensors, prefix, features)
    return TorchWeights(
        found,
        _nonlinearity(found, nonlinearity, modules.get(prefix.removesuffix("."))),
        layers,
        prefix.removesuffix("."),
        before,
        None if before is None else _array(f"{before}.weight", rest),
        after,
        None if after is None else _array(f"{after}.weight", rest),
        _array(f"{after}.bias", rest) if f"{after}.bias" in rest else None,
    )


def _tensors(state: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Name → tensor and, of a module, name → part, without the names that wrappers put before all of them."""
    modules = dict(state.named_modules()) if callable(getattr(state, "named_modules", None)) else {}
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
            modules = {f"{name}.".removeprefix(wrapper).removesuffix("."): part for name, part in modules.items()}
    return tensors, modules


def _block(tensors: dict[str, Any]) -> tuple[str, list[list[str]], list[str]]:
    """The names of the one recurrent block: its path with a dot or nothing, suffixes by layer and direction, parts."""
    matches = [match for name in tensors if (match := _RECURRENT.fullmatch(name))]
    prefixes = sorted({match[1] for match in matches})
    if not prefixes:
        raise ValueError(f"{_EXPECTED} Received: {_listed(tensors)}")
    if len(prefixes) > 1:
        raise ValueError(f"{_EXPECTED} Received: {len(prefixes)} recurrent blocks, {_listed(map(repr, prefixes))}")
    if projections := [match[0] for match in matches if "weight_hr" in match[2]]:
        raise ValueError(
            f"An LSTM must be without projections (proj_size=0), which Keras does not have. "
            f"Received: {_listed(projections)}"
        )
    numbers = sorted({int(match[3]) for match in matches})
    if numbers != list(range(len(numbers))):
        raise ValueError(f"Layers must be numbered from 0 without a gap. Received: {_listed(map(str, numbers))}")
    directions = ("", "_reverse") if any(match[4] for match in matches) else ("",)
    suffixes = [[f"_l{k}{direction}" for direction in directions] for k in numbers]
    parts = ["weight_ih", "weight_hh"]
    if any("bias" in match[2] for match in matches):
        parts += ["bias_ih", "bias_hh"]
    names = [f"{prefixes[0]}{part}{suffix}" for layer in suffixes for suffix in layer for part in parts]
    if missing := [name for name in names if name not in tensors]:
        raise ValueError(f"{_EXPECTED} Missing: {_listed(missing)}. Received: {_listed(tensors)}")
    if odd := sorted({match[0] for match in matches} - set(names)):  # such as weight_ih_l01
        raise ValueError(f"{_EXPECTED} Received: {_listed(odd)}")
    return prefixes[0], suffixes, parts


def _kind(tensors: dict[str, Any], prefix: str) -> str:
    name = f"{prefix}weight_hh_l0"
    shape = _array(name, tensors).shape
    for kind, gates in GATES.items():
        if len(shape) == 2 and shape[1] and shape[0] == len(gates) * shape[1]:
            return kind
    raise ValueError(
        f"`{name}` must have shape (gates · units, units), of 1 (nn.RNN), 3 (nn.GRU) or 4 (nn.LSTM) gates. "
        f"Received: shape {shape}"
    )


def _layers(
    tensors: dict[str, Any], prefix: str, suffixes: list[list[str]], parts: list[str]
) -> tuple[tuple[Direction, ...], ...]:
    first = _array(f"{prefix}weight_ih_l0", tensors)
    rows, units = _array(f"{prefix}weight_hh_l0", tensors).shape
    if first.ndim != 2 or first.shape[0] != rows or not first.shape[1]:
        raise ValueError(f"`{prefix}weight_ih_l0` must have shape ({rows}, features). Received: shape {first.shape}")

    def direction(suffix: str, features: int) -> Direction:
        arrays = {part: _array(f"{prefix}{part}{suffix}", tensors) for part in parts}
        for part, array in arrays.items():
            shape = {"weight_ih": (rows, features), "weight_hh": (rows, units)}.get(part, (rows,))
            if array.shape != shape:
                raise ValueError(f"`{prefix}{part}{suffix}` must have shape {shape}. Received: shape {array.shape}")
        return Direction(**arrays)

    features = [int(first.shape[1])] + [len(suffixes[0]) * units] * (len(suffixes) - 1)  # that go into each layer
    return tuple(tuple(direction(s, n) for s in layer) for layer, n in zip(suffixes, features, strict=True))


def _around(
    rest: dict[str, Any], modules: dict[str, Any], features: int, outputs: int
) -> tuple[str | None, str | None]:
    """The names of the embedding and of the head, if the tensors admit one reading and one only."""
    groups: dict[str, set[str]] = {}
    for name in rest:
        group, dot, part = name.rpartition(".")
        if not dot or part not in ("weight", "bias"):
            raise ValueError(f"{_EXPECTED} Unknown: {_listed(rest)}. Received: shape {_shape(rest[name])} of {name!r}")
        groups.setdefault(group, set()).add(part)

    def fits(name: str | None, kind: str) -> bool:
        if name is None:
            return True
        if name in modules and kind not in {base.__name__ for base in type(modules[name]).__mro__}:
            return False
        weight, bias = _shape(rest.get(f"{name}.weight")), _shape(rest.get(f"{name}.bias"))
        if len(weight) != 2 or not weight[0]:
            return False
        if kind == "Embedding":
            return groups[name] == {"weight"} and weight[1] == features
        return weight[1] == outputs and ("bias" not in groups[name] or bias == weight[:1])

    names = [None, *groups]
    readings = [
        (before, after)
        for before in names
        for after in names
        if {before, after} - {None} == set(groups) and (before is None or before != after)
        if fits(before, "Embedding") and fits(after, "Linear")
    ]
    shapes = ", ".join(f"{name} {_shape(tensor)}" for name, tensor in sorted(rest.items()))
    if len(readings) > 1:
        raise ValueError(
            f"`state` must be the module, not its state_dict, where shapes alone do not tell an nn.Embedding (ids, "
            f"{features}) from an nn.Linear without bias (outputs, {outputs}). Received: {shapes}"
        )
    if not readings:
        raise ValueError(
            f"{_EXPECTED} The embedding's weight would be (ids, {features}), the linear layer's (outputs, {outputs}). "
            f"Unknown: {_listed(rest)}. Received: {shapes}"
        )
    return readings[0]


def _check_after(head: str, tensors: dict[str, Any], prefix: str, features: int) -> None:
    """Refuse a linear layer that stands before the recurrent one and could lead into it."""
    names = list(tensors)  # in the order in which the module registered them
    first = next(place for place, name in enumerate(names) if name.startswith(prefix) and _RECURRENT.fullmatch(name))
    if names.index(f"{head}.weight") < first and _shape(tensors[f"{head}.weight"])[0] == features:
        raise ValueError(
            f"A linear layer must come after the recurrent one; one that leads into it is not taken over. "
            f"Received: {head!r}, which stands before it and gives {features} numbers, as many as it reads"
        )


def _nonlinearity(kind: str, wanted: str | None, module: Any) -> str:
    mode = str(getattr(module, "mode", ""))  # RNN_TANH, RNN_RELU, GRU, LSTM
    own = mode.removeprefix("RNN_").lower() if mode.startswith("RNN_") else None
    if kind != "rnn" and wanted == "relu":
        raise ValueError(
            f"`nonlinearity` must be tanh for an nn.{kind.upper()}, which has no other. {received(wanted)}"
        )
    if own is not None and wanted not in (None, own):
        raise ValueError(f"`nonlinearity` must be {own!r}, the module's. {received(wanted)}")
    return wanted or own or "tanh"


def _array(name: str, tensors: Mapping[str, Any]) -> Array:
    """A tensor as float64, which float16, bfloat16 and float32 convert to exactly."""
    value = tensors[name]
    try:
        for method in ("detach", "cpu"):
            value = getattr(value, method)() if callable(getattr(value, method, None)) else value
        if str(getattr(value, "dtype", None)) == "torch.bfloat16":  # NumPy has none of its own
            value = value.float()
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:  # ragged; sparse; without data, as on the device "meta"
        raise ValueError(f"`{name}` must be a dense tensor of numbers. {received(tensors[name])}") from error
    return as_array(name, array, kinds="f", finite_in=np.float32).astype(np.float64)  # as Keras will have it


def _shape(tensor: Any) -> tuple[int, ...]:
    try:
        return tuple(int(size) for size in np.shape(tensor))
    except ValueError:  # rows of different length
        return ()


def _listed(names: Any, most: int = 8) -> str:
    names = list(names)
    more = f", … ({len(names):,} in all)" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none"
