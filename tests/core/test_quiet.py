"""What is held back, and what is not."""

import os

import pytest

from keras_rnn.core.quiet import quiet_stderr


def test_held_back_and_given_back(capfd):
    with quiet_stderr():
        os.write(2, b"chatter\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_an_error_brings_it_all_out(capfd):
    with pytest.raises(ValueError, match="x"), quiet_stderr():  # noqa: PT012
        os.write(2, b"what went before\n")
        raise ValueError("x")
    assert capfd.readouterr().err == "what went before\n"


def test_threads_give_it_back(fresh):
    code = """
import os, threading
from keras_rnn.core.quiet import quiet_stderr
def work():
    for _ in range(200):
        with quiet_stderr(), quiet_stderr():
            os.write(2, b"chatter")
before = os.fstat(2)
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
print(os.fstat(2) == before)
"""
    assert fresh(code) == "True\n"
    assert fresh.stderr == ""


def test_without_standard_error(fresh):
    fresh("import os; os.close(2)\nfrom keras_rnn.core.quiet import quiet_stderr\nwith quiet_stderr(): print('fine')")
    fresh(
        "import sys; sys.stderr = None\nfrom keras_rnn.core.quiet import quiet_stderr\n"
        "with quiet_stderr(): print('fine')"
    )


@pytest.mark.slow
def test_starting_exporting_and_using_say_nothing(fresh):
    code = """
import keras_rnn
model = keras_rnn.char_model()
keras_rnn.export(model, "out")
print(model.generate("he", 5))
keras_rnn.gs10_model().forecast([1, 2, 3, 4, 5, 6])
"""
    assert fresh(code) == "hello w\n"
    assert fresh.stderr == ""


def test_a_real_import_error_is_not_swallowed(command, tmp_path):
    (tmp_path / "tensorflow.py").write_text("import os; os.write(2, b'loading'); raise ImportError('broken build')")
    code, _, err = command("generate", "he", "--runtime", "keras")
    assert code == 1
    assert "loading" in err
    assert "ImportError: broken build" in err
