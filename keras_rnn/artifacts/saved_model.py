"""A SavedModel called by signature with named arrays in and out: the counterpart of `LiteRTFile`."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.core.arrays import Array
from keras_rnn.core.backend import tf
from keras_rnn.core.checks import received
from keras_rnn.core.operators import check_operators
from keras_rnn.core.quiet import quiet_stderr


class SavedModelFolder:
    """A SavedModel's signatures.

    Attributes:
        inputs: signature → names of its inputs.

    Raises:
        ValueError: it cannot be loaded, or its operators do more than compute.
    """

    def __init__(self, folder: Path) -> None:
        check_operators(folder)  # which `load` would run some of
        try:
            with quiet_stderr():
                self._loaded = tf.saved_model.load(str(folder))  # signatures live only as long as this
        except Exception as error:  # TensorFlow raises whatever the damage leads to
            reason = str(error).strip().splitlines()[0]
            raise ValueError(f"A SavedModel must be one that can be loaded. Received: {folder}, {reason}") from error
        self._functions = dict(self._loaded.signatures)
        self.inputs = {name: sorted(f.structured_input_signature[1]) for name, f in self._functions.items()}

    def run(self, signature: str, inputs: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Outputs of a signature by name.

        Raises:
            ValueError: no such signature, or other inputs than it takes.
        """
        if signature not in self.inputs:
            raise ValueError(f"`signature` must be one of {', '.join(self.inputs)}. {received(signature)}")
        if sorted(inputs) != self.inputs[signature]:
            raise ValueError(f"`inputs` must be {', '.join(self.inputs[signature])}. Received: {', '.join(inputs)}")
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        return {name: np.asarray(value) for name, value in self._functions[signature](**tensors).items()}
