"""`keras-rnn export`."""

import dataclasses

import click

from keras_rnn.catalog.cards import check_replaceable
from keras_rnn.catalog.names import find, zoo_name
from keras_rnn.cli.commands import Command
from keras_rnn.cli.inputs import read_array
from keras_rnn.cli.models import load_for
from keras_rnn.cli.options import COUNT, FILE, json_option
from keras_rnn.cli.verify import print_checks
from keras_rnn.core.files import check_writable
from keras_rnn.core.tables import print_json


@click.command(cls=Command)
@click.argument("name_or_path", metavar="NAME-or-FILE")
@click.argument("path", metavar="OUT")
@click.option("--window", type=COUNT, help="steps, for a model of any length")
@click.option("--batch", type=COUNT, help="rows that the file takes at once", show_default="1")
@click.option("--quantize", type=click.Choice(("float16", "dynamic_range", "int8")), help="smaller weights",
              show_default="float32")  # fmt: skip
@click.option("--calibration", metavar="FILE.npy", type=FILE, help="for int8: windows like those to come, an array")
@json_option
def command(
    name_or_path: str,
    path: str,
    window: int | None,
    batch: int | None,
    quantize: str | None,
    calibration: str | None,
    as_json: bool,
) -> None:
    """Export a model of the zoo or of a .keras file.

    OUT is a folder, for SavedModel, LiteRT and card of a model of this package; or a path ending in .tflite, for any
    Keras model with a recurrence. The options are for the latter.
    """
    if not path.endswith(".tflite"):
        given = {"--window": window, "--batch": batch, "--quantize": quantize, "--calibration": calibration}
        for flag, value in given.items():
            if value is not None:
                raise click.UsageError(f"{flag} goes with an OUT that ends in .tflite only. Received: {path!r}")
        _export_folder(name_or_path, path, as_json)
        return
    check_writable(path, "file")

    from keras_rnn.litert.quantization import check_quantize

    check_quantize(quantize, calibration)
    windows = read_array(calibration) if calibration else None
    loaded = load_for(name_or_path)

    from keras_rnn.artifacts.conversion import to_litert

    report = dataclasses.asdict(
        to_litert(loaded, path, window, quantize=quantize, calibration=windows, batch=batch or 1)
    )
    if as_json:
        print_json(report)
        return
    for note in report.pop("notes"):
        click.echo(note, err=True)
    for key, value in report.items():
        print(f"{key.replace('_', ' ')}: {', '.join(value) if isinstance(value, tuple) else value}")


def _export_folder(model: str, path: str, as_json: bool) -> None:
    check_replaceable(path)
    loaded = load_for(model)

    from keras_rnn.artifacts.folder import write_artifacts
    from keras_rnn.zoo.tasks import measure

    preset = zoo_name(find(model))
    checks = write_artifacts(loaded, path, preset, measure(preset, loaded) if preset else {})
    print_checks({path: checks}, as_json)
