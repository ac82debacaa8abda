"""The command `keras-rnn`, one file a command."""

from keras_rnn.cli.app import main

__all__ = ["main"]
