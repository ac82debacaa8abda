"""Kinds of values, and options that several commands have."""

from collections.abc import Callable
from functools import reduce
from typing import Any

import click

Decorator = Callable[[Any], Any]

COUNT = click.IntRange(min=1)
SEED = click.IntRange(0, 2**31 - 1)
FILE = click.Path(exists=True, dir_okay=False)  # or a pipe

json_option = click.option("--json", "as_json", is_flag=True, help="print JSON, for programs")
runtime_option = click.option("--runtime", type=click.Choice(("auto", "litert", "keras")), default="auto",
                              help="auto: LiteRT, without TensorFlow, where the model has a .tflite file")  # fmt: skip


def together(*options: Decorator) -> Decorator:
    """Several options, in this order in the help, as one decorator."""
    return lambda function: reduce(lambda decorated, option: option(decorated), reversed(options), function)


csv_options = together(
    click.option("--column", help="the CSV's column of numbers, where it has several"),
    click.option("--separator", type=click.Choice((",", ";", "tab", "|")), help="of the CSV's columns",
                 show_default="found"),
    click.option("--decimal", type=click.Choice((".", ",")), help="mark in the CSV's numbers", show_default="found"),
    click.option("--date-format", metavar="FORMAT", help="of the CSV's dates, such as %d/%m/%Y", show_default="found"),
    click.option("--fill", type=click.Choice(("linear", "last")), help="missing values by a straight line, or by the "
                 "value before", show_default="an error; forecasts by series need no values there"),
)  # fmt: skip
forecaster_options = together(
    click.argument("history", metavar="[CSV]", type=FILE, required=False),
    csv_options,
    click.option("--steps", type=COUNT, default=1, help="periods ahead"),
    click.option("--model", "name_or_path", metavar="NAME-or-FILE", show_default="gs10, or of a CSV series",
                 help="gs10/monthly for months; or what `train series` wrote"),
)  # fmt: skip


def check_csv_options(csv: str | None, **options: str | None) -> None:
    """Refuse `csv_options` without a CSV."""
    for name, value in options.items():
        if value and not csv:
            raise click.UsageError(f"--{name.replace('_', '-')} goes with a CSV only. Received: {value!r}")


def one_of(file: str | None, option: str | None, flag: str) -> str | None:
    """The file, which may be given as an argument or by an option."""
    if file is not None and option is not None:
        raise click.UsageError(f"FILE and {flag} are the same and do not go together. Received: {file!r}, {option!r}")
    return option if file is None else file
