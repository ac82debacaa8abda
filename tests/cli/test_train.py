"""What all trainings share: the figures, the export that is refused, Ctrl-C."""

import json

import numpy as np
import pytest
from helpers import run

from keras_rnn import load
from keras_rnn.cli import train as train_command
from keras_rnn.core.parity import Check
from keras_rnn.rnn import training
from keras_rnn.text.vocabulary import text_windows


def test_training_is_not_lost_when_the_export_is_refused(capsys, tmp_path, monkeypatch):
    from keras_rnn.artifacts import folder

    monkeypatch.setattr(folder, "verify_artifacts", lambda *_: [Check("LiteRT", "step", 1, 0.5, 1e-5, False)])
    code, out, err = run(capsys, "train", "char", "--out", str(tmp_path / "mine"), "--updates", "300")
    assert (code, out) == (1, "")
    assert "Received: LiteRT, step: a difference of 5.0e-01; the trained model is in " in err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.keras"]
    assert run(capsys, "generate", "he", "--model", str(tmp_path / "mine.keras"))[1] == "hello w\n"


@pytest.mark.slow
def test_figures_of_many_windows_are_of_a_sample(capsys, tmp_path, monkeypatch):
    text = "abc" * 20 + "cab" * 20
    (tmp_path / "t.txt").write_text(text)
    monkeypatch.setattr(train_command, "EVALUATED", 50)
    monkeypatch.setattr(training, "EVALUATION_BATCH", 20)
    line = ["train", "char", tmp_path / "t.txt", "--updates", "30", "--seed", "3", "--out", tmp_path / "m"]
    code, out, err = run(capsys, *line)
    assert code == 0
    assert out.splitlines()[0].endswith(", on a sample of 50 of them")
    assert "evaluation: 100%" in err
    assert "50/50" in err
    code, out, err = run(capsys, *line, "--json")
    assert (code, err.count("\n")) == (0, 1)
    assert err.startswith("trained on 118 windows: ")
    figures = json.loads(out)["training"]
    ids, targets, _ = text_windows(text)
    chosen = np.sort(np.random.default_rng(3).choice(118, 50, replace=False))
    model = load(str(tmp_path / "m"))
    expected = model.evaluate(ids[chosen], targets[chosen], verbose=0, return_dict=True)
    assert figures == pytest.approx(expected, rel=1e-5)
    assert figures["loss"] != pytest.approx(model.evaluate(ids, targets, verbose=0)[0], rel=1e-3)


def test_figures_of_few_windows_are_of_all(capsys, tmp_path):
    _, out, err = run(capsys, "train", "char", "--updates", "10", "--out", tmp_path / "m")
    assert "sample" not in out
    assert "evaluation" not in err


@pytest.mark.parametrize(
    ("line", "updates"),
    [("train char --out m", "200 of 2000"), ("train gs10 --out m --updates 300", "200 of 300"),
     ("train series s.csv --updates 75 --scaling levels", "50 of 75")],
)  # fmt: skip
def test_ctrl_c_says_what_is_kept(capsys, tmp_path, monkeypatch, line, updates):
    def second(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.csv").write_text("x,y\n" + "".join(f"{1900 + i},{i % 3}\n" for i in range(60)))
    monkeypatch.setattr(training._ProgressBar, "on_epoch_end", second)
    code, out, err = run(capsys, *line.split())
    assert (code, out) == (130, "")
    assert err.splitlines()[-1] == f"keras-rnn: interrupted after {updates} updates; nothing was written"
    assert [path.name for path in tmp_path.iterdir()] == ["s.csv"]


def test_ctrl_c_in_the_export(capsys, tmp_path, monkeypatch):
    from keras_rnn.artifacts import folder

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(folder, "verify_artifacts", stop)
    code, out, err = run(capsys, "train", "char", "--out", tmp_path / "m", "--updates", "10")
    assert (code, out) == (130, "")
    assert err.splitlines()[-1] == "keras-rnn: interrupted; nothing was written"
    assert list(tmp_path.iterdir()) == []
