"""The models on `ai_edge_litert` and NumPy alone: no TensorFlow, no Keras, no pandas.

`load` gives an object with the Keras model's verbs. A `.tflite` of this package is enough: it says what it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_rnn.checks import received
from keras_rnn.files import FilePath
from keras_rnn.metadata import BUFFER_NAME, parse
from keras_rnn.quiet import quiet_stderr
from keras_rnn.registry import find
from keras_rnn.sampling import MAXIMUM_LENGTH, CharacterVerbs, check_stop
from keras_rnn.series import check_history, recursive_forecast
from keras_rnn.vocabulary import Ids, check_vocabulary


def read_flatbuffer(path: FilePath) -> tuple[bytes, Any]:
    """A `.tflite` file's bytes and its model as the flatbuffer's object tree.

    Raises:
        ValueError: no such file, or not a LiteRT model.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"The path of a LiteRT file (.tflite) was expected. {received(str(path))}")
    content = path.read_bytes()
    from ai_edge_litert import schema_py_generated as schema

    try:
        if not schema.Model.ModelBufferHasIdentifier(content, 0):
            raise ValueError("no TFL3 identifier")
        return content, schema.ModelT.InitFromPackedBuf(content, 0)
    except Exception as error:  # the reader walks whatever offsets it finds
        raise ValueError(f"A LiteRT model was expected. Received: {str(path)!r}, {len(content):,} bytes") from error


def operators(model: Any) -> list[str]:
    """Names of the operators in a model's subgraphs; one that is not built in is called `custom:NAME`."""
    from ai_edge_litert import schema_py_generated as schema

    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    found = set()
    for code in model.operatorCodes:
        builtin = max(code.builtinCode, code.deprecatedBuiltinCode)
        custom = (code.customCode or b"").decode(errors="replace")
        found.add(f"custom:{custom}" if custom or names.get(builtin) == "CUSTOM" else names.get(builtin, str(builtin)))
    return sorted(found)


def dynamic_tensors(model: Any) -> list[str]:
    """Names of tensors without a static shape, which phones' compilers refuse."""
    return [
        tensor.name.decode(errors="replace")
        for subgraph in model.subgraphs
        for tensor in subgraph.tensors
        if tensor.shapeSignature is not None and any(size < 0 for size in tensor.shapeSignature)
    ]


def read_metadata(model: Any, path: Path) -> dict[str, Any] | None:
    """The document that `export` put into the file; None for a file that has none.

    Raises:
        ValueError: one that is damaged, or newer than this version reads.
    """
    for entry in model.metadata or []:
        if entry.name == BUFFER_NAME.encode():
            data = model.buffers[entry.buffer].data if entry.buffer < len(model.buffers) else None
            return parse(b"" if data is None else bytes(data), path.name)
    return None


class LiteRTFile:
    """A `.tflite` file's signatures, to be called by name with named inputs.

    Its interpreters' buffers are overwritten by each call: give each thread an object of its own.

    Attributes:
        signatures: their names.
        inputs, outputs: signature → name → (shape, dtype).
        primary: the signature that code without signatures gets.
        metadata: what the file says of itself (`keras_rnn.metadata`), or None.
    """

    def __init__(self, path: FilePath) -> None:
        self._content, model = read_flatbuffer(path)
        self.path = Path(path)
        self.operators = operators(model)
        self.dynamic_tensors = dynamic_tensors(model)
        self._interpreter = self._new_interpreter()
        self.signatures: list[str] = list(self._interpreter.get_signature_list())
        runners = {name: self._interpreter.get_signature_runner(name) for name in self.signatures}
        self.inputs = {name: _specs(runner.get_input_details()) for name, runner in runners.items()}
        self.outputs = {name: _specs(runner.get_output_details()) for name, runner in runners.items()}
        self._runners: dict[str, Any] = {}
        first = [s for s in model.signatureDefs or [] if s.subgraphIndex == 0]
        self.primary = first[0].signatureKey.decode() if first else None
        self.metadata = read_metadata(model, self.path)
        (self._given, *_), (self._reached, *_) = (
            [d["index"] for d in details]
            for details in (self._interpreter.get_input_details(), self._interpreter.get_output_details())
        )

    def run_primary(self, x: NDArray[Any]) -> NDArray[Any]:
        """The primary signature's one output for its one input, of the right shape and dtype: cheaper than `run`."""
        self._interpreter.set_tensor(self._given, x)  # checks shape and dtype itself
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._reached))  # a copy

    def _new_interpreter(self) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        try:
            with quiet_stderr():
                interpreter = Interpreter(model_content=self._content, num_threads=1)
                interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[0]
            raise ValueError(f"A LiteRT model that can be run was expected. Received: {self.path}, {reason}") from error
        return interpreter

    def run(self, signature: str, inputs: Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
        """Outputs of a signature by name.

        Raises:
            ValueError: no such signature; other inputs, shapes or dtypes than it takes.
        """
        if signature not in self.inputs:
            raise ValueError(f"`signature` must be one of {', '.join(self.inputs)}. {received(signature)}")
        expected = self.inputs[signature]
        if set(inputs) != set(expected):
            takes = f"`inputs` of {self.path.name}, {signature}, must be {', '.join(expected)}"
            raise ValueError(f"{takes}. Received: {', '.join(inputs) or 'none'}")
        arrays = {name: np.asarray(value) for name, value in inputs.items()}
        for name, (shape, dtype) in expected.items():
            if arrays[name].shape != shape or arrays[name].dtype != dtype:
                raise ValueError(
                    f"`{name}` of {self.path.name}, {signature}, must be {dtype} of shape {shape}. "
                    f"Received: {arrays[name].dtype} of shape {arrays[name].shape}"
                )
        if not self._runners:  # an interpreter of their own: who keeps a runner cannot call `invoke` any more
            self._signature_interpreter = self._new_interpreter()
            self._runners = {name: self._signature_interpreter.get_signature_runner(name) for name in self.signatures}
        return dict(self._runners[signature](**arrays))


def _specs(details: Mapping[str, Any]) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    return {name: (tuple(int(n) for n in d["shape"]), np.dtype(d["dtype"])) for name, d in sorted(details.items())}


@dataclass(frozen=True, eq=False)
class Forecast:
    """A forecast as plain arrays.

    Attributes:
        mean: float64 (steps,), in `unit`.
        unit: of the values.
    """

    mean: NDArray[np.float64]
    unit: str


class CharRuntime(CharacterVerbs):
    """The character model of a `.tflite` file. Each thread needs an object of its own."""

    def __init__(self, file: LiteRTFile, metadata: dict[str, Any]) -> None:
        self.file, self.metadata = file, metadata
        self.vocabulary = check_vocabulary(metadata["settings"]["vocabulary"])
        self.window, self.ahead = metadata["window"], metadata["ahead"]
        size = len(self.vocabulary)
        _expect(file, "serving_default", {"ids": (1, self.window)}, {"logits": ((1, size), (1, self.window, size))})
        _expect(file, "generate", {"ids": (1, self.window)}, {"ids": ((1, self.ahead),)})

    def next_logits(self, ids: Ids) -> NDArray[Any]:
        """Logits (1, vocabulary) of the character that follows the row of ids (1, window).

        Raises:
            ValueError: another shape, or an id outside the vocabulary, which LiteRT would read past the table's end.
        """
        ids = self._checked(ids)
        logits = self.file.run_primary(ids)
        return logits[:, -1] if logits.ndim == 3 else logits

    def _checked(self, ids: Ids) -> Ids:
        ids = np.asarray(ids)
        if ids.shape != (1, self.window) or ids.dtype.kind not in "iu":
            raise ValueError(
                f"`ids` must be integers of shape (1, {self.window}). Received: {ids.dtype} of shape {ids.shape}"
            )
        if ids.min() < 0 or ids.max() >= len(self.vocabulary):
            raise ValueError(f"`ids` must be from 0 to {len(self.vocabulary) - 1}. {received(ids.tolist())}")
        return ids.astype(np.int32)

    def generate(
        self,
        prompt: str,
        length: int,
        temperature: float = 0.0,
        top_k: int | None = None,
        top_p: float | None = None,
        stop: str | Sequence[str] | None = None,
        seed: int | None = None,
    ) -> str:
        if temperature != 0 or check_stop(stop) or type(length) is not int or not 0 < length <= MAXIMUM_LENGTH:
            return super().generate(prompt, length, temperature, top_k, top_p, stop, seed)
        super().generate(prompt, 0, temperature, top_k, top_p, stop, seed)  # checks what was given
        ids = self._prompt_ids(prompt)
        added = np.zeros(0, dtype=np.int32)
        while len(added) < length:  # the most likely character each time: the loop in the graph does many at once
            window = np.concatenate([ids[-self.window :], added])[None, -self.window :]
            added = np.concatenate([added, self.file.run("generate", {"ids": window})["ids"][0]])
        return prompt + "".join(self.vocabulary[i] for i in added[:length])

    generate.__doc__ = CharacterVerbs.generate.__doc__


class GS10Runtime:
    """The forecaster of a `.tflite` file. Each thread needs an object of its own."""

    def __init__(self, file: LiteRTFile, metadata: dict[str, Any]) -> None:
        self.file, self.metadata = file, metadata
        self.window, self.ahead = metadata["window"], metadata["ahead"]
        settings = metadata["settings"]
        self.unit, self.frequency = settings["unit"], settings["frequency"]
        self.low, self.high = settings["low"], settings["high"]
        _expect(file, "serving_default", {"history": (1, self.window)}, {"prediction": ((1, 1),)})
        _expect(file, "forecast", {"history": (1, self.window)}, {"prediction": ((1, self.ahead),)})

    def forecast(self, history: ArrayLike, steps: int = 1) -> Forecast:
        """The next `steps` values; beyond the first each is computed from the ones before.

        Args:
            history: values in `unit`, oldest first, at least `window` of them. Dates are not looked at here.
            steps: periods ahead, 1 to 1,000.

        Raises:
            TypeError: not numbers.
            ValueError: too short, NaN or infinite values, wrong rank; `steps` out of range.
        """
        values = check_history(history, self.window)

        def predict(window: NDArray[np.float64]) -> NDArray[Any]:
            return self.file.run_primary(window.astype(np.float32))

        return Forecast(recursive_forecast(predict, values, self.window, steps), self.unit)


def _expect(
    file: LiteRTFile, signature: str, inputs: dict[str, Any], outputs: dict[str, tuple[tuple[int, ...], ...]]
) -> None:
    """Refuse a file whose metadata and graph differ."""
    found = {k: shape for k, (shape, _) in file.inputs.get(signature, {}).items()}
    reached = {k: shape for k, (shape, _) in file.outputs.get(signature, {}).items()}
    if found != inputs or set(reached) != set(outputs) or any(reached[k] not in outputs[k] for k in outputs):
        raise ValueError(
            f"A file whose signature {signature} takes {inputs}, as its metadata says, was expected. "
            f"Received: {file.path.name}, which takes {found} and gives {reached}"
        )


def load(name_or_path: FilePath) -> CharRuntime | GS10Runtime:
    """A model by name or path, on LiteRT, with the Keras model's verbs.

    Args:
        name_or_path: a name of the zoo (`"char"`, `"gs10/levels/rnn_cell"`), a folder that `export` wrote, or a
            `.tflite` file of this package.

    Returns:
        A `CharRuntime` (`generate`, `predict_next`, `stream`) or a `GS10Runtime` (`forecast`).

    Raises:
        TypeError: neither a string nor a path.
        ValueError: no such model; a file that is damaged, not of this package, newer than this version, or whose
            metadata does not fit its graph.
    """
    path = find(name_or_path)
    file = LiteRTFile(path / "model.tflite" if path.is_dir() else path)
    if file.metadata is None:
        raise ValueError(f"A .tflite file of keras_rnn, with its metadata, was expected. {received(str(file.path))}")
    return (CharRuntime if file.metadata["kind"] == "char" else GS10Runtime)(file, file.metadata)
