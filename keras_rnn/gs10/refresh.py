"""Newer months of GS10: fetched, checked against those in use, and stored in the user's data folder."""

from __future__ import annotations

import datetime
import re
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_rnn.core.checks import check_number, received
from keras_rnn.core.files import written_file
from keras_rnn.core.version import __version__
from keras_rnn.gs10.files import GS10_FILE, GS10Data, Months, data_folder, parse_gs10
from keras_rnn.series.history import Floats

FRED = "https://fred.stlouisfed.org/graph/fredgraph.csv?id=GS10"
SCHEMES = ("http", "https")
TIMEOUT = 20.0  # seconds, for all of it
MAXIMUM_BYTES = 2_000_000  # a hundred times what GS10 has
LARGEST_REVISION = 0.05  # percentage points


@dataclass(frozen=True, eq=False)
class Plan:
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


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        allowed = ("https",) if req.type == "https" else SCHEMES
        if newurl.partition(":")[0].lower() not in allowed:
            fp.close()
            raise urllib.error.URLError(f"a redirect to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _download(address: str, timeout: float) -> bytes:
    """At most one byte more than the maximum, from an http or https address."""
    end = time.monotonic() + timeout
    request = urllib.request.Request(address, headers={"User-Agent": f"keras-rnn/{__version__}", "Accept": "text/csv"})
    try:
        with urllib.request.build_opener(_Redirects).open(request, timeout=timeout) as response:
            expected, body = response.length, b""
            while len(body) <= MAXIMUM_BYTES and (part := response.read1(65_536)):
                body += part
                if time.monotonic() > end:  # ends the thread, which nobody waits for any more
                    raise TimeoutError
    except urllib.error.HTTPError as error:
        error.close()
        raise OSError(f"{error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise (error.reason if isinstance(error.reason, OSError) else OSError(error.reason)) from error
    if expected not in (None, len(body)) and len(body) <= MAXIMUM_BYTES:
        raise OSError(f"{len(body)} of {expected} bytes")
    return body


def fetch(address: str = FRED, timeout: float = TIMEOUT) -> str:
    """The text at an http or https address, or of a local file.

    Args:
        address: the address or the file's path.
        timeout: seconds for all of it, however slowly the bytes come.

    Raises:
        OSError: it cannot be read, not in that time, or it is too large.
        ValueError: another kind of address, or no UTF-8 text.
    """
    check_number("timeout", timeout, 0.0, 3600.0)
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", address)  # two letters at least: C: is a drive
    if scheme and scheme[1].lower() not in SCHEMES:
        raise ValueError(f"An http or https address or a file was expected. {received(address)}")
    done: list[bytes | Exception] = []

    def work() -> None:
        try:
            if scheme:
                done.append(_download(address, timeout))
            else:
                with Path(address).open("rb") as file:
                    done.append(file.read(MAXIMUM_BYTES + 1))
        except Exception as error:
            done.append(error)

    # In a thread: a socket's time-out starts anew with every byte, and finding the host's address has none.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(timeout)
    result = done[0] if done else TimeoutError()
    if isinstance(result, TimeoutError):
        reason: Any = f"no complete answer within {timeout:g} s"
    elif isinstance(result, Exception):
        reason = getattr(result, "strerror", None) or str(result) or type(result).__name__
    elif len(result) > MAXIMUM_BYTES:
        reason = f"more than {MAXIMUM_BYTES:,} bytes"
    else:
        try:
            return result.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"A UTF-8 text was expected. Received: {address!r}, {error.reason}") from error
    raise OSError(f"The series GS10 could not be read. Received: {address!r}, {reason}") from (
        result if isinstance(result, Exception) else None
    )


def plan_refresh(
    in_use: GS10Data, address: str = FRED, accept_revisions: bool = False, timeout: float = TIMEOUT
) -> Plan:
    """Fetch GS10 and compare it with the series in use; nothing is stored.

    Args:
        in_use: what `userdata.newest_gs10` found.
        address: an http or https address, or a file's path.
        accept_revisions: take months in use that differ by more than 0.05 percentage points.
        timeout: seconds.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no GS10, has less than the series in use, or differs too much from it.
    """
    text = fetch(address, timeout)
    try:
        months, values, left_out = parse_gs10(text)
        old = in_use.months
        if months[0] > old[0] or months[-1] < old[-1]:
            expected = f"Months from {old[0]} or before to {old[-1]} or later were expected."
            raise ValueError(f"{expected} Received: {months[0]} to {months[-1]}")
        now = np.datetime64(datetime.datetime.now(datetime.UTC).strftime("%Y-%m"))
        if months[-1] > now:
            raise ValueError(f"No month after {now} was expected. Received: {months[-1]}")
        new = values[np.isin(months, old)]  # (months in use,): neither has a gap
        difference = np.abs(new - in_use.values)
        changed = np.flatnonzero(difference > 1e-9)
        revised = {str(old[i]): (float(in_use.values[i]), float(new[i])) for i in changed}
        if not accept_revisions and difference.max() > LARGEST_REVISION + 1e-9:
            month = str(old[np.argmax(difference)])
            raise ValueError(
                f"Months in use, of {in_use.file}, may differ by at most {LARGEST_REVISION:g} points, or say "
                "--accept-revisions. "
                f"Received: {len(changed)} that differ, "
                f"most of all {month} with {revised[month][1]:g} instead of {revised[month][0]:g}"
            )
    except ValueError as error:
        raise ValueError(f"{address}: {error}") from error
    added = months[~np.isin(months, old)]
    useful = months[-1] > old[-1] or (in_use.file != GS10_FILE and (len(added) > 0 or len(revised) > 0))
    return Plan(address, months, values, added, revised, left_out, bool(useful))


def store(plan: Plan) -> Path:
    """Write the new series, whole or not at all, to the user's data folder; the file.

    Raises:
        OSError: it cannot be written.
        ValueError: the data folder is inside the installed package.
    """
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
