"""Small recurrent networks, from the cell's equation to the phone."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from keras_rnn.core.version import __version__

if TYPE_CHECKING:
    from keras_rnn import insight, runtime
    from keras_rnn.artifacts.conversion import to_litert
    from keras_rnn.artifacts.folder import export
    from keras_rnn.catalog.models import list_models
    from keras_rnn.forecaster.model import SeriesModel, series_model
    from keras_rnn.forecaster.training import train_series
    from keras_rnn.gs10.data import load_gs10
    from keras_rnn.gs10.model import GS10Model, gs10_model
    from keras_rnn.pytorch.keras_model import from_torch
    from keras_rnn.rnn.cell import RNNCell
    from keras_rnn.rnn.exchange import read_weights, write_weights
    from keras_rnn.rnn.initializers import ScaledIdentity
    from keras_rnn.rnn.training import train
    from keras_rnn.rnn.weights import CellWeights
    from keras_rnn.series.history import series_windows
    from keras_rnn.text.model import CharModel, char_model
    from keras_rnn.text.vocabulary import text_windows
    from keras_rnn.zoo.loading import load, verify

# Public name → the module that holds it. Nothing is imported before it is asked for: `import keras_rnn` stays free
# of TensorFlow, and `list_models` answers without it.
_PUBLIC = {
    "CellWeights": "rnn.weights",
    "CharModel": "text.model",
    "GS10Model": "gs10.model",
    "RNNCell": "rnn.cell",
    "ScaledIdentity": "rnn.initializers",
    "SeriesModel": "forecaster.model",
    "char_model": "text.model",
    "export": "artifacts.folder",
    "from_torch": "pytorch.keras_model",
    "gs10_model": "gs10.model",
    "insight": "",
    "list_models": "catalog.models",
    "load": "zoo.loading",
    "load_gs10": "gs10.data",
    "read_weights": "rnn.exchange",
    "runtime": "",
    "series_model": "forecaster.model",
    "series_windows": "series.history",
    "text_windows": "text.vocabulary",
    "to_litert": "artifacts.conversion",
    "train": "rnn.training",
    "train_series": "forecaster.training",
    "verify": "zoo.loading",
    "write_weights": "rnn.exchange",
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
    if name in _REGISTERED or name.endswith("_model"):  # one is enough for keras.models.load_model to know them all
        for module in _REGISTERED.values():
            importlib.import_module(f"{__name__}.{module}")
    value = getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
