"""`keras-rnn generate`."""

import itertools
import re
import warnings
from typing import Any

import click

from keras_rnn.cli.commands import Command, say
from keras_rnn.cli.models import load_for
from keras_rnn.cli.options import SEED, json_option, runtime_option
from keras_rnn.core.tables import print_json


@click.command(cls=Command)
@click.argument("prompt", metavar="TEXT")
@click.option("-n", "--length", type=int, default=5, help="characters to add")
@click.option("--model", "name_or_path", metavar="NAME-or-FILE", default="char")
@click.option("--temperature", type=float, default=0.0, help="0: the most likely character each time")
@click.option("--top-k", type=int, help="draw among the k most likely only, at a temperature above 0")
@click.option("--top-p", type=float, help="draw among the fewest that reach probability p, at a temperature above 0")
@click.option("--stop", metavar="STRING", multiple=True, help="end before this string; may be repeated")
@click.option("--seed", type=SEED, help="repeats the draws, at a temperature above 0")
@runtime_option
@json_option
def command(prompt: str, name_or_path: str, runtime: str, as_json: bool, **drawing: Any) -> None:
    """Continue TEXT with a character model.

    TEXT holds at least a window of characters; of a model that carries its state on, one.
    """
    from keras_rnn.text.sampling import check_drawing
    from keras_rnn.text.vocabulary import check_text

    check_text("prompt", prompt)
    check_drawing(**drawing)
    model = load_for(name_or_path, ("char",), runtime)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if model.carried and not as_json:  # each character as soon as it is there
            stream = model.stream()
            stream.read(prompt)
            characters = stream.write(**drawing)
            say(*_told(caught))
            for piece in itertools.chain([prompt], characters):
                print(piece, end="", flush=True)
            print()
            return
        text = model.generate(prompt, **drawing)
    say(*_told(caught))
    if as_json:
        print_json({"model": name_or_path, "prompt": prompt, "text": text})
    else:
        print(text)


def _told(caught: list[warnings.WarningMessage]) -> list[str]:
    """Warnings in the words of the command line."""
    return [re.sub(r"^`(prompt|text)`", "TEXT", str(warning.message)) for warning in caught]
