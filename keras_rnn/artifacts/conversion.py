"""`to_litert`: any Keras RNN to a LiteRT file that a phone runs, checked before it is written."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.artifacts.litert import litert_bytes
from keras_rnn.core.arrays import Array
from keras_rnn.core.checks import check_integer, received
from keras_rnn.core.files import FilePath, check_path
from keras_rnn.core.types import Model
from keras_rnn.litert.convert import RANDOM_WINDOWS, LiteRTReport, content_of, random_windows, write_compared
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.litert.quantization import check_quantize
from keras_rnn.rnn.model import RecurrentModel

USER_METADATA = "user"


def to_litert(
    model: Model,
    path: FilePath,
    window: int | None = None,
    signatures: Sequence[str] | None = None,
    quantize: str | None = None,
    calibration: ArrayLike | None = None,
    metadata: dict[str, Any] | None = None,
    unroll: bool | None = None,
) -> LiteRTReport:
    """Convert a Keras RNN to a LiteRT file with built-in operators and static shapes only, batch 1.

    For any built model that is a chain: ids or values in; optional `Embedding` or other layers that act on each step;
    one or more recurrent layers (`SimpleRNN`, `GRU`, `LSTM`, `RNN` around any cell, stacked cells, `Bidirectional`);
    and `Dense`, `Dropout`, `Activation`, `LayerNormalization` and the like. The recurrence is lowered here, not
    exported; Keras' own graph with a free batch needs ops that no phone has. The package's own models get their own
    signatures.

    Args:
        model: the model.
        path: of the `.tflite` file; one already there is replaced.
        window: steps of a window, for a model of any length; None: the model's own.
        signatures: `"serving_default"` (window → `output`) and `"step"` (one step and the states `h_0`, `c_0`, … →
            `output` and the new states); None: all that the model admits. A bidirectional one has no step.
        quantize: None for float32; `"float16"`, which halves the file; `"dynamic_range"`, int8 weights with the rest in
            float32; or `"int8"`, integers all through. Inputs and outputs stay float32 (ids int32). The report says
            how far the file is from Keras then; one further off than a quarter of the largest answer is refused.
        calibration: for `"int8"`, windows as the model takes them, (windows, steps[, features]), some hundred that are
            like those to come: the range of every value is taken from them.
        metadata: to be kept in the file as JSON, under the name "user".
        unroll: the window's loop as a chain of ops, or as one `WHILE`; None: unrolled up to 16 steps; up to
            256 in int8, and with dynamic range where all cells are plain ones.

    Returns:
        A report with the largest difference from Keras.

    Raises:
        TypeError: not a Keras model; metadata that JSON cannot hold; not a path.
        ValueError: a model that cannot be lowered, with the layer's name and the reason; masks and `stateful` are
            refused, never ignored. One with nothing to quantize, or that integers cannot express. A window that is
            not the model's; a signature that it does not admit; a path that does not end in .tflite.
        ParityError: a file that would differ from Keras: nothing is written.
        OSError: the file cannot be written.
    """
    target = check_path(path)
    if target.suffix != ".tflite":
        raise ValueError(f"`path` must end in .tflite. {received(str(path))}")
    if window is not None:
        check_integer("window", window, 1)
    check_quantize(quantize, calibration)
    try:
        extra = {} if metadata is None else {USER_METADATA: json.dumps(metadata, ensure_ascii=False)}
    except (TypeError, ValueError) as error:
        raise TypeError(f"`metadata` must be what JSON can hold. {received(metadata)}") from error
    if not isinstance(model, RecurrentModel):
        content = content_of(model, window, signatures, quantize, calibration, extra, unroll)
        return write_compared(target, content, model, lambda file: random_windows(model, file), quantize, calibration)
    _refuse_own(model, window, signatures=signatures, metadata=metadata, unroll=unroll)
    content = litert_bytes(model, None, {}, quantize, calibration)
    own = model.random_windows(RANDOM_WINDOWS)

    def following(file: LiteRTFile, windows: Array) -> float:
        name = model.signatures(1).ahead_name
        ((input_name, _),) = file.inputs[name].items()
        values = [next(iter(file.run(name, {input_name: x[None]}).values())) for x in windows]  # (1, N) each
        return float(model.following_errors(windows, np.concatenate(values)).max())

    return write_compared(target, content, model, lambda file: own, quantize, calibration, following)


def _refuse_own(model: RecurrentModel, window: int | None, **settled: Any) -> None:
    """Refuse what the package's own models settle themselves."""
    if window not in (None, model.window):
        raise ValueError(f"`window` must be {model.window}, the model's own. {received(window)}")
    for name, value in settled.items():
        if value is not None:
            raise ValueError(
                f"`{name}` must be None for a {type(model).__name__}, which has its own. {received(value)}"
            )
