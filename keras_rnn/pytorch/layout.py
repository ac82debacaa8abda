"""A recurrent block's weights as PyTorch lays them out, and as Keras does.

PyTorch has a matrix's outputs as rows and the gates one below the other; Keras has inputs as rows and the gates side
by side. To convert is to cut, reorder and transpose, which is exact; the one sum is that of two biases.
"""

from dataclasses import dataclass

import numpy as np

from keras_rnn.core.arrays import Array
from keras_rnn.core.checks import check_choice, received

# kind → where the gates that Keras wants stand in PyTorch's rows: GRU r, z, n → z, r, h; LSTM i, f, g, o → i, f, c, o
GATES = {"rnn": (0,), "gru": (1, 0, 2), "lstm": (0, 1, 2, 3)}


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
        gate acts on the second alone.
        """

        def ordered(array: Array) -> Array:
            gates = np.split(array, len(GATES[kind]))
            return np.concatenate([gates[i] for i in GATES[kind]])

        arrays = {"kernel": ordered(self.weight_ih).T, "recurrent_kernel": ordered(self.weight_hh).T}
        if self.bias_ih is not None and self.bias_hh is not None:
            both = np.stack([ordered(self.bias_ih), ordered(self.bias_hh)])  # (2, gates · units)
            arrays["bias"] = both if kind == "gru" else both.sum(axis=0)
        return {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}


@dataclass(frozen=True, eq=False)
class TorchWeights:
    """A recurrent block with what stands before and after it.

    Attributes:
        kind: `"rnn"`, `"gru"` or `"lstm"`.
        nonlinearity: `"tanh"` or `"relu"`; of the gated kinds `"tanh"`.
        layers: the layers, each with one or two directions, the forward one first.
        name: of the block in the `state_dict`; empty for a recurrent module's own.
        embedding_name, embedding: `nn.Embedding`'s name and table (ids, features), or None.
        head_name, head_weight, head_bias: `nn.Linear`'s name, (outputs, directions · units) and (outputs,), or None.
    """

    kind: str
    nonlinearity: str
    layers: tuple[tuple[Direction, ...], ...]
    name: str = ""
    embedding_name: str | None = None
    embedding: Array | None = None
    head_name: str | None = None
    head_weight: Array | None = None
    head_bias: Array | None = None

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


def check_last(weights: TorchWeights, return_sequences: bool, last: str | None) -> None:
    """Refuse a `last` that is lacking, or without use: see `from_torch`."""
    if last is not None:
        check_choice("last", last, ("output", "state"))
        if return_sequences:
            raise ValueError(f"`last` must be None with `return_sequences`, which gives all steps. {received(last)}")
    elif weights.directions == 2 and not return_sequences:
        raise ValueError(
            "`last` must be 'output' (PyTorch's output[:, -1]) or 'state' (h_n of both directions) for a model in both "
            "directions, where they differ, unless `return_sequences` is given. Received: None"
        )
