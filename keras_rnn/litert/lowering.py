"""Any Keras RNN as plain TensorFlow functions of static shape: what a phone's converter can take.

Keras' own graph has TensorArrays and a zero-state op that LiteRT has no built-in operators for. Here the model is
taken apart into its chain of layers; each recurrent layer becomes a loop, unrolled or a `while_loop`, around the
cell's own `call`, and every other layer is called as it is.
"""

from keras_rnn.core.backend import keras, tf
from keras_rnn.core.checks import received
from keras_rnn.core.types import Function, Model, Operation, Tensor
from keras_rnn.rnn.cell import RNNCell
from keras_rnn.rnn.chain import Refused, chain_of
from keras_rnn.rnn.layers import UNROLL_UP_TO
from keras_rnn.rnn.loops import advance_by_call, run

UNROLL_INTEGERS_UP_TO = 256  # full int8 must be: on a WHILE of it the converter crashes
# act on each step by itself, so that a step may be given alone
STEPWISE = (
    "Activation", "BatchNormalization", "Dense", "Dropout", "ELU", "Embedding", "GaussianDropout", "GaussianNoise",
    "LayerNormalization", "LeakyReLU", "Normalization", "OneHot", "PReLU", "ReLU", "Rescaling", "Softmax",
    "TimeDistributed", "UnitNormalization",
)  # fmt: skip


class Lowered:
    """A model's window and step functions.

    Attributes:
        window: steps of a window.
        features: per step, or None where the input is ids.
        states: name → shape of the states that `step` takes and gives; None where the model admits no step.
    """

    def __init__(self, model: Model, window: int | None, unroll: bool | None, quantize: str | None = None) -> None:
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

    def functions(self) -> dict[str, Function]:
        """Signature → `tf.function` of static shape, from named inputs to a dictionary."""
        shape = (1, self.window) if self.ids else (1, self.window, self.features)
        one = (1, 1) if self.ids else (1, self.features)
        window = tf.function(self._window, input_signature=[tf.TensorSpec(shape, self.dtype, self.input_name)])
        if self.states is None:
            return {"serving_default": window}
        specs = [tf.TensorSpec(size, tf.float32, name) for name, size in self.states.items()]
        step = tf.function(self._step, input_signature=[tf.TensorSpec(one, self.dtype, self.input_name), *specs])
        return {"serving_default": window, "step": step}

    def _window(self, x: Tensor) -> dict[str, Tensor]:
        for link in self.links:
            x = run(link.op, x, self.unroll) if link.recurrent else link.call(x)
        return {"output": x}

    def _step(self, x: Tensor, *states: Tensor) -> dict[str, Tensor]:
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


def _stepwise(op: Operation) -> bool:
    """Whether it acts on each step by itself; a normalization or a softmax may be over time instead."""
    axes = getattr(op, "axis", -1)
    over = {axes} if isinstance(axes, int) else set(axes or ())
    return type(op).__name__ in STEPWISE and 1 not in over and -2 not in over
