"""Histories with dates, the dates that follow, and CSV files."""

import numpy as np
import pandas as pd
import pytest

from keras_rnn import load_gs10
from keras_rnn.series.dates import (
    annual,
    dated_history,
    dates_after,
    day,
    frequency_of,
    gaps_of,
    places_of,
    spacing_of,
    times_of,
    to_frequency,
    years_of,
)

VALUES = np.linspace(1, 2, 8)
YEARS = pd.period_range("2018", periods=8, freq="Y")


@pytest.mark.parametrize(
    ("index", "following"),
    [
        (YEARS, pd.PeriodIndex(["2026", "2027"], freq="Y")),
        (pd.date_range("2018-01-01", periods=8, freq="YS"), pd.to_datetime(["2026-01-01", "2027-01-01"])),
        (pd.date_range("2018-12-31", periods=8, freq="YE"), pd.to_datetime(["2026-12-31", "2027-12-31"])),
        (pd.to_datetime([f"{y}-02-{28 + (y % 4 == 0)}" for y in range(2018, 2026)]),
         pd.to_datetime(["2026-02-28", "2027-02-28"])),
        (pd.date_range("2018-07-01", periods=8, freq="YS-JUL", tz="UTC"),
         pd.to_datetime(["2026-07-01", "2027-07-01"]).tz_localize("UTC")),
        (pd.Index(range(2018, 2026)), pd.Index([2026, 2027])),
    ],
)  # fmt: skip
def test_dates_go_on_in_their_own_kind(index, following):
    values, dates = dated_history(pd.Series(VALUES, index=index), 6, "annual")
    np.testing.assert_array_equal(values, VALUES)
    pd.testing.assert_index_equal(dates_after(dates, 2, "annual"), following, check_names=False, exact="equiv")


def test_yearly_dates_in_an_index_of_months_or_days_go_on_by_years():
    december = load_gs10("monthly")[load_gs10("monthly").index.month == 12]
    _, dates = dated_history(december, 6, "annual")
    assert dates_after(dates, 2, "annual").astype(str).tolist() == ["2026-12", "2027-12"]
    days = pd.PeriodIndex([f"{y}-03-31" for y in range(2018, 2026)], freq="D")
    assert dates_after(days, 1, "annual").astype(str).tolist() == ["2026-03-31"]


def test_beyond_the_last_date_there_is():
    index = pd.DatetimeIndex(pd.date_range("2250", periods=8, freq="YS"), dtype="datetime64[ns]")
    with pytest.raises(ValueError, match="pandas still has dates. Received: 900 after 2257"):
        dates_after(index, 900, "annual")


def test_months_go_on_at_the_months_end():
    index = pd.date_range("2024-11-30", periods=4, freq="ME")
    following = dates_after(index, 3, "monthly")
    assert following.strftime("%Y-%m-%d").tolist() == ["2025-03-31", "2025-04-30", "2025-05-31"]


@pytest.mark.parametrize("history", [VALUES, list(VALUES), tuple(VALUES), pd.Series(VALUES), np.arange(6)])
def test_without_dates(history):
    assert dated_history(history, 6, "annual")[1] is None


def test_nullable_numbers():
    values, _ = dated_history(pd.Series(VALUES).convert_dtypes(), 6, "annual")
    assert values.dtype == np.float64
    with pytest.raises(ValueError, match="finite in float32. Received: nan at position 2"):
        dated_history(pd.Series([1, 2, None, 4, 5, 6], dtype="Int64"), 6, "annual")


def changed(change):
    index = list(YEARS)
    change(index)
    return pd.Series(VALUES[: len(index)], index=pd.PeriodIndex(index))


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (changed(lambda years: years.reverse()), "oldest first. Received: 2025 before 2024"),
        (changed(lambda years: years.__setitem__(3, years[2])), "distinct dates. Received: 2020 twice"),
        (changed(lambda years: years.pop(3)), "without a gap. Received: 2020 followed by 2022"),
        (
            pd.Series(VALUES, index=pd.period_range("2020-01", periods=8, freq="M")),
            "annual dates. Received: monthly ones",
        ),
        (
            pd.Series(VALUES, index=pd.period_range("2020Q1", periods=8, freq="Q")),
            "annual dates. Received: quarterly ones",
        ),
        (pd.Series(VALUES, index=pd.date_range("2020-01-01", periods=8)), "annual dates. Received: daily ones"),
        (pd.Series(VALUES, index=pd.date_range("2020", periods=8, freq="2YS")), "Received: 24-monthly ones"),
        (
            pd.Series(VALUES[:6], index=pd.date_range("2018", periods=8, freq="YS").delete([3, 4])),
            "without a gap. Received: 2020-01-01 followed by 2023-01-01",
        ),
        (pd.Series(VALUES, index=[*pd.date_range("2018", periods=7, freq="YS"), pd.NaT]), "Received: NaT"),
        (pd.Series(VALUES, index=[2018, 2019, 2020, 2021, 2022, 2023, 2025, 2026]), "Received: 2023 followed by 2025"),
        (pd.DataFrame({"a": VALUES, "b": VALUES}), r"such as `data\['b'\]`. Received: a DataFrame of shape \(8, 2\)"),
        (pd.DataFrame(index=range(8)), "Received: a DataFrame without columns"),
        (pd.Series(VALUES[:5], index=YEARS[:5]), "at least 6 values. Received: 5"),
    ],
)
def test_bad_dates(history, message):
    with pytest.raises(ValueError, match=message):
        dated_history(history, 6, "annual")


@pytest.mark.parametrize(
    "history",
    [
        pd.Series(VALUES, index=list("abcdefgh")),
        pd.Series(VALUES, index=pd.MultiIndex.from_product([[1, 2], [1, 2, 3, 4]])),
        pd.Series(VALUES.astype(str)),
        pd.Series(VALUES.astype(str), dtype="string"),
        pd.Series(VALUES, dtype="category"),
    ],
)
def test_what_is_no_date_or_no_number(history):
    with pytest.raises(TypeError, match="Received: "):
        dated_history(history, 6, "annual")


def test_yearly_means_whatever_the_kind_of_month():
    monthly = load_gs10("monthly")
    expected = monthly.groupby(monthly.index.year).filter(lambda year: len(year) == 12)
    expected = expected.groupby(expected.index.year).mean()
    for index in (monthly.index, monthly.index.to_timestamp(), monthly.index.to_timestamp().tz_localize("US/Eastern")):
        means = annual(monthly.set_axis(index))
        np.testing.assert_allclose(means, expected)
        assert years_of(means.index).tolist() == expected.index.tolist()


def test_to_frequency_leaves_yearly_values_alone():
    yearly = load_gs10("annual")
    assert to_frequency(yearly, "annual") is yearly
    assert len(to_frequency(load_gs10("monthly"), "annual")) == len(yearly)


def test_monthly_values_with_a_month_missing_are_not_averaged():
    monthly = load_gs10("monthly").drop(pd.Period("2005-04", "M"))
    with pytest.raises(ValueError, match="monthly dates without a gap. Received: 2005-03 followed by 2005-05"):
        to_frequency(monthly, "annual")
    with pytest.raises(ValueError, match="oldest first"):
        to_frequency(load_gs10("monthly")[::-1], "annual")


@pytest.mark.parametrize(
    ("index", "spacing"),
    [
        (pd.date_range("2000-01-31", periods=9, freq="ME"), "monthly"),
        (pd.date_range("2000", periods=9, freq="YS"), "annual"),
        (pd.Index(range(9)), "annual"),
        (pd.date_range("2000", periods=90, freq="W"), "weekly"),
        (pd.date_range("2000", periods=90, freq="D"), "daily"),
        (pd.date_range("2000-01-31", periods=2, freq="D"), "daily"),
        (pd.date_range("2000-12-21", periods=3, freq="7D"), "weekly"),
        (pd.date_range("2000", periods=90, freq="B"), "business-daily"),
        (pd.date_range("2000-01-03", periods=5, freq="B"), "daily"),
        (pd.date_range("2000", periods=9, freq="3D"), "3-daily"),
        (pd.date_range("2000", periods=9, freq="h"), "hourly"),
        (pd.date_range("2000", periods=9, freq="15min"), "quarter-hourly"),
        (pd.date_range("2000", periods=9, freq="7min"), "several a day"),
        (pd.period_range("2000", periods=9, freq="Q"), "quarterly"),
        (pd.date_range("2000", periods=9, freq="6MS"), "6-monthly"),
    ],
)
def test_spacing(index, spacing):
    assert spacing_of(index) == spacing


@pytest.mark.parametrize(
    ("index", "frequency", "following"),
    [
        (pd.date_range("2000-01-02", periods=9, freq="W"), "weekly", ["2000-03-05", "2000-03-12"]),
        (pd.date_range("2000-02-25", periods=4, freq="D"), "daily", ["2000-02-29", "2000-03-01"]),
        (pd.date_range("2000-02-01", periods=4, freq="3MS"), "quarterly", ["2001-02-01", "2001-05-01"]),
        (pd.period_range("2000Q1", periods=4, freq="Q"), "quarterly", ["2001Q1", "2001Q2"]),
        (pd.date_range("2000-03-31", periods=4, freq="QE"), "quarterly", ["2001-03-31", "2001-06-30"]),
        (pd.date_range("2000-01-07", periods=9, freq="W-FRI").delete([3]).insert(3, pd.Timestamp("2000-01-27")),
         "weekly", ["2000-03-10", "2000-03-17"]),
        (pd.date_range("2000-01-03", periods=9, freq="B"), "business-daily", ["2000-01-14", "2000-01-17"]),
        (pd.date_range("2000-01-03", periods=9, freq="B").delete(4), None, ["1", "2"]),
        (pd.date_range("2000", periods=24, freq="h"), "hourly", ["2000-01-02", "2000-01-02"]),
        (pd.date_range("2000-01-31", periods=5, freq="BME"), "monthly", ["2000-06-30", "2000-07-31"]),
        (pd.period_range("2021-01-04", periods=53, freq="W-SUN"), "weekly", ["2022-01-10", "2022-01-17"]),
        (pd.Index([2000, 2001, 2002]), "annual", ["2003", "2004"]),
        (pd.Index(list("abc")), None, ["1", "2"]),
        (pd.Index(range(5, 15)), None, ["1", "2"]),
    ],
)  # fmt: skip
def test_frequencies_and_the_dates_that_follow(index, frequency, following):
    assert frequency_of(index) == frequency
    assert [str(date)[:10] for date in dates_after(index, 2, frequency)] == following
    if frequency_of(index):
        series = pd.Series(np.arange(float(len(index))), index=index)
        assert dated_history(series, 2, frequency)[1] is not None
        times = times_of(index, frequency)
        assert (times[1:] > times[:-1]).all()


def test_summer_time_is_no_gap_and_zones_are_kept():
    hours = pd.date_range("2024-03-30 12:00", periods=24, freq="h", tz="Europe/Berlin")
    assert frequency_of(hours) == "hourly"
    assert [day(hour) for hour in dates_after(hours[:13], 2, "hourly")] == [
        "2024-03-31 01:00:00+01:00", "2024-03-31 03:00:00+02:00"
    ]  # fmt: skip
    days = pd.date_range("2024-03-25", periods=14, freq="D", tz="Europe/Berlin")
    assert frequency_of(days) == "daily"
    assert dates_after(days[:6], 8, "daily").equals(days[6:])


def test_dates_that_are_missing():
    months = pd.date_range("2020-10-31", periods=12, freq="ME")
    for index in (months.delete([3, 4]), months.to_period("M").delete([3, 4])):
        assert places_of(index, "monthly").tolist() == [0, 1, 2, 5, 6, 7, 8, 9, 10, 11]
        assert [day(date)[:7] for date in gaps_of(index, "monthly")] == ["2021-01", "2021-02"]
    assert gaps_of(months, "monthly") == []
    # without the first months of its years it is a monthly series with gaps, whatever the days between
    late = months.append(pd.date_range("2021-12-31", periods=24, freq="ME"))
    late = late[late.month > 2]
    assert spacing_of(late) == "monthly"
    assert frequency_of(late) is None


def test_dates_are_written_with_their_time_where_they_have_one():
    hours = pd.date_range("2000-01-01 22:00", periods=4, freq="h")
    assert [day(hour) for hour in hours][1:3] == ["2000-01-01 23:00:00", "2000-01-02"]
    assert day(pd.Period("2000Q1")) == "2000Q1"
    assert day(pd.Period("2021-01-03", "W-SUN")) == "2020-W53"
    assert day(pd.Timestamp(np.datetime64("12000-01-02", "s"))) == "12000-01-02"  # a slip that is no year of Python's


def test_any_dates_that_rise():
    days = pd.date_range("2000", periods=9, freq="B")
    assert dated_history(pd.Series(range(9), index=days), 6, None)[1] is days
    with pytest.raises(ValueError, match="oldest first"):
        dated_history(pd.Series(range(9), index=days[::-1]), 6, None)
    weeks = pd.Series(range(8), index=pd.date_range("2000", periods=9, freq="W").delete(4))
    with pytest.raises(ValueError, match="weekly dates without a gap"):
        dated_history(weeks, 6, "weekly")


def test_several_columns():
    frame = pd.DataFrame({"b": VALUES, "a": VALUES + 1, "c": VALUES + 2}, index=YEARS)
    values, dates = dated_history(frame, 6, "annual", 2, ["a", "c"])
    np.testing.assert_array_equal(values, frame[["a", "c"]])
    assert dates.equals(YEARS)
    np.testing.assert_array_equal(dated_history(frame, 6, "annual", 3)[0], frame)
    np.testing.assert_array_equal(dated_history(frame.to_numpy(), 6, "annual", 3)[0], frame)
    np.testing.assert_array_equal(dated_history(frame, 6, "annual", 1, ["a"])[0], frame["a"])
    for columns in (["a", "x"], ["a", "b"]):
        with pytest.raises(ValueError, match="Received: a DataFrame of shape "):
            dated_history(frame.set_axis(["a", "b", "b"], axis=1), 6, "annual", 2, columns)
    with pytest.raises(ValueError, match=r"must have 2 columns. Received: a DataFrame of shape \(8, 3\)"):
        dated_history(frame, 6, "annual", 2)
    frame.iloc[2, 1] = np.nan
    with pytest.raises(ValueError, match=r"Received: nan at position \(2, 1\)"):
        dated_history(frame, 6, "annual", 3)
    with pytest.raises(TypeError, match="must be numbers"):
        dated_history(frame.astype("string"), 6, "annual", 3)
