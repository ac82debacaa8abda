"""Conversion to LiteRT, and the finishing of the file: its primary signature, its names, its metadata."""

from __future__ import annotations

import tempfile
from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

from keras_rnn.backend import tf
from keras_rnn.quiet import quiet_stderr


def convert(module: Any, functions: dict[str, Any], metadata: dict[str, str]) -> bytes:
    """A LiteRT file, float32, built-in ops only: the converter fails where it would need others.

    Args:
        module: the `tf.Module` that owns what the functions use.
        functions: signature → `tf.function` of static shape; the first is the primary one, which code that knows no
            signatures gets.
        metadata: name → text to keep in the file.

    Raises:
        ValueError: something in it has no built-in operator.
    """
    # the converter puts the signatures in alphabetical order: they go in by number and get their names afterwards
    numbered = {f"signature_{i}": function for i, function in enumerate(functions.values())}
    with tempfile.TemporaryDirectory() as folder, quiet_stderr():
        tf.saved_model.save(module, folder, signatures=numbered)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(numbered))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        content, failure = _converted(converter)
    if failure is not None:  # raised here, outside: within, the converter's whole log would come with it
        reason = str(failure).splitlines()[0][:200]
        raise ValueError(
            f"A model that LiteRT's built-in operators can express was expected. Received: {reason}"
        ) from failure
    return finish(content, dict(zip(numbered, functions, strict=True)), metadata)


def _converted(converter: Any) -> tuple[bytes, Exception | None]:
    try:
        return bytes(converter.convert()), None
    except Exception as failure:  # the converter has a type of its own
        return b"", failure


def finish(content: bytes, names: dict[str, str], metadata: dict[str, str]) -> bytes:
    """The file with its signatures named, metadata added, and without what a small file has most of.

    That is the names of its tensors, an empty buffer for each of them, and constants that stand in it several times.
    """
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    for signature in model.signatureDefs:
        signature.signatureKey = names[signature.signatureKey.decode()].encode()
    kept = [m for m in model.metadata or [] if m.name != b"CONVERSION_METADATA"]
    for name, text in metadata.items():
        kept.append(schema.MetadataT(name=name.encode(), buffer=len(model.buffers)))
        model.buffers.append(schema.BufferT(data=list(text.encode("utf-8"))))
    model.metadata = kept

    buffers: dict[bytes, int] = {b"": 0}  # contents → new place; the first is empty by convention
    moved = [_content(buffer) for buffer in model.buffers]
    for subgraph in model.subgraphs:
        subgraph.name = None
        for tensor in subgraph.tensors:
            tensor.name = tensor.shapeSignature = tensor.quantization = None
            tensor.buffer = buffers.setdefault(moved[tensor.buffer], len(buffers))
    for entry in model.metadata:
        entry.buffer = buffers.setdefault(moved[entry.buffer], len(buffers))
    model.buffers = [schema.BufferT(data=list(content) or None) for content in buffers]
    for signature in model.signatureDefs:
        for entry in [*signature.inputs, *signature.outputs]:  # these have names, which tools show
            model.subgraphs[signature.subgraphIndex].tensors[entry.tensorIndex].name = entry.name
    model.description = None
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _content(buffer: Any) -> bytes:
    return b"" if buffer.data is None else bytes(buffer.data)
