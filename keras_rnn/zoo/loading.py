"""Loading a model of the zoo by name or any Keras model by path, and checking a model's folder."""

from pathlib import Path
from typing import Any

# imported for what they register: a file then needs nothing imported first
import keras_rnn.gs10.model
import keras_rnn.text.model
import keras_rnn.zero_shot.model  # noqa: F401
from keras_rnn.artifacts.keras_folder import verify_keras_model
from keras_rnn.artifacts.verification import verify_artifacts
from keras_rnn.catalog.cards import read_card
from keras_rnn.catalog.names import find
from keras_rnn.core.files import FilePath, read_at_once
from keras_rnn.core.parity import TOLERANCE, Check
from keras_rnn.rnn.model import RecurrentModel, read_keras_file, weights_sha256


def load(name_or_path: FilePath) -> Any:
    """A model of the zoo by name, or the model in a `.keras` file; needs nothing imported first.

    Args:
        name_or_path: `"char/hello_world/rnn_cell"`, shorter `"char"` or `"gs10/levels"` for the default preset and
            `simple_rnn`; or a `.keras` file; or a folder that `export` wrote.

    Returns:
        A `CharModel`, `GS10Model`, `SeriesModel` or `ZeroShotModel`, compiled; from a file any `keras.Model` in it.

    Raises:
        TypeError: neither a string nor a path.
        ValueError: no such model or file, or a file that Keras cannot load.
    """
    path = find(name_or_path)
    model = read_keras_file(path / "model.keras" if path.is_dir() else path)
    if isinstance(model, RecurrentModel) and not model.compiled:  # a large one, saved without an optimizer's moments
        model.compile_recipe()
    return model


def verify(name_or_folder: FilePath, tolerance: float | None = None) -> list[Check]:
    """Check a model's folder, the zoo's or one that `export` wrote: SavedModel, LiteRT and twin against Keras.

    Args:
        name_or_folder: a name of the zoo, or a folder with a `card.json`.
        tolerance: the largest absolute difference allowed, in the output's unit. None: 1e-5 for the zoo; for other
            models 1e-5 of their largest answer, for float32 holds seven digits of a logit of 40 as of one of 4.

    Returns:
        The checks, passed or not.

    Raises:
        ValueError: no such name or folder, or a file in it that cannot be read.
    """
    folder = find(name_or_folder)
    return read_at_once(folder, lambda: _verified(folder, tolerance))


def _verified(folder: Path, tolerance: float | None) -> list[Check]:
    card = read_card(folder)
    model = load(folder)
    if isinstance(model, RecurrentModel) and model.has_signatures:
        checks = verify_artifacts(model, folder, TOLERANCE if tolerance is None and card["name"] else tolerance)
    else:
        checks = verify_keras_model(model, folder, card, tolerance)
    same = weights_sha256(model) == card["weights_sha256"]
    checks.append(Check("card.json", "names these weights", 1, None, None, same, "" if same else "another SHA-256"))
    return checks
