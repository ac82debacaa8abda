"""`keras-rnn train gs10`."""

from typing import Any

import click

from keras_rnn.catalog.cards import check_replaceable
from keras_rnn.catalog.presets import FIRST_TEST_YEAR, PRESETS
from keras_rnn.cli.commands import Command, say
from keras_rnn.cli.inputs import read_history
from keras_rnn.cli.options import FILE, check_csv_options, csv_options, one_of
from keras_rnn.cli.train import nothing_kept, train_and_export, training_options
from keras_rnn.rnn.cells import PLAIN_CELLS

PRESET = PRESETS["gs10"]["levels"]


@click.command(cls=Command)
@click.argument("file", metavar="[FILE]", type=FILE, required=False)
@click.option("--csv", "history", metavar="CSV", type=FILE, help="the same as the argument FILE")
@csv_options
@training_options(PRESET.window, cells=PLAIN_CELLS, required=True)
def command(
    file: str | None, history: str | None, column: str | None, separator: str | None, decimal: str | None,
    date_format: str | None, fill: str | None, out: str, updates: int | None, as_json: bool, **settings: Any,
) -> None:  # fmt: skip
    """Train a forecaster by the plain recipe, on scaled levels, and export it to a folder.

    FILE is a CSV of yearly or monthly yields, dates in its first column; without one, it is the packaged GS10
    before 1990. There is a better recipe for series of your own: keras-rnn train series.
    """
    path = one_of(file, history, "--csv")
    reading: dict[str, Any] = {"separator": separator, "decimal": decimal, "date_format": date_format, "fill": fill}
    check_csv_options(path, column=column, **reading)
    check_replaceable(out)

    from keras_rnn.gs10.data import load_gs10, no_yield
    from keras_rnn.series.dates import years_of
    from keras_rnn.series.history import series_windows

    if path:
        series, remarks = read_history(path, column, settings["window"] + 1, "annual", **reading)
        if found := no_yield(series):
            remarks.append(f"{found}: no yield in percent, which the model will be called one of")
    else:
        remarks = []
        series = load_gs10("annual", "packaged")
        series = series[years_of(series.index) < FIRST_TEST_YEAR]
    low, high = float(series.min()), float(series.max())
    if low == high:
        raise ValueError(f"`history` must hold values that change. Received: {low:g}, {len(series)} times")
    histories, targets = series_windows(series.to_numpy(), settings["window"])
    say(*remarks)
    with nothing_kept():
        from keras_rnn.gs10.model import gs10_model

        model = gs10_model(None, scaling="levels", low=low, high=high, **settings)
        train_and_export(model, histories, targets, PRESET.recipe, updates, out, as_json)
