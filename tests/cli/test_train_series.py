"""`keras-rnn train series`, and `forecast` and `backtest` by what it wrote."""

import json

import numpy as np
import pandas as pd
import pytest
from helpers import run

from keras_rnn import load
from keras_rnn.cli.app import main
from keras_rnn.series.csv_files import read_columns

UNDERSTOOD = "90 quarters 2000-01-01 to 2022-04-01, `,`\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Quarters of two columns, and a model of each and of both."""
    folder = tmp_path_factory.mktemp("series")
    wave = np.sin(np.arange(90) / 3)
    dates = pd.date_range("2000-01-01", periods=90, freq="QS")
    frame = pd.DataFrame({"other": wave, "sales": 1e4 * (3 + np.roll(wave, 1))}, index=dates)
    frame.to_csv(folder / "shop.csv", index_label="quarter")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        sizes = ["--window", "4", "--units", "6", "--updates", "200", "--json"]
        assert main(["train", "series", "shop.csv", "--column", "sales", *sizes]) == 0
        assert main(["train", "series", "shop.csv", "--column", "sales", "--inputs", "other", "--out", "both",
                     "--cell", "rnn_cell", "--test", "12", *sizes]) == 0  # fmt: skip
    return folder


def test_the_folder_is_complete_and_its_card_tells(folder):
    assert sorted(path.name for path in (folder / "shop_sales").iterdir()) == [
        "1", "README.md", "card.json", "model.keras", "model.tflite"
    ]  # fmt: skip
    card = json.loads((folder / "shop_sales" / "card.json").read_text())
    assert card["title"] == "sales of shop.csv, cell simple_rnn"
    assert card["data"]["description"] == (
        "Column sales: 90 quarterly values, 2000-01-01 to 2022-04-01; trained to 2017-10-01."
    )
    assert card["recipe"]["windows"] == 90 - 18 - 4
    assert card["metrics"]["test_rmse"] < card["metrics"]["test_rmse_of_persistence"]
    page = (folder / "both" / "README.md").read_text()
    assert "## Backtest, 2019-07-01 to 2022-04-01" in page
    assert "in the unit of the series" in page
    assert "other are held at their last values" in page


def test_forecast(capsys, folder):
    for name in ("shop_sales", "both"):
        answers = []
        for runtime in ("litert", "keras"):
            code, out, err = run(capsys, "forecast", str(folder / "shop.csv"), "--model", str(folder / name),
                                 "--steps", "3", "--levels", "60", "--runtime", runtime)  # fmt: skip
            assert (code, err) == (0, UNDERSTOOD)
            answers.append(out)
        assert answers[0] == answers[1]
        lines = [line.split() for line in answers[0].splitlines()]
        assert lines[0] == ["quarter", "sales", "lo_60", "hi_60"]
        assert [line[0] for line in lines[1:]] == ["2022-07-01", "2022-10-01", "2023-01-01"]
        assert "." not in lines[1][1]  # of tens of thousands nobody wants the hundredths
        model = load(str(folder / name))
        frame = read_columns(folder / "shop.csv", "sales", ["other"])
        expected = model.forecast(frame if name == "both" else frame["sales"], 3, 60)
        np.testing.assert_allclose([[float(x) for x in line[1:]] for line in lines[1:]], expected, atol=0.51)


def test_forecast_with_a_picture_shows_the_test_part(capsys, folder):
    picture = str(folder / "p.png")
    options = ["forecast", str(folder / "shop.csv"), "--model", str(folder / "both"), "--plot", picture, "--json"]
    code, out, err = run(capsys, *options)
    assert (code, err) == (0, f"{UNDERSTOOD}wrote {picture}\n")
    assert json.loads(out)["unit"] is None
    assert (folder / "p.png").read_bytes().startswith(b"\x89PNG")


def test_backtest_begins_after_the_training(capsys, folder):
    options = ["backtest", str(folder / "shop.csv"), "--model", str(folder / "both")]
    code, out, err = run(capsys, *options, "--json", "--steps", "2")
    assert (code, err) == (0, UNDERSTOOD)
    tables = json.loads(out)["by_horizon"]
    assert {h: rows[0]["n"] for h, rows in tables.items()} == {"1": 12, "2": 11}
    card = json.loads((folder / "both" / "card.json").read_text())
    assert tables["1"][-1]["rmse"] == pytest.approx(card["metrics"]["test_rmse"])
    picture = str(folder / "w.png")
    code, out, err = run(capsys, *options, "--since", "2010", "--plot-forecasts", picture)
    assert code == 0
    assert err == f"{UNDERSTOOD}the model was trained on values up to 2019-04-01, which it has seen\nwrote {picture}\n"
    assert run(capsys, *options, "--since", "2020")[2] == UNDERSTOOD


@pytest.mark.slow
def test_hours_begin_after_the_training_too_and_are_dated(capsys, tmp_path):
    hours = pd.date_range("2020-01-01", periods=90, freq="h")
    pd.Series(np.sin(np.arange(90) / 3), hours, name="x").to_csv(tmp_path / "h.csv", index_label="hour")
    train = ["train", "series", str(tmp_path / "h.csv"), "--out", str(tmp_path / "m"), "--test", "20"]
    assert run(capsys, *train, "--window", "3", "--units", "3", "--updates", "25")[0] == 0
    code, out, err = run(capsys, "backtest", str(tmp_path / "h.csv"), "--model", str(tmp_path / "m"), "--json")
    assert (code, err) == (0, "90 hours 2020-01-01 to 2020-01-04 17:00:00, `,`\n")
    assert json.loads(out)["by_horizon"]["1"][0]["n"] == 20
    code, out, err = run(capsys, "forecast", str(tmp_path / "h.csv"), "--model", str(tmp_path / "m"))
    assert (code, err.count("\n")) == (0, 1)
    assert out.splitlines()[1].startswith("2020-01-04 18:00:00 ")


def test_backtest_of_the_same_series_but_later_or_without_its_training(capsys, folder, tmp_path):
    frame = pd.read_csv(folder / "shop.csv").tail(30)
    frame.to_csv(tmp_path / "late.csv", index=False)
    code, out, _ = run(capsys, "backtest", str(tmp_path / "late.csv"), "--model", str(folder / "both"), "--json")
    assert code == 0
    assert json.loads(out)["by_horizon"]["1"][0]["n"] == 12
    frame.tail(10).to_csv(tmp_path / "late.csv", index=False)
    code, _, err = run(capsys, "backtest", str(tmp_path / "late.csv"), "--model", str(folder / "both"), "--json")
    assert (code, err) == (
        0,
        "10 quarters 2020-01-01 to 2022-04-01, `,`\n"
        "the model was trained on values up to 2019-04-01, which it has seen\n",
    )


def test_random_weights_and_progress_on_standard_error(capsys, tmp_path):
    (tmp_path / "s.csv").write_text("x,y\n" + "".join(f"{1900 + i},{i % 3}\n" for i in range(60)))
    code, printed, err = run(capsys, "train", "series", str(tmp_path / "s.csv"), "--out", str(tmp_path / "s"),
                             "--window", "3", "--units", "3", "--updates", "25", "--scaling", "levels")  # fmt: skip
    assert code == 0
    assert "from random weights" in err
    assert [line.split(":")[0].split(",")[0] for line in printed.splitlines()] == [
        "trained on 45 windows", "test part", f"wrote {tmp_path / 's'}"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("forecast --model both", "CSV must be a file with the model's series. Received: none"),
        ("backtest --model both", "CSV must be a file with the model's series. Received: none"),
        (
            "forecast only.csv --model both",
            "reads sales, other: Further columns must be one of sales. Received: 'other'",
        ),
        ("forecast shop.csv --model both --levels 95", "at least 19 for a level of 95. Received: 10"),
        ("backtest shop.csv --model both --plot ok.png --plot-forecasts bad.xyz", "must end in one of"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_left(capsys, folder, monkeypatch, line, message):
    monkeypatch.chdir(folder)
    (folder / "only.csv").write_text("quarter,sales\n" + "".join(f"20{i:02}-01-01,{i}\n" for i in range(10, 30)))
    before = sorted(folder.iterdir())
    code, out, err = run(capsys, *line.split())
    assert (code, out) == (2, "")
    assert err.count("\n") == 1, err
    assert message in err
    assert sorted(folder.iterdir()) == before
