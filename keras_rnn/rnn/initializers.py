"""How a recurrent matrix begins."""

from typing import Any

from keras_rnn.core.backend import keras
from keras_rnn.core.checks import check_number, received


@keras.saving.register_keras_serializable(package="keras_rnn")
class ScaledIdentity(keras.initializers.Initializer):
    """`gain` times the identity: a state that is carried on nearly as it is, for a recurrent matrix with ReLU.

    With gain 1 it is the IRNN's (Le, Jaitly and Hinton 2015, A simple way to initialize recurrent networks of
    rectified linear units, arXiv:1504.00941); a little less keeps states and gradients from running away over
    hundreds of steps. Keras' own `Identity` loses its gain when a model is saved.

    Raises:
        TypeError, ValueError: a gain that is no finite number; when called, a shape that is not a square matrix's.
    """

    def __init__(self, gain: float = 0.99) -> None:
        self.gain = check_number("gain", gain, -1e6)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        if len(shape) != 2 or shape[0] != shape[1]:
            raise ValueError(f"`shape` must be that of a square matrix. {received(tuple(shape))}")
        return self.gain * keras.ops.eye(shape[0], dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}
