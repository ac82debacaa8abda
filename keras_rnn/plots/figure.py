"""What all pictures share: one style and size, signs for characters, and the file they are written to."""

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from keras_rnn.core.files import FilePath, written_file
from keras_rnn.plots.picture import check_picture

styled = rc_context(
    {  # decorates what draws
        "figure.dpi": 150,
        "figure.constrained_layout.use": True,
        "axes.titlesize": 10,
        "axes.formatter.useoffset": False,
        "axes.grid": True,
        "axes.grid.which": "both",
        "grid.alpha": 0.25,
        "date.converter": "concise",
        "legend.frameon": False,
        "legend.fontsize": 9,
    }
)
TICKS_UP_TO = 60
SIGNS = {" ": "␣", "\n": "↵", "\t": "⇥"}


def new_figure(height: float = 4.5) -> tuple[Figure, Axes]:
    """A figure of the house's width, so many inches high, and its axes."""
    figure = Figure(figsize=(8, height))
    return figure, figure.add_subplot()


def save_figure(figure: Figure, path: FilePath) -> None:
    """Write a figure whole or not at all, where `check_picture` lets it; the ending says the kind (png, svg, pdf)."""
    check_picture(path)
    with written_file(path) as beside:
        figure.savefig(beside, bbox_inches="tight")
