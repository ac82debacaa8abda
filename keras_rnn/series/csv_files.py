"""Series from CSV files as people have them: what a writer may have meant is tried, and one reading must remain."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from keras_rnn.core.checks import check_choice, received
from keras_rnn.core.files import FilePath
from keras_rnn.series.csv_dates import MONTH_NAMES, Dates, one_reading
from keras_rnn.series.csv_numbers import DECIMALS, numbers_of, parsed
from keras_rnn.series.dates import PERIODS, day, gaps_of, places_of

SEPARATORS = {",": ",", ";": ";", "tab": "\t", "|": "|"}
MOST_PACKED = 100  # times that a table may be larger than its gzip file; traps are a thousand times as large
FILLS = ("linear", "last", "none")
EXPECTED = "A CSV must have a header, dates in the first column and numbers in another."
# a number, with whatever marks; or the beginning of a date, as no name of a column begins
_NUMBER = re.compile(r"[-+]?[\d.,'’ \u00a0\u202f]*\d[\d.,]*(e[-+]?\d+)?", re.IGNORECASE)
_DATE = re.compile(
    rf"\d{{1,4}}[-/. ]\w|\d{{4}}\W?[QW]\d|\d{{6,8}}$|Q\d\W?\d{{4}}|({MONTH_NAMES})[a-z]*\W+\d", re.IGNORECASE
)


@dataclass(frozen=True)
class _Table:
    """A file's cells as one separator cuts them: names, rows with the lines they end on, lines left out around them."""

    separator: str
    names: list[str]
    rows: list[list[str]]
    lines: list[int]
    above: int
    below: int

    def column(self, place: int) -> pd.Series[str]:
        return pd.Series([row[place] for row in self.rows], dtype=object)


def read_columns(
    path: FilePath,
    column: str | None = None,
    others: Sequence[str] = (),
    separator: str | None = None,
    decimal: str | None = None,
    date_format: str | None = None,
    fill: str | None = None,
) -> pd.DataFrame:
    """Series from a CSV file: a header, dates in the first column or none at all, numbers in the others.

    Separator, decimal mark and kind of dates are found: those are taken under which every cell can be read and the
    dates follow each other regularly. What was understood is told in `attrs["understood"]`.

    Args:
        path: the file, UTF-8, UTF-16 or Latin-1; lines that start with `#` are comments.
        column: the column of numbers that comes first; None: the only one there is besides the dates.
        others: further columns, which come after it.
        separator: one of `,`, `;`, `tab`, `|`.
        decimal: `.` or `,`; the other one then separates thousands.
        date_format: such as `%d/%m/%Y`, for `datetime.strptime`.
        fill: `"linear"` puts values on a straight line, `"last"` repeats the one before, where dates or cells are
            missing, and `"none"` leaves NaN there; None: these are errors.

    Returns:
        float64 columns, by months, quarters or ISO weeks as periods where these are written, by dates, by years, or by
        places where there are no dates; the oldest first.

    Raises:
        ValueError: no such file or column, or one twice; no table; a date or a number that is none; dates that are
            repeated, not in order or with gaps; missing values but at the ends; more than one reading.
    """
    path = Path(path)
    for name, value, choices in (
        ("separator", separator, SEPARATORS),
        ("decimal", decimal, DECIMALS),
        ("fill", fill, FILLS),
    ):
        if value is not None:
            check_choice(name, value, tuple(choices))
    text, said = _text(path)
    table, dates = _one_table(text, path, separator, date_format)
    wanted = _wanted(table.names[dates.columns :], column, others, path.name)
    texts = pd.DataFrame({each: table.column(table.names.index(each, dates.columns)) for each in wanted})
    frame, marks = numbers_of(texts, decimal, table.separator, lambda row: f"{path.name}, line {table.lines[row]}")
    remarks = [*said]
    for count, where in ((table.above, "above the header"), (table.below, "below the table")):
        if count:
            remarks.append(f"{_count(count, 'line')} {where} skipped")
    if dates.falling:
        frame = frame[::-1]
        remarks.append("newest first: put in order")
    index = pd.RangeIndex(len(frame)) if dates.index is None else dates.index.rename(table.names[0])
    frame = frame.set_axis(index)
    frame = _filled(_trimmed(frame, path.name, remarks), dates.frequency, fill, path.name, remarks)
    how = [f"`{table.separator}`"] * (table.separator != "") + marks + [f"dates {dates.format}"] * bool(dates.format)
    frame.attrs["understood"] = "; ".join([", ".join([_span(frame, dates), *how]), *remarks])
    return frame


def _text(path: Path) -> tuple[str, list[str]]:
    """A file's text, and its encoding where that is not UTF-8."""
    if path.is_dir() or not path.exists():  # a pipe will do
        raise ValueError(f"`path` must be a CSV file. {received(str(path))}")
    data = path.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        most = max(MOST_PACKED * len(data), 2**26)
        try:
            with gzip.open(io.BytesIO(data)) as file:
                data = file.read(most + 1)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(f"`path` must be a whole gzip file. {received(str(path))}, {error}") from error
        if len(data) > most:
            raise ValueError(f"`path` must unpack to at most {most:,} bytes. {received(str(path))}")
    said = []
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text, said = data.decode("utf-16", errors="replace"), ["UTF-16"]
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text, said = data.decode("latin-1"), ["Latin-1"]
    what = "a spreadsheet or archive" if data.startswith(b"PK") else "HTML" if text.lstrip().startswith("<") else ""
    if what or re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]", text):  # no text has these
        raise ValueError(f"{EXPECTED} Received: {path.name}, which is {what or 'not text'}")
    return text, said


def _one_table(text: str, path: Path, separator: str | None, date_format: str | None) -> tuple[_Table, Dates]:
    """The table by the separator under which the first column holds dates, and these; without such, a single column."""
    head = "".join(itertools.islice(io.StringIO(text), 200))
    read: list[tuple[_Table, Dates]] = []
    refused: list[ValueError] = []
    for name in [separator] if separator else [*SEPARATORS, ""]:
        if not name and (read or refused):  # a single column is what no separator cuts
            break
        try:
            if (separator or not name or _table(head, name, path.name)) and (table := _table(text, name, path.name)):
                read.append((table, _dates(table, date_format, path.name)))
        except ValueError as error:
            refused.append(error)
    if not read and not refused:
        first = next((line for line in text.splitlines() if line.strip()), "")[:60]
        raise ValueError(f"{EXPECTED} Received: {path.name} with the first line {first.strip()!r}")
    if not read:
        raise refused[0]
    if len(read) > 1:
        found = " or ".join(f"{len(table.names)} columns by {table.separator!r}" for table, _ in read)
        raise ValueError(f"{path.name} can be read in two ways: {found}. `separator` must say which")
    return read[0]


def _table(text: str, separator: str, name: str) -> _Table | None:
    """The cells by a separator, or by none; None where it does not make columns below a header."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=SEPARATORS.get(separator, "\0"), skipinitialspace=True)
    try:
        cut = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise ValueError(f"{EXPECTED} Received: {name}, line {reader.line_num}: {error}") from error
    cut = [(line, row) for line, row in cut if any(row) and not row[0].startswith("#")]
    width = Counter(len(row) for _, row in cut).most_common(1)[0][0] if cut else 0
    if width < 2 and separator:
        return None
    looks = [len(row) == width and _is_data(row) for _, row in cut[:100]]
    header = next((i for i in range(len(looks) - 1) if looks[i + 1] and not looks[i] and len(cut[i][1]) == width), None)
    if header is None:
        return None
    names, body = cut[header][1], cut[header + 1 :]
    if width == 1 and re.search(r"[;\t|]", names[0]):  # of columns that the rows do not have
        return None
    below = next(i for i, (_, row) in enumerate(reversed(body)) if len(row) >= width or _is_data(row))  # notes
    body = body[: len(body) - below]
    if long := next(((line, row) for line, row in body if len(row) > width), None):
        raise ValueError(f"{name}, line {long[0]}: a row must have {width} cells. Received: {len(long[1])}")
    rows = [row + [""] * (width - len(row)) for _, row in body]
    if not names[-1] and not any(row[-1] for row in rows):  # a separator at the end of each line
        names, rows = names[:-1], [row[:-1] for row in rows]
    return _Table(separator if width > 1 else "", names, rows, [line for line, _ in body], header, below)


def _is_data(row: list[str]) -> bool:
    return _DATE.match(row[0]) is not None or any(_NUMBER.fullmatch(cell) for cell in row)


def _dates(table: _Table, date_format: str | None, name: str) -> Dates:
    first = table.column(0)
    if len(table.names) == 1 and date_format is None:
        return Dates(None)
    return one_reading(
        first,
        date_format,
        lambda: any(parsed(first, mark).notna().all() for mark in DECIMALS),
        lambda row: f"{name}, line {table.lines[row]}",
    )


def _wanted(names: list[str], column: str | None, others: Sequence[str], name: str) -> list[str]:
    """The columns to read, the first of them the only one there is if none is named."""
    if column is None and len(names) > 1:
        raise ValueError(f"`column` must be one of {', '.join(names)}. Received: none for {name}")
    wanted = [names[0] if column is None else column, *others]
    for each in wanted:
        if each not in names:
            what = "`column`" if each == wanted[0] else "Further columns"
            raise ValueError(f"{what} must be one of {', '.join(names)}. {received(each)}")
        if wanted.count(each) > 1 or names.count(each) > 1:
            raise ValueError(f"Columns must be distinct. Received: {each!r} twice")
    return wanted


def _trimmed(frame: pd.DataFrame, name: str, remarks: list[str]) -> pd.DataFrame:
    """Without the rows at the ends that lack a value, of which the last may be still to come."""
    full = np.flatnonzero(frame.notna().all(axis=1))
    if len(full) < 2:
        raise ValueError(
            f"{name} must have two rows of numbers or more. Received: {len(full)}, {len(frame)} rows in all"
        )
    first, last = int(full[0]), int(full[-1])
    for count, where in ((first, "start"), (len(frame) - 1 - last, "end")):
        if count:
            remarks.append(f"{_count(count, 'empty cell')} at the {where} dropped")
    return frame.iloc[first : last + 1]


def _filled(
    frame: pd.DataFrame, frequency: str | None, fill: str | None, name: str, remarks: list[str]
) -> pd.DataFrame:
    """Without gaps: missing dates and empty cells are an error, or filled."""
    dated = not isinstance(frame.index, pd.RangeIndex)
    places, missing = np.arange(len(frame)), []
    if dated and frequency:
        places = places_of(frame.index, frequency)
        if (count := int(places[-1]) + 1 - len(frame)) > len(frame):
            before = int(np.flatnonzero(np.diff(places) > 1)[0])
            raise ValueError(
                f"{name} must have a value for every {PERIODS[frequency]}, most of them at least. Received: {count:,} "
                f"missing, the first after {day(frame.index[before])}"
            )
        missing = gaps_of(frame.index, frequency)
    empty = [day(date) if dated else f"place {date}" for date in frame.index[frame.isna().any(axis=1)]]
    found = (([day(date) for date in missing], "missing"), (empty, "empty"))
    gaps = [f"{_listed(each)} {what}" for each, what in found if each]
    if not gaps:
        return frame
    if fill is None:
        what = f"every {PERIODS[frequency]}" if frequency else "every row"
        raise ValueError(f"{name} must have a value for {what}, or `fill` to make them up. Received: {', '.join(gaps)}")
    index = frame.index.append(type(frame.index)(missing)) if missing else frame.index
    whole = frame.set_axis(places).reindex(np.arange(places[-1] + 1)).set_axis(index.sort_values())
    whole.index.name = frame.index.name
    if fill == "none":
        remarks.append(f"not filled: {', '.join(gaps)}")
        return whole
    how = "on a line" if fill == "linear" else "with the last value"
    remarks.append(f"filled {how}: {', '.join(gaps)}")
    return whole.interpolate() if fill == "linear" else whole.ffill()


def _span(frame: pd.DataFrame, dates: Dates) -> str:
    """ "180 months 2010-01 to 2024-12"."""
    if dates.index is None:
        return f"{_count(len(frame), 'value')} without dates"
    first, last = (day(frame.index[place]) for place in (0, -1))
    return f"{_count(len(frame), PERIODS.get(dates.frequency or '', 'value'))} {first} to {last}"


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _listed(texts: list[str]) -> str:
    shown = texts if len(texts) <= 6 else [*texts[:5], f"{len(texts) - 5} more"]
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
