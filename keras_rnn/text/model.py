"""The character model: a window of characters in, the logits of the next one out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_rnn.catalog.presets import PRESETS
from keras_rnn.catalog.pretrained import check_arguments, pretrained
from keras_rnn.core.arrays import Array, Floats, finite_answer
from keras_rnn.core.backend import keras
from keras_rnn.core.checks import check_choice, check_integer, check_seed
from keras_rnn.core.parity import Check, SignatureCall
from keras_rnn.core.types import Tensor
from keras_rnn.rnn.cells import DEFAULT_CELL, MOST_UNITS, MOST_WINDOW, check_recurrence, state_names
from keras_rnn.rnn.layers import recurrent_layers
from keras_rnn.rnn.model import RecurrentModel, windows_before
from keras_rnn.rnn.recurrence import one_hot_of
from keras_rnn.rnn.weights import NUMPY_ACTIVATIONS
from keras_rnn.text.generation import State, TextGeneration
from keras_rnn.text.vocabulary import (
    TEXT_FILE,
    UNKNOWN,
    Ids,
    check_vocabulary,
    decode,
    load_text,
    text_windows,
    vocabulary_of,
)

if TYPE_CHECKING:
    from keras_rnn.rnn.graph import ExportModule

DEFAULT = PRESETS["char"]["hello_world"]


@keras.saving.register_keras_serializable(package="keras_rnn")
class CharModel(TextGeneration, RecurrentModel):
    """Next-character model: ids (batch, window) → one-hot → recurrent layer → logits (batch, vocabulary).

    A `keras.Model` in the functional style that carries its vocabulary in its config, so the `.keras` file needs
    nothing beside it. Built by `char_model`; arguments as there. With `return_sequences`, as a `carried` model has it,
    the logits are those after every character, (batch, window, vocabulary).
    `CharModel.from_config(model.get_config())` copies it with fresh
    weights; `keras.models.clone_model` gives a plain functional model without `generate`.
    """

    kind = "char"
    input_axes = "character ids"
    data_file = TEXT_FILE

    def __init__(
        self,
        vocabulary: str,
        window: int = 2,
        units: int = 20,
        cell: str = DEFAULT_CELL,
        return_sequences: bool = False,
        activation: str = "tanh",
        layers: int = 1,
        dropout: float = 0.0,
        carried: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        check_vocabulary(vocabulary)
        window = check_integer("window", window, 1, MOST_WINDOW)
        units = check_integer("units", units, 1, MOST_UNITS)
        layers, dropout = check_recurrence(self.cells, cell, activation, layers, dropout)
        check_choice("return_sequences", return_sequences, (False, True))
        check_choice("carried", carried, (False, True))
        return_sequences = return_sequences or carried
        seed = check_seed(seed)
        ids = keras.Input((window,), dtype="int32", name="ids")  # (batch, window)
        x = keras.ops.one_hot(ids, len(vocabulary))  # (batch, window, vocabulary)
        shape: dict[str, Any] = {"activation": activation, "layers": layers, "dropout": dropout}
        for layer in recurrent_layers(cell, units, len(vocabulary), window, return_sequences, seed, **shape):
            x = layer(x)  # last: (batch, vocabulary), or (batch, window, vocabulary)
        super().__init__(inputs=ids, outputs=x, **{"name": "char_model", **kwargs})
        self.vocabulary, self.id_count = vocabulary, len(vocabulary)
        self.window = window
        self.units = units
        self.cell = cell
        self.return_sequences = return_sequences
        self.activation = activation
        self.layer_count, self.dropout, self.carried = layers, dropout, carried
        lstm = cell == "lstm"
        names = (name for i in range(layers) for name in state_names(lstm, 2 if lstm else 1, i))
        self.state_shapes = dict.fromkeys(names, (1, units))
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        names = ("vocabulary", "window", "units", "cell", "return_sequences", "activation", "dropout", "carried",
                 "seed", "name", "trainable")  # fmt: skip
        return {"layers": self.layer_count, **{name: getattr(self, name) for name in names}}

    def next_logits(self, ids: Ids) -> Array:
        """Logits (batch, vocabulary) of the character that follows each row of ids (batch, window)."""
        logits = finite_answer(self.predict_windows(ids), self.name)
        return logits[:, -1] if self.return_sequences else logits

    def call_with_states(
        self, ids: Tensor, states: list[Tensor], training: bool = False
    ) -> tuple[Tensor, list[Tensor]]:
        """Logits after every character, and the states then: the model goes on from where it stood.

        Args:
            ids: int32 (batch, steps), of any length.
            states: (batch, units) each, one for each recurrent layer, of an LSTM two; `zero_states` to begin with.

        Returns:
            (batch, steps, vocabulary), and states like those given.
        """
        x, left, after = keras.ops.one_hot(ids, len(self.vocabulary)), list(states), []
        first = self.get_layer("rnn")
        for layer in self.layers[1:]:
            if isinstance(layer, keras.layers.RNN):
                count = len(keras.tree.flatten(layer.cell.state_size))
                mine, left = [keras.ops.cast(state, layer.compute_dtype) for state in left[:count]], left[count:]
                with one_hot_of(first, ids):
                    last, outputs, mine = layer.inner_loop(x, mine, mask=None, training=training)
                x = outputs if layer.return_sequences else last[:, None]
                after += keras.tree.flatten(mine)
            else:
                x = layer(x, training=training) if isinstance(layer, keras.layers.Dropout) else layer(x)
        return x, after

    def zero_states(self, batch: int) -> list[Tensor]:
        """To begin a text with."""
        return [keras.ops.zeros((batch, self.units)) for _ in self.state_shapes]

    def read(self, ids: Sequence[int], state: State | None) -> tuple[Array, State]:
        names = list(self.state_shapes)
        states = self.zero_states(1) if state is None else [keras.ops.convert_to_tensor(state[name]) for name in names]
        logits: Any = None
        for part in parts(ids, self.window):  # few lengths, for each is compiled apart
            logits, states = self._read(np.asarray([part], np.int32), states)
        return finite_answer(np.asarray(keras.ops.convert_to_numpy(logits))[0, -1], self.name), dict(
            zip(names, (np.asarray(keras.ops.convert_to_numpy(x)) for x in states), strict=True)
        )

    def _read(self, ids: Ids, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        if keras.backend.backend() != "tensorflow":
            return self.call_with_states(keras.ops.convert_to_tensor(ids), states)
        from keras_rnn.core.backend import tf

        rows, steps = ids.shape
        specs = [tf.TensorSpec((rows, steps), tf.int32), [tf.TensorSpec((rows, self.units))] * len(states)]
        function = self.concrete(f"read_{rows}_{steps}", lambda ids, states: self.call_with_states(ids, states), specs)
        result: tuple[Tensor, list[Tensor]] = function(tf.constant(ids), states)
        return result

    def signatures(self, batch: int | None) -> ExportModule:
        from keras_rnn.text.signatures import CharSignatures  # TensorFlow, whatever Keras' backend is

        return CharSignatures(
            self.get_cell_weights(), self.vocabulary, self.window, batch, self.return_sequences, self.activation
        )

    def settings(self) -> dict[str, Any]:
        return {"vocabulary": self.vocabulary}

    def random_windows(self, count: int) -> Ids:
        ids = np.random.default_rng(0).integers(0, len(self.vocabulary), (count, self.window))
        return ids.astype(np.int32)

    def written_windows(self, count: int) -> Ids:
        """Windows of what the model writes itself, drawn by its probabilities: the ids that it meets in use."""
        random, states, rows = np.random.default_rng(0), self.zero_states(count), []
        ids = random.integers(0, len(self.vocabulary), (count, 1)).astype(np.int32)
        for _ in range(self.window):
            rows.append(ids)
            logits, states = self._read(ids, states)  # (count, 1, vocabulary)
            noise = random.gumbel(size=(count, len(self.vocabulary)))
            drawn = (np.asarray(keras.ops.convert_to_numpy(logits))[:, 0] + noise).argmax(axis=1)
            ids = drawn[:, None].astype(np.int32)
        return np.concatenate(rows, axis=1)

    def comparison_windows(self, count: int) -> Ids:
        text, windows = load_text(), self.random_windows(count)
        if not set(text) <= set(self.vocabulary) or len(text) <= self.window:
            return windows
        return np.concatenate([text_windows(text, self.window, vocabulary=self.vocabulary)[0], windows])

    def numpy_reference(self, inputs: Ids) -> Floats:
        weights = self.get_cell_weights()
        used, places = np.unique(inputs, return_inverse=True)  # a one-hot of these alone: a vocabulary may be large
        weights = dataclasses.replace(weights, kernel=weights.kernel[used])
        one_hot = np.eye(len(used))[places.reshape(inputs.shape)]
        outputs, _ = weights.forward(one_hot, activation=NUMPY_ACTIVATIONS[self.activation])
        return outputs if self.return_sequences else outputs[:, -1]  # (windows[, window], vocabulary)

    def following_errors(self, windows: Ids, following: Ids) -> Floats:
        """How far the logit of each id that was chosen lies below the largest, that of U+FFFD apart."""
        logits = self.next_logits(windows_before(windows, following)).copy()  # (windows · N, vocabulary)
        logits[:, [place for place, character in enumerate(self.vocabulary) if character == UNKNOWN]] = -np.inf
        return np.asarray(logits.max(axis=1) - logits[np.arange(len(logits)), following.reshape(-1)])

    def served_checks(self, run: SignatureCall, windows: Ids, following: Ids) -> list[Check]:
        texts = np.concatenate([windows, following], axis=1)
        prompts, expected = ([decode(row, self.vocabulary) for row in rows] for rows in (windows, texts))
        found = run("generate_text", {"text": prompts, "length": following.shape[1]})["text"]
        wrong = sum(text.decode() != other for text, other in zip(found, expected, strict=True))
        note = f"{wrong} other texts" if wrong else ""
        return [Check("SavedModel", "generate_text, as generate", len(found), None, None, not wrong, note)]

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *args: Any, **kwargs: Any) -> Any:
        known = y is not None and getattr(y.shape, "rank", 1) is not None
        if known and tuple(y.shape[1:]) not in (y_pred.shape[1:-1], (*y_pred.shape[1:-1], 1)):
            fitting = ("(batch, window)", "all") if self.return_sequences else ("(batch,)", "last")
            raise ValueError(
                f"With return_sequences={self.return_sequences} the targets must have shape {fitting[0]}, as "
                f'`text_windows(…, targets="{fitting[1]}")` gives them. Received: shape {tuple(y.shape)}'
            )
        return super().compute_loss(x, y, y_pred, *args, **kwargs)

    def compile_recipe(self) -> None:
        """Compile with the recipe's loss and metric, for targets of shape (batch,) or (batch, window)."""
        self.compile_with(
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            [keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
            DEFAULT.recipe.learning_rate,
        )


def parts(ids: Sequence[int], window: int) -> Iterator[Sequence[int]]:
    """Stretches of a window's length as long as there are any, then single ids."""
    whole = len(ids) // window * window
    yield from (ids[i : i + window] for i in range(0, whole, window))
    yield from (ids[i : i + 1] for i in range(whole, len(ids)))


def char_model(
    weights: Any = DEFAULT.name,
    cell: str | None = None,
    vocabulary: str | None = None,
    window: int | None = None,
    units: int | None = None,
    return_sequences: bool | None = None,
    seed: int | None = None,
    activation: str | None = None,
    layers: int | None = None,
    dropout: float | None = None,
    carried: bool | None = None,
) -> CharModel:
    """A character model, pretrained or to be trained, compiled with its recipe's loss and metric.

    Args:
        weights: the preset `"hello_world"`; None for an untrained model; or the path of a `.keras` file of one.
        cell: `"simple_rnn"` for Keras' own layer, `"rnn_cell"` for the hand-written one; weights of the one are
            converted, exactly, for the other. Without presets `"gru"` and `"lstm"`. None: a file's own, or simple_rnn.
        vocabulary: distinct characters sorted by code point, as `text_windows` returns. None: the weights' own, or
            that of "hello world".
        window: characters read at a time, up to 10,000; None: the weights' own, or 2.
        units: size of the hidden state, up to 10,000; None: the weights' own, or 20.
        return_sequences: logits after every character of the window, not only the last: for targets of shape
            (batch, window), `text_windows(…, targets="all")`. None: a file's own, or False.
        seed: of the initial weights, where `weights=None`.
        activation: `"tanh"`, or for long windows `"relu"`: the recurrent matrix then begins as 0.99 times the identity,
            and gradients are clipped (`rnn.layers.long_memory_optimizer`). None: the weights' own, or tanh.
        layers: recurrent layers, each of so many units; None: the weights' own, or 1.
        dropout: the share of each recurrent layer's outputs that a training step leaves out, 0 to 0.9; None: a file's
            own, or 0.
        carried: whether `generate` and `stream` carry the state on from character to character, as the model was then
            trained to do, by `train_text`; prompts may be of any length. False: the last window is read anew for each
            character. None: the weights' own, or False.

    Returns:
        A `CharModel`, a `keras.Model`: int32 ids (batch, window) → logits (batch, vocabulary).

    Raises:
        TypeError, ValueError: an argument of the wrong kind; a preset, cell or file there is not; a vocabulary,
            window or units that the weights were not trained with.
    """
    check_arguments(CharModel, weights, cell, seed)
    check_choice("return_sequences", return_sequences, (None, False, True))
    wanted: dict[str, Any] = {"vocabulary": vocabulary, "window": window, "units": units, "activation": activation,
                              "layers": layers, "carried": carried}  # fmt: skip
    given_anew: dict[str, Any] = {"return_sequences": return_sequences, "dropout": dropout}
    free = {name: value for name, value in given_anew.items() if value is not None}
    if weights is None:
        given = {name: value for name, value in wanted.items() if value is not None}
        given = {"vocabulary": vocabulary_of("hello world"), "cell": cell or DEFAULT_CELL, **given}
        model = CharModel(**given, **free, seed=seed)
    else:
        model = pretrained(CharModel, weights, cell, wanted, free)
    model.compile_recipe()
    return model
