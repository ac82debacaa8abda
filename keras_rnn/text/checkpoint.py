"""A training's checkpoint: one file, whole or not there, from which it goes on as if it had not stopped."""

import json
import zipfile
from typing import Any

import numpy as np

from keras_rnn.core.arrays import Array
from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath, written_file

SCHEMA = 1


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
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            arrays: dict[str, list[Array]] = {}
            for name in file.files:
                if name != "about":
                    arrays.setdefault(name.split("/")[0], []).append(file[name])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or "which is none or damaged"
        raise ValueError(f"A checkpoint must be one that can be read. {received(str(path))}, {reason}") from error
    if about.get("schema") != SCHEMA:
        raise ValueError(f"A checkpoint must have schema {SCHEMA}. Received: {about.get('schema')} in {str(path)!r}")
    return about, arrays
