"""`to_litert`: any Keras RNN to a LiteRT file that a phone runs, checked before it is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.artifacts import litert_bytes
from keras_rnn.backend import tf
from keras_rnn.checks import check_integer, received
from keras_rnn.files import FilePath, check_path, written_file
from keras_rnn.litert import convert
from keras_rnn.litert_file import LiteRTFile
from keras_rnn.lowering import Lowered, chain_of
from keras_rnn.parity import TOLERANCE, Check, ParityError, ahead_differences
from keras_rnn.quantisation import SMALLEST_QUANTISED, UNUSABLE, as_windows, check_quantize, samples_of
from keras_rnn.recurrent import RecurrentModel
from keras_rnn.series import recursive_forecast

RANDOM_WINDOWS = 20
USER_METADATA = "user"


@dataclass(frozen=True)
class LiteRTReport:
    """What `to_litert` wrote.

    Attributes:
        path: the file.
        bytes: its size.
        signatures: their names, the primary one first.
        operators: LiteRT's built-in operators in it.
        largest_difference: from the Keras model, over random windows, the window and step by step, as a part of the
            largest answer where that is above 1.
    """

    path: Path
    bytes: int
    signatures: tuple[str, ...]
    operators: tuple[str, ...]
    largest_difference: float


def to_litert(
    model: Any,
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
    exported: Keras' own graph needs ops that no phone has. The package's own models get their own
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
            refused, never ignored. One with nothing to quantise, or that integers cannot express. A window that is
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
    if isinstance(model, RecurrentModel):
        _refuse_own(model, window, signatures=signatures, metadata=metadata, unroll=unroll)
        content = litert_bytes(model, None, {}, quantize, calibration)
    else:
        lowered = Lowered(model, window, unroll, quantize)
        functions = _chosen(lowered.functions(), signatures)
        frozen = {name: _frozen(function) for name, function in functions.items()}
        samples = None
        if calibration is not None:
            windows = as_windows(calibration, functions["serving_default"], _vocabulary_size(model) - 1)
            samples = samples_of(frozen, windows)
        content = convert(tf.Module(), frozen, extra, quantize, samples)
    with written_file(target) as beside:
        beside.write_bytes(content)
        file = LiteRTFile(beside)
        if quantize == "dynamic_range" and not any(kind.startswith("int8") for kind, _ in file.tensor_bytes):
            raise ValueError(
                f"A model with a weight of {SMALLEST_QUANTISED:,} numbers or more was expected: dynamic_range leaves "
                f"smaller ones as they are. Received: {getattr(model, 'name', model)!r}"
            )
        largest = _check(model, file, calibration, TOLERANCE if quantize is None else UNUSABLE)
    return LiteRTReport(target, len(content), tuple(file.signatures), tuple(file.operators), largest)


def _refuse_own(model: RecurrentModel, window: int | None, **settled: Any) -> None:
    """Refuse what the package's own models settle themselves."""
    if window not in (None, model.window):
        raise ValueError(f"`window` must be {model.window}, the model's own. {received(window)}")
    for name, value in settled.items():
        if value is not None:
            raise ValueError(
                f"`{name}` must be None for a {type(model).__name__}, which has its own. {received(value)}"
            )


def _chosen(functions: dict[str, Any], wanted: Sequence[str] | None) -> dict[str, Any]:
    if wanted is None:
        return functions
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    if "serving_default" not in names or not set(names) <= set(functions):
        raise ValueError(
            f"`signatures` must be serving_default and may be {', '.join(functions)} for this model. {received(wanted)}"
        )
    return {name: functions[name] for name in functions if name in names}


def _frozen(function: Any) -> Any:
    """The function with its variables as constants: read inside a loop, they are an op that fails on the phone."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    concrete = function.get_concrete_function()
    outputs = sorted(concrete.structured_outputs)  # the order in which they come flat
    constant = convert_variables_to_constants_v2(concrete, lower_control_flow=False)

    def call(*inputs: Any) -> dict[str, Any]:
        return dict(zip(outputs, tf.nest.flatten(constant(*inputs)), strict=True))

    return tf.function(call, input_signature=function.input_signature)


def _check(model: Any, file: LiteRTFile, calibration: ArrayLike | None, tolerance: float) -> float:
    """The largest difference from Keras; anything a phone would reject is an error.

    Over random windows, or those of the calibration: integers know nothing beyond its range.
    """
    unsound = [op for op in file.operators if op.startswith("custom:")] + file.dynamic_tensors
    if unsound:
        raise ParityError(
            [Check("LiteRT", "built-in ops, static shapes", len(unsound), None, None, False, str(unsound))]
        )
    windows = _windows(model, file)  # (windows, …)
    if calibration is not None:
        windows = np.asarray(calibration)[:RANDOM_WINDOWS].astype(windows.dtype)
    answers = np.asarray(model(windows, training=False))
    scale = max(1.0, float(np.abs(answers).max()))
    differences = [0.0]
    for x, expected in zip(windows[:, None], answers[:, None], strict=True):
        ((name, _),) = file.inputs["serving_default"].items()
        ((_, output),) = file.run("serving_default", {name: x}).items()
        differences.append(_difference(output, expected) / scale)
        if "step" in file.signatures:
            differences.append(_difference(_stepped(file, x, expected.ndim == 3), expected) / scale)
    if isinstance(model, RecurrentModel):
        differences.append(_ahead_difference(model, file, windows) / scale)
    largest = max(differences)
    if not largest <= tolerance:
        raise ParityError([Check("LiteRT", "window and step", len(windows), largest, tolerance, False)])
    return largest


def _ahead_difference(model: RecurrentModel, file: LiteRTFile, windows: Any) -> float:
    """How far the values that the file gives at once are from Keras': its own loop, or for characters each choice."""
    name = "generate" if model.kind == "char" else "forecast"
    ((given, _),) = file.inputs[name].items()
    following = np.concatenate([next(iter(file.run(name, {given: x[None]}).values())) for x in windows])  # (windows, N)
    if model.kind == "char":
        return float(ahead_differences(model, windows, following).max())
    steps = following.shape[1]
    loops = [recursive_forecast(model.predict_windows, x.astype(np.float64), model.window, steps) for x in windows]
    return _difference(following, np.array(loops))


def _difference(a: Any, b: Any) -> float:
    return float(np.abs(a - b).max()) if a.shape == b.shape else float("inf")


def _stepped(file: LiteRTFile, x: Any, every_step: bool) -> Any:
    inputs = file.inputs["step"]
    states = {name: np.zeros(shape, dtype) for name, (shape, dtype) in inputs.items() if name in file.outputs["step"]}
    (given,) = set(inputs) - set(states)
    (reached,) = set(file.outputs["step"]) - set(states)
    outputs = []
    for t in range(x.shape[1]):
        result = file.run("step", {given: x[:, t].reshape(inputs[given][0]), **states})
        states = {name: result[name] for name in states}
        outputs.append(result[reached])
    return np.stack(outputs, axis=1) if every_step else outputs[-1]


def _windows(model: Any, file: LiteRTFile) -> Any:
    random = np.random.default_rng(0)
    ((one, dtype),) = file.inputs["serving_default"].values()
    shape = (RANDOM_WINDOWS, *one[1:])
    if dtype.kind == "i":
        return random.integers(0, _vocabulary_size(model), shape).astype(dtype)
    if isinstance(model, RecurrentModel):
        low, high = model.usual_range
        return random.uniform(low, high, shape).astype(dtype)
    return random.normal(size=shape).astype(dtype)


def _vocabulary_size(model: Any) -> int:
    if isinstance(model, RecurrentModel):
        return len(model.vocabulary)
    ops = [link.op for link in chain_of(model)[1]]
    sizes = [getattr(op, "input_dim", None) or getattr(op, "num_classes", None) for op in ops]
    return next((int(size) for size in sizes if size), 2)  # of the Embedding or the one-hot
