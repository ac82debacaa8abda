"""The cells that models are built with, by name."""

PLAIN_CELLS = ("rnn_cell", "simple_rnn")  # the same network built twice, which exchange their weights
CELLS = (*PLAIN_CELLS, "gru", "lstm")
DEFAULT_CELL = "simple_rnn"
ACTIVATIONS = ("tanh", "relu")
