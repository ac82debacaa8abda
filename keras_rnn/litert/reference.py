"""Keras' own answers, in float32 as on a phone, and how far two correct computations of them may differ."""

import numpy as np

from keras_rnn.core.backend import tf
from keras_rnn.core.parity import TOLERANCE, Check, ParityError
from keras_rnn.litert.comparison import Arrays, by_batches, called, relative_differences
from keras_rnn.litert.inputs import ModelInputs
from keras_rnn.rnn.introspection import flat_layers, for_phone

ROUNDING = 2.0**-23  # of float32, by which inputs are moved to see what that alone does to the answers
ROUNDINGS = 32  # as many make the same difference in all, of the order of those in a window's loop
LARGEST_ALLOWED = 0.01  # of the largest answer, whatever rounding does: further off a wrong graph could hide
LOWER_PRECISION = 0.1  # of the largest answer: what computing in float16 or bfloat16 may cost


class Reference:
    """A model's answers to windows of every kind.

    Attributes:
        windows, expected: by input and output, (windows, …).
        allowed: what an artifact's answers may differ by, as parts of the largest answer, by window.

    Raises:
        ParityError: what the model answers in float16 or bfloat16 has nothing to do with what it does in float32.
    """

    def __init__(self, inputs: ModelInputs, stateful: bool) -> None:
        self._inputs = inputs
        with for_phone(inputs.model):
            specs = [one.spec for one in inputs.inputs]
            self._function = tf.function(lambda *x: inputs.named_outputs(inputs.call(x)), input_signature=specs)
            self._function.get_concrete_function()  # traced here, once
        self.windows = inputs.windows()
        self.expected = self.answers(self.windows)
        # two correct computations differ by what a rounding of the inputs does; of some nets that is much
        by_rounding = ROUNDINGS * relative_differences(self._rounded(), self.expected, inputs.least)
        self.allowed = np.clip(by_rounding, TOLERANCE, LARGEST_ALLOWED)
        lower = {layer.compute_dtype for layer in flat_layers(inputs.model)} & {"float16", "bfloat16"}
        if lower and not stateful:
            some = [tf.constant(self.windows[one.name][: inputs.rows]) for one in inputs.inputs]
            own = {n: np.asarray(tf.cast(x, tf.float32)) for n, x in inputs.named_outputs(inputs.call(some)).items()}
            expected = {n: x[: inputs.rows] for n, x in self.expected.items()}
            difference = float(relative_differences(own, expected, inputs.least).max())
            if not difference <= LOWER_PRECISION:
                raise ParityError([Check("float32", f"beside {lower.pop()}", 1, difference, LOWER_PRECISION, False)])

    def _rounded(self) -> Arrays:
        """The answers with every value that goes in moved by a rounding, or where only ids go in every weight."""
        factor = np.float32(1 + ROUNDING)
        moved = {name: x * factor if x.dtype.kind == "f" else x for name, x in self.windows.items()}
        if any(x.dtype.kind == "f" for x in moved.values()):
            return self.answers(moved)
        model = self._inputs.model
        weights = model.get_weights()
        try:
            model.set_weights([w * w.dtype.type(factor) if w.dtype.kind == "f" else w for w in weights])
            return self.answers(moved)
        finally:
            model.set_weights(weights)

    def answers(self, windows: Arrays) -> Arrays:
        """Keras' own, in float32, from fresh states."""
        return by_batches(lambda x: called(self._function, x), windows, self._inputs.rows)
