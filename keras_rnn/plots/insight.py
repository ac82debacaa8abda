"""Pictures of what `insight` found, each a function that returns a matplotlib figure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from keras_rnn.core.arrays import as_array
from keras_rnn.core.checks import check_integer, received
from keras_rnn.insight import CostRow, Gradients, LayerTrace, Memory
from keras_rnn.plots.figure import SIGNS, TICKS_UP_TO, new_figure, styled

WRITTEN_UP_TO = 12  # steps for which the numbers stand in the squares
DARK = 0.55  # of the color scale, from which on writing is white
BOX = 0.62  # side of a square of the unrolled graph, where steps are 1 apart


def _labels(labels: Sequence[Any] | None, steps: int) -> list[str]:
    if labels is None:
        return [str(t) for t in range(steps)]
    if len(labels) != steps:
        raise ValueError(f"`labels` must be {steps}, one for each step. Received: {len(labels)}")
    return [SIGNS.get(str(label), str(label)) for label in labels]


def _tick(axis: Any, labels: list[str], **how: Any) -> None:
    room = {1: TICKS_UP_TO, 2: 30}.get(max(map(len, labels)), 12)  # labels side by side
    every = -(-len(labels) // room)  # rounded up
    shown = labels[::every]
    axis.set_ticks(range(0, len(labels), every), shown, fontsize=min(10, 340 / len(shown)), **how)


@styled
def plot_memory(
    matrix: ArrayLike,
    labels: Sequence[Any] | None = None,
    window: int | None = None,
    title: str | None = None,
    scale: str = "‖∂h$_t$/∂x$_u$‖: redder is better remembered",
) -> Figure:
    """How well each step remembers every step before it, as a heat map: rows t, columns u.

    Args:
        matrix: (steps, steps) for one sample, such as `memory_map(model, x).layers[0].input_norms[0]`; NaN, where
            nothing can be remembered, stays white.
        labels: of the steps, such as a text's characters or years.
        window: steps that the model reads at a time: a line shows how far back that is.
        title: above the picture.
        scale: what the colors mean.

    Raises:
        ValueError: no square of numbers, or labels of another length.
    """
    values = as_array("matrix", matrix).astype(np.float64)
    if values.ndim != 2 or values.shape[0] != values.shape[1] or not values.size:
        raise ValueError(f"`matrix` must have shape (steps, steps). Received: shape {values.shape}")
    if not np.isfinite(values).any() or np.isinf(values).any() or np.nanmin(values) < 0:
        raise ValueError(f"`matrix` must hold norms, finite and not negative. {received(matrix)}")
    steps = len(values)
    names = _labels(labels, steps)
    figure, axes = new_figure(6.6)
    axes.grid(visible=False)
    top = float(np.nanmax(values)) or 1.0
    image = axes.imshow(values, cmap="Reds", vmin=0, vmax=top)
    if steps <= WRITTEN_UP_TO:
        for t, u in np.argwhere(np.isfinite(values)):
            color = "white" if values[t, u] > DARK * top else "black"
            axes.text(u, t, f"{values[t, u]:.2g}", ha="center", va="center", fontsize=8, color=color)
    _tick(axes.xaxis, names)
    _tick(axes.yaxis, names)
    if window is not None and check_integer("window", window, 1) < steps:
        at = np.arange(steps - window + 1)
        axes.step(at - 0.5, at + window - 0.5, where="post", color="black", linewidth=1, linestyle=":",
                  label=f"right of the dots: the last {window} steps, which the model reads for an answer")  # fmt: skip
        axes.legend(loc="upper right")
    figure.colorbar(image, ax=axes, label=scale, shrink=0.85)
    title = title or "what each step remembers of the steps before"
    axes.set(xlabel="remembered step u", ylabel="remembering step t", title=title)
    return figure


@styled
def plot_trace(layer: LayerTrace, sample: int = 0, labels: Sequence[Any] | None = None) -> Figure:
    """The states of one recurrent layer, a row for each unit and a column for each step.

    Args:
        layer: one of `trace(model, x).layers`.
        sample: of the batch.
        labels: of the steps, such as a text's characters or years.

    Raises:
        TypeError, ValueError: a sample there is not, or labels of another length.
    """
    batch, steps, _ = next(iter(layer.states.values())).shape
    check_integer("sample", sample, 0, batch - 1)
    names = _labels(labels, steps)
    figure = Figure(figsize=(8, 0.9 + 2.9 * len(layer.states)))
    rows = figure.subplots(len(layer.states), squeeze=False)[:, 0]
    for axes, (name, states) in zip(rows, layer.states.items(), strict=True):
        values = states[sample]  # (steps, units)
        axes.grid(visible=False)
        largest = float(np.abs(values).max()) or 1.0
        image = axes.imshow(
            values.T, aspect="auto", cmap="RdBu_r", vmin=-largest, vmax=largest, interpolation="nearest"
        )
        _tick(axes.xaxis, names)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(xlabel="step", ylabel=f"unit of {name}")
        figure.colorbar(image, ax=axes, label=f"{name}, no unit")
    figure.suptitle(f"states of {layer.name}" + (", which reads backwards" if layer.backwards else ""), fontsize=10)
    return figure


@styled
def plot_unrolled(
    memory: Memory, sample: int = 0, labels: Sequence[Any] | None = None, shown: int = 8, title: str | None = None
) -> Figure:
    """The unrolled graph, x_t → h_t → o_t, shaded by how much of each step's input is in the output of the last.

    Args:
        memory: what `memory` gave, with the output's norms.
        sample: of the batch.
        labels: of all steps up to the memory's, such as a text's characters or years.
        shown: steps to draw, the last ones, up to 12.
        title: above the picture.

    Raises:
        TypeError, ValueError: a memory without the output's norms, a sample there is not, labels of another length.
    """
    if not isinstance(memory, Memory):
        raise TypeError(f"`memory` must be what `insight.memory` gives. {received(type(memory).__name__)}")
    if memory.output_norms is None:
        raise ValueError(f"`memory` must be of a step that the model gives an output at. Received: step {memory.step}")
    check_integer("sample", sample, 0, len(memory.output_norms) - 1)
    norms = memory.output_norms[sample, ::-1]  # (steps,), oldest first
    names = _labels(labels, len(norms))
    shown = min(check_integer("shown", shown, 1, WRITTEN_UP_TO), len(norms))
    norms, names, first = norms[-shown:], names[-shown:], len(norms) - shown
    shares = norms / (norms.max() or 1.0)
    figure, axes = new_figure(0.7 + 3.75 * min(1.05, 6.4 / (shown + 0.8)))
    reds = colormaps["Reds"]
    arrow = {"arrowstyle": "-|>", "color": "dimgray", "shrinkA": 0, "shrinkB": 0}
    for i, (share, name) in enumerate(zip(shares, names, strict=True)):
        t, last = first + i, i == shown - 1
        for y, symbol in ((0.0, "x"), (1.1, "h"), *([(2.2, "o")] if last else [])):
            shade = "white" if symbol == "o" else reds(0.85 * share)
            axes.add_patch(FancyBboxPatch((i - BOX / 2, y - BOX / 2), BOX, BOX, facecolor=shade, edgecolor="dimgray",
                                          boxstyle="round,pad=0,rounding_size=0.08"))  # fmt: skip
            dark = symbol != "o" and 0.85 * share > DARK
            axes.text(i, y, f"${symbol}_{{{t}}}$", ha="center", va="center", color="white" if dark else "black")
        axes.annotate("", (i, 1.1 - BOX / 2), (i, BOX / 2), arrowprops=arrow)
        if i or first:
            axes.annotate("", (i - BOX / 2, 1.1), (i - 1 + BOX / 2, 1.1), arrowprops=arrow)
        axes.text(i, -BOX / 2 - 0.1, name, ha="center", va="top", fontsize=9)
        axes.text(i, -BOX / 2 - 0.42, f"{norms[i]:.2g}", ha="center", va="top", fontsize=8, color="dimgray")
    axes.annotate("", (shown - 1, 2.2 - BOX / 2), (shown - 1, 1.1 + BOX / 2), arrowprops=arrow)
    axes.set(xlim=(-1.0 if first else -0.6, shown - 0.4), ylim=(-1.15, 2.6), aspect="equal")
    axes.set_axis_off()
    mapping = ScalarMappable(Normalize(0, float(norms.max())), ListedColormap(reds(np.linspace(0, 0.85, 256))))
    by = "x$_t$" if memory.source == "x" else f"the {memory.source} of x$_t$"
    figure.colorbar(mapping, ax=axes, label=f"‖∂o$_{{{memory.step}}}$/∂x$_t$‖", shrink=0.8)
    about = f"what o$_{{{memory.step}}}$ remembers of each step; below, the norm of its derivative by {by}"
    axes.set_title(title or about)
    return figure


@styled
def plot_gradients(gradients: Gradients, title: str | None = None) -> Figure:
    """The norm of the loss' gradient by step, on a logarithmic axis, a line for each layer's state.

    Raises:
        ValueError: gradients that are 0 everywhere.
    """
    if not isinstance(gradients, Gradients):
        raise TypeError(f"`gradients` must be what `insight.gradients` gives. {received(type(gradients).__name__)}")
    figure, axes = new_figure()
    verdicts, drawn = [], False
    for layer in gradients.layers:
        for name, norms in layer.norms.items():
            whole = np.sqrt((norms**2).sum(axis=0))  # of the batch, (steps,)
            whole[whole == 0] = np.nan  # which a logarithmic axis has no place for
            drawn |= bool(np.isfinite(whole).any())
            axes.plot(np.arange(len(whole)), whole, "o-", markersize=3, linewidth=1.3, label=f"{name} of {layer.name}")
        verdicts.append(f"{layer.name}: {layer.verdict.partition(':')[0]}, {layer.factor:.3g} times a step back")
    if not drawn:
        raise ValueError("`gradients` must hold one that is not 0. Received: zeros")
    axes.set(yscale="log", xlabel="step t", ylabel="‖∂loss/∂h$_t$‖, in units of the loss")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title("\n".join(filter(None, (title, *verdicts))))
    axes.legend()
    return figure


@styled
def plot_cost(rows: Sequence[CostRow], title: str | None = None) -> Figure:
    """Time for a prediction by steps, the recurrent layer's beside the dense one's, a color for each number of units.

    Args:
        rows: what `cost` gave.
        title: above the picture.

    Raises:
        ValueError: no rows.
    """
    if not rows:
        raise ValueError(f"`rows` must be what `cost` gives. {received(rows)}")
    figure, axes = new_figure()
    for i, units in enumerate(dict.fromkeys(row.units for row in rows)):
        mine = sorted((row for row in rows if row.units == units), key=lambda row: row.steps)
        steps = [row.steps for row in mine]
        axes.plot(steps, [row.rnn_microseconds for row in mine], "o-", color=f"C{i % 10}", markersize=4,
                  label=f"recurrent, {units} units")  # fmt: skip
        axes.plot(steps, [row.dense_microseconds for row in mine], "s--", color=f"C{i % 10}", markersize=3,
                  linewidth=1, label=f"dense, {units} units")  # fmt: skip
    every = sorted({row.steps for row in rows})
    axes.set_xscale("log", base=2)
    axes.set_xticks(every, [str(steps) for steps in every])
    title = title or "steps one after another, and a dense layer that takes all at once"
    axes.set(yscale="log", xlabel="steps of the window", ylabel="microseconds for one prediction", title=title)
    axes.legend()
    return figure
