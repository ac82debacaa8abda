"""A Keras model as a LiteRT file, compared with the model before it takes its place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_rnn.core.backend import keras, tf
from keras_rnn.core.checks import received
from keras_rnn.core.files import written_file
from keras_rnn.core.parity import Check, ParityError
from keras_rnn.core.types import Model
from keras_rnn.litert.calibration import calibration_windows, recorded_samples
from keras_rnn.litert.comparison import by_batches, relative_differences, whole_batches
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.litert.inputs import RANDOM_WINDOWS, ModelInputs
from keras_rnn.litert.loops import UNROLL_INTEGERS_UP_TO
from keras_rnn.litert.names import Names
from keras_rnn.litert.quantization import SMALLEST_QUANTIZED, UNUSABLE
from keras_rnn.litert.reference import Reference
from keras_rnn.litert.tf_converter import convert
from keras_rnn.litert.tracing import WINDOW, Traced, reason_of
from keras_rnn.rnn.cell import RNNCell
from keras_rnn.rnn.introspection import flat_layers


@dataclass(frozen=True)
class LiteRTReport:
    """What `to_litert` wrote.

    Attributes:
        path: the file.
        bytes: its size.
        signatures: their names, the primary one first.
        operators: LiteRT's built-in operators in it.
        largest_difference: from the Keras model, over windows of random numbers, zeros, padding and large numbers, by
            window and step by step, as a part of the largest answer where that is above 1.
        notes: what the file does otherwise than the model, or lacks, each in a line.
    """

    path: Path
    bytes: int
    signatures: tuple[str, ...]
    operators: tuple[str, ...]
    largest_difference: float
    notes: tuple[str, ...] = ()


class Conversion:
    """Any Keras model on its way to a file; arguments and errors as of `to_litert`.

    Attributes:
        signatures: those of the file, with the names of their inputs and outputs.
    """

    def __init__(
        self,
        model: Model,
        window: int | None,
        batch: int,
        input_signature: Sequence[Any] | None,
        signatures: Sequence[str] | None,
        quantize: str | None,
        calibration: Any,
        unroll: bool | None,
        names: Names | None = None,
    ) -> None:
        self.inputs = ModelInputs(model, window, batch, input_signature, names)
        if strings := [one.name for one in self.inputs.inputs if one.dtype == "string"]:
            raise ValueError(
                f"`model` must take numbers: LiteRT has no strings. Received: {strings[0]!r}; turn words into ids "
                f"before the model, and convert the model from the ids on"
            )
        self.calibration = None if calibration is None else calibration_windows(calibration, self.inputs.inputs)
        try:
            self.traced = Traced(self.inputs, _unroll(model, quantize, unroll))
        except Exception as error:  # a layer can raise anything
            shapes = ", ".join(f"{one.name} {one.shape}" for one in self.inputs.inputs)
            raise ValueError(
                f"`model` must be one that can be called with {shapes}. Received: {model.name!r}, {reason_of(error)}"
            ) from error
        if quantize == "int8" and self.traced.longest > UNROLL_INTEGERS_UP_TO:
            raise ValueError(
                f"`quantize` must be 'dynamic_range', 'float16' or None for windows of more than "
                f"{UNROLL_INTEGERS_UP_TO} steps, whose loop integers do not admit. Received: 'int8', "
                f"{self.traced.longest} steps"
            )
        self._functions = self._chosen(signatures)
        self.signatures = {name: names for name, names in self.traced.names().items() if name in self._functions}
        self.reference = Reference(self.inputs, bool(self.traced.stateful))

    def content(self, quantize: str | None, metadata: dict[str, str]) -> bytes:
        """The file, with texts by name inside."""
        samples = None
        if quantize == "int8":
            samples = recorded_samples(self._functions, self.traced.stepping, self.calibration or {}, self.inputs.rows)
        module = tf.Module()
        module.kept = list(self.traced.variables)  # which a saved model must own
        return convert(module, self._functions, metadata, quantize, samples)

    def difference(self, file: LiteRTFile, quantize: str | None) -> tuple[float, float]:
        """The largest from Keras, by window and step by step, and what it may be."""
        reference = self.reference
        windows, expected, allowed = reference.windows, reference.expected, reference.allowed
        if quantize is not None:  # integers know nothing beyond the range of what they were calibrated on
            count = RANDOM_WINDOWS // self.inputs.rows * self.inputs.rows or self.inputs.rows
            windows = self.calibration if self.calibration is not None else windows
            windows = whole_batches({name: x[:count] for name, x in windows.items()}, self.inputs.rows)
            expected, allowed = reference.answers(windows), np.full(1, UNUSABLE)
        runs = [lambda x: file.run(WINDOW, x)]
        stepping = self.traced.stepping
        if "step" in file.signatures and stepping is not None:
            runs.append(lambda x: stepping.run(file.run, x))
        rows, least = self.inputs.rows, self.inputs.least
        found = [relative_differences(by_batches(run, windows, rows), expected, least) for run in runs]
        largest = float(np.max(found))
        sound = all((one <= allowed).all() for one in found)
        return largest, largest if sound else float(allowed.min())

    @property
    def notes(self) -> tuple[str, ...]:
        notes = []
        if self.traced.stateful:
            notes.append(
                f"{', '.join(self.traced.stateful)} stateful: a window starts from zeros here"
                + (", the state is carried by `step`" if self.traced.stepping else "")
            )
        if self.traced.why_no_step is not None:
            notes.append(f"no signature step: {self.traced.why_no_step}")
        return tuple(notes)

    def _chosen(self, wanted: Sequence[str] | None) -> dict[str, Any]:
        functions = self.traced.functions
        if wanted is None:
            return functions
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        if WINDOW not in names or not set(names) <= set(functions):
            why = f" ({self.traced.why_no_step})" if "step" in names and self.traced.why_no_step else ""
            raise ValueError(
                f"`signatures` must be serving_default and may be {', '.join(functions)} for this model{why}. "
                f"{received(wanted)}"
            )
        return {name: functions[name] for name in functions if name in names}


def write_compared(
    target: Path,
    content: Callable[[str | None], bytes],
    difference: Callable[[LiteRTFile, str | None], tuple[float, float]],
    quantize: str | None,
    model: Model,
    notes: Sequence[str] = (),
) -> LiteRTReport:
    """Write a file once it equals its model; of a quantized one the float32 file of the same graph is held to it first.

    Args:
        content: the file for a kind of quantization, None for float32.
        difference: from the Keras model, of a file of that kind, and what it may be.

    Raises:
        ValueError: a dynamic range that changed nothing.
        ParityError: a file that differs from Keras, or that a phone would reject.
        OSError: the file cannot be written.
    """
    with written_file(target) as beside:
        for kind in dict.fromkeys((None, quantize)):
            written = content(kind)
            beside.write_bytes(written)
            file = LiteRTFile(beside)
            unsound = [op for op in file.operators if op.startswith("custom:")] + file.dynamic_tensors
            if unsound:
                check = Check("LiteRT", "built-in ops, static shapes", len(unsound), None, None, False, str(unsound))
                raise ParityError([check])
            if kind == "dynamic_range" and not any(one.startswith("int8") for one, _ in file.tensor_bytes):
                raise ValueError(
                    f"`model` must have a weight of {SMALLEST_QUANTIZED:,} numbers or more: dynamic_range leaves "
                    f"smaller ones as they are. Received: {getattr(model, 'name', model)!r}"
                )
            largest, tolerance = difference(file, kind)
            if not largest <= tolerance:
                what = "window and step" if kind == quantize else "window and step, before it is quantized"
                raise ParityError([Check("LiteRT", what, RANDOM_WINDOWS, largest, tolerance, False)])
    return LiteRTReport(target, len(written), tuple(file.signatures), tuple(file.operators), largest, tuple(notes))


def _unroll(model: Model, quantize: str | None, unroll: bool | None) -> bool | None:
    """As measured: over int8 weights a chain of small products is quicker than a WHILE, of gated cells it is not."""
    cells = {type(layer.cell) for layer in flat_layers(model) if isinstance(layer, keras.layers.RNN)}
    plain = cells <= {keras.layers.SimpleRNNCell, RNNCell}
    return True if unroll is None and (quantize == "int8" or (quantize == "dynamic_range" and plain)) else unroll
