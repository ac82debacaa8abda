"""`keras-rnn generate`."""

import json

import pytest
from helpers import run

from keras_rnn.catalog.names import find


def test_generate_and_nothing_else(command):
    assert command("generate", "he", "-n", "5") == (0, "hello w\n", "")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["he", "-n", "9"], "hello world"),
        (["he", "--length", "0"], "he"),
        (["he", "-n", "20", "--stop", " "], "hello"),
        (["he", "--model", "char/hello_world/rnn_cell"], "hello w"),
        (["he", "--model", str(find("char") / "model.keras")], "hello w"),
        (["he", "--model", str(find("char"))], "hello w"),
    ],
)
def test_generate(capsys, arguments, text):
    assert run(capsys, "generate", *arguments) == (0, text + "\n", "")


def test_generate_draws_with_a_seed(capsys):
    options = [
        "generate",
        "he",
        "-n",
        "30",
        "--temperature",
        "5",
        "--top-k",
        "6",
        "--top-p",
        "0.95",
        "--json",
        "--seed",
    ]
    texts = [json.loads(run(capsys, *options, seed)[1])["text"] for seed in ("1", "1", "2")]
    assert texts[0] == texts[1] != texts[2]
    assert all(len(text) == 32 for text in texts)
