"""The GS10 forecaster: a window of yearly yields in, the next year's out, both in percent."""

from __future__ import annotations

from typing import Any

import pandas as pd

from keras_rnn.backend import keras
from keras_rnn.checks import check_choice, check_integer, check_number, check_seed
from keras_rnn.dates import FREQUENCIES, dated_history, forecast_frame
from keras_rnn.presets import CELLS, DEFAULT_CELL, DEFAULT_PRESET, FIRST_TEST_YEAR, PRESETS
from keras_rnn.recurrent import RecurrentModel, check_arguments, pretrained, recurrent_layers
from keras_rnn.series import annual_means, read_gs10, recursive_forecast

DEFAULT = PRESETS["gs10"]["levels"]
SCALINGS = ("levels",)


@keras.saving.register_keras_serializable(package="keras_rnn")
class GS10Model(RecurrentModel):
    """Yield forecaster: history (batch, window) in percent → recurrent layer → prediction (batch, 1) in percent.

    With `scaling="levels"` the graph itself takes each value to (value − low) / (high − low) and the answer back.
    A `keras.Model` in the functional style that carries its scale in its config, so the `.keras` file needs nothing
    beside it. Built by `gs10_model`; arguments as there.
    """

    kind = "gs10"
    input_axes = "yields in percent"

    def __init__(
        self,
        low: float,
        high: float,
        window: int = 6,
        units: int = 20,
        cell: str = DEFAULT_CELL,
        scaling: str = "levels",
        frequency: str = "annual",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        low, high = check_number("low", low, -1e6), check_number("high", high, -1e6)
        if not low < high:
            raise ValueError(f"`low` must be less than `high`. Received: low={low:g}, high={high:g}")
        window = check_integer("window", window, 1)
        units = check_integer("units", units, 1)
        check_choice("cell", cell, CELLS)
        check_choice("scaling", scaling, SCALINGS)
        check_choice("frequency", frequency, FREQUENCIES)
        seed = check_seed(seed)
        history = keras.Input((window,), name="history")  # (batch, window) percent
        x = (history - low) / (high - low)
        x = keras.ops.expand_dims(x, -1)  # (batch, window, 1)
        for layer in recurrent_layers(cell, units, 1, window, False, seed):
            x = layer(x)  # last: (batch, 1)
        prediction = x * (high - low) + low  # (batch, 1) percent
        super().__init__(inputs=history, outputs=prediction, **{"name": "gs10_model", **kwargs})
        self.low = low
        self.high = high
        self.window = window
        self.units = units
        self.cell = cell
        self.scaling = scaling
        self.frequency = frequency
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        return {
            "low": self.low,
            "high": self.high,
            "window": self.window,
            "units": self.units,
            "cell": self.cell,
            "scaling": self.scaling,
            "frequency": self.frequency,
            "seed": self.seed,
            "name": self.name,
            "trainable": self.trainable,
        }

    def forecast(self, history: Any, steps: int = 1) -> pd.DataFrame:
        """The next `steps` values; beyond the first each is computed from the ones before.

        Args:
            history: yearly yields in percent, oldest first, at least `window` of them; a Series indexed by dates
                or years, or any row of numbers.
            steps: years ahead, 1 to 1,000.

        Returns:
            A DataFrame with the column `mean` in percent, indexed by the dates that follow the history's, or by the
            steps 1, 2, … where it has none.

        Raises:
            TypeError: not numbers, or an index that is no dates.
            ValueError: too short, NaN or infinite values, wrong rank; dates unsorted, repeated, with gaps or not
                yearly; `steps` out of range.
        """
        values, dates = dated_history(history, self.window, self.frequency)
        means = recursive_forecast(self.predict_windows, values, self.window, steps)
        return forecast_frame(means, dates, self.frequency)

    def compile_recipe(self) -> None:
        """Compile with the recipe's loss (MSE, percent squared) and metric (MAE, percent)."""
        self.compile_with("mse", ["mae"], DEFAULT.recipe.learning_rate)


def training_range() -> tuple[float, float]:
    """Lowest and highest yearly mean of the training years, in percent: nothing is fitted on the test part."""
    years, means = annual_means(*read_gs10())
    means = means[years < FIRST_TEST_YEAR]
    return float(means.min()), float(means.max())


def gs10_model(
    weights: Any = DEFAULT_PRESET["gs10"],
    cell: str = DEFAULT_CELL,
    scaling: str | None = None,
    window: int | None = None,
    units: int | None = None,
    low: float | None = None,
    high: float | None = None,
    seed: int | None = None,
) -> GS10Model:
    """A forecaster of GS10, pretrained or to be trained, compiled with its recipe's loss and metric.

    Args:
        weights: the preset `"levels"` (the plain recipe on scaled levels); None for an untrained model; or the path
            of a `.keras` file of one.
        cell: `"simple_rnn"` for Keras' own layer, `"rnn_cell"` for the hand-written one. Weights of the one are
            converted, exactly, for the other.
        scaling: `"levels"`, the architecture where `weights=None`.
        window: years read at a time; None: the weights' own, or 6.
        units: size of the hidden state; None: the weights' own, or 20.
        low, high: the percent that are scaled to 0 and 1; None: the weights' own, or the range of the packaged
            series before 1990. For a series of your own, give the range of its training part.
        seed: of the initial weights, where `weights=None`.

    Returns:
        A `GS10Model`, a `keras.Model`: float32 history (batch, window) → prediction (batch, 1), both in percent.

    Raises:
        TypeError, ValueError: an argument of the wrong kind; a preset, cell or file there is not; a window, units,
            scaling or range that the weights were not trained with.
    """
    check_arguments(GS10Model, weights, cell, seed)
    wanted = {"scaling": scaling, "window": window, "units": units, "low": low, "high": high}
    if weights is None:
        default_low, default_high = training_range()
        model = GS10Model(
            low=default_low if low is None else low,
            high=default_high if high is None else high,
            window=DEFAULT.window if window is None else window,
            units=DEFAULT.units if units is None else units,
            cell=cell,
            scaling="levels" if scaling is None else scaling,
            seed=seed,
        )
    else:
        model = pretrained(GS10Model, weights, cell, wanted, {})
    model.compile_recipe()
    return model
