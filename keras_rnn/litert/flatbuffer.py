"""A `.tflite` file's flatbuffer: its tables, operators, constants and metadata."""

import struct
from pathlib import Path
from typing import Any

from keras_rnn.core.checks import received
from keras_rnn.core.checksum import has_checksum
from keras_rnn.core.files import FilePath
from keras_rnn.litert.structure import check_structure
from keras_rnn.litert.tables import root_of


def read_flatbuffer(path: FilePath) -> tuple[bytes, Any]:
    """A `.tflite` file's bytes and its model as the flatbuffer's object tree.

    Raises:
        ValueError: no such file, or not a sound LiteRT model.
    """
    content, _ = read_litert(Path(path))
    return content, tree_of(content)


def read_litert(path: Path) -> tuple[bytes, bool]:
    """A `.tflite` file's bytes, looked over before any native code reads them, and whether they hold a checksum.

    Raises:
        ValueError: no such file, or not a LiteRT model; damaged.
    """
    if not path.is_file():
        raise ValueError(f"A LiteRT model must be a file (.tflite). {received(str(path))}")
    content = path.read_bytes()
    if content[4:8] != b"TFL3":
        raise ValueError(f"A .tflite file must hold a LiteRT model. Received: {str(path)!r}, {len(content):,} bytes")
    try:
        checked = has_checksum(content)
        check_structure(content, bounded=not checked)
    except (ValueError, IndexError, struct.error, MemoryError) as error:  # reading walks whatever offsets it finds
        reason = error if type(error) is ValueError else "an offset that leads astray"
        raise ValueError(f"A .tflite file must be whole. Received: {str(path)!r}, {reason}") from error
    return content, checked


def tree_of(content: bytes) -> Any:
    """The flatbuffer's object tree of a model that `read_litert` has looked over."""
    from ai_edge_litert.tools.flatbuffer_utils import read_model_from_bytearray

    try:
        return read_model_from_bytearray(content)
    except Exception as error:  # the reader walks whatever offsets it finds
        raise ValueError(f"A .tflite file must be whole. Received: {len(content):,} bytes, {error}") from error


def primary_and_metadata(content: bytes) -> tuple[str | None, dict[str, bytes]]:
    """The primary signature, and the metadata's buffers by name, straight from the flatbuffer.

    The generated reader of the whole schema would do, but costs a third of a start.
    """
    root = root_of(content)
    primary, metadata = None, {}
    for signature in root.tables(7):  # inputs, outputs, signature_key, a retired field, subgraph_index
        if signature.number(4, "I") == 0:
            primary = signature.string(2).decode()
    buffers = root.tables(4)
    for entry in root.tables(6):  # name, buffer
        metadata[entry.string(0).decode()] = buffers[entry.number(1, "I")].string(0)
    return primary, metadata


def operators(model: Any) -> list[str]:
    """Names of the operators in a model's subgraphs; one that is not built in is called `custom:NAME`."""
    from ai_edge_litert.tools.flatbuffer_utils import opcode_to_name

    found = set()
    for place, code in enumerate(model.operatorCodes):
        custom, name = (code.customCode or b"").decode(errors="replace"), opcode_to_name(model, place)
        found.add(f"custom:{custom}" if custom or name == "CUSTOM" else str(name or code.builtinCode))
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
    from ai_edge_litert.tools.flatbuffer_utils import type_to_name

    found = {}
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            data = model.buffers[tensor.buffer].data
            if data is not None and len(data):
                shape = tuple(int(n) for n in tensor.shape) if tensor.shape is not None else ()
                found[tensor.buffer] = (f"{type_to_name(tensor.type).lower()} {shape}", len(data))
    return sorted(found.values(), key=lambda pair: -pair[1])
