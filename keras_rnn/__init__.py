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
    from keras_rnn.forecaster.build import series_model
    from keras_rnn.forecaster.model import SeriesModel
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
    from keras_rnn.text.corpus import Corpus
    from keras_rnn.text.model import CharModel, char_model
    from keras_rnn.text.run import TextTraining
    from keras_rnn.text.training import train_text
    from keras_rnn.text.vocabulary import text_windows
    from keras_rnn.zero_shot.model import ZeroShotModel
    from keras_rnn.zoo.loading import load, verify

# Which module holds which public names. Nothing is imported before it is asked for: `import keras_rnn` stays free of
# TensorFlow, and `list_models` answers without it.
_HOLDS = {
    "artifacts.conversion": ("to_litert",),
    "artifacts.folder": ("export",),
    "catalog.models": ("list_models",),
    "forecaster.build": ("series_model",),
    "forecaster.model": ("SeriesModel",),
    "forecaster.training": ("train_series",),
    "gs10.data": ("load_gs10",),
    "gs10.model": ("GS10Model", "gs10_model"),
    "pytorch.keras_model": ("from_torch",),
    "rnn.cell": ("RNNCell",),
    "rnn.exchange": ("read_weights", "write_weights"),
    "rnn.initializers": ("ScaledIdentity",),
    "rnn.training": ("train",),
    "rnn.weights": ("CellWeights",),
    "series.history": ("series_windows",),
    "text.corpus": ("Corpus",),
    "text.model": ("CharModel", "char_model"),
    "text.run": ("TextTraining",),
    "text.training": ("train_text",),
    "text.vocabulary": ("text_windows",),
    "zero_shot.model": ("ZeroShotModel",),
    "zoo.loading": ("load", "verify"),
}
_MODULE_OF = {name: f"{__name__}.{module}" for module, names in _HOLDS.items() for name in names}
_REGISTERED = ("RNNCell", "ScaledIdentity", "CharModel", "GS10Model", "SeriesModel", "ZeroShotModel")

__all__ = [  # noqa: RUF022, by what they are for
    "char_model",
    "gs10_model",
    "series_model",
    "RNNCell",
    "ScaledIdentity",
    "CharModel",
    "GS10Model",
    "SeriesModel",
    "ZeroShotModel",
    "load",
    "list_models",
    "text_windows",
    "Corpus",
    "series_windows",
    "load_gs10",
    "train",
    "train_text",
    "TextTraining",
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
    if name in ("runtime", "insight"):
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _REGISTERED or name.endswith("_model"):  # one is enough for keras.models.load_model to know them all
        for each in _REGISTERED:
            importlib.import_module(_MODULE_OF[each])
    value = globals()[name] = getattr(importlib.import_module(_MODULE_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
