"""A model's LiteRT file, with all that its user needs to know inside."""

import importlib.metadata
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.catalog.metadata import BUFFER_NAME
from keras_rnn.catalog.metadata import SCHEMA as METADATA_SCHEMA
from keras_rnn.catalog.names import ModelName, preset_of
from keras_rnn.catalog.presets import Preset
from keras_rnn.core.arrays import Array
from keras_rnn.core.parity import stepped
from keras_rnn.core.version import __version__
from keras_rnn.litert.calibration import calibration_windows
from keras_rnn.litert.inputs import Input
from keras_rnn.litert.quantization import Samples
from keras_rnn.litert.tf_converter import convert
from keras_rnn.rnn.model import RecurrentModel

PACKAGES = ("tensorflow", "keras", "ai-edge-litert", "numpy", "pandas")


def litert_bytes(
    model: RecurrentModel,
    name: ModelName | None,
    metrics: dict[str, float],
    quantize: str | None = None,
    calibration: ArrayLike | None = None,
    batch: int = 1,
) -> bytes:
    """The LiteRT file with all that its user needs to know inside; `quantize` as in `to_litert`."""
    module = model.signatures(batch)
    functions, samples = module.functions(), None
    if calibration is not None:
        spec = functions["serving_default"].input_signature[0]
        given = Input(spec.name, tuple(spec.shape), spec.dtype.name, model.id_count)
        (windows,) = calibration_windows(calibration, [given]).values()
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


def samples_of(functions: dict[str, Any], windows: Array) -> Samples:
    """Inputs that each signature meets on these windows; a step's states are those that it gives itself."""
    samples: Samples = {}
    for name, function in functions.items():
        first, *states = function.input_signature
        if name != "step":
            samples[name] = {first.name: windows[:, None]}
            continue
        zeros = {spec.name: np.zeros(spec.shape, np.float32) for spec in states}
        samples[name] = _met_by_step(function, first.name, zeros, windows)
    return samples


def _met_by_step(function: Any, input_name: str, zeros: dict[str, Array], windows: Array) -> dict[str, Array]:
    met: list[Mapping[str, Array]] = []

    def run(_: str, inputs: Mapping[str, Array]) -> dict[str, Array]:
        met.append(inputs)
        result = function(inputs[input_name], *(inputs[name] for name in zeros))
        return {name if name in zeros else "output": np.asarray(value) for name, value in result.items()}

    for window in windows:
        stepped(run, window[None], zeros, input_name, "output", False)
    return {name: np.stack([inputs[name] for inputs in met]) for name in (input_name, *zeros)}
