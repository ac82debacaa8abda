"""A training's checkpoint: one file, whole or not there, from which it goes on as if it had not stopped."""

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_rnn.core.arrays import Array
from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath, check_unpacked, written_file

SCHEMA = 2


def write_checkpoint(path: FilePath, about: dict[str, Any], arrays: dict[str, list[Array]]) -> None:
    """Write what a training goes on from.

    Args:
        about: what JSON can hold.
        arrays: lists of arrays by name.

    Raises:
        OSError: it cannot be written; one that is there stays as it is.
    """
    flat: dict[str, Any] = {f"{name}/{i}": array for name, some in arrays.items() for i, array in enumerate(some)}
    text = json.dumps({"schema": SCHEMA, **about}, ensure_ascii=False)
    with written_file(path) as new, open(new, "wb") as file:
        np.savez(file, about=np.array(text), **flat)


def read_checkpoint(path: FilePath) -> tuple[dict[str, Any], dict[str, list[Array]]]:
    """What `write_checkpoint` wrote.

    Raises:
        ValueError: no such file, a damaged one, or another kind of file.
    """
    try:
        with open(path, "rb") as opened:
            check_unpacked(Path(path))
            file = np.load(opened, allow_pickle=False)
            about = json.loads(str(file["about"]))
            arrays: dict[str, list[Array]] = {}
            for name in file.files:
                if name != "about":
                    arrays.setdefault(name.split("/")[0], []).append(file[name])
    except (OSError, ValueError, KeyError, TypeError, EOFError, RecursionError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or "which is none or damaged"
        raise ValueError(f"A checkpoint must be one that can be read. {received(str(path))}, {reason}") from error
    schema = about.get("schema") if isinstance(about, dict) else None
    if schema != SCHEMA:
        raise ValueError(f"A checkpoint must have schema {SCHEMA}. Received: {schema} in {str(path)!r}")
    return about, arrays


def check_same_training(
    about: dict[str, Any],
    arrays: dict[str, list[Array]],
    mine: dict[str, Any],
    kept: Sequence[str],
    lists: Sequence[str],
) -> None:
    """Raise a ValueError where a checkpoint is of another training than `mine`, or lacks what one goes on from."""
    found = about.get("training")
    missing = [name for name in kept if name not in about] + [name for name in lists if name not in arrays]
    if missing or not isinstance(found, dict):
        raise ValueError(f"The checkpoint must be whole. Received: one without {', '.join(missing) or 'training'}")
    for name, value in mine.items():
        other = found.get(name)
        if other == value:
            continue
        if isinstance(value, dict) and isinstance(other, dict):  # what differs, not all of the vocabulary
            name = next(key for key in [*value, *other] if other.get(key) != value.get(key))
            value, other = value.get(name), other.get(name)
        raise ValueError(
            f"The checkpoint must be of the same training, with `{name}` {repr(value)[:80]}. {received(other)}"
        )
