"""A series of yearly or monthly values: its data file, windows, naive forecast and errors, in NumPy alone."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_rnn.checks import check_integer, received

Floats = NDArray[np.float64]
DATA = Path(__file__).parent / "data"
GS10_FILE = DATA / "gs10.csv"
MAXIMUM_STEPS = 1_000  # periods of one forecast; a recursive one has long settled by then


def read_gs10() -> tuple[NDArray[np.datetime64], Floats]:
    """The packaged GS10: months as datetime64[M] and yields in percent, both of shape (months,).

    Source: Board of Governors of the Federal Reserve System (US), H.15, series GS10.
    """
    with GS10_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    months = np.array([row["observation_date"][:7] for row in rows], dtype="datetime64[M]")
    return months, np.array([float(row["GS10"]) for row in rows])


def annual_means(months: NDArray[np.datetime64], values: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Years and the means of their months, for calendar years with all twelve."""
    years = months.astype("datetime64[Y]").astype(np.int64) + 1970  # (months,)
    complete = np.array([year for year in np.unique(years) if np.sum(years == year) == 12], dtype=np.int64)
    return complete, np.array([values[years == year].mean() for year in complete])


def check_history(history: ArrayLike, window: int, name: str = "history") -> Floats:
    """A history as float64 of shape (periods,), all finite, at least a window long.

    Raises:
        TypeError: the values are not numbers.
        ValueError: it has another rank, is too short, or has NaN or infinite values.
    """
    if np.ma.isMaskedArray(history):
        history = np.ma.filled(np.ma.asarray(history).astype(np.float64), np.nan)
    try:
        array = np.asarray(history)
    except ValueError as error:  # rows of different length
        raise ValueError(f"`{name}` must be one row of numbers. {received(history)}") from error
    if array.dtype.kind not in "iuf":
        kind = f"values of type {array.dtype}" if array.size else "nothing"
        raise TypeError(f"`{name}` must be numbers. {received(history)}, {kind}")
    if array.ndim != 1:
        raise ValueError(f"`{name}` must be one row of values, shape (periods,). Received: shape {array.shape}")
    if len(array) < window:
        raise ValueError(f"`{name}` must hold at least {window} values. Received: {len(array)}")
    wrong = ~(np.abs(array.astype(np.float64)) <= np.finfo(np.float32).max)  # True for NaN too
    if wrong.any():
        place = int(np.argmax(wrong))
        raise ValueError(
            f"`{name}` must be finite numbers within float32. Received: {array[place]} at position {place}"
        )
    return array.astype(np.float64)


def check_residuals(residuals: ArrayLike) -> Floats:
    """Absolute errors by horizon, float64 (horizons, count), sorted.

    Raises:
        ValueError: another rank, none, negative ones, NaN or infinite values.
    """
    try:
        array = np.asarray(residuals, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`residuals` must be numbers of shape (horizons, count). {received(residuals)}") from error
    if array.ndim != 2 or not array.size or not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError(
            f"`residuals` must be absolute errors of shape (horizons, count). Received: shape {array.shape}"
        )
    return np.sort(array, axis=1)


def series_windows(series: ArrayLike, window: int = 6) -> tuple[Floats, Floats]:
    """Every window of a series with the value that follows it, ready for `model.fit`.

    Args:
        series: values of shape (periods,), longer than the window.
        window: periods the model sees at a time.

    Returns:
        `histories` float64 (windows, window) and `targets` float64 (windows, 1).

    Raises:
        TypeError: the values are not numbers.
        ValueError: wrong rank, NaN or infinite values, or not longer than the window.
    """
    check_integer("window", window, 1)
    values = check_history(series, window + 1, "series")
    views = np.lib.stride_tricks.sliding_window_view(values, window)  # (periods - window + 1, window)
    return views[:-1].copy(), values[window:, None].copy()


def persistence(histories: ArrayLike) -> Floats:
    """The naive forecast "no change": each window's last value, (windows, window) → (windows, 1)."""
    return np.asarray(histories, dtype=np.float64)[:, -1:]


def rmse(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Root mean squared error, in the unit of the series."""
    return float(np.sqrt(np.mean((_same_shape(actual, predicted)) ** 2)))


def mae(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Mean absolute error, in the unit of the series."""
    return float(np.mean(np.abs(_same_shape(actual, predicted))))


def _same_shape(actual: ArrayLike, predicted: ArrayLike) -> Floats:
    a, p = np.asarray(actual, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if a.shape != p.shape:  # (n,) against (n, 1) would broadcast to (n, n) and give a plausible wrong number
        raise ValueError(f"`actual` and `predicted` must have one shape. Received: {a.shape} and {p.shape}")
    return a - p


def recursive_forecast(predict: Callable[[Floats], Any], history: Floats, window: int, steps: int) -> Floats:
    """Forecast `steps` periods one after the other, each from the window that holds the ones before.

    Args:
        predict: (1, window) → something of shape (1, 1).
        history: checked values, at least a window of them.
        window, steps: periods.

    Returns:
        float64 of shape (steps,).
    """
    check_integer("steps", steps, 1, MAXIMUM_STEPS)
    values = list(history[-window:])
    for _ in range(steps):
        values.append(float(np.asarray(predict(np.asarray(values[-window:])[None])).reshape(())))
    return np.array(values[window:])
