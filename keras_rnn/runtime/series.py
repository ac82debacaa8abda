"""Forecasters on LiteRT."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_rnn.core.arrays import as_array, finite_answer
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.runtime.signatures import FLOAT32, expect
from keras_rnn.series.history import check_history, check_residuals, recursive_forecast
from keras_rnn.series.intervals import intervals_around


@dataclass(frozen=True, eq=False)
class Forecast:
    """A forecast as plain arrays.

    Attributes:
        mean: float64 (steps,), in `unit`.
        unit: of the values, where it is known.
        intervals: level in percent → low and high of the prediction intervals, float64 (steps,) each.
    """

    mean: NDArray[np.float64]
    unit: str | None
    intervals: Mapping[float, tuple[NDArray[np.float64], NDArray[np.float64]]] = field(default_factory=dict)


class SeriesRuntime:
    """The forecaster of a `.tflite` file. Threads may share it."""

    kind: ClassVar[str] = "series"

    def __init__(self, file: LiteRTFile, metadata: dict[str, Any]) -> None:
        self.file, self.metadata = file, metadata
        self.window, self.ahead = metadata["window"], metadata["ahead"]
        settings = metadata["settings"]
        self.unit, self.frequency = settings["unit"], settings["frequency"]
        self.low, self.high = settings["low"], settings["high"]
        self.features = settings.get("features", 1)
        self.columns, self.trained_to = settings.get("columns"), settings.get("trained_to")
        residuals = settings["residuals"]
        self.residuals = None if residuals is None else check_residuals(residuals)
        self._run = file.run_primary
        self._shape, prediction = _shapes_of_series(file, self.window, self.features)
        expect(file, "serving_default", {"history": self._shape}, {"prediction": (prediction,)})
        self._every_step = len(prediction) == 3
        if self.ahead is not None:
            expect(file, "forecast", {"history": self._shape}, {"prediction": ((1, self.ahead),)})

    def predict_window(self, history: NDArray[Any]) -> NDArray[Any]:
        """The prediction that follows a window (1, window[, features]), both float32: the quickest call.

        (1, 1); of a model that answers several periods at once (1, periods).

        Raises:
            ValueError: another shape, not numbers, NaN or infinite values; an answer that is not finite.
        """
        if (
            type(history) is not np.ndarray
            or history.dtype is not FLOAT32
            or not math.isfinite(sum(history.ravel().tolist()))
        ):
            history = as_array("history", history, self._shape, "iuf", np.float32, ValueError).astype(np.float32)
        prediction: NDArray[Any] = finite_answer(self._run(history), self.file.path)
        return prediction[:, -1] if self._every_step else prediction

    def forecast(self, history: ArrayLike, steps: int = 1, levels: Iterable[float] | float | None = None) -> Forecast:
        """The next `steps` values; beyond those that the model gives at once, each is computed from the ones before.

        Args:
            history: values in `unit`, oldest first, at least `window` of them, (periods,) or (periods, features), of
                which the first is forecast. Dates are not looked at here.
            steps: periods ahead, 1 to 1,000.
            levels: of prediction intervals, in percent, such as `(80, 95)`.

        Raises:
            TypeError: not numbers.
            ValueError: too short, NaN or infinite values, wrong rank; `steps` out of range; `levels` of a model
                without residuals, or beyond what they can tell.
        """
        values = check_history(history, self.window, features=self.features)

        def predict(x: NDArray[Any]) -> NDArray[Any]:
            return self.predict_window(x.astype(np.float32).reshape(self._shape))

        means = recursive_forecast(predict, values, self.window, steps)
        return Forecast(means, self.unit, intervals_around(means, self.residuals, levels))


class GS10Runtime(SeriesRuntime):
    """The forecaster of GS10."""

    kind: ClassVar[str] = "gs10"


def _shapes_of_series(file: LiteRTFile, window: int, features: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What a forecaster's file takes and gives: a step's one value may have an axis of its own; the next value, several
    of them, or after each step the next one. Of a file that does otherwise, what it should."""
    given = [shape for shape, _ in file.inputs.get("serving_default", {}).values()]
    found = [shape for shape, _ in file.outputs.get("serving_default", {}).values()]
    takes = (1, window) if features == 1 and given != [(1, window, 1)] else (1, window, features)
    several = len(found) == 1 and (found[0] == (1, window, 1) or (len(found[0]) == 2 and found[0][0] == 1))
    return takes, found[0] if several else (1, 1)
