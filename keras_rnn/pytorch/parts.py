"""What a PyTorch module is made of: its parts in the order in which they act, with their weights as PyTorch has them.

PyTorch has a matrix's outputs as rows and the gates one below the other; Keras has inputs as rows and the gates side
by side. To convert is to cut, reorder and transpose, which is exact; the one sum is that of two biases.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from keras_rnn.core.arrays import Array, as_array
from keras_rnn.core.checks import check_choice, received

# kind → where the gates that Keras wants stand in PyTorch's rows: GRU r, z, n → z, r, h; LSTM i, f, g, o → i, f, c, o
GATES = {"rnn": (0,), "gru": (1, 0, 2), "lstm": (0, 1, 2, 3)}
NONLINEARITIES = ("tanh", "relu")
CONCATENATING = "rnn_cell"  # the kind of a linear layer on [x, h]: an nn.RNN's equation, and `RNNCell`'s one matrix


@dataclass(frozen=True, eq=False)
class Embedding:
    """`nn.Embedding`: weight (ids, features)."""

    name: str
    weight: Array


@dataclass(frozen=True, eq=False)
class Linear:
    """`nn.Linear`: weight (outputs, features), bias (outputs,) or None."""

    name: str
    weight: Array
    bias: Array | None = None


@dataclass(frozen=True, eq=False)
class LayerNorm:
    """`nn.LayerNorm` over the last axis: weight and bias (features,), or None."""

    name: str
    weight: Array | None
    bias: Array | None
    epsilon: float = 1e-5


@dataclass(frozen=True, eq=False)
class Activation:
    """A function without weights, by Keras' name, and the slope or α of one that has such a number."""

    name: str
    value: float | None = None


@dataclass(frozen=True, eq=False)
class LeftOut:
    """A function of PyTorch's that no part stands for; of a concatenation also what was joined to x, (batch, size)."""

    name: str
    joined: Any = None


@dataclass(frozen=True, eq=False)
class Direction:
    """One direction of one layer, in PyTorch's layout and float64, which holds float32 exactly.

    Attributes:
        weight_ih: (gates · units, features).
        weight_hh: (gates · units, units).
        bias_ih: (gates · units,), or None.
        bias_hh: (gates · units,), or None.
    """

    weight_ih: Array
    weight_hh: Array
    bias_ih: Array | None = None
    bias_hh: Array | None = None

    def to_keras(self, kind: str) -> dict[str, Array]:
        """`kernel` (features, gates · units), `recurrent_kernel` (units, gates · units) and, if there is one, `bias`.

        All float32. The bias is (gates · units,), the sum of both; of a GRU they stay apart, (2, 3 · units): its reset
        gate acts on the second alone. Of a concatenation `i2h_kernel` (features + units, units) and `i2h_bias`.
        """

        def ordered(array: Array) -> Array:
            gates = np.split(array, len(GATES[kind]))
            return np.concatenate([gates[i] for i in GATES[kind]])

        if kind == CONCATENATING:
            arrays = {"i2h_kernel": np.concatenate([self.weight_ih.T, self.weight_hh.T])}
            if self.bias_ih is not None:
                arrays["i2h_bias"] = self.bias_ih
        else:
            arrays = {"kernel": ordered(self.weight_ih).T, "recurrent_kernel": ordered(self.weight_hh).T}
            if self.bias_ih is not None and self.bias_hh is not None:
                both = np.stack([ordered(self.bias_ih), ordered(self.bias_hh)])  # (2, gates · units)
                arrays["bias"] = both if kind == "gru" else both.sum(axis=0)
        return {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}


@dataclass(frozen=True, eq=False)
class Recurrent:
    """A recurrent module or cell, or a linear layer on a concatenation.

    Attributes:
        name: of the module; empty for one that is not part of another.
        kind: `"rnn"`, `"gru"`, `"lstm"`, or `CONCATENATING`.
        nonlinearity: `"tanh"`, or of the ungated kinds any of Keras' names.
        layers: each with one or two directions, the forward one first.
        initial: the states to begin with, h and for an LSTM c, each (layers · directions, batch or 1, units); None:
            zeros.
    """

    name: str
    kind: str
    nonlinearity: str
    layers: tuple[tuple[Direction, ...], ...]
    initial: tuple[Array, ...] | None = None

    @property
    def directions(self) -> int:
        return len(self.layers[0])

    @property
    def units(self) -> int:
        return int(self.layers[0][0].weight_hh.shape[1])

    @property
    def features(self) -> int:
        return int(self.layers[0][0].weight_ih.shape[1])

    @property
    def bias(self) -> bool:
        return self.layers[0][0].bias_ih is not None

    @property
    def torch_kind(self) -> str:
        """Such as `nn.GRU`; a concatenation's linear layer counts as an nn.RNN, whose equation it is."""
        return f"nn.{self.kind.removesuffix('_cell').upper()}"


Part: TypeAlias = Embedding | Linear | LayerNorm | Activation | LeftOut | Recurrent
Parts: TypeAlias = Sequence[Part]


def sizes(part: Part) -> tuple[int | None, int] | None:
    """How many numbers a step of a part reads and gives; it reads None for an id, and a function takes any number."""
    if isinstance(part, Recurrent):
        return part.features, part.directions * part.units
    if isinstance(part, Embedding):
        return None, len(part.weight[0])
    if isinstance(part, Linear):
        return part.weight.shape[1], len(part.weight)
    if isinstance(part, LayerNorm) and part.weight is not None:
        return len(part.weight), len(part.weight)
    return None


def is_chain(parts: Parts) -> bool:
    """Whether each part reads as many numbers as the one before it gives, and one of them is recurrent."""
    known = [size for size in map(sizes, parts) if size]
    follow = all(before[1] == after[0] for before, after in pairwise(known))
    return follow and any(isinstance(part, Recurrent) for part in parts)


def recurrent(parts: Parts) -> list[Recurrent]:
    return [part for part in parts if isinstance(part, Recurrent)]


def order(parts: Parts) -> str:
    """The parts' names, as an error or a remark shows them."""
    return " → ".join(label(part) for part in parts if not isinstance(part, LeftOut))


def label(part: Part) -> str:
    return part.name or (part.torch_kind if isinstance(part, Recurrent) else type(part).__name__)


def facts(parts: Parts) -> list[dict[str, Any]]:
    """What there is to be said of each part that has weights: name, kind, sizes."""
    said: list[dict[str, Any]] = []
    for part in parts:
        fact: dict[str, Any] = {"name": part.name, "kind": f"nn.{type(part).__name__}"}
        if isinstance(part, Recurrent):
            fact["kind"] = "nn.Linear of [x, h]" if part.kind == CONCATENATING else part.torch_kind
            fact |= {"nonlinearity": part.nonlinearity} if part.torch_kind == "nn.RNN" else {}
            fact |= {"layers": len(part.layers), "directions": part.directions, "features": part.features}
            fact |= {"units": part.units, "bias": part.bias}
        elif isinstance(part, Embedding):
            fact |= {"ids": len(part.weight), "features": part.weight.shape[1]}
        elif isinstance(part, Linear):
            fact |= {"features": part.weight.shape[1], "outputs": len(part.weight), "bias": part.bias is not None}
        said.append(fact)
    return said


def check_kind(parts: Parts, kind: str | None, nonlinearity: str | None) -> None:
    """Refuse a `kind` that no recurrent part is of, and a `nonlinearity` that is not theirs: see `from_torch`."""
    plain_kind = {part: part.torch_kind.removeprefix("nn.").lower() for part in recurrent(parts)}
    found = sorted(set(plain_kind.values()))
    if kind is not None and kind not in found:
        wanted = " or ".join(map(repr, found))
        raise ValueError(f"`kind` must be {wanted}, as the shapes of the tensors say. {received(kind)}")
    own = {part.nonlinearity for part, each in plain_kind.items() if each == "rnn"}
    if nonlinearity == "relu" and not own:
        gated = recurrent(parts)[0].torch_kind
        raise ValueError(f"`nonlinearity` must be tanh for an {gated}, which has no other. {received(nonlinearity)}")
    if nonlinearity is not None and own and nonlinearity not in own:
        raise ValueError(f"`nonlinearity` must be {own.pop()!r}, the module's. {received(nonlinearity)}")


def check_last(parts: Parts, return_sequences: bool, last: str | None, taken: str | None = None) -> str | None:
    """Refuse a `last` that is lacking, without use, or not the module's, where it is known: see `from_torch`."""
    if last is not None:
        check_choice("last", last, ("output", "state"))
        if return_sequences:
            raise ValueError(f"`last` must be None with `return_sequences`, which gives all steps. {received(last)}")
    if recurrent(parts)[-1].directions == 1 or return_sequences:
        return last
    if last is None and taken is None:
        raise ValueError(
            "`last` must be 'output' (PyTorch's output[:, -1]) or 'state' (h_n of both directions) for a model in both "
            "directions, where they differ, unless `return_sequences` is given. Received: None"
        )
    if last is not None and taken not in (None, last):
        raise ValueError(f"`last` must be {taken!r}, which the module's forward takes. {received(last)}")
    return last or taken


def begun(parts: Parts, initial_state: Any) -> list[Part]:
    """The parts with the recurrent one beginning from `initial_state`: see `from_torch`."""
    if len(recurrent(parts)) > 1:
        names = ", ".join(label(part) for part in recurrent(parts))
        raise ValueError(f"`initial_state` must be None for several recurrent modules. Received: it and {names}")
    (part,) = recurrent(parts)
    lstm = part.kind == "lstm"
    if lstm and (not isinstance(initial_state, list | tuple) or len(initial_state) != 2):
        raise ValueError(f"`initial_state` must be a pair of h_0 and c_0 for an LSTM. {received(initial_state)}")
    count = len(part.layers) * part.directions
    states = []
    for state in initial_state if lstm else [initial_state]:
        array = as_array("initial_state", plain("initial_state", state), finite_in=np.float32)
        array = array[None] if array.ndim == 2 and count == 1 else array  # a cell's: (batch, units)
        states.append(as_array("initial_state", array, (count, "batch", part.units)))
    if len({state.shape for state in states}) > 1:
        raise ValueError(f"`initial_state` must be a pair of one shape. {received([s.shape for s in states])}")
    return [replace(part, initial=tuple(states)) if other is part else other for other in parts]


def plain(name: str, value: Any) -> Array:
    """A tensor or whatever NumPy takes as an array; bfloat16, which NumPy has not, as float32."""
    try:
        for method in ("detach", "cpu"):
            value = getattr(value, method)() if callable(getattr(value, method, None)) else value
        return np.asarray(value.float() if str(getattr(value, "dtype", None)) == "torch.bfloat16" else value)
    except (TypeError, ValueError, RuntimeError) as error:  # ragged; sparse; without data, as on the device "meta"
        raise ValueError(f"`{name}` must be a dense tensor of numbers. {received(value)}") from error


def numbers(name: str, tensor: Any) -> Array:
    """A tensor as float64, which float16, bfloat16 and float32 convert to exactly.

    Raises:
        TypeError: not floating-point numbers.
        ValueError: not dense, or not finite in float32, as Keras will have them.
    """
    if not hasattr(tensor, "dtype"):  # lists, which can hold themselves without end
        raise ValueError(f"`{name}` must be a dense tensor of numbers. {received(tensor)}")
    return as_array(name, plain(name, tensor), kinds="f", finite_in=np.float32).astype(np.float64)
