"""What the commands read: files of the user's, and what `train` is to learn from them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_rnn.catalog.presets import DEFAULT_PRESET, FIRST_TEST_YEAR, PRESETS
from keras_rnn.core.files import FilePath
from keras_rnn.text.vocabulary import TEXT_FILE


def refuse(options: argparse.Namespace, *names: str) -> None:
    """Refuse options that the rest of the command has no use for."""
    for name in names:
        if getattr(options, name) is not None:
            raise ValueError(f"--{name} does not go with the rest of the command. Received: {getattr(options, name)!r}")


def read_text(path: FilePath) -> str:
    """A text file's contents."""
    if Path(path).is_dir() or not Path(path).exists():
        raise ValueError(f"A file with a UTF-8 text was expected. Received: {str(path)!r}")
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"A UTF-8 text was expected. Received: {str(path)!r}, {error.reason}") from error


def read_array(path: FilePath) -> Any:
    """The array of a `.npy` file."""
    import numpy as np

    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"A NumPy array's file (.npy) was expected. Received: {str(path)!r}") from error
    if not isinstance(array, np.ndarray):
        raise ValueError(f"One NumPy array (.npy) was expected. Received: {str(path)!r} with several")
    return array


def read_history(
    path: str, column: str | None, periods: int, frequency: str | None, columns: Sequence[str] | None = None
) -> tuple[Any, list[str]]:
    """A CSV's series in a model's frequency, checked, and what is to be said of it; an error says the file's name.

    Args:
        column: the one to forecast; None: the model's own, or the only one.
        columns: those that the model was trained on, of which the first is forecast.
    """
    from keras_rnn.series.dates import dated_history, to_frequency

    own, *others = columns or (None,)
    try:
        table = read_table(path, column or own, [str(name) for name in others])
    except ValueError as error:
        if columns is None:
            raise
        raise ValueError(f"{path}, of which the model reads {', '.join(columns)}: {error}") from error
    series = table if others else table.iloc[:, 0]
    try:
        taken = to_frequency(series, frequency)
        dated_history(taken, periods, frequency, table.shape[1])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if len(taken) == len(series):
        return taken, []
    return taken, [f"{len(series)} monthly values taken as {len(taken)} yearly means of complete years"]


def read_table(path: str, column: str | None, others: Sequence[str]) -> Any:
    """A CSV's columns, the one to forecast first."""
    from keras_rnn.series.csv_files import read_columns

    return read_columns(path, column, others)


def newest(frequency: str) -> tuple[Any, list[str]]:
    """The newest GS10, and what is to be said of it: a damaged file of the user's."""
    import warnings

    from keras_rnn.gs10.data import load_gs10

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        series = load_gs10(frequency)
    return series, [str(warning.message) for warning in caught]


def char_task(options: argparse.Namespace) -> tuple[Any, Any, Any]:
    """The model to train, its windows and targets; the file is read before TensorFlow is imported."""
    from keras_rnn.text.vocabulary import text_windows

    refuse(options, "csv", "column")
    window = PRESETS["char"][DEFAULT_PRESET["char"]].window if options.window is None else options.window
    ids, targets, vocabulary = text_windows(read_text(options.text or TEXT_FILE), window)

    from keras_rnn.text.model import char_model

    further = {"activation": options.activation, "seed": options.seed}
    return char_model(None, options.cell, vocabulary, window, options.units, **further), ids, targets


def levels_of(text: str | None) -> tuple[float, ...]:
    """ "80,95" → (80.0, 95.0)."""
    try:
        return tuple(float(part) for part in text.split(",")) if text else ()
    except ValueError as error:
        raise ValueError(f"--levels must be percents such as 80,95. Received: {text!r}") from error


def gs10_task(options: argparse.Namespace) -> tuple[Any, Any, Any]:
    """The model to train, its windows and targets: of the packaged series only years before the test part."""
    from keras_rnn.gs10.data import load_gs10
    from keras_rnn.series.dates import years_of
    from keras_rnn.series.history import series_windows

    refuse(options, "text", "activation")
    window = PRESETS["gs10"]["levels"].window if options.window is None else options.window
    if options.csv:
        series, remarks = read_history(options.csv, options.column, window + 1, "annual")
        for remark in remarks:
            print(remark, file=sys.stderr)
    else:
        refuse(options, "column")
        series = load_gs10("annual", "packaged")
        series = series[years_of(series.index) < FIRST_TEST_YEAR]
    histories, targets = series_windows(series.to_numpy(), window)

    from keras_rnn.gs10.model import gs10_model

    low, high = float(series.min()), float(series.max())
    sizes = {"window": window, "units": options.units}
    model = gs10_model(None, options.cell, "levels", low=low, high=high, seed=options.seed, **sizes)
    return model, histories, targets
