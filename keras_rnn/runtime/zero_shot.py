"""The forecaster for any series on LiteRT."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.core.arrays import Array
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.runtime.signatures import expect
from keras_rnn.zero_shot.forecasting import SeasonalForecast, forecast
from keras_rnn.zero_shot.reading import QUANTILES


class ZeroShotRuntime:
    """The forecaster of a `.tflite` file that `series_model` was exported to. Threads may share it."""

    kind: ClassVar[str] = "zero_shot"

    def __init__(self, file: LiteRTFile, metadata: dict[str, Any]) -> None:
        self.file, self.metadata = file, metadata
        self.window, self.places = metadata["window"], metadata["settings"]["places"]
        self.column, self.trained_to = (metadata["settings"].get(name) for name in ("column", "trained_to"))
        if metadata["settings"]["quantiles"] != list(QUANTILES):
            raise ValueError(f"`quantiles` must be {list(QUANTILES)}. Received: {metadata['settings']['quantiles']}")
        takes = {"values": (1, self.window), "season": (1, 1)}
        expect(file, "serving_default", takes, {"quantiles": ((1, self.window, len(QUANTILES)),)})

    def quantiles(self, values: Array, season: int) -> Array:
        """Rows (series, window) of one season → (series, window, QUANTILES)."""
        each = np.full((1, 1), season, np.float32)
        rows = [self.file.run("serving_default", {"values": row[None], "season": each}) for row in values]
        return np.concatenate([row["quantiles"] for row in rows])

    def forecast(
        self,
        history: ArrayLike,
        steps: int = 1,
        levels: Iterable[float] | float | None = None,
        season: int | None = None,
        frequency: str | None = None,
    ) -> SeasonalForecast:
        """The next `steps` values of any series, without training on it.

        Args:
            history: numbers, oldest first, from ten known ones on; NaN where one is missing. Dates are not looked at.
            steps: periods ahead, up to half of `window`.
            levels: of prediction intervals, in percent, such as `(80, 95)`.
            season: places in a season, 1 for none; None: what goes with the `frequency`, or without one what the
                values show more of than chance would.
            frequency: of the values, such as "monthly"; one of `series.dates.FREQUENCIES`.

        Raises:
            TypeError: not numbers.
            ValueError: fewer than ten known values; infinite ones; an argument out of range.
        """
        return forecast(self.quantiles, self.window, self.places, history, steps, levels, frequency, season)
