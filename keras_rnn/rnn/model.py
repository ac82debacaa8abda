"""What the package's models share: weights, quick calls, what export and checks ask, and the file they travel in."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from keras_rnn.core.arrays import Array, Floats
from keras_rnn.core.backend import keras
from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath, check_archive
from keras_rnn.core.parity import Check, SignatureCall
from keras_rnn.rnn.archive import check_sizes
from keras_rnn.rnn.cells import CELLS, PLAIN_CELLS
from keras_rnn.rnn.exchange import read_weights, write_weights
from keras_rnn.rnn.layers import long_memory_optimizer
from keras_rnn.rnn.recurrence import one_hot_of
from keras_rnn.rnn.weights import CellWeights

if TYPE_CHECKING:  # it imports TensorFlow, whatever Keras' backend is
    from keras_rnn.rnn.graph import ExportModule


class RecurrentModel(keras.Model):
    """A `keras.Model` of one window in: its cell, its weights as arrays, and what its export and checks ask of it."""

    kind: ClassVar[str]  # the model's word in the zoo, "char" or "gs10"; "series" for one that is not in it
    input_axes: ClassVar[str]  # what an input's axes mean, for errors
    data_file: ClassVar[Path | None] = None  # the packaged data that the zoo's models of this kind know
    cells: ClassVar[tuple[str, ...]] = CELLS  # that it can be built with
    id_count: int | None = None  # different ids that go in; None where values do
    cell: str
    window: int
    units: int
    layer_count: int = 1
    carried: bool = False
    activation: str

    @property
    def plain(self) -> bool:
        """Whether it is one recurrent layer of a plain cell: then its weights are `CellWeights`, for the other cell and
        PyTorch."""
        return self.cell in PLAIN_CELLS and self.layer_count == 1

    @property
    def on_tensorflow(self) -> bool:
        """Whether it runs on TensorFlow, as all exports do; other backends of Keras train."""
        return bool(keras.backend.backend() == "tensorflow")

    @property
    def has_signatures(self) -> bool:
        """Whether `signatures` writes its graphs straight from its weights; any other is exported as Keras traces
        it."""
        return self.plain and not self.carried

    @property
    def least_scale(self) -> float:
        """Differences are judged by the largest answer, where that is above it."""
        return 1.0

    @property
    def has_step(self) -> bool:
        """Whether its answer to a window can be had step by step, carrying the state."""
        return True

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        shape = inputs.shape
        unknown = getattr(shape, "rank", 0) is None or (len(shape) > 1 and None in tuple(shape)[1:])
        if unknown:  # a tf.data set without static shapes: checked when it runs
            from keras_rnn.core.backend import tf

            inputs = tf.ensure_shape(inputs, (None, *self.inputs[0].shape[1:]))
        else:
            self._check_shape(tuple(shape))
        if self.id_count is None:
            return super().call(inputs, training=training, mask=mask)
        with one_hot_of(self.get_layer("rnn"), inputs):
            return super().call(inputs, training=training, mask=mask)

    def _check_shape(self, shape: tuple[int | None, ...]) -> None:
        window = self.inputs[0].shape[1:]  # (window,), or (window, features)
        if shape[1:] != window:
            raise ValueError(
                f"`{type(self).__name__}` takes {self.input_axes} of shape (batch, {', '.join(map(str, window))}); one "
                f"window without a batch axis is given as `x[None]`, and its result read as `[0]`. Received: shape "
                f"{shape}"
            )

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        return cls(**config)

    def _recurrent_layers(self) -> list[list[Any]]:
        """Each recurrent layer by itself, the last with its head."""
        found = [[layer] for layer in self.layers if isinstance(layer, keras.layers.RNN)]
        found[-1] += [layer for layer in self.layers if layer.name == "head"]
        return found

    def get_cell_weights(self) -> CellWeights:
        """The recurrent layer's and head's weights as arrays, which the other cell and PyTorch can take.

        Raises:
            ValueError: a model of several recurrent layers, a GRU or an LSTM.
        """
        if not self.plain:
            raise ValueError(self._no_cell_weights())
        return read_weights(*self._recurrent_layers()[0])

    def _no_cell_weights(self) -> str:
        plain, count = " or ".join(PLAIN_CELLS), self.layer_count
        return f"The model must be one layer of {plain} to have `CellWeights`. Received: {count} of {self.cell}"

    def set_cell_weights(self, weights: CellWeights) -> None:
        """Take the weights of another model of the same sizes, whichever of the plain cells it has.

        Raises:
            TypeError: no `CellWeights`.
            ValueError: other sizes; a model of several recurrent layers, a GRU or an LSTM.
        """
        if not isinstance(weights, CellWeights):
            raise TypeError(f"`weights` must be CellWeights, such as `get_cell_weights` gives. {received(weights)}")
        if not self.plain:
            raise ValueError(self._no_cell_weights())
        write_weights(weights, *self._recurrent_layers()[0])

    def predict_windows(self, inputs: Any) -> np.ndarray[Any, Any]:
        """One compiled call without `predict`'s loop over batches: (batch, window) → the model's output in NumPy."""
        inputs = np.asarray(inputs, dtype=self.inputs[0].dtype)
        self._check_shape(inputs.shape)
        if self.on_tensorflow:
            from keras_rnn.core.backend import tf

            return np.asarray(self._compiled_call()(tf.constant(inputs)))
        return np.asarray(keras.ops.convert_to_numpy(self(inputs, training=False)))

    def _compiled_call(self) -> Any:
        from keras_rnn.core.backend import tf

        spec = tf.TensorSpec((None, *self.inputs[0].shape[1:]), self.inputs[0].dtype)
        return self.concrete("window", lambda x: self(x, training=False), [spec])

    def concrete(self, name: str, function: Any, signature: list[Any]) -> Any:
        """A function of the model as a concrete one, traced anew when its variables are others (quantized, LoRA)."""
        from keras_rnn.core.backend import tf

        variables = self.variables
        functions = self.__dict__.get("_functions", {})
        concrete, known = functions.get(name, (None, []))
        if len(known) != len(variables) or any(a is not b for a, b in zip(known, variables, strict=True)):
            concrete = tf.function(function).get_concrete_function(*signature)
            # past Keras' tracking: it is no part of the model
            object.__setattr__(self, "_functions", functions | {name: (concrete, variables)})
        return concrete

    def signatures(self, batch: int | None) -> ExportModule:
        """The model as TensorFlow functions, written straight from its weights.

        Args:
            batch: None leaves it free; a number for LiteRT.
        """
        raise NotImplementedError

    def take_weights(self, other: RecurrentModel) -> None:
        """The weights of a model of the same sizes, whichever of the plain cells it has."""
        if {self.cell, other.cell} <= set(PLAIN_CELLS):
            for mine, others in zip(self._recurrent_layers(), other._recurrent_layers(), strict=True):
                write_weights(read_weights(*others), *mine)
        else:
            self.set_weights(other.get_weights())

    def settings(self) -> dict[str, Any]:
        """What a reader of a file must know besides the sizes, as JSON can hold it."""
        raise NotImplementedError

    def random_windows(self, count: int) -> Array:
        """Windows (count, window[, features]) from where inputs are at home, the same each time."""
        raise NotImplementedError

    def written_windows(self, count: int) -> Array | None:
        """Windows as it meets them in use; None where `random_windows` are such, not all of them of known values."""
        return self.random_windows(count)

    def comparison_windows(self, count: int) -> Array:
        """Windows to compare artifacts on: every one of the packaged data that the model can read, and random ones."""
        return self.random_windows(count)

    def numpy_reference(self, inputs: Array) -> Floats:
        """The model's equation in NumPy and float64, from its weights alone."""
        raise NotImplementedError

    def following_errors(self, windows: Array, following: Array) -> Floats:
        """How far each of the values that follow a window is from what the model says of the window before it.

        Args:
            windows: (windows, window[, features]).
            following: (windows, N), as a loop in a graph gave them.

        Returns:
            (windows · N,), in the output's unit.
        """
        raise NotImplementedError

    def served_checks(self, run: SignatureCall, windows: Array, following: Array) -> list[Check]:
        """Checks of what the SavedModel has besides; `run` calls a signature of it with named inputs."""
        return []

    def compile_recipe(self) -> None:
        """Compile with the loss and metrics of models of this kind."""
        raise NotImplementedError

    def compile_with(
        self, loss: Any, metrics: list[Any], learning_rate: float, loss_weights: list[float] | None = None
    ) -> None:
        """Compile, and build the optimizer at once: a file saved before the first `fit` then loads without a word."""
        if self.activation == "relu":  # whose states and gradients have no bounds
            optimizer = long_memory_optimizer(learning_rate)
        else:
            optimizer = keras.optimizers.Adam(learning_rate)
        self.compile(optimizer=optimizer, loss=loss, metrics=metrics, loss_weights=loss_weights)
        self.optimizer.build(self.trainable_variables)


def weights_sha256(model: Any) -> str:
    """A fingerprint of any Keras model's weights: of one plain layer that of its `CellWeights`, the same for either
    cell; of others of all weights in their order, with shapes and dtypes."""
    if isinstance(model, RecurrentModel) and model.plain:
        return model.get_cell_weights().sha256()
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(f"{weight.dtype} {weight.shape}".encode())
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()


def windows_before(windows: Array, following: Array) -> Array:
    """The window before each value that follows: (windows, window[, features]), (windows, N[, features]) → as many."""
    rows = np.concatenate([windows, following], axis=1)  # (windows, window + N[, features])
    before = np.lib.stride_tricks.sliding_window_view(rows[:, :-1], windows.shape[1], axis=1)  # the window is last
    return np.moveaxis(before, -1, 2).reshape(-1, *windows.shape[1:])  # (windows · N, window[, features])


def read_keras_file(path: FilePath, compile: bool = True) -> Any:
    """The model in a `.keras` file, compiled as it was saved or not at all.

    Raises:
        ValueError: no such file, or not one that Keras can load; one that unpacks to more than ten times its size, or
            whose configuration asks for more weights than it holds.
    """
    path = check_archive(path)
    try:
        check_sizes(path)
        return keras.saving.load_model(path, compile=compile)
    except Exception as error:  # Keras raises whatever the damage leads to
        raise ValueError(
            f"A Keras archive must be one that can be loaded. Received: {str(path)!r}, {_reason(error)}"
        ) from error


def _reason(error: Exception) -> str:
    """The cause in a line: of several objects that Keras could not load, what it says of the first."""
    if isinstance(error, UnicodeDecodeError):
        return "whose texts are not UTF-8"
    text = str(error).strip() or type(error).__name__
    first = re.search(r"Example error message for object <(.*?)(?:, built=\w+)?>:\s*(.*)", text)
    line = f"{first[1]}: {first[2]}" if first else text.splitlines()[0]
    return line.split(" Target variable:")[0][:300]
