"""`keras-rnn demo` when it is stopped; whole: tests/zoo/test_demo."""

import pytest
from helpers import run

from keras_rnn.zoo import demo


@pytest.mark.parametrize("complete", [False, True])
def test_ctrl_c_says_what_is_kept(capsys, tmp_path, monkeypatch, complete):
    def stopped(folder):
        if complete:
            (tmp_path / "out" / "char" / "hello_world" / "rnn_cell").mkdir(parents=True)
            (tmp_path / "out" / "char" / "hello_world" / "rnn_cell" / "card.json").touch()
        raise KeyboardInterrupt("interrupted after 100 of 200 updates")

    monkeypatch.setattr(demo, "run", stopped)
    kept = f"the models that were complete are in {tmp_path / 'out'}" if complete else "nothing was written"
    code, out, err = run(capsys, "demo", "--out", tmp_path / "out")
    assert (code, out, err) == (130, "", f"keras-rnn: interrupted after 100 of 200 updates; {kept}\n")
