"""`to_litert`: any Keras model with a recurrence to a LiteRT file that a phone runs, checked before it is written."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.artifacts.litert import document, litert_bytes, stepping_of, summary_of
from keras_rnn.artifacts.purpose import Purpose, purpose_of, purpose_of_own
from keras_rnn.catalog.metadata import BUFFER_NAME
from keras_rnn.catalog.names import ModelName, preset_of
from keras_rnn.core.checks import check_integer, received
from keras_rnn.core.files import FilePath, check_path
from keras_rnn.core.parity import TOLERANCE, largest_difference
from keras_rnn.core.types import Model
from keras_rnn.litert.convert import Conversion, LiteRTReport, write_compared
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.litert.quantization import UNUSABLE, check_quantize
from keras_rnn.rnn.model import RecurrentModel

USER_METADATA = "user"
RANDOM_WINDOWS = 20
MOST_BATCH = 10_000


def to_litert(
    model: Model,
    path: FilePath,
    window: int | None = None,
    signatures: Sequence[str] | None = None,
    quantize: str | None = None,
    calibration: Any = None,
    metadata: dict[str, Any] | None = None,
    unroll: bool | None = None,
    batch: int = 1,
    input_signature: Sequence[Any] | None = None,
    vocabulary: str | Sequence[str] | None = None,
    unit: str | None = None,
    frequency: str | None = None,
    columns: Sequence[str] | None = None,
    residuals: ArrayLike | None = None,
) -> LiteRTReport:
    """Convert a Keras model with a recurrence to a LiteRT file with built-in operators and static shapes only.

    For any built model: functional, Sequential or subclassed, with models inside it, several inputs and outputs,
    masks, states given and returned, images in front, recurrent layers of every kind and around any cell. The model is
    traced whole at a static shape; only the loops inside its recurrent layers are written anew, without the ops that a
    phone lacks. It computes in float32, whatever it was trained in. The package's own models get their own signatures.

    Args:
        model: the model.
        path: of the `.tflite` file; one already there is replaced.
        window: steps of a window, for a model of any length; None: the model's own.
        signatures: `"serving_default"` (a window → the model's outputs) and `"step"` (one step and the states `h_0`,
            `c_0`, … → the outputs and the new states); None: all that the model admits. A model whose steps, one after
            the other, do not answer as the window does has no step; the report's notes say why.
        quantize: None for float32; `"float16"`, which halves the file; `"dynamic_range"`, int8 weights with the rest in
            float32; or `"int8"`, integers all through. Inputs and outputs stay float32 (ids int32). The report says
            how far the file is from Keras then; one further off than a quarter of the largest answer is refused.
        calibration: for `"int8"`, windows as the model takes them, (windows, steps[, features]), some hundred that are
            like those to come: the range of every value is taken from them. By name where the model has several inputs.
        metadata: to be kept in the file as JSON, under the name "user".
        unroll: the loops as chains of ops, or each as one `WHILE`; None: chains where the file stays about as small as
            Keras' own export and a core's cache holds what they read; always in int8, and with dynamic range where all
            cells are plain ones.
        batch: rows of every input, up to 10,000. Another number, or a longer window, is an error when the file is run.
        input_signature: what a subclassed model takes, as in `keras.Model.export`: a `keras.InputSpec` with shape and
            dtype for each argument; None: what it was called with first, floats or, before an `Embedding`, ids.
        vocabulary: of a model that takes ids (batch, steps) to logits (batch[, steps], characters): the characters by
            id, a string or a list, U+FFFD (or "[UNK]") for all others. `keras_rnn.runtime.load` then makes text with
            the file; where it has a `step`, by carrying the state on, otherwise by reading the last window anew. Leave
            "step" out of `signatures` for a model whose training never went beyond a window.
        unit, frequency, columns, residuals: of a forecaster, which takes (batch, window[, features]) to the next values
            (batch, periods), as in `SeriesModel`; any of them lets `keras_rnn.runtime.load` forecast with the file.

    Returns:
        A report with the largest difference from Keras. One input is called `ids` (integers (batch, steps)) or `x`, one
        output `output`; several have Keras' names. With `vocabulary` they are `ids` and `logits`; of a forecaster
        `history` and `prediction`.

    Raises:
        TypeError: not a Keras model; metadata that JSON cannot hold; not a path.
        ValueError: a model that is not built, or that cannot be called with such windows; one that takes strings, has
            nothing to quantize, or has operators that LiteRT, or integers, cannot express. A window that is
            not the model's; a signature that it does not admit; a path that does not end in .tflite.
        ParityError: a file that would differ from Keras: nothing is written.
        OSError: the file cannot be written.
    """
    target = check_path(path)
    if target.suffix != ".tflite":
        raise ValueError(f"`path` must end in .tflite. {received(str(path))}")
    if window is not None:
        check_integer("window", window, 1)
    check_integer("batch", batch, 1, MOST_BATCH)
    check_quantize(quantize, calibration)
    purpose = purpose_of(vocabulary, unit, frequency, columns, residuals)
    try:
        extra = {} if metadata is None else {USER_METADATA: json.dumps(metadata, ensure_ascii=False)}
    except (TypeError, ValueError) as error:
        raise TypeError(f"`metadata` must be what JSON can hold. {received(metadata)}") from error
    if isinstance(model, RecurrentModel):
        refuse_own(model, window, {
            "input_signature": input_signature, "vocabulary": vocabulary, "unit": unit, "frequency": frequency,
            "columns": columns, "residuals": residuals,
        })  # fmt: skip
        purpose = purpose_of_own(model)
    if isinstance(model, RecurrentModel) and model.has_signatures:
        refuse_own(model, window, {"signatures": signatures, "metadata": metadata, "unroll": unroll})
        return write_compared(
            target,
            lambda kind: litert_bytes(model, None, {}, kind, calibration if kind else None, batch),
            lambda file, kind: (
                _difference(model, file, calibration if kind else None),
                TOLERANCE if kind is None else UNUSABLE,
            ),
            quantize,
            model,
        )
    if quantize is not None and calibration is None and isinstance(model, RecurrentModel):
        calibration = model.written_windows(RANDOM_WINDOWS)  # to compare on
    conversion = Conversion(
        model, window, batch, input_signature, signatures, quantize, calibration, unroll, purpose.names
    )
    of_the_file = file_metadata(model, conversion, purpose)
    return write_compared(
        target,
        lambda kind: conversion.content(kind, extra | of_the_file(kind)),
        conversion.difference,
        quantize,
        model,
        conversion.notes,
    )


def file_metadata(
    model: Model,
    conversion: Conversion,
    purpose: Purpose,
    name: ModelName | None = None,
    metrics: dict[str, float] | None = None,
) -> Callable[[str | None], dict[str, str]]:
    """What a file says of itself, by kind of quantization; nothing of a model without a purpose.

    Raises:
        ValueError: a model of other inputs or outputs than the purpose has.
    """
    if purpose.kind is None:
        return lambda _: {}
    keys = {
        "kind": purpose.kind,
        "name": str(name) if name else None,
        "window": conversion.inputs.inputs[0].shape[1],
        "units": getattr(model, "units", None) if isinstance(model, RecurrentModel) else None,
        "ahead": None,
        "settings": purpose.settings_of(conversion),
        "signatures": conversion.signatures,
        "card": {**summary_of(model, preset_of(name) if name else None), "metrics": metrics or {}},
    }
    return lambda quantize: {BUFFER_NAME: document(**keys, quantize=quantize)}


def _difference(model: RecurrentModel, file: LiteRTFile, calibration: Any) -> float:
    """The largest from Keras of an own model's window, step and what follows, as a part of the largest answer."""
    ((name, (shape, dtype)),) = file.inputs["serving_default"].items()
    x = model.random_windows(RANDOM_WINDOWS) if calibration is None else np.asarray(calibration)[:RANDOM_WINDOWS]
    x = np.resize(x, (-(-len(x) // shape[0]) * shape[0], *x.shape[1:])).astype(dtype)  # whole batches
    expected = np.asarray(model(x, training=False))
    module = model.signatures(shape[0])
    stepping, differences = stepping_of(model, module), [0.0]
    for i in range(0, len(x), shape[0]):
        rows, answers = {name: x[i : i + shape[0]]}, expected[i : i + shape[0]]
        found = [file.run("serving_default", rows)]
        if stepping is not None:
            found.append(stepping.run(file.run, rows))
        differences += [largest_difference(output[module.output_name], answers) for output in found]
        ((_, following),) = file.run(module.ahead_name, rows).items()  # (batch, N)
        differences.append(float(model.following_errors(rows[name], following).max()))
    return max(differences) / max(1.0, float(np.abs(expected).max()))


def refuse_own(model: RecurrentModel, window: int | None, settled: dict[str, Any]) -> None:
    """Refuse what the package's own models settle themselves."""
    if window not in (None, model.window):
        raise ValueError(f"`window` must be {model.window}, the model's own. {received(window)}")
    for name, value in settled.items():
        if value is not None:
            raise ValueError(
                f"`{name}` must be None for a {type(model).__name__}, which has its own. {received(value)}"
            )
