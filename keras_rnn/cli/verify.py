"""`keras-rnn verify`."""

import dataclasses
from typing import Any

import click

from keras_rnn.catalog.cards import read_card
from keras_rnn.catalog.names import find, zoo_names
from keras_rnn.cli.commands import Command
from keras_rnn.cli.options import json_option
from keras_rnn.core.tables import print_json


@click.command(cls=Command)
@click.argument("name_or_path", metavar="[NAME-or-FOLDER]...", nargs=-1)
@json_option
def command(name_or_path: tuple[str, ...], as_json: bool) -> int:
    """Check every artifact of a model, or of the whole zoo, against its Keras model."""
    names = name_or_path or tuple(map(str, zoo_names()))
    for name in names:
        read_card(find(name))

    from keras_rnn.zoo.loading import verify

    results = {name: verify(name) for name in names}
    print_checks(results, as_json)
    return 0 if all(check.passed for checks in results.values() for check in checks) else 1


def print_checks(results: dict[str, list[Any]], as_json: bool) -> None:
    """Model → checks, as a table or as JSON."""
    if as_json:
        print_json({name: [dataclasses.asdict(check) for check in checks] for name, checks in results.items()})
        return
    from keras_rnn.artifacts.verification import checks_table

    print(checks_table(results))
