"""The data that comes with the package, and newer months of it that the user has fetched."""

from __future__ import annotations

import warnings

import pandas as pd

from keras_rnn.core.checks import check_choice
from keras_rnn.gs10.files import GS10_FREQUENCIES, HIGHEST, LARGEST_JUMP, newest_gs10, read_gs10
from keras_rnn.series.dates import annual, frequency_of

LOWEST_YIELD = -5.0  # percent, anywhere

SOURCE = "Board of Governors of the Federal Reserve System (US), H.15, series GS10"


def load_gs10(frequency: str = "annual", source: str = "newest") -> pd.Series[float]:
    """GS10, the market yield on US Treasury securities at 10-year constant maturity, in percent.

    Source: Board of Governors of the Federal Reserve System (US), H.15, series GS10.

    Args:
        frequency: `"annual"` for the means of complete calendar years, from 1954; `"monthly"` for the monthly
            averages, from April 1953.
        source: `"newest"` for what `keras-rnn data refresh gs10` has stored, where that ends later than the packaged
            series; `"packaged"` for the latter, which the shipped models were trained and judged on.

    Returns:
        A Series named GS10, indexed by periods; `attrs` name unit and source.

    Raises:
        ValueError: another frequency or source.

    Warns:
        UserWarning: what was stored is damaged; the packaged series is used.
    """
    check_choice("frequency", frequency, GS10_FREQUENCIES)
    check_choice("source", source, ("newest", "packaged"))
    if source == "packaged":
        months, values = read_gs10()
    else:
        data = newest_gs10()
        months, values = data.months, data.values
        if data.remark:
            warnings.warn(data.remark, UserWarning, stacklevel=2)
    series = pd.Series(values, index=pd.DatetimeIndex(months.astype("datetime64[ns]")).to_period("M"), name="GS10")
    series.index.name = "month"
    if frequency == "annual":
        series = annual(series)
    series.attrs = {"unit": "percent", "source": SOURCE}
    return series


def no_yield(series: pd.Series[float]) -> str | None:
    """Why a series can hardly be a yield in percent by months or years: its dates, level or changes; None: it may be.

    The bounds are those within which newer months of GS10 are believed, but for the lowest: yields elsewhere have been
    below 0.
    """
    low, high, change = series.min(), series.max(), series.diff().abs().max()
    if (frequency := frequency_of(series.index)) not in GS10_FREQUENCIES:
        return "no dates" if isinstance(series.index, pd.RangeIndex) else f"{frequency or 'other'} values"
    if low < LOWEST_YIELD or high > HIGHEST:
        return f"values from {low:,.6g} to {high:,.6g}"
    return f"changes of up to {change:,.6g} points" if change > LARGEST_JUMP else None
