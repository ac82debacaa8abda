"""A built Keras model taken apart into its chain of layers: the one file that knows Keras' private names."""

from collections.abc import Callable
from typing import Any

from keras_rnn.core.backend import keras
from keras_rnn.core.checks import received
from keras_rnn.core.types import Layer, Model, Operation

DTYPE_POLICY = "_dtype_policy"  # a layer's attribute


def for_inference(layer: Layer) -> dict[str, Any]:
    """What a layer or cell is to be called with besides its inputs, so that dropout and the like rest."""
    return {"training": False} if getattr(layer, "_call_has_training_arg", False) else {}


def flat_layers(layer: Layer) -> list[Any]:
    """A layer and all the layers inside it."""
    return list(layer._flatten_layers())


def run_operations(functional: Model, x: Any, caller: Callable[[Any], Callable[..., Any]]) -> Any:
    """A functional model on x, each operation as `caller` has it called → its one output."""
    return keras.tree.flatten(functional._run_through_graph([x], operation_fn=caller))[0]


def known_ids(functional: Model) -> int | None:
    """How many different ids a functional model tells apart, by its one-hot or its `Embedding`, where it says so."""
    sizes = (getattr(op, name, None) for name in ("num_classes", "input_dim") for op in functional.operations)
    return next((size for size in sizes if isinstance(size, int)), None)


class Refused(ValueError):
    """A model that cannot be taken apart into its recurrent layers and the rest: which layer, and why."""

    def __init__(self, layer: Layer, reason: str) -> None:
        super().__init__(
            f"The model must be a chain of layers around recurrent ones: {reason}. "
            f"Received: {type(layer).__name__} {getattr(layer, 'name', layer)!r}"
        )


class Link:
    """One layer or operation of the chain, and how to call it on a tensor."""

    def __init__(self, op: Operation, call: Callable[[Any], Any]) -> None:
        self.op, self.call = op, call
        self.recurrent = isinstance(op, keras.layers.RNN | keras.layers.Bidirectional)


def functional_of(model: Model) -> Any:
    """A built model's functional form, of one input and one output and without masks.

    Raises:
        TypeError: not a Keras model.
        Refused: not built, subclassed, with several inputs or outputs, or with a layer that makes a mask.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. {received(model)}")
    functional = getattr(model, "_functional", None) or model  # a Sequential keeps its functional form inside
    if not getattr(functional, "inputs", None):
        raise Refused(model, "it is not built, or not of the functional kind")
    if len(functional.inputs) != 1 or len(functional.outputs) != 1:
        raise Refused(model, "it has several inputs or outputs")
    for layer in functional.layers:  # first: their masks are tensors of their own in the graph
        if isinstance(layer, keras.layers.Masking) or getattr(layer, "mask_zero", False):
            raise Refused(layer, "it makes a mask, which would be lost")
    return functional


def chain_of(model: Model) -> tuple[Any, list[Link]]:
    """The model's input and its layers in order.

    Raises:
        TypeError: not a Keras model.
        Refused: not built, not a chain, without a recurrent layer, or with one that is not lowered.
    """
    functional = functional_of(model)
    links: list[Link] = []
    tensor = functional.outputs[0]
    while tensor is not functional.inputs[0]:
        op, index, _ = tensor._keras_history
        node = op._inbound_nodes[index]
        if len(node.input_tensors) != 1 or len(node.output_tensors) != 1:
            raise Refused(op, "it joins or gives several tensors")
        links.insert(0, Link(op, _caller(op, node)))
        tensor = node.input_tensors[0]
    for link in links:
        check_layer(link.op)
        if isinstance(link.op, keras.layers.Layer) and link.op.compute_dtype != "float32":
            raise Refused(link.op, f"it computes in {link.op.compute_dtype}, not float32")
    if not any(link.recurrent for link in links):
        raise Refused(model, "it has no recurrent layer")
    return functional.inputs[0], links


def _caller(op: Operation, node: Any) -> Callable[[Any], Any]:
    given = node.input_tensors[0]

    def call(x: Any) -> Any:
        args, kwargs = node.arguments.fill_in({id(given): x})
        return op(*args, **kwargs | for_inference(op))

    return call


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
