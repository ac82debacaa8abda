"""`keras-rnn export`."""

import dataclasses
from typing import Any

import click

from keras_rnn.catalog.cards import check_replaceable, read_card
from keras_rnn.catalog.names import find, zoo_name
from keras_rnn.cli.commands import Command, say
from keras_rnn.cli.inputs import read_array, read_text
from keras_rnn.cli.models import load_for
from keras_rnn.cli.options import COUNT, FILE, json_option
from keras_rnn.cli.verify import print_checks
from keras_rnn.core.files import check_writable
from keras_rnn.core.tables import print_json


@click.command(cls=Command)
@click.argument("name_or_path", metavar="NAME-or-FILE")
@click.argument("path", metavar="OUT")
@click.option("--window", type=COUNT, help="steps, for a model of any length")
@click.option("--vocabulary", metavar="CHARACTERS", help="of a text model, by id; @FILE reads them from a file")
@click.option("--unit", help="of a forecaster's values; with it, or the two below, `forecast` takes the file")
@click.option(
    "--frequency", help="of a forecaster's series: annual, quarterly, monthly, weekly, business-daily, daily, hourly, …"
)
@click.option("--columns", metavar="NAME,…", help="of a forecaster's features, the one that it forecasts first")
@click.option("--batch", type=COUNT, help="rows that the .tflite takes at once", show_default="1")
@click.option("--quantize", type=click.Choice(("float16", "dynamic_range", "int8")), help="smaller weights",
              show_default="float32")  # fmt: skip
@click.option("--calibration", metavar="FILE.npy", type=FILE, help="for int8: windows like those to come, an array")
@json_option
def command(
    name_or_path: str,
    path: str,
    batch: int | None,
    quantize: str | None,
    calibration: str | None,
    as_json: bool,
    **settings: Any,
) -> None:
    """Export a model of the zoo or of a .keras file, any Keras model with a recurrence.

    OUT is a folder, for SavedModel, LiteRT and card; or a path ending in .tflite.
    """
    if (vocabulary := settings["vocabulary"]) and vocabulary[0] == "@" and len(vocabulary) > 1:
        settings["vocabulary"] = read_text(vocabulary[1:])
    if settings["columns"]:
        settings["columns"] = settings["columns"].split(",")

    from keras_rnn.artifacts.purpose import purpose_of

    purpose_of(**{name: value for name, value in settings.items() if name != "window"})
    if not path.endswith(".tflite"):
        for flag, value in {"--batch": batch, "--quantize": quantize, "--calibration": calibration}.items():
            if value is not None:
                raise click.UsageError(f"{flag} goes with an OUT that ends in .tflite only. Received: {path!r}")
        _export_folder(name_or_path, path, settings, as_json)
        return
    check_writable(path, "file")

    from keras_rnn.litert.quantization import check_quantize

    check_quantize(quantize, calibration)
    windows = read_array(calibration) if calibration else None
    loaded = load_for(name_or_path)

    from keras_rnn.artifacts.conversion import to_litert

    report = dataclasses.asdict(
        to_litert(loaded, path, quantize=quantize, calibration=windows, batch=batch or 1, **settings)
    )
    if as_json:
        print_json(report)
        return
    say(*report.pop("notes"))
    for key, value in report.items():
        print(f"{key.replace('_', ' ')}: {', '.join(value) if isinstance(value, tuple) else value}")


def _export_folder(model: str, path: str, settings: dict[str, Any], as_json: bool) -> None:
    check_replaceable(path)
    loaded, preset = load_for(model), zoo_name(find(model))

    from keras_rnn.artifacts.folder import export, write_artifacts

    if preset is None or any(value is not None for value in settings.values()):
        checks = export(loaded, path, **settings)
    else:
        checks = write_artifacts(loaded, path, preset, read_card(find(model))["metrics"])
    print_checks({path: checks}, as_json)
