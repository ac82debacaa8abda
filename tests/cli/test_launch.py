"""What becomes of several processes of one command, told by stand-ins that end as they are told to."""

import subprocess
import sys

import click
import pytest

from keras_rnn.cli import launch
from keras_rnn.cli.train_char import command


@pytest.mark.parametrize(
    ("ends", "code"),
    [((0, 0), 0), ((3, 0), 3), ((0, 1), "process 1 of 2 ended with code 1"),
     ((0, -9), "process 1 of 2 ended with code -9"), ((-9, -9), "process 0 of 2 ended with code -9")],
)  # fmt: skip
def test_the_code_of_whichever_failed(monkeypatch, ends, code):
    start = subprocess.Popen

    def stand_in(line, **settings):
        end = ends[int(line[line.index("--process") + 1])]
        what = f"import os; os.kill(os.getpid(), {-end})" if end < 0 else f"raise SystemExit({end})"
        process = start([sys.executable, "-c", what], **settings)
        process.wait()  # both have ended before anyone looks
        return process

    monkeypatch.setattr(launch.subprocess, "Popen", stand_in)
    if isinstance(code, int):
        assert launch.run_together(["list"], [], 2) == code
    else:
        with pytest.raises(ChildProcessError, match=code):
            launch.run_together(["list"], [], 2)


def test_every_process_gets_the_same_line(monkeypatch):
    """A text's name may begin as an option's does."""
    said = ["--seed", "3", "--bytes", "--processes", "2", "--out", "-o", "--", "-a.txt", "b.txt"]
    start, lines = subprocess.Popen, []

    def stand_in(line, **settings):
        lines.append(line)
        return start([sys.executable, "-c", ""], **settings)

    context = command.make_context(
        "train", list(said), parent=click.Context(click.Group("keras-rnn"), info_name="keras-rnn")
    )
    monkeypatch.setattr(launch.subprocess, "Popen", stand_in)
    launch.run_together(*launch.same_line(context), 2)
    for process, line in enumerate(lines):
        assert line[1:4] == ["-m", "keras_rnn", "train"]
        params = command.make_context("train", line[4:]).params
        assert params.pop("coordinator").startswith("127.0.0.1:")
        assert params == {name: value for name, value in context.params.items() if name != "coordinator"} | {
            "process": process
        }
