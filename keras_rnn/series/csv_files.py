"""Series from CSV files: dates or years in the first column, numbers in the others."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath


def read_columns(path: FilePath, column: str | None = None, others: Sequence[str] = ()) -> pd.DataFrame:
    """Series from a CSV file: dates or years in the first column, numbers in others, a header above.

    Args:
        path: the file; lines that start with `#` are comments.
        column: the column of numbers that comes first; None: the only one there is besides the dates.
        others: further columns, which come after it.

    Raises:
        ValueError: no such file, no such column or one twice, no rows, a date or a number that is none. A missing
            value, which FRED writes as ".", is an error that names its date: leaving it out would shift the years.
    """
    table = _read_table(Path(path))
    names = list(table.columns[1:])
    if column is None and len(names) > 1:
        raise ValueError(f"`column` must be one of {', '.join(names)}. Received: none for {Path(path).name}")
    wanted = [names[0] if column is None else column, *others]
    for name in wanted:
        if name not in names:
            what = "`column`" if name == wanted[0] else "Further columns"
            raise ValueError(f"{what} must be one of {', '.join(names)}. {received(name)}")
        if wanted.count(name) > 1 or names.count(name) > 1:
            raise ValueError(f"Columns must be distinct. Received: {name!r} twice")
    dates = _parse_dates(table.iloc[:, 0], Path(path).name)
    return pd.DataFrame({name: _numbers(table, name) for name in wanted}).set_axis(dates)


def _read_table(path: Path) -> pd.DataFrame:
    """The file as texts, its shape checked."""
    if path.is_dir() or not path.exists():  # a pipe will do
        raise ValueError(f"`path` must be a CSV file. {received(str(path))}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # a row longer than the header would be cut short
            table = pd.read_csv(
                path, comment="#", dtype=str, keep_default_na=False, skipinitialspace=True, index_col=False
            ).fillna("")
    except (pd.errors.EmptyDataError, pd.errors.ParserError, pd.errors.ParserWarning, UnicodeDecodeError) as error:
        raise ValueError(f"{_CSV_EXPECTED} {_first_line(path)}") from error
    table.columns = pd.Index([str(name) for name in table.columns])
    if len(table) == 0 or len(table.columns) < 2 or re.match(r"\d{4}", table.columns[0]):
        raise ValueError(f"{_CSV_EXPECTED} {_first_line(path)}, {len(table)} more")
    return table


def _numbers(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    numbers = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        date, text = (str(table[name][int(np.argmax(wrong))]) for name in (table.columns[0], column))
        missing = " (missing)" if text in (".", "") else ""
        raise ValueError(
            f"Column {column!r} must hold a finite number for every date. "
            f"Received: {text!r}{missing} at {date}, {int(wrong.sum())} such in all"
        )
    return numbers


_CSV_EXPECTED = (
    "A CSV must be a UTF-8 file separated by commas, with a header, dates in the first column and numbers in another."
)


def _first_line(path: Path) -> str:
    if not path.is_file():  # a pipe is read already
        return f"Received: {path}"
    with path.open("rb") as file:
        line = file.readline(60).decode("utf-8", errors="replace").strip()
    return f"Received: {path.name} with the first line {line!r}"


def _parse_dates(texts: pd.Series[str], name: str) -> pd.Index:
    if texts.str.fullmatch(r"\d{4}").all():
        return pd.Index(texts.astype(int), name=texts.name)
    expected = "The first column must hold dates as YYYY-MM-DD, or years."
    try:
        dates = pd.to_datetime(texts, errors="coerce", format="ISO8601")
    except ValueError as error:  # time zones that differ
        raise ValueError(f"{expected} Received: {texts.iloc[0]!r} in {name}, {error}") from error
    wrong = dates.isna()
    if wrong.any():
        raise ValueError(f"{expected} Received: {texts[int(np.argmax(wrong))]!r} in {name}")
    return pd.DatetimeIndex(dates, name=texts.name)
