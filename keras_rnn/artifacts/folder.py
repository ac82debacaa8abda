"""Export: a model's folder with the Keras archive, the SavedModel, the LiteRT file and the card."""

import dataclasses
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from keras_rnn.artifacts.conversion import refuse_own
from keras_rnn.artifacts.keras_folder import KerasArtifacts, settings_of
from keras_rnn.artifacts.litert import litert_bytes, summary_of, versions
from keras_rnn.artifacts.purpose import purpose_of, purpose_of_own
from keras_rnn.artifacts.verification import verify_artifacts
from keras_rnn.catalog.cards import SCHEMA, check_replaceable, write_card
from keras_rnn.catalog.names import ModelName, preset_of
from keras_rnn.catalog.presets import Preset
from keras_rnn.core.backend import tf
from keras_rnn.core.checks import check_number
from keras_rnn.core.files import FilePath, file_sha256, file_sizes, written_folder
from keras_rnn.core.parity import TOLERANCE, Check, ParityError
from keras_rnn.core.types import Model
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.rnn.graph import write_saved_model
from keras_rnn.rnn.model import RecurrentModel, weights_sha256


def export(
    model: Model,
    folder: FilePath,
    tolerance: float | None = None,
    window: int | None = None,
    vocabulary: str | Sequence[str] | None = None,
    unit: str | None = None,
    frequency: str | None = None,
    columns: Sequence[str] | None = None,
    residuals: ArrayLike | None = None,
) -> list[Check]:
    """Write a model's folder: `model.keras`, SavedModel `1/`, `model.tflite`, `card.json` and `README.md`.

    Everything is checked against the Keras model before the folder takes its place; a folder already there is
    replaced as a whole, or on any error kept as it was.

    Args:
        model: a `CharModel`, `GS10Model` or `SeriesModel`, or any Keras model with a recurrence.
        folder: where; its parents are made.
        tolerance: the largest difference from the Keras model; None as in `verify`.
        window, vocabulary, unit, frequency, columns, residuals: of any other Keras model, as in `to_litert`.

    Returns:
        The checks, all passed.

    Raises:
        TypeError: not a Keras model; an argument of the wrong kind.
        ParityError: an artifact that differs from the Keras model.
        ValueError: a folder there that is not a model's; a model or an argument that `to_litert` would refuse.
        OSError: the folder cannot be written.
    """
    given: dict[str, Any] = {"vocabulary": vocabulary, "unit": unit, "frequency": frequency, "columns": columns}
    given["residuals"] = residuals
    if isinstance(model, RecurrentModel):
        refuse_own(model, window, given)
        return write_artifacts(model, folder, None, {}, tolerance)
    return _write_traced(KerasArtifacts(model, window, purpose_of(**given)), folder, tolerance, None, {})


def write_artifacts(
    model: RecurrentModel,
    folder: FilePath,
    name: ModelName | None,
    metrics: dict[str, float],
    tolerance: float | None = None,
    further: dict[str, Any] | None = None,
    beside: Callable[[Path], None] | None = None,
) -> list[Check]:
    """`export`, for a preset of the zoo too, whose name brings data, recipe and limits into the card.

    `further` goes into the card: `variants`, what `measure_variants` found of quantizing it, and `evaluation`, a
    forecaster beside simpler ones. `beside` gets the folder, to put files of its own there.
    """
    if not model.has_signatures:
        artifacts = KerasArtifacts(model, None, purpose_of_own(model), name, metrics)
        of_preset = {"data": _data(preset_of(name)), "recipe": _recipe(preset_of(name))} if name else {}
        further = {**of_preset, "metrics": metrics, **(further or {})}
        return _write_traced(artifacts, folder, tolerance, name, further, beside)

    def write(new: Path) -> list[Check]:
        model.save(new / "model.keras")
        module = model.signatures(None)
        write_saved_model(module, module.functions(), new / "1")
        (new / "model.tflite").write_bytes(litert_bytes(model, name, metrics))
        return verify_artifacts(model, new, TOLERANCE if tolerance is None and name else tolerance)

    def card(new: Path, checks: list[Check]) -> dict[str, Any]:
        return _card_of(model, new, name, metrics, checks) | (further or {})

    return _written(folder, write, card, beside)


def _write_traced(
    artifacts: KerasArtifacts,
    folder: FilePath,
    tolerance: float | None,
    name: ModelName | None,
    further: dict[str, Any],
    beside: Callable[[Path], None] | None = None,
) -> list[Check]:
    if tolerance is not None:
        check_number("tolerance", tolerance, 0.0)

    def write(new: Path) -> list[Check]:
        artifacts.write(new)
        return artifacts.checks(new, tolerance)

    def card(new: Path, checks: list[Check]) -> dict[str, Any]:
        return {**_facts(new, name, checks), **artifacts.card(), **further}

    return _written(folder, write, card, beside)


def _written(
    folder: FilePath,
    write: Callable[[Path], list[Check]],
    card: Callable[[Path, list[Check]], dict[str, Any]],
    beside: Callable[[Path], None] | None,
) -> list[Check]:
    check_replaceable(folder)
    with written_folder(folder) as new:
        checks = write(new)
        if failed := [check for check in checks if not check.passed]:
            raise ParityError(failed)
        if beside is not None:
            beside(new)
        write_card(new, card(new, checks))
    return checks


def _facts(folder: Path, name: ModelName | None, checks: list[Check]) -> dict[str, Any]:
    """What a card says of the files themselves."""
    lite = LiteRTFile(folder / "model.tflite")

    def specs(of: dict[str, Any]) -> dict[str, Any]:
        return {key: {"dtype": str(dtype), "shape": [None, *shape[1:]]} for key, (shape, dtype) in of.items()}

    return {
        "schema": SCHEMA,
        "name": str(name) if name else None,
        "data": None,
        "recipe": None,
        "metrics": {},
        "signatures": {
            key: {"inputs": specs(lite.inputs[key]), "outputs": specs(lite.outputs[key])} for key in lite.signatures
        },
        "files": file_sizes(folder),
        "parity": [dataclasses.asdict(check) for check in checks],
        "versions": versions(),
        "threads": tf.config.threading.get_intra_op_parallelism_threads() or processors(),
    }


def _card_of(
    model: RecurrentModel, folder: Path, name: ModelName | None, metrics: dict[str, float], checks: list[Check]
) -> dict[str, Any]:
    """The card of a folder whose artifacts are written."""
    preset = preset_of(name) if name else None
    return {
        **_facts(folder, name, checks),
        **summary_of(model, preset),
        "class": type(model).__name__,
        "cell": model.cell,
        "config": settings_of(model),
        "parameters": int(model.count_params()),
        "weights_sha256": weights_sha256(model),
        "data": _data(preset, model.data_file) if preset else None,
        "recipe": _recipe(preset) if preset else None,
        "metrics": metrics,
        "text_signatures": dict(model.signatures(1).text_signatures),
    }


def _data(preset: Preset, file: Path | None = None) -> dict[str, str]:
    of_file = {} if file is None else {"file": file.name, "sha256": file_sha256(file)}
    return {"description": preset.data, **of_file}


def processors() -> int:
    """Processors that this process may use, and so TensorFlow's threads where nobody set them."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _recipe(preset: Preset) -> dict[str, Any]:
    recipe = {k: v for k, v in dataclasses.asdict(preset.recipe).items() if v is not None and (k, v) != ("updates", 0)}
    if preset.recipe.walks:
        return {
            "optimizer": "Adam, its rate falling to 0 by a cosine",
            "loss": "squared error over the variance of the walk",
            "windows per update, simulated walks each seen once": recipe.pop("walks"),
            "median deviation of a walk over a period, percentage points": recipe.pop("median"),
            "deviation of its logarithm": recipe.pop("spread"),
            **recipe,
        }
    if preset.recipe.simulated:
        return {
            "optimizer": "Adam, its rate falling to 0 by a cosine; the weights a running mean of the last 500",
            "loss": "pinball loss of nine quantiles over the better naive forecast's error, one step ahead and further",
            "series per update, simulated, each seen once": recipe.pop("simulated"),
            **recipe,
        }
    if preset.recipe.epochs:
        return {
            "optimizer": "Muon, its rate rising, then falling to 0 by a cosine; gradients clipped to a norm of 1",
            "loss": "cross-entropy, nats, of every character",
            "characters that gradients go back through": preset.window,
            **recipe,
        }
    loss = "cross-entropy, nats" if preset.model == "char" else "mean squared error, percent squared"
    return {"optimizer": "Adam, full batches", "loss": loss, **recipe}
