"""What a Keras archive asks of memory, told before Keras takes any for it."""

import json
import math
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py

from keras_rnn.core.backend import keras
from keras_rnn.rnn.introspection import code_is_allowed

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
        tables: list[tuple[int, int]] = []

        def note(_: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                tables.append((item.nbytes, item.size))

        with archive.open(WEIGHTS) as member, h5py.File(member, "r") as file:
            file.visititems(note)
    told, numbers = sum(size for size, _ in tables), sum(count for _, count in tables)
    if told > stored:
        raise ValueError(f"its {WEIGHTS} of {stored:,} bytes tells of weights of {told:,}")
    config.pop("compile_config", None)
    custom = {name: found for name in _names(config) if (found := keras.saving.get_registered_object(name))}
    # what Keras leaves to be initialized later, it remembers for each thread; but so it does what the caller has set
    with ThreadPoolExecutor(1) as aside:
        wanted = aside.submit(_weights_of, config, custom, not code_is_allowed()).result()
    if wanted > numbers:
        raise ValueError(f"its configuration asks for {wanted:,} weights, and it holds {numbers:,}")


def _names(config: Any) -> set[str]:
    """The names of classes and functions in a configuration."""
    if isinstance(config, list):
        return set().union(*map(_names, config))
    if not isinstance(config, dict):
        return set()
    own = {config[key] for key in ("class_name", "registered_name") if isinstance(config.get(key), str)}
    return own.union(*map(_names, config.values()))


def _weights_of(config: dict[str, Any], custom: dict[str, Any], safe_mode: bool) -> int:
    """How many numbers a model's weights are, states of random numbers apart."""
    with keras.StatelessScope(initialize_variables=False):
        model = keras.saving.deserialize_keras_object(config, custom_objects=custom, safe_mode=safe_mode)
        return sum(math.prod(weight.shape) for weight in model.weights)


def _without_state(settings: dict[str, Any]) -> dict[str, Any]:
    """A layer's settings with nothing carried from batch to batch, whose variables Keras fills at once."""
    return settings | {"stateful": False} if "stateful" in settings else settings
