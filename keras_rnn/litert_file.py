"""A `.tflite` file read and run by `ai_edge_litert` and NumPy alone: its signatures, operators and metadata."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from flatbuffers import encode, number_types, packer
from flatbuffers.table import Table
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
    content = _read(Path(path))
    from ai_edge_litert import schema_py_generated as schema

    try:
        return content, schema.ModelT.InitFromPackedBuf(content, 0)
    except Exception as error:  # the reader walks whatever offsets it finds
        raise ValueError(f"A LiteRT model was expected. Received: {str(path)!r}, {len(content):,} bytes") from error


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise ValueError(f"The path of a LiteRT file (.tflite) was expected. {received(str(path))}")
    content = path.read_bytes()
    if content[4:8] != b"TFL3":
        raise ValueError(f"A LiteRT model was expected. Received: {str(path)!r}, {len(content):,} bytes")
    return content


def _primary_and_metadata(content: bytes) -> tuple[str | None, bytes | None]:
    """The primary signature and our metadata's bytes, straight from the flatbuffer.

    The generated reader of the whole schema would do, but costs a third of a start: by its field numbers (TensorFlow
    Lite's schema.fbs) a model's table has `buffers` at 4, `metadata` at 6 and `signature_defs` at 7.
    """
    root = Table(content, encode.Get(packer.uoffset, content, 0))
    primary, data = None, None
    for signature in _tables(root, 7):  # inputs, outputs, signature_key, a retired field, subgraph_index
        place = signature.Offset(4 + 2 * 4)
        if not place or signature.Get(number_types.Uint32Flags, signature.Pos + place) == 0:
            primary = _string(signature, 2).decode()
    for entry in _tables(root, 6):  # name, buffer
        if _string(entry, 0) == BUFFER_NAME.encode():
            place = entry.Offset(4 + 2 * 1)
            buffer = _tables(root, 4)[entry.Get(number_types.Uint32Flags, entry.Pos + place) if place else 0]
            place = buffer.Offset(4)
            data = content[buffer.Vector(place) :][: buffer.VectorLen(place)] if place else b""
    return primary, data


def _tables(table: Any, field: int) -> list[Any]:
    place = table.Offset(4 + 2 * field)
    if not place:
        return []
    start = table.Vector(place)
    return [Table(table.Bytes, table.Indirect(start + 4 * i)) for i in range(table.VectorLen(place))]


def _string(table: Any, field: int) -> bytes:
    place = table.Offset(4 + 2 * field)
    return bytes(table.String(table.Pos + place)) if place else b""


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
        (tensor.name or b"?").decode(errors="replace")
        for subgraph in model.subgraphs
        for tensor in subgraph.tensors
        if tensor.shapeSignature is not None and any(size < 0 for size in tensor.shapeSignature)
    ]


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
        run_primary: from the primary signature's one input, of the right shape and dtype, to its one output: cheaper
            than `run`.
        metadata: what the file says of itself (`keras_rnn.metadata`), or None.
    """

    def __init__(self, path: FilePath) -> None:
        self.path = Path(path)
        self._content = _read(self.path)
        self._interpreter = self._new_interpreter()  # which looks the whole file over before anything else reads it
        self.signatures: list[str] = list(self._interpreter.get_signature_list())
        runners = {name: self._interpreter.get_signature_runner(name) for name in self.signatures}
        self.inputs = {name: _specs(runner.get_input_details()) for name, runner in runners.items()}
        self.outputs = {name: _specs(runner.get_output_details()) for name, runner in runners.items()}
        self._runners: dict[str, Any] = {}
        if not self._interpreter.get_input_details() or not self._interpreter.get_output_details():
            raise ValueError(f"A LiteRT model with inputs and outputs was expected. {received(str(path))}")
        self.run_primary = _primary_call(self._interpreter)
        try:
            self.primary, data = _primary_and_metadata(self._content)
        except Exception as error:
            raise ValueError(f"A LiteRT model was expected. {received(str(path))}") from error
        self.metadata = None if data is None else parse(data, self.path.name)

    @functools.cached_property
    def _tree(self) -> Any:
        return read_flatbuffer(self.path)[1]

    @functools.cached_property
    def operators(self) -> list[str]:
        return operators(self._tree)

    @functools.cached_property
    def dynamic_tensors(self) -> list[str]:
        return dynamic_tensors(self._tree)

    @functools.cached_property
    def tensor_bytes(self) -> list[tuple[str, int]]:
        return tensor_bytes(self._tree)

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
        try:
            arrays = {name: np.asarray(value) for name, value in inputs.items()}
        except ValueError as error:  # rows of different lengths
            raise ValueError(f"`inputs` must be arrays. {received(inputs)}") from error
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


def _primary_call(interpreter: Any) -> Callable[[NDArray[Any]], Any]:
    """The primary signature's function, from its one input to a copy of its one output.

    A call of a small model takes hardly longer than finding its methods, so these are found once, and those of the C
    wrapper itself where it is: the public ones only look, each time, for views of tensors, which nobody here holds.
    """
    given, reached = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    try:
        wrapper = interpreter._interpreter
        set_tensor, invoke, get_tensor = wrapper.SetTensor, wrapper.Invoke, wrapper.GetTensor
    except AttributeError:
        set_tensor, invoke, get_tensor = interpreter.set_tensor, interpreter.invoke, interpreter.get_tensor

    def run_primary(x: NDArray[Any], _alive: Any = interpreter) -> Any:  # it owns the file's bytes
        set_tensor(given, x)  # checks shape and dtype itself
        invoke()
        return get_tensor(reached, 0)

    return run_primary


def _specs(details: Mapping[str, Any]) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    return {name: (tuple(int(n) for n in d["shape"]), np.dtype(d["dtype"])) for name, d in sorted(details.items())}
