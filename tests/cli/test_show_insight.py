"""`keras-rnn show … --insight`: the picture, the one line about it, and what is refused."""

import matplotlib.image
import numpy as np
import pytest
from helpers import run

from keras_rnn import insight, load
from keras_rnn.core.backend import keras


@pytest.fixture
def matrices(monkeypatch):
    """What is handed to the picture, instead of which it is drawn all the same."""
    from keras_rnn.plots import insight as insight_plots

    seen, draw = [], insight_plots.plot_memory
    monkeypatch.setattr(insight_plots, "plot_memory", lambda *given: seen.append(given) or draw(*given))
    return seen


@pytest.mark.slow
def test_in_a_process_of_its_own(command, tmp_path):
    code, out, err = command("show", "char", "--insight", "char.png")
    assert (code, err) == (0, "wrote char.png\n")
    assert out.startswith("# ")
    assert matplotlib.image.imread(tmp_path / "char.png").shape[2] in (3, 4)


def test_a_text_over_which_the_state_is_carried(capsys, tmp_path, matrices):
    path = str(tmp_path / "a.png")
    assert run(capsys, "show", "char/hello_world/rnn_cell", "--insight", path, "--text", "hold")[0] == 0
    matrix, labels, window, _ = matrices[0]
    assert (labels, window) == (list("hold"), 2)
    model = load("char/hello_world/rnn_cell")
    first = np.array([[model.vocabulary.index(character) for character in "ho"]])
    np.testing.assert_allclose(matrix[:2, :2], insight.memory_map(model, first).layers[0].input_norms[0])


def test_the_last_yields(capsys, tmp_path, matrices):
    for name, label in (("gs10", "2025"), ("gs10/monthly", "-")):
        assert run(capsys, "show", name, "--insight", str(tmp_path / "b.png"))[0] == 0
        matrix, labels, window, title = matrices[-1]
        assert matrix.shape == (6, 6)
        assert label in labels[-1]
        assert window is None
        assert title.startswith(name)


@pytest.mark.parametrize("ids", [False, True])
def test_any_keras_file(capsys, tmp_path, matrices, ids):
    first = [keras.Input((None,), dtype="int32"), keras.layers.Embedding(5, 3)] if ids else [keras.Input((4, 2))]
    keras.Sequential([*first, keras.layers.GRU(3)]).save(tmp_path / "any.keras")
    code, out, err = run(capsys, "show", str(tmp_path / "any.keras"), "--insight", str(tmp_path / "c.png"))
    assert (code, err) == (0, f"wrote {tmp_path / 'c.png'}\n")
    assert "Sequential" in out
    assert matrices[0][0].shape == ((12, 12) if ids else (4, 4))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gs10", "--text", "hold"], "--text goes with a character model only. Received: 'hold'"),
        (
            ["char", "--text", "hxllo"],
            "--text must hold only characters of the vocabulary ' dehlorw', which has no 'x'",
        ),
    ],
)
def test_bad_input(capsys, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "show", *arguments, "--insight", "d.png")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_nothing_recurrent(capsys, tmp_path):
    keras.Sequential([keras.Input((4, 2)), keras.layers.Dense(1)]).save(tmp_path / "dense.keras")
    code, out, err = run(capsys, "show", str(tmp_path / "dense.keras"), "--insight", str(tmp_path / "e.png"))
    assert (code, out) == (2, "")
    assert "no recurrent layer" in err
