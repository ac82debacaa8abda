"""Series from CSV files: whatever writers make of them, one reading or none."""

import gzip
import random
import re

import numpy as np
import pandas as pd
import pytest

from keras_rnn.series.csv_files import read_columns
from keras_rnn.series.dates import frequency_of

MONTHS = pd.date_range("2019-01-01", periods=24, freq="MS")
VALUES = [round(900 + 17.31 * i % 400, 2) for i in range(24)]


@pytest.fixture
def csv(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "data.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


def table(dates, head="date,value", separator=",", number=str, values=VALUES):
    rows = [f"{date}{separator}{number(value)}" for date, value in zip(dates, values, strict=False)]
    return "\n".join([head, *rows]) + "\n"


def german(value):
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


ROWS = "".join(f"{y}-01-01,{y - 2000}.5\n" for y in range(2010, 2017))
PLAIN = table(MONTHS.strftime("%Y-%m-%d"))
LINE = "24 months 2019-01-01 to 2020-12-01"
BY_MONTH = "24 months 2019-01 to 2020-12"


@pytest.mark.parametrize(
    ("text", "encoding", "understood"),
    [
        (PLAIN, "utf-8", f"{LINE}, `,`"),
        (PLAIN, "utf-8-sig", f"{LINE}, `,`"),
        (PLAIN, "utf-16", f"{LINE}, `,`; UTF-16"),
        (PLAIN.replace("\n", "\r\n"), "utf-8", f"{LINE}, `,`"),
        (PLAIN.replace(",", ";"), "utf-8", f"{LINE}, `;`"),
        (PLAIN.replace(",", "\t"), "utf-8", f"{LINE}, `tab`"),
        (PLAIN.replace(",", "|"), "utf-8", f"{LINE}, `|`"),
        (table(MONTHS.strftime("%Y-%m"), "Monat,Umsätze"), "latin-1", f"{BY_MONTH}, `,`; Latin-1"),
        (table(MONTHS.strftime("%d.%m.%Y"), "Datum;Umsatz", ";", german), "utf-8",
         f"{LINE}, `;`, decimal comma, thousands marked, dates %d.%m.%Y"),
        (table(MONTHS.strftime("%m/%d/%Y")), "utf-8", f"{LINE}, `,`, dates %m/%d/%Y"),
        (table(MONTHS.strftime("%b-%Y")), "utf-8", f"{BY_MONTH}, `,`, dates %b-%Y"),
        (table(MONTHS.strftime('"%B %Y"')), "utf-8", f"{BY_MONTH}, `,`, dates %b %Y"),
        (table(MONTHS.strftime("%b-%y")), "utf-8", f"{BY_MONTH}, `,`, dates %b-%y"),
        (table(MONTHS.strftime('"%b %d, %Y"')), "utf-8", f"{LINE}, `,`, dates %b %d, %Y"),
        (table(MONTHS.strftime("%Y%m")), "utf-8", f"{BY_MONTH}, `,`, dates %Y%m"),
        (table(MONTHS.strftime("%m/%Y")), "utf-8", f"{BY_MONTH}, `,`, dates %m/%Y"),
        (table(MONTHS[::-1].strftime("%Y-%m-%d"), values=VALUES[::-1]), "utf-8",
         f"{LINE}, `,`; newest first: put in order"),
        ("Sales, north\nSource: own books\n\n" + PLAIN, "utf-8", f"{LINE}, `,`; 2 lines above the header skipped"),
        (PLAIN + "\nSource: own books\n", "utf-8", f"{LINE}, `,`; 1 line below the table skipped"),
        (PLAIN + "2021-01-01,\n2021-02-01,NA\n", "utf-8", f"{LINE}, `,`; 2 empty cells at the end dropped"),
        ("# a comment\n" + PLAIN.replace("\n", ",\n"), "utf-8", f"{LINE}, `,`"),
        (table(range(24)), "utf-8", "24 values without dates, `,`"),
        ("value\n" + "".join(f"{value}\n" for value in VALUES), "utf-8", "24 values without dates"),
        ("value\n" + "".join(f"{value}\n".replace(".", ",") for value in VALUES), "utf-8",
         "24 values without dates, decimal comma"),
    ],
)  # fmt: skip
def test_one_series_in_many_writings(csv, text, encoding, understood):
    series = read_columns(csv(text, encoding)).iloc[:, 0]
    assert series.tolist() == VALUES
    assert read_columns(csv(text, encoding)).attrs["understood"] == understood
    assert read_columns(csv(gzip.compress(text.encode(encoding)))).iloc[:, 0].tolist() == VALUES


def test_a_comma_in_a_header_a_format_by_days_of_the_year_and_a_stray_date(csv):
    text = "date;price, USD\n2020-01;1,234.5\n2020-02;1,234.5\n2020-03;1,234,567.5\n"
    assert read_columns(csv(text)).iloc[:, 0].tolist() == [1234.5, 1234.5, 1234567.5]
    days = "date,v\n" + "".join(f"2020{day:03},{day}\n" for day in range(1, 40))
    assert (
        read_columns(csv(days), date_format="%Y%j").attrs["understood"].startswith("39 days 2020-01-01 to 2020-02-08")
    )
    minutes = "date,v\n" + "".join(f"2020-01-01 00:{minute:02},1\n" for minute in range(30))
    with pytest.raises(ValueError, match="5,260,290 missing, the first after 2020-01-01 00:29"):
        read_columns(csv(minutes + "2030-01-01 00:00,2\n"), fill="last")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(b"value\n" + b"1\n" * 50, mtime=0)[:-9], "must be a whole gzip file"),
        (gzip.compress(bytes(2**27), mtime=0), "must unpack to at most 67,108,864 bytes"),
    ],
)
def test_damaged_and_bloated_gzip_files(csv, content, message):
    with pytest.raises(ValueError, match=message):
        read_columns(csv(content))


@pytest.mark.parametrize(
    ("dates", "frequency", "last"),
    [
        ([f"{2008 + i // 4}Q{i % 4 + 1}" for i in range(24)], "quarterly", "2013Q4"),
        ([f"Q{i % 4 + 1} {2008 + i // 4}" for i in range(24)], "quarterly", "2013Q4"),
        (pd.date_range("2021-01-04", periods=24, freq="W-MON").strftime("%G-W%V"), "weekly",
         "2021-06-14/2021-06-20"),
        (pd.date_range("2008-03-31", periods=24, freq="QE").strftime("%d.%m.%Y"), "quarterly", "2013-12-31"),
        (pd.date_range("2008-01-31", periods=24, freq="ME").strftime("%m/%d/%Y"), "monthly", "2009-12-31"),
        (pd.date_range("2024-01-01", periods=24, freq="B").strftime("%Y-%m-%d"), "business-daily", "2024-02-01"),
        (pd.date_range("2024-03-01", periods=24, freq="h").strftime("%Y-%m-%dT%H:%M:%S+01:00"), "hourly",
         "2024-03-01 23:00:00+01:00"),
        (pd.date_range("2024-01-13", periods=24, freq="h").strftime("%m/%d/%Y %I:%M %p"), "hourly",
         "2024-01-13 23:00:00"),
        (pd.date_range("2024-03-30 12:00", periods=24, freq="h", tz="Europe/Berlin").strftime("%Y-%m-%dT%H:%M%z"),
         "hourly", "2024-03-31 10:00:00+00:00"),  # summer time begins
        (pd.date_range("2024-03-20", periods=24, freq="D", tz="Europe/Berlin").strftime("%Y-%m-%dT%H:%M%z"),
         "daily", "2024-04-12"),
        (pd.date_range("2024", periods=24, freq="3D").strftime("%Y-%m-%d"), None, "2024-03-10"),
        (range(1990, 2014), "annual", "2013"),
    ],
)  # fmt: skip
def test_dates_of_every_frequency(csv, dates, frequency, last):
    frame = read_columns(csv(table(dates)))
    assert frequency_of(frame.index) == frequency
    assert str(frame.index[-1]).removesuffix(" 00:00:00") == last
    assert frame.index.name == "date"
    assert frame["value"].tolist() == VALUES


def test_thousands(csv):
    for separator, number in (
        (",", lambda value: f'"{100 * value:,.0f}"'),
        (";", lambda value: german(100 * value)),
        (";", lambda value: f"{100 * value:,.2f}".replace(",", "'")),
        ("\t", lambda value: f"{100 * value:,.2f}".replace(",", "\u202f").replace(".", ",")),
    ):
        frame = read_columns(csv(table(MONTHS.strftime("%Y-%m"), f"date{separator}value", separator, number)))
        np.testing.assert_allclose(frame["value"], 100 * np.array(VALUES))
    three = table(MONTHS.strftime("%Y-%m"), "date;value", ";", lambda value: f"{value / 10:.3f}")
    message = r"line 2: '90.000' can be read in two ways: 90 by `\.` or 90000 by `,`. `decimal` must say which"
    with pytest.raises(ValueError, match=message):
        read_columns(csv(three))
    for decimal, factor in ((".", 0.1), (",", 100)):
        np.testing.assert_allclose(read_columns(csv(three), decimal=decimal)["value"], factor * np.array(VALUES))


def test_dates_in_two_ways(csv):
    year = MONTHS[:12].strftime("%m/%d/%Y")
    message = re.escape(
        "data.csv, line 2: dates can be read in two ways: 12 days 2019-01-01 to 2019-01-12 by `%d/%m/%Y` "
        "or 12 months 2019-01-01 to 2019-12-01 by `%m/%d/%Y`. `date_format` must say which"
    )
    with pytest.raises(ValueError, match=message):
        read_columns(csv(table(year)))
    for how, frequency in (("%d/%m/%Y", "daily"), ("%m/%d/%Y", "monthly")):
        assert frequency_of(read_columns(csv(table(year)), date_format=how).index) == frequency
    with pytest.raises(ValueError, match="line 14: the first column must hold dates such as '%d/%m/%Y'.*'01/13/2019'"):
        read_columns(csv(table(pd.date_range("2019-01-01", periods=20).strftime("%m/%d/%Y"))), date_format="%d/%m/%Y")
    # a month and a day without a year are no months of 2001, 2002, …
    with pytest.raises(ValueError, match="line 2: the first column must hold dates such as .* Received: 'Jan-01'"):
        read_columns(csv(table(pd.date_range("2001-01-01", periods=20).strftime("%b-%d"))))


@pytest.mark.parametrize("fill", ["linear", "last"])
def test_gaps_are_named_and_filled_when_asked(csv, fill):
    days = pd.date_range("2024-01-01", periods=12).delete([4, 5])
    path = csv(table(days.strftime("%Y-%m-%d"), values=[1, 2, 3, 4, "", 9, 10, 11, 12, 13]))
    found = "2024-01-05 and 2024-01-06 missing, 2024-01-07 empty"
    with pytest.raises(ValueError, match=f"a value for every day, or `fill` to make them up. Received: {found}"):
        read_columns(path)
    frame = read_columns(path, fill=fill)
    middle = [5.25, 6.5, 7.75] if fill == "linear" else [4, 4, 4]
    assert frame["value"].tolist() == [1, 2, 3, 4, *middle, 9, 10, 11, 12, 13]
    assert frame.index.equals(pd.date_range("2024-01-01", periods=12))
    how = "on a line" if fill == "linear" else "with the last value"
    assert frame.attrs["understood"].endswith(f"; filled {how}: {found}")
    late = MONTHS[MONTHS.month > 2]  # months missing at the start of each year
    with pytest.raises(ValueError, match="every month, .* Received: 2020-01-01 and 2020-02-01 missing"):
        read_columns(csv(table(late.strftime("%Y-%m-%d"))))
    assert len(read_columns(csv(table(late.strftime("%Y-%m-%d"))), fill=fill)) == 22


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", None, "numbers in another. Received: data.csv with the first line ''"),
        ("date,GS10\n", None, "Received: data.csv with the first line 'date,GS10'"),
        ("date\n2010-01-01\n2011-01-01\n", None, "line 2: column 'date' must hold finite numbers. "),
        ("date,GS10\n2010-01-01,1\n", None, "must have two rows of numbers or more. Received: 1, 1 rows in all"),
        ("date,GS10\n2010-01-01,\n2011-01-01,\n", None, "two rows of numbers or more. Received: 0, 2 rows in all"),
        ("date,GS10\n" + ROWS, "GS30", "`column` must be one of GS10. Received: 'GS30'"),
        ("date,a,b\n2010-01-01,1,2\n", None, "one of a, b. Received: none for data.csv"),
        ("a,b\n2.5,1\n1.5,2\n", None, "one of a, b. Received: none for data.csv"),
        ("date,GS10\n" + ROWS + "2017-01-01,.\n2018-01-01,1\n", None, "every year, .* Received: 2017-01-01 empty"),
        ("date,GS10\n" + ROWS + "2017-01-01\n2018-01-01,1\n", None, "Received: 2017-01-01 empty"),
        ("date,GS10\n" + ROWS + "2017-01-01,abc\n", None, "data.csv, line 9: column 'GS10' .* Received: 'abc', 1 such"),
        ("date,GS10\n" + ROWS + "2017-01-01,inf\n", None, "line 9: .* Received: 'inf'"),
        ("date,GS10\n" + ROWS + "2017-01-01,1e999\n", None, "line 9: .* Received: '1e999'"),
        ("date,GS10\n" + ROWS + "tomorrow,1\n", None, "data.csv, line 9: .*, or years. Received: 'tomorrow'"),
        ("date,GS10\n" + ROWS + ",1\n", None, "line 9: .* Received: ''"),
        ("date,GS10\n" + ROWS + "2016-01-01,1\n", None, "line 9: .* each date once. Received: 2016-01-01 twice"),
        ("date,GS10\n2010,1\n2010,2\n2011,1\n2011,2\n", None, "line 3: .* each date once. Received: 2010 twice"),
        ("date,GS10\n" + ROWS + "2012-06-01,1\n", None, "line 9: .* in order. Received: 2016-01-01 before 2012-06-01"),
        ("date,GS10\n2020-01-01,1\n2020-01-05,2\n2020-01-11,3\n2020-02-20,1\n2020-02-22,3\n", None,
         "line 5: dates must follow each other regularly.* 5-daily ones, but 2020-01-11 followed by 2020-02-20"),
        ("<!DOCTYPE html>\n<html><body>Not found</body></html>\n", None, "Received: data.csv, which is HTML"),
        (b"PK\x03\x04 and the rest", None, "which is a spreadsheet or archive"),
        (bytes(range(256)) * 8, None, "which is not text"),
        ("once upon a time\nthere was a text, and that\nwas all\n", None, "with the first line 'once upon a time'"),
        (ROWS, None, "with a header|with the first line '2010-01-01,10.5'"),
        ("2010,1\n2011,2\n", None, "with the first line '2010,1'"),
        ("name,2010,2011\nsales,1,2\ncosts,2,3\n", None, "with the first line 'name,2010,2011'"),
        ("date;value\n2010,1\n2011,2\n", None, "with the first line 'date;value'"),
        ("value\n0,1.5\n1,2.5\n", None, "line 2: column 'value' must hold finite numbers. Received: '0,1.5'"),
        ("date,GS10\n2010-01-01,1\n2010-02-01,1,2,3\n2010-03-01,1\n", None, "line 3: a row must have 2 cells. .*: 4"),
    ],
)  # fmt: skip
def test_hopeless_files_are_refused_in_one_line(csv, text, column, message):
    with pytest.raises(ValueError, match=message) as raised:
        read_columns(csv(text), column)
    assert "\n" not in str(raised.value)


def test_what_is_no_file(tmp_path):
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(ValueError, match="`path` must be a CSV file. Received: "):
            read_columns(path)
    (tmp_path / "s.csv").write_text(PLAIN)
    for wrong in ({"separator": "x"}, {"decimal": ";"}, {"fill": "mean"}):
        with pytest.raises(ValueError, match="must be one of"):
            read_columns(tmp_path / "s.csv", **wrong)
    with pytest.raises(ValueError, match="Received: s.csv"):
        read_columns(tmp_path / "s.csv", separator=";")


def test_several_columns(csv):
    path = csv("date,a,b,c\n2010-01-01,1,2,x\n2011-01-01,3,4,5\n")
    frame = read_columns(path, "b", ["a"])
    assert list(frame.columns) == ["b", "a"]
    assert frame.to_numpy().tolist() == [[2, 1], [4, 3]]
    assert frame.index.name == "date"
    for others, found in (
        (["c"], "line 2: column 'c' must hold finite numbers. Received: 'x'"),
        (["b"], "'b' twice"),
        (["d"], "a, b, c. Received: 'd'"),
    ):
        with pytest.raises(ValueError, match=found):
            read_columns(path, "b", others)


WRITINGS = {
    "MS": ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%b-%Y", "%B %Y", "%Y-%m", "%Y%m%d", "%m/%Y", "%d %b %Y"],
    "ME": ["%Y-%m-%d", "%d.%m.%y", "%m/%d/%Y", "%d-%b-%y"],
    "D": ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%Y/%m/%d", "%d-%b-%Y"],
    "B": ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y"],
    "h": ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%SZ"],
    "W-SUN": ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y"],
    "YS": ["%Y", "%Y-%m-%d", "%d.%m.%Y"],
}


@pytest.mark.parametrize("seed", range(3))
def test_random_writers_are_read_back_or_refused_as_ambiguous(csv, seed):
    rng, refused = random.Random(seed), 0
    for _ in range(70):
        frequency = rng.choice(list(WRITINGS))
        how = rng.choice(WRITINGS[frequency])
        count = rng.randint(5, 60)
        dates = pd.date_range(f"{rng.randint(1970, 2023)}-{rng.randint(1, 12):02}-01", periods=count, freq=frequency)
        places, size = rng.randint(0, 4), 10 ** rng.uniform(0, 6)
        values = [round(rng.gauss(0, 1) * size, places) for _ in dates]
        decimal = rng.choice(".,")
        thousands = rng.choice(["", {",": ".", ".": ","}[decimal], " ", "'"])
        separator = rng.choice([";", "\t", "|"] if "," in (decimal, thousands) else [",", ";", "\t", "|"])
        marks = {",": thousands, ".": decimal}
        cells = ["".join(marks.get(sign, sign) for sign in f"{value:,.{places}f}") for value in values]
        rows = [f"{date}{separator}{cell}" for date, cell in zip(dates.strftime(how), cells, strict=True)]
        rows = rows[::-1] if rng.random() < 0.3 else rows
        title = rng.choice(["", "Own figures\n\n", "Own figures\nall of them\n"])
        end = rng.choice(["\n", "\r\n"])
        text = title + "\n".join([f"wann{separator}größe", *rows, ""])
        path = csv(text.replace("\n", end), rng.choice(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
        try:
            frame, error = read_columns(path), None
        except ValueError as raised:
            error = str(raised)
            frame = read_columns(path, decimal=decimal, date_format=how)
        assert error is None or "can be read in two ways" in error, text
        refused += error is not None
        assert frame["größe"].tolist() == values, text
        index = frame.index
        if isinstance(index, pd.DatetimeIndex):
            assert index.tz_localize(None).equals(dates), text
        else:  # months or years
            written = dates.to_period("M") if isinstance(index, pd.PeriodIndex) else dates.year
            assert index.equals(written), text
    assert refused < 21
