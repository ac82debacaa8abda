"""Conversion to LiteRT, and the finishing of the file: its primary signature, its names, its metadata."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from keras_rnn.core.backend import tf
from keras_rnn.core.checksum import NAME, PLACEHOLDER, with_checksum
from keras_rnn.core.quiet import quiet_tensorflow
from keras_rnn.core.scratch import temporary_folder
from keras_rnn.litert.flatbuffer import dynamic_tensors
from keras_rnn.litert.quantization import Samples, convert_apart, set_up
from keras_rnn.rnn.graph import write_saved_model


def convert(
    module: Any,
    functions: dict[str, Any],
    metadata: dict[str, str],
    quantize: str | None = None,
    samples: Samples | None = None,
) -> bytes:
    """A LiteRT file with float inputs and outputs and built-in ops only: the converter fails where it needs others.

    Args:
        module: the `tf.Module` that owns what the functions use.
        functions: signature → `tf.function` of static shape; the first is the primary one, which code that knows no
            signatures gets.
        metadata: name → text to keep in the file.
        quantize: one of `metadata.QUANTIZE`, or None for float32.
        samples: inputs by signature, for int8 to be calibrated on.

    Raises:
        ValueError: something in it has no built-in operator, or none for integers; nothing there to quantize.
    """
    # the converter puts the signatures in alphabetical order: they go in by number and get their names afterwards
    numbered = {f"signature_{i}": function for i, function in enumerate(functions.values())}
    names = dict(zip(numbered, functions, strict=True))
    with temporary_folder() as folder, quiet_tensorflow():
        write_saved_model(module, numbered, folder / "model")
        if samples is None:
            content, failure = _converted(folder / "model", list(numbered), quantize)
        else:
            content, failure = convert_apart(folder, {key: samples[name] for key, name in names.items()})
    if failure is not None:  # raised here, outside: within, the converter's whole log would come with it
        operators = "built-in operators" + (" for int8" if quantize == "int8" else "")
        raise ValueError(f"`model` must be one that LiteRT's {operators} can express. Received: {_reason(failure)}")
    return finish(content, names, metadata)


def _reason(failure: str) -> str:
    """The layer and its operator, of the converter's log, which has many lines of where it came by it."""
    if found := re.search(r'error: .*?fused\["(\w+):", "(?:[^"@]*/)?([^"/@]+)/[^"/@]*@', failure):
        return f"{found[2]!r}, whose operator {found[1]} has none; compute it outside the model, or by other operators"
    return failure.splitlines()[0][:200] if failure else "a failure without a word"


def _converted(place: Path, signatures: list[str], quantize: str | None) -> tuple[bytes, str | None]:
    converter = tf.lite.TFLiteConverter.from_saved_model(str(place), signature_keys=signatures)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if quantize is not None:
        set_up(converter, quantize, None)
    try:
        return bytes(converter.convert()), None
    except Exception as failure:  # the converter has a type of its own
        return b"", str(failure)


def finish(content: bytes, names: dict[str, str], metadata: dict[str, str]) -> bytes:
    """The file with its signatures named, inputs held to their size, metadata and a checksum added, and without what
    fills small ones.

    That is the names of its tensors, an empty buffer for each of them, and constants that stand in it several times.
    """
    model = flatbuffer_utils.read_model_from_bytearray(content)
    if dynamic := dynamic_tensors(model):  # before their marks go with the rest
        raise ValueError(f"Functions must be of static shape. Received: {', '.join(dynamic[:3])} without")
    for signature in model.signatureDefs:
        signature.signatureKey = names[signature.signatureKey.decode()].encode()
    for place in {signature.subgraphIndex for signature in model.signatureDefs}:
        _hold_inputs(model, model.subgraphs[place])
    added = {name.encode(): text.encode() for name, text in metadata.items()} | {NAME.encode(): PLACEHOLDER}
    kept = [m for m in model.metadata or [] if m.name not in (b"CONVERSION_METADATA", *added)]
    for name, data in added.items():
        kept.append(schema.MetadataT(name=name, buffer=len(model.buffers)))
        model.buffers.append(schema.BufferT(data=data))
    model.metadata = kept

    buffers: dict[bytes, int] = {b"": 0}  # contents → new place; the first is empty by convention
    moved = [b"" if buffer.data is None else bytes(buffer.data) for buffer in model.buffers]
    for subgraph in model.subgraphs:
        subgraph.name = None
        for tensor in subgraph.tensors:
            tensor.name = tensor.shapeSignature = None
            if tensor.quantization is not None and tensor.quantization.scale is None:
                tensor.quantization = None
            tensor.buffer = buffers.setdefault(moved[tensor.buffer], len(buffers))
    for entry in model.metadata:
        entry.buffer = buffers.setdefault(moved[entry.buffer], len(buffers))
    # as arrays, which are copied whole: anything else would be written number by number
    model.buffers = [schema.BufferT(data=np.frombuffer(one, np.uint8) if one else None) for one in buffers]
    for signature in model.signatureDefs:
        for entry in [*signature.inputs, *signature.outputs]:  # these have names, which tools show
            model.subgraphs[signature.subgraphIndex].tensors[entry.tensorIndex].name = entry.name
    model.description = None
    return with_checksum(bytes(flatbuffer_utils.convert_object_to_bytearray(model)))


def _hold_inputs(model: Any, subgraph: Any) -> None:
    """Put a RESHAPE to its own shape behind each input, so that another batch or a longer window is an error.

    Interpreters resize an input to whatever they are fed, and a graph written for one row then answers wrongly. The
    converter drops such an op, hence here.
    """
    reshape = schema.BuiltinOperator.RESHAPE
    codes = [code.builtinCode for code in model.operatorCodes]
    if reshape not in codes:
        model.operatorCodes.append(schema.OperatorCodeT(deprecatedBuiltinCode=reshape, builtinCode=reshape, version=1))
        codes.append(reshape)
    held = []
    for place in [int(i) for i in subgraph.inputs]:
        users = [op for op in subgraph.operators if place in op.inputs]
        if not users or all(codes[op.opcodeIndex] == reshape for op in users):  # theirs have fixed shapes
            continue
        given = subgraph.tensors[place]
        shape = np.array([] if given.shape is None else given.shape, np.int32)
        model.buffers.append(schema.BufferT(data=np.frombuffer(shape.tobytes(), np.uint8)))
        subgraph.tensors.append(
            schema.TensorT(shape=[len(shape)], type=schema.TensorType.INT32, buffer=len(model.buffers) - 1)
        )
        subgraph.tensors.append(
            schema.TensorT(shape=given.shape, type=given.type, buffer=0, quantization=given.quantization)
        )
        inside = len(subgraph.tensors) - 1
        for op in users:
            op.inputs = [inside if i == place else i for i in op.inputs]
        held.append(
            schema.OperatorT(
                opcodeIndex=codes.index(reshape),
                inputs=[place, inside - 1],
                outputs=[inside],
                builtinOptionsType=schema.BuiltinOptions.ReshapeOptions,
                builtinOptions=schema.ReshapeOptionsT(newShape=shape),
            )
        )
    subgraph.operators = held + list(subgraph.operators)
