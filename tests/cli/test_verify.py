"""`keras-rnn verify`."""

import json

from helpers import run


def test_verify_says_when_something_fails(capsys, tmp_path):
    assert run(capsys, "verify", "gs10")[0] == 0
    assert run(capsys, "export", "char", str(tmp_path / "out"))[0] == 0
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    (tmp_path / "out" / "card.json").write_text(json.dumps(card | {"weights_sha256": ""}))
    code, out, _ = run(capsys, "verify", str(tmp_path / "out"))
    assert code == 1
    assert "FAILED another SHA-256" in out
