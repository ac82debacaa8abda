"""Pictures, each a function that returns a matplotlib figure; `figure.savefig(path)` writes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from keras_rnn.checks import received
from keras_rnn.dates import dated_history, years_of
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
        series: values in percent, with yearly dates or years or none, longer than the window.
        test_from: first year of the test part, which is shaded; None: no parts, errors over all.
        forecast: what `model.forecast` returned, drawn after the last value.
        title: above the picture.

    Raises:
        TypeError, ValueError: as `GS10Model.forecast`.
    """
    values, dates = dated_history(series, model.window + 1, model.frequency)
    histories, targets = series_windows(values, model.window)
    predicted, naive = model.predict_windows(histories), persistence(histories)
    x = np.arange(1, len(values) + 1) if dates is None else years_of(dates)
    ahead = x[model.window :]  # the targets' years

    figure = Figure(figsize=(8, 4.5), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    axes.plot(x, values, color="black", linewidth=1.8, label="actual")
    axes.plot(ahead, naive, color="tab:gray", linewidth=1, linestyle="--", label="persistence: no change")
    axes.plot(ahead, predicted, color="tab:red", linewidth=1.5, label="predicted, one year ahead")
    if forecast is not None:
        future = x[-1] + np.arange(1, len(forecast) + 1)
        axes.plot(future, forecast["mean"], "o", color="tab:red", markersize=5, label="forecast")
    parts = {"all years": np.ones(len(ahead), dtype=bool)}
    if test_from is not None:
        axes.axvspan(test_from - 0.5, max(x[-1], test_from) + 0.5, color="tab:blue", alpha=0.08)
        parts = {"train": ahead < test_from, "test (shaded)": ahead >= test_from}
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
        figure.text(0.01, -0.03, f"Source: {source}; yearly means", fontsize=7, color="dimgray")
    return figure


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
