"""The command as its users meet it: in processes of its own, outside the checkout."""

import json

import pytest
from helpers import run

from keras_rnn.catalog.names import find, zoo_names
from keras_rnn.core.parity import Check

COMMANDS = ["list", "show", "generate", "forecast", "train", "export", "import-torch", "verify", "data", "demo"]


def test_help_imports_no_tensorflow(fresh):
    code = f"""
import contextlib, io, sys
from keras_rnn.cli.app import main
out = io.StringIO()
with contextlib.redirect_stdout(out):
    for arguments in [["--help"], ["--version"]] + [[c, "--help"] for c in {COMMANDS}]:
        try:
            main(arguments)
        except SystemExit as end:
            assert end.code == 0
    main(["list"]), main(["show", "char"]), main(["list", "--json"])
assert all(c in out.getvalue() for c in {COMMANDS})
print({{"tensorflow", "keras", "pandas"}} & set(sys.modules))
"""
    assert fresh(code) == "set()\n"


def test_generate_and_nothing_else(command):
    assert command("generate", "he", "-n", "5") == (0, "hello w\n", "")


def test_forecast_and_nothing_else(command):
    assert command("forecast") == (0, "year  percent\n2026  4.31\n", "")


def test_generate_and_forecast_take_litert_by_default_and_import_no_tensorflow(fresh):
    code = """
import sys
from keras_rnn.cli.app import main
assert main(["generate", "he", "-n", "40"]) == main(["generate", "he", "--temperature", "1", "--seed", "1"]) == 0
assert main(["forecast", "--steps", "2", "--json"]) == 0
print({"tensorflow", "keras"} & set(sys.modules))
"""
    assert fresh(code).splitlines()[-1] == "set()"


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate", "he", "-n", "40"],
        ["generate", "he", "-n", "40", "--temperature", "3", "--seed", "5"],
        ["generate", "he", "--model", "char/hello_world/rnn_cell"],
        ["forecast", "--steps", "4"],
        ["forecast", "--model", "gs10/levels/rnn_cell"],
    ],
    ids=" ".join,
)
def test_both_runtimes_answer_alike(capsys, arguments):
    answers = [run(capsys, *arguments, "--runtime", runtime) for runtime in ("litert", "keras", "auto")]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 0


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["he", "-n", "9"], "hello world"),
        (["he", "--length", "0"], "he"),
        (["he", "-n", "20", "--stop", " "], "hello"),
        (["he", "--model", "char/hello_world/rnn_cell"], "hello w"),
        (["he", "--model", str(find("char") / "model.keras")], "hello w"),
        (["he", "--model", str(find("char"))], "hello w"),
    ],
)
def test_generate(capsys, arguments, text):
    assert run(capsys, "generate", *arguments) == (0, text + "\n", "")


def test_generate_draws_with_a_seed(capsys):
    options = [
        "generate",
        "he",
        "-n",
        "30",
        "--temperature",
        "5",
        "--top-k",
        "6",
        "--top-p",
        "0.95",
        "--json",
        "--seed",
    ]
    texts = [json.loads(run(capsys, *options, seed)[1])["text"] for seed in ("1", "1", "2")]
    assert texts[0] == texts[1] != texts[2]
    assert all(len(text) == 32 for text in texts)


def test_list_and_show(capsys):
    code, out, _ = run(capsys, "list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == [str(name) for name in zoo_names()]
    listed = json.loads(run(capsys, "list", "--json")[1])
    assert listed[0]["metrics"]["accuracy"] == 1.0
    assert run(capsys, "show", "char")[1] == (find("char") / "README.md").read_text()
    assert json.loads(run(capsys, "show", "char", "--json")[1]) == json.loads((find("char") / "card.json").read_text())
    out = run(capsys, "show", str(find("gs10") / "model.tflite"))[1]
    assert "serving_default  history float32 (1, 6)" in out
    shown = json.loads(run(capsys, "show", str(find("gs10/levels") / "model.tflite"), "--json")[1])
    assert shown["signatures"]["step"]["inputs"]["h_0"] == {"dtype": "float32", "shape": [1, 20]}
    assert shown["primary"] == "serving_default"
    assert ["float32 (20, 20)", 1600] in shown["tensors"]
    assert shown["metadata"]["settings"]["unit"] == "percent"
    out = run(capsys, "show", str(find("gs10/levels") / "model.keras"))[1]
    assert "GS10Model" in out
    assert "461" in out
    shown = json.loads(run(capsys, "show", str(find("gs10") / "model.keras"), "--json")[1])
    assert (shown["class"], shown["config"]["window"], shown["parameters"]) == ("GS10Model", 6, 440)


def test_forecast_of_a_file_with_a_picture(capsys, tmp_path):
    rows = "".join(f"{2000 + i // 12}-{i % 12 + 1:02}-01,{4 + i / 100:.2f}\n" for i in range(100))
    (tmp_path / "monthly.csv").write_text("observation_date,GS10\n" + rows)
    code, out, err = run(
        capsys, "forecast", str(tmp_path / "monthly.csv"), "--steps", "2", "--plot", str(tmp_path / "p.png")
    )
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["year", "2008", "2009"]
    assert "100 monthly values taken as 8 yearly means" in err
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "yearly.csv").write_text("year,a,b\n" + "".join(f"{y},4,{y - 2000}\n" for y in range(2002, 2010)))
    code, out, err = run(capsys, "forecast", str(tmp_path / "yearly.csv"), "--column", "b", "--json")
    assert (code, err) == (0, "")
    assert list(json.loads(out)["mean"]) == ["2010"]


@pytest.mark.parametrize("cell", ["rnn_cell", "simple_rnn"])
def test_train_a_text_then_generate_export_and_verify(capsys, tmp_path, cell):
    (tmp_path / "text.txt").write_text("abcabcabc", encoding="utf-8")
    out = str(tmp_path / "mine")
    options = ["--text", str(tmp_path / "text.txt"), "--out", out, "--cell", cell]
    sizes = ["--window", "1", "--units", "5", "--updates", "300", "--seed", "3"]
    code, printed, err = run(capsys, "train", "char", *options, *sizes)
    assert code == 0
    assert "trained on 8 windows: accuracy 1" in printed
    assert "300/300" in err
    assert run(capsys, "generate", "a", "-n", "4", "--model", out) == (0, "abcab\n", "")
    code, printed, _ = run(capsys, "export", f"{out}/model.keras", str(tmp_path / "again"))
    assert code == 0
    code, printed, _ = run(capsys, "verify", str(tmp_path / "again"), "--json")
    assert code == 0
    assert all(check["passed"] for check in json.loads(printed)[str(tmp_path / "again")])


def test_train_a_series(capsys, tmp_path):
    (tmp_path / "s.csv").write_text("year,value\n" + "".join(f"{y},{y % 5}\n" for y in range(1980, 2020)))
    code, out, err = run(capsys, "train", "gs10", "--csv", str(tmp_path / "s.csv"), "--out", str(tmp_path / "mine"),
                         "--updates", "400", "--json")  # fmt: skip
    assert (code, err) == (0, "")
    assert json.loads(out)["windows"] == 34
    assert json.loads(out)["training"]["mae"] < 0.5
    card = json.loads((tmp_path / "mine" / "card.json").read_text())
    assert (card["config"]["low"], card["config"]["high"]) == (0, 4)


def test_training_is_not_lost_when_the_export_is_refused(capsys, tmp_path, monkeypatch):
    from keras_rnn.artifacts import folder

    monkeypatch.setattr(folder, "verify_artifacts", lambda *_: [Check("LiteRT", "step", 1, 0.5, 1e-5, False)])
    code, out, err = run(capsys, "train", "char", "--out", str(tmp_path / "mine"), "--updates", "300")
    assert (code, out) == (1, "")
    assert "Received: LiteRT, step: a difference of 5.0e-01; the trained model is in " in err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.keras"]
    assert run(capsys, "generate", "he", "--model", str(tmp_path / "mine.keras"))[1] == "hello w\n"


def test_a_history_outside_what_the_model_knows_is_noted(capsys, tmp_path):
    (tmp_path / "s.csv").write_text("year,value\n" + "".join(f"{y},{y}\n" for y in range(2000, 2010)))
    assert run(capsys, "forecast", str(tmp_path / "s.csv"))[::2] == (0, "")  # it knows no range
    code, _, err = run(capsys, "forecast", str(tmp_path / "s.csv"), "--model", "gs10/levels")
    assert code == 0
    assert "values from 2004 to 2009 leave the 2.40 to 13.91 percent that the model was trained on" in err


def test_export_of_a_name_keeps_its_card(capsys, tmp_path):
    assert run(capsys, "export", "char/hello_world/rnn_cell", str(tmp_path / "out"))[0] == 0
    card, ours = (
        json.loads((f / "card.json").read_text()) for f in (tmp_path / "out", find("char/hello_world/rnn_cell"))
    )
    for key in ("name", "weights_sha256", "recipe", "limits", "data"):
        assert card[key] == ours[key]


def test_verify_says_when_something_fails(capsys, tmp_path):
    assert run(capsys, "verify", "gs10")[0] == 0
    assert run(capsys, "export", "char", str(tmp_path / "out"))[0] == 0
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    (tmp_path / "out" / "card.json").write_text(json.dumps(card | {"weights_sha256": ""}))
    code, out, _ = run(capsys, "verify", str(tmp_path / "out"))
    assert code == 1
    assert "FAILED another SHA-256" in out


CSV = "date,GS10\n" + "".join(f"{y}-01-01,4\n" for y in range(2000, 2010))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["generate"],
        ["generate", ""],
        ["generate", "h"],
        ["generate", "hx"],
        ["generate", "he", "-n", "-1"],
        ["generate", "he", "-n", "1000000000"],
        ["generate", "he", "-n", "many"],
        ["generate", "he", "--temperature", "nan"],
        ["generate", "he", "--top-p", "2"],
        ["generate", "he", "--model", "gs10"],
        ["generate", "he", "--model", "nope"],
        ["generate", "he", "--model", "nope.keras"],
        ["generate", "he", "--model", "damaged.keras"],
        ["generate", "he", "--runtime", "phone"],
        ["generate", "he", "--model", "damaged.tflite"],
        ["generate", "he", "--model", str(find("char") / "model.keras"), "--runtime", "litert"],
        ["generate", "he", "--model", str(find("char") / "model.tflite"), "--runtime", "keras"],
        ["generate", "he", "--model", str(find("gs10") / "model.tflite")],
        ["forecast", "nope.csv"],
        ["forecast", "empty.csv"],
        ["forecast", "missing.csv"],
        ["forecast", "short.csv"],
        ["forecast", "unsorted.csv"],
        ["forecast", "twice.csv"],
        ["forecast", "gap.csv"],
        ["forecast", "--column", "GS10"],
        ["train", "gs10", "--out", "out", "--column", "GS10"],
        ["show", ""],
        ["train", "gs10", "--out", "out", "--csv", "unsorted.csv"],
        ["train", "gs10", "--out", "out", "--csv", "gap.csv"],
        ["forecast", "good.csv", "--column", "GS30"],
        ["forecast", "good.csv", "--steps", "0"],
        ["forecast", "good.csv", "--model", "char"],
        ["forecast", "good.csv", "--plot", "/proc/nowhere/p.png"],
        ["forecast", "good.csv", "--plot", "p.xyz"],
        ["show", "nope"],
        ["show", "damaged.keras"],
        ["show", "damaged.tflite"],
        ["train", "char"],
        ["train", "words", "--out", "out"],
        ["train", "char", "--out", "good.csv"],
        ["train", "char", "--out", "."],
        ["train", "char", "--out", "/proc/nowhere"],
        ["train", "char", "--out", "out", "--text", "nope.txt"],
        ["train", "char", "--out", "out", "--text", "empty.csv"],
        ["train", "char", "--out", "out", "--text", "damaged.keras"],
        ["train", "char", "--out", "out", "--csv", "good.csv"],
        ["train", "gs10", "--out", "out", "--text", "good.csv"],
        ["train", "gs10", "--out", "out", "--csv", "short.csv"],
        ["train", "char", "--out", "out", "--updates", "0"],
        ["train", "char", "--out", "out", "--cell", "gru"],
        ["export", "damaged.keras", "out"],
        ["export", "stock.keras", "out"],
        ["export", "char", "."],
        ["export", "char", "out", "--window", "3"],
        ["forecast", "--plot", "p.png", "--runtime", "litert"],
        ["verify", "nope"],
        ["verify", "."],
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line_and_exit_code_2(capsys, tmp_path, monkeypatch, arguments):
    from keras_rnn.core.backend import keras

    monkeypatch.chdir(tmp_path)
    lines = CSV.splitlines(keepends=True)
    files = {
        "good.csv": CSV, "empty.csv": "", "missing.csv": CSV + "2010-01-01,.\n", "short.csv": "".join(lines[:5]),
        "unsorted.csv": "".join([lines[0], *reversed(lines[1:])]), "twice.csv": CSV + lines[-1],
        "gap.csv": "".join(lines[:4] + lines[5:]),
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    for name in ("damaged.keras", "damaged.tflite"):
        (tmp_path / name).write_bytes(b"\x80\xff" * 100)
    if "stock.keras" in arguments:
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save("stock.keras")
    before = sorted(tmp_path.rglob("*"))
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("keras-rnn")
    assert err.count("\n") == 1
    assert "Received: " in err or "--help` explains" in err
    assert sorted(tmp_path.rglob("*")) == before


def test_no_traceback_when_the_reader_leaves(fresh):
    code = """
import subprocess, sys
line = [sys.executable, "-m", "keras_rnn", "show", "char"]
first = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
first.stdout.close()
print(first.wait(), first.stderr.read())
"""
    assert fresh(code) == "0 b''\n"
