"""What needs no TensorFlow to be refused: one line, exit code 2, nothing written, and TensorFlow not imported."""

import json
import shlex
import subprocess
import sys

import pytest
from helpers import inherited

from keras_rnn.catalog.names import find

CSV = "date,GS10\n" + "".join(f"{y}-01-01,{4 + y % 3}\n" for y in range(2000, 2010))
LINES = CSV.splitlines(keepends=True)
QUARTERS = "".join(f"20{i // 4:02}-{3 * (i % 4) + 1:02}-01,{i},{i * i % 7}\n" for i in range(90))
FILES = {
    "good.csv": CSV, "empty.csv": "", "missing.csv": CSV + "2010-01-01,.\n2011-01-01,4\n",
    "short.csv": "".join(LINES[:5]),
    "unsorted.csv": "".join([LINES[0], *LINES[2:], LINES[1]]), "twice.csv": CSV + LINES[-1],
    "gap.csv": "".join(LINES[:4] + LINES[5:]), "flat.csv": "year,x\n" + "".join(f"{y},4\n" for y in range(1990, 2009)),
    "years.csv": "year,x\n" + "".join(f"{y},{y % 5}\n" for y in range(1990, 2009)),
    "shop.csv": f"quarter,other,sales\n{QUARTERS}", "text.txt": "abcabc", "full/card.txt": "", "x.npy": "",
    "ways.csv": "day,x\n" + "".join(f"{i:02}/01/2020,{i % 3}\n" for i in range(1, 13)),
    "sold.csv": "year,x\n" + "".join(f"{y},{y}\n" for y in range(1990, 2009)),
}  # fmt: skip
KERAS, TFLITE = find("char") / "model.keras", find("char") / "model.tflite"

# command line → what the one line must say of what was expected and received
REFUSED = {
    "": "Missing command. (`keras-rnn --help` explains)",
    "nonsense": "No such command 'nonsense'. (`keras-rnn --help` explains)",
    "list --text x": "No such option '--text'. (`keras-rnn list --help` explains)",
    # show
    "show": "Missing argument 'NAME-or-FILE'. (`keras-rnn show --help` explains)",
    "show ''": "Received: ''",
    "show nope": "a name of the zoo: char/hello_world/rnn_cell, char/hello_world/simple_rnn, char/shakespeare",
    "show damaged.keras": "must be a zip file. Received: 'damaged.keras'",
    "show damaged.tflite": "Received: ",
    "show char --text hold": "--text goes with --insight only. Received: 'hold'",
    "show char --insight x.txt": "must end in one of eps, jpeg, jpg, pdf, pgf, png, ps",
    "show char --insight none/x.png": "folder none must exist. Received: 'none/x.png'",
    "show char --insight .": "it is a folder",
    "show char --insight x.png --text ''": "--text must hold at least one character. Received: ''",
    f"show char --insight x.png --text {61 * 'h'}": "--text must hold at most 60 characters. Received: 61",
    f"show {TFLITE} --insight x.png": "NAME-or-FILE must be a folder or a .keras file for --insight. Received: ",
    # generate
    "generate": "Missing argument 'TEXT'",
    "generate ''": "TEXT must hold at least one character. Received: ''",
    "generate h": "TEXT must hold at least 2 characters, the window. Received: 'h'",
    "generate hx": "TEXT must hold only characters of the vocabulary ' dehlorw', which has no 'x'",
    "generate he -n -1": "--length must be from 0 to 100,000. Received: -1",
    "generate he -n 1000000000": "--length must be from 0 to 100,000. Received: 1000000000",
    "generate he -n many": "Invalid value for '-n' / '--length': 'many' is not a valid integer.",
    "generate he --temperature nan": "--temperature must be a finite number, at least 0. Received: nan",
    "generate he --temperature -1": "--temperature must be a finite number, at least 0. Received: -1.0",
    "generate he --top-k 0": "--top-k must be at least 1. Received: 0",
    "generate he --top-p 2": "--top-p must be from 0 to 1. Received: 2.0",
    "generate he --seed -1": "Invalid value for '--seed': -1 is not in the range",
    "generate he --stop ''": "--stop must not hold an empty string. Received: ('',)",
    "generate he --model gs10": "--model must be a char model. Received: 'gs10', a gs10",
    "generate he --model nope": "Received: 'nope'",
    "generate he --model nope.keras": "Received: 'nope.keras'",
    "generate he --model damaged.keras": "must be a zip file. Received: 'damaged.keras'",
    "generate he --model damaged.tflite": "Received: ",
    "generate he --runtime phone": "'phone' is not one of 'auto', 'litert', 'keras'",
    f"generate he --model {KERAS} --runtime litert": "Received: ",
    f"generate he --model {TFLITE} --runtime keras": "must be a .keras file. Received: ",
    f"generate he --model {find('gs10') / 'model.tflite'}": "--model must be a char model. Received: ",
    # forecast and backtest
    "forecast nope.csv": "Invalid value for '[CSV]': File 'nope.csv' does not exist.",
    "forecast .": "'.' is a directory",
    "forecast empty.csv": "a header, dates in the first column and numbers in another. Received: ",
    "forecast missing.csv --model gs10": "every year, or --fill to make them up. Received: 2010-01-01 empty",
    "forecast short.csv": "short.csv: CSV must hold at least 10 known values. Received: 4",
    "forecast unsorted.csv": "unsorted.csv, line 11: the first column must have dates in order. Received: 2009",
    "forecast twice.csv": "twice.csv, line 12: the first column must have each date once. Received: 2009-01-01 twice",
    "forecast gap.csv --model gs10": "a value for every year, or --fill to make them up. Received: 2003-01-01 missing",
    "forecast ways.csv": "by `%m/%d/%Y`. --date-format must say which",
    "forecast ways.csv --date-format %d.%m.%Y": "must hold dates such as '%d.%m.%Y'",
    "forecast good.csv --decimal x": "'x' is not one of '.', ','",
    "forecast --separator ;": "--separator goes with a CSV only. Received: ';'",
    "forecast years.csv --model gs10/monthly": "years.csv: dates must be monthly. Received: years",
    "forecast --column GS10": "--column goes with a CSV only. Received: 'GS10'",
    "forecast good.csv --column GS30": "--column must be one of GS10. Received: 'GS30'",
    "forecast good.csv --steps 0": "Invalid value for '--steps': 0 is not in the range x>=1.",
    "forecast good.csv --steps 1001": "--steps must be from 1 to 300. Received: 1001",
    "forecast good.csv --steps 1001 --model gs10": "--steps must be from 1 to 1,000. Received: 1001",
    "forecast good.csv --season x": "--season must be none or a number of values. Received: 'x'",
    "forecast good.csv --model char": "--model must be a gs10 or series or zero_shot model. Received: ",
    "forecast --levels '80;95'": "--levels must be percents such as 80,95. Received: '80;95'",
    "forecast --levels ''": "--levels must be percents such as 80,95. Received: ''",
    "forecast --levels 120": "--levels must be in percent, between 0 and 100. Received: [120.0]",
    "forecast --levels 80,80": "--levels must be different ones. Received: [80.0, 80.0]",
    "forecast --levels 99": "at least 99 for a level of 99. Received: 20",
    "forecast --levels 80 --model gs10/levels": "--levels must not be given for a model that carries no residuals",
    "forecast --plot /none/x.png": "folder /none must exist. Received: '/none/x.png'",
    "forecast --plot x.xyz": "must end in one of",
    "forecast --plot x.png --runtime litert": "--plot is drawn by Keras and does not go with --runtime litert",
    "backtest --steps 0": "Invalid value for '--steps': 0 is not in the range x>=1.",
    "backtest --since -1": "Invalid value for '--since': -1 is not in the range x>=0.",
    "backtest --column x": "--column goes with a CSV only. Received: 'x'",
    "backtest nope.csv": "Invalid value for '[CSV]': File 'nope.csv' does not exist.",
    "backtest --plot x.xyz": "must end in one of",
    "backtest --plot x.png --plot-forecasts none/x.png": "folder none must exist. Received: 'none/x.png'",
    # train
    "train": "Missing command. (`keras-rnn train --help` explains)",
    "train words --out out": "No such command 'words'. (`keras-rnn train --help` explains)",
    "train char": "Missing option '--out'. (`keras-rnn train char --help` explains)",
    "train char --out good.csv": "output folder must be one that can be written. Received: ",
    "train char --out .": "must not be the current one. Received: '.'",
    "train char --out full": "must be new, empty or an earlier export's",
    "train char --out /proc/nowhere": "output folder must be one that can be written. Received: '/proc/nowhere'",
    "train char --out out --window 0": "Invalid value for '--window': 0 is not in the range x>=1.",
    "train char --out out --units 0": "Invalid value for '--units': 0 is not in the range x>=1.",
    "train char --out out --updates 0": "Invalid value for '--updates': 0 is not in the range x>=1.",
    "train char --out out --seed -1": "Invalid value for '--seed': -1 is not in the range 0<=x<=2147483647.",
    "train char --out out --cell elman": "'elman' is not one of 'rnn_cell', 'simple_rnn', 'gru', 'lstm'",
    "train char --out out --activation elu": "'elu' is not one of 'tanh', 'relu'",
    "train char --out out --activation relu --cell gru": "--activation must be 'tanh' with cell 'gru'. Received: ",
    "train char --out out --text nope.txt": "TEXT must be a file, a folder or a glob. Received: 'nope.txt'",
    "train char --out out nope.txt --window 9": "TEXT must be a file, a folder or a glob. Received: 'nope.txt'",
    "train char --out out 'n*.txt' --window 9": "must be a glob that matches files. Received: 'n*.txt'",
    "train char --out out empty.csv": "TEXT must be longer than the window of 2 characters. Received: ''",
    "train char --out out empty.csv --window 9": "TEXT must hold text. Received: ['empty.csv'] (list), which is empty",
    "train char --out out damaged.keras": "must be UTF-8",
    "train char --out out text.txt --window 6": "must hold 7 characters at least",
    "train char --out out text.txt --window 5 --batch 9": "must hold 46 characters at least, for 9 rows",
    "train char --out out text.txt --window 5 --updates 1 --epochs 1": "Only one of --updates, --epochs and --minutes",
    "train char --out out text.txt --minutes 0": "--minutes must be a finite number, at least",
    "train char --out out text.txt --window 5 --dropout 1": "--dropout must be from 0 to 0.9. Received: 1.0",
    "train char --out out text.txt --window 5 --learning-rate 0": "--learning-rate must be a finite number",
    "train char --out out text.txt --window 5 --validation 1": "--validation must leave a text to train on",
    "train char --out out text.txt --window 5 --validation-files no.txt": "--validation-files must be a file, a folder",
    "train char --out out text.txt --resume": "no interrupted training at 'out.training.npz' to --resume",
    "train char --out out text.txt --model good.csv": "must be a .keras file. Received: 'good.csv'",
    "train char --out out text.txt --model char.keras --units 9": "--units goes without --model only",
    "train char --out out text.txt --model char.keras --bytes": "--bytes goes without --model only",
    "train char --out out text.txt --window 5 --new-characters add": "--new-characters goes with --model only",
    "train char --out out text.txt --window 5 --precision half": "'half' is not one of 'float32', 'mixed_bfloat16'",
    "train char --out out text.txt --window 5 --tensorboard b": "--tensorboard must be left out without the package",
    "train char --out out text.txt --window 5 --log /none/x.csv": "folder /none must exist",
    "train char --out out --csv good.csv": "No such option '--csv'",
    "train char --out out --inputs other": "No such option '--inputs'",
    "train gs10": "Missing option '--out'",
    "train gs10 --out full": "must be new, empty or an earlier export's",
    "train gs10 --out out --text text.txt": "No such option '--text'",
    "train gs10 --out out --activation relu": "No such option '--activation'",
    "train gs10 --out out --cell gru": "'gru' is not one of 'rnn_cell', 'simple_rnn'.",
    "train gs10 --out out --test 3": "No such option '--test'",
    "train gs10 --out out --column GS10": "--column goes with a CSV only. Received: 'GS10'",
    "train gs10 --out out good.csv --csv good.csv": "FILE and --csv are the same",
    "train gs10 --out out --csv unsorted.csv": "unsorted.csv, line 11: the first column must have dates in order",
    "train gs10 --out out gap.csv": "gap.csv must have a value for every year, or --fill to make them up. ",
    "train gs10 --out out --decimal .": "--decimal goes with a CSV only. Received: '.'",
    "train gs10 --out out short.csv": "short.csv: --csv must hold at least 7 values. Received: 4",
    "train gs10 --out out flat.csv": "--csv must hold values that change. Received: 4, 19 times",
    "train series": "Missing argument 'CSV'",
    "train series absent.csv": "Invalid value for 'CSV': File 'absent.csv' does not exist.",
    "train series shop.csv": "--column must be one of other, sales. Received: none for shop.csv",
    "train series shop.csv --column profit": "--column must be one of other, sales. Received: 'profit'",
    "train series shop.csv --column sales --inputs sales": "Received: 'sales' twice",
    "train series shop.csv --column sales --inputs other,profit": "Further columns must be one of other, sales. "
    "Received: 'profit'",
    "train series shop.csv --column sales --inputs ,": "--inputs must be columns such as A,B. Received: ','",
    "train series shop.csv --column sales --window 80": "CSV must hold 108 values: a window, 10 windows to learn from "
    "and the test part's 18 (--test). Received: 90",
    "train series shop.csv --column sales --test 2": "--test must be 0, or 3 periods or more. Received: 2",
    "train series shop.csv --column sales --test most": "--test must be a share up to 0.9 or a number of periods. "
    "Received: 'most'",
    "train series shop.csv --column sales --test 0.95": "--test must be from 0 to 0.9. Received: 0.95",
    "train series shop.csv --column sales --test -1": "--test must be at least 0. Received: -1",
    "train series shop.csv --column sales --scaling log": "'log' is not one of 'window', 'levels'",
    "train series shop.csv --column sales --cell gru --activation relu": "--activation must be 'tanh' with cell "
    "'gru'. Received: 'relu'",
    "train series shop.csv --column sales --layers 0": "Invalid value for '--layers': 0 is not in the range x>=1.",
    "train series shop.csv --column sales --dropout 1": "Invalid value for '--dropout': 1.0 is not in the range "
    "0<=x<=0.9.",
    "train series shop.csv --column sales --out shop.csv": "output folder must be one that can be written. Received: ",
    "train series flat.csv --test 3": "CSV must hold values that change. Received: 4, 16 times",
    "train series shop.csv --csv shop.csv": "No such option '--csv'",
    "train series shop.csv --text text.txt": "No such option '--text'. Did you mean '--test'? (`keras-rnn "
    "train series --help` explains)",
    # export, import-torch, verify, data, demo
    "export nope out": "a name of the zoo: char/hello_world/rnn_cell",
    "export damaged.keras out": "must be a zip file. Received: 'damaged.keras'",
    "export char .": "must not be the current one. Received: '.'",
    "export char full": "must be new, empty or an earlier export's",
    "export char out --batch 3": "--batch goes with an OUT that ends in .tflite only. Received: 'out'",
    "export char out --frequency secondly": "--frequency must be one of None, 'annual'",
    "export char out --vocabulary aa": "--vocabulary must hold each character once. Received: 'a' twice",
    "export char out --quantize float16": "--quantize goes with an OUT that ends in .tflite only. Received: 'out'",
    "export char out --calibration x.npy": "--calibration goes with an OUT that ends in .tflite only. Received: 'out'",
    "export char out.tflite --quantize int4": "'int4' is not one of 'float16', 'dynamic_range', 'int8'",
    "export char out.tflite --quantize int8": "--calibration must be windows for int8. Received: None",
    "export char out.tflite --calibration x.npy": "--calibration must not be given but for int8. Received: 'x.npy'",
    "export char out.tflite --quantize int8 --calibration x.npy": "must hold a NumPy array. Received: 'x.npy'",
    "export char /proc/nowhere/m.tflite": "output file must be one that can be written",
    "import-torch nope.pt m.keras": "FILE must be a file with a state_dict",
    "import-torch good.csv m.h5": "OUT.keras must end in .keras. Received: 'm.h5'",
    "import-torch good.csv /proc/nowhere/m.keras": "output file must be one that can be written",
    "import-torch good.csv m.keras --steps 0": "Invalid value for '--steps': 0 is not in the range x>=1.",
    "verify nope": "a name of the zoo: char/hello_world/rnn_cell",
    "verify char nope": "Received: 'nope'",
    "verify .": "A model's folder must hold card.json. Received: '.'",
    "data": "Missing command. (`keras-rnn data --help` explains)",
    "data show silver": "'silver' is not 'gs10'.",
    "data refresh gs10 --yes --dry-run": "--yes does not go with --dry-run",
    "demo --out good.csv": "output folder must be one that can be written. Received: ",
}  # fmt: skip

CODE = """
import contextlib, io, json, shlex, sys
from pathlib import Path
from keras_rnn.cli import main

def files():
    return sorted(map(str, Path().rglob("*")))

before, found = files(), {}
for line in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(shlex.split(line))
    heavy = sorted({"tensorflow", "keras", "torch", "matplotlib"} & set(sys.modules))
    found[line] = [code, out.getvalue(), err.getvalue(), heavy, files() == before]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def refusals(tmp_path_factory):
    """What the command says to each line, one after the other in one process of its own."""
    folder = tmp_path_factory.mktemp("refusals")
    (folder / "full").mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    for name in ("damaged.keras", "damaged.tflite"):
        (folder / name).write_bytes(b"\x80\xff" * 100)
    line = [sys.executable, "-c", CODE]
    done = subprocess.run(line, input=json.dumps(list(REFUSED)), capture_output=True, text=True, cwd=folder,
                          env=inherited())  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("line", REFUSED, ids=lambda line: shlex.join(shlex.split(line)[:6]) or "nothing")
def test_refused_in_one_line_without_tensorflow(refusals, line):
    code, out, err, heavy, unchanged = refusals[line]
    assert (code, out) == (2, "")
    assert err.startswith("keras-rnn: error: ")
    assert err.count("\n") == 1
    assert REFUSED[line] in err
    assert "None builds" not in err
    assert (heavy, unchanged) == ([], True)
