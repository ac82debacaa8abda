"""What all pictures share: a figure of one size, signs for characters, and the file it is written to."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from keras_rnn.core.files import FilePath, written_file
from keras_rnn.plots.picture import check_picture

TICKS_UP_TO = 60
SIGNS = {" ": "␣", "\n": "↵", "\t": "⇥"}


def new_figure(height: float) -> tuple[Figure, Axes]:
    """A figure of the house's width, so many inches high, and its axes."""
    figure = Figure(figsize=(8, height), dpi=150, layout="constrained")
    return figure, figure.add_subplot()


def save_figure(figure: Figure, path: FilePath) -> None:
    """Write a figure whole or not at all; the ending says the kind (png, svg, pdf).

    Raises:
        ValueError, OSError: as `check_picture`.
    """
    check_picture(path)
    with written_file(path) as beside:
        figure.savefig(beside, bbox_inches="tight")
