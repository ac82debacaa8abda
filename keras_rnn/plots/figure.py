"""What all pictures share: a figure of one size, signs for characters, and the file it is written to."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath, written_file

TICKS_UP_TO = 60
SIGNS = {" ": "␣", "\n": "↵", "\t": "⇥"}


def new_figure(height: float) -> tuple[Figure, Axes]:
    """A figure of the house's width, so many inches high, and its axes."""
    figure = Figure(figsize=(8, height), dpi=150, layout="constrained")
    return figure, figure.add_subplot()


def check_picture(path: FilePath) -> None:
    """Raise the ValueError that `save_figure` would, before the work that it is for."""
    endings = Figure().canvas.get_supported_filetypes()
    path = Path(path)
    if path.suffix.lstrip(".").lower() not in endings and not path.is_dir():
        raise ValueError(f"A picture's path must end in one of {', '.join(endings)}. {received(path.name)}")


def save_figure(figure: Figure, path: FilePath) -> None:
    """Write a figure whole or not at all; the ending says the kind (png, svg, pdf).

    Raises:
        ValueError: an ending that matplotlib does not write.
        OSError: the file cannot be written.
    """
    check_picture(path)
    with written_file(path) as beside:
        figure.savefig(beside, bbox_inches="tight")
