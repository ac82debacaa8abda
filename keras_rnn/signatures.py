"""The models as TensorFlow functions written straight from their weights: what the SavedModel and LiteRT hold.

Keras' own graph would do for a server, but on a phone its zero-state and gather ops cost more than the model.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_rnn.backend import tf
from keras_rnn.characters import CharModel
from keras_rnn.checks import received
from keras_rnn.recurrent import UNROLL_UP_TO
from keras_rnn.weights import CellWeights
from keras_rnn.yields import GS10Model


class Signatures(tf.Module):
    """`serving_default` and `step` of a model, each a `tf.function` from named inputs to a dictionary.

    Args:
        weights: of the recurrent layer and its head.
        window: steps of a window.
        batch: None leaves it free; 1 for LiteRT, whose files need static shapes.
        every_step: outputs after every step, not only the last.
    """

    recurrent_kernel: Any  # (units, units)
    output_kernel: Any  # (units, outputs)
    output_bias: Any  # (outputs,), or None
    input_name: str
    step_name: str
    output_name: str
    input_dtype: Any

    def __init__(self, weights: CellWeights, window: int, batch: int | None, every_step: bool) -> None:
        super().__init__()
        # constants for LiteRT: a variable read inside a loop is an op that fails on the phone
        store = tf.Variable if batch is None else tf.constant
        for name, array in self._arrays(weights).items():
            setattr(self, name, None if array is None else store(array.astype(np.float32)))
        self.window, self.units, self.outputs = window, weights.units, weights.outputs
        self.batch, self.every_step = batch, every_step
        state = tf.TensorSpec((batch, self.units), tf.float32, "h_0")
        self.serving_default = tf.function(
            self._serving_default, input_signature=[tf.TensorSpec((batch, window), self.input_dtype, self.input_name)]
        )
        self.step = tf.function(
            self._step, input_signature=[tf.TensorSpec((batch, 1), self.input_dtype, self.step_name), state]
        )

    def functions(self) -> dict[str, Any]:
        return {"serving_default": self.serving_default, "step": self.step}

    def _arrays(self, weights: CellWeights) -> dict[str, Any]:
        """The arrays to store, by attribute; those for the input are the subclass' own."""
        return {
            "recurrent_kernel": weights.recurrent_kernel,
            "output_kernel": weights.output_kernel,
            "output_bias": weights.output_bias,
        }

    def _project(self, x: Any) -> Any:
        """Inputs of any shape (…) → x·kernel + bias (…, units), for all steps at once."""
        raise NotImplementedError

    def _output(self, o: Any) -> Any:
        """The head's output in the unit that users see."""
        return o

    def _head(self, h: Any) -> Any:
        o = tf.matmul(h, self.output_kernel)  # (rows, outputs)
        return self._output(o if self.output_bias is None else o + self.output_bias)

    def _step(self, x: Any, h_0: Any) -> dict[str, Any]:
        x, h_0 = self._shaped(x, 1), self._shaped(h_0, self.units)
        h = self._next_state(h_0, self._project(x[:, 0]))
        return {self.output_name: self._head(h), "h_0": h}

    def _shaped(self, x: Any, size: int) -> Any:
        """A loaded SavedModel takes any shape: without this, a longer window would be answered from its head."""
        return tf.ensure_shape(x, (self.batch, size))

    def _serving_default(self, x: Any) -> dict[str, Any]:
        x = self._shaped(x, self.window)
        p = self._project(tf.transpose(x))  # (window, batch, units)
        if not self.every_step:
            return {self.output_name: self._head(self._last_state(p))}
        rows = tf.reshape(tf.transpose(self._all_states(p), (1, 0, 2)), (-1, self.units))  # (batch · window, units)
        return {self.output_name: tf.reshape(self._head(rows), (-1, self.window, self.outputs))}

    def _next_state(self, h: Any, p_t: Any) -> Any:
        return tf.tanh(tf.matmul(h, self.recurrent_kernel) + p_t)  # (batch, units)

    def _last_state(self, p: Any) -> Any:
        h = tf.tanh(p[0])  # (batch, units): from a zero state nothing is to be multiplied
        if self.window <= UNROLL_UP_TO:
            for t in range(1, self.window):
                h = self._next_state(h, p[t])
            return h
        return tf.while_loop(
            lambda t, h: t < self.window, lambda t, h: (t + 1, self._next_state(h, p[t])), (tf.constant(1), h)
        )[1]

    def _all_states(self, p: Any) -> Any:
        h = tf.tanh(p[0])
        if self.window <= UNROLL_UP_TO:
            states = [h]
            for t in range(1, self.window):
                states.append(self._next_state(states[-1], p[t]))
            return tf.stack(states)  # (window, batch, units)

        def body(t: Any, states: Any) -> tuple[Any, Any]:  # rows written in place: a TensorArray is no built-in op
            return t + 1, tf.tensor_scatter_nd_update(states, [[t]], self._next_state(states[t - 1], p[t])[None])

        states = tf.tensor_scatter_nd_update(tf.zeros_like(p), [[0]], h[None])
        return tf.while_loop(lambda t, states: t < self.window, body, (tf.constant(1), states))[1]


class CharSignatures(Signatures):
    """ids → logits. The input projection of a one-hot is a row of the kernel."""

    table: Any  # (vocabulary, units): kernel + bias
    input_name, step_name, output_name, input_dtype = "ids", "ids", "logits", tf.int32

    def __init__(self, model: CharModel, batch: int | None) -> None:
        super().__init__(model.get_cell_weights(), model.window, batch, model.return_sequences)

    def _arrays(self, weights: CellWeights) -> dict[str, Any]:
        table = weights.kernel if weights.bias is None else weights.kernel + weights.bias
        return {**super()._arrays(weights), "table": table}

    def _project(self, ids: Any) -> Any:
        return tf.gather(self.table, ids)


class GS10Signatures(Signatures):
    """history → prediction, both in percent; the step takes one year's yield, `x`."""

    kernel: Any  # (1, units)
    bias: Any  # (units,), or None
    input_name, step_name, output_name, input_dtype = "history", "x", "prediction", tf.float32

    def __init__(self, model: GS10Model, batch: int | None) -> None:
        self.low, self.range = model.low, model.high - model.low
        super().__init__(model.get_cell_weights(), model.window, batch, False)

    def _arrays(self, weights: CellWeights) -> dict[str, Any]:
        return {**super()._arrays(weights), "kernel": weights.kernel, "bias": weights.bias}

    def _project(self, x: Any) -> Any:
        scaled = (x[..., None] - self.low) / self.range  # (…, 1)
        p = scaled * self.kernel[0]  # (…, units): one feature, no matmul needed
        return p if self.bias is None else p + self.bias

    def _output(self, o: Any) -> Any:
        return o * self.range + self.low


def signatures_of(model: Any, batch: int | None) -> Signatures:
    """The model's signatures.

    Raises:
        TypeError: a model that is not of this package.
    """
    if isinstance(model, CharModel):
        return CharSignatures(model, batch)
    if isinstance(model, GS10Model):
        return GS10Signatures(model, batch)
    raise TypeError(f"A CharModel or GS10Model was expected. {received(type(model))}")
