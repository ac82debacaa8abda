"""A model's LiteRT file, with all that its user needs to know inside."""

import importlib.metadata
import json
from typing import Any

from numpy.typing import ArrayLike

from keras_rnn.catalog.metadata import BUFFER_NAME
from keras_rnn.catalog.metadata import SCHEMA as METADATA_SCHEMA
from keras_rnn.catalog.names import ModelName, preset_of
from keras_rnn.catalog.presets import Preset
from keras_rnn.core.version import __version__
from keras_rnn.litert.quantization import as_windows, samples_of
from keras_rnn.litert.tf_converter import convert
from keras_rnn.rnn.model import RecurrentModel

PACKAGES = ("tensorflow", "keras", "ai-edge-litert", "numpy", "pandas")


def litert_bytes(
    model: RecurrentModel,
    name: ModelName | None,
    metrics: dict[str, float],
    quantize: str | None = None,
    calibration: ArrayLike | None = None,
) -> bytes:
    """The LiteRT file, batch 1, with all that its user needs to know inside; `quantize` as in `to_litert`."""
    module = model.signatures(1)
    functions, samples = module.functions(), None
    if calibration is not None:
        windows = as_windows(calibration, functions["serving_default"], (model.id_count or 0) - 1)
        samples = samples_of(functions, windows)
    preset = preset_of(name) if name else None
    metadata = {
        "schema": METADATA_SCHEMA,
        "keras_rnn": __version__,
        "kind": model.kind,
        "name": str(name) if name else None,
        "window": model.window,
        "units": model.units,
        "ahead": module.ahead,
        "quantize": quantize,
        "settings": model.settings(),
        "signatures": module.names(),
        "card": {**summary_of(model, preset), "metrics": metrics},
        "versions": versions(),
    }
    text = json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))
    return convert(module, functions, {BUFFER_NAME: text}, quantize, samples)


def summary_of(model: RecurrentModel, preset: Preset | None) -> dict[str, Any]:
    """The words of the card."""
    return {
        "title": f"{preset.title}, cell {model.cell}" if preset else f"A {type(model).__name__}, cell {model.cell}",
        "description": preset.description
        if preset
        else "Exported by keras_rnn; its data and training are not recorded here.",
        "license": "Apache-2.0" if preset else "not stated",
        "limits": list(preset.limits) if preset else [],
    }


def versions() -> dict[str, str]:
    return {package: importlib.metadata.version(package) for package in PACKAGES}
