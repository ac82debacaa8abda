"""What a `.tflite` file says of itself: a JSON document in the flatbuffer's `Metadata`, under the name `keras_rnn`.

Schema 2, all keys always there: `schema`; `keras_rnn`, the version that wrote it; `kind`, "char", "gs10", "series" or
"zero_shot"; `name` in the zoo or null; `window`; `units`, or null for a Keras model of the user's own; `ahead`, how
many values the signature `generate` or `forecast` gives, or null where there is none; `quantize`, how weights are
stored ("float16", "dynamic_range", "int8", or null for float32); `settings` (char: `vocabulary`, the characters by id,
and maybe `carried`, whether `step` reads a text on from the state so far; gs10: `unit`, `frequency`, `scaling`, `low`
and `high`, what is scaled to 0 and 1, or null, and `residuals`, absolute errors by horizon for intervals, or null;
series: the same, and `features`, their names `columns` or null, and `trained_to`, the last date it was trained on, or
null; zero_shot: `quantiles`, the probabilities of what it answers, and `places`, the longest season, and maybe
`column` and `trained_to` of a series); `signatures`,
names of inputs and outputs; `card`, a summary: `title`, `description`, `metrics`, `limits`, `license`; `versions`. A
file with it has a checksum (`core.checksum`).

Schema 1 had no checksum, and in its first files neither `quantize` nor GS10's `scaling` and `residuals`.

The schema's number rises when a key becomes required or changes its meaning; new keys that may be missing come within
one. Every schema that was ever written is read, older ones with what they lacked filled in; a newer one is refused.
"""

import json
import math
from collections.abc import Mapping
from types import EllipsisType
from typing import Any

from keras_rnn.core import checksum

BUFFER_NAME = "keras_rnn"
SCHEMA = 2
_SCALE = {"scaling": str, "residuals": list | None}
_BOUNDS = {"low": float | list | None, "high": float | list | None}
SETTINGS: dict[str, dict[str, Any]] = {
    "char": {"vocabulary": str, "carried": bool | EllipsisType},
    "gs10": _SCALE | _BOUNDS | {"unit": str, "frequency": str},
    "series": _SCALE
    | _BOUNDS
    | {"unit": str | None, "frequency": str | None}
    | {"features": int, "columns": list | None, "trained_to": str | None},
    "zero_shot": {"quantiles": list, "places": int, "column": str | EllipsisType, "trained_to": str | EllipsisType},
}
COUNTS = {"schema", "window", "units", "ahead", "features", "places"}  # from 1
KEYS: dict[str, Any] = {
    "schema": int, "keras_rnn": str, "kind": str, "name": str | None, "window": int, "units": int | None,
    "ahead": int | None, "quantize": str | None, "settings": dict, "signatures": dict, "card": dict, "versions": dict,
}  # fmt: skip
CARD: dict[str, Any] = {"title": str, "description": str, "metrics": dict, "limits": list, "license": str}


def document_of(metadata: Mapping[str, bytes], file: str) -> dict[str, Any] | None:
    """What a file with this metadata says of itself, or None where it is not of this package.

    Raises:
        ValueError: metadata that are no such document, are of a newer schema, or lack the checksum that goes with them.
    """
    if BUFFER_NAME not in metadata:
        return None
    document = parse(metadata[BUFFER_NAME], file)
    if document["schema"] > 1 and checksum.NAME not in metadata:
        raise ValueError(f"A file of schema {document['schema']} must have a checksum. Received: {file} without")
    return document


def parse(data: bytes, file: str) -> dict[str, Any]:
    """The document in a file's metadata buffer, its keys and their types checked, of an older schema made up.

    Raises:
        ValueError: not such a document, or one of a newer schema.
    """
    try:
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"Metadata of keras_rnn must be JSON. Received: {data[:60]!r} in {file}") from error
    if not isinstance(document, dict) or not isinstance(document.get("schema"), int):
        raise ValueError(f"Metadata of keras_rnn must name its schema. Received: {str(document)[:60]!r} in {file}")
    if document["schema"] > SCHEMA:
        raise ValueError(
            f"Metadata of keras_rnn must have schema {SCHEMA}; a newer keras_rnn reads this file. "
            f"Received: schema {document['schema']} in {file}"
        )
    if document["schema"] == 1:
        document.setdefault("quantize", None)
    check_keys(document, KEYS, file)
    kind, settings = document["kind"], document["settings"]
    if kind not in SETTINGS:
        raise ValueError(f"`kind` must be {' or '.join(SETTINGS)}. Received: {kind!r} in {file}")
    if document["schema"] == 1 and kind == "gs10":
        settings.setdefault("scaling", "levels")
        settings.setdefault("residuals", None)
    check_keys(settings, SETTINGS[kind], file)
    check_keys(document["card"], CARD, file)
    for key in set(_BOUNDS) & set(settings):
        bounds = settings[key] if isinstance(settings[key], list) else [settings[key] or 0.0]
        if not bounds or not all(isinstance(bound, float) and math.isfinite(bound) for bound in bounds):
            raise ValueError(f"`{key}` must be finite numbers. Received: {repr(settings[key])[:60]} in {file}")
    columns = settings.get("columns")
    if columns is not None and not (
        len(columns) == settings["features"] and all(isinstance(column, str) for column in columns)
    ):
        raise ValueError(f"`columns` must name each feature. Received: {repr(columns)[:60]} in {file}")
    return document


def check_keys(document: Mapping[str, Any], keys: Mapping[str, Any], file: str) -> None:
    """Raise a ValueError where a document lacks one of the keys or has another type of value there."""
    for key, kind in keys.items():
        value = document.get(key, ...)
        counts = kind in (int, int | None) and value is not None
        if not isinstance(value, kind) or (counts and (isinstance(value, bool) or (key in COUNTS and value < 1))):
            found = "nothing" if value is ... else repr(value)[:60]
            wanted = getattr(kind, "__name__", kind)
            raise ValueError(f"`{key}` must be there, {wanted}. Received: {found} in {file}")
