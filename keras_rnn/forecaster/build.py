"""`series_model`: a forecaster that needs no training, or one to be trained."""

from collections.abc import Sequence
from typing import Any

from keras_rnn.catalog.names import model_folder, resolve
from keras_rnn.catalog.presets import DEFAULT_PRESET, PRESETS
from keras_rnn.catalog.pretrained import check_arguments, pretrained
from keras_rnn.core.checks import check_choice, received
from keras_rnn.forecaster.model import SeriesModel
from keras_rnn.forecaster.scale import settings_of
from keras_rnn.rnn.cells import DEFAULT_CELL
from keras_rnn.rnn.model import read_keras_file
from keras_rnn.zero_shot.model import ZeroShotModel


def series_model(
    weights: Any = "auto",
    cell: str | None = None,
    window: int | None = None,
    units: int | None = None,
    features: int | None = None,
    series: Any = None,
    scaling: str | None = None,
    scale: float | Sequence[float] | None = None,
    low: float | Sequence[float] | None = None,
    high: float | Sequence[float] | None = None,
    seed: int | None = None,
    activation: str | None = None,
    layers: int | None = None,
    dropout: float | None = None,
) -> Any:
    """A forecaster for any series that needs no training; or one of a series of your own, to be trained.

    The first, `"simulated"`, learned forecasting from simulated series alone: `series_model().forecast(history, 12)`.
    The other is compiled with its loss and metric; `train_series` builds one and trains it by a recipe that has been
    tried.

    Args:
        weights: `"simulated"`, of which all arguments but `cell` are settled; None for an untrained model; or the path
            of a `.keras` file. `"auto"`: `"simulated"` where no other argument but its `cell` is given, else None.
        cell: of `"simulated"`, `"gru"` (default), `"simple_rnn"` or `"rnn_cell"`. Of others `"simple_rnn"` for Keras'
            own layer, `"rnn_cell"` for the hand-written one, weights of the one being converted, exactly, for the
            other; `"gru"` or `"lstm"`. None: the weights' own, or simple_rnn.
        window: periods read at a time, up to 10,000; None: the weights' own, or 6.
        units: size of the hidden state, up to 10,000; None: the weights' own, or 20.
        features: columns read, of which the first is forecast; None: the weights' or the series' own, or 1.
        series: the training part of the series, a pandas Series or DataFrame or an array (periods[, features]). The
            scale, and from pandas the columns' names, the frequency of the dates and `attrs["unit"]`, are taken from
            it; nothing is trained. Give no later values, for the scale would know of them.
        scaling: `"window"` (default) or `"levels"`.
        scale: with `"window"`, what counts as 1 inside, one number or one for each feature; None: the series' own, ten
            standard deviations of its changes; or 1.
        low, high: with `"levels"`, what are scaled to 0 and 1; None: the series' own range.
        seed: of the initial weights, where `weights=None`.
        activation: `"tanh"`, or of a plain cell for long windows `"relu"`, as in `char_model`; None: the weights' own,
            or tanh.
        layers: recurrent ones, each of so many units; None: the weights' own, or 1.
        dropout: the share of each recurrent layer's outputs that a training step leaves out, 0 to 0.9; None: a file's
            own, or 0.

    Returns:
        A `ZeroShotModel`; or a `SeriesModel`, a `keras.Model`: float32 history (batch, window), or (batch, window,
        features) of several → prediction (batch, 1), both in the unit of the series.

    Raises:
        TypeError, ValueError: an argument of the wrong kind; a cell or file there is not; a window, units, features,
            layers, scaling, scale or range that the weights were not trained with; a series of other features, that
            does not change, or with NaN; a `series` beside `weights`.
    """
    presets = PRESETS["series"]
    others = (window, units, features, series, scaling, scale, low, high, seed, activation, layers, dropout)
    if isinstance(weights, str) and weights == "auto":
        default = DEFAULT_PRESET["series"]
        no_other = all(other is None for other in others)
        weights = default if no_other and cell in (None, *presets[default].cells) else None
    if isinstance(weights, str) and weights in presets:
        check_choice("cell", cell, (None, *presets[weights].cells))
        if any(other is not None for other in others):
            raise ValueError(f"`weights` must be None for a model with sizes of its own. {received(weights)}")
        return simulated(weights, cell)
    check_arguments(SeriesModel, weights, cell, seed)
    wanted = {"window": window, "units": units, "features": features, "scaling": scaling, "scale": scale,
              "low": low, "high": high, "activation": activation, "layers": layers}  # fmt: skip
    free: dict[str, Any] = {} if dropout is None else {"dropout": dropout}  # that may change from training to training
    if weights is not None:
        if series is not None:
            raise ValueError(f"`series` must be None beside `weights`, which have their scale. {received(series)}")
        model: SeriesModel = pretrained(SeriesModel, weights, cell, wanted, free)
    else:
        settings: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
        if series is not None:
            settings = settings_of(series, scaling or "window", features) | settings
        model = SeriesModel(**settings, **free, cell=cell or DEFAULT_CELL, seed=seed)
    model.compile_recipe()
    return model


def simulated(preset: str, cell: str | None) -> ZeroShotModel:
    """A shipped `ZeroShotModel`, compiled."""
    name = resolve("/".join(["series", preset, *([cell] if cell else [])]))
    model: ZeroShotModel = read_keras_file(model_folder(name) / "model.keras", compile=False)
    model.compile_recipe()
    return model
