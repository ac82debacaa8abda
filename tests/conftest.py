"""What several test files need: fresh processes, and the shipped models."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def _no_data_of_the_users(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_RNN_DATA", str(tmp_path_factory.mktemp("user_data")))
        yield


def inherited():
    """The environment for other processes, without settings of TensorFlow, Keras and pytest."""
    dropped = ("TF_", "KERAS_", "PYTEST_")
    return {k: v for k, v in os.environ.items() if k == "KERAS_RNN_DATA" or not k.startswith(dropped)}


def run(capsys, *arguments):
    """`keras-rnn` in this process, which has TensorFlow loaded already: exit code, standard output, standard error."""
    from keras_rnn.cli.app import main

    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as end:
        code = end.code
    return code, *capsys.readouterr()


def ticks(axis):
    """The labels of a picture's axis."""
    return [label.get_text() for label in axis.get_ticklabels()]


def drawn(figure):
    """A picture's first axes, drawn as when saved: whatever matplotlib has to warn of it does here."""
    figure.canvas.draw()
    assert figure.get_size_inches()[0] == 8
    assert figure.dpi == 150
    return figure.axes[0]


@pytest.fixture
def fresh(tmp_path):
    """Run Python code in a process of its own, outside the checkout, and return what it printed."""

    def run(code: str, **environment: str) -> str:
        env = inherited() | environment
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=env)
        assert done.returncode == 0, done.stderr
        run.stderr = done.stderr
        return done.stdout

    return run


@pytest.fixture
def command(tmp_path):
    """Run `keras-rnn` in a process of its own, outside the checkout: exit code, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        env = inherited()
        line = [sys.executable, "-m", "keras_rnn", *arguments]
        done = subprocess.run(line, capture_output=True, text=True, cwd=tmp_path, env=env)
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture(scope="session")
def zoo():
    """The shipped models by full name, loaded once."""
    from keras_rnn import load
    from keras_rnn.catalog.names import zoo_names

    return {str(name): load(str(name)) for name in zoo_names()}
