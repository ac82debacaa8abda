"""The parts of a PyTorch module as its `forward` calls them: every function of one run is seen, of modules or not."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from keras_rnn.pytorch.parts import Activation, Embedding, LayerNorm, LeftOut, Linear, Part, label, numbers
from keras_rnn.pytorch.state_dict import read_concatenating, read_recurrent

# Keras' names by PyTorch's, both without underscores: of torch.log_softmax and Tensor.relu_ as of F.hardtanh
_ACTIVATIONS = {name.replace("_", ""): name for name in (
    "relu", "relu6", "tanh", "sigmoid", "silu", "gelu", "mish", "selu", "softplus", "softsign", "softmax",
    "log_softmax", "log_sigmoid", "hard_sigmoid", "hard_swish", "hard_tanh", "tanh_shrink",
)}  # fmt: skip
_ARGUMENTS = {
    "embedding": ("input", "weight"),
    "linear": ("input", "weight", "bias"),
    "layer_norm": ("input", "normalized_shape", "weight", "bias", "eps"),
    "leaky_relu": ("input", "negative_slope"),
    "elu": ("input", "alpha"),
}
_BLOCKS = ("rnn_tanh", "rnn_relu", "gru", "lstm")
_CELLS = ("rnn_tanh_cell", "rnn_relu_cell", "gru_cell", "lstm_cell")
# move numbers, or change their type, and compute nothing; with Python's underscores stripped: x.T is a `get`
_MOVES = {"get", "getitem", "setitem", "transpose", "permute", "swapaxes", "swapdims", "movedim", "t", "reshape",
          "view", "contiguous", "flatten", "unflatten", "squeeze", "unsqueeze", "expand", "expand_as", "unbind", "iter",
          "split", "chunk", "select", "narrow", "stack", "cat", "concat", "concatenate", "hstack", "clone", "detach",
          "to", "float", "long", "type_as", "dropout"}  # fmt: skip


class Refused(Exception):
    """Weights that are not taken: the error that says so is its cause."""


class Recorder(TorchFunctionMode):
    """While it is entered, what has been done to the numbers that are given, by the tensor that came of it.

    Args:
        given: the tensor that goes in.
        module: whose weights have names.
    """

    def __init__(self, given: Any, module: Any) -> None:
        super().__init__()
        self._names: dict[int, str] = {id(tensor): name for name, tensor in module.named_parameters()}
        self._chains: dict[int, tuple[Part, ...]] = {id(given): ()}
        self._kept = [given]  # an id is a tensor's own while that lives

    def parts(self, answer: Any) -> list[Part]:
        """What leads from the given tensor to an answer; empty if nothing does."""
        return list(self._chains.get(id(answer), ()))

    def __torch_function__(self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = function(*args, **kwargs)
        name = getattr(function, "__name__", str(function)).strip("_")
        chains = {self._chains[id(t)] for t in _tensors((args, kwargs)) if id(t) in self._chains}
        if chains and not name.startswith("new") and not name.endswith("_like"):  # zeros of x's kind are not made of x
            before = max(chains, key=len)
            try:
                chain = self._longer(before, name, args, kwargs)
            except (TypeError, ValueError) as error:  # not to be mistaken for one of the module's own
                raise Refused from error
            if len(chains) > 1 and not any(isinstance(part, LeftOut) for part in chain[len(before) :]):
                chain = (*chain, LeftOut(f"{name} of several tensors"))
            for tensor in _tensors(args[0] if name == "setitem" else result):
                self._chains[id(tensor)] = chain
                self._kept.append(tensor)
        return result

    def _longer(self, chain: tuple[Part, ...], name: str, args: Any, kwargs: Any) -> tuple[Part, ...]:
        """A chain and what one call adds to it."""
        given = dict(zip(_ARGUMENTS.get(name, ()), args, strict=False)) | kwargs
        weight, bias = given.get("weight"), given.get("bias")
        if name in _CELLS or (name in _BLOCKS and isinstance(args[3], bool)):  # not a packed sequence
            return (*chain, *self._recurrent(name, args))
        if name == "linear":
            joined = chain[-1].joined if chain and isinstance(chain[-1], LeftOut) else None
            path, arrays = self._path(weight, bias), (self._array(weight), self._array(bias))
            if joined is not None and joined.shape[-1] == len(weight):
                return (*chain[:-1], read_concatenating(path, *arrays, "linear", self._initial([joined], 1)))
            return (*chain, Linear(path, *arrays))
        if name == "embedding":
            return (*chain, Embedding(self._path(weight), self._array(weight)))
        if name == "layer_norm" and len(given["normalized_shape"]) == 1:
            arrays = self._array(weight), self._array(bias)
            return (*chain, LayerNorm(self._path(weight, bias) or name, *arrays, given.get("eps", 1e-5)))
        if name in ("leaky_relu", "elu"):
            value = given.get("negative_slope", 0.01) if name == "leaky_relu" else given.get("alpha", 1.0)
            return (*chain, Activation(name, float(value)))
        if (activation := _ACTIVATIONS.get(name.replace("_", ""))) is not None:
            return (*chain, Activation(activation))
        if name in ("cat", "concat", "concatenate"):
            first, *rest = _tensors((args, kwargs))
            others = [tensor for tensor in (first, *rest) if id(tensor) not in self._chains]
            if others:  # the tutorial's x and state, if these are two and x is the first
                return (*chain, LeftOut(name, others[0] if len(rest) == 1 and rest == others else None))
        return chain if name in _MOVES else (*chain, LeftOut(name))

    def _recurrent(self, name: str, args: Any) -> list[Part]:
        """The part of a call with (x, states, weights, …), and before it what is left out: how its states came."""
        if name in _BLOCKS:  # x, states, weights, has_biases, layers, dropout, training, bidirectional, batch_first
            flat, directions = args[2], ("", "_reverse") if args[7] else ("",)
            ends = [f"_l{k}{direction}" for k in range(args[4]) for direction in directions]
        else:
            flat, ends = [weight for weight in args[2:] if weight is not None], [""]
        kinds = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"][: 4 if len(flat) >= 4 * len(ends) else 2]
        if len(flat) > len(kinds) * len(ends):
            kinds.append("weight_hr")
        path = self._path(flat[0])
        names = [f"{path}.{kind}{end}".removeprefix(".") for end in ends for kind in kinds]
        nonlinearity = "relu" if "relu" in name else "tanh"
        part = read_recurrent(path, dict(zip(names, flat, strict=True)), nonlinearity)
        states = list(_tensors(args[1]))
        if any(id(state) in self._chains for state in states):
            return [LeftOut(f"the initial state of {label(part)}, which is computed from the input"), part]
        return [replace(part, initial=self._initial(states, len(ends)))]

    def _path(self, *weights: Any) -> str:
        """The name of the module that weights belong to; a computed one, as of a parametrization, has none."""
        named = (self._names[id(weight)] for weight in weights if id(weight) in self._names)
        return next(named, "").rpartition(".")[0]

    def _array(self, tensor: Any) -> Any:
        return None if tensor is None else numbers(self._names.get(id(tensor), "weight"), tensor)

    def _initial(self, states: list[Any], count: int) -> tuple[Any, ...] | None:
        """States as (layers · directions, 1, units), or None for zeros."""
        arrays = tuple(numbers("initial state", state).reshape(count, 1, -1) for state in states)
        return arrays if any(array.any() for array in arrays) else None


def _tensors(value: Any) -> Iterator[Any]:
    """All tensors within tuples, lists and dictionaries."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _tensors(item)
