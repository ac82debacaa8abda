"""`keras-rnn show … --insight OUT.png`: a model's memory as a picture."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np

from keras_rnn.core.checks import received

TEXT = "hello world"
LONGEST = 60  # characters that fit into the picture
STEPS = 12  # of a random window, for a model of any length


def draw(options: argparse.Namespace, model: Any) -> None:
    """Write the picture: of the last recurrent layer, on a text, the last yields, or a random window."""
    from keras_rnn.gs10.model import GS10Model
    from keras_rnn.insight import memory_map
    from keras_rnn.plots.figure import save_figure
    from keras_rnn.plots.insight import plot_memory
    from keras_rnn.text.model import CharModel

    window, labels = None, None
    if isinstance(model, CharModel):
        model, x, labels, window = _reading(model, TEXT if options.text is None else options.text)
        about = "each character leaves in the state, carried on over the text"
    elif options.text is not None:
        raise ValueError(f"--text goes with a character model only. Received: {options.text!r}")
    elif isinstance(model, GS10Model):
        x, labels = _last_window(model)
        about = "each of the last yields leaves in the state"
    else:
        x, about = _random(model), "each step of a random window leaves in the state"
    layer = memory_map(model, x).layers[-1]
    figure = plot_memory(layer.input_norms[0], labels, window, f"{options.model}: what {about}")
    save_figure(figure, options.insight)
    print(f"wrote {options.insight}", file=sys.stderr)


def _reading(model: Any, text: str) -> tuple[Any, Any, list[str], int]:
    """The model with a window as long as the text, and the text's ids."""
    from keras_rnn.text.model import CharModel
    from keras_rnn.text.vocabulary import check_text, encode

    check_text("--text", text)
    if len(text) > LONGEST:
        raise ValueError(f"--text must hold at most {LONGEST} characters. Received: {len(text)}")
    ids = encode(text, model.vocabulary, "--text")
    longer = CharModel.from_config(model.get_config() | {"window": len(text)})
    longer.set_cell_weights(model.get_cell_weights())
    return longer, ids[None], list(text), model.window


def _last_window(model: Any) -> tuple[Any, list[str]]:
    from keras_rnn.gs10.data import load_gs10

    series = load_gs10(model.frequency, "packaged").iloc[-model.window :]
    names = [f"{when:%Y}" if model.frequency == "annual" else f"{when:%Y-%m}" for when in series.index]
    return series.to_numpy()[None], names


def _random(model: Any) -> Any:
    from keras_rnn.insight._run import Float64Model

    double = Float64Model(model)
    shape = [1, *(STEPS if size is None else size for size in double.input_shape[1:])]
    random = np.random.default_rng(0)
    if not double.ids:
        return random.standard_normal(shape)
    size = double.ids_known
    if size is None:
        raise ValueError(f"A model whose ids have a known number was expected. {received(model.name)}")
    return random.integers(0, size, shape)
