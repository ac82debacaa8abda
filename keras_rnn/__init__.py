"""Small recurrent networks, from the cell's equation to the phone."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from keras_rnn import insight, runtime
    from keras_rnn.artifacts import export
    from keras_rnn.cell import RNNCell
    from keras_rnn.characters import CharModel, char_model
    from keras_rnn.conversion import to_litert
    from keras_rnn.datasets import load_gs10
    from keras_rnn.exchange import read_weights, write_weights
    from keras_rnn.forecaster import SeriesModel, series_model
    from keras_rnn.initializers import ScaledIdentity
    from keras_rnn.parity import verify
    from keras_rnn.registry import list_models
    from keras_rnn.series import series_windows
    from keras_rnn.series_training import train_series
    from keras_rnn.torch_import import from_torch
    from keras_rnn.training import train
    from keras_rnn.vocabulary import text_windows
    from keras_rnn.weights import CellWeights
    from keras_rnn.yields import GS10Model, gs10_model
    from keras_rnn.zoo import load

# Public name → the module that holds it. Nothing is imported before it is asked for: `import keras_rnn` stays free
# of TensorFlow, and `list_models` answers without it.
_PUBLIC = {
    "CellWeights": "weights",
    "CharModel": "characters",
    "GS10Model": "yields",
    "RNNCell": "cell",
    "ScaledIdentity": "initializers",
    "SeriesModel": "forecaster",
    "char_model": "characters",
    "export": "artifacts",
    "from_torch": "torch_import",
    "gs10_model": "yields",
    "insight": "",
    "list_models": "registry",
    "load": "zoo",
    "load_gs10": "datasets",
    "read_weights": "exchange",
    "runtime": "",
    "series_model": "forecaster",
    "series_windows": "series",
    "text_windows": "vocabulary",
    "to_litert": "conversion",
    "train": "training",
    "train_series": "series_training",
    "verify": "parity",
    "write_weights": "exchange",
}

_REGISTERED = {name: _PUBLIC[name] for name in ("RNNCell", "ScaledIdentity", "CharModel", "GS10Model", "SeriesModel")}

__all__ = [  # noqa: RUF022, by what they are for
    "char_model",
    "gs10_model",
    "series_model",
    "RNNCell",
    "ScaledIdentity",
    "CharModel",
    "GS10Model",
    "SeriesModel",
    "load",
    "list_models",
    "text_windows",
    "series_windows",
    "load_gs10",
    "train",
    "train_series",
    "export",
    "verify",
    "to_litert",
    "from_torch",
    "CellWeights",
    "read_weights",
    "write_weights",
    "runtime",
    "insight",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if not _PUBLIC[name]:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _REGISTERED:  # one class imported is enough for keras.models.load_model to know them all
        for module in _REGISTERED.values():
            importlib.import_module(f"{__name__}.{module}")
    value = getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
