"""What a Keras archive asks of memory, told before Keras takes any for it."""

import json
import math
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py

from keras_rnn.core.backend import keras

WEIGHTS = "model.weights.h5"


def check_sizes(path: Path) -> None:
    """Refuse an archive whose configuration, or whose table of weights, tells of more weights than are stored in it.

    The model is built once without weights, for their shapes: some hundredths of a second.

    Raises:
        ValueError: as said; any other error where Keras, or HDF5, cannot read it.
    """
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"), object_hook=_without_state)
        if WEIGHTS not in archive.namelist():
            raise ValueError(f"it holds no {WEIGHTS}")
        stored = archive.getinfo(WEIGHTS).file_size
        tables: list[int] = []
        with archive.open(WEIGHTS) as member, h5py.File(member, "r") as file:
            file.visititems(lambda _, item: tables.append(item.nbytes) if isinstance(item, h5py.Dataset) else None)
    if sum(tables) > stored:
        raise ValueError(f"its {WEIGHTS} of {stored:,} bytes tells of weights of {sum(tables):,}")
    config.pop("compile_config", None)
    with ThreadPoolExecutor(1) as aside:  # what Keras leaves to be initialized later, it remembers for each thread
        wanted = aside.submit(_weights_of, config).result()
    if wanted > stored:  # each takes a byte at the least
        raise ValueError(f"its configuration asks for {wanted:,} weights, of which {stored:,} bytes are stored")


def _weights_of(config: dict[str, Any]) -> int:
    """How many numbers a model's variables would hold."""
    with keras.StatelessScope(initialize_variables=False):
        model = keras.saving.deserialize_keras_object(config)
        return sum(math.prod(variable.shape) for variable in model.variables)


def _without_state(settings: dict[str, Any]) -> dict[str, Any]:
    """A layer's settings with nothing carried from batch to batch, whose variables Keras fills at once."""
    return settings | {"stateful": False} if "stateful" in settings else settings
