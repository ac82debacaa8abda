"""Which GS10 is in use, and what a file of it must hold."""

from pathlib import Path

import numpy as np
import pytest

from keras_rnn import load_gs10
from keras_rnn.catalog.names import resolve
from keras_rnn.cli.app import main
from keras_rnn.gs10 import model as yields
from keras_rnn.gs10.files import GS10_FILE, data_folder, newest_gs10, parse_gs10, read_gs10
from keras_rnn.zoo.tasks import task_of

PACKAGED = GS10_FILE.read_text(encoding="utf-8")
LAST, MONTH = read_gs10()[0][-1], np.timedelta64(1, "M")
ROWS = PACKAGED[PACKAGED.index("1953-04-01") :].splitlines(keepends=True)


def months_more(count, value="4.50"):
    return "".join(f"{LAST + (1 + i) * MONTH}-01,{value}\n" for i in range(count))


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_RNN_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "gs10.csv"


def test_the_folder(monkeypatch, tmp_path):
    assert data_folder() != tmp_path
    monkeypatch.setenv("KERAS_RNN_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.setenv("KERAS_RNN_DATA", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert data_folder().name == "keras_rnn"
    assert not data_folder().is_relative_to(GS10_FILE.parents[1])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "header", ["observation_date,GS10", "\ufeffDATE,GS10", "# a comment\n\nobservation_date, GS10"]
)
def test_headers(header):
    months, values, left_out = parse_gs10(f"{header}\r\n2020-12-01,0.93\r\n2021-01-01,1.08")
    assert months.astype(str).tolist() == ["2020-12", "2021-01"]
    assert values.tolist() == [0.93, 1.08]
    assert left_out is None


@pytest.mark.parametrize("missing", [".", ""])
def test_a_last_month_without_a_value_is_left_out(missing):
    months, values, left_out = parse_gs10(f"DATE,GS10\n2020-12-01,0.93\n2021-01-01,{missing}\n")
    assert (months.astype(str).tolist(), values.tolist(), left_out) == (["2020-12"], [0.93], "2021-01")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Received: nothing"),
        ("DATE,GS10\n", "Received: 'DATE,GS10', 0 lines more"),
        ("<!DOCTYPE html>\n<html></html>\n", "header observation_date,GS10 .* Received: '<!DOCTYPE html>'"),
        ("DATE,GS30\n2020-01-01,1\n", "Received: 'DATE,GS30'"),
        ("DATE,GS10\n2020-01-01,1,2\n", "Received: '2020-01-01,1,2'"),
        ("DATE,GS10\n2020-01-02,1\n", "Received: '2020-01-02,1'"),
        ("DATE,GS10\n2020-13-01,1\n", "Received: '2020-13-01,1'"),
        ("DATE,GS10\n2020\n", "Received: '2020'"),
        ("DATE,GS10\n2020-01-01,1\n2020-03-01,1\n", "Received: 2020-01 followed by 2020-03"),
        ("DATE,GS10\n2020-01-01,1\n2020-01-01,1\n", "Received: 2020-01 followed by 2020-01"),
        ("DATE,GS10\n2020-02-01,1\n2020-01-01,1\n", "Received: 2020-02 followed by 2020-01"),
        ("DATE,GS10\n2020-01-01,.\n", r"Received: '.' \(missing\) at 2020-01"),
        ("DATE,GS10\n2020-01-01,.\n2020-02-01,1\n", r"Received: '.' \(missing\) at 2020-01"),
        ("DATE,GS10\n2020-01-01,1\n2020-02-01,.\n2020-03-01,.\n", r"Received: '.' \(missing\) at 2020-02"),
        ("DATE,GS10\n2020-01-01,nan\n", "Received: 'nan' at 2020-01"),
        ("DATE,GS10\n2020-01-01,1e1\n", "Received: '1e1' at 2020-01"),
        ("DATE,GS10\n2020-01-01,-0.1\n", "0 to 25 percent. Received: -0.1 at 2020-01"),
        ("DATE,GS10\n2020-01-01,25.1\n", "Received: 25.1 at 2020-01"),
        (f"DATE,GS10\n2020-01-01,{'9' * 400}\n", "Received: 9+ at 2020-01"),
        ("DATE,GS10\n2020-01-01,1\n2020-02-01,4.1\n", "within 3 points .* Received: 1 before 4.1 at 2020-02"),
    ],
)
def test_what_is_no_gs10(text, message):
    with pytest.raises(ValueError, match=message):
        parse_gs10(text)


def test_the_packaged_file_passes_and_is_in_use():
    months, values, left_out = parse_gs10(PACKAGED)
    np.testing.assert_array_equal(months, read_gs10()[0])
    np.testing.assert_array_equal(values, read_gs10()[1])
    assert left_out is None
    assert (newest_gs10().file, newest_gs10().remark) == (GS10_FILE, None)


def test_the_users_file_is_in_use_where_it_ends_later(file):
    task, scale = task_of(resolve("gs10/levels")), yields.training_range()
    file.write_text(PACKAGED.replace("1953-04-01,2.83", "1953-04-01,2.84") + months_more(12))
    assert newest_gs10().file == file
    assert str(load_gs10("monthly").index[-1]) == str(LAST + 12 * MONTH)
    assert len(load_gs10()) == len(load_gs10("annual", "packaged")) + 1
    np.testing.assert_array_equal(load_gs10("monthly", "packaged"), read_gs10()[1])
    np.testing.assert_array_equal(task_of(resolve("gs10/levels")).inputs, task.inputs)
    assert yields.training_range() == scale


def test_forecasts_are_from_the_newest(file, capsys):
    file.write_text(PACKAGED + months_more(12))
    assert main(["forecast"]) == 0
    out, err = capsys.readouterr()
    following = load_gs10("annual", "packaged").index[-1] + 2
    assert (out.splitlines()[1].split()[0], err) == (str(following), "")


@pytest.mark.parametrize("text", [PACKAGED, PACKAGED.replace("-01,4.47", "-01,4.48"), PACKAGED.rpartition("20")[0]])
def test_a_file_that_ends_no_later_is_passed_over(file, text):
    file.write_text(text)
    assert newest_gs10().file == GS10_FILE
    assert newest_gs10().remark is None


DAMAGED = {
    "empty": b"",
    "binary": b"\x80\xff" * 100,
    "gap": (PACKAGED + months_more(3)).replace("1990-01-01", "1990-02-01").encode(),
    "cut": (PACKAGED + months_more(3)[:-6]).encode(),
    "late start": ("DATE,GS10\n" + "".join(ROWS[1:]) + months_more(2)).encode(),
}


@pytest.mark.parametrize("contents", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_named_and_left_aside(file, contents, capsys):
    file.write_bytes(contents)
    with pytest.warns(UserWarning, match=f"packaged GS10 is used instead of {file}: .") as caught:
        series = load_gs10("monthly")
    assert Path(caught[0].filename) == Path(__file__)
    np.testing.assert_array_equal(series, read_gs10()[1])
    for arguments in (["forecast"], ["data", "show", "gs10"]):
        assert main(arguments) == 0
        err = capsys.readouterr().err
        assert str(file) in err
        assert err.count("\n") == 1
    assert file.read_bytes() == contents


def test_a_folder_in_the_files_place_and_a_file_in_the_folders(file, monkeypatch, tmp_path):
    file.mkdir()
    assert "Is a directory" in newest_gs10().remark
    (tmp_path / "file").touch()
    monkeypatch.setenv("KERAS_RNN_DATA", str(tmp_path / "file"))
    assert newest_gs10().remark is None


@pytest.mark.parametrize("source", ["latest", None])
def test_another_source(source):
    with pytest.raises(ValueError, match="one of 'newest', 'packaged'. Received: "):
        load_gs10("annual", source)
