"""A model run step by step in float64, with every state of every recurrent layer kept: what `insight` reads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_rnn.core.backend import keras, tf
from keras_rnn.core.checks import received
from keras_rnn.core.types import Cell, Layer, Model, Operation, Tensor
from keras_rnn.insight._float64 import in_float64
from keras_rnn.insight._vjp import repeated
from keras_rnn.rnn.cells import state_names
from keras_rnn.rnn.introspection import (
    Refused,
    advance_by_call,
    check_layer,
    for_inference,
    functional_of,
    known_ids,
    merge,
    run_operations,
)

EAGER_UP_TO = 16  # steps; a short loop is over before a step is compiled


@dataclass(frozen=True, eq=False)
class LayerRun:
    """One direction of one recurrent layer over a window, in the order in which the layer reads it.

    Attributes:
        name: the layer's; of a `Bidirectional` with `/forward` or `/backward` after it.
        cell: computing in float64 where it can.
        backwards: whether it reads the last step first.
        names: of its states, `("h",)`, an LSTM's `("h", "c")`, of stacked cells `("h_0", "h_1", …)`.
        x: what goes in, for each step (batch, features).
        states: before the first step, then after each, flat: (batch, size) each.
        outputs: for each step (batch, outputs).
    """

    name: str
    cell: Cell
    backwards: bool
    names: tuple[str, ...]
    x: list[Tensor]
    states: list[list[Tensor]]
    outputs: list[Tensor]

    @property
    def steps(self) -> int:
        return len(self.x)

    @property
    def sizes(self) -> list[int]:
        return [int(state.shape[1]) for state in self.states[0]]

    def place(self, step: int) -> int:
        """Where the window's `step` comes in the layer's own order, and back."""
        return self.steps - 1 - step if self.backwards else step


@dataclass(frozen=True, eq=False)
class ModelRun:
    """A run of the model.

    Attributes:
        x: what derivatives by the input are by: the input itself, or what its ids were made into.
        source: what that is, in words.
        output: of the model.
        layers: of its recurrent layers.
        precision: "float64"; "float32" where a layer computes in nothing else.
    """

    x: Tensor
    source: str
    output: Tensor
    layers: list[LayerRun]
    precision: str


class Float64Model:
    """A Keras model taken apart into its operations, each in float64, its recurrent layers run step by step.

    Raises:
        TypeError: not a Keras model.
        ValueError: not built; several inputs or outputs; no recurrent layer, or one that cannot be run by its cell.
        RuntimeError: Keras on another backend than TensorFlow, whose derivatives these are.
    """

    def __init__(self, model: Model) -> None:
        if keras.backend.backend() != "tensorflow":
            raise RuntimeError(f"Keras' backend must be tensorflow for `insight`. {received(keras.backend.backend())}")
        self.model = model
        self.functional = functional_of(model)
        self.input_shape: tuple[int | None, ...] = tuple(self.functional.inputs[0].shape)
        self.ids_known = known_ids(self.functional)
        self._copies: dict[int, Any] = {}
        self._lower = False  # whether a layer computes in no more than float32
        recurrent = False
        for op in self.functional.operations:
            check_layer(op)
            recurrent |= isinstance(op, keras.layers.RNN | keras.layers.Bidirectional)
        if not recurrent:
            raise Refused(model, "it has no recurrent layer")

    @property
    def ids(self) -> bool:
        """Whether integers go in, to be looked up or made one-hot."""
        entry = self.functional.inputs[0]
        users = [type(op).__name__ for op in self.functional.operations[1:2]]
        return "int" in str(entry.dtype) or (len(entry.shape) == 2 and users == ["Embedding"])

    def run(
        self,
        x: NDArray[Any],
        tape: Any = None,
        rows: int = 0,
        seen: Callable[[Operation, Tensor], None] | None = None,
    ) -> ModelRun:
        """Run on x (batch, …), checked before.

        Args:
            tape: watches `ModelRun.x`, so that it can differentiate by it.
            rows: where `ModelRun.x` and the output are wanted for so many copies of the batch, one after the other, to
                derive something else by each; the recurrent layers run on one of them.
            seen: called with each operation and what came out.
        """
        layers: list[LayerRun] = []
        sources: list[tuple[Any, str]] = []
        batch = tf.constant(np.tile(x, (max(rows, 1), *[1] * (x.ndim - 1))))
        batch = tf.cast(batch, self.functional.inputs[0].dtype if self.ids else tf.float64)
        if not self.ids:
            sources.append((batch, "x"))
            if tape is not None:
                tape.watch(batch)

        def caller(op: Operation) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Tensor:
                if isinstance(op, keras.layers.RNN | keras.layers.Bidirectional):
                    result = self._recur(op, args[0], layers, rows)
                else:
                    result = _as_float64(self._call(op, args, kwargs))
                first = keras.tree.flatten((args, kwargs))[0]
                if self.ids and (first is batch or first.dtype.is_integer) and result.dtype.is_floating:
                    embedded = type(op).__name__ == "Embedding"
                    sources.append((result, "embedding" if embedded else "one-hot"))
                    if tape is not None:
                        tape.watch(result)
                if seen is not None:
                    seen(op, result)
                return result

            return call

        output = run_operations(self.functional, batch, caller)
        if len(sources) != 1:
            raise Refused(self.model, "its ids are made into numbers in several places")
        return ModelRun(*sources[0], output, layers, "float32" if self._lower else "float64")

    def _copy(self, op: Operation) -> Operation:
        if not isinstance(op, keras.layers.Layer):
            return op  # a plain operation computes in what it is given
        if id(op) not in self._copies:
            try:
                self._copies[id(op)] = in_float64(op)
            except TypeError:
                self._keep(op)
        return self._copies[id(op)]

    def _call(self, op: Operation, args: Any, kwargs: Any) -> Tensor:
        copy, kwargs = self._copy(op), kwargs | for_inference(op)
        try:
            return copy(*args, **kwargs)
        except (TypeError, ValueError, tf.errors.InvalidArgumentError):
            if copy is op:
                raise
            self._keep(op)  # it holds on to float32 inside
            return op(*args, **kwargs)

    def _keep(self, op: Operation) -> None:
        self._copies[id(op)] = op
        self._lower = True

    def _recur(self, layer: Layer, x: Tensor, layers: list[LayerRun], rows: int) -> Tensor:
        if not isinstance(layer, keras.layers.Bidirectional):
            return self._advance(layer, self._copy(layer), x, layer.name, layers, rows)
        copy = self._copy(layer)
        forwards, backwards = (
            self._advance(getattr(layer, f"{side}_layer"), getattr(copy, f"{side}_layer"), x,
                          f"{layer.name}/{side}", layers, rows)
            for side in ("forward", "backward")
        )  # fmt: skip
        return merge(layer, forwards, tf.reverse(backwards, [1]) if layer.return_sequences else backwards)

    def _advance(self, layer: Layer, copy: Any, x: Tensor, name: str, layers: list[LayerRun], rows: int) -> Tensor:
        """A recurrent layer over x (batch, steps, features), in its own order → its output."""
        batch = int(x.shape[0]) // max(rows, 1)
        xs = tf.unstack(tf.stop_gradient(x[:batch]) if rows else x, axis=1)  # (batch, features) each
        xs = xs[::-1] if layer.go_backwards else xs
        if copy is not layer:
            try:
                output, _ = advance_by_call(copy.cell, xs[0], _initial(copy, batch))
                if output.dtype != tf.float64:
                    raise TypeError(output.dtype)
            except (TypeError, ValueError, tf.errors.InvalidArgumentError):
                copy, self._lower = layer, True
        xs = [tf.cast(x_t, copy.cell.compute_dtype) for x_t in xs]
        states, outputs = _all_steps(copy.cell, xs, _initial(copy, batch))
        layers.append(LayerRun(name, copy.cell, layer.go_backwards, _names_of_states(copy.cell), xs, states, outputs))
        returned = _as_float64(tf.stack(outputs, axis=1) if layer.return_sequences else outputs[-1])
        return repeated(layers[-1], returned, x, rows, layer.return_sequences) if rows else returned


def _all_steps(cell: Cell, xs: list[Tensor], h: list[Tensor]) -> tuple[list[list[Tensor]], list[Tensor]]:
    """The states before the first step and after each, and each step's output."""

    def advance(x_t: Tensor, h: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        return advance_by_call(cell, x_t, h)

    if len(xs) > EAGER_UP_TO:
        advance = tf.function(advance).get_concrete_function(xs[0], h)
    states, outputs = [h], []
    for x_t in xs:
        output, h = advance(x_t, h)
        # tensors of their own, so that a derivative by the one does not go through the other
        output, h = tf.identity(output), [tf.identity(state) for state in h]
        outputs.append(output)
        states.append(h)
    return states, outputs


def _initial(layer: Layer, batch: int) -> list[Tensor]:
    states = keras.tree.flatten(layer.get_initial_state(batch))
    return [tf.cast(state, layer.cell.compute_dtype) for state in states]  # (batch, size) each


def _as_float64(value: Tensor) -> Tensor:
    return tf.cast(value, tf.float64) if value.dtype.is_floating else value


def _names_of_states(cell: Cell) -> tuple[str, ...]:
    """What a cell's states are called, flat, as in signatures; where no cells are stacked, without the number."""
    stacked = isinstance(cell, keras.layers.StackedRNNCells)
    names = [
        state_names(isinstance(one, keras.layers.LSTMCell), len(keras.tree.flatten(one.state_size)), i)
        for i, one in enumerate(cell.cells if stacked else [cell])
    ]
    return tuple(name if stacked else name.removesuffix("_0") for some in names for name in some)
