"""The command as a whole: its help, its exit codes, both runtimes, readers that leave, Ctrl-C."""

import re
import sys

import pytest
from helpers import run

from keras_rnn.cli import app

# command → its options; a command has no others
OPTIONS = {
    "list": "--json",
    "show": "--insight --text --json",
    "generate": "--length --model --temperature --top-k --top-p --stop --seed --runtime --json",
    "forecast": "--column --separator --decimal --date-format --fill --steps --model --season --levels --plot "
    "--runtime --json",
    "backtest": "--column --separator --decimal --date-format --fill --steps --model --season --since "
    "--plot --plot-forecasts --json",
    "train char": "--text --out --cell --layers --units --window --activation --dropout --updates --epochs --minutes "
    "--batch --learning-rate --weight-decay --clip-norm --precision --patience --validation --validation-files "
    "--errors --max-vocabulary --bytes --model --new-characters --resume --log --tensorboard --processes --process "
    "--coordinator --seed --json",
    "train series": "--column --separator --decimal --date-format --fill --inputs --scaling --activation --layers "
    "--dropout --test --out --cell --window --units --updates --seed --json",
    "train gs10": "--csv --column --separator --decimal --date-format --fill --out --cell --window --units --updates "
    "--seed --json",
    "export": "--window --vocabulary --unit --frequency --columns --batch --quantize --calibration --json",
    "import-torch": "--nonlinearity --sequences --last --steps --json",
    "verify": "--json",
    "data show": "--json",
    "data refresh": "--from --accept-revisions --yes --dry-run --json",
    "web": "--port --no-browser --out --litert",
    "demo": "--out",
}


def test_the_help_of_a_command_shows_its_options_and_no_others(capsys):
    assert sorted({line.split()[0] for line in OPTIONS}) == sorted(app.keras_rnn.table)
    for line, options in OPTIONS.items():
        code, out, err = run(capsys, *line.split(), "--help")
        assert (code, err) == (0, "")
        assert out.startswith(f"Usage: keras-rnn {line} [OPTIONS]")
        shown = out.partition("\nOptions:\n")[2]  # a line of the text before may begin with one
        assert re.findall(r"^  (?:-\w, )?(--[\w-]+)", shown, re.MULTILINE) == [*options.split(), "--help"], line


def test_help_and_the_light_commands_import_little(fresh):
    lines = [line.split() for line in OPTIONS]
    code = f"""
import contextlib, io, sys
from keras_rnn.cli.app import main
out = io.StringIO()
with contextlib.redirect_stdout(out):
    assert main(["--help"]) == main(["--version"]) == main(["train", "--help"]) == 0
print(sorted({{"numpy", "pandas", "tensorflow"}} & set(sys.modules)))
print(sorted(name for name in sys.modules if name.startswith("keras_rnn.cli.")))
with contextlib.redirect_stdout(out):
    for line in {lines}:
        assert main([*line, "-h"]) == 0
    main(["list"]), main(["show", "char"]), main(["list", "--json"])
print(sorted({{"tensorflow", "keras", "pandas", "matplotlib"}} & set(sys.modules)))
assert all(command in out.getvalue() for command in {sorted(app.keras_rnn.table)})
"""
    assert fresh(code).splitlines() == [
        "[]", str([f"keras_rnn.cli.{name}" for name in ("app", "commands", "options", "train")]), "[]"
    ]  # fmt: skip


def test_version(capsys):
    from keras_rnn import __version__

    assert run(capsys, "--version") == (0, f"keras-rnn {__version__}\n", "")


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
    "line",
    [
        "generate he -n 40",
        "generate he -n 40 --temperature 3 --seed 5",
        "generate he --model char/hello_world/rnn_cell",
        "forecast --steps 4",
        "forecast --model gs10/levels/rnn_cell",
    ],
)
def test_both_runtimes_answer_alike(capsys, line):
    answers = [run(capsys, *line.split(), "--runtime", runtime) for runtime in ("litert", "keras", "auto")]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 0


@pytest.mark.parametrize("line", [["show", "char"], ["--help"]])
def test_no_traceback_when_the_reader_leaves(fresh, line):
    code = f"""
import subprocess, sys
first = subprocess.Popen([sys.executable, "-m", "keras_rnn", *{line}], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
first.stdout.close()
print(first.wait(), first.stderr.read())
"""
    assert fresh(code) == "0 b''\n"


def test_ctrl_c_is_one_line_and_130(capsys, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("keras_rnn.cli.list.list_models", stop)
    assert run(capsys, "list") == (130, "", "keras-rnn: interrupted\n")


def test_arguments_of_the_process(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["keras-rnn", "data", "show", "silver"])
    assert app.main() == 2
    assert capsys.readouterr().err.endswith("(`keras-rnn data show --help` explains)\n")
