"""A recurrent model as TensorFlow functions written straight from its weights: what all of them share.

Keras' own graph would do for a server, but on a phone its zero-state and gather ops cost more than the model.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from keras_rnn.core.backend import tf
from keras_rnn.core.quiet import quiet_tensorflow
from keras_rnn.core.types import Function, Tensor
from keras_rnn.rnn.layers import UNROLL_UP_TO
from keras_rnn.rnn.weights import CellWeights


class ExportModule(tf.Module):
    """A model's signatures, each a `tf.function` from named inputs to a dictionary.

    `serving_default` answers a window, `step` one step and a state, and `generate` or `forecast` (`ahead_name`) gives
    the next N, each from the window that holds the ones before, looped inside the graph.

    Args:
        weights: of the recurrent layer and its head.
        window: steps of a window.
        batch: None leaves it free; 1 for LiteRT, whose files need static shapes.
        every_step: outputs after every step, not only the last.
        features: values of each step.
        activation: of the state, `"tanh"` or `"relu"`.
    """

    recurrent_kernel: Tensor  # (units, units)
    output_kernel: Tensor  # (units, outputs)
    output_bias: Tensor  # (outputs,), or None
    input_name: str
    step_name: str
    output_name: str
    ahead_name: str
    ahead_output: str
    ahead: int
    input_dtype: Any
    has_step = True
    text_signatures: ClassVar[dict[str, str]] = {}  # of the SavedModel alone, by name, in words

    def __init__(
        self,
        weights: CellWeights,
        window: int,
        batch: int | None,
        every_step: bool,
        features: int = 1,
        activation: str = "tanh",
    ) -> None:
        super().__init__()
        self.activation, self.activate = activation, tf.nn.relu if activation == "relu" else tf.tanh
        # constants for LiteRT: a variable read inside a loop is an op that fails on the phone
        store = tf.Variable if batch is None else tf.constant
        self.batch, self.every_step = batch, every_step
        for name, array in self._arrays(weights).items():
            setattr(self, name, None if array is None else store(array.astype(np.float32)))
        self.window, self.units, self.outputs, self.features = window, weights.units, weights.outputs, features
        self.window_shape = (batch, window) if features == 1 else (batch, window, features)
        windows = tf.TensorSpec(self.window_shape, self.input_dtype, self.input_name)
        one = tf.TensorSpec((batch, features), self.input_dtype, self.step_name)
        state = tf.TensorSpec((batch, self.units), tf.float32, "h_0")
        self.serving_default = tf.function(self._serving_default, input_signature=[windows])
        self.step = tf.function(self._step, input_signature=[one, state])
        self.next_ahead = tf.function(self._next_ahead, input_signature=[windows])

    def functions(self) -> dict[str, Function]:
        step = {"step": self.step} if self.has_step else {}
        return {"serving_default": self.serving_default, **step, self.ahead_name: self.next_ahead}

    def names(self) -> dict[str, dict[str, list[str]]]:
        """Names of inputs and outputs by signature."""
        window, output = [self.input_name], [self.output_name]
        step = {"step": {"inputs": [self.step_name, "h_0"], "outputs": [*output, "h_0"]}} if self.has_step else {}
        return {
            "serving_default": {"inputs": window, "outputs": output},
            **step,
            self.ahead_name: {"inputs": window, "outputs": [self.ahead_output]},
        }

    def _arrays(self, weights: CellWeights) -> dict[str, Any]:
        """The arrays to store, by attribute; those for the input are the subclass' own."""
        return {name: getattr(weights, name) for name in ("recurrent_kernel", "output_kernel", "output_bias")}

    def _project(self, x: Tensor) -> Tensor:
        """Inputs (rows[, features]) → x·kernel + bias (rows, units), for all steps at once."""
        raise NotImplementedError

    def _head(self, h: Tensor) -> Tensor:
        o = tf.matmul(h, self.output_kernel)  # (rows, outputs)
        return o if self.output_bias is None else o + self.output_bias

    def _step(self, x: Tensor, h_0: Tensor) -> dict[str, Tensor]:
        x, h_0 = self._shaped(x, (self.batch, self.features)), self._shaped(h_0, (self.batch, self.units))
        h = self._next_state(h_0, self._project(x[:, 0] if self.features == 1 else x))
        return {self.output_name: self._head(h), "h_0": h}

    def _shaped(self, x: Tensor, shape: tuple[int | None, ...]) -> Tensor:
        """A loaded SavedModel takes any shape: without this, a longer window would be answered from its head."""
        return tf.ensure_shape(x, shape)

    def _serving_default(self, x: Tensor) -> dict[str, Tensor]:
        x = self._shaped(x, self.window_shape)
        if not self.every_step:
            return {self.output_name: self._head(self._last_state(x))}
        states = self._states(x, every_step=True)  # (window, batch, units)
        rows = tf.reshape(tf.transpose(states, (1, 0, 2)), (-1, self.units))  # (batch · window, units)
        return {self.output_name: tf.reshape(self._head(rows), (-1, self.window, self.outputs))}

    def _next_ahead(self, x: Tensor) -> dict[str, Tensor]:
        x = self._shaped(x, self.window_shape)
        # what is read and what is written in one row: the window stands at its end, and each new value pushes the
        # row on by one place, so that no op is needed that writes at an index
        _, _, *each = self.window_shape  # features, where there are several
        batch = tf.shape(x)[0] if self.batch is None else self.batch
        row = tf.concat([tf.zeros((batch, self.ahead, *each), x.dtype), x], 1)
        row = tf.ensure_shape(row, (self.batch, self.ahead + self.window, *each))

        def push(i: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
            return i + 1, tf.concat([row[:, 1:], self._following(row[:, self.ahead :])], axis=1)

        _, row = tf.while_loop(lambda i, row: i < self.ahead, push, (tf.constant(0), row))
        following = row[:, self.window :]  # (batch, ahead[, features])
        return {self.ahead_output: following[..., 0] if each else following}

    def _following(self, x: Tensor) -> Tensor:
        """What comes after each window (batch, window[, features]), as an input again: (batch, 1[, features])."""
        return self._head(self._last_state(x))

    def _next_state(self, h: Tensor, p_t: Tensor) -> Tensor:
        return self.activate(tf.matmul(h, self.recurrent_kernel) + p_t)  # (batch, units)

    def _projected(self, x: Tensor) -> Tensor:
        """Windows (batch, window[, features]) → their projections (window · batch, units)."""
        if self.features == 1:
            return self._project(tf.reshape(tf.transpose(x), (-1,)))
        return self._project(tf.reshape(tf.transpose(x, (1, 0, 2)), (-1, self.features)))

    def _last_state(self, x: Tensor) -> Tensor:
        return self._states(x, every_step=False)

    def _states(self, x: Tensor, every_step: bool) -> Tensor:
        """Windows (batch, window[, features]) → their last states (batch, units), or all (window, batch, units)."""
        p = self._projected(x)
        if self.window <= UNROLL_UP_TO:
            first, *others = tf.split(p, self.window)  # (batch, units) each
            states = [self.activate(first)]  # from a zero state nothing is to be multiplied
            for p_t in others:
                states.append(self._next_state(states[-1], p_t))
            return tf.stack(states) if every_step else states[-1]
        p = tf.reshape(p, (self.window, -1 if self.batch is None else self.batch, self.units))

        def body(t: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
            h = self._next_state(kept[t - 1] if every_step else kept, p[t])
            # rows written in place: a TensorArray is no built-in op
            return t + 1, tf.tensor_scatter_nd_update(kept, [[t]], h[None]) if every_step else h

        kept = self.activate(p[0])
        if every_step:
            kept = tf.tensor_scatter_nd_update(tf.zeros_like(p), [[0]], kept[None])
        return tf.while_loop(lambda t, _: t < self.window, body, (tf.constant(1), kept))[1]


def write_saved_model(module: Any, functions: Mapping[str, Function], folder: Path) -> None:
    """The SavedModel of a `tf.Module` and signatures of it, in a folder that does not exist yet.

    Raises:
        OSError: it cannot be written.
    """
    try:
        with quiet_tensorflow():
            tf.saved_model.save(module, str(folder), signatures=dict(functions))
    except tf.errors.OpError as error:  # TensorFlow reports a full disk in types of its own
        raise OSError(str(error.message).splitlines()[0]) from error
