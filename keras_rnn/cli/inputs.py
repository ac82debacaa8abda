"""Files of the user's that the commands read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_rnn.core.files import FilePath


def read_text(path: FilePath) -> str:
    """A text file's contents."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"A text file must be UTF-8. Received: {str(path)!r}, {error.reason}") from error


def read_array(path: FilePath) -> Any:
    """The array of a `.npy` file."""
    import numpy as np

    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"A .npy file must hold a NumPy array. Received: {str(path)!r}") from error
    if not isinstance(array, np.ndarray):
        raise ValueError(f"A .npy file must hold one NumPy array. Received: {str(path)!r} with several")
    return array


def read_history(
    path: str,
    column: str | None,
    periods: int,
    frequency: str | None,
    columns: Sequence[str] | None = None,
    table: Any = None,
    **reading: Any,
) -> tuple[Any, list[str]]:
    """A CSV's series in a model's frequency, checked, and what is to be said of it; an error says the file's name.

    Args:
        column: the one to forecast; None: the model's own, or the only one.
        columns: those that the model was trained on, of which the first is forecast.
        table: what was read already.
        reading: further arguments of `read_columns`.
    """
    from keras_rnn.series.csv_files import read_columns
    from keras_rnn.series.dates import dated_history, to_frequency

    own, *others = columns or (None,)
    try:
        if table is None:
            table = read_columns(path, column or own, [str(name) for name in others], **reading)
    except ValueError as error:
        if columns is None:
            raise
        raise ValueError(f"{path}, of which the model reads {', '.join(columns)}: {error}") from error
    remarks = [str(table.attrs.pop("understood"))]
    series = table if others else table.iloc[:, 0]
    if table.index.name is not None and table.index.dtype.kind == "i" and frequency not in (None, "annual"):
        raise ValueError(f"{path}: dates must be {frequency}. Received: years")
    try:
        taken = to_frequency(series, frequency)
        dated_history(taken, periods, frequency, table.shape[1])
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
    if len(taken) == len(series):
        return taken, remarks
    return taken, [*remarks, f"{len(series)} monthly values taken as {len(taken)} yearly means of complete years"]
