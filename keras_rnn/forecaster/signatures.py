"""A forecaster's signatures: values in and a prediction out."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.catalog.presets import AHEAD
from keras_rnn.core.arrays import Floats
from keras_rnn.core.backend import tf
from keras_rnn.core.types import Tensor
from keras_rnn.rnn.graph import ExportModule
from keras_rnn.rnn.weights import CellWeights


class SeriesSignatures(ExportModule):
    """history → prediction, both in the series' unit.

    The step takes one period's values, `x`; where the whole window is looked at first, there is none.
    """

    kernel: Tensor  # (features, units)
    bias: Tensor  # (units,), or None
    input_name, step_name, output_name, input_dtype = "history", "x", "prediction", tf.float32
    ahead_name, ahead_output, ahead = "forecast", "prediction", AHEAD["gs10"]

    def __init__(
        self,
        weights: CellWeights,
        window: int,
        batch: int | None,
        sizes: Floats,
        low: ArrayLike | None,
        activation: str = "tanh",
    ) -> None:
        """`sizes` (features,), what counts as 1 inside; `low`, what is scaled to 0, or None where the last value is."""
        self.has_step = low is not None
        self.low = None if low is None else np.atleast_1d(np.asarray(low, dtype=np.float64))  # (features,)
        self.sizes = sizes
        super().__init__(weights, window, batch, False, len(sizes), activation)

    def _arrays(self, weights: CellWeights) -> dict[str, Any]:
        """The scale goes into the weights, in float64: (x − low) / size into kernel, o · size + low into the head."""
        assert weights.output_kernel is not None
        kernel = weights.kernel.astype(np.float64) / self.sizes[:, None]
        bias = output_bias = None
        if self.low is not None:  # a model of levels has both
            assert weights.bias is not None
            assert weights.output_bias is not None
            bias = weights.bias.astype(np.float64) - self.low @ kernel
            output_bias = weights.output_bias.astype(np.float64) * self.sizes[0] + self.low[0]
        return {
            "recurrent_kernel": weights.recurrent_kernel,
            "kernel": kernel,
            "bias": bias,
            "output_kernel": weights.output_kernel.astype(np.float64) * self.sizes[0],
            "output_bias": output_bias,
        }

    def _project(self, x: Tensor) -> Tensor:
        # of one feature too: a product would do, but a matmul takes the bias along and is one op in LiteRT
        p = tf.matmul(x[:, None] if self.features == 1 else x, self.kernel)  # (rows, units)
        return p if self.bias is None else p + self.bias

    def _serving_default(self, x: Tensor) -> dict[str, Tensor]:
        return {self.output_name: self._prediction(self._shaped(x, self.window_shape))}

    def _prediction(self, x: Tensor) -> Tensor:
        """(batch, 1)."""
        if self.has_step:
            return self._head(self._last_state(x))
        last = x[:, -1:]  # (batch, 1[, features])
        return self._head(self._last_state(x - last)) + (last if self.features == 1 else last[:, 0, :1])

    def _following(self, x: Tensor) -> Tensor:
        prediction = self._prediction(x)
        if self.features == 1:
            return prediction
        return tf.concat([prediction, x[:, -1, 1:]], axis=1)[:, None]  # the other features stay as they are
