"""A character model as it is trained: its states go from batch to batch, and all of it fits in a checkpoint."""

import contextlib
import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_rnn.core.arrays import Array
from keras_rnn.core.backend import keras
from keras_rnn.core.types import Tensor
from keras_rnn.rnn.cells import PRECISIONS
from keras_rnn.rnn.precision import computing_in
from keras_rnn.rnn.processes import alone, part_of, processes
from keras_rnn.text.batches import TextPart
from keras_rnn.text.model import CharModel

Batch = tuple[dict[str, Array], Array]  # inputs by name, targets


class Trainer(keras.Model):
    """A `CharModel` for `fit` on batches in order: {ids (batch, window), starts (batch,)} → logits (batch, window, V).

    Truncated back-propagation: each row begins with the state that it ended with in the batch before, which gradients
    do not go through. The states are weights of the trainer that no gradient trains. A model that is not `carried`
    starts every window from zeros.

    In `"mixed_bfloat16"` the layers compute in bfloat16; weights, states and logits are float32.
    """

    def __init__(self, model: CharModel, batch: int, precision: str = PRECISIONS[0], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model, self.precision = model, precision
        states = model.zero_states(batch) if model.carried else []
        self.states = [
            self.add_weight(shape=state.shape, initializer="zeros", trainable=False, name=f"state_{i}")
            for i, state in enumerate(states)
        ]

    def call(self, inputs: dict[str, Tensor], training: bool = False) -> Tensor:
        with computing_in(self.model, self.precision):
            if not self.states:
                return keras.ops.cast(self.model(inputs["ids"], training=training), "float32")
            kept = keras.ops.cast(keras.ops.logical_not(inputs["starts"]), "float32")[:, None]  # (batch, 1)
            logits, after = self.model.call_with_states(inputs["ids"], [s * kept for s in self.states], training)
        for state, value in zip(self.states, after, strict=True):
            state.assign(keras.ops.stop_gradient(keras.ops.cast(value, "float32")))
        return keras.ops.cast(logits, "float32")

    def everything(self) -> list[Array]:
        """All that a training goes on from: weights, states, seeds and what the optimizer keeps."""
        return [np.asarray(keras.ops.convert_to_numpy(variable)) for variable in self._all()]

    def set_everything(self, arrays: list[Array]) -> None:
        variables = self._all()
        if [array.shape for array in arrays] != [tuple(variable.shape) for variable in variables]:
            raise ValueError(f"The checkpoint must hold the arrays of this training. Received: {len(arrays)} arrays")
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)

    def _all(self) -> list[Any]:
        metrics = {id(variable) for variable in self.metrics_variables}
        return [*(v for v in self.variables if id(v) not in metrics), *self.optimizer.variables]


def batches_of(part: TextPart, model: CharModel, batch: int, seed: int, start: int = 0) -> Iterator[Batch]:
    """Batches for a `Trainer`, without end, from number `start` on."""
    if model.carried:
        for ids, targets, starts in part.carried(batch, model.window, seed, start):
            yield {"ids": ids, "starts": starts}, targets
    else:
        nothing = np.zeros(batch, dtype=bool)
        kind = "all" if model.return_sequences else "last"
        for ids, targets in part.batches(batch, model.window, kind, seed, start):
            yield {"ids": ids, "starts": nothing}, targets


def _parts(batches: Iterator[Batch]) -> Iterator[Batch]:
    for batch in batches:
        yield part_of(batch)


def dataset_of(batches: Iterator[Batch], batch: int, window: int, every_step: bool) -> Any:
    """The batches as `fit` takes them: on TensorFlow a data set whose thread does not outlive it."""
    if keras.backend.backend() != "tensorflow":
        return _parts(batches)
    from keras_rnn.core.backend import tf

    ids, starts = tf.TensorSpec((batch, window), tf.int32), tf.TensorSpec((batch,), tf.bool)
    targets = ids if every_step else tf.TensorSpec((batch,), tf.int32)
    dataset = tf.data.Dataset.from_generator(
        lambda: batches, output_signature=({"ids": ids, "starts": starts}, targets)
    ).prefetch(2)
    options = tf.data.Options()
    options.autotune.enabled = False  # its thread makes `fit` return late
    return dataset.with_options(options)


class Evaluator:
    """Mean cross-entropy of a text, bits per character, each character read after all before it in its row.

    Of several processes each evaluates all of it, so that the figure does not depend on their number.

    Args:
        most: characters; of a longer text as many are taken, rows spread evenly over it.
        batch: rows at the most.
    """

    def __init__(self, model: CharModel, part: TextPart, most: int, batch: int = 64) -> None:
        self._part, self._most = part, most
        self._batch = max(1, min(batch, len(part) // (4 * model.window))) if model.carried else batch
        self._shared = model if processes()[0] > 1 else None
        with contextlib.nullcontext() if self._shared is None else alone():
            own = model if self._shared is None else CharModel.from_config(model.get_config())
            self._trainer = Trainer(own, self._batch, name="evaluator")
        self._trainer.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def __call__(self) -> float:
        if self._shared is None:
            return self._bits()
        weights = self._shared.get_weights()
        with alone():
            self._trainer.model.set_weights(weights)
            return self._bits()

    def _bits(self) -> float:
        model, part = self._trainer.model, self._part
        if model.carried:
            count = part.carried_batches(self._batch, model.window, self._most)
            given = itertools.islice(part.carried(self._batch, model.window, seed=0, most=self._most), count)
            batches = (({"ids": ids, "starts": starts}, targets) for ids, targets, starts in given)
            data = dataset_of(batches, self._batch, model.window, True)
            nats = self._trainer.evaluate(data, steps=count, verbose=0)
        else:
            ids, targets = part.sample(model.window, "all" if model.return_sequences else "last", self._most)
            x = {"ids": ids, "starts": np.zeros(len(ids), dtype=bool)}
            nats = self._trainer.evaluate(x, targets, batch_size=self._batch, verbose=0)
        return float(nats) / math.log(2)
