"""Series with dates: what a history must be, and which dates come next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keras_rnn.series import Floats, annual_means, check_history

FREQUENCIES = {"annual": "Y", "monthly": "M"}  # our word → pandas' period


def dated_history(history: Any, window: int, frequency: str) -> tuple[Floats, pd.Index | None]:
    """A history's values, checked, and its dates if it has any.

    Args:
        history: a Series, with dates, with years, or without; or any row of numbers.
        window: values that it must hold at least.
        frequency: `"annual"` or `"monthly"`, which its dates must have.

    Raises:
        TypeError: not numbers; an index that is no dates.
        ValueError: wrong rank, too short, NaN or infinite values; dates unsorted, repeated, with gaps, or of
            another frequency.
    """
    if isinstance(history, pd.DataFrame):
        raise ValueError(
            f"`history` must be one column, such as `data[{history.columns[-1]!r}]`. "
            f"Received: a DataFrame of shape {history.shape}"
            if history.shape[1]
            else "`history` must be one column of numbers. Received: a DataFrame without columns"
        )
    index = history.index if isinstance(history, pd.Series) else None
    if isinstance(history, pd.Series) and isinstance(history.dtype, pd.api.extensions.ExtensionDtype):
        if not pd.api.types.is_numeric_dtype(history.dtype):
            raise TypeError(f"`history` must be numbers. Received: values of type {history.dtype}")
        history = history.to_numpy(dtype=np.float64, na_value=np.nan)
    values = check_history(history, window)
    if index is None or index.equals(pd.RangeIndex(len(index))):
        return values, None
    _check_dates(index, frequency)
    return values, index


def _ordinals(index: pd.Index, frequency: str) -> NDArray[np.int64]:
    """Whole years or months since year 0: consecutive periods are 1 apart."""
    if isinstance(index, pd.DatetimeIndex | pd.PeriodIndex):
        years = np.asarray(index.year, dtype=np.int64)
        return years if frequency == "annual" else years * 12 + np.asarray(index.month) - 1
    return np.asarray(index, dtype=np.int64)  # years


def years_of(index: pd.Index) -> NDArray[np.int64]:
    """The calendar years of dates, periods or years, int64."""
    return _ordinals(index, "annual")


def times_of(index: pd.Index, frequency: str) -> NDArray[np.float64]:
    """Where dates lie on an axis of years: a year at its number, a month at its part of the year."""
    if frequency == "annual":
        return years_of(index).astype(np.float64)
    return np.asarray(_ordinals(index, "monthly") / 12, dtype=np.float64)


def spacing_of(index: pd.Index) -> str:
    """How far apart dates lie, by the median of their steps, in words; integers are years."""
    if not isinstance(index, pd.DatetimeIndex | pd.PeriodIndex) or len(index) < 2:
        return "annual"
    months = float(np.median(np.abs(np.diff(_ordinals(index, "monthly")))))
    words = {12.0: "annual", 3.0: "quarterly", 1.0: "monthly", 0.0: "daily or weekly"}
    return words.get(months, f"{months:g}-monthly")


def _check_dates(index: pd.Index, frequency: str) -> None:
    years = pd.api.types.is_integer_dtype(index.dtype)
    if not isinstance(index, pd.DatetimeIndex | pd.PeriodIndex) and not (years and frequency == "annual"):
        raise TypeError(
            "`history` must be indexed by dates (`pandas.to_datetime` makes them), by years, or not at all. "
            f"Received: an index of type {index.dtype}"
        )
    if index.hasnans:
        raise ValueError("`history` must have a date for every value. Received: NaT in the index")
    if index.has_duplicates:
        raise ValueError(f"`history` must have distinct dates. Received: {_day(index[index.duplicated()][0])} twice")
    if not index.is_monotonic_increasing:
        place = int(np.argmax(index[1:] < index[:-1]))
        found = f"{_day(index[place])} before {_day(index[place + 1])}"
        raise ValueError(f"`history` must be sorted by date, oldest first. Received: {found}")
    if spacing_of(index) != frequency:
        raise ValueError(f"`history` must have {frequency} dates. Received: {spacing_of(index)} ones")
    apart = np.diff(_ordinals(index, frequency))
    if (apart != 1).any():
        place = int(np.argmax(apart != 1))
        found = f"{_day(index[place])} followed by {_day(index[place + 1])}"
        raise ValueError(f"`history` must have {frequency} dates without a gap. Received: {found}")


def _day(date: Any) -> str:
    return f"{date:%Y-%m-%d}" if isinstance(date, pd.Timestamp) else str(date)


def dates_after(index: pd.Index, steps: int, frequency: str) -> pd.Index:
    """The dates of the next `steps` periods, of the same kind as those given."""
    ahead = range(1, steps + 1)
    last = index[-1]
    months = 12 if frequency == "annual" else 1
    try:
        if isinstance(index, pd.PeriodIndex):  # not last + k, which are k of the index' own periods
            starts = [last.to_timestamp() + pd.DateOffset(months=months * k) for k in ahead]
            return pd.PeriodIndex([start.to_period(index.freq) for start in starts], name=index.name)
        if isinstance(index, pd.DatetimeIndex):
            following = [last + pd.DateOffset(months=months * k) for k in ahead]
            if index[0].is_month_end and last.is_month_end:  # the end of a February or a June stays a month's end
                following = [date + pd.offsets.MonthEnd(0) for date in following]
            return pd.DatetimeIndex(following, name=index.name)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"`steps` must end where pandas still has dates. Received: {steps} after {last}") from error
    return pd.Index([int(last) + k for k in ahead], name=index.name)


def forecast_frame(
    means: Floats, dates: pd.Index | None, frequency: str, widths: Mapping[float, Floats] | None = None
) -> pd.DataFrame:
    """A forecast as a table: the column `mean`, by the dates that follow, or by the steps 1, 2, … without dates.

    For each level in `widths`, half an interval's widths, there are `lo_80` and `hi_80` besides.
    """
    steps = len(means)
    index = pd.RangeIndex(1, steps + 1, name="step") if dates is None else dates_after(dates, steps, frequency)
    columns = {"mean": means}
    for level, half in (widths or {}).items():
        columns |= {f"lo_{level:g}": means - half, f"hi_{level:g}": means + half}
    return pd.DataFrame(columns, index=index)


def annual(series: pd.Series[float]) -> pd.Series[float]:
    """Yearly means of a monthly series, for calendar years with all twelve months."""
    index = series.index
    months = (_ordinals(index, "monthly") - 1970 * 12).astype("datetime64[M]")  # counted from January 1970
    years, means = annual_means(months, np.asarray(series, dtype=np.float64))
    return pd.Series(means, index=pd.PeriodIndex(years.astype(str), freq="Y", name="year"), name=series.name)


def to_frequency(series: pd.Series[float], frequency: str) -> pd.Series[float]:
    """A series in the model's frequency: monthly values become yearly means where the model reads those.

    Raises:
        ValueError: monthly dates that are unsorted, repeated or have gaps.
    """
    if frequency == "annual" and spacing_of(series.index) == "monthly":
        _check_dates(series.index, "monthly")
        return annual(series)
    return series
