"""Any Keras RNN as plain TensorFlow functions of static shape: what a phone's converter can take.

Keras' own graph has TensorArrays and a zero-state op that LiteRT has no built-in operators for. Here the model is
taken apart into its chain of layers; each recurrent layer becomes a loop, unrolled or a `while_loop`, around the
cell's own `call`, and every other layer is called as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras_rnn.backend import keras, tf
from keras_rnn.cell import RNNCell
from keras_rnn.checks import received
from keras_rnn.loops import Refused, advance_by_call, run
from keras_rnn.recurrent import UNROLL_UP_TO

UNROLL_INTEGERS_UP_TO = 256  # full int8 must be: on a WHILE of it the converter crashes
# act on each step by itself, so that a step may be given alone
STEPWISE = (
    "Activation", "BatchNormalization", "Dense", "Dropout", "ELU", "Embedding", "GaussianDropout", "GaussianNoise",
    "LayerNormalization", "LeakyReLU", "Normalization", "OneHot", "PReLU", "ReLU", "Rescaling", "Softmax",
    "TimeDistributed", "UnitNormalization",
)  # fmt: skip


class Link:
    """One layer or operation of the chain, and how to call it on a tensor."""

    def __init__(self, op: Any, call: Callable[[Any], Any]) -> None:
        self.op, self.call = op, call
        self.recurrent = isinstance(op, keras.layers.RNN | keras.layers.Bidirectional)


def functional_of(model: Any) -> Any:
    """A built model's functional form, of one input and one output and without masks.

    Raises:
        TypeError: not a Keras model.
        Refused: not built, subclassed, with several inputs or outputs, or with a layer that makes a mask.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"A keras.Model was expected. {received(model)}")
    functional = getattr(model, "_functional", None) or model  # a Sequential keeps its functional form inside
    if not getattr(functional, "inputs", None):
        raise Refused(model, "it is not built, or not of the functional kind")
    if len(functional.inputs) != 1 or len(functional.outputs) != 1:
        raise Refused(model, "it has several inputs or outputs")
    for layer in functional.layers:  # first: their masks are tensors of their own in the graph
        if isinstance(layer, keras.layers.Masking) or getattr(layer, "mask_zero", False):
            raise Refused(layer, "it makes a mask, which would be lost")
    return functional


def chain_of(model: Any) -> tuple[Any, list[Link]]:
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


def _caller(op: Any, node: Any) -> Callable[[Any], Any]:
    given = node.input_tensors[0]

    def call(x: Any) -> Any:
        args, kwargs = node.arguments.fill_in({id(given): x})
        if isinstance(op, keras.layers.Layer) and op._call_has_training_arg:
            kwargs = {**kwargs, "training": False}
        return op(*args, **kwargs)

    return call


def check_layer(op: Any) -> None:
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


class Lowered:
    """A model's window and step functions.

    Attributes:
        window: steps of a window.
        features: per step, or None where the input is ids.
        states: name → shape of the states that `step` takes and gives; None where the model admits no step.
    """

    def __init__(self, model: Any, window: int | None, unroll: bool | None, quantize: str | None = None) -> None:
        given, self.links = chain_of(model)
        shape = tuple(given.shape)
        self.ids = "int" in str(given.dtype) or (len(shape) == 2 and type(self.links[0].op).__name__ == "Embedding")
        if len(shape) != (2 if self.ids else 3) or (not self.ids and shape[2] is None):
            raise Refused(model, f"ids (batch, steps) or values (batch, steps, features) go in, not {shape}")
        if window is not None and shape[1] not in (None, window):
            raise ValueError(f"`window` must be {shape[1]}, the model's own. {received(window)}")
        if window is None and shape[1] is None:
            raise ValueError("`window` must be given for a model of any length. Received: None")
        self.window = int(window or shape[1])
        self.features = None if self.ids else int(shape[2])
        self.unroll = self.window <= self._unroll_up_to(quantize) if unroll is None else unroll
        self.states = self._states() if self._has_step() else None
        self.input_name = "ids" if self.ids else "x"
        self.dtype = tf.int32 if self.ids else tf.float32

    def _unroll_up_to(self, quantize: str | None) -> int:
        """Steps; as measured: over int8 weights a chain of small products is quicker, of gated cells it is not."""
        cells = {type(getattr(link.op, "cell", None)) for link in self.links if link.recurrent}
        plain = cells <= {keras.layers.SimpleRNNCell, RNNCell}
        integers = quantize == "int8" or (quantize == "dynamic_range" and plain)
        return UNROLL_INTEGERS_UP_TO if integers else UNROLL_UP_TO

    def _has_step(self) -> bool:
        last = max(i for i, link in enumerate(self.links) if link.recurrent)
        for i, link in enumerate(self.links):
            if link.recurrent:
                layer = link.op
                if isinstance(layer, keras.layers.Bidirectional) or layer.go_backwards:
                    return False
                if i < last and not layer.return_sequences:
                    return False
            elif (i < last or self.links[last].op.return_sequences) and not _stepwise(link.op):
                return False
        return True

    def _states(self) -> dict[str, tuple[int, int]]:
        states: dict[str, tuple[int, int]] = {}
        for number, layer in enumerate(link.op for link in self.links if link.recurrent):
            sizes = keras.tree.flatten(layer.cell.state_size)
            lstm = len(sizes) == 2 and isinstance(layer, keras.layers.LSTM)
            names = ["h", "c"] if lstm else ["h", *(f"h{i}" for i in range(1, len(sizes)))]
            states |= {f"{name}_{number}": (1, int(size)) for name, size in zip(names, sizes, strict=True)}
        return states

    def functions(self) -> dict[str, Any]:
        """Signature → `tf.function` of static shape, from named inputs to a dictionary."""
        shape = (1, self.window) if self.ids else (1, self.window, self.features)
        one = (1, 1) if self.ids else (1, self.features)
        window = tf.function(self._window, input_signature=[tf.TensorSpec(shape, self.dtype, self.input_name)])
        if self.states is None:
            return {"serving_default": window}
        specs = [tf.TensorSpec(size, tf.float32, name) for name, size in self.states.items()]
        step = tf.function(self._step, input_signature=[tf.TensorSpec(one, self.dtype, self.input_name), *specs])
        return {"serving_default": window, "step": step}

    def _window(self, x: Any) -> dict[str, Any]:
        for link in self.links:
            x = run(link.op, x, self.unroll) if link.recurrent else link.call(x)
        return {"output": x}

    def _step(self, x: Any, *states: Any) -> dict[str, Any]:
        assert self.states is not None
        given, after, sequence = list(states), [], True
        x = x if self.ids else x[:, None]  # (1, 1) or (1, 1, features)
        for link in self.links:
            if not link.recurrent:
                x = link.call(x)
                continue
            cell = link.op.cell
            count = len(keras.tree.flatten(cell.state_size))
            mine, given = given[:count], given[count:]
            x, new = advance_by_call(cell, x[:, 0], mine)
            after += new
            sequence = link.op.return_sequences
            x = x[:, None] if sequence else x
        return {"output": x[:, 0] if sequence else x, **dict(zip(self.states, after, strict=True))}


def _stepwise(op: Any) -> bool:
    """Whether it acts on each step by itself; a normalisation or a softmax may be over time instead."""
    axes = getattr(op, "axis", -1)
    over = {axes} if isinstance(axes, int) else set(axes or ())
    return type(op).__name__ in STEPWISE and 1 not in over and -2 not in over
