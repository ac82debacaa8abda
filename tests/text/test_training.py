"""`train_text`: what it learns, what it keeps, and that a break leaves no trace."""

import itertools
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from helpers import inherited

from keras_rnn import char_model
from keras_rnn.core.backend import keras
from keras_rnn.rnn.cells import CELLS
from keras_rnn.text.budget import budget_of
from keras_rnn.text.checkpoint import read_checkpoint, write_checkpoint
from keras_rnn.text.corpus import Corpus
from keras_rnn.text.optimizer import optimizer_of
from keras_rnn.text.run import Evaluator, Run
from keras_rnn.text.training import train_text

TEXT = "the quick brown fox jumps over the lazy dog. " * 60  # 2,700 characters


def model_for(corpus, cell="simple_rnn", window=16, **settings):
    return char_model(None, cell, corpus.vocabulary, window, 24, seed=0, **{"carried": True, **settings})


def test_it_learns_and_keeps_the_best_weights():
    corpus = Corpus(text=TEXT, validation=0.2)
    model, seen = model_for(corpus), []
    result = train_text(model, corpus, updates=400, batch=8, learning_rate=0.01, verbose=False, sample=seen.append)
    assert result.bits < 0.3
    assert result.bits == min(row["validation_bits"] for row in result.history if "validation_bits" in row)
    assert model.generate("the quick", 20) == "the quick brown fox jumps ove"
    assert len(seen) == 20
    assert {len(text) for text in seen} == {120}
    ids = np.array([corpus.vocabulary.index(c) for c in TEXT[-540:]])
    nats, state = 0.0, None  # character by character
    for before, after in itertools.pairwise(ids[:201]):
        logits, state = model.read([int(before)], state)
        logits = logits.astype(np.float64)
        nats += np.log(np.exp(logits - logits.max()).sum()) + logits.max() - logits[after]
    assert nats / 200 / math.log(2) == pytest.approx(result.bits, abs=0.15)


@pytest.mark.parametrize(
    ("cell", "settings"),
    [("gru", {"dropout": 0.2}), ("lstm", {"window": 6, "carried": False, "return_sequences": True}),
     ("rnn_cell", {"window": 3, "carried": False})],
    ids=["carried", "windows, all targets", "windows, the last"],
)  # fmt: skip
def test_a_break_leaves_no_trace(cell, settings, tmp_path):
    corpus = Corpus(text=TEXT)
    whole = model_for(corpus, cell, **settings)
    told = train_text(whole, corpus, updates=10, batch=8, seed=3, verbose=False)

    broken, calls = model_for(corpus, cell, **settings), []

    def stop(text):
        calls.append(text)
        if len(calls) == 4:
            raise KeyboardInterrupt

    path = tmp_path / "training.npz"
    with pytest.raises(KeyboardInterrupt, match=r"interrupted after \d+ updates; .*training.npz has it"):
        train_text(broken, corpus, updates=10, batch=8, seed=3, verbose=False, checkpoint=path, sample=stop)
    again = model_for(corpus, cell, **settings)
    result = train_text(again, corpus, updates=10, batch=8, seed=3, verbose=False, checkpoint=path, resume=True)
    for a, b in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert [row["bits"] for row in result.history] == [row["bits"] for row in told.history]
    assert (result.bits, result.updates) == (told.bits, told.updates)
    done = train_text(again, corpus, updates=10, batch=8, seed=3, verbose=False, checkpoint=path, resume=True)
    assert done.history == result.history  # there was nothing left to do


def test_ctrl_c_during_a_validation(tmp_path, monkeypatch):
    corpus, path, calls = Corpus(text=TEXT), tmp_path / "training.npz", []
    whole = model_for(corpus)
    told = train_text(whole, corpus, updates=10, batch=8, verbose=False)
    evaluate = Evaluator.__call__

    def stop(self):
        calls.append(self)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return evaluate(self)

    monkeypatch.setattr(Evaluator, "__call__", stop)
    with pytest.raises(KeyboardInterrupt):
        train_text(model_for(corpus), corpus, updates=10, batch=8, verbose=False, checkpoint=path)
    monkeypatch.setattr(Evaluator, "__call__", evaluate)
    again = model_for(corpus)
    result = train_text(again, corpus, updates=10, batch=8, verbose=False, checkpoint=path, resume=True)
    for key in "bits", "validation_bits":
        assert [row.get(key) for row in result.history] == [row.get(key) for row in told.history]
    for a, b in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_checkpoints_that_are_not_whole(tmp_path):
    corpus, path = Corpus(text=TEXT), tmp_path / "training.npz"
    train_text(model_for(corpus), corpus, updates=10, batch=8, verbose=False, checkpoint=path)
    about, arrays = read_checkpoint(path)

    def refusal():
        with pytest.raises(ValueError, match="checkpoint must") as caught:
            train_text(model_for(corpus), corpus, updates=10, batch=8, verbose=False, checkpoint=path, resume=True)
        return str(caught.value)

    for name in about.keys() - {"schema"}:
        write_checkpoint(path, {key: value for key, value in about.items() if key != name}, arrays)
        assert f"whole. Received: one without {name}" in refusal()
    write_checkpoint(path, about, {"earlier": arrays["earlier"]})
    assert "one without good" in refusal()
    write_checkpoint(path, about, arrays | {"good": arrays["good"][:-1]})
    assert "must hold the arrays of this training" in refusal()
    for text in "[" * 100_000, "[1]", "{}":
        np.savez(path, about=np.array(text))
        assert "checkpoint must" in refusal()
    np.savez_compressed(path, about=np.array("{}"), good=np.zeros(3 * 10**7))
    assert "must be one that can be read" in refusal()


@pytest.mark.parametrize(("cell", "layers"), [(cell, layers) for cell in CELLS for layers in (1, 2)])
def test_what_muon_trains(cell, layers):
    """Matrices between states and to the logits: no bias, and no rows that are looked up."""
    model = char_model(None, cell, "ab", 4, 3, layers=layers, seed=0, carried=True)
    optimizer = optimizer_of(model, 0.1, 0.1, 1.0)
    of_muon = [w.path.split("/", 1)[1] for w in model.trainable_variables if not optimizer._should_use_adamw(w)]
    assert not [path for path in of_muon if path.endswith("bias")]
    assert len(of_muon) == (layers + 1 if cell == "rnn_cell" else 2 * layers)


SCRIPT = """
from keras_rnn import Corpus, char_model, train_text
from keras_rnn.text import run
run.SAVED_EVERY = 0
corpus = Corpus("text.txt")
model = char_model(None, "simple_rnn", corpus.vocabulary, 16, 24, carried=True, seed=0)
train_text(model, corpus, updates=800, batch=8, verbose=False, checkpoint="c.npz")
"""


@pytest.mark.slow
def test_a_killed_process_goes_on_to_the_same_weights(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT)
    there, weights = tmp_path / "c.npz", []
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], cwd=tmp_path, env=inherited())
    while not there.exists() or read_checkpoint(there)[0]["rounds"] < 5:
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 5 <= read_checkpoint(there)[0]["rounds"] < 20
    corpus = Corpus(text=TEXT)
    for further in ({"checkpoint": there, "resume": True}, {}):
        model = model_for(corpus)
        train_text(model, corpus, updates=800, batch=8, verbose=False, **further)
        weights.append(model.get_weights())
    for resumed, whole in zip(*weights, strict=True):
        np.testing.assert_array_equal(resumed, whole)


def test_a_blow_up_is_taken_back(capsys):
    corpus = Corpus(text=TEXT)
    model = model_for(corpus)
    logs = []
    seen = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, of_round: logs.append(dict(of_round)))
    result = train_text(model, corpus, updates=300, batch=8, learning_rate=5.0, clip_norm=1e6, callbacks=[seen])
    assert len(logs) > len(result.history)  # a logger hears of the rounds taken back, too, with the same keys
    assert len({tuple(sorted(of_round)) for of_round in logs}) == 1
    assert "back to the last good weights, with half the learning rate" in capsys.readouterr().err
    assert math.isfinite(result.bits)
    assert result.history[-1]["learning_rate"] < 2.5
    hopeless = model_for(corpus)
    hopeless.set_weights([np.full_like(w, np.nan) for w in hopeless.get_weights()])
    with pytest.raises(ValueError, match="loss must stay finite.* Received: nan nats"):
        train_text(hopeless, corpus, updates=300, batch=8, verbose=False)


def test_weights_that_the_last_update_of_a_round_spoiled(monkeypatch):
    """No loss has told of them: the second return in a row goes a round further back."""
    corpus, seen = Corpus(text=TEXT), []
    keep, back = Run.on_epoch_end, Run._return

    def spoil(self, epoch, logs=None):
        if epoch == 4:
            self.net.set_weights([100 * w for w in self.net.get_weights()])
        keep(self, epoch, logs)

    def returned(self, loss):
        back(self, loss)
        seen.append(max(np.abs(w).max() for w in self.net.get_weights()))

    monkeypatch.setattr(Run, "on_epoch_end", spoil)
    monkeypatch.setattr(Run, "_return", returned)
    result = train_text(model_for(corpus), corpus, updates=200, batch=8, verbose=False)
    assert seen[0] > 20 > seen[1]
    assert len(seen) == 2
    assert result.bits < 3


@pytest.mark.parametrize(
    ("cell", "settings"),
    [("rnn_cell", {"layers": 2}), ("gru", {"carried": False, "window": 3})],
    ids=["rnn_cell", "windows"],
)
def test_products_in_bfloat16(cell, settings, tmp_path):
    corpus, found = Corpus(text=TEXT), {}
    for precision in ("float32", "mixed_bfloat16"):
        model = model_for(corpus, cell, **settings)
        path = tmp_path / f"{precision}.npz"
        result = train_text(model, corpus, updates=40, batch=8, precision=precision, verbose=False, checkpoint=path)
        found[precision] = np.array([row["bits"] for row in result.history])
        assert {w.dtype.name for w in model.get_weights()} == {"float32"}
        assert {layer.compute_dtype for layer in model.layers} == {"float32"}
        assert {a.dtype.name for a in read_checkpoint(path)[1]["good"] if a.dtype.kind not in "iu"} == {"float32"}
    one, other = found.values()
    np.testing.assert_allclose(other, one, atol=0.03)
    assert (one != other).any()
    with pytest.raises(ValueError, match=r"with `precision` 'float32'. Received: 'mixed_bfloat16'"):
        train_text(model, corpus, updates=40, batch=8, checkpoint=path, resume=True)
    again = train_text(model_for(corpus, cell, **settings), corpus, updates=40, batch=8, precision="mixed_bfloat16",
                       checkpoint=path, resume=True, verbose=False)  # fmt: skip
    assert again.history == result.history


@pytest.mark.parametrize("rate", [0.003, 0.001])
def test_relu_whose_states_grow_is_not_taken_for_a_blow_up(rate, capsys):
    corpus = Corpus(text=TEXT)
    model = char_model(None, "simple_rnn", corpus.vocabulary, 64, 48, activation="relu", carried=True, seed=0)
    result = train_text(model, corpus, updates=150, batch=8, learning_rate=rate, verbose=False)
    assert result.bits < math.log2(len(corpus.vocabulary))
    assert "back to" not in capsys.readouterr().err


def test_it_stops_when_validation_does_not_get_better():
    random = np.random.default_rng(0)
    corpus = Corpus(
        text="".join(random.choice(list("abcdefgh"), 1500)), validation=0.5
    )  # nothing to learn but by heart
    model = model_for(corpus)
    result = train_text(model, corpus, updates=2000, batch=8, learning_rate=0.02, patience=3, verbose=False)
    assert result.stopped == "no better validation in 3"
    assert result.updates < result.history[-1]["updates"] < 2000


def test_budgets():
    corpus = Corpus(text=TEXT)
    an_epoch = len(corpus.training) / (8 * 16)
    for given, updates in (({"epochs": 2}, 2 * an_epoch), ({"updates": 7}, 7)):
        result = train_text(model_for(corpus), corpus, batch=8, verbose=False, **given)
        assert result.history[-1]["updates"] == math.ceil(updates)
    start = time.monotonic()
    result = train_text(model_for(corpus), corpus, batch=8, minutes=0.05, verbose=False)
    assert time.monotonic() - start > 3
    assert result.history[-1]["learning_rate"] < 0.02 / 2
    assert result.bits is not None
    assert budget_of(None, None, None) is None


def test_real_files():
    """The running Python's own library."""
    folder = Path(os.__file__).parent
    corpus = Corpus(str(folder / "json" / "*.py"), max_vocabulary=64)
    assert len(corpus.vocabulary) == 64
    model = char_model(None, "gru", corpus.vocabulary, 32, 64, carried=True, seed=0)
    result = train_text(model, corpus, updates=200, batch=16, learning_rate=0.01, verbose=False)
    assert result.bits < 3.6  # of 6 at the start; order 0 has 4.6
    assert "\ufffd" not in model.generate("def ", 200, temperature=1.0, seed=0)


def test_bad_input(tmp_path):
    corpus = Corpus(text=TEXT)
    model = model_for(corpus)
    for arguments, message in [
        ({"corpus": TEXT}, "`corpus` must be a Corpus"),
        ({"corpus": Corpus(text="another text " * 99)}, "`corpus` must have the model's vocabulary"),
        ({"corpus": (same := Corpus(text="a" * 99)), "model": model_for(same)}, "two different characters at least"),
        ({"updates": 1, "epochs": 1}, "Only one of `updates`, `epochs` and `minutes` may be given"),
        ({"updates": 0}, "`updates` must be at least 1. Received: 0"),
        ({"minutes": -1}, "`minutes` must be a finite number"),
        ({"batch": 10_000}, "The text must hold 160,001 characters at least"),
        ({"learning_rate": 0}, "`learning_rate` must be a finite number"),
        ({"precision": "float16"}, "`precision` must be one of"),
        ({"resume": True}, "`checkpoint` must be given to resume from"),
        ({"resume": True, "checkpoint": tmp_path / "absent.npz"}, "No such file"),
    ]:
        with pytest.raises((TypeError, ValueError)) as caught:
            train_text(**({"model": model, "corpus": corpus, "verbose": False} | arguments))
        assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_of_others(tmp_path):
    corpus = Corpus(text=TEXT)
    path = tmp_path / "c.npz"
    train_text(model_for(corpus), corpus, updates=2, batch=8, verbose=False, checkpoint=path)
    for settings, given, name in [
        ({"window": 8}, {}, "`window` 8. Received: 16"),
        ({}, {"batch": 4}, "`batch` 4. Received: 8"),
        ({}, {"updates": 3}, "`budget` "),
        ({}, {"seed": 1}, "`seed` 1. Received: 0"),
    ]:
        with pytest.raises(ValueError, match=f"must be of the same training, with {name}"):
            train_text(model_for(corpus, **settings), corpus, checkpoint=path, resume=True,
                       **{"updates": 2, "batch": 8, "verbose": False, **given})  # fmt: skip
    content = path.read_bytes()
    for damaged in (b"", content[: len(content) // 2], b"hello", content[:-3]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="A checkpoint must be one that can be read. Received: "):
            read_checkpoint(path)
    write_checkpoint(path, {"schema": 99}, {})
    with pytest.raises(ValueError, match="must have schema 2. Received: 99"):
        read_checkpoint(path)
