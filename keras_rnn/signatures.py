"""The models as TensorFlow functions written straight from their weights: what the SavedModel and LiteRT hold.

Keras' own graph would do for a server, but on a phone its zero-state and gather ops cost more than the model.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_rnn.backend import tf
from keras_rnn.characters import CharModel
from keras_rnn.checks import received
from keras_rnn.generation import generate
from keras_rnn.presets import AHEAD
from keras_rnn.recurrent import UNROLL_UP_TO
from keras_rnn.sampling import MAXIMUM_LENGTH
from keras_rnn.weights import CellWeights
from keras_rnn.yields import GS10Model

TABLE_UP_TO = 4096  # numbers, 16 KiB


class Signatures(tf.Module):
    """A model's signatures, each a `tf.function` from named inputs to a dictionary.

    `serving_default` answers a window, `step` one step and a state, and `generate` or `forecast` (`ahead_name`) gives
    the next N, each from the window that holds the ones before, looped inside the graph.

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
    ahead_name: str
    ahead_output: str
    ahead: int
    input_dtype: Any

    def __init__(self, weights: CellWeights, window: int, batch: int | None, every_step: bool) -> None:
        super().__init__()
        # constants for LiteRT: a variable read inside a loop is an op that fails on the phone
        store = tf.Variable if batch is None else tf.constant
        self.batch, self.every_step = batch, every_step
        for name, array in self._arrays(weights).items():
            setattr(self, name, None if array is None else store(array.astype(np.float32)))
        self.window, self.units, self.outputs = window, weights.units, weights.outputs
        state = tf.TensorSpec((batch, self.units), tf.float32, "h_0")
        self.serving_default = tf.function(
            self._serving_default, input_signature=[tf.TensorSpec((batch, window), self.input_dtype, self.input_name)]
        )
        self.step = tf.function(
            self._step, input_signature=[tf.TensorSpec((batch, 1), self.input_dtype, self.step_name), state]
        )

        self.next_ahead = tf.function(
            self._next_ahead, input_signature=[tf.TensorSpec((batch, window), self.input_dtype, self.input_name)]
        )

    def functions(self) -> dict[str, Any]:
        return {"serving_default": self.serving_default, "step": self.step, self.ahead_name: self.next_ahead}

    def names(self) -> dict[str, dict[str, list[str]]]:
        """Names of inputs and outputs by signature."""
        window, output = [self.input_name], [self.output_name]
        return {
            "serving_default": {"inputs": window, "outputs": output},
            "step": {"inputs": [self.step_name, "h_0"], "outputs": [*output, "h_0"]},
            self.ahead_name: {"inputs": window, "outputs": [self.ahead_output]},
        }

    def _arrays(self, weights: CellWeights) -> dict[str, Any]:
        """The arrays to store, by attribute; those for the input are the subclass' own."""
        return {
            "recurrent_kernel": weights.recurrent_kernel,
            "output_kernel": weights.output_kernel,
            "output_bias": weights.output_bias,
        }

    def _project(self, x: Any) -> Any:
        """Inputs (rows,) → x·kernel + bias (rows, units), for all steps at once."""
        raise NotImplementedError

    def _head(self, h: Any) -> Any:
        o = tf.matmul(h, self.output_kernel)  # (rows, outputs)
        return o if self.output_bias is None else o + self.output_bias

    def _step(self, x: Any, h_0: Any) -> dict[str, Any]:
        x, h_0 = self._shaped(x, 1), self._shaped(h_0, self.units)
        h = self._next_state(h_0, self._project(x[:, 0]))
        return {self.output_name: self._head(h), "h_0": h}

    def _shaped(self, x: Any, size: int) -> Any:
        """A loaded SavedModel takes any shape: without this, a longer window would be answered from its head."""
        return tf.ensure_shape(x, (self.batch, size))

    def _serving_default(self, x: Any) -> dict[str, Any]:
        x = self._shaped(x, self.window)
        if not self.every_step:
            return {self.output_name: self._head(self._last_state(x))}
        rows = tf.reshape(tf.transpose(self._all_states(x), (1, 0, 2)), (-1, self.units))  # (batch · window, units)
        return {self.output_name: tf.reshape(self._head(rows), (-1, self.window, self.outputs))}

    def _next_ahead(self, x: Any) -> dict[str, Any]:
        x = self._shaped(x, self.window)
        # what is read and what is written in one row: the window stands at its end, and each new value pushes the
        # row on by one place, so that no op is needed that writes at an index
        row = tf.concat([tf.zeros((tf.shape(x)[0] if self.batch is None else self.batch, self.ahead), x.dtype), x], 1)
        row = tf.ensure_shape(row, (self.batch, self.ahead + self.window))

        def push(i: Any, row: Any) -> tuple[Any, Any]:
            return i + 1, tf.concat([row[:, 1:], self._following(row[:, self.ahead :])], axis=1)

        _, row = tf.while_loop(lambda i, row: i < self.ahead, push, (tf.constant(0), row))
        return {self.ahead_output: row[:, self.window :]}  # (batch, ahead)

    def _following(self, x: Any) -> Any:
        """The value after each window (batch, window), as an input again: (batch, 1)."""
        return self._head(self._last_state(x))

    def _next_state(self, h: Any, p_t: Any) -> Any:
        return tf.tanh(tf.matmul(h, self.recurrent_kernel) + p_t)  # (batch, units)

    def _projected(self, x: Any) -> Any:
        """Windows (batch, window) → their projections (window · batch, units)."""
        return self._project(tf.reshape(tf.transpose(x), (-1,)))

    def _by_step(self, p: Any) -> Any:
        return tf.reshape(p, (self.window, -1 if self.batch is None else self.batch, self.units))

    def _last_state(self, x: Any) -> Any:
        p = self._projected(x)
        if self.window <= UNROLL_UP_TO:
            return self._states(p)[-1]
        p = self._by_step(p)
        return tf.while_loop(
            lambda t, h: t < self.window,
            lambda t, h: (t + 1, self._next_state(h, p[t])),
            (tf.constant(1), tf.tanh(p[0])),
        )[1]

    def _states(self, p: Any) -> list[Any]:
        first, *others = tf.split(p, self.window)  # (batch, units) each
        states = [tf.tanh(first)]  # from a zero state nothing is to be multiplied
        for p_t in others:
            states.append(self._next_state(states[-1], p_t))
        return states

    def _all_states(self, x: Any) -> Any:
        """(batch, window) → (window, batch, units)."""
        p = self._projected(x)
        if self.window <= UNROLL_UP_TO:
            return tf.stack(self._states(p))
        p = self._by_step(p)

        def body(t: Any, states: Any) -> tuple[Any, Any]:  # rows written in place: a TensorArray is no built-in op
            return t + 1, tf.tensor_scatter_nd_update(states, [[t]], self._next_state(states[t - 1], p[t])[None])

        states = tf.tensor_scatter_nd_update(tf.zeros_like(p), [[0]], tf.tanh(p[0])[None])
        return tf.while_loop(lambda t, states: t < self.window, body, (tf.constant(1), states))[1]


class CharSignatures(Signatures):
    """ids → logits. The input projection of a one-hot is a row of the kernel."""

    table: Any  # (vocabulary, units): kernel + bias
    begun: Any  # (vocabulary, units): what a window that begins with an id carries on, or None
    input_name, step_name, output_name, input_dtype = "ids", "ids", "logits", tf.int32
    ahead_name, ahead_output = "generate", "ids"

    def __init__(self, model: CharModel, batch: int | None) -> None:
        self.ahead = max(AHEAD["char"], model.window)  # as many as make the warming up of `generation` worth it
        super().__init__(model.get_cell_weights(), model.window, batch, model.return_sequences)
        self.vocabulary = tf.constant([ord(character) for character in model.vocabulary])  # code points, sorted
        if batch is None:  # for servers: on a phone strings are no built-in type
            text, length = tf.TensorSpec((None,), tf.string, "text"), tf.TensorSpec((), tf.int32, "length")
            self.generate_text = tf.function(self._generate_text, input_signature=[text, length])

    def _arrays(self, weights: CellWeights) -> dict[str, Any]:
        table = weights.kernel if weights.bias is None else weights.kernel + weights.bias
        # the first state depends on one id alone: where a table of them is small it replaces the first product
        small = self.batch is not None and table.size <= TABLE_UP_TO
        begun = np.tanh(table.astype(np.float64)) @ weights.recurrent_kernel.astype(np.float64) if small else None
        return {**super()._arrays(weights), "table": table, "begun": begun}

    def functions(self) -> dict[str, Any]:
        return super().functions() | ({"generate_text": self.generate_text} if self.batch is None else {})

    def _generate_text(self, text: Any, length: Any) -> dict[str, Any]:
        """Prompts and how many characters to add to each → the texts, the most likely character each time."""
        points = tf.strings.unicode_decode(text, "UTF-8")  # ragged (batch, characters)
        # sorted code points are their own lookup table
        ids = tf.minimum(tf.searchsorted(self.vocabulary, points.flat_values), tf.size(self.vocabulary) - 1)
        checks = [
            tf.debugging.assert_equal(
                tf.gather(self.vocabulary, ids), points.flat_values, "text must hold only characters of the vocabulary"
            ),
            tf.debugging.assert_greater_equal(
                points.row_lengths(), tf.constant(self.window, tf.int64), f"text must hold {self.window} characters"
            ),
            tf.debugging.assert_non_negative(length, "length must not be negative"),
            tf.debugging.assert_less_equal(length, MAXIMUM_LENGTH, f"length must be at most {MAXIMUM_LENGTH}"),
        ]
        with tf.control_dependencies(checks):
            window = points.with_flat_values(ids)[:, -self.window :].to_tensor(shape=(None, self.window))
        added = tf.TensorArray(tf.int32, length + 1, element_shape=(None,)).write(0, window[:, 0])  # one at least
        _, _, added = tf.while_loop(
            lambda i, window, added: i <= length, self._write_next, (tf.constant(1), window, added)
        )
        characters = tf.gather(self.vocabulary, tf.transpose(added.stack()[1:]))  # (batch, length)
        return {"text": tf.strings.join([text, tf.strings.unicode_encode(characters, "UTF-8")])}

    def _write_next(self, i: Any, window: Any, added: Any) -> tuple[Any, Any, Any]:
        following = self._following(window)  # (batch, 1)
        return i + 1, tf.concat([window[:, 1:], following], axis=1), added.write(i, following[:, 0])

    def _project(self, ids: Any) -> Any:
        return tf.gather(self.table, ids)

    def _begin(self, ids: Any) -> Any:
        """What a window that begins with these ids (…) carries to its next step: (…, units)."""
        if self.begun is not None:
            return tf.gather(self.begun, ids)
        return tf.matmul(tf.tanh(self._project(ids)), self.recurrent_kernel)

    def _serving_default(self, x: Any) -> dict[str, Any]:
        if self.begun is None or self.every_step or not 2 <= self.window <= UNROLL_UP_TO:
            return super()._serving_default(x)
        x = self._shaped(x, self.window)
        h = tf.tanh(self._begin(x[:, 0]) + self._project(x[:, 1]))
        for t in range(2, self.window):
            h = self._next_state(h, self._project(x[:, t]))
        return {self.output_name: self._head(h)}

    def _next_ahead(self, x: Any) -> dict[str, Any]:
        if self.batch is None:
            return super()._next_ahead(x)
        unroll = self.window <= UNROLL_UP_TO
        ids = generate(x, self.ahead, self._project, self._begin, self.recurrent_kernel, self._head, unroll)
        return {self.ahead_output: ids}

    def _following(self, x: Any) -> Any:
        return tf.argmax(super()._following(x), axis=-1, output_type=tf.int32)[:, None]


class GS10Signatures(Signatures):
    """history → prediction, both in percent; the step takes one year's yield, `x`."""

    kernel: Any  # (1, units)
    bias: Any  # (units,)
    input_name, step_name, output_name, input_dtype = "history", "x", "prediction", tf.float32
    ahead_name, ahead_output, ahead = "forecast", "prediction", AHEAD["gs10"]

    def __init__(self, model: GS10Model, batch: int | None) -> None:
        self.low, self.range = model.low, model.high - model.low
        super().__init__(model.get_cell_weights(), model.window, batch, False)

    def _arrays(self, weights: CellWeights) -> dict[str, Any]:
        """The scale goes into the weights, in float64: (x − low) / range into kernel, o · range + low into the head."""
        assert weights.output_kernel is not None
        kernel = weights.kernel.astype(np.float64) / self.range
        bias = 0.0 if weights.bias is None else weights.bias.astype(np.float64)
        output_bias = 0.0 if weights.output_bias is None else weights.output_bias.astype(np.float64)
        return {
            "recurrent_kernel": weights.recurrent_kernel,
            "kernel": kernel,
            "bias": bias - self.low * kernel[0],
            "output_kernel": weights.output_kernel.astype(np.float64) * self.range,
            "output_bias": np.asarray(output_bias * self.range + self.low).reshape(-1),
        }

    def _project(self, x: Any) -> Any:
        # one feature: a product would do, but a matmul takes the bias along and is one op in LiteRT
        return tf.matmul(x[:, None], self.kernel) + self.bias  # (rows, units)


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
