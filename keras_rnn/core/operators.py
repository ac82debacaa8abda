"""What a SavedModel would do, read from its file before TensorFlow loads it: a SavedModel is a program."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from keras_rnn.core.backend import tf
from keras_rnn.core.quiet import quiet_stderr

# the families of operators that compute; those that read, write, print or call out are in others
FAMILIES = (
    "array", "bitwise", "control_flow", "cudnn_rnn", "functional", "linalg", "list", "manip", "math", "nn",
    "ragged_array", "ragged_conversion", "ragged_math", "random", "resource_variable", "special_math", "spectral",
    "stateless_random", "stateless_random_ops_v2",
)  # fmt: skip
FURTHER = {
    "Assert", "StaticRegexFullMatch", "StringJoin", "UnicodeDecode", "UnicodeEncode",  # of the text signatures
    "ResizeArea", "ResizeBicubic", "ResizeBilinear", "ResizeNearestNeighbor",
}  # fmt: skip
REFUSED = {"Abort", "ImmutableConst", "RemoteCall"}  # of those families: the second reads files
SAVERS = {"MergeV2Checkpoints", "RestoreV2", "SaveV2", "ShardedFilename"}  # in functions that only `saver_def` calls


def check_operators(folder: Path) -> None:
    """Refuse a SavedModel with operators, in any of its functions, that exports of this package do not have.

    Raises:
        ValueError: there is none, or it is damaged; or it can do more than compute.
    """
    with quiet_stderr():
        from tensorflow.core.protobuf import saved_model_pb2

    found = saved_model_pb2.SavedModel()
    try:
        found.ParseFromString((folder / "saved_model.pb").read_bytes())
    except Exception as error:  # protobuf has a type of its own
        raise ValueError(f"A SavedModel must be one that can be read. Received: {str(folder)!r}, {error}") from error
    others = [name for name in ("saved_model.cpb", "saved_model.pbtxt") if (folder / name).exists()]
    if others or len(found.meta_graphs) != 1 or not found.meta_graphs[0].HasField("object_graph_def"):
        raise ValueError(
            f"A SavedModel must be one graph in saved_model.pb, as TensorFlow 2 writes it. Received: {str(folder)!r}"
            f"{''.join(f' with {name}' for name in others)}"
        )
    graph = found.meta_graphs[0]
    functions = {function.signature.name: function.node_def for function in graph.graph_def.library.function}
    nodes = {"": graph.graph_def.node, **functions}
    foreign = {node.op for some in nodes.values() for node in some if not _computes(node.op)} - set(functions) - SAVERS
    reached = _reached(functions, graph.object_graph_def.concrete_functions)
    foreign |= {node.op for name in reached for node in functions[name]} & SAVERS
    if foreign:
        raise ValueError(
            f"A SavedModel must have operators that compute only, as exports of this package have, for it is a program "
            f"that runs when it is checked. Received: {str(folder)!r} with {', '.join(sorted(foreign)[:8])}"
        )


def _computes(op: str) -> bool:
    function = getattr(tf.raw_ops, op, None)  # None for those of other libraries
    family = getattr(function, "__module__", "").removeprefix("tensorflow.python.ops.gen_").removesuffix("_ops")
    return op in FURTHER or (family in FAMILIES and op not in REFUSED)


def _reached(functions: dict[str, Any], begun: Iterable[str]) -> set[str]:
    """The functions that those which a loaded SavedModel has can call."""
    reached: set[str] = set()
    left = list(begun)
    while left:
        name = left.pop()
        if name in reached or name not in functions:
            continue
        reached.add(name)
        for node in functions[name]:
            left.append(node.op)
            for value in node.attr.values():
                left += [value.func.name, *(one.name for one in value.list.func)]
    return reached
