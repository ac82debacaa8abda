"""Fixtures of several test files: fresh processes, and the shipped models."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys

import pytest
from helpers import inherited

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in a shell's background, where what is begun here would, too
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _rare_collections():
    """What TensorFlow and Keras hold in millions of objects is not looked through again at every tracing."""
    gc.freeze()
    gc.set_threshold(100_000)


@pytest.fixture(scope="session", autouse=True)
def _no_data_of_the_users(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_RNN_DATA", str(tmp_path_factory.mktemp("user_data")))
        yield


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

    def run(*arguments: str, **variables: str) -> tuple[int, str, str]:
        env = inherited() | variables
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
