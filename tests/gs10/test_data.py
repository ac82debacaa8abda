"""The packaged data as users get it."""

import numpy as np
import pandas as pd
import pytest

from keras_rnn import load_gs10
from keras_rnn.gs10.data import no_yield
from keras_rnn.gs10.files import read_gs10
from keras_rnn.series.history import annual_means
from keras_rnn.text.vocabulary import load_text


def test_gs10():
    monthly, annual = load_gs10("monthly"), load_gs10()
    assert (str(monthly.index[0]), monthly.index.freqstr, monthly.name) == ("1953-04", "M", "GS10")
    assert (str(annual.index[0]), annual.index.freqstr, annual.name) == ("1954", "Y-DEC", "GS10")
    assert annual.index[-1].year < monthly.index[-1].year or monthly.index[-1].month == 12
    years, means = annual_means(*read_gs10())
    np.testing.assert_array_equal(annual, means)
    assert annual.index.year.tolist() == years.tolist()
    for series in (monthly, annual):
        assert series.attrs["unit"] == "percent"
        assert "H.15, series GS10" in series.attrs["source"]
        assert 0 < series.min() < series.max() < 16


@pytest.mark.parametrize("frequency", ["yearly", None, 12])
def test_another_frequency(frequency):
    with pytest.raises(ValueError, match="one of 'annual', 'monthly'. Received: "):
        load_gs10(frequency)


def test_text():
    assert load_text() == "hello world"


def test_what_can_be_no_yield():
    for frequency in ("annual", "monthly"):
        assert no_yield(load_gs10(frequency)) is None
        assert no_yield(load_gs10(frequency) - 4) is None  # below 0, as some have been
    months = load_gs10("monthly")[-24:]
    for series, why in (
        (100 * months, f"values from {100 * months.min():,.6g} to {100 * months.max():,.6g}"),
        (months - 12, "values from -"),
        (months.where(months.index.month != 6, 15.0), "changes of up to "),
        (months.reset_index(drop=True), "no dates"),
        (months.set_axis(pd.date_range("2024-01-01", periods=24)), "daily values"),
        (months.set_axis(pd.date_range("2000", periods=24, freq="6MS")), "other values"),
    ):
        assert no_yield(series).startswith(why)
