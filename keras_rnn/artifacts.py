"""Export: a model's folder with the Keras archive, the SavedModel, the LiteRT file and the card."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from keras_rnn import __version__
from keras_rnn.backend import tf
from keras_rnn.cards import SCHEMA, check_replaceable, write_card
from keras_rnn.checks import received
from keras_rnn.files import FilePath, file_sha256, file_sizes, written_folder
from keras_rnn.litert import convert
from keras_rnn.litert_file import LiteRTFile
from keras_rnn.metadata import BUFFER_NAME
from keras_rnn.metadata import SCHEMA as METADATA_SCHEMA
from keras_rnn.parity import TOLERANCE, Check, ParityError, verify_artifacts
from keras_rnn.presets import Preset
from keras_rnn.quantisation import as_windows, samples_of
from keras_rnn.quiet import quiet_stderr
from keras_rnn.recurrent import RecurrentModel
from keras_rnn.registry import ModelName, preset_of
from keras_rnn.series import DATA
from keras_rnn.signatures import signatures_of

TEXT_SIGNATURE = (
    "`text` string (batch,) and `length` int32 () → `text` string (batch,), each prompt with so many characters added"
)
PACKAGES = ("tensorflow", "keras", "ai-edge-litert", "numpy", "pandas")


def export(model: Any, folder: FilePath, tolerance: float | None = None) -> list[Check]:
    """Write a model's folder: `model.keras`, SavedModel `1/`, `model.tflite`, `card.json` and `README.md`.

    Everything is checked against the Keras model before the folder takes its place; a folder already there is
    replaced as a whole, or on any error kept as it was.

    Args:
        model: a `CharModel`, `GS10Model` or `SeriesModel`.
        folder: where; its parents are made.
        tolerance: the largest absolute difference from the Keras model, in the output's unit; None as in `verify`.

    Returns:
        The checks, all passed.

    Raises:
        TypeError: another kind of model.
        ParityError: an artifact that differs from the Keras model.
        ValueError: a folder there that is not a model's.
        OSError: the folder cannot be written.
    """
    return write_artifacts(model, folder, None, {}, tolerance)


def write_artifacts(
    model: Any,
    folder: FilePath,
    name: ModelName | None,
    metrics: dict[str, float],
    tolerance: float | None = None,
    further: dict[str, Any] | None = None,
) -> list[Check]:
    """`export`, for a preset of the zoo too, whose name brings data, recipe and limits into the card.

    `further` goes into the card: `variants`, what `measure_variants` found of quantising it, and `evaluation`, a
    forecaster beside simpler ones.
    """
    if not isinstance(model, RecurrentModel):
        raise TypeError(f"A CharModel, GS10Model or SeriesModel was expected. {received(type(model))}")
    check_replaceable(folder)
    with written_folder(folder) as new, _os_errors():
        model.save(new / "model.keras")
        write_saved_model(model, new / "1")
        (new / "model.tflite").write_bytes(litert_bytes(model, name, metrics))
        checks = verify_artifacts(model, new, TOLERANCE if tolerance is None and name else tolerance)
        if failed := [check for check in checks if not check.passed]:
            raise ParityError(failed)
        write_card(new, card_of(model, new, name, metrics, checks) | (further or {}))
    return checks


@contextlib.contextmanager
def _os_errors() -> Iterator[None]:
    """TensorFlow reports a full disk in types of its own; users expect an OSError."""
    try:
        yield
    except tf.errors.OpError as error:
        raise OSError(str(error.message).splitlines()[0]) from error


def write_saved_model(model: RecurrentModel, folder: Path) -> None:
    """The SavedModel, batch free, in a folder that does not exist yet."""
    module = signatures_of(model, None)
    with quiet_stderr():
        tf.saved_model.save(module, str(folder), signatures=module.functions())


def litert_bytes(
    model: RecurrentModel,
    name: ModelName | None,
    metrics: dict[str, float],
    quantize: str | None = None,
    calibration: ArrayLike | None = None,
) -> bytes:
    """The LiteRT file, batch 1, with all that its user needs to know inside; `quantize` as in `to_litert`."""
    module = signatures_of(model, 1)
    functions, samples = module.functions(), None
    if calibration is not None:
        windows = as_windows(calibration, functions["serving_default"], len(getattr(model, "vocabulary", "")) - 1)
        samples = samples_of(functions, windows)
    config = model.get_config()
    preset = preset_of(name) if name else None
    if model.kind == "char":
        settings = {"vocabulary": config["vocabulary"]}
    else:
        kept = ["frequency", "scaling", "low", "high", "residuals"]
        kept += ["features", "columns", "trained_to"] if model.kind == "series" else []
        settings = {"unit": model.unit, **{key: config[key] for key in kept}}
    metadata = {
        "schema": METADATA_SCHEMA,
        "keras_rnn": __version__,
        "kind": model.kind,
        "name": str(name) if name else None,
        "window": model.window,
        "units": model.units,
        "ahead": module.ahead,
        "quantize": quantize,
        "settings": settings,
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


def card_of(
    model: RecurrentModel, folder: Path, name: ModelName | None, metrics: dict[str, float], checks: list[Check]
) -> dict[str, Any]:
    """The card of a folder whose artifacts are written."""
    preset = preset_of(name) if name else None
    weights = model.get_cell_weights()
    lite = LiteRTFile(folder / "model.tflite")

    def specs(of: dict[str, Any]) -> dict[str, Any]:
        return {key: {"dtype": str(dtype), "shape": [None, *shape[1:]]} for key, (shape, dtype) in of.items()}

    config = {k: v for k, v in model.get_config().items() if k not in ("name", "trainable", "seed", "cell")}
    return {
        "schema": SCHEMA,
        "name": str(name) if name else None,
        **summary_of(model, preset),
        "class": type(model).__name__,
        "cell": model.cell,
        "config": config,
        "parameters": int(model.count_params()),
        "weights_sha256": weights.sha256(),
        "data": {
            "description": preset.data,
            "file": preset.data_file,
            "sha256": file_sha256(DATA / preset.data_file),
        }
        if preset
        else None,
        "recipe": _recipe(model, preset) if preset else None,
        "metrics": metrics,
        "signatures": {
            key: {"inputs": specs(lite.inputs[key]), "outputs": specs(lite.outputs[key])} for key in lite.signatures
        },
        "text_signatures": {"generate_text": TEXT_SIGNATURE} if model.kind == "char" else {},
        "files": file_sizes(folder),
        "parity": [dataclasses.asdict(check) for check in checks],
        "versions": versions(),
        "threads": tf.config.threading.get_intra_op_parallelism_threads() or processors(),
    }


def processors() -> int:
    """Processors that this process may use, and so TensorFlow's threads where nobody set them."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _recipe(model: RecurrentModel, preset: Any) -> dict[str, Any]:
    recipe = {k: v for k, v in dataclasses.asdict(preset.recipe).items() if v is not None}
    if preset.recipe.walks:
        return {
            "optimizer": "Adam, its rate falling to 0 by a cosine",
            "loss": "squared error over the variance of the walk",
            "windows per update, simulated walks each seen once": recipe.pop("walks"),
            "median deviation of a walk over a period, percentage points": recipe.pop("median"),
            "deviation of its logarithm": recipe.pop("spread"),
            **recipe,
        }
    loss = "cross-entropy, nats" if preset.model == "char" else "mean squared error, percent squared"
    return {"optimizer": "Adam, full batches", "loss": loss, **recipe}
