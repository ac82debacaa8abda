"""A model's LiteRT file, with all that its user needs to know inside."""

import importlib.metadata
import json
from typing import Any

from numpy.typing import ArrayLike

from keras_rnn.catalog.metadata import BUFFER_NAME
from keras_rnn.catalog.metadata import SCHEMA as METADATA_SCHEMA
from keras_rnn.catalog.names import ModelName, preset_of
from keras_rnn.catalog.presets import Preset
from keras_rnn.core.types import Model
from keras_rnn.core.version import __version__
from keras_rnn.litert.calibration import calibration_windows, recorded_samples
from keras_rnn.litert.inputs import Input
from keras_rnn.litert.stepping import Stepping
from keras_rnn.litert.tf_converter import convert
from keras_rnn.rnn.graph import ExportModule
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
        given, stepping = window_of(model, module), stepping_of(model, module)
        samples = recorded_samples(functions, stepping, calibration_windows(calibration, [given]), batch)
    text = document(
        kind=model.kind,
        name=str(name) if name else None,
        window=model.window,
        units=model.units,
        ahead=module.ahead,
        quantize=quantize,
        settings=model.settings(),
        signatures=module.names(),
        card={**summary_of(model, preset_of(name) if name else None), "metrics": metrics},
    )
    return convert(module, functions, {BUFFER_NAME: text}, quantize, samples)


def document(**keys: Any) -> str:
    """The metadata of a file; `keys` as `catalog.metadata` names them, those of the writer apart."""
    written = {"schema": METADATA_SCHEMA, "keras_rnn": __version__, **keys, "versions": versions()}
    return json.dumps(written, ensure_ascii=False, separators=(",", ":"))


def summary_of(model: Model, preset: Preset | None) -> dict[str, Any]:
    """The words of the card."""
    if isinstance(model, RecurrentModel):
        title = f"{preset.title if preset else f'A {type(model).__name__}'}, cell {model.cell}"
    else:
        title = f"The Keras model {model.name}"
    return {
        "title": title,
        "description": preset.description
        if preset
        else "Exported by keras_rnn; its data and training are not recorded here.",
        "license": "Apache-2.0" if preset else "not stated",
        "limits": list(preset.limits) if preset else [],
    }


def versions() -> dict[str, str]:
    return {package: importlib.metadata.version(package) for package in PACKAGES}


def window_of(model: RecurrentModel, module: ExportModule) -> Input:
    """What an own model's signatures take."""
    return Input(module.input_name, module.step_name, module.window_shape, module.input_dtype.name, model.id_count)


def stepping_of(model: RecurrentModel, module: ExportModule) -> Stepping | None:
    """How an own model's signature `step` makes up a window, where there is one."""
    if not module.has_step:
        return None
    states = {"h_0": ((module.batch, module.units), "float32")}
    shape = (module.batch, module.window, module.outputs) if module.every_step else None
    return Stepping(module.window, (window_of(model, module),), states, {module.output_name: shape})
