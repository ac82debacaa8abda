"""Pictures, each a function that returns a matplotlib figure; `figure.savefig(path)` writes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from keras_rnn.checks import check_integer, received
from keras_rnn.dates import dated_history, spacing_of, times_of
from keras_rnn.files import FilePath, written_file
from keras_rnn.series import persistence, rmse, series_windows
from keras_rnn.yields import GS10Model


def plot_predictions(
    model: GS10Model,
    series: pd.Series[float],
    test_from: int | None = None,
    forecast: pd.DataFrame | None = None,
    title: str | None = None,
) -> Figure:
    """Actual values and one-step predictions over a whole series, the persistence forecast beside them.

    Args:
        model: what predicts.
        series: values in percent, with dates or years in the model's frequency or none, longer than the window.
        test_from: first year of the test part, which is shaded; None: no parts, errors over all.
        forecast: what `model.forecast` returned, drawn after the last value, with its intervals as a fan.
        title: above the picture.

    Raises:
        TypeError, ValueError: as `GS10Model.forecast`.
    """
    values, dates = dated_history(series, model.window + 1, model.frequency)
    histories, targets = series_windows(values, model.window)
    predicted, naive = model.predict_windows(histories), persistence(histories)
    x = np.arange(1.0, len(values) + 1) if dates is None else times_of(dates, model.frequency)
    ahead = x[model.window :]  # the targets' times
    period = "year" if model.frequency == "annual" else "month"

    figure = Figure(figsize=(8, 4.5), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    axes.plot(x, values, color="black", linewidth=1.8, label="actual")
    axes.plot(ahead, naive, color="tab:gray", linewidth=1, linestyle="--", label="persistence: no change")
    axes.plot(ahead, predicted, color="tab:red", linewidth=1.5, label=f"predicted, one {period} ahead")
    if forecast is not None:
        step = x[-1] - x[-2]
        _draw_fan(axes, x[-1] + step * np.arange(len(forecast) + 1), values[-1], forecast)
    parts = {f"all {period}s": np.ones(len(ahead), dtype=bool)}
    if test_from is not None:
        axes.axvspan(test_from - 0.5, max(x[-1], test_from) + 0.5, color="tab:blue", alpha=0.08)
        before = "train" if model.scaling == "levels" else f"before {test_from}"
        parts = {before: ahead < test_from, "test (shaded)": ahead >= test_from}
    errors = [
        f"{part}: RMSE {rmse(targets[chosen], predicted[chosen]):.2f}, "
        f"persistence {rmse(targets[chosen], naive[chosen]):.2f}"
        for part, chosen in parts.items()
        if chosen.any()
    ]
    axes.set_title((f"{title}\n" if title else "") + "; ".join(errors) + " percentage points", fontsize=10)
    axes.set_ylabel("percent")
    axes.set_xlabel("year" if dates is not None else "period")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=9)
    source = series.attrs.get("source") if isinstance(series, pd.Series) else None
    if source:
        means = "yearly means" if model.frequency == "annual" else "monthly averages"
        figure.text(0.01, -0.03, f"Source: {source}; {means}", fontsize=7, color="dimgray")
    return figure


def plot_forecast(
    series: pd.Series[float], forecast: pd.DataFrame, shown: int = 20, title: str | None = None
) -> Figure:
    """The end of a series and the forecast that follows it, its intervals as a fan.

    Args:
        series: values in percent, with dates or years, or without.
        forecast: what `GS10Model.forecast` returned for it.
        shown: values of the series to show.
        title: above the picture.

    Raises:
        TypeError, ValueError: dates that are not regular.
    """
    series = series if isinstance(series, pd.Series) else pd.Series(series)
    check_integer("shown", shown, 1)
    frequency = "monthly" if spacing_of(series.index) == "monthly" else "annual"
    values, dates = dated_history(series, 2, frequency)
    x = np.arange(1.0, len(values) + 1) if dates is None else times_of(dates, frequency)
    figure = Figure(figsize=(8, 4.5), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    axes.plot(x[-shown:], values[-shown:], color="black", linewidth=1.8, label="actual")
    _draw_fan(axes, x[-1] + (x[-1] - x[-2]) * np.arange(len(forecast) + 1), values[-1], forecast)
    axes.set_title(title or f"{series.name or 'series'}: forecast")
    axes.set_ylabel("percent")
    axes.set_xlabel("year" if dates is not None else "period")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    if source := series.attrs.get("source"):
        figure.text(0.01, -0.03, f"Source: {source}", fontsize=7, color="dimgray")
    return figure


def _draw_fan(axes: Axes, x: NDArray[np.float64], last: float, forecast: pd.DataFrame) -> None:
    """The forecast's mean and intervals, from the last value (x[0]) on; the widest interval first, the palest."""
    levels = sorted((float(name[3:]) for name in forecast.columns if name.startswith("lo_")), reverse=True)
    for i, level in enumerate(levels):
        low, high = (np.concatenate([[last], forecast[f"{side}_{level:g}"]]) for side in ("lo", "hi"))
        shade = 0.15 + 0.12 * i
        axes.fill_between(x, low, high, color="tab:red", alpha=shade, linewidth=0, label=f"{level:g} % interval")
    axes.plot(x[1:], forecast["mean"], "o-", color="tab:red", markersize=4, linewidth=1, label="forecast")


def save_figure(figure: Figure, path: FilePath) -> None:
    """Write a figure whole or not at all; the ending says the kind (png, svg, pdf).

    Raises:
        ValueError: an ending that matplotlib does not write.
        OSError: the file cannot be written.
    """
    endings = figure.canvas.get_supported_filetypes()
    path = Path(path)
    if path.suffix.lstrip(".").lower() not in endings and not path.is_dir():
        raise ValueError(f"A picture's path must end in one of {', '.join(endings)}. {received(path.name)}")
    with written_file(path) as beside:
        figure.savefig(beside, bbox_inches="tight")
