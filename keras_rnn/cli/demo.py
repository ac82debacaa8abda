"""`keras-rnn demo`."""

import tempfile
from pathlib import Path

import click

from keras_rnn.cli.commands import Command
from keras_rnn.core.files import check_writable


@click.command(cls=Command)
@click.option("--out", metavar="FOLDER", help="where everything goes", show_default="a new folder for temporary files")
def command(out: str | None) -> None:
    folder = tempfile.mkdtemp(prefix="keras_rnn_demo_") if out is None else str(check_writable(out))
    try:
        from keras_rnn.zoo.demo import run

        run(folder)
    except KeyboardInterrupt as stop:
        complete = any(Path(folder).glob("*/*/*/card.json"))
        kept = f"the models that were complete are in {folder}" if complete else "nothing was written"
        raise KeyboardInterrupt(f"{str(stop) or 'interrupted'}; {kept}") from stop
