"""What a built Keras model is made of, and its cells called step by step: the one file of Keras' private names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import MethodType
from typing import Any

from keras_rnn.core.backend import keras
from keras_rnn.core.checks import received
from keras_rnn.core.types import Cell, Layer, Model, Operation, Tensor

DTYPE_POLICY = "_dtype_policy"  # a layer's attribute
# keeps a cell's masks for the length of a sequence: `keras.layers.RNN` asks for the class
DropoutRNNCell: Any = next(c for c in keras.layers.SimpleRNNCell.__mro__ if c.__name__ == "DropoutRNNCell")


def for_inference(layer: Layer) -> dict[str, Any]:
    """What a layer or cell is to be called with besides its inputs, so that dropout and the like rest."""
    return {"training": False} if getattr(layer, "_call_has_training_arg", False) else {}


def flat_layers(layer: Layer) -> list[Any]:
    """A layer and all the layers inside it."""
    return list(layer._flatten_layers())


def code_is_allowed() -> bool:
    """Whether this thread may load a Lambda layer's code: after `keras.config.enable_unsafe_deserialization()`."""
    from keras.src.saving.serialization_lib import in_safe_mode

    return in_safe_mode() is False


def run_operations(functional: Model, x: Any, caller: Callable[[Any], Callable[..., Any]]) -> Any:
    """A functional model on x, each operation as `caller` has it called → its one output."""
    return keras.tree.flatten(functional._run_through_graph([x], operation_fn=caller))[0]


def known_ids(functional: Model) -> int | None:
    """How many different ids a functional model tells apart, by its one-hot or its `Embedding`, where it says so."""
    sizes = (getattr(op, name, None) for name in ("num_classes", "input_dim") for op in functional.operations)
    return next((size for size in sizes if isinstance(size, int)), None)


def operations(model: Model) -> list[Operation]:
    """A functional or Sequential model's layers and plain operations; none of another."""
    return list(getattr(_inside(model), "operations", []))


def _inside(model: Model) -> Any:
    return getattr(model, "_functional", None) or model  # a Sequential keeps its functional form inside


class Refused(ValueError):
    """A model that cannot be taken apart into its recurrent layers and the rest: which layer, and why."""

    def __init__(self, layer: Layer, reason: str) -> None:
        super().__init__(
            f"The model must be one whose recurrent layers can be run step by step: {reason}. "
            f"Received: {type(layer).__name__} {getattr(layer, 'name', layer)!r}"
        )


def functional_of(model: Model) -> Any:
    """A built model's functional form, of one input and one output and without masks.

    Raises:
        TypeError: not a Keras model.
        Refused: not built, subclassed, with several inputs or outputs, or with a layer that makes a mask.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. {received(model)}")
    functional = _inside(model)
    if not getattr(functional, "inputs", None):
        raise Refused(model, "it is not built, or not of the functional kind")
    if len(functional.inputs) != 1 or len(functional.outputs) != 1:
        raise Refused(model, "it has several inputs or outputs")
    for layer in functional.layers:  # first: their masks are tensors of their own in the graph
        if isinstance(layer, keras.layers.Masking) or getattr(layer, "mask_zero", False):
            raise Refused(layer, "it makes a mask, which would be lost")
    return functional


def check_layer(op: Operation) -> None:
    """Refuses recurrent layers whose loop cannot be written around their cell, and models inside the model."""
    layers = [op.forward_layer, op.backward_layer] if isinstance(op, keras.layers.Bidirectional) else [op]
    for layer in layers:
        if isinstance(layer, keras.layers.RNN):
            if layer.stateful:
                raise Refused(op, "it is stateful: its state belongs into the caller's hands")
            if layer.return_state:
                raise Refused(op, "it returns its state too")
        elif isinstance(op, keras.layers.Bidirectional):
            raise Refused(op, f"it wraps a {type(layer).__name__}")
        elif isinstance(layer, keras.Model):
            raise Refused(op, "it is a model inside the model")
        elif type(layer).__name__.startswith("ConvLSTM"):
            raise Refused(op, "its state is an image")


def advance_by_call(
    cell: Cell, x: Tensor, states: list[Tensor], like: Any = None, training: bool = False
) -> tuple[Tensor, list[Tensor]]:
    """One step of any cell: (batch, …) and its states, flat → its output and the new states, flat.

    Args:
        like: states nested as the cell has them; None: as its `state_size` is.
    """
    sizes = cell.state_size if like is None else like
    nested = keras.tree.pack_sequence_as(sizes, states) if isinstance(sizes, list | tuple) else states
    training_too = {"training": training} if for_inference(cell) else {}
    output, new = cell(x, nested, **training_too)
    return output, [keras.ops.convert_to_tensor(state) for state in keras.tree.flatten(new)]


def merge(layer: Layer, forwards: Tensor, backwards: Tensor) -> Tensor:
    """What a `Bidirectional` makes of its two directions' outputs."""
    if layer.merge_mode not in _MERGES:
        raise Refused(layer, "it gives both directions apart")
    return _MERGES[layer.merge_mode](forwards, backwards)


_MERGES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "concat": lambda a, b: keras.ops.concatenate([a, b], axis=-1),
    "sum": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "ave": lambda a, b: (a + b) / 2,
}


@contextmanager
def for_phone(model: Model, inner_loop: Callable[..., Any] | None = None) -> Iterator[None]:
    """The model as a phone runs it, while this lasts: in float32, from fresh states, and taking any window.

    Layers keep their variables; only attributes of the instances are others for so long, so that no other thread
    should call the model meanwhile.

    Args:
        inner_loop: takes the place of every recurrent layer's own, as `inner_loop(layer, **arguments)`.
    """
    before: list[tuple[dict[str, Any], str, Any]] = []

    def put(owner: Any, name: str, value: Any) -> None:
        attributes = vars(owner)  # past Keras' tracking
        before.append((attributes, name, attributes.get(name, ...)))
        attributes[name] = value

    try:
        for layer in flat_layers(model):
            policy = layer.dtype_policy
            floating = keras.backend.is_float_dtype(policy.compute_dtype or "float32")
            if floating and policy.compute_dtype != "float32" and policy.quantization_mode is None:
                put(layer, DTYPE_POLICY, _in_float32(policy))
            if isinstance(layer, keras.layers.RNN):
                # which draws masks even where none is used, and so advances a seed; a cell in training draws its own
                put(layer, "_maybe_config_dropout_masks", lambda *_: None)
                if layer.stateful:
                    put(layer, "stateful", False)
                if inner_loop is not None and type(layer).inner_loop in _OWN_LOOPS:
                    put(layer, "inner_loop", lambda *a, _layer=layer, **k: inner_loop(_layer, *a, **k))
                elif "inner_loop" in vars(layer):  # one for training, `rnn.recurrence`
                    put(layer, "inner_loop", MethodType(type(layer).inner_loop, layer))
            if hasattr(layer, "_check_shape"):  # a `RecurrentModel`, which holds its input to its window
                put(layer, "_check_shape", lambda *_: None)
            for functional in {id(f): f for f in (layer, getattr(layer, "_functional", None))}.values():
                if hasattr(functional, "_inputs_struct"):  # which holds every input to its Input's shape
                    put(functional, "_manual_input_spec", None)
        yield
    finally:
        for attributes, name, value in reversed(before):
            attributes.pop(name) if value is ... else attributes.__setitem__(name, value)


def _in_float32(policy: Any) -> Any:
    """The policy with its variables' dtype, which layers then cast as they read, and arithmetic in float32."""
    other = keras.DTypePolicy("float32")
    other._variable_dtype = policy.variable_dtype
    return other


# a class that wrote another computes something else in it
_OWN_LOOPS = {keras.layers.RNN.inner_loop, keras.layers.GRU.inner_loop, keras.layers.LSTM.inner_loop}


def input_structure(model: Model) -> Any:
    """What a functional or Sequential model takes, nested, its `keras.KerasTensor`s; None of another."""
    return getattr(_inside(model), "_inputs_struct", None)


def called_with(model: Model) -> dict[str, Any]:
    """Argument → nested shapes of a subclassed model's first call; empty where it was not called."""
    return dict(getattr(model, "_build_shapes_dict", None) or {})


def embedding_sizes(model: Model, tensor: Any) -> list[int]:
    """How many ids each `Embedding` knows that reads a functional model's input."""
    embeddings = [op for op in operations(model) if isinstance(op, keras.layers.Embedding)]
    return [
        op.input_dim
        for op in embeddings
        for node in op._inbound_nodes
        if any(tensor is other for other in node.input_tensors)
    ]
