"""Series with dates: what a history must be, and which dates come next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keras_rnn.core.arrays import Floats
from keras_rnn.series.history import annual_means, check_history

# our word for how values follow each other → for the time of one
PERIODS = {
    "annual": "year", "quarterly": "quarter", "monthly": "month", "weekly": "week", "business-daily": "business day",
    "daily": "day", "hourly": "hour", "half-hourly": "half-hour", "quarter-hourly": "quarter-hour",
    "minutely": "minute",
}  # fmt: skip
FREQUENCIES = tuple(PERIODS)
MONTHS = {"annual": 12, "quarterly": 3, "monthly": 1}
DAY = 86_400  # seconds
SECONDS = {"weekly": 7 * DAY, "daily": DAY, "hourly": 3600, "half-hourly": 1800, "quarter-hourly": 900, "minutely": 60}
YEARS = range(1000, 3000)  # integers that an index of years may hold


def dated_history(
    history: Any, window: int, frequency: str | None, features: int = 1, columns: Sequence[str] | None = None
) -> tuple[Floats, pd.Index | None]:
    """A history's values, checked, and its dates if it has any.

    Args:
        history: a Series or DataFrame, with dates, with years, or without; or any row or rows of numbers.
        window: values that it must hold at least.
        frequency: one of `FREQUENCIES`, which its dates must have; None: any dates that rise.
        features: columns that it must have, where that is more than one.
        columns: names of those to take from a DataFrame.

    Returns:
        float64 (periods[, features]), and the dates or None.

    Raises:
        TypeError: not numbers; an index that is no dates.
        ValueError: wrong rank or columns, too short, NaN or infinite values; dates unsorted, repeated, with gaps, or
            of another frequency.
    """
    if isinstance(history, pd.DataFrame):
        history = _columns_of(history, features, columns)
    index = history.index if isinstance(history, pd.Series | pd.DataFrame) else None
    if isinstance(history, pd.DataFrame):
        for name, dtype in history.dtypes.items():
            if not pd.api.types.is_numeric_dtype(dtype):
                raise TypeError(
                    f"`history` must be numbers; `data.set_index({name!r})` makes a column of dates the index. "
                    f"Received: column {name!r} of type {dtype}"
                )
        history = np.stack([_numbers(history.iloc[:, i]) for i in range(features)], axis=1)
    elif isinstance(history, pd.Series):
        history = _numbers(history)
    values = check_history(history, window, features=features)
    if index is None or index.equals(pd.RangeIndex(len(index))):
        return values, None
    _check_dates(index, frequency)
    return values, index


def values_by_date(history: Any, column: str | None = None) -> tuple[Any, pd.Index | None, str | None]:
    """A history's values with NaN where one is missing, its dates if it has any, and their frequency if it has one.

    Dates that are left out are missing values. Of a DataFrame of several columns it is the one of this name.

    Raises:
        TypeError: not numbers; an index that is no dates.
        ValueError: several columns; dates unsorted or repeated.
    """
    if isinstance(history, pd.DataFrame):
        history = history.iloc[:, 0] if history.shape[1] == 1 else _columns_of(history, 1, column and [column])
    if not isinstance(history, pd.Series):
        return history, None, None
    index, values = history.index, _numbers(history)
    if pd.api.types.is_integer_dtype(index.dtype) and not index.isin(YEARS).all():  # places
        return values, None, None
    _check_dates(index, None)
    frequency = spacing_of(index)
    places = places_of(index, frequency) if frequency in FREQUENCIES and len(index) > 1 else np.zeros(2)
    if (np.diff(places) < 1).any():  # no frequency, or two dates in one period
        return values, index, None
    row = np.full(int(places[-1]) + 1, np.nan)
    row[places] = values
    return row, index, frequency


def _columns_of(frame: pd.DataFrame, features: int, columns: Sequence[str] | None) -> pd.Series[float] | pd.DataFrame:
    """The columns wanted: a Series of one, a DataFrame of several."""
    shape = f"Received: a DataFrame of shape {frame.shape}"
    if columns is not None and len(columns) == features:
        if missing := [name for name in columns if list(frame.columns).count(name) != 1]:
            raise ValueError(f"`history` must have the columns {', '.join(columns)}. {shape} without {missing[0]!r}")
        return frame[columns[0]] if features == 1 else frame[list(columns)]
    if features > 1 and frame.shape[1] == features:
        return frame
    if features > 1:
        raise ValueError(f"`history` must have {features} columns. {shape}")
    if not frame.shape[1]:
        raise ValueError("`history` must be one column of numbers. Received: a DataFrame without columns")
    raise ValueError(f"`history` must be one column, such as `data[{frame.columns[-1]!r}]`. {shape}")


def _numbers(column: pd.Series[float]) -> Any:
    if not isinstance(column.dtype, pd.api.extensions.ExtensionDtype):
        return column.to_numpy()
    if not pd.api.types.is_numeric_dtype(column.dtype):
        raise TypeError(f"`history` must be numbers. Received: values of type {column.dtype}")
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _ordinals(index: pd.Index, frequency: str) -> NDArray[np.int64]:
    """Whole periods since some beginning: consecutive ones are 1 apart."""
    if not isinstance(index, pd.DatetimeIndex | pd.PeriodIndex):
        return np.asarray(index, dtype=np.int64)  # years
    if frequency == "business-daily":
        return np.asarray(np.busday_count("1970-01-01", _clock(index).to_numpy("datetime64[D]")), dtype=np.int64)
    if frequency in SECONDS:
        length = SECONDS[frequency]
        # a day is one by the place's clock, which summer time shifts; an hour is an hour
        if isinstance(index, pd.DatetimeIndex) and index.tz is not None and length < DAY:
            index = index.tz_convert("UTC")
        seconds = _seconds(index)
        # rounded: a holiday may move a week's date
        return np.asarray(np.rint((seconds - seconds[0]) / length), dtype=np.int64)
    months = np.asarray(index.year, dtype=np.int64) * 12 + np.asarray(index.month) - 1
    return np.asarray(months // MONTHS[frequency], dtype=np.int64)


def _clock(index: pd.DatetimeIndex | pd.PeriodIndex) -> pd.DatetimeIndex:
    """Times by the place's own clock."""
    return index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index.tz_localize(None)


def _seconds(index: pd.DatetimeIndex | pd.PeriodIndex) -> NDArray[np.float64]:
    """Seconds since 1970, by the place's own clock."""
    return np.asarray((_clock(index) - pd.Timestamp(0)) / pd.Timedelta(seconds=1), dtype=np.float64)


def years_of(index: pd.Index) -> NDArray[np.int64]:
    """The calendar years of dates, periods or years, int64."""
    return _ordinals(index, "annual")


def times_of(index: pd.Index, frequency: str | None) -> NDArray[Any]:
    """Where dates lie on a picture's axis: years at their numbers, float64, others as datetime64."""
    if frequency == "annual" or not isinstance(index, pd.DatetimeIndex | pd.PeriodIndex):
        return years_of(index).astype(np.float64)
    return _clock(index).to_numpy()


def spacing_of(index: pd.Index) -> str:
    """How far apart dates lie, by the median of their steps, in words; integers are years."""
    if not isinstance(index, pd.DatetimeIndex | pd.PeriodIndex) or len(index) < 2:
        return "annual"
    seconds = float(np.median(np.abs(np.diff(_seconds(index)))))
    if seconds > 27 * DAY:
        months = float(np.median(np.abs(np.diff(_ordinals(index, "monthly")))))
        words = {float(count): word for word, count in MONTHS.items()}
        return words.get(months, f"{months:g}-monthly")
    if seconds == DAY:
        weeks = (_seconds(index) // DAY + 3) // 7  # from Mondays on; within a single one nobody can tell
        return "business-daily" if (_clock(index).day_of_week < 5).all() and np.ptp(weeks) else "daily"
    names = {float(length): word for word, length in SECONDS.items()}
    return names.get(seconds, f"{seconds / DAY:g}-daily" if seconds > DAY else "several a day")


def frequency_of(index: pd.Index) -> str | None:
    """The frequency of dates without a gap, or None: other spacings, gaps, no dates."""
    spacing = spacing_of(index)
    places = pd.api.types.is_integer_dtype(index.dtype) and not index.isin(YEARS).all()  # of a longer series' part
    if places or spacing not in FREQUENCIES:
        return None
    try:
        _check_dates(index, spacing)
    except (TypeError, ValueError):
        return None
    return spacing


def _check_dates(index: pd.Index, frequency: str | None) -> None:
    years = pd.api.types.is_integer_dtype(index.dtype)
    if not isinstance(index, pd.DatetimeIndex | pd.PeriodIndex) and not (years and frequency in ("annual", None)):
        raise TypeError(
            "`history` must be indexed by dates (`pandas.to_datetime` makes them), by years, or not at all. "
            f"Received: an index of type {index.dtype}"
        )
    if index.hasnans:
        raise ValueError("`history` must have a date for every value. Received: NaT in the index")
    if index.has_duplicates:
        raise ValueError(f"`history` must have distinct dates. Received: {day(index[index.duplicated()][0])} twice")
    if not index.is_monotonic_increasing:
        place = int(np.argmax(index[1:] < index[:-1]))
        found = f"{day(index[place])} before {day(index[place + 1])}"
        raise ValueError(f"`history` must be sorted by date, oldest first. Received: {found}")
    if frequency is None:
        return
    if spacing_of(index) != frequency:
        raise ValueError(f"`history` must have {frequency} dates. Received: {spacing_of(index)} ones")
    apart = np.diff(_ordinals(index, frequency))
    if (apart != 1).any():
        place = int(np.argmax(apart != 1))
        found = f"{day(index[place])} followed by {day(index[place + 1])}"
        raise ValueError(f"`history` must have {frequency} dates without a gap. Received: {found}")


def day(date: Any) -> str:
    """A date, period, ISO week or year as it is written; with the time of day where it is not midnight."""
    if isinstance(date, pd.Period) and date.freqstr == "W-SUN":
        return f"{date.start_time:%G-W%V}"
    if not isinstance(date, pd.Timestamp):
        return str(date)
    # not %Y-%m-%d, which pandas has for the years of Python only
    return f"{date.year:04}-{date.month:02}-{date.day:02}" if date == date.normalize() else str(date)


def dates_after(index: pd.Index | None, steps: int, frequency: str | None) -> pd.Index:
    """The dates of the next `steps` periods, of the same kind as those given; 1, 2, … where none can be told."""
    if index is None or frequency is None:
        return pd.RangeIndex(1, steps + 1, name="step")
    last, ahead = index[-1], range(1, steps + 1)
    if not isinstance(index, pd.DatetimeIndex | pd.PeriodIndex):  # years
        return pd.Index([int(last) + k for k in ahead], name=index.name)
    start = last.to_timestamp() if isinstance(last, pd.Period) else last
    try:
        following = pd.DatetimeIndex([start + _offset(frequency, k) for k in ahead], name=index.name)
        if isinstance(index, pd.PeriodIndex):  # not last + k, which are k of the index' own periods
            return following.to_period(index.freqstr)
        for ends in (pd.offsets.MonthEnd(0), pd.offsets.BMonthEnd(0)) if frequency in MONTHS else ():
            if (index + ends == index).all():  # the end of a February or a June stays a month's end
                return following + pd.offsets.MonthEnd(0) - pd.offsets.MonthBegin(1) + ends
        return following
    except (OverflowError, ValueError) as error:
        raise ValueError(f"`steps` must end where pandas still has dates. Received: {steps} after {last}") from error


def _offset(frequency: str, periods: int) -> Any:
    if frequency == "business-daily":
        return pd.offsets.BDay(periods)
    if frequency in MONTHS:
        return pd.DateOffset(months=MONTHS[frequency] * periods)
    length = SECONDS[frequency] * periods
    # days by the place's clock, hours not
    return pd.DateOffset(days=length // DAY) if SECONDS[frequency] >= DAY else pd.Timedelta(seconds=length)


def places_of(index: pd.Index, frequency: str) -> NDArray[np.int64]:
    """Where dates stand, from 0, if none were missing between them: int64 (periods,)."""
    places = _ordinals(index, frequency)
    return np.asarray(places - places[0], dtype=np.int64)


def gaps_of(index: pd.Index, frequency: str) -> list[Any]:
    """The dates that are missing between rising ones."""
    apart = np.diff(_ordinals(index, frequency))
    missing: list[Any] = []
    for place in np.flatnonzero(apart > 1):
        missing += list(dates_after(index[: place + 1], int(apart[place]) - 1, frequency))
    return missing


def forecast_frame(
    means: Floats, dates: pd.Index | None, frequency: str | None, intervals: Mapping[float, tuple[Floats, Floats]]
) -> pd.DataFrame:
    """A forecast as a table: the column `mean`, by the dates that follow, or by the steps 1, 2, … without dates.

    For each level of the intervals, (low, high), there are `lo_80` and `hi_80` besides.
    """
    index = dates_after(dates, len(means), frequency)
    columns = {"mean": means}
    for level, (low, high) in intervals.items():
        columns |= {f"lo_{level:g}": low, f"hi_{level:g}": high}
    return pd.DataFrame(columns, index=index)


def annual(series: pd.Series[float]) -> pd.Series[float]:
    """Yearly means of a monthly series, for calendar years with all twelve months."""
    index = series.index
    months = (_ordinals(index, "monthly") - 1970 * 12).astype("datetime64[M]")  # counted from January 1970
    years, means = annual_means(months, np.asarray(series, dtype=np.float64))
    return pd.Series(means, index=pd.PeriodIndex(years.astype(str), freq="Y", name="year"), name=series.name)


def to_frequency(series: Any, frequency: str | None) -> Any:
    """A Series or DataFrame in the model's frequency: monthly values become yearly means where it reads those.

    Raises:
        ValueError: monthly dates that are unsorted, repeated or have gaps.
    """
    if frequency == "annual" and spacing_of(series.index) == "monthly":
        _check_dates(series.index, "monthly")
        return series.apply(annual) if isinstance(series, pd.DataFrame) else annual(series)
    return series
