"""What a `.tflite` file says of itself: a JSON document in the flatbuffer's `Metadata`, under the name `keras_rnn`.

Schema 1, all keys always there: `schema`; `keras_rnn`, the version that wrote it; `kind`, "char", "gs10" or
"series"; `name` in the zoo or null; `window`; `units`, or null for a Keras model of the user's own; `ahead`, how many
values the signature `generate` or `forecast` gives, or null where there is none; `quantize`, how weights are stored
("float16", "dynamic_range", "int8", or null for float32); `settings` (char: `vocabulary`, the characters by id, and
maybe `carried`, whether `step` reads a text on from the state so far; gs10: `unit`, `frequency`, `scaling`, `low` and
`high`, what is scaled to 0 and 1, or null, and `residuals`, absolute errors by horizon for intervals, or null; series:
the same, and `features`, their names `columns` or null, and `trained_to`, the last date it was trained on, or null);
`signatures`, names of inputs and outputs; `card`, a summary: `title`, `description`, `metrics`, `limits`, `license`;
`versions`.
A reader refuses a schema newer than its own; new keys may come within one.
"""

import json
from collections.abc import Mapping
from types import EllipsisType
from typing import Any

BUFFER_NAME = "keras_rnn"
SCHEMA = 1
_SCALE = {"scaling": str, "residuals": list | None}
SETTINGS: dict[str, dict[str, Any]] = {
    "char": {"vocabulary": str, "carried": bool | EllipsisType},
    "gs10": _SCALE | {"unit": str, "frequency": str, "low": float | None, "high": float | None},
    "series": _SCALE
    | {"unit": str | None, "frequency": str | None, "low": float | list | None, "high": float | list | None}
    | {"features": int, "columns": list | None, "trained_to": str | None},
}
KEYS: dict[str, Any] = {
    "schema": int, "keras_rnn": str, "kind": str, "name": str | None, "window": int, "units": int | None,
    "ahead": int | None, "settings": dict, "signatures": dict, "card": dict, "versions": dict,
}  # fmt: skip


def document_of(metadata: Mapping[str, bytes], file: str) -> dict[str, Any] | None:
    """What a file with this metadata says of itself, or None where it is not of this package; errors as `parse`."""
    return parse(metadata[BUFFER_NAME], file) if BUFFER_NAME in metadata else None


def parse(data: bytes, file: str) -> dict[str, Any]:
    """The document in a file's metadata buffer, its keys and their types checked.

    Raises:
        ValueError: not such a document, or one of a newer schema.
    """
    try:
        document = json.loads(data.decode("utf-8"))
    except ValueError as error:
        raise ValueError(f"Metadata of keras_rnn must be JSON. Received: {data[:60]!r} in {file}") from error
    if not isinstance(document, dict) or not isinstance(document.get("schema"), int):
        raise ValueError(f"Metadata of keras_rnn must name its schema. Received: {str(document)[:60]!r} in {file}")
    if document["schema"] > SCHEMA:
        raise ValueError(
            f"Metadata of keras_rnn must have schema {SCHEMA}; a newer keras_rnn reads this file. "
            f"Received: schema {document['schema']} in {file}"
        )
    _check(document, KEYS, file)
    if document["kind"] not in SETTINGS:
        raise ValueError(f"`kind` must be {' or '.join(SETTINGS)}. Received: {document['kind']!r} in {file}")
    _check(document["settings"], SETTINGS[document["kind"]], file)
    return document


def _check(document: dict[str, Any], keys: dict[str, Any], file: str) -> None:
    for key, kind in keys.items():
        value = document.get(key, ...)
        counts = kind in (int, int | None) and value is not None
        if not isinstance(value, kind) or (counts and (isinstance(value, bool) or value < 1)):
            found = "nothing" if value is ... else repr(value)[:60]
            raise ValueError(f"Metadata must hold `{key}`, {kind}. Received: {found} in {file}")
