"""`keras-rnn forecast`: GS10 and series of the user's, with intervals, remarks and pictures."""

import json

import pytest
from helpers import run

from keras_rnn import gs10_model, load_gs10


def test_forecast_and_nothing_else(command):
    assert command("forecast") == (0, "year  percent\n2026  4.31\n", "")


@pytest.mark.parametrize("runtime", ["litert", "keras"])
@pytest.mark.parametrize("preset", ["annual", "monthly"])
def test_forecast_with_levels(capsys, preset, runtime):
    code, out, err = run(capsys, "forecast", "--model", f"gs10/{preset}", "--steps", "3", "--levels", "80,95", "--json",
                         "--runtime", runtime)  # fmt: skip
    assert (code, err) == (0, "")
    found = json.loads(out)
    expected = gs10_model(preset).forecast(load_gs10(preset), 3, (80, 95))
    for column in expected.columns:
        assert list(found[column]) == [str(date) for date in expected.index]
        assert list(found[column].values()) == pytest.approx(expected[column].tolist(), abs=1e-5)


def test_forecast_of_a_file_with_a_picture(capsys, tmp_path):
    rows = "".join(f"{2000 + i // 12}-{i % 12 + 1:02}-01,{4 + i / 100:.2f}\n" for i in range(100))
    (tmp_path / "monthly.csv").write_text("observation_date,GS10\n" + rows)
    code, out, err = run(
        capsys,
        "forecast",
        str(tmp_path / "monthly.csv"),
        "--model",
        "gs10",
        "--steps",
        "2",
        "--plot",
        str(tmp_path / "p.png"),
    )
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["year", "2008", "2009"]
    assert "100 monthly values taken as 8 yearly means" in err
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "yearly.csv").write_text("year,a,b\n" + "".join(f"{y},4,{y - 2000}\n" for y in range(2002, 2010)))
    code, out, err = run(capsys, "forecast", str(tmp_path / "yearly.csv"), "--model", "gs10", "--column", "b", "--json")
    assert (code, err) == (0, "8 years 2002 to 2009, `,`\n")
    assert list(json.loads(out)["mean"]) == ["2010"]


def test_intervals_on_another_series_come_with_a_remark(capsys, tmp_path):
    (tmp_path / "s.csv").write_text("year,value\n" + "".join(f"{y},{y % 4}\n" for y in range(1980, 2020)))
    code, _, err = run(capsys, "forecast", str(tmp_path / "s.csv"), "--model", "gs10", "--levels", "80")
    assert (code, err) == (
        0,
        "40 years 1980 to 2019, `,`\nthe intervals are as wide as the model's errors on GS10, not on this series\n",
    )


def test_a_history_outside_what_the_model_knows_is_noted(capsys, tmp_path):
    (tmp_path / "s.csv").write_text("year,value\n" + "".join(f"{y},{y}\n" for y in range(2000, 2010)))
    kind = "values from 2,000 to 2,009: no yield in percent, which the model is made for\n"
    code, out, err = run(capsys, "forecast", str(tmp_path / "s.csv"), "--model", "gs10")  # it knows no range
    assert (code, err) == (0, f"10 years 2000 to 2009, `,`\n{kind}")
    assert out.split()[:3] == ["year", "value", "2010"]
    code, _, err = run(capsys, "forecast", str(tmp_path / "s.csv"), "--model", "gs10/levels")
    assert code == 0
    assert kind in err
    assert "values from 2004 to 2009 are outside the 2.40 to 13.91 that the model was trained on" in err


def test_a_file_as_people_have_it(capsys, tmp_path):
    rows = [f"{i % 12 + 1:02}/{2000 + i // 12};{4 + i / 100:.2f}".replace(".", ",") for i in range(30) if i != 20]
    (tmp_path / "s.csv").write_bytes("\n".join(["Zinsen", "Monat;Höhe", *rows[::-1], ""]).encode("latin-1"))
    line = ["forecast", str(tmp_path / "s.csv"), "--model", "gs10/monthly", "--steps", "2"]
    code, out, err = run(capsys, *line)
    assert (code, out) == (2, "")
    assert "s.csv must have a value for every month, or --fill to make them up. Received: 2001-09 missing" in err
    code, out, err = run(
        capsys, *line, "--fill", "linear", "--date-format", "%m/%Y", "--separator", ";", "--decimal", ","
    )
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["Monat", "2002-07", "2002-08"]
    assert err == (
        "30 months 2000-01 to 2002-06, `;`, decimal comma, dates %m/%Y; Latin-1; 1 line above the header skipped; "
        "newest first: put in order; filled on a line: 2001-09 missing\n"
    )


def test_pictures_of_months_and_years(capsys, tmp_path):
    for preset in ("annual", "monthly"):
        picture = tmp_path / f"{preset}.png"
        code, _, err = run(capsys, "forecast", "--model", f"gs10/{preset}", "--levels", "80", "--plot", str(picture))
        assert (code, err) == (0, f"wrote {picture}\n")
        assert picture.read_bytes().startswith(b"\x89PNG")
