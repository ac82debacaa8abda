"""A flatbuffer's tables, read field by field: the few that a start needs, without the generated reader's import."""

import struct
from typing import Any

_READ = {kind: struct.Struct("<" + kind).unpack_from for kind in "bB?HiIQ"}
_UINT16, _INT32, _UINT32 = (_READ[kind] for kind in "HiI")
_MOST_FIELDS = 12  # that are asked for


class Table:
    """One table. Its fields go by their numbers in TensorFlow Lite's schema.fbs; one left out has its default.

    Offsets are taken as they come: a wrong one is a struct.error or an IndexError, or leads to other bytes of the file.
    """

    __slots__ = ("_at", "_content", "_offsets", "_vtables")

    def __init__(self, content: bytes, at: int, vtables: dict[int, tuple[int, ...]]) -> None:
        vtable = at - _INT32(content, at)[0]
        offsets = vtables.get(vtable)  # which most tables of a kind share
        if offsets is None:
            size = _UINT16(content, vtable)[0] // 2
            offsets = struct.unpack_from(f"<{size}H", content, vtable)[2:] + (0,) * _MOST_FIELDS
            vtables[vtable] = offsets
        self._content, self._at, self._offsets, self._vtables = content, at, offsets, vtables

    def number(self, field: int, kind: str) -> Any:
        """A number of a kind as in `struct`; 0 by default."""
        offset = self._offsets[field]
        return _READ[kind](self._content, self._at + offset)[0] if offset else 0

    def _vector(self, field: int) -> tuple[int, int]:
        """Where a vector's items begin, and how many there are."""
        offset = self._offsets[field]
        if not offset:
            return 0, 0
        at = self._at + offset
        at += _UINT32(self._content, at)[0]
        (count,) = _UINT32(self._content, at)
        if at + 4 + count > len(self._content):
            raise IndexError(count)
        return at + 4, count

    def numbers(self, field: int, kind: str = "i") -> tuple[Any, ...]:
        at, count = self._vector(field)
        return struct.unpack_from(f"<{count}{kind}", self._content, at) if count else ()

    def string(self, field: int) -> bytes:
        """The bytes of a string or of a vector of them."""
        at, count = self._vector(field)
        return self._content[at : at + count]

    def length(self, field: int) -> int:
        return self._vector(field)[1]

    def table(self, field: int) -> "Table | None":
        offset = self._offsets[field]
        at = self._at + offset
        return Table(self._content, at + _UINT32(self._content, at)[0], self._vtables) if offset else None

    def tables(self, field: int) -> list["Table"]:
        at, count = self._vector(field)
        places = struct.unpack_from(f"<{count}I", self._content, at) if count else ()
        return [Table(self._content, at + 4 * i + place, self._vtables) for i, place in enumerate(places)]


def root_of(content: bytes) -> Table:
    """The model's table: `operator_codes` 1, `subgraphs` 2, `buffers` 4, `metadata` 6, `signature_defs` 7."""
    return Table(content, _UINT32(content, 0)[0], {})
