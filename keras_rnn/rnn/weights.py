"""The weights of one recurrent layer and its head as plain arrays, and their exchange between libraries.

One equation, h' = activation(x·kernel + h·recurrent_kernel + bias), o = h'·output_kernel + output_bias, and four
ways of storing it: `RNNCell` (one matrix for x and h together), `SimpleRNN` + `Dense`, the tutorial's two PyTorch
`nn.Linear`s, and PyTorch's one-layer `nn.RNN`. Conversions only cut, join and transpose, so they are exact; the
one sum is that of `nn.RNN`'s two biases.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.core.arrays import Array, as_array
from keras_rnn.core.checks import received

# others' names → ours, of the attributes or of `RNNCell`'s arrays
_SIMPLE_RNN = {"kernel": "kernel", "recurrent_kernel": "recurrent_kernel", "bias": "bias",
               "dense_kernel": "output_kernel", "dense_bias": "output_bias"}  # fmt: skip
_LINEARS = {"i2h.weight": "i2h_kernel", "i2h.bias": "i2h_bias", "i2o.weight": "i2o_kernel", "i2o.bias": "i2o_bias"}
NUMPY_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}


@dataclass(frozen=True, eq=False, repr=False)
class CellWeights:
    """Weights of a plain recurrent layer, in Keras' layout (inputs first).

    Attributes:
        kernel: (features, units).
        recurrent_kernel: (units, units).
        bias: (units,), or None.
        output_kernel: (units, outputs), or None where the output is the state.
        output_bias: (outputs,), or None.
    """

    kernel: Array
    recurrent_kernel: Array
    bias: Array | None = None
    output_kernel: Array | None = None
    output_bias: Array | None = None

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is not None or name in ("kernel", "recurrent_kernel"):
                object.__setattr__(self, name, as_array(name, value).copy())  # a copy: the owner may go on
        if self.kernel.ndim != 2:
            raise ValueError(f"`kernel` must have shape (features, units). Received: shape {self.kernel.shape}")
        units = self.kernel.shape[1]
        _check_shape("recurrent_kernel", self.recurrent_kernel, (units, units))
        _check_shape("bias", self.bias, (units,))
        if self.output_kernel is None:
            if self.output_bias is not None:
                raise ValueError(f"`output_bias` must come with an `output_kernel`. {received(self.output_bias)}")
        else:
            if self.output_kernel.ndim != 2 or self.output_kernel.shape[0] != units:
                raise ValueError(
                    f"`output_kernel` must have shape ({units}, outputs). Received: shape {self.output_kernel.shape}"
                )
            _check_shape("output_bias", self.output_bias, (self.output_kernel.shape[1],))

    def __repr__(self) -> str:
        return f"CellWeights({', '.join(f'{k}={v.shape}' for k, v in _present(**vars(self)).items())})"

    @property
    def features(self) -> int:
        return int(self.kernel.shape[0])

    @property
    def units(self) -> int:
        return int(self.kernel.shape[1])

    @property
    def outputs(self) -> int:
        return self.units if self.output_kernel is None else int(self.output_kernel.shape[1])

    def sha256(self) -> str:
        """A fingerprint of the numbers, the same wherever they are stored."""
        digest = hashlib.sha256()
        for name, value in _present(**vars(self)).items():
            digest.update(f"{name}{value.shape}{value.dtype.str}".encode())
            digest.update(value.tobytes())
        return digest.hexdigest()

    def forward(
        self,
        x: ArrayLike,
        h: ArrayLike | None = None,
        activation: Callable[[Array], Array] | None = np.tanh,
    ) -> tuple[Array, Array]:
        """The layer's equation in NumPy, in float64: the reference the other runtimes are held against.

        Args:
            x: inputs (batch, steps, features).
            h: the state to start from, (batch, units); None for zeros.
            activation: such as one of `NUMPY_ACTIVATIONS`; None for the tutorial's linear snippet.

        Returns:
            outputs (batch, steps, outputs) and the last state (batch, units).
        """
        x = as_array("x", x).astype(np.float64)
        if x.ndim != 3 or x.shape[1] == 0 or x.shape[2] != self.features:
            raise ValueError(f"`x` must have shape (batch, steps, {self.features}). Received: shape {x.shape}")
        kernel, recurrent = self.kernel.astype(np.float64), self.recurrent_kernel.astype(np.float64)
        state = np.zeros((len(x), self.units)) if h is None else as_array("h", h).astype(np.float64)
        _check_shape("h", state, (len(x), self.units))
        states = []
        for t in range(x.shape[1]):
            z = x[:, t] @ kernel + state @ recurrent  # (batch, units)
            z = z if self.bias is None else z + self.bias
            state = z if activation is None else activation(z)
            states.append(state)
        outputs = np.stack(states, axis=1)  # (batch, steps, units)
        if self.output_kernel is not None:
            outputs = outputs @ self.output_kernel.astype(np.float64)  # (batch, steps, outputs)
            outputs = outputs if self.output_bias is None else outputs + self.output_bias
        return outputs, state

    # RNNCell: one matrix for input and state together

    def to_rnn_cell(self) -> dict[str, Array]:
        """`i2h_kernel` (features + units, units), `i2h_bias`, and with a head `i2o_kernel`, `i2o_bias`."""
        return _present(
            i2h_kernel=np.concatenate([self.kernel, self.recurrent_kernel]),
            i2h_bias=self.bias,
            i2o_kernel=self.output_kernel,
            i2o_bias=self.output_bias,
        )

    @classmethod
    def from_rnn_cell(cls, arrays: Mapping[str, ArrayLike]) -> Self:
        """From what `to_rnn_cell` gives."""
        a = _take(arrays, {"i2h_kernel"}, {"i2h_bias", "i2o_kernel", "i2o_bias"})
        i2h = a["i2h_kernel"]
        if i2h.ndim != 2 or i2h.shape[0] <= i2h.shape[1]:
            raise ValueError(f"`i2h_kernel` must have shape (features + units, units). Received: shape {i2h.shape}")
        features = i2h.shape[0] - i2h.shape[1]
        return cls(i2h[:features], i2h[features:], a.get("i2h_bias"), a.get("i2o_kernel"), a.get("i2o_bias"))

    # SimpleRNN + Dense

    def to_simple_rnn(self) -> dict[str, Array]:
        """`kernel`, `recurrent_kernel`, `bias` of `SimpleRNN`, and `dense_kernel`, `dense_bias` of the head."""
        return _present(**{name: getattr(self, field) for name, field in _SIMPLE_RNN.items()})

    @classmethod
    def from_simple_rnn(cls, arrays: Mapping[str, ArrayLike]) -> Self:
        """From what `to_simple_rnn` gives."""
        a = _take(arrays, {"kernel", "recurrent_kernel"}, {"bias", "dense_kernel", "dense_bias"})
        return cls(**{_SIMPLE_RNN[name]: array for name, array in a.items()})

    # the tutorial's component: nn.Linear(features + units, units) and nn.Linear(units, outputs)

    def to_linears(self) -> dict[str, Array]:
        """The tutorial's `state_dict`: `i2h.weight` (units, features + units), `i2h.bias`, `i2o.weight`, `i2o.bias`."""
        cell = self.to_rnn_cell()
        return {name: _transposed(cell[ours]) for name, ours in _LINEARS.items() if ours in cell}

    @classmethod
    def from_linears(cls, arrays: Mapping[str, ArrayLike]) -> Self:
        """From what `to_linears` gives."""
        a = _take(arrays, {"i2h.weight"}, set(_LINEARS) - {"i2h.weight"})
        return cls.from_rnn_cell({_LINEARS[name]: _transposed(array) for name, array in a.items()})

    # torch.nn.RNN, one layer, one direction

    def to_torch_rnn(self) -> dict[str, Array]:
        """`nn.RNN`'s `state_dict`, the whole bias in `bias_ih_l0`, zeros in `bias_hh_l0`; a head as `head.weight`."""
        return _present(
            weight_ih_l0=_transposed(self.kernel),
            weight_hh_l0=_transposed(self.recurrent_kernel),
            bias_ih_l0=self.bias,
            bias_hh_l0=None if self.bias is None else np.zeros_like(self.bias),
            **{"head.weight": _transposed(self.output_kernel), "head.bias": self.output_bias},
        )

    @classmethod
    def from_torch_rnn(cls, arrays: Mapping[str, ArrayLike]) -> Self:
        """From a one-layer `nn.RNN`'s `state_dict` as arrays, with a `Linear` head's as `head.weight`, `head.bias`."""
        optional = {"bias_ih_l0", "bias_hh_l0", "head.weight", "head.bias"}
        a = _take(arrays, {"weight_ih_l0", "weight_hh_l0"}, optional)
        if ("bias_ih_l0" in a) != ("bias_hh_l0" in a):
            raise ValueError(f"`bias_ih_l0` and `bias_hh_l0` must come together. Received: {sorted(arrays)}")
        if "bias_ih_l0" in a:
            _check_shape("bias_hh_l0", a["bias_hh_l0"], a["bias_ih_l0"].shape)  # else they would broadcast
        return cls(
            _transposed(a["weight_ih_l0"]),
            _transposed(a["weight_hh_l0"]),
            a["bias_ih_l0"] + a["bias_hh_l0"] if "bias_ih_l0" in a else None,
            _transposed(a.get("head.weight")),
            a.get("head.bias"),
        )


def _check_shape(name: str, array: Array | None, shape: tuple[int, ...]) -> None:
    if array is not None and array.shape != shape:
        raise ValueError(f"`{name}` must have shape {shape}. Received: shape {array.shape}")


def _transposed(array: Array | None) -> Any:
    return None if array is None else np.ascontiguousarray(array.T)


def _present(**arrays: Array | None) -> dict[str, Array]:
    return {name: array for name, array in arrays.items() if array is not None}


def _take(arrays: Mapping[str, ArrayLike], needed: set[str], optional: set[str]) -> dict[str, Array]:
    if not isinstance(arrays, Mapping):
        raise TypeError(f"The arrays must be a dictionary by name. {received(arrays)}")
    missing, extra = needed - set(arrays), set(arrays) - needed - optional
    if missing or extra:
        raise ValueError(
            f"The arrays must be {', '.join(sorted(needed))} and may be {', '.join(sorted(optional))}. "
            f"Received: {', '.join(sorted(arrays)) or 'none'}"
        )
    return {name: as_array(name, array) for name, array in arrays.items()}
