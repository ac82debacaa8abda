"""Newer months of GS10: fetched, checked against those in use, and stored in the user's data folder."""

import datetime
import re
import time
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

import numpy as np

from keras_rnn.core.arrays import Floats
from keras_rnn.core.checks import check_number, received
from keras_rnn.core.files import written_file
from keras_rnn.core.version import __version__
from keras_rnn.gs10.files import GS10_FILE, GS10Data, Months, data_folder, parse_gs10

FRED = "https://fred.stlouisfed.org/graph/fredgraph.csv?id=GS10"
SCHEMES = ("http", "https")
TIMEOUT = 20.0  # seconds
MAXIMUM_BYTES = 2_000_000  # a hundred times what GS10 has
LARGEST_REVISION = 0.05  # percentage points


@dataclass(frozen=True, eq=False)
class RefreshPlan:
    """What a refresh would change.

    Attributes:
        address: where the new series is from.
        months, values: the new series, datetime64[M] and percent, both of shape (months,).
        added: the months that the series in use has not, datetime64[M].
        revised: old and new percent of the months that differ.
        left_out: the last month, where it has no value yet.
        useful: something changes, and the loader would take it: what ends with the packaged series is passed over.
    """

    address: str
    months: Months
    values: Floats
    added: Months
    revised: dict[str, tuple[float, float]]
    left_out: str | None
    useful: bool


def _download(address: str, timeout: float) -> bytes:
    """At most one byte more than the maximum, from an http or https address."""
    end = time.monotonic() + timeout
    request = urllib.request.Request(address, headers={"User-Agent": f"keras-rnn/{__version__}", "Accept": "text/csv"})
    with urllib.request.urlopen(request, timeout=timeout) as response:
        if urlsplit(response.geturl()).scheme not in (("https",) if request.type == "https" else SCHEMES):
            raise OSError(f"a redirect to {response.geturl()}")
        expected, body = response.length, b""
        while len(body) <= MAXIMUM_BYTES and (part := response.read1(65_536)):
            body += part
            if time.monotonic() > end:  # a socket's time-out starts anew with every byte
                raise TimeoutError
    if expected not in (None, len(body)) and len(body) <= MAXIMUM_BYTES:
        raise OSError(f"{len(body)} of {expected} bytes")
    return body


def fetch(address: str = FRED, timeout: float = TIMEOUT) -> str:
    """The text at an http or https address, or of a local file.

    `timeout` is seconds for an answer to begin, and for all of it, however slowly its bytes come.

    Raises:
        OSError: it cannot be read, not in that time, or it is too large.
        ValueError: another kind of address, or no UTF-8 text.
    """
    check_number("timeout", timeout, 0.0, 3600.0)
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", address)  # two letters at least: C: is a drive
    if scheme and scheme[1].lower() not in SCHEMES:
        raise ValueError(f"`address` must be an http or https address or a file. {received(address)}")
    try:
        if scheme:
            content = _download(address, timeout)
        else:
            with Path(address).open("rb") as file:
                content = file.read(MAXIMUM_BYTES + 1)
        if len(content) > MAXIMUM_BYTES:
            raise OSError(f"more than {MAXIMUM_BYTES:,} bytes")
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"`address` must hold UTF-8 text. Received: {address!r}, {error.reason}") from error
    except (OSError, HTTPException, ValueError) as error:  # a ValueError of an address or a path that is none
        raise OSError(f"The series GS10 could not be read. Received: {address!r}, {_reason(error, timeout)}") from error


def _reason(error: Any, timeout: float) -> str:
    if isinstance(error, HTTPError):
        error.close()
        return f"{error.code} {error.reason}"
    cause = error.reason if isinstance(error, URLError) and isinstance(error.reason, OSError) else error
    if isinstance(cause, TimeoutError):
        return f"no complete answer within {timeout:g} s"
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__


def plan_refresh(
    in_use: GS10Data, address: str = FRED, accept_revisions: bool = False, timeout: float = TIMEOUT
) -> RefreshPlan:
    """Fetch GS10 and compare it with the series in use; nothing is stored.

    With `accept_revisions` months in use may differ by more than 0.05 percentage points. It raises what `fetch` does,
    and a ValueError where it is no GS10, has less than the series in use, or differs too much from it.
    """
    text = fetch(address, timeout)
    try:
        months, values, left_out = parse_gs10(text)
        old = in_use.months
        if months[0] > old[0] or months[-1] < old[-1]:
            expected = f"Months must run from {old[0]} or before to {old[-1]} or later."
            raise ValueError(f"{expected} Received: {months[0]} to {months[-1]}")
        now = np.datetime64(datetime.datetime.now(datetime.UTC).strftime("%Y-%m"))
        if months[-1] > now:
            raise ValueError(f"The last month must be {now} or before. Received: {months[-1]}")
        new = values[np.isin(months, old)]  # (months in use,): neither has a gap
        difference = np.abs(new - in_use.values)
        changed = np.flatnonzero(difference > 1e-9)
        revised = {str(old[i]): (float(in_use.values[i]), float(new[i])) for i in changed}
        if not accept_revisions and difference.max() > LARGEST_REVISION + 1e-9:
            month = str(old[np.argmax(difference)])
            raise ValueError(
                f"Months in use, of {in_use.file}, may differ by at most {LARGEST_REVISION:g} points without "
                f"`accept_revisions`. Received: {len(changed)} that differ, "
                f"most of all {month} with {revised[month][1]:g} instead of {revised[month][0]:g}"
            )
    except ValueError as error:
        raise ValueError(f"{address}: {error}") from error
    added = months[~np.isin(months, old)]
    useful = months[-1] > old[-1] or (in_use.file != GS10_FILE and (len(added) > 0 or len(revised) > 0))
    return RefreshPlan(address, months, values, added, revised, left_out, bool(useful))


def store(plan: RefreshPlan) -> Path:
    """Write the new series, whole or not at all, to the user's data folder, which is outside the package; the file."""
    file = data_folder().resolve() / "gs10.csv"
    if file.is_relative_to(GS10_FILE.parent.parent.resolve()):
        raise ValueError(f"KERAS_RNN_DATA must name a folder outside the package. {received(str(file.parent))}")
    lines = [line for line in GS10_FILE.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    today = datetime.datetime.now(datetime.UTC).date()
    lines += [f"# Fetched {today} from {' '.join(plan.address.split())}", "observation_date,GS10"]
    for month, value in zip(plan.months, plan.values, strict=True):
        lines.append(f"{month}-01,{np.format_float_positional(value, min_digits=2)}")
    with written_file(file) as beside:
        beside.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return file
