"""`keras-rnn train char`."""

from typing import Any

import click

from keras_rnn.catalog.cards import check_replaceable
from keras_rnn.catalog.presets import DEFAULT_PRESET, PRESETS
from keras_rnn.cli.commands import Command
from keras_rnn.cli.inputs import read_text
from keras_rnn.cli.options import FILE, one_of
from keras_rnn.cli.train import nothing_kept, train_and_export, training_options
from keras_rnn.rnn.cells import ACTIVATIONS

PRESET = PRESETS["char"][DEFAULT_PRESET["char"]]


@click.command(cls=Command)
@click.argument("file", metavar="[FILE]", type=FILE, required=False)
@click.option("--text", metavar="FILE", type=FILE, help="the same as the argument FILE")
@click.option("--activation", type=click.Choice(ACTIVATIONS), default="tanh", help="relu for long windows")
@training_options(PRESET.window, required=True)
def command(file: str | None, text: str | None, out: str, updates: int | None, as_json: bool, **settings: Any) -> None:
    """Train a character model on FILE, a UTF-8 text, or on "hello world", and export it to a folder."""
    path = one_of(file, text, "--text")
    check_replaceable(out)

    from keras_rnn.text.vocabulary import TEXT_FILE, text_windows

    ids, targets, vocabulary = text_windows(read_text(path or TEXT_FILE), settings["window"])
    with nothing_kept():
        from keras_rnn.text.model import char_model

        model = char_model(None, vocabulary=vocabulary, **settings)
        train_and_export(model, ids, targets, PRESET.recipe, updates, out, as_json)
