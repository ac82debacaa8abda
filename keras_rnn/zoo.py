"""Loading a model of the zoo by name, or any Keras model by path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from keras_rnn import cell  # noqa: F401  registers RNNCell, for files of models other than ours
from keras_rnn.characters import CharModel, char_model
from keras_rnn.recurrent import RecurrentModel, read_keras_file
from keras_rnn.registry import resolve
from keras_rnn.yields import GS10Model, gs10_model

MODELS: dict[str, type[RecurrentModel]] = {"char": CharModel, "gs10": GS10Model}


def is_path(name_or_path: Any) -> bool:
    """Whether it means a file: a `Path`, or a string that ends like a `.keras` file or names one that is there."""
    if isinstance(name_or_path, str):
        return name_or_path.endswith(".keras") or Path(name_or_path).is_file()
    return isinstance(name_or_path, Path)


def load(name_or_path: Any) -> Any:
    """A model of the zoo by name, or the model in a `.keras` file; needs nothing imported first.

    Args:
        name_or_path: `"char/hello_world/rnn_cell"`, shorter `"char"` or `"gs10/levels"` for the default preset and
            `simple_rnn`; or a path that ends in `.keras`.

    Returns:
        A `CharModel` or `GS10Model`, compiled; from a file any `keras.Model` that it holds.

    Raises:
        TypeError: neither a string nor a path.
        ValueError: no such model, no such file, or a file that Keras cannot load.
    """
    if is_path(name_or_path):
        return read_keras_file(name_or_path)
    name = resolve(name_or_path)
    build: Any = {"char": char_model, "gs10": gs10_model}[name.model]
    return build(weights=name.preset, cell=name.cell)
