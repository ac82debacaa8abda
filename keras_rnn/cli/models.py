"""Models by name or path, and the series that a forecaster is given."""

import warnings
from typing import Any

import click

from keras_rnn.catalog.names import find
from keras_rnn.cli.inputs import read_history
from keras_rnn.core.checks import received
from keras_rnn.core.files import check_archive

FORECASTERS = ("gs10", "series")


def load_for(name_or_path: str, kinds: tuple[str, ...] = (), runtime: str = "keras") -> Any:
    """A model by name or path; of one of the given kinds where the command needs one."""
    path = find(name_or_path)
    if runtime == "auto":  # without TensorFlow where that is possible
        runtime = "litert" if path.suffix == ".tflite" or (path / "model.tflite").is_file() else "keras"
    if runtime == "litert":
        from keras_rnn.runtime import load as load_litert

        model: Any = load_litert(path)
    else:
        check_archive(path / "model.keras" if path.is_dir() else path)  # before TensorFlow

        from keras_rnn.zoo.loading import load

        model = load(path)
    found = getattr(model, "kind", type(model).__name__)
    if kinds and found not in kinds:
        raise ValueError(f"`name_or_path` must be a {' or '.join(kinds)} model. {received(name_or_path)}, a {found}")
    return model


def history_for(
    model: Any,
    csv: str | None,
    column: str | None,
    periods: int,
    source: str,
    table: Any = None,
    **reading: Any,
) -> tuple[Any, list[str]]:
    """The series for a forecaster, and what is to be said of it: the user's, or for GS10's models GS10 of a source.

    A GS10 model that is given something else than a yield knows no unit any more.

    Args:
        table: the CSV, if it is read already, for a pipe is read but once.
        reading: further arguments of `read_columns`.
    """
    if csv is None and model.kind != "gs10":
        raise click.UsageError("CSV must be a file with the model's series. Received: none")
    from keras_rnn.gs10.data import load_gs10, no_yield

    if csv is not None:
        series, remarks = read_history(csv, column, periods, model.frequency, model.columns, table, **reading)
        if model.kind == "gs10" and (found := no_yield(series)):
            model.unit = None
            remarks.append(f"{found}: no yield in percent, which the model is made for")
        return series, remarks

    with warnings.catch_warnings(record=True) as caught:  # a damaged file of the user's
        warnings.simplefilter("always")
        series = load_gs10(model.frequency, source)
    return series, [str(warning.message) for warning in caught]


def name_of(series: Any) -> str:
    """What is forecast."""
    return str((series.name if series.ndim == 1 else series.columns[0]) or "series")


def place_of(series: Any, date: str | None) -> int | None:
    """Where a date stands, if there is room for a forecast after it."""
    from keras_rnn.series.dates import day

    places = [i for i, other in enumerate(series.index) if day(other) == date]
    return places[0] if places and places[0] < len(series) - 1 else None
