"""The data that comes with the package."""

from __future__ import annotations

import pandas as pd

from keras_rnn.checks import check_choice
from keras_rnn.dates import FREQUENCIES, annual
from keras_rnn.presets import TEXT_FILE
from keras_rnn.series import read_gs10

SOURCE = "Board of Governors of the Federal Reserve System (US), H.15, series GS10"


def load_gs10(frequency: str = "annual") -> pd.Series[float]:
    """GS10, the market yield on US Treasury securities at 10-year constant maturity, in percent.

    Source: Board of Governors of the Federal Reserve System (US), H.15, series GS10.

    Args:
        frequency: `"annual"` for the means of complete calendar years, from 1954; `"monthly"` for the monthly
            averages, from April 1953.

    Returns:
        A Series named GS10, indexed by periods; `attrs` name unit and source.

    Raises:
        ValueError: another frequency.
    """
    check_choice("frequency", frequency, FREQUENCIES)
    months, values = read_gs10()
    series = pd.Series(values, index=pd.DatetimeIndex(months.astype("datetime64[ns]")).to_period("M"), name="GS10")
    series.index.name = "month"
    if frequency == "annual":
        series = annual(series)
    series.attrs = {"unit": "percent", "source": SOURCE}
    return series


def load_text() -> str:
    """The text of the character model, "hello world"."""
    return TEXT_FILE.read_text(encoding="utf-8")
