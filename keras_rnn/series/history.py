"""A series of values over time: what a history must be, its windows, and forecasts by steps, in NumPy alone."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_rnn.core.arrays import Floats, as_array, finite_answer
from keras_rnn.core.checks import check_integer

MAXIMUM_STEPS = 1_000  # periods of one forecast; a recursive one has long settled by then


def annual_means(months: NDArray[np.datetime64], values: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Years and the means of their months, for calendar years with all twelve."""
    years = months.astype("datetime64[Y]").astype(np.int64) + 1970  # (months,)
    complete = np.array([year for year in np.unique(years) if np.sum(years == year) == 12], dtype=np.int64)
    return complete, np.array([values[years == year].mean() for year in complete])


def check_history(history: ArrayLike, window: int, name: str = "history", features: int = 1) -> Floats:
    """A history as float64 of shape (periods,), or (periods, features) of several; all finite, at least a window long.

    Raises:
        TypeError: the values are not numbers.
        ValueError: it has another rank or number of features, is too short, or has NaN or infinite values.
    """
    if np.ma.isMaskedArray(history):
        history = np.ma.filled(np.ma.asarray(history).astype(np.float64), np.nan)
    array = as_array(name, history, ("periods",) if features == 1 else ("periods", features), finite_in=np.float32)
    if len(array) < window:
        raise ValueError(f"`{name}` must hold at least {window} values. Received: {len(array)}")
    return array.astype(np.float64)


def check_residuals(residuals: ArrayLike) -> Floats:
    """Absolute errors by horizon, float64 (horizons, count), sorted.

    Raises:
        ValueError: another rank, none, negative ones, NaN or infinite values.
    """
    array = as_array("residuals", residuals, ("horizons", "count"), finite_in=np.float64, wrong_kind=ValueError)
    if array.min() < 0:
        raise ValueError(f"`residuals` must be absolute errors, not below 0. Received: {array.min()}")
    return np.sort(array.astype(np.float64), axis=1)


def series_windows(series: ArrayLike, window: int = 6) -> tuple[Floats, Floats]:
    """Every window of a series with the value that follows it, ready for `model.fit`.

    Args:
        series: values of shape (periods,), or (periods, features) with the one to be forecast in the first column;
            longer than the window.
        window: periods the model sees at a time.

    Returns:
        `histories` float64 (windows, window[, features]) and `targets` float64 (windows, 1).

    Raises:
        TypeError: the values are not numbers.
        ValueError: wrong rank, NaN or infinite values, or not longer than the window.
    """
    check_integer("window", window, 1)
    values = check_history(series, window + 1, "series", features_of(series))
    views = np.lib.stride_tricks.sliding_window_view(values, window, axis=0)  # (periods - window + 1, …, window)
    histories = np.moveaxis(views[:-1], -1, 1)
    return histories.copy(), first_column(values)[window:, None].copy()


def features_of(series: ArrayLike) -> int:
    """Columns of a series: 1 of (periods,), f of (periods, f); of anything else 1, for `check_history` to refuse."""
    shape = getattr(series, "shape", None)  # a DataFrame, whose columns NumPy might not be able to join, has it too
    if shape is None:
        try:
            shape = np.shape(series)
        except ValueError:  # rows of different length
            return 1
    return int(shape[1]) if len(shape) == 2 and shape[1] > 1 else 1


def first_column(values: Floats) -> Floats:
    """What is forecast: (periods,) of (periods,) or (periods, features)."""
    return values if values.ndim == 1 else values[:, 0]


def persistence(histories: ArrayLike) -> Floats:
    """The naive forecast "no change": each window's last value, (windows, window[, features]) → (windows, 1)."""
    array = np.asarray(histories, dtype=np.float64)
    return array[:, -1:] if array.ndim == 2 else array[:, -1, :1]


def recursive_forecast(predict: Callable[[Floats], Any], history: Floats, window: int, steps: int) -> Floats:
    """Forecast `steps` periods, beyond the first answer each from the window that holds the ones before.

    Of several features only the first is forecast: the others stay at their last values.

    Args:
        predict: (1, window[, features]) → (1, 1), or of a model that answers several periods at once (1, periods).
        history: checked values, (periods[, features]), at least a window of them.
        window, steps: periods.

    Returns:
        float64 of shape (steps,).

    Raises:
        ValueError: an answer that is not finite.
    """
    check_integer("steps", steps, 1, MAXIMUM_STEPS)
    known = history[-window:].reshape(window, -1)  # (window, features)
    rows = np.concatenate([known, known[-1:].repeat(steps, axis=0)], dtype=np.float64)  # first all at their last values
    done = 0
    while done < steps:
        x = rows[done : done + window].reshape(1, window, *history.shape[1:])
        following = np.asarray(predict(x)).reshape(-1)[: steps - done]
        rows[window + done : window + done + len(following), 0] = following
        done += len(following)
    return finite_answer(rows[window:, 0], "a forecast")
