"""`keras-rnn train char`, and what the other commands make of its folder."""

import gzip
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from helpers import inherited, run

from keras_rnn.text.run import Run


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


PROSE = "".join(f"{i} green bottles hanging on the wall, and if {i % 7} should fall, " for i in range(120))  # 7 kB
LINE = ["--window", "16", "--units", "16", "--updates", "40", "--batch", "8"]


def card_of(folder):
    return json.loads((folder / "card.json").read_text())


def test_a_text_of_ones_own(capsys, tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text(PROSE, encoding="utf-8")
    with gzip.open(tmp_path / "texts" / "b.txt.gz", "wt", encoding="utf-8") as file:
        file.write("é" + PROSE[:1000])
    out = tmp_path / "mine"
    log = tmp_path / "log.csv"
    options = ["--cell", "gru", "--layers", "2", "--dropout", "0.1", "--log", log]
    code, printed, err = run(capsys, "train", "char", tmp_path / "texts", "--out", out, *LINE, *options)
    assert code == 0
    assert "validation=" in err  # the bar
    assert "trained on " in printed
    assert {path.name for path in out.iterdir()} >= {"training.csv", "training.png", "model.tflite", "1"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.csv", "mine", "texts"]
    card = card_of(out)
    assert card["title"] == "Characters of a.txt and 1 more files"
    assert card["config"] | {"cell": "gru", "layers": 2, "dropout": 0.1, "carried": True} == card["config"] | {
        "cell": "gru"
    }
    assert card["recipe"]["window"] == 16
    assert card["metrics"]["validation_bits"] < 5
    rows = (out / "training.csv").read_text().splitlines()
    assert len(rows) == 21
    assert len(log.read_text().splitlines()) == 21
    assert len(run(capsys, "generate", "1", "-n", "9", "--model", out)[1]) == 11
    code, printed, err = run(capsys, "generate", "1ß", "-n", "3", "--model", out)
    assert (code, err) == (0, "`text` has characters that the vocabulary lacks, left out: 'ß'\n")
    assert run(capsys, "verify", out)[0] == 0
    # going on with another text
    (tmp_path / "other.txt").write_text(PROSE.upper(), encoding="utf-8")
    code, _, err = run(capsys, "train", "char", tmp_path / "other.txt", "--out", tmp_path / "o", "--model", out)
    assert code == 2
    assert "which has no U+FFFD for others. Received: " in err
    (tmp_path / "same.txt").write_text(PROSE[500:3000], encoding="utf-8")
    line = ["train", "char", tmp_path / "same.txt", "--out", tmp_path / "o", "--model", out, "--updates", "2", "--json"]
    code, printed, err = run(capsys, *line)
    assert (code, err) == (0, "")
    assert json.loads(printed)["updates"] <= 2


def test_interrupted_and_resumed(capsys, tmp_path, monkeypatch):
    (tmp_path / "t.txt").write_text(PROSE, encoding="utf-8")
    line = ["train", "char", tmp_path / "t.txt", *LINE]
    assert run(capsys, *line, "--out", tmp_path / "whole")[0] == 0
    whole = Run.on_epoch_end

    def stop(self, epoch, logs=None):
        whole(self, epoch, logs)
        if epoch == 7:
            raise KeyboardInterrupt

    monkeypatch.setattr(Run, "on_epoch_end", stop)
    code, out, err = run(capsys, *line, "--out", tmp_path / "m")
    assert (code, out) == (130, "")
    assert err.splitlines()[-1].endswith("m.training.npz has it, to resume from")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.training.npz", "t.txt", "whole"]
    monkeypatch.setattr(Run, "on_epoch_end", whole)
    code, _, err = run(capsys, *line, "--out", tmp_path / "m")
    assert code == 2
    assert "There is an interrupted training at " in err
    assert "--resume it, or remove it" in err
    code, _, err = run(capsys, *line, "--out", tmp_path / "m", "--resume", "--seed", "4")
    assert code == 2
    assert "must be of the same training, with --seed 4. Received: 0" in err
    assert run(capsys, *line, "--out", tmp_path / "m", "--resume")[0] == 0
    assert card_of(tmp_path / "m")["weights_sha256"] == card_of(tmp_path / "whole")["weights_sha256"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "t.txt", "whole"]


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_two_processes_learn_what_one_does(command, tmp_path):
    """On Keras' JAX backend, the files written on TensorFlow's side."""
    (tmp_path / "t.txt").write_text(PROSE, encoding="utf-8")
    found = {}
    for count in (1, 2):
        line = ["train", "char", "t.txt", "--out", f"m{count}", *LINE, "--json"]
        one = ["--processes", "1"] if count == 1 else ["--processes", "2"]
        code, out, err = command(*line, *one, KERAS_BACKEND="jax")
        assert code == 0, err
        found[count] = json.loads(out)
        assert found[count]["checks"] >= 5
    assert found[1]["bits"] == pytest.approx(found[2]["bits"], abs=1e-5)
    assert {path.name for path in tmp_path.iterdir()} == {"m1", "m2", "t.txt"}


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_a_process_that_dies(tmp_path):
    (tmp_path / "t.txt").write_text(PROSE, encoding="utf-8")
    line = [
        sys.executable,
        "-m",
        "keras_rnn",
        "train",
        "char",
        "t.txt",
        "--out",
        "m",
        *LINE[:4],
        "--updates",
        "1000000",
    ]
    together = subprocess.Popen([*line, "--batch", "8", "--processes", "2"], cwd=tmp_path, env=inherited(),
                                stderr=subprocess.PIPE, text=True)  # fmt: skip
    for _ in range(600):
        found = subprocess.run(
            ["pgrep", "-f", "coordinator 127.0.0.1:[0-9]* --process 1"], capture_output=True, text=True
        )
        time.sleep(0.1)
        if found.stdout:
            break
    time.sleep(5)
    os.kill(int(found.stdout.split()[0]), signal.SIGKILL)
    err = together.communicate(timeout=60)[1]
    assert together.returncode == 2
    assert "process 1 of 2 ended with code -9; " in err.splitlines()[-1]
