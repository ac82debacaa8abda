"""The GS10 forecaster: a window of yields in, the next period's out, both in percent."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.catalog.presets import DEFAULT_PRESET, FIRST_TEST_YEAR, PRESETS, WALKS_SCALE
from keras_rnn.catalog.pretrained import check_arguments, pretrained
from keras_rnn.core.arrays import Array
from keras_rnn.core.backend import keras
from keras_rnn.core.checks import check_choice
from keras_rnn.forecaster.model import LEARNING_RATE, SeriesModel
from keras_rnn.gs10.data import load_gs10
from keras_rnn.gs10.files import GS10_FILE, GS10_FREQUENCIES, read_gs10
from keras_rnn.rnn.cells import DEFAULT_CELL, PLAIN_CELLS
from keras_rnn.series.history import annual_means, series_windows

DEFAULT = PRESETS["gs10"][DEFAULT_PRESET["gs10"]]


@keras.saving.register_keras_serializable(package="keras_rnn")
class GS10Model(SeriesModel):
    """Yield forecaster: history (batch, window) in percent → recurrent layer → prediction (batch, 1) in percent.

    A `SeriesModel` of one feature in percent, yearly or monthly, with the residuals of GS10. Built by `gs10_model`;
    arguments as there.
    """

    kind = "gs10"
    data_file = GS10_FILE
    cells = PLAIN_CELLS
    input_axes = "yields in percent"
    frequency: str

    @property
    def least_scale(self) -> float:
        return 1.0

    def __init__(
        self,
        window: int = DEFAULT.window,
        units: int = DEFAULT.units,
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
        check_choice("frequency", frequency, GS10_FREQUENCIES)
        if scaling == "window" and scale is None:
            scale = WALKS_SCALE
        super().__init__(
            window=window, units=units, cell=cell, scaling=scaling, scale=scale, low=low, high=high, unit="percent",
            frequency=frequency, residuals=residuals, seed=seed, **{"name": "gs10_model", **kwargs},
        )  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        settled = ("features", "columns", "unit", "trained_to", "activation", "layers", "dropout")
        return {name: value for name, value in super().get_config().items() if name not in settled}

    def comparison_windows(self, count: int) -> Array:
        series, windows = load_gs10(self.frequency, "packaged"), self.random_windows(count)
        if len(series) <= self.window:
            return windows
        return np.concatenate([series_windows(series, self.window)[0].astype(np.float32), windows])

    def compile_recipe(self) -> None:
        """Compile with MSE, percent squared, as loss and MAE, percent, as metric."""
        self.compile_with("mse", ["mae"], LEARNING_RATE[self.scaling])


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
    wanted = {"scaling": scaling, "scale": scale, "low": low, "high": high, "frequency": frequency,
              "window": window, "units": units}  # fmt: skip
    if weights is None:
        settings: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
        if scaling == "levels":
            settings = dict(zip(("low", "high"), training_range(), strict=True)) | settings
        model = GS10Model(**settings, cell=cell, seed=seed)
    else:
        model = pretrained(GS10Model, weights, cell, wanted, {})
    model.compile_recipe()
    return model
