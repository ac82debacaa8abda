"""`keras-rnn show … --insight OUT.png`: a model's memory as a picture."""

from typing import Any

import numpy as np

from keras_rnn.cli.commands import say
from keras_rnn.cli.models import load_for
from keras_rnn.core.checks import received
from keras_rnn.plots.picture import check_picture
from keras_rnn.text.vocabulary import check_text, encode

TEXT = "hello world"
LONGEST = 60  # characters that fit into the picture
STEPS = 12  # of a random window, for a model of any length


def draw(name: str, picture: str, text: str | None) -> None:
    """Write the picture: of the last recurrent layer, on a text, the last yields, or a random window."""
    check_picture(picture)
    if text is not None and len(check_text("text", text)) > LONGEST:
        raise ValueError(f"`text` must hold at most {LONGEST} characters. Received: {len(text)}")
    model = load_for(name)

    from keras_rnn.insight import memory_map
    from keras_rnn.plots.figure import save_figure
    from keras_rnn.plots.insight import plot_memory

    x: Any
    window, labels, kind = None, None, getattr(model, "kind", None)
    if kind == "char":
        text, window = TEXT if text is None else text, model.window
        x, labels, trained = encode(text, model.vocabulary)[None], list(text), model
        model = type(model).from_config(model.get_config() | {"window": len(text)})
        model.take_weights(trained)
        about = "each character leaves in the state, carried on over the text"
    elif text is not None:
        raise ValueError(f"--text goes with a character model only. {received(text)}")
    elif kind == "gs10":
        from keras_rnn.gs10.data import load_gs10

        series = load_gs10(model.frequency, "packaged").iloc[-model.window :]
        x, labels = series.to_numpy()[None], [str(period) for period in series.index]
        about = "each of the last yields leaves in the state"
    else:
        x, about = _random(model), "each step of a random window leaves in the state"
    layer = memory_map(model, x).layers[-1]
    save_figure(plot_memory(layer.input_norms[0], labels, window, f"{name}: what {about}"), picture)
    say(f"wrote {picture}")


def _random(model: Any) -> Any:
    from keras_rnn.insight._run import Float64Model

    double = Float64Model(model)
    shape = [1, *(STEPS if size is None else size for size in double.input_shape[1:])]
    random = np.random.default_rng(0)
    if not double.ids:
        return random.standard_normal(shape)
    size = double.ids_known
    if size is None:
        raise ValueError(f"The model must have a known number of ids. {received(model.name)}")
    return random.integers(0, size, shape)
