"""A model traced whole: its window and its step.

At static shape, for LiteRT, there are loops of ours inside its recurrent layers; where the batch is free, for a
SavedModel, Keras' own.
"""

import warnings
from typing import Any

from keras_rnn.core.backend import keras, tf
from keras_rnn.core.parity import TOLERANCE
from keras_rnn.core.types import Function, Layer, Tensor
from keras_rnn.litert.comparison import Arrays, by_batches, called, relative_differences, whole_batches
from keras_rnn.litert.inputs import Input, ModelInputs
from keras_rnn.litert.loops import run_loop
from keras_rnn.litert.stepping import Stepping
from keras_rnn.rnn.cells import state_names
from keras_rnn.rnn.introspection import flat_layers, for_phone

WINDOW = "serving_default"
STEPPED = slice(8, None)  # windows that are tried step by step: some of every kind
MOST_STEPPED = 2000  # steps of all of them together, where that leaves two


class Traced:
    """A model's signatures.

    Attributes:
        functions: signature → `tf.function` from named inputs to a dictionary.
        outputs: name → shape, of the window.
        variables: TensorFlow's, that the functions read.
        stepping: how its steps make up a window, or None.
        why_no_step: the reason then.
        longest: steps of its longest loop.
        stateful: names of the layers that carry their state from call to call in Keras, and here in `step` alone.
    """

    def __init__(self, inputs: ModelInputs, unroll: bool | None) -> None:
        self.inputs, self._unroll = inputs, unroll
        self._run_loop = _keras_loop if inputs.inputs[0].shape[0] is None else run_loop
        self.layers = [layer for layer in flat_layers(inputs.model) if isinstance(layer, keras.layers.RNN)]
        self.stateful = [layer.name for layer in self.layers if layer.stateful]
        self._calls: list[tuple[str, list[Tensor], int]] = []  # of recurrent layers: kind of cell, states, steps
        self.outputs: dict[str, tuple[Any, ...]] = {}
        self.variables: list[Any] = []
        self.functions = {WINDOW: self._window()}
        self.longest = max((steps for _, _, steps in self._calls), default=0)
        self.stepping: Stepping | None = None
        self.why_no_step = self._add_step()

    def _window(self) -> Function:
        def loop(layer: Layer, sequences: Tensor, initial_state: Any, mask: Any = None, training: Any = False) -> Any:
            flat = [tf.convert_to_tensor(state) for state in keras.tree.flatten(initial_state)]
            self._calls.append((type(layer).__name__, flat, int(sequences.shape[1])))
            return self._run_loop(layer, sequences, initial_state, mask, bool(training), self._unroll)

        def window(*flat: Tensor) -> dict[str, Tensor]:
            outputs = self.inputs.named_outputs(self.inputs.call(flat))
            self.outputs |= {name: tuple(value.shape) for name, value in outputs.items()}
            return outputs

        with for_phone(self.inputs.model, loop):
            return self._traced_once(tf.function(window, input_signature=[one.spec for one in self.inputs.inputs]))

    def names(self) -> dict[str, dict[str, list[str]]]:
        """Names of inputs and outputs by signature."""
        states = [] if self.stepping is None else list(self.stepping.states)
        return {
            name: {
                "inputs": [spec.name for spec in function.input_signature],
                "outputs": [*self.outputs, *(states if name == "step" else [])],
            }
            for name, function in self.functions.items()
        }

    def _add_step(self) -> str | None:
        """Add the signature `step`, or say why there can be none."""
        if self.inputs.why_no_step is not None:
            return self.inputs.why_no_step
        lengths = {steps for _, _, steps in self._calls}
        if not lengths:
            return "the model has no recurrent layer"
        if len(lengths) > 1:
            return "its recurrent layers read windows of different lengths"
        if backwards := [layer.name for layer in self.layers if layer.go_backwards]:
            return f"{backwards[0]!r} reads the window from its end"
        steps = lengths.pop()
        sequences = tuple(one for one in self.inputs.inputs if one.shape[1:2] == (steps,))
        if not sequences:
            return "its recurrent layers do not read the steps of the window that goes in"
        states = {
            name: (tuple(state.shape), state.dtype.name)
            for number, (kind, flat, _) in enumerate(self._calls)
            for name, state in zip(state_names(kind == "LSTM" and len(flat) == 2, len(flat), number), flat, strict=True)
        }
        if taken := set(states) & {*self.outputs, *(one.name for one in self.inputs.inputs)}:
            return f"a state would have the name of an input or output, {taken.pop()!r}"
        try:
            with warnings.catch_warnings():  # of one step Keras doubts what is right of a window
                warnings.simplefilter("ignore", UserWarning)
                step, every = self._step(steps, sequences, states)
            shapes = {name: self.outputs[name] if every[name] else None for name in self.outputs}
            stepping = Stepping(steps, sequences, states, shapes)
            largest = self._stepped_difference(step, stepping)
        except Exception as error:  # a layer that has the window's length in it can raise anything
            return f"the model cannot be run on one step alone: {reason_of(error)}"
        if not largest <= TOLERANCE:
            return f"step by step the model answers otherwise than on the window, by {largest:.1e} of its answers"
        self.functions["step"], self.stepping = step, stepping
        return None

    def _step(
        self, steps: int, sequences: tuple[Input, ...], states: dict[str, Any]
    ) -> tuple[Function, dict[str, bool]]:
        """The signature, and by output whether a window has one for every step."""
        inputs, groups = self.inputs.inputs, [len(flat) for _, flat, _ in self._calls]
        every: dict[str, bool] = {}

        def step(*flat: Tensor) -> dict[str, Tensor]:
            given, after, counts = list(flat[len(inputs) :]), [], iter(groups)

            def loop(
                layer: Layer, sequences: Tensor, initial_state: Any, mask: Any = None, training: Any = False
            ) -> Any:
                if sequences.shape[1] != 1:
                    raise ValueError(f"{layer.name!r} still reads {sequences.shape[1]} steps")
                count = next(counts)
                mine, given[:] = given[:count], given[count:]
                nested = keras.tree.pack_sequence_as(initial_state, mine)
                result = self._run_loop(layer, sequences, nested, mask, bool(training), True, mine[0])
                after.extend(keras.tree.flatten(result[2]))
                return result

            x = [
                x[:, None] if one in sequences and one.has_features else x for one, x in zip(inputs, flat, strict=False)
            ]  # (batch, 1, …)
            with for_phone(self.inputs.model, loop):
                outputs = self.inputs.named_outputs(self.inputs.call(x))
            for name, value in outputs.items():
                whole, once = self.outputs[name], tuple(value.shape)
                every[name] = whole != once or (steps == 1 and len(whole) > 2)
                if every[name] and once != (whole[0], 1, *whole[2:]):
                    raise ValueError(f"{name!r} is {once} then, and {whole} of the window")
                outputs[name] = value[:, 0] if every[name] and len(whole) > 2 else value
            return outputs | {name: tf.identity(state) for name, state in zip(states, after, strict=True)}

        specs = [
            one.spec if one not in sequences else tf.TensorSpec(_one_step(one), one.dtype, one.step_name)
            for one in inputs
        ]
        specs += [tf.TensorSpec(shape, dtype, name) for name, (shape, dtype) in states.items()]
        return self._traced_once(tf.function(step, input_signature=specs)), every

    def _traced_once(self, function: Function) -> Function:
        """The function as it is traced now: when it is saved, the layers have their own loops again."""
        concrete = function.get_concrete_function()
        self.variables += concrete.graph.variables
        specs = function.input_signature

        def run(*inputs: Tensor) -> Any:  # a loaded SavedModel takes any shape, and would answer a longer window
            return concrete(*(tf.ensure_shape(x, spec.shape) for x, spec in zip(inputs, specs, strict=True)))

        return tf.function(run, input_signature=specs)

    def _stepped_difference(self, step: Function, stepping: Stepping) -> float:
        functions = self.functions | {"step": step}

        def run(signature: str, given: Any) -> Arrays:
            return called(functions[signature], given)

        every = self.inputs.windows(STEPPED)
        apart = min(5, -(-len(next(iter(every.values()))) * stepping.steps // MOST_STEPPED))
        windows = {name: x[::apart] for name, x in every.items()}
        windows = whole_batches(windows, self.inputs.rows)
        whole = by_batches(lambda x: run(WINDOW, x), windows, self.inputs.rows)
        stepped = by_batches(lambda x: stepping.run(run, x), windows, self.inputs.rows)
        return float(max(relative_differences(stepped, whole, self.inputs.least)))


def _keras_loop(
    layer: Layer, sequences: Tensor, states: Any, mask: Tensor, training: bool, _: Any, output_before: Tensor = None
) -> Any:
    """`run_loop` by Keras' own, for any batch."""
    last, outputs, new = type(layer).inner_loop(layer, sequences, states, mask=mask, training=training)
    if output_before is not None and mask is not None and not layer.zero_output_for_mask:
        kept = tf.reshape(mask, (-1, 1, *[1] * (len(last.shape) - 1)))  # of one step: (batch, 1, …)
        outputs = tf.where(kept, outputs, output_before[:, None])
        last = outputs[:, -1]
    return last, outputs, new


def _one_step(one: Input) -> tuple[Any, ...]:
    batch, _, *rest = one.shape
    return (batch, *rest) if one.has_features else (batch, 1)


def reason_of(error: Exception) -> str:
    """What Keras or TensorFlow said, in one line, without how it came to it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    marked = [line for line in lines if "\x1b[1m" in line]  # Keras sets its own errors in bold
    plain = [line for line in lines if not line.startswith(("in user code", "File ", "Arguments received", "•"))]
    text = (marked or plain or [type(error).__name__])[0 if marked else -1]
    return text.replace("\x1b[1m", "").replace("\x1b[0m", "")[:200]
