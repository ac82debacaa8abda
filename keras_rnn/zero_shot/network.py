"""The network: a recurrent cell over what is read, and a head whose answer is quantiles of the next value."""

from typing import Any

import numpy as np

from keras_rnn.core.backend import keras
from keras_rnn.core.types import Layer, Tensor
from keras_rnn.rnn.cell import RNNCell
from keras_rnn.rnn.gated import gru_states
from keras_rnn.rnn.recurrence import use_fast_loop
from keras_rnn.zero_shot.reading import CANDIDATES, FEATURES, MEDIAN, NUMBERS, PER_PLACE, QUANTILES, read

ops = keras.ops
CELLS = ("gru", "simple_rnn", "rnn_cell")
OUTPUTS = CANDIDATES + len(QUANTILES)
# which of the widths between two quantiles next to each other lie between the median and each: (widths, quantiles)
APART = np.array(
    [[(MEDIAN <= i < q) - (q <= i < MEDIAN) for q in range(len(QUANTILES))] for i in range(len(QUANTILES) - 1)],
    np.float32,
)


def cell_of(cell: str, units: int, seed: int | None) -> Layer:
    seeds = [None] * 2 if seed is None else [int(s) >> 1 for s in np.random.SeedSequence(seed).generate_state(2)]
    starts = {
        "kernel_initializer": keras.initializers.GlorotUniform(seeds[0]),
        "recurrent_initializer": keras.initializers.Orthogonal(seed=seeds[1]),
    }
    kinds = {"gru": keras.layers.GRUCell, "simple_rnn": keras.layers.SimpleRNNCell, "rnn_cell": RNNCell}
    return kinds[cell](units, **starts, name="cell")


def head_of(seed: int | None) -> Layer:
    """Begins near "no change", with quantiles some way apart."""
    bias = np.zeros(OUTPUTS, np.float32)
    bias[CANDIDATES + 1 :] = -1.0
    return keras.layers.Dense(
        OUTPUTS,
        kernel_initializer=keras.initializers.VarianceScaling(0.01, "fan_avg", "uniform", seed),
        bias_initializer=lambda shape, dtype=None: ops.convert_to_tensor(bias, dtype),
        name="head",
    )


def quantiles_of(outputs: Tensor, candidates: Tensor) -> Tensor:
    """The head's outputs (…, OUTPUTS) and the candidates (…, CANDIDATES) → quantiles (…, QUANTILES), all over sigma.

    The median is a mix of the candidates, of the first between none and all, plus a correction; the others lie apart
    from it by sums of positive widths, and so never cross.
    """
    first, mix, median, widths = ops.split(outputs, [1, CANDIDATES, CANDIDATES + 1], axis=-1)
    mix = ops.concatenate([ops.sigmoid(first), mix], axis=-1)
    median = median + ops.sum(mix * candidates, axis=-1, keepdims=True)
    return median + ops.matmul(ops.softplus(widths), APART)


def quantile_loss(error: Tensor) -> Tensor:
    """The quantiles' loss (Koenker and Bassett 1978), of values less quantiles (…, QUANTILES) its mean over them: (…,).

    Where all quantiles are one number it is half the absolute error.
    """
    levels = np.asarray(QUANTILES, np.float32)
    return ops.mean(ops.maximum(levels * error, (levels - 1) * error), axis=-1)


def training_network(cell: Layer, head: Layer, length: int) -> Any:
    """Features and candidates of whole series → quantiles of each next value: (batch, length, QUANTILES)."""
    features = keras.Input((length, FEATURES), name="features")
    candidates = keras.Input((length, CANDIDATES), name="candidates")
    if isinstance(cell, keras.layers.GRUCell):
        states = GRULoop(cell)(features)
    else:
        states = use_fast_loop(keras.layers.RNN(cell, return_sequences=True))(features)
    return keras.Model([features, candidates], quantiles_of(head(states), candidates))


class GRULoop(keras.layers.Layer):
    """A `GRUCell` over whole series, as quick as training needs it: (batch, steps, features) → every state."""

    def __init__(self, cell: Layer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cell = cell

    def build(self, shape: Any) -> None:
        if not self.cell.built:
            self.cell.build((shape[0], shape[-1]))
        self.built = True

    def call(self, x: Tensor) -> Tensor:
        cell = self.cell
        x = ops.transpose(x, (1, 0, 2))  # (steps, batch, features)
        p = ops.matmul(ops.reshape(x, (-1, x.shape[-1])), cell.kernel) + cell.bias[0]
        p = ops.reshape(p, (x.shape[0], -1, 3 * cell.units))
        h_0 = ops.zeros((ops.shape(x)[1], cell.units))
        h = gru_states(p, ops.copy(cell.recurrent_kernel), ops.copy(cell.bias[1]), h_0)
        return ops.transpose(h, (1, 0, 2))


@keras.saving.register_keras_serializable(package="keras_rnn")
class ForecastCell(keras.layers.Layer):
    """One value of a series and its season's length in, quantiles of the next value out: a cell for `keras.layers.RNN`.

    Input (batch, 2), the value NaN where it is not known. States: the recurrent cell's, (batch, units); what was read
    by place in the season, (batch, PER_PLACE, places), and of the whole series, (batch, NUMBERS). Before the first
    known value nothing happens, and the answer is zeros.

    Args:
        cell: `"gru"`, `"simple_rnn"` or `"rnn_cell"`.
        units: size of its state.
        places: longest season.
        seed: of the initial weights.
    """

    def __init__(self, cell: str, units: int, places: int, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind, self.units, self.places, self.seed = cell, units, places, seed
        self.cell, self.head = cell_of(cell, units, seed), head_of(seed)
        self.state_size = [units, (PER_PLACE, places), NUMBERS]
        self.output_size = len(QUANTILES)

    def build(self, shape: Any) -> None:
        self.cell.build((shape[0], FEATURES))
        self.head.build((shape[0], self.units))
        self.built = True

    def get_initial_state(self, batch_size: Any = None) -> list[Tensor]:
        sizes = (self.units,), (PER_PLACE, self.places), (NUMBERS,)
        return [ops.zeros((batch_size, *size), dtype="float32") for size in sizes]

    def call(self, inputs: Tensor, states: list[Tensor], training: bool = False) -> tuple[Tensor, list[Tensor]]:
        h, by_place, numbers = states
        value, season = inputs[:, :1], ops.clip(ops.round(inputs[:, 1:]), 1.0, float(self.places))
        each = ops.arange(self.places, dtype="float32")[None, None]  # (1, 1, places)

        def pick(by_place: Tensor, place: Tensor) -> Tensor:
            return ops.sum(ops.where(each == place[:, None], by_place, ops.zeros_like(by_place)), axis=2)

        def put(by_place: Tensor, place: Tensor, new: Tensor) -> Tensor:
            return ops.where(each == place[:, None], new[:, :, None], by_place)

        features, candidates, last, sigma, by_place, numbers = read(ops, by_place, numbers, value, season, pick, put)
        begun = numbers[:, :1] > 0  # (batch, 1)
        h = ops.where(begun, self.cell(features, [h])[0], h)
        quantiles = quantiles_of(self.head(h), candidates / sigma)  # (batch, QUANTILES)
        answer = last + sigma * quantiles
        return ops.where(begun, answer, ops.zeros_like(answer)), [h, by_place, numbers]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "cell": self.kind,
            "units": self.units,
            "places": self.places,
            "seed": self.seed,
        }
