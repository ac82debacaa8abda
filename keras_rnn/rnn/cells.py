"""The cells that models are built with, by name."""

from collections.abc import Iterable

from keras_rnn.core.checks import check_choice, check_integer, check_number, received

PLAIN_CELLS = ("rnn_cell", "simple_rnn")  # the same network built twice, which exchange their weights
CELLS = (*PLAIN_CELLS, "gru", "lstm")
DEFAULT_CELL = "simple_rnn"
ACTIVATIONS = ("tanh", "relu")
MOST_DROPOUT = 0.9
PRECISIONS = ("float32", "mixed_bfloat16")  # Keras' policies that a training computes in
# bounds of the package's own models: larger ones would fill a machine's memory before they are of use
MOST_WINDOW, MOST_UNITS, MOST_LAYERS = 10_000, 10_000, 100


def state_names(lstm: bool, count: int, number: int) -> list[str]:
    """What signatures call the `count` states of the recurrent layer `number`: `h_0`; of an LSTM `h_0` and `c_0`; of
    any other with several `h_0`, `h1_0`, …"""
    if lstm:
        return [f"h_{number}", f"c_{number}"]
    return [f"h{i or ''}_{number}" for i in range(count)]


def check_recurrence(
    cells: Iterable[str], cell: str, activation: str, layers: int, dropout: float
) -> tuple[int, float]:
    """`layers` and `dropout` as numbers, once there is such a cell and it has this activation.

    Raises:
        TypeError, ValueError: one of `cells` it is not; relu of a gated cell; less than one layer or more than 100; a
            dropout that is not from 0 to `MOST_DROPOUT`.
    """
    check_choice("cell", cell, cells)
    check_choice("activation", activation, ACTIVATIONS)
    if activation != "tanh" and cell not in PLAIN_CELLS:
        raise ValueError(f"`activation` must be 'tanh' with cell {cell!r}. {received(activation)}")
    return check_integer("layers", layers, 1, MOST_LAYERS), check_number("dropout", dropout, 0.0, MOST_DROPOUT)
