"""The character model's signatures: ids in and logits out, and for servers text in and text out."""

from typing import Any, ClassVar

import numpy as np

from keras_rnn.catalog.presets import AHEAD
from keras_rnn.core.backend import tf
from keras_rnn.core.types import Function, Tensor
from keras_rnn.rnn.graph import ExportModule
from keras_rnn.rnn.layers import UNROLL_UP_TO
from keras_rnn.rnn.weights import NUMPY_ACTIVATIONS, CellWeights
from keras_rnn.text.greedy import generate
from keras_rnn.text.sampling import MAXIMUM_LENGTH
from keras_rnn.text.vocabulary import UNKNOWN

TABLE_UP_TO = 4096  # numbers, 16 KiB


class CharSignatures(ExportModule):
    """ids → logits. The input projection of a one-hot is a row of the kernel."""

    table: Tensor  # (vocabulary, units): kernel + bias
    begun: Tensor  # (vocabulary, units): what a window that begins with an id carries on, or None
    input_name, step_name, output_name, input_dtype = "ids", "ids", "logits", tf.int32
    ahead_name, ahead_output = "generate", "ids"

    text_signatures: ClassVar[dict[str, str]] = {
        "generate_text": "`text` string (batch,) and `length` int32 () → `text` string (batch,), each prompt with so "
        "many characters added"
    }

    def __init__(
        self,
        weights: CellWeights,
        vocabulary: str,
        window: int,
        batch: int | None,
        every_step: bool,
        activation: str = "tanh",
    ) -> None:
        self.unknown = vocabulary.find(UNKNOWN)
        self.ahead = max(AHEAD["char"], window)  # as many as make the warming up of `greedy` worth it
        super().__init__(weights, window, batch, every_step, activation=activation)
        self.vocabulary = tf.constant([ord(character) for character in vocabulary])  # code points, sorted
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

    def functions(self) -> dict[str, Function]:
        return super().functions() | ({"generate_text": self.generate_text} if self.batch is None else {})

    def _generate_text(self, text: Tensor, length: Tensor) -> dict[str, Tensor]:
        """Prompts and how many characters to add to each → the texts, the most likely character each time."""
        points = tf.strings.unicode_decode(text, "UTF-8")  # ragged (batch, characters)
        # sorted code points are their own lookup table
        ids = tf.minimum(tf.searchsorted(self.vocabulary, points.flat_values), tf.size(self.vocabulary) - 1)
        found = tf.gather(self.vocabulary, ids)
        if self.unknown >= 0:  # it stands for all others
            ids = tf.where(found == points.flat_values, ids, self.unknown)
            found = points.flat_values
        checks = [
            tf.debugging.assert_equal(found, points.flat_values, "text must hold only characters of the vocabulary"),
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

    def _write_next(self, i: Tensor, window: Tensor, added: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        following = self._following(window)  # (batch, 1)
        return i + 1, tf.concat([window[:, 1:], following], axis=1), added.write(i, following[:, 0])

    def _project(self, ids: Tensor) -> Tensor:
        return tf.gather(self.table, ids)

    def _begin(self, ids: Tensor) -> Tensor:
        """What a window that begins with these ids (…) carries to its next step: (…, units)."""
        if self.begun is not None:
            return tf.gather(self.begun, ids)
        return tf.matmul(self.activate(self._project(ids)), self.recurrent_kernel)

    def _serving_default(self, x: Tensor) -> dict[str, Tensor]:
        if self.begun is None or self.every_step or not 2 <= self.window <= UNROLL_UP_TO:
            return super()._serving_default(x)
        x = self._shaped(x, self.window_shape)
        h = self.activate(self._begin(x[:, 0]) + self._project(x[:, 1]))
        for t in range(2, self.window):
            h = self._next_state(h, self._project(x[:, t]))
        return {self.output_name: self._head(h)}

    def _next_ahead(self, x: Tensor) -> dict[str, Tensor]:
        if self.batch is None:
            return super()._next_ahead(x)
        parts = self._project, self._begin, self.recurrent_kernel, self._likeliest, self.activate
        return {self.ahead_output: generate(x, self.ahead, *parts, unroll=self.window <= UNROLL_UP_TO)}

    def _following(self, x: Tensor) -> Tensor:
        return self._likeliest(self._last_state(x))[:, None]

    def _likeliest(self, h: Tensor) -> Tensor:
        """States (rows, units) → the id that most likely follows each, never the unknown character's: (rows,)."""
        logits, unknown = self._head(h), self.unknown
        if unknown < 0:
            return tf.argmax(logits, axis=-1, output_type=tf.int32)
        known = tf.concat([logits[:, :unknown], logits[:, unknown + 1 :]], axis=1)
        place = tf.argmax(known, axis=-1, output_type=tf.int32)
        return place + tf.cast(place >= unknown, tf.int32)
