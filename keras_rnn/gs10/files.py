"""GS10's files: the packaged one, the user's newer one, what such a file must hold, and which is in use."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keras_rnn.core.arrays import Floats
from keras_rnn.core.checks import received

Months = NDArray[np.datetime64]
GS10_FILE = Path(__file__).parent / "gs10.csv"
GS10_FREQUENCIES = ("annual", "monthly")
HEADERS = (["observation_date", "GS10"], ["DATE", "GS10"])  # FRED's, and its older one
MISSING = ("", ".")
LOWEST, HIGHEST, LARGEST_JUMP = 0.0, 25.0, 3.0  # percent, and points from one month to the next


@dataclass(frozen=True, eq=False)
class GS10Data:
    """The GS10 in use.

    Attributes:
        file: where it is from.
        months, values: datetime64[M] and percent, both of shape (months,).
        remark: why the user's file is not the one in use, if it is damaged.
    """

    file: Path
    months: Months
    values: Floats
    remark: str | None = None


def data_folder() -> Path:
    """The folder that the environment variable KERAS_RNN_DATA names, else the platform's for a user's data."""
    if named := os.environ.get("KERAS_RNN_DATA"):
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("keras_rnn")


def parse_gs10(text: str) -> tuple[Months, Floats, str | None]:
    """The months and values of a CSV text such as FRED's, as in `GS10Data`; and the last month where it has no value
    yet, so that it is left out.

    Raises:
        ValueError: another header, months that do not follow each other, a missing or an implausible value.
    """
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip() and not line.startswith("#")]
    rows = [[cell.strip() for cell in line.split(",")] for line in lines]
    if len(rows) < 2 or rows[0] not in HEADERS:
        found = f"{received(lines[0])}, {len(lines) - 1} lines more" if lines else "Received: nothing"
        raise ValueError(f"The CSV must have the header observation_date,GS10 and months. {found}")
    for line, row in zip(lines[1:], rows[1:], strict=True):
        if len(row) != 2 or not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])-01", row[0]):
            raise ValueError(f"A line must be the first of a month and its value, as 2026-01-01,4.21. {received(line)}")
    months = np.array([row[0][:7] for row in rows[1:]], dtype="datetime64[M]")
    texts = [row[1] for row in rows[1:]]
    for place in np.flatnonzero(np.diff(months).astype(np.int64) != 1):
        found = f"{months[place]} followed by {months[place + 1]}"
        raise ValueError(f"Months must follow each other, without a gap, each once. Received: {found}")
    left_out = None
    if texts[-1] in MISSING and len(texts) > 1:
        left_out, months, texts = str(months[-1]), months[:-1], texts[:-1]
    for month, number in zip(months, texts, strict=True):
        if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", number):
            missing = " (missing)" if number in MISSING else ""
            raise ValueError(f"Every month but the last must have a number. {received(number)}{missing} at {month}")
    values = np.array([float(number) for number in texts])
    for place in np.flatnonzero((values < LOWEST) | (values > HIGHEST)):
        expected = f"Values must be from {LOWEST:g} to {HIGHEST:g} percent."
        raise ValueError(f"{expected} Received: {texts[place]} at {months[place]}")
    for place in np.flatnonzero(np.abs(np.diff(values)) > LARGEST_JUMP):
        expected = f"Values must be within {LARGEST_JUMP:g} points of the month before."
        raise ValueError(f"{expected} Received: {texts[place]} before {texts[place + 1]} at {months[place + 1]}")
    return months, values, left_out


def read_gs10() -> tuple[Months, Floats]:
    """The packaged GS10: months as datetime64[M] and yields in percent, both of shape (months,).

    Source: Board of Governors of the Federal Reserve System (US), H.15, series GS10.
    """
    return parse_gs10(GS10_FILE.read_text(encoding="utf-8"))[:2]


def newest_gs10() -> GS10Data:
    """The user's GS10 if it is valid and ends later than the packaged one, which it is otherwise."""
    months, values = read_gs10()
    file = data_folder() / "gs10.csv"
    try:
        ours, yields, _ = parse_gs10(file.read_text(encoding="utf-8"))
        if ours[0] > months[0]:
            raise ValueError(f"It must start in {months[0]} at the latest. Received: {ours[0]}")
    except (FileNotFoundError, NotADirectoryError):
        return GS10Data(GS10_FILE, months, values)
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        return GS10Data(GS10_FILE, months, values, f"The packaged GS10 is used instead of {file}: {reason}")
    return GS10Data(file, ours, yields) if ours[-1] > months[-1] else GS10Data(GS10_FILE, months, values)
