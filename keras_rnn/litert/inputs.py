"""What goes into a model and what comes out: names, static shapes and dtypes, and windows to compare files on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_rnn.core.arrays import Array
from keras_rnn.core.backend import keras, tf
from keras_rnn.core.checks import received
from keras_rnn.core.types import Model
from keras_rnn.litert.comparison import Arrays, whole_batches
from keras_rnn.litert.names import Names
from keras_rnn.rnn.introspection import (
    called_with,
    embedding_sizes,
    flat_layers,
    for_inference,
    input_structure,
    operations,
)
from keras_rnn.rnn.model import RecurrentModel

RANDOM_WINDOWS = 12
LARGE = 30.0  # deviation of the large windows
ROWS = 5  # of a batch, where it is free


@dataclass(frozen=True)
class Input:
    """One input of a model.

    Attributes:
        name: in the file's signatures.
        step_name: in the signature `step`.
        shape: (batch, …), static; of a SavedModel the batch is None.
        dtype: as the file takes it.
        ids: how many different ids it tells apart; None where it takes values.
    """

    name: str
    step_name: str
    shape: tuple[Any, ...]
    dtype: str
    ids: int | None

    @property
    def spec(self) -> Any:
        return tf.TensorSpec(self.shape, self.dtype, self.name)

    @property
    def has_features(self) -> bool:
        """Whether each step has an axis of its own: (batch, steps, …)."""
        return self.ids is None and len(self.shape) > 2


class ModelInputs:
    """A model's inputs, and how it is called with them.

    Args:
        model: built.
        window: steps for an input of any length.
        batch: rows; None for a SavedModel, which takes any.
        input_signature: what a subclassed model takes, as in `keras.Model.export`: for each positional argument of its
            `call` a `keras.InputSpec` with shape and dtype, or nested ones; None: what it was called with.
        names: of an only input and an only output.

    Raises:
        TypeError: not a Keras model.
        ValueError: not built, or of no fixed shape; another window than the model's; another backend than TensorFlow.
    """

    def __init__(
        self,
        model: Model,
        window: int | None,
        batch: int | None,
        input_signature: Sequence[Any] | None,
        names: Names | None = None,
    ) -> None:
        if not isinstance(model, keras.Model):
            raise TypeError(f"`model` must be a keras.Model. {received(model)}")
        if (backend := keras.backend.backend()) != "tensorflow":
            raise ValueError(
                f"Keras' backend must be tensorflow to convert this model: `save` it, and convert its file in another "
                f"process. {received(backend)}"
            )
        self.model, self._only = model, names or Names()
        self._own = model if isinstance(model, RecurrentModel) else None
        self._keywords: list[str] = []
        structure = input_structure(model)
        if input_signature is not None:
            self._structure: Any = list(input_signature)
            if any(getattr(given, "shape", None) is None for given in keras.tree.flatten(self._structure)):
                raise ValueError(
                    f"`input_signature` must be keras.InputSpecs with a shape. {received(input_signature)}"
                )
        elif structure is not None:
            self._structure = [structure]
        else:
            self._structure = self._as_called(window)
        flat = keras.tree.flatten(self._structure)
        several = _names(self._structure, flat)
        tokens = _one_hot_sizes(model)
        self.inputs: list[Input] = []
        for name, given in zip(several, flat, strict=True):
            sizes = embedding_sizes(model, given) if structure is not None and input_signature is None else []
            integers, rank = "int" in str(given.dtype), len(given.shape)
            ids = bool(sizes) or (integers and "uint" not in str(given.dtype) and (rank == 2 or _embeds(model)))
            if len(flat) == 1:
                name = self._only.input or ("ids" if ids else "x")
            step_name = self._only.step or name if len(flat) == 1 else name
            shape = self._shape(name, given, window, batch)
            known = self._only.ids or min(sizes or tokens or [2]) if ids else None
            self.inputs.append(Input(name, step_name, shape, "int32" if ids else str(given.dtype), known))
        if window is not None and not any(i.shape[1:2] == (window,) for i in self.inputs):
            lengths = sorted({i.shape[1] for i in self.inputs if len(i.shape) > 1})
            raise ValueError(f"`window` must be {' or '.join(map(str, lengths))}, the model's own. {received(window)}")

    def _as_called(self, window: int | None) -> Any:
        """The structure of a subclassed model's first call, by keyword; of any length where a window is given."""
        shapes = called_with(self.model)
        if not self.model.built or not shapes:
            raise ValueError(
                f"`model` must be built, with known inputs: call it once on a window, or give `input_signature`. "
                f"Received: {self.model.name!r}, which was not called"
            )
        self._keywords = list(shapes)
        embeds = _embeds(self.model)

        def spec(shape: Any) -> Any:
            ids = embeds and len(shape) == 2
            steps = [None] if window is not None and (ids or len(shape) > 2) else shape[1:2]
            return keras.InputSpec(shape=(None, *steps, *shape[2:]), dtype="int32" if ids else "float32")

        def specs(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: specs(item) for key, item in value.items()}
            if all(isinstance(size, int | None) for size in value):
                return spec(value)
            return [specs(item) for item in value]

        return [specs(shape) for shape in shapes.values()]

    def _shape(self, name: str, given: Any, window: int | None, batch: int | None) -> tuple[Any, ...]:
        _, *rest = given.shape
        if rest and rest[0] is None:
            if window is None:
                raise ValueError("`window` must be given for a model of any length. Received: None")
            rest[0] = window
        if None in rest:
            raise ValueError(
                f"`model` must have inputs of fixed shape, or `input_signature` be given. "
                f"Received: {name!r} of shape {tuple(given.shape)}"
            )
        return (batch, *map(int, rest))

    def call(self, flat: Sequence[Any]) -> Any:
        """The model's answer, nested as it gives it."""
        arguments = keras.tree.pack_sequence_as(self._structure, list(flat))
        if self._keywords:
            first, *others = arguments  # Keras wants one positional argument
            keywords = dict(zip(self._keywords[1:], others, strict=True))
            return self.model(first, **keywords, **for_inference(self.model))
        return self.model(*arguments, **for_inference(self.model))

    def named_outputs(self, outputs: Any) -> dict[str, Any]:
        """Output → tensor, as Keras names them; a single one is `output`, or as `names` has it."""
        flat = [value for value in keras.tree.flatten(outputs) if value is not None]
        if len(flat) == 1:
            return {self._only.output: tf.identity(flat[0])}
        if isinstance(outputs, dict):
            names = _names(outputs, flat)
        else:
            names = list(getattr(self.model, "output_names", None) or [])
            names = names if len(names) == len(flat) else [f"output_{i}" for i in range(len(flat))]
        return {name: tf.identity(value) for name, value in zip(_apart(names), flat, strict=True)}

    @property
    def least(self) -> float:
        """Differences are judged by the largest answer, where that is above it."""
        return 1.0 if self._own is None else self._own.least_scale

    @property
    def why_no_step(self) -> str | None:
        """What is known of the model, before it is tried."""
        return None if self._own is None or self._own.has_step else "the model looks at its whole window first"

    @property
    def rows(self) -> int:
        """Of a batch to compare with; some where it is free."""
        return self.inputs[0].shape[0] or ROWS

    def windows(self, chosen: slice = slice(None)) -> Arrays:
        """Windows of every kind, (windows, …) by input: random, zeros, padded with zeros at either end, large."""
        random = np.random.default_rng(0)
        count = RANDOM_WINDOWS + 7
        found = {}
        for one in self.inputs:
            shape, dtype = (count, *one.shape[1:]), np.dtype(one.dtype)
            x: Array
            if one.ids is not None:
                x = random.integers(0, one.ids, shape)
            elif dtype.kind in "iu":
                x = random.integers(0, 256 if dtype.itemsize > 1 else np.iinfo(dtype).max + 1, shape)
            elif dtype.kind == "b":
                x = random.integers(0, 2, shape)
            else:
                own: Any = random.normal(size=shape) if self._own is None else self._own.random_windows(count)
                x = own[one.name] if isinstance(own, dict) else own
                x[RANDOM_WINDOWS + 5 : RANDOM_WINDOWS + 7] *= LARGE
            if len(shape) > 1:
                half = shape[1] // 2
                first = RANDOM_WINDOWS
                x[first] = 0
                x[first + 1, half:] = x[first + 2, 1:] = x[first + 3, :half] = x[first + 4, : shape[1] - 1] = 0
            found[one.name] = x.astype(dtype)[chosen]
        return whole_batches(found, self.rows)


def _embeds(model: Model) -> bool:
    return any(isinstance(layer, keras.layers.Embedding) for layer in flat_layers(model))


def _one_hot_sizes(model: Model) -> list[int]:
    """How many ids the model's layers and operations tell apart, where they say so."""
    parts = [*flat_layers(model), *operations(model)]
    sizes = (getattr(part, name, None) for part in parts for name in ("num_classes", "input_dim", "num_tokens"))
    return [size for size in sizes if isinstance(size, int)]


def _names(structure: Any, flat: list[Any]) -> list[str]:
    """By a dictionary's key, or the tensor's own name."""
    paths = [path for path, value in keras.tree.flatten_with_path(structure) if value is not None]
    keys = [[str(part) for part in path if isinstance(part, str)] for path in paths]
    names = ["_".join(key) or getattr(value, "name", None) or "input" for key, value in zip(keys, flat, strict=True)]
    return _apart(names)


def _apart(names: list[str]) -> list[str]:
    """Names that signatures admit, each once."""
    result: list[str] = []
    for name in names:
        plain, number = re.sub(r"\W", "_", name), 1
        unique = plain
        while unique in result:
            unique, number = f"{plain}_{number}", number + 1
        result.append(unique)
    return result
