"""Pictures of backtests: skill by method with its interval, and error by horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from keras_rnn.checks import received

Row = Mapping[str, Any]  # of `evaluation.compare`


def plot_skill_by_method(rows: Sequence[Row], about: str = "") -> Figure:
    """Each method's skill against the reference, with its interval; left of the line is worse.

    Args:
        rows: what `evaluation.compare` gave.
        about: the series and years, above the picture.

    Raises:
        ValueError: no rows.
    """
    if not rows:
        raise ValueError(f"`rows` must be what `evaluation.compare` gives. {received(rows)}")
    figure = Figure(figsize=(8, 1.2 + 0.42 * len(rows)), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    for place, row in enumerate(reversed(rows)):
        middle, low, high = (100 * row[name] for name in ("skill", "skill_low", "skill_high"))
        colour = "tab:red" if row["method"] == "model" else "black"
        axes.plot([low, high], [place, place], color=colour, linewidth=2, alpha=0.5)
        axes.plot(middle, place, "o", color=colour)
    axes.set_yticks(range(len(rows)), [row["method"] for row in reversed(rows)])
    axes.axvline(0, color="tab:gray", linewidth=1)
    axes.set_xlabel("skill against persistence, percent, with 95 % interval: left of 0 is worse")
    axes.set_title(f"{about}; {rows[0]['n']} forecasts" if about else f"{rows[0]['n']} forecasts", fontsize=10)
    axes.grid(alpha=0.25, axis="x")
    return figure


def plot_error_by_horizon(by_horizon: Mapping[int, Sequence[Row]], about: str = "") -> Figure:
    """Root mean squared error by periods ahead, a line for each method.

    Args:
        by_horizon: periods ahead → what `evaluation.compare` gave.
        about: the series and years, above the picture.

    Raises:
        ValueError: no horizons.
    """
    if not by_horizon:
        raise ValueError(f"`by_horizon` must have a horizon. {received(by_horizon)}")
    figure = Figure(figsize=(8, 4.5), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    horizons = list(by_horizon)
    for place, row in enumerate(by_horizon[horizons[0]]):
        errors = [by_horizon[h][place]["rmse"] for h in horizons]
        ours = row["method"] == "model"
        (line,) = axes.plot(horizons, errors, "o--", label=row["method"], markersize=4, linewidth=1.2)
        if ours:
            line.set(color="tab:red", linestyle="-", linewidth=2.0, zorder=3)
    axes.set_xlabel("periods ahead")
    axes.set_ylabel("RMSE, in the unit of the series")
    axes.set_xticks(horizons)
    axes.set_ylim(bottom=0)
    axes.set_title(f"{about}: error by horizon" if about else "error by horizon", fontsize=10)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=9)
    return figure
