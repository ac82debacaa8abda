"""The first column of a CSV: dates however they are written, years, places, or no dates at all."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from keras_rnn.core.checks import received
from keras_rnn.series.dates import FREQUENCIES, PERIODS, YEARS, day, places_of, spacing_of, times_of

_TIME = re.compile(r"([T ]+)\d{1,2}:\d\d(:\d\d)?(\.\d+)?( ?[ap]m)?( ?(Z|UTC|[-+]\d\d:?\d\d))?$", re.IGNORECASE)
_OFFSET = r" ?(?:Z|UTC|[-+]\d\d:?\d\d)$"
MONTH_NAMES = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_LONG_MONTH = rf"(?i)\b({MONTH_NAMES})[a-z]*\b\.?"
_DAY = re.compile("%[djuwaAcxUWV]")  # in a format, what tells one day of a month from another
_QUARTER = r"(?P<year>\d{4})\W?[Qq](?P<quarter>[1-4])|[Qq](?P<quarter_first>[1-4])\W?(?P<year_last>\d{4})"
_WEEK = r"\d{4}-?W\d\d(-?1)?"


@dataclass(frozen=True)
class Dates:
    """A column of dates.

    Attributes:
        index: the dates, the oldest first; None: places or no dates.
        frequency: of `dates.FREQUENCIES`, if it is one of these.
        format: how they are written, where that is worth telling.
        falling: whether the file has the newest first.
        columns: 1, or 0 where the first column is one of values already.
        trouble: why they do not follow each other; "gaps" where some are missing.
    """

    index: pd.Index | None
    frequency: str | None = None
    format: str = ""
    falling: bool = False
    columns: int = 0
    trouble: str = ""


def one_reading(
    texts: pd.Series[str], date_format: str | None, is_numeric: Callable[[], bool], place: Callable[[int], str]
) -> Dates:
    """The one way to read a column as dates.

    Args:
        texts: the cells.
        date_format: for `strptime`; None: whatever fits.
        is_numeric: whether all could be numbers.
        place: row → what an error calls it.

    Raises:
        ValueError: a cell that is no date; dates repeated, in no order or without a rule; several ways.
    """
    if date_format is None and texts.str.fullmatch(r"\d{1,9}").all() and len(texts.iloc[0]) not in (6, 8):
        years = _years_or_places(texts, place)
        if years is not None and years.trouble not in ("", "gaps"):
            raise ValueError(years.trouble)
        if years is not None:
            return years
    formats = [date_format] if date_format else _formats(texts.iloc[0])
    wrong: list[int] = []  # the first row that a format cannot read, of each that cannot
    read: list[pd.Index] = []
    found: list[Dates] = []
    for each in formats:
        index = _parsed(texts, each)
        bad = np.flatnonzero(index.isna())
        if len(bad):
            wrong.append(int(bad[0]))
        elif not any(index.equals(other) for other in read):
            read.append(index)
            shown = each if date_format or ("%" in each and "%Y-%m" not in each) else ""
            dates = _in_order(index, shown, place)
            if date_format or dates.frequency != "annual" or "%y" not in each:  # Jan-02 is a day if Feb-02 is not next
                found.append(dates)
    best = [dates for dates in found if not dates.trouble] or [dates for dates in found if dates.trouble == "gaps"]
    if not best and date_format is None and is_numeric():
        return Dates(None)
    if not found:
        row = max(wrong, default=0)
        expected = (
            f"{date_format!r}" if date_format else "2024-12-31, 31.12.2024, 12/31/2024, Dec 2024, 2024Q4 or 2024-W52"
        )
        raise ValueError(
            f"{place(row)}: the first column must hold dates such as {expected}, or years. {received(texts.iloc[row])}"
        )
    if len(best) > 1:
        both = " or ".join(f"{_span(dates)} by `{dates.format}`" for dates in best)
        raise ValueError(f"{place(0)}: dates can be read in two ways: {both}. `date_format` must say which")
    if not best:
        raise ValueError(found[0].trouble)
    return best[0]


def _years_or_places(texts: pd.Series[str], place: Callable[[int], str]) -> Dates | None:
    numbers = texts.astype(np.int64)
    steps = np.diff(numbers)
    if texts.str.fullmatch(r"\d{4}").all() and numbers.isin(YEARS).all() and ((steps >= 0).all() or (steps <= 0).all()):
        return _in_order(pd.Index(numbers, name=texts.name), "", place)
    if len(steps) and (steps == steps[0]).all() and abs(steps[0]) == 1:
        return Dates(None, falling=bool(steps[0] < 0), columns=1)
    return None


def _formats(text: str) -> list[str]:
    """What a date's text may mean, for `strptime`: orders of day, month and year that people write."""
    if re.fullmatch(_QUARTER, text):
        return ["quarter"]
    if re.fullmatch(_WEEK, text):
        return ["week"]
    if re.match(r"\d{4}-\d\d-\d\d", text):
        return ["ISO8601"]
    time = ""
    if found := _TIME.search(text):
        gap, seconds, fraction, half, zone, _ = found.groups()
        time = gap + ("%I:%M" if half else "%H:%M") + ":%S" * bool(seconds) + ".%f" * bool(fraction)
        time += (" " * half.startswith(" ") + "%p" if half else "") + (
            " " * zone.startswith(" ") + "%z" if zone else ""
        )
        text = text[: found.start()]
    parts = re.findall(r"\d+|[A-Za-z]+\.?|[^\dA-Za-z]+", re.sub(_LONG_MONTH, r"\1", text))
    choices = {1: ["%d", "%m"], 2: ["%d", "%m", "%y"], 4: ["%Y"], 6: ["%Y%m"], 8: ["%Y%m%d"]}
    options = [choices.get(len(p), []) if p.isdigit() else ["%b"] if p.isalpha() else [p] for p in parts]
    return [f"{date}{time}" for date in map("".join, itertools.product(*options)) if _is_order(date)]


def _is_order(date: str) -> bool:
    order = "".join(re.findall(r"%(.)", date)).lower().replace("b", "m")
    if "." in date and order != "ymd" and order.startswith("md"):  # with dots, the day comes first
        return False
    return order in (("dmy", "mdy", "my") if "%y" in date and "%b" in date else ("dmy", "mdy", "ymd", "my", "ym"))


def _parsed(texts: pd.Series[str], how: str) -> pd.Index:
    """Dates, or periods where no day is named; NaT for what is none."""
    if how == "quarter":
        parts = texts.str.extract(rf"^(?:{_QUARTER})$")
        years, quarters = parts["year"].fillna(parts["year_last"]), parts["quarter"].fillna(parts["quarter_first"])
        return pd.PeriodIndex((years + "Q" + quarters).where(years.notna(), None), freq="Q")
    if how == "week":
        mondays = texts.where(texts.str.fullmatch(_WEEK)).str.replace(r"-?W(\d\d).*", r"-W\1-1", regex=True)
        return pd.DatetimeIndex(pd.to_datetime(mondays, format="%G-W%V-%u", errors="coerce")).to_period("W-SUN")
    if "%b" in how:
        texts = texts.str.replace(_LONG_MONTH, lambda found: found[1][:3], regex=True)
    zoned = how == "ISO8601" or "%z" in how
    offsets_differ = zoned and texts.str.extract(f"({_OFFSET})")[0].nunique() > 1  # as in summer
    times = pd.DatetimeIndex(pd.to_datetime(texts, format=how, errors="coerce", utc=offsets_differ))
    if offsets_differ:
        clock = texts.str.replace(_OFFSET, "", regex=True)
        local = pd.DatetimeIndex(pd.to_datetime(clock, format=how.replace("%z", "").strip(), errors="coerce"))
        # a day begins by the place's clock; hours are told apart by their offsets only
        times = local if (local == local.normalize()).all() else times
    return times if how == "ISO8601" or _DAY.search(how) else times.to_period("M")


def _in_order(index: pd.Index, how: str, place: Callable[[int], str]) -> Dates:
    """Dates turned to the oldest first, and how they follow each other."""
    falling = bool(2 * np.sum(index[1:] < index[:-1]) > len(index) - 1)
    row = np.arange(len(index))[::-1] if falling else np.arange(len(index))
    index = index[::-1] if falling else index
    turned = np.flatnonzero(index[1:] <= index[:-1])
    if len(turned):
        at = int(turned[0])
        again = index[at] == index[at + 1]
        what = f"{day(index[at + 1])} twice" if again else f"{day(index[at])} before {day(index[at + 1])}"
        rule = "each date once" if again else "dates in order"
        trouble = f"{place(max(row[at], row[at + 1]))}: the first column must have {rule}. Received: {what}"
        return Dates(index, None, how, falling, 1, trouble)
    if len(index) < 2:
        return Dates(index, None, how, falling, 1)
    spacing, steps = spacing_of(index), np.diff(times_of(index, None)).astype(np.int64)
    if spacing in FREQUENCIES:
        places = places_of(index, spacing)
        if (np.diff(places) > 0).all():
            return Dates(index, spacing, how, falling, 1, "" if places[-1] == len(places) - 1 else "gaps")
    else:  # such as every half year or every three days
        months = np.diff(places_of(index, "monthly"))
        if ((months == months[0]).all() and months[0]) or (steps == steps[0]).all():
            return Dates(index, None, how, falling, 1)
    at = int(np.argmax(np.abs(steps - np.median(steps))))
    trouble = (
        f"{place(int(row[at + 1]))}: dates must follow each other regularly; without their column, values are "
        f"taken as they stand. Received: {spacing} ones, but {day(index[at])} followed by {day(index[at + 1])}"
    )
    return Dates(index, None, how, falling, 1, trouble)


def _span(dates: Dates) -> str:
    assert dates.index is not None
    noun = PERIODS.get(dates.frequency or "", "date")
    return f"{len(dates.index)} {noun}s {day(dates.index[0])} to {day(dates.index[-1])}"
