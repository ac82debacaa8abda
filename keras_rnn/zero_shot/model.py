"""A forecaster for any series, trained on simulated ones alone: a Keras model that reads a series value by value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from keras_rnn.core.arrays import Array
from keras_rnn.core.backend import keras
from keras_rnn.core.checks import check_choice, check_integer, check_seed
from keras_rnn.core.types import Tensor
from keras_rnn.rnn.cell import RNNCell
from keras_rnn.rnn.cells import MOST_UNITS
from keras_rnn.rnn.model import RecurrentModel
from keras_rnn.series.dates import forecast_frame, values_by_date
from keras_rnn.zero_shot.forecasting import forecast
from keras_rnn.zero_shot.network import CELLS, ForecastCell, quantile_loss
from keras_rnn.zero_shot.reading import QUANTILES
from keras_rnn.zero_shot.simulator import simulate

WINDOW, UNITS, PLACES = 600, 60, 168
LEARNING_RATE = 1e-4  # of `fit` by the user


def pinball(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The mean of `quantile_loss` where a value is known: (batch, window), its quantiles → (batch,)."""
    error = y_true[..., None] - y_pred
    known = error == error
    loss = quantile_loss(keras.ops.where(known, error, keras.ops.zeros_like(error)))  # (batch, window)
    count = keras.ops.sum(keras.ops.cast(known[..., 0], loss.dtype), axis=1)
    return keras.ops.sum(loss, axis=1) / keras.ops.maximum(count, 1.0)


keras.saving.register_keras_serializable(package="keras_rnn")(pinball)


@keras.saving.register_keras_serializable(package="keras_rnn")
class ZeroShotModel(RecurrentModel):
    """Forecaster: values (batch, window) and a season's length (batch, 1) → quantiles of what follows each value.

    The answer is (batch, window, 9), the quantiles of `zero_shot.reading.QUANTILES` in the unit of the values. A value
    that is NaN is not known: a gap, the future, or what would lie before a shorter series. The preprocessing is in the
    graph. Built by `series_model`; to be used through `forecast`.

    Args:
        window: values read, of which the last may be the future.
        units: size of the hidden state.
        places: longest season.
        cell: `"gru"`, `"simple_rnn"` or `"rnn_cell"`.
        seed: of the initial weights.
        column, trained_to: of the series that it was trained further on the name in a DataFrame and the last date, or
            place; None: it was not.
    """

    kind = "zero_shot"
    cells = CELLS
    activation = "tanh"

    def __init__(
        self,
        window: int = WINDOW,
        units: int = UNITS,
        places: int = PLACES,
        cell: str = "gru",
        seed: int | None = None,
        column: str | None = None,
        trained_to: str | None = None,
        **kwargs: Any,
    ) -> None:
        window, units = check_integer("window", window, 20, 10_000), check_integer("units", units, 1, MOST_UNITS)
        places, seed = check_integer("places", places, 1, window // 2), check_seed(seed)
        check_choice("cell", cell, CELLS)
        values, season = keras.Input((window,), name="values"), keras.Input((1,), name="season")
        each = keras.ops.maximum(season, keras.ops.cast(values > 0, "float32"))  # the season, which is 1 at the least
        given = keras.ops.stack([values, each], axis=-1)  # (batch, window, 2)
        layer = keras.layers.RNN(ForecastCell(cell, units, places, seed), return_sequences=True, name="rnn")
        super().__init__(inputs=[values, season], outputs=layer(given), **{"name": "zero_shot_model", **kwargs})
        self.window, self.units, self.places, self.cell, self.seed = window, units, places, cell, seed
        self.column, self.trained_to = column, trained_to

    @property
    def plain(self) -> bool:
        return False

    @property
    def has_signatures(self) -> bool:
        return False

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        return super(RecurrentModel, self).call(inputs, training=training, mask=mask)  # there is more than one input

    def get_config(self) -> dict[str, Any]:
        names = ("name", "trainable", "window", "units", "places", "cell", "seed")
        return {name: getattr(self, name) for name in names} | self._series()

    def take_weights(self, other: RecurrentModel) -> None:
        """The weights of a model of the same sizes; the plain cells exchange theirs."""
        mine, others = (model.get_layer("rnn").cell for model in (self, other))
        weights = others.get_weights()
        if {self.cell, other.cell} == {"simple_rnn", "rnn_cell"}:
            if isinstance(others.cell, RNNCell):
                joint, *rest = weights
                weights = [joint[: -self.units], joint[-self.units :], *rest]
            else:
                kernel, recurrent, *rest = weights
                weights = [np.concatenate([kernel, recurrent]), *rest]
        mine.set_weights(weights)

    def compile_recipe(self) -> None:
        """Compile with the pinball loss of the quantiles, over targets (batch, window) that are known."""
        self.compile_with(pinball, [], LEARNING_RATE)

    def settings(self) -> dict[str, Any]:
        return {"quantiles": list(QUANTILES), "places": self.places, **self._series()}

    def _series(self) -> dict[str, str]:
        """What is known of the series that it was trained further on."""
        known = {"column": self.column, "trained_to": self.trained_to}
        return {name: value for name, value in known.items() if value is not None}

    def random_windows(self, count: int) -> Any:
        """Simulated series, by input."""
        length = min(self.window, 256)
        simulated = simulate(count, length, seed=0)
        values = np.full((count, self.window), np.nan, np.float32)
        values[:, -length:] = np.where(simulated.observed, simulated.values, np.nan)
        return {"values": values, "season": np.minimum(simulated.seasons, self.places)[:, None].astype(np.float32)}

    def written_windows(self, count: int) -> None:
        return None

    def quantiles(self, values: Array, season: int) -> Array:
        """Rows (series, window) of one season → (series, window, QUANTILES)."""
        seasons = np.full((len(values), 1), season, np.float32)
        if self.on_tensorflow:
            from keras_rnn.core.backend import tf

            shapes = [tf.TensorSpec((None, *x.shape[1:]), tf.float32) for x in self.inputs]
            run = self.concrete("window", lambda *x: self(list(x), training=False), shapes)
            return np.asarray(run(tf.constant(values), tf.constant(seasons)))
        return np.asarray(keras.ops.convert_to_numpy(self([values, seasons], training=False)))

    def forecast(
        self,
        history: Any,
        steps: int = 1,
        levels: Iterable[float] | float | None = None,
        season: int | None = None,
    ) -> pd.DataFrame:
        """The next `steps` values of any series, without training on it.

        Args:
            history: a pandas Series with dates, periods or years, or a row of numbers, oldest first; from ten known
                values on; NaN where one is missing. Of a longer one the last `window` less `steps` are read; of a
                DataFrame the column that it was trained on.
            steps: periods ahead, up to half of `window`.
            levels: of prediction intervals, in percent, such as `(80, 95)`.
            season: places in a season, 1 for none. None: the year, week or day that goes with the dates' frequency, or
                without dates what the values show more of than chance would.

        Returns:
            A DataFrame with a row for each period, by its date where the series has dates in a frequency: `mean`, which
            is the median, and of each level `lo_80`, `hi_80`. What was found is in `attrs`: `season`, `logarithm`.

        Raises:
            TypeError: not numbers.
            ValueError: fewer than ten known values; infinite ones; dates unsorted or repeated; an argument out of
                range.
        """
        values, dates, frequency = values_by_date(history, self.column)
        found = forecast(self.quantiles, self.window, self.places, values, steps, levels, frequency, season)
        frame = forecast_frame(found.mean, dates, frequency, found.intervals)
        frame.attrs |= {"season": found.season, "logarithm": found.logarithm}
        return frame
