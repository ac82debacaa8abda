"""The GS10 forecaster: a window of yields in, the next period's out, both in percent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from keras_rnn.backend import keras
from keras_rnn.checks import check_choice, check_integer, check_number, check_seed, received
from keras_rnn.dates import dated_history, forecast_frame
from keras_rnn.intervals import widths_of
from keras_rnn.presets import (
    CELLS,
    DEFAULT_CELL,
    DEFAULT_PRESET,
    FIRST_TEST_YEAR,
    GS10_FREQUENCIES,
    PRESETS,
    WALKS_SCALE,
)
from keras_rnn.recurrent import RecurrentModel, check_arguments, pretrained, recurrent_layers
from keras_rnn.series import annual_means, check_residuals, read_gs10, recursive_forecast
from keras_rnn.weights import CellWeights

DEFAULT = PRESETS["gs10"][DEFAULT_PRESET["gs10"]]
SCALINGS = ("window", "levels")
LEARNING_RATE = {"window": 0.001, "levels": PRESETS["gs10"]["levels"].recipe.learning_rate}  # of `fit` by the user


@keras.saving.register_keras_serializable(package="keras_rnn")
class GS10Model(RecurrentModel):
    """Yield forecaster: history (batch, window) in percent → recurrent layer → prediction (batch, 1) in percent.

    With `scaling="window"` the graph subtracts the window's last value, divides by `scale`, and takes the answer back:
    without biases, and with a head that starts at zeros, it begins as "no change" and treats up and down alike. With
    `"levels"` it takes each value to (value − low) / (high − low), as plain recipes do. A `keras.Model` in the
    functional style that carries its scale and residuals in its config, so the `.keras` file needs nothing beside it.
    Built by `gs10_model`; arguments as there.
    """

    kind = "gs10"
    input_axes = "yields in percent"

    def __init__(
        self,
        window: int = 6,
        units: int = 20,
        cell: str = DEFAULT_CELL,
        scaling: str = "window",
        scale: float | None = None,
        low: float | None = None,
        high: float | None = None,
        frequency: str = "annual",
        residuals: ArrayLike | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        self_scaled = check_choice("scaling", scaling, SCALINGS) == "window"
        if self_scaled:
            scale = _positive("scale", WALKS_SCALE if scale is None else scale)
            _refuse("scaling='window'", low=low, high=high)
        else:
            _refuse("scaling='levels'", scale=scale)
            low, high = check_number("low", low, -1e6), check_number("high", high, -1e6)
            if not low < high:
                raise ValueError(f"`low` must be less than `high`. Received: low={low:g}, high={high:g}")
        window = check_integer("window", window, 1)
        units = check_integer("units", units, 1)
        check_choice("cell", cell, CELLS)
        check_choice("frequency", frequency, GS10_FREQUENCIES)
        seed = check_seed(seed)
        history = keras.Input((window,), name="history")  # (batch, window) percent
        shift = history[:, -1:] if self_scaled else low  # (batch, 1), or one number
        size = scale if self_scaled else high - low  # type: ignore[operator]
        x = keras.ops.expand_dims((history - shift) / size, -1)  # (batch, window, 1)
        plain = {"use_bias": False, "zero_head": True} if self_scaled else {}
        for layer in recurrent_layers(cell, units, 1, window, False, seed, **plain):
            x = layer(x)  # last: (batch, 1)
        prediction = x * size + shift  # (batch, 1) percent
        super().__init__(inputs=history, outputs=prediction, **{"name": "gs10_model", **kwargs})
        self.window = window
        self.units = units
        self.cell = cell
        self.scaling = scaling
        self.scale = scale
        self.low = low
        self.high = high
        self.frequency = frequency
        self.residuals = None if residuals is None else check_residuals(residuals)
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        names = ("window", "units", "cell", "scaling", "scale", "low", "high", "frequency")
        return {
            **{name: getattr(self, name) for name in names},
            "residuals": None if self.residuals is None else self.residuals.tolist(),
            "seed": self.seed,
            "name": self.name,
            "trainable": self.trainable,
        }

    @property
    def usual_range(self) -> tuple[float, float]:
        """Percent between which values are at home: what random windows for comparisons are drawn from."""
        if self.low is not None and self.high is not None:
            return self.low, self.high
        assert self.scale is not None
        return 0.0, 1.6 * self.scale

    def forecast(self, history: Any, steps: int = 1, levels: Iterable[float] | float | None = None) -> pd.DataFrame:
        """The next `steps` values; beyond the first each is computed from the ones before.

        Args:
            history: yields in percent in the model's frequency, oldest first, at least `window` of them; a Series
                indexed by dates or years, or any row of numbers.
            steps: periods ahead, 1 to 1,000.
            levels: of prediction intervals, in percent, such as `(80, 95)`: as wide as the errors that the model made
                last on GS10, which it carries with it, so that for another series they mean nothing; beyond the
                horizons of these (5 years, 12 months) they widen by rule.

        Returns:
            A DataFrame with the column `mean` in percent, and for each level `lo_80`, `hi_80`; indexed by the dates
            that follow the history's, or by the steps 1, 2, … where it has none.

        Raises:
            TypeError: not numbers, or an index that is no dates.
            ValueError: too short, NaN or infinite values, wrong rank; dates unsorted, repeated, with gaps or of
                another frequency; `steps` out of range; `levels` of a model without residuals, or beyond what they
                can tell.
        """
        values, dates = dated_history(history, self.window, self.frequency)
        means = recursive_forecast(self.predict_windows, values, self.window, steps)
        widths = widths_of(self.residuals, levels, steps)
        return forecast_frame(means, dates, self.frequency, widths)

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        """As any model's; the errors that the weights made before are no longer its own."""
        self.residuals = None
        return super().fit(*args, **kwargs)

    def set_cell_weights(self, weights: CellWeights) -> None:
        super().set_cell_weights(weights)
        self.residuals = None

    def compile_recipe(self) -> None:
        """Compile with MSE, percent squared, as loss and MAE, percent, as metric."""
        self.compile_with("mse", ["mae"], LEARNING_RATE[self.scaling])


def _positive(name: str, value: Any) -> float:
    return check_number(name, value, 1e-9, 1e9)  # within float32, squares too


def _refuse(where: str, **values: Any) -> None:
    for name, value in values.items():
        if value is not None:
            raise ValueError(f"`{name}` must be None with {where}. {received(value)}")


def training_range() -> tuple[float, float]:
    """Lowest and highest yearly mean of the packaged training years, in percent: nothing is fitted on the test part."""
    years, means = annual_means(*read_gs10())
    means = means[years < FIRST_TEST_YEAR]
    return float(means.min()), float(means.max())


def gs10_model(
    weights: Any = DEFAULT_PRESET["gs10"],
    cell: str = DEFAULT_CELL,
    scaling: str | None = None,
    window: int | None = None,
    units: int | None = None,
    scale: float | None = None,
    low: float | None = None,
    high: float | None = None,
    frequency: str | None = None,
    seed: int | None = None,
) -> GS10Model:
    """A forecaster of GS10, pretrained or to be trained, compiled with its loss and metric.

    Args:
        weights: the preset `"annual"`, `"monthly"` (the same weights, with monthly residuals for its intervals) or
            `"levels"` (the plain recipe on scaled levels, kept for comparison); None for an untrained model; or the
            path of a `.keras` file of one.
        cell: `"simple_rnn"` for Keras' own layer, `"rnn_cell"` for the hand-written one. Weights of the one are
            converted, exactly, for the other.
        scaling: `"window"` (default) or `"levels"`, the architecture where `weights=None`.
        window: periods read at a time; None: the weights' own, or 6.
        units: size of the hidden state; None: the weights' own, or 20.
        scale: with `"window"`, the percentage points that count as 1 inside; None: the weights' own, or 10. For a
            series of your own, about ten times the standard deviation of its changes.
        low, high: with `"levels"`, the percent that are scaled to 0 and 1; None: the weights' own, or the range of
            the packaged series before 1990. For a series of your own, give the range of its training part.
        frequency: `"annual"` or `"monthly"`, which dates must have; None: the weights' own, or annual.
        seed: of the initial weights, where `weights=None`.

    Returns:
        A `GS10Model`, a `keras.Model`: float32 history (batch, window) → prediction (batch, 1), both in percent.

    Raises:
        TypeError, ValueError: an argument of the wrong kind; a preset, cell or file there is not; a window, units,
            scaling, scale, range or frequency that the weights were not trained with.
    """
    check_arguments(GS10Model, weights, cell, seed)
    sizes = {"window": window, "units": units}
    wanted = {"scaling": scaling, "scale": scale, "low": low, "high": high, "frequency": frequency, **sizes}
    if weights is None:
        given: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
        if scaling == "levels":
            default_low, default_high = training_range()
            given = {"low": default_low, "high": default_high} | given
        model = GS10Model(**({"window": DEFAULT.window, "units": DEFAULT.units} | given), cell=cell, seed=seed)
    else:
        model = pretrained(GS10Model, weights, cell, wanted, {})
    model.compile_recipe()
    return model
