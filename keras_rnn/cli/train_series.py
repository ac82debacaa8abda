"""`keras-rnn train series`."""

from pathlib import Path
from typing import Any

import click

from keras_rnn.catalog.cards import check_replaceable
from keras_rnn.cli.commands import Command, say
from keras_rnn.cli.options import COUNT, FILE, csv_options
from keras_rnn.cli.train import WROTE, export, nothing_kept, training_options
from keras_rnn.core.tables import print_json
from keras_rnn.rnn.cells import ACTIVATIONS, CELLS, DEFAULT_CELL, MOST_DROPOUT, check_recurrence


@click.command(cls=Command)
@click.argument("series", metavar="CSV", type=FILE)
@csv_options
@click.option("--inputs", "others", metavar="A,B", help="further columns to read beside it")
@click.option("--scaling", type=click.Choice(("window", "levels")))
@click.option("--activation", type=click.Choice(ACTIVATIONS), help="relu for long windows, of a plain cell")
@click.option("--layers", type=COUNT, help="recurrent ones")
@click.option("--dropout", type=click.FloatRange(0, MOST_DROPOUT), help="the share of each layer's outputs that a "
              "training step leaves out")  # fmt: skip
@click.option("--test", metavar="PART", default="0.2", help="the last part, for figures and intervals only: a share "
              "up to 0.9 or a number of periods")  # fmt: skip
@training_options(None, units=None, cell=None, show_default="FILE_COLUMN")
def command(
    series: str, column: str | None, separator: str | None, decimal: str | None, date_format: str | None,
    fill: str | None, others: str | None, test: str, out: str | None, as_json: bool, **settings: Any,
) -> None:  # fmt: skip
    """Train a forecaster of a series of yours, judge it on the last part, and export it to a folder.

    It begins with the network that learned from simulations, and is trained further where that is better. With
    --window, --units, --scaling, --activation, --layers, --dropout or --cell lstm it is one of its own.

    The CSV has a header, dates in its first column if it has any, and numbers in others.
    """
    part, names = _part(test), _names(others)
    defaults: dict[str, Any] = {"cell": DEFAULT_CELL, "activation": "tanh", "layers": 1, "dropout": 0.0}
    check_recurrence(CELLS, *(settings[name] or default for name, default in defaults.items()))

    from keras_rnn.forecaster.parts import WINDOW, check_changes, held_out_periods, own_network
    from keras_rnn.forecaster.scale import settings_of
    from keras_rnn.series.csv_files import read_columns

    table = read_columns(series, column, names, separator, decimal, date_format, fill)
    understood = table.attrs.pop("understood")
    out = f"{Path(series).stem}_{table.columns[0]}" if out is None else out
    check_replaceable(out)
    last = held_out_periods(part, len(table), settings["window"] or WINDOW)
    sizes = (settings[name] for name in ("window", "units", "scaling", "activation", "layers", "dropout"))
    check_changes(table.iloc[:, 0].to_numpy(float), last)
    if own_network(settings["cell"], *sizes) or names:
        settings_of(table[: len(table) - last], settings["scaling"] or "window")  # what it refuses
    say(understood)
    with nothing_kept():
        from keras_rnn.forecaster.card import card_of
        from keras_rnn.forecaster.training import train_series

        trained = train_series(table, test=last, verbose=not as_json, **settings)
        checks = export(trained.model, out, trained.metrics, card_of(trained, table, Path(series)))
    if as_json:
        facts = {"start": trained.start, "updates": trained.updates, "test_part": trained.test_part}
        print_json({"folder": out, "windows": trained.windows, **facts, "test": trained.metrics, "checks": len(checks)})
        return
    print(_told(trained, list(map(str, table.columns[1:]))))
    if trained.test_part:
        own = trained.test_rows[-1]
        naive = next(row for row in trained.test_rows if row["verdict"] == "the reference")
        errors = f"RMSE {own['rmse']:.4g}, {naive['method']} {naive['rmse']:.4g}"
        print(f"test part, {' to '.join(trained.test_part)}: {errors}: {own['verdict']}")
    print(f"wrote {out}: {WROTE}")


def _told(trained: Any, others: list[str]) -> str:
    """What was chosen."""
    if trained.model.kind != "zero_shot":
        return f"trained on {trained.windows} windows, from {trained.start}, {trained.updates} updates"
    from keras_rnn.zero_shot.tuning import SIMULATED

    better = "better, by more than chance, on the validation part"
    if trained.start != SIMULATED:
        told = f"the {trained.start} forecast: the network is not better on the values before the test part"
    elif trained.updates:
        told = f"trained on {trained.windows} values, from simulated series, {trained.updates} updates"
    else:
        told = f"the network as it learned from simulated series: training on this one is not {better}"
    return f"{told}; one that reads {', '.join(others)}, too, is not {better}" if others else told


def _part(test: str) -> float | int:
    """ "0.2" → 0.2; "24" → 24."""
    try:
        return int(test) if test.lstrip("-").isdigit() else float(test)
    except ValueError as error:
        raise ValueError(f"`test` must be a share up to 0.9 or a number of periods. Received: {test!r}") from error


def _names(others: str | None) -> list[str]:
    """ "A, B" → ["A", "B"]."""
    names = [] if others is None else [name.strip() for name in others.split(",")]
    if not all(names):
        raise ValueError(f"`others` must be columns such as A,B. Received: {others!r}")
    return names
