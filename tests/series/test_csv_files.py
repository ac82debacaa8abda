"""Series from CSV files."""

import pandas as pd
import pytest

from keras_rnn.series.csv_files import read_columns


@pytest.fixture
def csv(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "data.csv"
        path.write_text(text, encoding=encoding)
        return path

    return write


ROWS = "".join(f"{y}-01-01,{y - 2000}.5\n" for y in range(2010, 2017))


def test_csv_as_fred_writes_it(csv):
    series = read_columns(csv("observation_date,GS10\n" + ROWS)).iloc[:, 0]
    assert series.name == "GS10"
    assert series.index.name == "observation_date"
    assert series.iloc[0] == 10.5
    assert series.index[0] == pd.Timestamp("2010-01-01")


def test_csv_with_years_comments_other_columns_and_a_byte_order_mark(csv):
    text = "# a comment\nyear, a, b\n" + "".join(f"{y}, {y}, 1\n" for y in range(2010, 2017))
    series = read_columns(csv(text, "utf-8-sig"), column="a").iloc[:, 0]
    assert series.index.tolist() == list(range(2010, 2017))
    assert series.tolist() == list(range(2010, 2017))


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", None, "numbers in another. Received: data.csv with the first line ''"),
        ("date,GS10\n", None, "Received: data.csv with the first line 'date,GS10', 0 more"),
        ("date\n2010-01-01\n", None, "Received: data.csv with the first line 'date', 1 more"),
        ("date,GS10\n" + ROWS, "GS30", "`column` must be one of GS10. Received: 'GS30'"),
        ("date,a,b\n2010-01-01,1,2\n", None, "one of a, b. Received: none for data.csv"),
        ("date,GS10\n" + ROWS + "2017-01-01,.\n2018-01-01,.\n", None, r"Received: '\.' \(missing\) at 2017-01-01, 2"),
        ("date,GS10\n" + ROWS + "2017-01-01,\n", None, r"Received: '' \(missing\) at 2017-01-01"),
        ("date,GS10\n" + ROWS + "2017-01-01\n", None, r"Received: '' \(missing\) at 2017-01-01"),
        ("date,GS10\n" + ROWS + "2017-01-01,abc\n", None, "Received: 'abc' at 2017-01-01"),
        ("date,GS10\n" + ROWS + "2017-01-01,inf\n", None, "Received: 'inf' at 2017-01-01"),
        ("date,GS10\n" + ROWS + "tomorrow,1\n", None, "Received: 'tomorrow' in data.csv"),
        ("date,GS10\n" + ROWS + ",1\n", None, "Received: '' in data.csv"),
        ("<!DOCTYPE html>\n<html><body>Not found</body></html>\n", None, "Received: data.csv"),
        (ROWS, None, "with a header, .* Received: data.csv with the first line '2010-01-01,10.5', 6 more"),
        ("2010,1\n2011,2\n", None, "with the first line '2010,1'"),
        ("date;GS10\n2010-01-01;1\n", None, "separated by commas, .* with the first line 'date;GS10'"),
        ("date,GS10\n2010-01-01,1,2,3\n2011-01-01,1\n", None, "Received: "),
    ],
)
def test_bad_csv(csv, text, column, message):
    with pytest.raises(ValueError, match=message):
        read_columns(csv(text), column)


def test_csv_that_is_none(tmp_path):
    (tmp_path / "binary.csv").write_bytes(bytes(range(128, 256)) * 8)
    for path in (tmp_path / "absent.csv", tmp_path, tmp_path / "binary.csv"):
        with pytest.raises(ValueError, match="Received: "):
            read_columns(path)


def test_several_columns(csv):
    path = csv("date,a,b,c\n2010-01-01,1,2,x\n2011-01-01,3,4,5\n")
    frame = read_columns(path, "b", ["a"])
    assert list(frame.columns) == ["b", "a"]
    assert frame.to_numpy().tolist() == [[2, 1], [4, 3]]
    assert frame.index.name == "date"
    for others, found in (
        (["c"], "Received: 'x' at 2010-01-01"),
        (["b"], "'b' twice"),
        (["d"], "a, b, c. Received: 'd'"),
    ):
        with pytest.raises(ValueError, match=found):
            read_columns(path, "b", others)
