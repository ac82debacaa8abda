"""`keras-rnn list`."""

import json

from helpers import run

from keras_rnn.catalog.names import zoo_names


def test_list(capsys):
    code, out, _ = run(capsys, "list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == [str(name) for name in zoo_names()]
    listed = json.loads(run(capsys, "list", "--json")[1])
    assert listed[0]["metrics"]["accuracy"] == 1.0
