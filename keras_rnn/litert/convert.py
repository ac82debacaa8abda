"""A Keras model with a recurrence as a LiteRT file, compared with the model before it takes its place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.core.arrays import Array
from keras_rnn.core.backend import tf
from keras_rnn.core.checks import received
from keras_rnn.core.files import written_file
from keras_rnn.core.parity import TOLERANCE, Check, ParityError, largest_difference, stepped
from keras_rnn.core.types import Function, Model
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.litert.lowering import Lowered
from keras_rnn.litert.quantization import SMALLEST_QUANTIZED, UNUSABLE, as_windows, samples_of
from keras_rnn.litert.tf_converter import convert
from keras_rnn.rnn.chain import functional_of, known_ids

RANDOM_WINDOWS = 20


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


def content_of(
    model: Model,
    window: int | None,
    signatures: Sequence[str] | None,
    quantize: str | None,
    calibration: ArrayLike | None,
    metadata: dict[str, str],
    unroll: bool | None,
) -> bytes:
    """The file of any Keras model that is a chain; arguments and errors as of `to_litert`."""
    lowered = Lowered(model, window, unroll, quantize)
    functions, samples = _chosen(lowered.functions(), signatures), None
    frozen = {name: _frozen(function) for name, function in functions.items()}
    if calibration is not None:
        windows = as_windows(calibration, functions["serving_default"], (known_ids(functional_of(model)) or 2) - 1)
        samples = samples_of(frozen, windows)
    return convert(tf.Module(), frozen, metadata, quantize, samples)


def write_compared(
    target: Path,
    content: bytes,
    model: Model,
    windows: Callable[[LiteRTFile], Array],
    quantize: str | None,
    calibration: ArrayLike | None,
    further: Callable[[LiteRTFile, Array], float] = lambda file, windows: 0.0,
) -> LiteRTReport:
    """Write a file once it equals its model.

    Args:
        windows: what to compare on, (windows, …); those of the calibration where there is one: integers know nothing
            beyond its range.
        further: a difference of what the file has besides window and step.

    Raises:
        ValueError: a dynamic range that changed nothing.
        ParityError: a file that differs from Keras, or that a phone would reject.
        OSError: the file cannot be written.
    """
    with written_file(target) as beside:
        beside.write_bytes(content)
        file = LiteRTFile(beside)
        if quantize == "dynamic_range" and not any(kind.startswith("int8") for kind, _ in file.tensor_bytes):
            raise ValueError(
                f"`model` must have a weight of {SMALLEST_QUANTIZED:,} numbers or more: dynamic_range leaves "
                f"smaller ones as they are. Received: {getattr(model, 'name', model)!r}"
            )
        unsound = [op for op in file.operators if op.startswith("custom:")] + file.dynamic_tensors
        if unsound:
            check = Check("LiteRT", "built-in ops, static shapes", len(unsound), None, None, False, str(unsound))
            raise ParityError([check])
        x = windows(file)
        if calibration is not None:
            x = np.asarray(calibration)[:RANDOM_WINDOWS].astype(x.dtype)
        answers = np.asarray(model(x, training=False))
        scale = max(1.0, float(np.abs(answers).max()))
        largest = max(_difference(file, x, answers), further(file, x)) / scale
        tolerance = TOLERANCE if quantize is None else UNUSABLE
        if not largest <= tolerance:
            raise ParityError([Check("LiteRT", "window and step", len(x), largest, tolerance, False)])
    return LiteRTReport(target, len(content), tuple(file.signatures), tuple(file.operators), largest)


def _chosen(functions: dict[str, Any], wanted: Sequence[str] | None) -> dict[str, Any]:
    if wanted is None:
        return functions
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    if "serving_default" not in names or not set(names) <= set(functions):
        raise ValueError(
            f"`signatures` must be serving_default and may be {', '.join(functions)} for this model. {received(wanted)}"
        )
    return {name: functions[name] for name in functions if name in names}


def _frozen(function: Function) -> Any:
    """The function with its variables as constants: read inside a loop, they are an op that fails on the phone."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    concrete = function.get_concrete_function()
    outputs = sorted(concrete.structured_outputs)  # the order in which they come flat
    constant = convert_variables_to_constants_v2(concrete, lower_control_flow=False)

    def call(*inputs: Any) -> dict[str, Any]:
        return dict(zip(outputs, tf.nest.flatten(constant(*inputs)), strict=True))

    return tf.function(call, input_signature=function.input_signature)


def _difference(file: LiteRTFile, windows: Array, answers: Array) -> float:
    """The largest from the answers, by window and, where there is a step, step by step."""
    ((name, _),) = file.inputs["serving_default"].items()
    differences = [0.0]
    for x, expected in zip(windows[:, None], answers[:, None], strict=True):
        ((_, output),) = file.run("serving_default", {name: x}).items()
        differences.append(largest_difference(output, expected))
        if "step" in file.signatures:
            differences.append(largest_difference(step_through(file, x, expected.ndim == 3), expected))
    return max(differences)


def step_through(file: LiteRTFile, windows: Array, every_step: bool) -> Array:
    """Windows (1, steps, …) by the file's signature `step`, from zero states: (1, [steps,] outputs)."""
    inputs, outputs = file.inputs["step"], file.outputs["step"]
    states = {name: np.zeros(shape, dtype) for name, (shape, dtype) in inputs.items() if name in outputs}
    ((input_name,), (output_name,)) = set(inputs) - set(states), set(outputs) - set(states)
    return stepped(file.run, windows, states, input_name, output_name, every_step)


def random_windows(model: Model, file: LiteRTFile) -> Array:
    """Windows (windows, …) as the file takes them: normal numbers, or ids that the model knows."""
    random = np.random.default_rng(0)
    ((one, dtype),) = file.inputs["serving_default"].values()
    shape = (RANDOM_WINDOWS, *one[1:])
    if dtype.kind == "i":
        return random.integers(0, known_ids(functional_of(model)) or 2, shape).astype(dtype)
    return random.normal(size=shape).astype(dtype)
