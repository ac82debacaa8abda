"""Pictures of training and of the text that comes of it, each a function that returns a matplotlib figure."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator

from keras_rnn.core.checks import check_integer, received
from keras_rnn.plots.figure import SIGNS, TICKS_UP_TO, new_figure, styled
from keras_rnn.text.model import CharModel


@styled
def plot_losses(histories: Any, title: str | None = None) -> Figure:
    """Loss by epoch, training and, where there is one, validation.

    Args:
        histories: what `fit` returned, or its `history`, a dictionary with the lists `"loss"` and maybe `"val_loss"`;
            or several of either by name.
        title: above the picture.

    Raises:
        ValueError: no losses, or such that are not finite.
    """
    found = {"": histories} if hasattr(histories, "history") or _is_history(histories) else histories
    if not isinstance(found, Mapping) or not found:
        raise ValueError(f"`histories` must be a History, its dictionary, or several by name. {received(histories)}")
    figure, axes = new_figure()
    positive = True
    for i, (name, history) in enumerate(found.items()):
        logs: Any = getattr(history, "history", history)
        if not _is_history(logs):
            raise ValueError(f"`histories` must have a list `loss` with an epoch or more. {received(history)}")
        for key, style, what in (("loss", "-", "training"), ("val_loss", "--", "validation")):
            if key not in logs:
                continue
            losses = np.asarray(logs[key], dtype=np.float64)
            if not np.isfinite(losses).all():
                raise ValueError(f"`histories` must hold finite losses. {received(logs[key])}")
            positive &= bool((losses > 0).all())
            axes.plot(np.arange(1, len(losses) + 1), losses, style, color=f"C{i % 10}", linewidth=1.5,
                      marker="o" if len(losses) == 1 else None, label=f"{name}, {what}" if name else what)  # fmt: skip
    if positive:
        axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="epoch", ylabel="loss, in its own units", title=title or "loss by epoch")
    axes.legend()
    return figure


@styled
def plot_bits(histories: Any, title: str | None = None) -> Figure:
    """Bits a character by characters read, of the training and, dashed, of the validation.

    Args:
        histories: a `TextTraining`, or its `history`; or several of either by name.
        title: above the picture.

    Raises:
        ValueError: no rows.
    """
    found = histories if isinstance(histories, Mapping) else {"": histories}
    figure, axes = new_figure()
    for i, (name, history) in enumerate(found.items()):
        rows: Any = getattr(history, "history", history)
        if not rows:
            raise ValueError(f"`histories` must have rows. {received(history)}")
        for key, style, what in (("bits", "-", "training"), ("validation_bits", "o--", "validation")):
            shown = [row for row in rows if key in row]
            color = f"C{i % 10}" if name else None  # one in two colors, several in one each
            if shown:
                axes.plot([row["characters"] for row in shown], [row[key] for row in shown], style, markersize=4,
                          color=color, label=f"{name}, {what}" if name else what)  # fmt: skip
    if not found:
        raise ValueError(f"`histories` must have rows. {received(histories)}")
    axes.xaxis.set_major_formatter(EngFormatter())
    axes.set(xlabel="characters read", ylabel="bits a character", title=title or "bits a character while training")
    if "" in found:
        axes.legend()
    else:  # a column each
        figure.legend(loc="outside lower center", ncols=len(found))
    return figure


def _is_history(value: Any) -> bool:
    losses: Any = value.get("loss") if isinstance(value, Mapping) else None
    return np.ndim(losses) == 1 and len(losses) > 0


@styled
def plot_generated(model: CharModel, prompt: str, length: int, title: str | None = None) -> Figure:
    """A text that the model writes, the most likely character each time, with the probability of each.

    Args:
        model: a `CharModel`, or its LiteRT counterpart.
        prompt: at least `window` characters of the vocabulary.
        length: characters to add, 1 to 60.
        title: above the picture.

    Raises:
        TypeError, ValueError: as `CharModel.generate`; more characters than fit.
    """
    check_integer("length", length, 1, TICKS_UP_TO)
    text, chosen, second = prompt, [], []
    for _ in range(length):
        (character, p), *others = model.predict_next(text).items()  # the most likely first
        text += character
        chosen.append(p)
        second.append(others[0][1] if others else 0.0)
    shown = text[-min(len(text), TICKS_UP_TO) :]
    figure, axes = new_figure(3.6)
    at = np.arange(len(shown) - length, len(shown))
    axes.bar(at, chosen, color="tab:red", width=0.7, label="of the character chosen")
    axes.plot(at, second, "_", color="black", markersize=9, label="of the next most likely")
    if len(shown) > length:
        axes.axvspan(-0.5, len(shown) - length - 0.5, color="tab:gray", alpha=0.15, linewidth=0, label="prompt")
    axes.set_xticks(range(len(shown)), [SIGNS.get(character, character) for character in shown], family="monospace")
    axes.tick_params(axis="x", length=0)
    axes.set(xlim=(-0.5, len(shown) - 0.5), ylim=(0, 1.02), xlabel="text, character by character", ylabel="probability")
    axes.set_title(title or f"{prompt!r} and the {length} characters after it")
    axes.grid(visible=False, axis="x")
    figure.legend(loc="outside lower center", ncols=3)
    return figure
