"""`keras-rnn list`."""

import dataclasses

import click

from keras_rnn.catalog.cards import headline
from keras_rnn.catalog.models import list_models
from keras_rnn.cli.commands import Command
from keras_rnn.cli.options import json_option
from keras_rnn.core.tables import plain_table, print_json


@click.command(cls=Command)
@json_option
def command(as_json: bool) -> None:
    models = list_models()
    if as_json:
        print_json([dataclasses.asdict(model) for model in models])
        return
    rows = [[m.name, f"{m.parameters:,}", f"{m.tflite_bytes:,}", headline(m.metrics)] for m in models]
    print(plain_table(["name", "parameters", ".tflite bytes", "figures"], rows))
