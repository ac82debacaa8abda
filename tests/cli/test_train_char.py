"""`keras-rnn train char`, and what the other commands make of its folder."""

import csv
import gzip
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest
from helpers import inherited, run

from keras_rnn import load
from keras_rnn.text.run import Run

TEXT = "the quick brown fox jumps over the lazy dog, and the lazy dog sleeps on\n" * 60
SMALL = ["--units", "12", "--window", "8", "--batch", "4"]


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


def test_the_text_may_be_an_argument(capsys, tmp_path):
    (tmp_path / "t.txt").write_text("abcabcabc")
    out = tmp_path / "char"
    code, printed, _ = run(capsys, "train", "char", tmp_path / "t.txt", "--out", out, "--updates", "100", "--json")
    assert code == 0
    assert json.loads(printed)["windows"] == 7
    card = json.loads((out / "card.json").read_text())
    assert card["config"] | {"vocabulary": "abc", "window": 2, "units": 20, "activation": "tanh"} == card["config"]


@pytest.fixture
def text(tmp_path, monkeypatch):
    """A text in the current folder, "t.txt"."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path


def test_a_texts_folder_has_its_training(capsys, text):
    line = ["train", "char", "t.txt", *SMALL, "--updates", "100", "--cell", "gru", "--log", "log.csv", "--out", "mine"]
    code, printed, err = run(capsys, *line)
    assert code == 0
    assert "trained on 3,888 characters, " in printed
    assert "training.csv, training.png" in printed
    assert "validation" in err
    with open("mine/training.csv") as kept, open("log.csv") as log:
        rows, logged = list(csv.DictReader(kept)), list(csv.DictReader(log))
    assert [row["updates"] for row in rows] == [row["updates"] for row in logged] == [str(n) for n in range(5, 101, 5)]
    assert not [name for name in logged[0] if name.startswith("val_")]
    assert (text / "mine" / "training.png").read_bytes().startswith(b"\x89PNG")
    card = json.loads((text / "mine" / "card.json").read_text())
    assert card["metrics"]["validation_bits"] == pytest.approx(min(float(row["validation_bits"]) for row in rows))
    code, printed, err = run(capsys, "generate", "the é", "-n", "9", "--model", "mine")
    assert (code, len(printed), err) == (0, 15, "TEXT has characters that the vocabulary lacks, left out: 'é'\n")
    code, printed, _ = run(
        capsys, "train", "char", "t.txt", "--model", "mine", "--updates", "20", "--out", "on", "--json"
    )
    assert (code, json.loads(printed)["characters"]) == (0, 3888)


def test_bytes_that_are_no_utf_8(capsys, text):
    (text / "latin.txt").write_bytes("é".encode("latin-1") + TEXT.encode())
    line = ["train", "char", "latin.txt", *SMALL, "--updates", "2", "--out", "mine"]
    assert 'convert it, or give --errors as "replace" or "ignore"' in run(capsys, *line)[2]
    assert run(capsys, *line, "--errors", "replace", "--json")[0] == 0


def test_a_text_too_short_to_validate_with(capsys, text):
    (text / "t.txt").write_text(TEXT[:2200], encoding="utf-8")
    line = ["train", "char", "t.txt", "--units", "8", "--window", "120", "--updates", "2", "--out", "mine"]
    code, printed, err = run(capsys, *line)
    assert code == 0
    assert "validation bits" not in printed
    assert "nothing validates: 220 characters are less than two windows of 120, so overfitting will not be seen" in err


@contextmanager
def ctrl_c():
    """While it lasts, a training is interrupted after its eighth round."""
    whole = Run.on_epoch_end

    def stop(self, epoch, logs=None):
        whole(self, epoch, logs)
        if epoch == 7:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Run, "on_epoch_end", stop)
        yield


def test_ctrl_c_and_on(capsys, text):
    """To the weights of a training that nobody interrupts."""
    line = ["train", "char", "t.txt", *SMALL, "--updates", "40"]
    with ctrl_c():
        code, out, err = run(capsys, *line, "--out", "cut")
    assert (code, out) == (130, "")
    assert err.splitlines()[-1].endswith("updates; cut.training.npz has it, to resume from")
    assert not (text / "cut").exists()
    assert "with --units 13. Received: 12" in run(capsys, *line, "--units", "13", "--resume", "--out", "cut")[2]
    assert "--resume it, or remove it" in run(capsys, *line, "--out", "cut")[2]
    assert run(capsys, *line, "--out", "cut", "--resume", "--json")[0] == 0
    assert not (text / "cut.training.npz").exists()
    assert run(capsys, *line, "--out", "whole", "--json")[0] == 0
    for one, two in zip(load("cut").get_weights(), load("whole").get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_kill_after_the_checkpoint_leaves_no_row_twice(capsys, text):
    line = ["train", "char", "t.txt", *SMALL, "--updates", "40", "--out", "m"]
    with ctrl_c():
        assert run(capsys, *line)[0] == 130
    header = "epoch,bits,characters,learning_rate,loss,seconds,updates,validation_bits\n"
    before = header + "".join(f"{i},1,1,1,1,1,1,1\n" for i in range(12)) + "12,0.5"  # the last one cut
    (text / "log.csv").write_text(before)
    line += ["--resume", "--log", "log.csv", "--json"]
    assert "with --seed 1. Received: 0" in run(capsys, *line, "--seed", "1")[2]
    assert (text / "log.csv").read_text() == before
    assert run(capsys, *line)[0] == 0
    with open("log.csv") as log:
        rows = list(csv.DictReader(log))
    assert [row["epoch"] for row in rows] == [str(i) for i in range(20)]
    assert [row["updates"] for row in rows[7:]] == ["1", *(str(n) for n in range(18, 41, 2))]


def test_folders_and_gzip(capsys, text):
    (text / "texts").mkdir()
    (text / "t.txt").rename(text / "texts" / "a.txt")
    with gzip.open(text / "texts" / "b.txt.gz", "wt", encoding="utf-8") as file:
        file.write("é" + TEXT)
    options = ["--layers", "2", "--dropout", "0.1", "--updates", "3", "--out", "mine", "--json"]
    code, printed, _ = run(capsys, "train", "char", "texts", *SMALL, *options)
    assert (code, json.loads(printed)["characters"]) == (0, 7777)
    card = json.loads((text / "mine" / "card.json").read_text())
    assert card["title"] == "Characters of a.txt and 1 more files"
    assert card["config"] | {"layers": 2, "dropout": 0.1, "carried": True} == card["config"]
    (text / "other.txt").write_text(TEXT.upper(), encoding="utf-8")
    code, _, err = run(capsys, "train", "char", "other.txt", "--out", "on", "--model", "mine")
    assert code == 2
    assert 'which has no U+FFFD for others, unless --new-characters is "map" or "add". Received: ' in err
    for how, added in (("map", "\ufffd"), ("add", "ABC")):
        line = ["train", "char", "other.txt", "--out", how, "--model", "mine", "--new-characters", how]
        code, _, err = run(capsys, *line, "--updates", "2", "--batch", "4", "--json")
        assert code == 0
        assert "new in the vocabulary: " in err
        assert set(added) <= set(load(how).vocabulary)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_two_processes_learn_what_one_does(command, tmp_path):
    """On Keras' JAX backend, the files written on TensorFlow's side."""
    (tmp_path / "t.txt").write_text(TEXT, encoding="utf-8")
    found = {}
    for count in (1, 2):
        line = ["train", "char", "t.txt", "--out", f"m{count}", *SMALL, "--updates", "40", "--json"]
        one = ["--processes", "1"] if count == 1 else ["--processes", "2"]
        code, out, err = command(*line, *one, KERAS_BACKEND="jax")
        assert code == 0, err
        found[count] = json.loads(out)
        assert found[count]["checks"] >= 5
    for name in ("bits", "validation_bits"):
        assert found[1][name] == pytest.approx(found[2][name], abs=1e-5)
    assert {path.name for path in tmp_path.iterdir()} == {"m1", "m2", "t.txt"}


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_a_process_that_dies(tmp_path):
    (tmp_path / "t.txt").write_text(TEXT, encoding="utf-8")
    line = [
        sys.executable,
        "-m",
        "keras_rnn",
        "train",
        "char",
        "t.txt",
        "--out",
        "m",
        *SMALL[:4],
        "--updates",
        "1000000",
    ]
    together = subprocess.Popen([*line, "--batch", "8", "--processes", "2"], cwd=tmp_path, env=inherited(),
                                stderr=subprocess.PIPE, text=True)  # fmt: skip
    child = ["pgrep", "-P", str(together.pid), "-f", "coordinator 127.0.0.1:[0-9]* --process 1"]
    try:
        found = ""
        while together.poll() is None and not found:
            found = subprocess.run(child, capture_output=True, text=True).stdout
            time.sleep(0.1)
        time.sleep(5)
        os.kill(int(found), signal.SIGKILL)
        err = together.communicate(timeout=60)[1]
    finally:
        together.kill()
    assert together.returncode == 2
    assert "process 1 of 2 ended with code -9; " in err.splitlines()[-1]
