"""Pictures of backtests: forecasts with their intervals, skill by method, and error by horizon."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from keras_rnn.core.arrays import Floats
from keras_rnn.core.checks import received
from keras_rnn.plots.figure import new_figure, styled
from keras_rnn.series.backtest import Backtest
from keras_rnn.series.metrics import rmse

Row = Mapping[str, Any]  # of `compare`
MOST_SHOWN = 500  # forecasts that a picture has room for


@styled
def plot_walk_forward(
    backtest: Backtest,
    times: NDArray[Any] | None = None,
    intervals: Mapping[float, tuple[Floats, Floats]] | None = None,
    unit: str = "value",
    about: str = "",
) -> Figure:
    """Actual values and the forecasts one step ahead, each made from the values before it, with their intervals.

    Args:
        backtest: the forecasts.
        times: where each origin's next value lies on the axis, years or datetime64, (n,); None: counted from 1.
        intervals: level in percent → low and high (n, horizons), as `walk_forward_intervals` gives them; NaN where
            there is none yet.
        unit: of the values.
        about: the series and years, above the picture.

    Raises:
        ValueError: times of another number than forecasts.
    """
    origins, actual, predicted = backtest.at(1)
    x = np.arange(1.0, len(origins) + 1) if times is None else np.asarray(times)
    if x.shape != origins.shape:
        raise ValueError(f"`times` must be {len(origins)} numbers or dates. Received: shape {x.shape}")
    figure, axes = new_figure()
    for i, level in enumerate(sorted(intervals or {}, reverse=True)):
        low, high = ((intervals or {})[level][side][: len(x), 0] for side in (0, 1))
        known = ~np.isnan(low)
        held = (actual >= low) & (actual <= high)
        label = f"{level:g} % interval" + (f", held {held[known].sum()} of {known.sum()}" if known.any() else "")
        axes.fill_between(x, low, high, color="tab:red", alpha=0.15 + 0.12 * i, linewidth=0, label=label)
    axes.plot(x, actual, color="black", linewidth=1.8, label="actual")
    axes.plot(x, predicted, color="tab:red", linewidth=1.2, label="forecast from the values before")
    naive = rmse(actual, backtest.last[: len(origins)])
    title = f"walk-forward: RMSE {rmse(actual, predicted):.3g}, persistence {naive:.3g}"
    if len(x) > MOST_SHOWN:
        axes.set_xlim(x[-MOST_SHOWN], x[-1])
        title = f"{title}; the last {MOST_SHOWN} shown"
    label = "forecast" if times is None else "" if x.dtype.kind == "M" else "year"
    axes.set(xlabel=label, ylabel=unit, title=f"{about}\n{title}" if about else title)
    axes.legend()
    return figure


@styled
def plot_skill_by_method(rows: Sequence[Row], about: str = "") -> Figure:
    """Each method's skill against the reference, with its interval; left of the line is worse.

    Args:
        rows: what `compare` gave.
        about: the series and years, above the picture.

    Raises:
        ValueError: no rows.
    """
    if not rows:
        raise ValueError(f"`rows` must be what `compare` gives. {received(rows)}")
    figure, axes = new_figure(1.2 + 0.42 * len(rows))
    for place, row in enumerate(reversed(rows)):
        middle, low, high = (100 * row[name] for name in ("skill", "skill_low", "skill_high"))
        color = "tab:red" if row["method"] == "model" else "black"
        axes.plot([low, high], [place, place], color=color, linewidth=2, alpha=0.5)
        axes.plot(middle, place, "o", color=color)
    axes.set_yticks(range(len(rows)), [row["method"] for row in reversed(rows)])
    axes.axvline(0, color="tab:gray", linewidth=1)
    axes.set_xlabel("skill against persistence, percent, with 95 % interval: left of 0 is worse")
    axes.set_title(f"{about}; {rows[0]['n']} forecasts" if about else f"{rows[0]['n']} forecasts")
    axes.grid(visible=False, axis="y")
    return figure


@styled
def plot_error_by_horizon(by_horizon: Mapping[int, Sequence[Row]], about: str = "") -> Figure:
    """Root mean squared error by periods ahead, a line for each method.

    Args:
        by_horizon: periods ahead → what `compare` gave.
        about: the series and years, above the picture.

    Raises:
        ValueError: no horizons.
    """
    if not by_horizon:
        raise ValueError(f"`by_horizon` must have a horizon. {received(by_horizon)}")
    figure, axes = new_figure()
    horizons = list(by_horizon)
    for place, row in enumerate(by_horizon[horizons[0]]):
        errors = [by_horizon[h][place]["rmse"] for h in horizons]
        (line,) = axes.plot(horizons, errors, "o--", label=row["method"], markersize=4, linewidth=1.2)
        if row["method"] == "model":
            line.set(color="tab:red", linestyle="-", linewidth=2.0, zorder=3)
    title = f"{about}: error by horizon" if about else "error by horizon"
    axes.set(xlabel="periods ahead", ylabel="RMSE, in the unit of the series", xticks=horizons, title=title)
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure
