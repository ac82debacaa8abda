"""`.tflite` files as object trees, to be changed and written again; the tests use them, too."""

from __future__ import annotations

import json
from typing import Any

import numpy as np


def packed(model: Any) -> bytes:
    """A file's bytes, from its object tree."""
    from ai_edge_litert.tools.flatbuffer_utils import convert_object_to_bytearray

    return bytes(convert_object_to_bytearray(model))


def older(content: bytes) -> Any:
    """The object tree of a file of this package as an earlier version wrote it: without a checksum."""
    from keras_rnn.core.checksum import NAME
    from keras_rnn.litert.flatbuffer import tree_of

    model = tree_of(content)
    checksum = next(entry for entry in model.metadata if entry.name == NAME.encode())
    model.metadata.remove(checksum)
    model.buffers[checksum.buffer].data = None
    set_document(model, json.dumps(json.loads(document(model)) | {"schema": 1}).encode())
    return model


def document(model: Any) -> bytes:
    """What the package keeps in the file beside the model."""
    return bytes(model.buffers[_place(model)].data)


def set_document(model: Any, data: bytes) -> None:
    set_data(model, _place(model), data)


def set_data(model: Any, buffer: int, data: bytes) -> None:
    model.buffers[buffer].data = np.frombuffer(data, np.uint8)


def _place(model: Any) -> int:
    return int(next(entry.buffer for entry in model.metadata if entry.name == b"keras_rnn"))
