"""The models' signatures: characters in and logits out, values in and a prediction out."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_rnn.backend import tf
from keras_rnn.characters import CharModel
from keras_rnn.checks import received
from keras_rnn.forecaster import SeriesModel
from keras_rnn.generation import generate
from keras_rnn.graphs import Signatures
from keras_rnn.presets import AHEAD
from keras_rnn.recurrent import UNROLL_UP_TO
from keras_rnn.sampling import MAXIMUM_LENGTH
from keras_rnn.weights import NUMPY_ACTIVATIONS, CellWeights

TABLE_UP_TO = 4096  # numbers, 16 KiB


class CharSignatures(Signatures):
    """ids → logits. The input projection of a one-hot is a row of the kernel."""

    table: Any  # (vocabulary, units): kernel + bias
    begun: Any  # (vocabulary, units): what a window that begins with an id carries on, or None
    input_name, step_name, output_name, input_dtype = "ids", "ids", "logits", tf.int32
    ahead_name, ahead_output = "generate", "ids"

    def __init__(self, model: CharModel, batch: int | None) -> None:
        self.ahead = max(AHEAD["char"], model.window)  # as many as make the warming up of `generation` worth it
        weights = model.get_cell_weights()
        super().__init__(weights, model.window, batch, model.return_sequences, activation=model.activation)
        self.vocabulary = tf.constant([ord(character) for character in model.vocabulary])  # code points, sorted
        if batch is None:  # for servers: on a phone strings are no built-in type
            text, length = tf.TensorSpec((None,), tf.string, "text"), tf.TensorSpec((), tf.int32, "length")
            self.generate_text = tf.function(self._generate_text, input_signature=[text, length])

    def _arrays(self, weights: CellWeights) -> dict[str, Any]:
        table = weights.kernel if weights.bias is None else weights.kernel + weights.bias
        # the first state depends on one id alone: where a table of them is small it replaces the first product
        small = self.batch is not None and table.size <= TABLE_UP_TO
        activate = NUMPY_ACTIVATIONS[self.activation]
        begun = activate(table.astype(np.float64)) @ weights.recurrent_kernel.astype(np.float64) if small else None
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
        return tf.matmul(self.activate(self._project(ids)), self.recurrent_kernel)

    def _serving_default(self, x: Any) -> dict[str, Any]:
        if self.begun is None or self.every_step or not 2 <= self.window <= UNROLL_UP_TO:
            return super()._serving_default(x)
        x = self._shaped(x, self.window_shape)
        h = self.activate(self._begin(x[:, 0]) + self._project(x[:, 1]))
        for t in range(2, self.window):
            h = self._next_state(h, self._project(x[:, t]))
        return {self.output_name: self._head(h)}

    def _next_ahead(self, x: Any) -> dict[str, Any]:
        if self.batch is None:
            return super()._next_ahead(x)
        unroll = self.window <= UNROLL_UP_TO
        parts = self._project, self._begin, self.recurrent_kernel, self._head, self.activate
        ids = generate(x, self.ahead, *parts, unroll)
        return {self.ahead_output: ids}

    def _following(self, x: Any) -> Any:
        return tf.argmax(super()._following(x), axis=-1, output_type=tf.int32)[:, None]


class SeriesSignatures(Signatures):
    """history → prediction, both in the series' unit.

    The step takes one period's values, `x`; where the whole window is looked at first, there is none.
    """

    kernel: Any  # (features, units)
    bias: Any  # (units,), or None
    input_name, step_name, output_name, input_dtype = "history", "x", "prediction", tf.float32
    ahead_name, ahead_output, ahead = "forecast", "prediction", AHEAD["gs10"]

    def __init__(self, model: SeriesModel, batch: int | None) -> None:
        self.has_step = model.scaling == "levels"
        self.low = np.atleast_1d(np.asarray(model.low, dtype=np.float64)) if self.has_step else None  # (features,)
        self.sizes = model.sizes  # (features,)
        super().__init__(model.get_cell_weights(), model.window, batch, False, model.features, model.activation)

    def _arrays(self, weights: CellWeights) -> dict[str, Any]:
        """The scale goes into the weights, in float64: (x − low) / size into kernel, o · size + low into the head."""
        assert weights.output_kernel is not None
        kernel = weights.kernel.astype(np.float64) / self.sizes[:, None]
        arrays = {
            "recurrent_kernel": weights.recurrent_kernel,
            "kernel": kernel,
            "bias": None,
            "output_kernel": weights.output_kernel.astype(np.float64) * self.sizes[0],
            "output_bias": None,
        }
        if self.low is not None:
            bias = 0.0 if weights.bias is None else weights.bias.astype(np.float64)
            output_bias = 0.0 if weights.output_bias is None else weights.output_bias.astype(np.float64)
            arrays["bias"] = bias - self.low @ kernel
            arrays["output_bias"] = np.asarray(output_bias * self.sizes[0] + self.low[0]).reshape(-1)
        return arrays

    def _project(self, x: Any) -> Any:
        # of one feature too: a product would do, but a matmul takes the bias along and is one op in LiteRT
        p = tf.matmul(x[:, None] if self.features == 1 else x, self.kernel)  # (rows, units)
        return p if self.bias is None else p + self.bias

    def _serving_default(self, x: Any) -> dict[str, Any]:
        return {self.output_name: self._prediction(self._shaped(x, self.window_shape))}

    def _prediction(self, x: Any) -> Any:
        """(batch, 1)."""
        if self.has_step:
            return self._head(self._last_state(x))
        last = x[:, -1:]  # (batch, 1[, features])
        return self._head(self._last_state(x - last)) + (last if self.features == 1 else last[:, 0, :1])

    def _following(self, x: Any) -> Any:
        prediction = self._prediction(x)
        if self.features == 1:
            return prediction
        return tf.concat([prediction, x[:, -1, 1:]], axis=1)[:, None]  # the other features stay as they are


def signatures_of(model: Any, batch: int | None) -> Signatures:
    """The model's signatures.

    Raises:
        TypeError: a model that is not of this package.
    """
    if isinstance(model, CharModel):
        return CharSignatures(model, batch)
    if isinstance(model, SeriesModel):
        return SeriesSignatures(model, batch)
    raise TypeError(f"A CharModel, GS10Model or SeriesModel was expected. {received(type(model))}")
