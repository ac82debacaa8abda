"""The C program of `examples/c` is built with the compiler at hand, and answers as Keras does."""

import subprocess
import sys

import numpy as np
import places
import pytest
from helpers import CHECKOUT

from keras_rnn.runtime import load

MODELS = CHECKOUT / "saved_models"
CHAR, GS10 = MODELS / "char/hello_world/simple_rnn/model.tflite", MODELS / "gs10/annual/simple_rnn/model.tflite"
HISTORY = [0.89, 1.44, 2.95, 3.96, 4.21, 4.29]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    for command, *packages in (("cc", "gcc", "libc6-dev"), ("make", "make")):
        places.need(command, *packages)
    build = tmp_path_factory.mktemp("c")
    line = ["make", "-C", CHECKOUT / "examples" / "c", f"PYTHON={sys.executable}", f"BUILD={build}"]
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return build / "keras_rnn"


@pytest.fixture(scope="module")
def run(program):
    def run(*words, before=()):
        return subprocess.run([*before, program, *map(str, words)], capture_output=True, text=True, encoding="utf-8")

    return run


@pytest.mark.parametrize("cell", ["rnn_cell", "simple_rnn"])
def test_hello_world_by_step(run, zoo, cell):
    model = zoo[f"char/hello_world/{cell}"]
    for seed in ("he", "lo", "hello wo"):
        done = run("-v", MODELS / "char/hello_world" / cell / "model.tflite", seed, 5)
        text, *logits = done.stdout.splitlines()
        assert text == model.generate(seed, 5)
        ids = [[model.vocabulary.index(character) for character in text[-3:-1]]]  # which the last one was drawn from
        np.testing.assert_allclose(np.array(logits, np.float64), np.asarray(model(np.array(ids)))[0], atol=1e-5)
    assert run(CHAR, "he", 5).stdout == "hello w\n"


def test_a_carried_state_and_a_vocabulary_with_escapes(run, zoo):
    model = zoo["char/shakespeare/simple_rnn"]
    assert "\n" in model.vocabulary
    done = run(MODELS / "char/shakespeare/simple_rnn/model.tflite", "ROMEO.\nTo", 60)
    assert done.stdout == model.generate("ROMEO.\nTo", 60) + "\n"


def test_what_stands_for_unknown_characters_is_never_written(run, tmp_path):
    settings = load(CHAR).metadata["settings"]
    vocabulary = settings["vocabulary"].replace("l", "\ufffd")
    file = places.saying({"settings": settings | {"vocabulary": vocabulary}}, ensure_ascii=False)
    (tmp_path / "m.tflite").write_bytes(file)
    text = run(tmp_path / "m.tflite", "he", 5).stdout
    assert (text[:2], len(text), "\ufffd" in text) == ("he", 2 + 5 + 1, False)


@pytest.mark.parametrize("name", ["gs10/annual/rnn_cell", "gs10/annual/simple_rnn", "gs10/monthly/simple_rnn"])
def test_a_forecast(run, zoo, name):
    done = run("-v", MODELS / name / "model.tflite", *HISTORY)
    line, *values = done.stdout.splitlines()
    expected = zoo[name].forecast(HISTORY, steps=10)["mean"].to_numpy()
    np.testing.assert_allclose(np.array(values, np.float64), expected, atol=1e-5)
    assert line.split() == [f"{value:.2f}" for value in np.array(values, np.float64)]


def test_a_call_is_measured(run):
    done = run("-n", 1000, CHAR, "he", 5)
    assert done.stdout == "hello w\n"
    assert 0 < float(done.stderr.split()[-4]) < 1000
    assert done.stderr.endswith("microseconds a call\n")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "usage: "),
        (["nope.tflite", "he", 5], "nope.tflite must be a .tflite file."),
        ([CHECKOUT / "README.md", "he", 5], "README.md must be a .tflite file."),
        ([CHAR, "hexe", 5], "characters of the vocabulary only. Received: xe"),
        ([CHAR, "h", 5], "TEXT must have at least 2 characters."),
        ([CHAR, "he", "five"], "COUNT must be 1 to 4096. Received: 0"),
        ([CHAR, "he" * 3000, 5], "TEXT must have at most 4096 characters."),
        ([GS10, *HISTORY[1:]], "`history` must have 6 values. Received: 5"),
        ([GS10, *HISTORY[1:], "4.3x"], "VALUE must be a number. Received: 4.3x"),
        ([GS10, *[1] * 5000], "There must be at most 4096 values."),
        ([MODELS / "series/simulated/gru/model.tflite", 1, 2], "The file must have the signature `forecast`."),
    ],
)
def test_what_is_wrong_is_said(run, words, reason):
    done = run(*words)
    assert done.returncode == 1
    assert reason in done.stderr.splitlines()[-1]
    assert done.stdout == ""


@pytest.mark.parametrize("words", [[CHAR, "he", 5], [GS10, *HISTORY]])
def test_no_byte_is_lost_or_read_beyond(run, words):
    before = [
        places.need("valgrind", "valgrind"),
        "--quiet",
        "--error-exitcode=9",
        "--leak-check=full",
        "--errors-for-leak-kinds=definite",
    ]
    done = run(*words, before=before)
    assert done.returncode == 0, done.stderr


def test_a_library_that_is_too_old_is_refused(tmp_path):
    line = ["make", "-C", CHECKOUT / "examples" / "c", f"BUILD={tmp_path}", "PYTHON=true"]  # true finds nothing
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 2
    assert "There must be ai-edge-litert 2.3 or later" in done.stderr
