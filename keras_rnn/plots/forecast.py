"""Pictures, each a function that returns a matplotlib figure; `figure.savefig(path)` writes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from keras_rnn.core.checks import check_integer
from keras_rnn.forecaster.model import SeriesModel
from keras_rnn.plots.figure import new_figure, styled
from keras_rnn.series.dates import PERIODS, dated_history, dates_after, frequency_of, times_of
from keras_rnn.series.history import first_column, persistence, series_windows
from keras_rnn.series.metrics import rmse


@styled
def plot_predictions(
    model: SeriesModel,
    series: Any,
    test_from: Any = None,
    forecast: pd.DataFrame | None = None,
    title: str | None = None,
) -> Figure:
    """Actual values and one-step predictions over a whole series, the persistence forecast beside them.

    Args:
        model: what predicts.
        series: values in the model's unit, with dates or years in its frequency or none, longer than the window.
        test_from: where the test part begins, which is shaded: a year, a date, or without dates a place; None: no
            parts, errors over all.
        forecast: what `model.forecast` returned, drawn after the last value, with its intervals as a fan.
        title: above the picture.

    Raises:
        TypeError, ValueError: as `SeriesModel.forecast`.
    """
    rows, dates = model.read_history(series, model.window + 1)
    histories, targets = series_windows(rows, model.window)
    predicted, naive = model.predict_windows(histories), persistence(histories)
    values = first_column(rows)
    x = np.arange(1.0, len(values) + 1) if dates is None else times_of(dates, model.frequency)
    ahead = x[model.window :]  # the targets' times
    period = PERIODS.get(model.frequency or "", "step")

    figure, axes = new_figure()
    axes.plot(x, values, color="black", linewidth=1.8, label="actual")
    axes.plot(ahead, naive, color="tab:gray", linewidth=1, linestyle="--", label="persistence: no change")
    axes.plot(ahead, predicted, color="tab:red", linewidth=1.5, label=f"predicted, one {period} ahead")
    if forecast is not None:
        _draw_fan(axes, x, values[-1], forecast, dates, model.frequency)
    parts = {f"all {period}s": np.ones(len(ahead), dtype=bool)}
    if test_from is not None:
        if x.dtype.kind == "M" and isinstance(test_from, int | float):
            test_from = np.datetime64(f"{int(test_from)}-01-01")
        half = (x[-1] - x[-2]) / 2
        axes.axvspan(test_from - half, max(x[-1], test_from) + half, color="tab:blue", alpha=0.08)
        learned = model.scaling == "levels" or model.trained_to is not None
        before = "train" if learned else f"before {_written(test_from)}"
        parts = {before: ahead < test_from, "test (shaded)": ahead >= test_from}
    shown = ".2f" if model.unit == "percent" else ".3g"
    errors = [
        f"{part}: RMSE {rmse(targets[chosen], predicted[chosen]):{shown}}, "
        f"persistence {rmse(targets[chosen], naive[chosen]):{shown}}"
        for part, chosen in parts.items()
        if chosen.any()
    ]
    unit = "percentage points" if model.unit == "percent" else model.unit or ""
    axes.set_title((f"{title}\n" if title else "") + f"{'; '.join(errors)} {unit}".rstrip())
    axes.set_ylabel(model.unit or (model.columns or ["value"])[0])
    means = "; yearly means" if model.frequency == "annual" else "; monthly averages"
    _finish(axes, x, dates, series, means)
    return figure


@styled
def plot_forecast(
    series: pd.Series[float],
    forecast: pd.DataFrame,
    shown: int = 20,
    title: str | None = None,
    frequency: str | None = None,
    unit: str | None = "percent",
) -> Figure:
    """The end of a series and the forecast that follows it, its intervals as a fan.

    Args:
        series: values, with dates or years, or without.
        forecast: what `SeriesModel.forecast` returned for it.
        shown: values of the series to show.
        title: above the picture.
        frequency: of the dates, as in `SeriesModel`; None: as they lie.
        unit: of the values; None: the series' name.

    Raises:
        TypeError, ValueError: dates that are not regular.
    """
    series = series if isinstance(series, pd.Series) else pd.Series(series)
    check_integer("shown", shown, 1)
    frequency = frequency_of(series.index) if frequency is None else frequency
    values, dates = dated_history(series, 2, frequency)
    x = np.arange(1.0, len(values) + 1) if dates is None else times_of(dates, frequency)
    figure, axes = new_figure()
    axes.plot(x[-shown:], values[-shown:], color="black", linewidth=1.8, label="actual")
    _draw_fan(axes, x, values[-1], forecast, dates, frequency)
    axes.set_title(title or f"{series.name or 'series'}: forecast")
    axes.set_ylabel(unit or str(series.name or "value"))
    _finish(axes, x, dates, series)
    return figure


def _written(when: Any) -> str:
    return str(when.astype("datetime64[D]")) if isinstance(when, np.datetime64) else f"{when:g}"


def _finish(axes: Axes, x: NDArray[Any], dates: pd.Index | None, series: Any, means: str = "") -> None:
    axes.set_xlabel("period" if dates is None else "" if x.dtype.kind == "M" else "year")  # dates speak for themselves
    axes.legend()
    if source := getattr(series, "attrs", {}).get("source"):
        axes.figure.text(0.01, -0.03, f"Source: {source}{means}", fontsize=7, color="dimgray")


def _draw_fan(
    axes: Axes, times: NDArray[Any], last: float, forecast: pd.DataFrame, dates: pd.Index | None, frequency: str | None
) -> None:
    """The forecast's mean and intervals, from the last value on; the widest interval first, the palest."""
    if dates is None or frequency is None:  # numbered: as far apart as the last values
        x = times[-1] + (times[-1] - times[-2]) * np.arange(len(forecast) + 1)
    else:
        x = np.concatenate([times[-1:], times_of(dates_after(dates, len(forecast), frequency), frequency)])
    levels = sorted((float(name[3:]) for name in forecast.columns if name.startswith("lo_")), reverse=True)
    for i, level in enumerate(levels):
        low, high = (np.concatenate([[last], forecast[f"{side}_{level:g}"]]) for side in ("lo", "hi"))
        shade = 0.15 + 0.12 * i
        axes.fill_between(x, low, high, color="tab:red", alpha=shade, linewidth=0, label=f"{level:g} % interval")
    axes.plot(x[1:], forecast["mean"], "o-", color="tab:red", markersize=4, linewidth=1, label="forecast")
