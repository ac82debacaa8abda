"""A forecaster of any series: a window of one or several columns in, the first one's next value out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from keras_rnn.core.arrays import Array, Floats
from keras_rnn.core.backend import keras
from keras_rnn.core.checks import check_choice, check_integer, check_seed
from keras_rnn.forecaster.parts import WINDOW
from keras_rnn.forecaster.scale import check_columns, check_scaling
from keras_rnn.rnn.cells import DEFAULT_CELL, MOST_UNITS, MOST_WINDOW, check_recurrence
from keras_rnn.rnn.layers import recurrent_layers
from keras_rnn.rnn.model import RecurrentModel, windows_before
from keras_rnn.rnn.weights import NUMPY_ACTIVATIONS, CellWeights
from keras_rnn.series.backtest import Forecaster
from keras_rnn.series.dates import FREQUENCIES, dated_history, forecast_frame
from keras_rnn.series.history import check_residuals, recursive_forecast
from keras_rnn.series.intervals import intervals_around

if TYPE_CHECKING:
    from keras_rnn.rnn.graph import ExportModule

LEARNING_RATE = {"window": 0.001, "levels": 0.01}  # of `fit` by the user
UNITS = 20


@keras.saving.register_keras_serializable(package="keras_rnn")
class SeriesModel(RecurrentModel):
    """Forecaster: history (batch, window[, features]) → recurrent layer → prediction (batch, 1), in the series' unit.

    Of several features the first is forecast. With `scaling="window"` the graph subtracts each feature's last value in
    the window, divides by its `scale`, and takes the answer back: without biases, and with a head that starts at
    zeros, it begins as "no change" and, of a plain tanh cell, treats up and down alike. With `"levels"` it takes each
    value to (value − low) / (high − low), as plain recipes do. A `keras.Model` in the functional style that carries
    scale, residuals and the columns' names in its config, so the `.keras` file needs nothing beside it. Built by
    `series_model`; arguments as there, and besides:

    Args:
        columns: the features' names, which `forecast` looks for in a DataFrame.
        unit: of the first feature.
        frequency: that dates must have, one of `series.dates.FREQUENCIES`; None: any that rise.
        residuals: absolute errors by horizon, (horizons, count), for intervals.
        trained_to: the last date, or place, whose value it was trained on.
    """

    kind = "series"
    input_axes = "values"
    columns: tuple[str, ...] | None = None
    unit: str | None = None
    trained_to: str | None = None
    residuals: Floats | None
    scale: Any  # a float, or of several features a tuple
    low: Any
    high: Any

    def __init__(
        self,
        window: int = WINDOW,
        units: int = UNITS,
        features: int = 1,
        cell: str = DEFAULT_CELL,
        scaling: str = "window",
        scale: float | Sequence[float] | None = None,
        low: float | Sequence[float] | None = None,
        high: float | Sequence[float] | None = None,
        columns: Sequence[str] | None = None,
        unit: str | None = None,
        frequency: str | None = None,
        residuals: ArrayLike | None = None,
        trained_to: str | None = None,
        activation: str = "tanh",
        layers: int = 1,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        window = check_integer("window", window, 1, MOST_WINDOW)
        units = check_integer("units", units, 1, MOST_UNITS)
        features = check_integer("features", features, 1)
        scale, low, high = check_scaling(scaling, scale, low, high, features)
        by_window = scaling == "window"
        layers, dropout = check_recurrence(self.cells, cell, activation, layers, dropout)
        check_choice("frequency", frequency, (None, *FREQUENCIES))
        seed = check_seed(seed)
        history = keras.Input((window,) if features == 1 else (window, features), name="history")
        x = keras.ops.expand_dims(history, -1) if features == 1 else history  # (batch, window, features)
        each: Any = scale if by_window else np.subtract(high, low)
        sizes = np.asarray(np.atleast_1d(each), np.float32)  # (features,)
        shift = x[:, -1:] if by_window else np.reshape(np.asarray(low, np.float32), (1, 1, -1))  # (…, 1, features)
        x = (x - shift) / sizes
        shape: dict[str, Any] = {"activation": activation, "layers": layers, "dropout": dropout}
        if by_window:
            shape |= {"use_bias": False, "zero_head": True}
        for layer in recurrent_layers(cell, units, 1, window, False, seed, **shape):
            x = layer(x)  # last: (batch, 1)
        prediction = x * float(sizes[0]) + shift[:, 0, :1]  # (batch, 1)
        super().__init__(inputs=history, outputs=prediction, **{"name": "series_model", **kwargs})
        self.window, self.units, self.features, self.cell = window, units, features, cell
        self.scaling, self.scale, self.low, self.high = scaling, scale, low, high
        self.columns, self.unit, self.frequency = check_columns(columns, features), unit, frequency
        self.residuals = None if residuals is None else check_residuals(residuals)
        self.trained_to, self.activation, self.seed = trained_to, activation, seed
        self.layer_count, self.dropout = layers, dropout

    def get_config(self) -> dict[str, Any]:
        names = ("window", "units", "features", "cell", "scaling", "scale", "low", "high", "columns", "unit",
                 "frequency", "trained_to", "activation", "dropout")  # fmt: skip
        return {
            **{name: getattr(self, name) for name in names},
            "layers": self.layer_count,
            "residuals": None if self.residuals is None else self.residuals.tolist(),
            "seed": self.seed,
            "name": self.name,
            "trainable": self.trainable,
        }

    @property
    def sizes(self) -> Floats:
        """What counts as 1 inside, of each feature: (features,)."""
        sizes = self.scale if self.scaling == "window" else np.subtract(self.high, self.low)
        return np.atleast_1d(np.asarray(sizes, dtype=np.float64))

    @property
    def least_scale(self) -> float:
        return float(self.sizes[0])  # the unit may be anything

    @property
    def has_step(self) -> bool:
        return self.scaling == "levels"

    def signatures(self, batch: int | None) -> ExportModule:
        from keras_rnn.forecaster.signatures import SeriesSignatures  # TensorFlow, whatever Keras' backend is

        low = self.low if self.scaling == "levels" else None
        return SeriesSignatures(self.get_cell_weights(), self.window, batch, self.sizes, low, self.activation)

    def settings(self) -> dict[str, Any]:
        config = self.get_config()
        names = ("frequency", "scaling", "low", "high", "residuals", "features", "columns", "trained_to")
        return {"unit": self.unit, **{name: config[name] for name in names if name in config}}

    def random_windows(self, count: int) -> Array:
        low, high = (self.low, self.high) if self.scaling == "levels" else (0.0, 1.6 * np.asarray(self.scale))
        random = np.random.default_rng(0)
        return random.uniform(low, high, (count, *self.inputs[0].shape[1:])).astype(np.float32)

    def numpy_reference(self, inputs: Array) -> Floats:
        x = inputs.astype(np.float64).reshape(*inputs.shape[:2], -1)  # (windows, window, features)
        shift = x[:, -1:] if self.scaling == "window" else np.atleast_1d(self.low)[None, None]
        activate = NUMPY_ACTIVATIONS[self.activation]
        outputs, _ = self.get_cell_weights().forward((x - shift) / self.sizes, activation=activate)
        return np.asarray(outputs[:, -1] * self.sizes[0] + shift[:, 0, :1])  # (windows, 1)

    def following_errors(self, windows: Array, following: Array) -> Floats:
        values = following
        if windows.ndim == 3:  # the other features stay at their last values
            others = np.repeat(windows[:, -1:, 1:], following.shape[1], axis=1)  # (windows, N, features - 1)
            values = np.concatenate([following[..., None], others], axis=2)
        answers = self.predict_windows(windows_before(windows, values))  # (windows · N, 1)
        return np.asarray(np.abs(answers[:, 0] - following.reshape(-1)), np.float64)

    def forecast(self, history: Any, steps: int = 1, levels: Iterable[float] | float | None = None) -> pd.DataFrame:
        """The next `steps` values; beyond the first each is computed from the ones before.

        Of several features the others are held at their last values.

        Args:
            history: values in the model's unit and frequency, oldest first, at least `window` of them; a Series or
                DataFrame indexed by dates or years, or any row or rows of numbers.
            steps: periods ahead, 1 to 1,000.
            levels: of prediction intervals, in percent, such as `(80, 95)`: as wide as the errors that the model made
                last on the series it was judged on, which it carries with it, so that for another series they mean
                nothing; beyond the horizons of these they widen by rule.

        Returns:
            A DataFrame with the column `mean` in the model's unit, and for each level `lo_80`, `hi_80`; indexed by the
            dates that follow the history's, or by the steps 1, 2, … where none can be told.

        Raises:
            TypeError: not numbers, or an index that is no dates.
            ValueError: too short, NaN or infinite values, wrong rank or columns; dates unsorted, repeated, with gaps
                or of another frequency; `steps` out of range; `levels` of a model without residuals, or beyond what
                they can tell.
        """
        values, dates = self.read_history(history, self.window)
        means = recursive_forecast(self.predict_windows, values, self.window, steps)
        return forecast_frame(means, dates, self.frequency, intervals_around(means, self.residuals, levels))

    def read_history(self, history: Any, periods: int) -> tuple[Floats, pd.Index | None]:
        """`dates.dated_history` of at least so many periods, with this model's frequency and columns."""
        return dated_history(history, periods, self.frequency, self.features, self.columns)

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        """As any model's; the errors that the weights made before are no longer its own."""
        self.residuals = None
        return super().fit(*args, **kwargs)

    def set_cell_weights(self, weights: CellWeights) -> None:
        super().set_cell_weights(weights)
        self.residuals = None

    def take_weights(self, other: RecurrentModel) -> None:
        super().take_weights(other)
        self.residuals = None

    def compile_recipe(self) -> None:
        """Compile with MSE over the scale's square as loss and MAE, in the series' unit, as metric."""
        self.compile_with("mse", ["mae"], LEARNING_RATE[self.scaling], [1 / self.sizes[0] ** 2])


def forecaster_of(model: SeriesModel) -> Forecaster:
    """The model as what `walk_forward` calls."""
    return lambda history, steps: recursive_forecast(model.predict_windows, history, model.window, steps)
