"""A `.tflite` file read and run by `ai_edge_litert` and NumPy alone: its signatures, operators and metadata."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_rnn.checks import received
from keras_rnn.files import FilePath
from keras_rnn.metadata import BUFFER_NAME, parse
from keras_rnn.quiet import quiet_stderr


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


def tensor_bytes(model: Any) -> list[tuple[str, int]]:
    """The constants of a model, the largest first: shape and type, and bytes; each stored one once."""
    from ai_edge_litert import schema_py_generated as schema

    types = {value: name.lower() for name, value in vars(schema.TensorType).items() if isinstance(value, int)}
    found = {}
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            data = model.buffers[tensor.buffer].data
            if data is not None and len(data):
                shape = tuple(int(n) for n in tensor.shape) if tensor.shape is not None else ()
                found[tensor.buffer] = (f"{types[tensor.type]} {shape}", len(data))
    return sorted(found.values(), key=lambda pair: -pair[1])


class LiteRTFile:
    """A `.tflite` file's signatures, to be called by name with named inputs.

    Its interpreters' buffers are overwritten by each call: give each thread an object of its own.

    Attributes:
        signatures: their names.
        inputs, outputs: signature → name → (shape, dtype).
        primary: the signature that code without signatures gets.
        operators, dynamic_tensors, tensor_bytes: of all its subgraphs, as the functions of these names give them.
        metadata: what the file says of itself (`keras_rnn.metadata`), or None.
    """

    def __init__(self, path: FilePath) -> None:
        self._content, model = read_flatbuffer(path)
        self.path = Path(path)
        self.operators = operators(model)
        self.dynamic_tensors = dynamic_tensors(model)
        self.tensor_bytes = tensor_bytes(model)
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
