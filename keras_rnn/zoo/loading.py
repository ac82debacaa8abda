"""Loading a model of the zoo by name, or any Keras model by path."""

from __future__ import annotations

from typing import Any

# imported for what they register: a file then needs nothing imported first
import keras_rnn.gs10.model
import keras_rnn.text.model  # noqa: F401
from keras_rnn.catalog.names import find
from keras_rnn.core.files import FilePath
from keras_rnn.rnn.model import read_keras_file


def load(name_or_path: FilePath) -> Any:
    """A model of the zoo by name, or the model in a `.keras` file; needs nothing imported first.

    Args:
        name_or_path: `"char/hello_world/rnn_cell"`, shorter `"char"` or `"gs10/levels"` for the default preset and
            `simple_rnn`; or a `.keras` file; or a folder that `export` wrote.

    Returns:
        A `CharModel`, `GS10Model` or `SeriesModel`, compiled; from a file any `keras.Model` that it holds.

    Raises:
        TypeError: neither a string nor a path.
        ValueError: no such model or file, or a file that Keras cannot load.
    """
    path = find(name_or_path)
    return read_keras_file(path / "model.keras" if path.is_dir() else path)
