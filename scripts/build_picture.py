"""Draw the README's picture from the shipped models and data: `python scripts/build_picture.py [PNG]`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from keras_rnn import gs10_model, list_models, load_gs10, runtime
from keras_rnn.catalog.cards import read_card
from keras_rnn.plots.figure import SIGNS, save_figure

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "overview.png"
PROMPT, LENGTH = "he", 9
BLUE, RED = "#3f51b5", "#d64541"


def draw_cell(axes: Axes) -> None:
    """The network unrolled over its window, from the prompt to the next character."""
    axes.set(xlim=(-0.95, 2.6), ylim=(-1.75, 2.1), aspect="equal")
    axes.axis("off")
    box = {"boxstyle": "round,pad=0.55", "facecolor": "white", "edgecolor": BLUE, "linewidth": 1.6}
    arrow = {"arrowstyle": "-|>", "color": "black", "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
    for t, character in enumerate(PROMPT):
        x = 1.7 * t
        axes.annotate("", (x, 0.12), (x, -0.55), arrowprops=arrow)
        axes.text(x, -0.85, f"“{character}”", ha="center", va="center", fontsize=14)
        axes.text(x, 0.5, f"$h_{t + 1}$", ha="center", va="center", fontsize=13, bbox=box)
        axes.annotate("", (x - 0.42, 0.5), (x - (1.28 if t else 0.7), 0.5), arrowprops=arrow)
    axes.text(-0.83, 0.5, "0", ha="center", va="center", fontsize=12)
    axes.annotate("", (1.7, 1.55), (1.7, 0.9), arrowprops=arrow)
    likely, p = next(iter(runtime.load("char").predict_next(PROMPT).items()))
    axes.text(1.7, 1.82, f"“{likely}” {p:.3f}", ha="center", va="center", fontsize=14, color=RED)
    equation = "$h_t=\\tanh(x_tW+h_{t-1}U+b)$     $o_t=h_tV+c$"
    axes.text(0.85, -1.55, equation, ha="center", va="center", fontsize=9)
    axes.set_title("reads two characters, names the next", fontsize=10)


def draw_text(axes: Axes) -> None:
    """Each written character's column: the probability of all that might have come."""
    model = runtime.load("char")
    text = model.generate(PROMPT, LENGTH)
    columns = []
    for place in range(len(PROMPT), len(text)):
        p = model.predict_next(text[:place])
        columns.append([p[character] for character in model.vocabulary])
    axes.imshow(np.array(columns).T, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(LENGTH), [SIGNS.get(c, c) for c in text[len(PROMPT) :]], fontsize=11)
    axes.set_yticks(range(len(model.vocabulary)), [SIGNS.get(c, c) for c in model.vocabulary], fontsize=8)
    axes.tick_params(length=0)
    axes.set_title(f"writes: “{text}”", fontsize=10)
    axes.set_xlabel("character written, and the probability of each", fontsize=8)


def draw_forecast(axes: Axes) -> None:
    """The last years of GS10, five more, and their intervals."""
    history = load_gs10("annual", "packaged").iloc[-30:]
    forecast = gs10_model().forecast(load_gs10("annual", "packaged"), steps=5, levels=(80, 95))
    years, last = history.index.year, history.iloc[-1]
    ahead = years[-1] + np.arange(6)
    axes.plot(years, history, color="black", linewidth=1.6)
    for level, shade in ((95, 0.18), (80, 0.3)):
        low, high = (np.concatenate([[last], forecast[f"{side}_{level}"]]) for side in ("lo", "hi"))
        axes.fill_between(ahead, low, high, color=RED, alpha=shade, linewidth=0, label=f"{level} %")
    axes.plot(ahead[1:], forecast["mean"], "o-", color=RED, markersize=3, linewidth=1.2)
    axes.legend(frameon=False, fontsize=8, loc="upper center", ncols=2)
    axes.grid(alpha=0.25)
    axes.tick_params(labelsize=8)
    axes.set_title("forecasts: 10-year Treasury yield, percent", fontsize=10)


def overview() -> Figure:
    """Three panels, and under them what the model card says of sizes and differences."""
    figure = Figure(figsize=(11, 3.4), dpi=120)
    grid = figure.add_gridspec(1, 3, width_ratios=(1, 1.15, 1.25), left=0.01, right=0.985, top=0.9, bottom=0.235)
    draw_cell(figure.add_subplot(grid[0]))
    draw_text(figure.add_subplot(grid[1]))
    draw_forecast(figure.add_subplot(grid[2]))
    card = read_card({model.name: model.folder for model in list_models()}["char/hello_world/simple_rnn"])
    same = max(row["largest"] or 0.0 for row in card["parity"])
    words = (
        f"{card['parameters']} weights, {card['files']['model.tflite'] / 1024:.0f} KiB on a phone; "
        f"the answers of Keras, SavedModel and LiteRT differ by {same:.1e} at most"
    )
    figure.text(0.5, 0.035, words, ha="center", fontsize=10, color="dimgray")
    return figure


if __name__ == "__main__":
    save_figure(overview(), sys.argv[1] if len(sys.argv) > 1 else PICTURE)
