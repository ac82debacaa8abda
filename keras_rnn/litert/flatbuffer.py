"""A `.tflite` file's flatbuffer: its operators, constants and metadata."""

from pathlib import Path
from typing import Any

from flatbuffers import encode, number_types, packer
from flatbuffers.table import Table

from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath


def read_flatbuffer(path: FilePath) -> tuple[bytes, Any]:
    """A `.tflite` file's bytes and its model as the flatbuffer's object tree.

    Raises:
        ValueError: no such file, or not a LiteRT model.
    """
    content = read_litert(Path(path))
    from ai_edge_litert.tools.flatbuffer_utils import read_model_from_bytearray

    try:
        return content, read_model_from_bytearray(content)
    except Exception as error:  # the reader walks whatever offsets it finds
        raise ValueError(f"A .tflite file must be whole. Received: {str(path)!r}, {len(content):,} bytes") from error


def read_litert(path: Path) -> bytes:
    """A `.tflite` file's bytes; a ValueError where it is none."""
    if not path.is_file():
        raise ValueError(f"A LiteRT model must be a file (.tflite). {received(str(path))}")
    content = path.read_bytes()
    if content[4:8] != b"TFL3":
        raise ValueError(f"A .tflite file must hold a LiteRT model. Received: {str(path)!r}, {len(content):,} bytes")
    return content


def primary_and_metadata(content: bytes) -> tuple[str | None, dict[str, bytes]]:
    """The primary signature, and the metadata's buffers by name, straight from the flatbuffer.

    The generated reader of the whole schema would do, but costs a third of a start: by its field numbers (TensorFlow
    Lite's schema.fbs) a model's table has `buffers` at 4, `metadata` at 6 and `signature_defs` at 7.
    """
    root = Table(content, encode.Get(packer.uoffset, content, 0))
    primary, metadata = None, {}
    for signature in _tables(root, 7):  # inputs, outputs, signature_key, a retired field, subgraph_index
        place = signature.Offset(4 + 2 * 4)
        if not place or signature.Get(number_types.Uint32Flags, signature.Pos + place) == 0:
            primary = _string(signature, 2).decode()
    buffers = _tables(root, 4)
    for entry in _tables(root, 6):  # name, buffer
        place = entry.Offset(4 + 2 * 1)
        buffer = buffers[entry.Get(number_types.Uint32Flags, entry.Pos + place) if place else 0]
        place = buffer.Offset(4)
        data = content[buffer.Vector(place) :][: buffer.VectorLen(place)] if place else b""
        metadata[_string(entry, 0).decode()] = data
    return primary, metadata


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
