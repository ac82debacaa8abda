"""Batches of windows from ids on disk: shuffled, or in order with the state carried on.

Batch k depends on the seed and on k alone. Training that was stopped goes on from any batch as if it had not been,
and no list of all windows is kept.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import tempfile
import threading
import weakref
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keras_rnn.core.checks import check_choice, check_integer, check_seed
from keras_rnn.text.files import BLOCK
from keras_rnn.text.vocabulary import Ids, decode

Places = NDArray[np.int64]

FEW = 4  # characters of a window up to which only the one after it is a target
ROUNDS = 3  # of the shuffle
SAMPLE = 100_000  # characters


class IdFile:
    """Ids in a temporary file that goes with the object. Read by position: mapped pages would count as memory.

    Args:
        blocks: ids, each of shape (characters,).
        count: of different ids.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, blocks: Iterable[Ids], count: int) -> None:
        self.dtype = np.min_scalar_type(count - 1)  # uint8, uint16, uint32
        self.size = 0
        self._file = tempfile.TemporaryFile(prefix="keras_rnn_")  # noqa: SIM115 - open as long as the object lives
        weakref.finalize(self, self._file.close)
        for ids in blocks:
            with _room_for_it():
                self._file.write(ids.astype(self.dtype).data)
            self.size += len(ids)
        with _room_for_it():
            self._file.flush()
        self._lock = threading.Lock()

    def read(self, starts: Places, length: int) -> Ids:
        """The ids from each of `starts` on, int32 of shape (starts, length)."""
        size = self.dtype.itemsize
        rows = [self._bytes(start * size, length * size) for start in starts.tolist()]
        return np.frombuffer(b"".join(rows), self.dtype).reshape(len(starts), length).astype(np.int32)

    def crc32(self, first: int, count: int) -> int:
        size, total = self.dtype.itemsize, 0
        for start in range(first * size, (first + count) * size, BLOCK):
            total = zlib.crc32(self._bytes(start, min(BLOCK, (first + count) * size - start)), total)
        return total

    def _bytes(self, start: int, count: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), count, start)
        with self._lock:  # on Windows
            self._file.seek(start)
            return self._file.read(count)


@contextlib.contextmanager
def _room_for_it() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = f"Received: {tempfile.gettempdir()!r}, {error.strerror}"
        raise OSError(error.errno, f"The temporary folder must have room for the text. {reason}") from error


@dataclass(frozen=True)
class TextPart:
    """A stretch of a text: `size` of the ids, from the place `first` on.

    Targets are `"all"`, the character after each one, of shape (batch, window), or `"last"`, the one after the window,
    of shape (batch,); None: "last" for windows of up to 4 characters, else "all".
    """

    ids: IdFile
    first: int
    size: int

    def __len__(self) -> int:
        return self.size

    def windows(self, window: int, targets: str | None = None) -> int:
        """How many windows an epoch of `batches` has.

        Raises:
            TypeError, ValueError: an argument out of range; a text not longer than the window.
        """
        stride = 1 if _targets(window, targets) == "last" else window
        if self.size <= window:
            raise ValueError(
                f"The text must be longer than the window of {window:,} characters. Received: {self.size:,} characters"
            )
        return self.size - window if stride == 1 else max(1, self.size // window - 1)

    def batches(
        self, batch: int, window: int, targets: str | None = None, seed: int | None = None, start: int = 0
    ) -> Iterator[tuple[Ids, Ids]]:
        """Shuffled windows without end: `ids` int32 (batch, window), and `targets` as above.

        With "last" an epoch is every window of the text, once. With "all" it is windows side by side, once each, from
        an offset on that is drawn anew for each epoch: every character is a target once, but for up to two windows'
        length at the ends together, which other epochs reach. Epochs follow each other without a gap: a batch may hold
        the last windows of one and the first of the next.

        Args:
            seed: of the order and the offsets; None draws anew.
            start: the number of the first batch.

        Raises:
            TypeError, ValueError: as `windows`.
        """
        check_integer("batch", batch, 1)
        check_integer("start", start, 0)
        count, kind, seed = self.windows(window, targets), _targets(window, targets), _seed(seed)
        stride = 1 if kind == "last" else window
        slack = self.size - window - 1 - (count - 1) * stride

        def starts(k: int) -> Places:
            epochs, places = np.divmod(np.arange(k * batch, (k + 1) * batch), count)
            for epoch in np.unique(epochs):
                random, now = np.random.default_rng((seed, int(epoch))), epochs == epoch
                keys = random.integers(2**64, size=2 * ROUNDS, dtype=np.uint64)
                places[now] = random.integers(slack + 1) + stride * shuffled(places[now], count, keys)
            return self.first + places

        return (_split(self.ids.read(starts(k), window + 1), kind) for k in itertools.count(start))

    def carried_batches(self, batch: int, window: int, most: int | None = None) -> int:
        """How many batches an epoch of `carried` has.

        Raises:
            TypeError, ValueError: an argument out of range; a text too short for the rows.
        """
        check_integer("batch", batch, 1)
        check_integer("window", window, 1)
        count = (self.size - 1) // (batch * window)
        if count < 1:
            raise ValueError(
                f"The text must hold {batch * window + 1:,} characters at least, for {batch:,} rows with a window of "
                f"{window:,} each. Received: {self.size:,} characters"
            )
        return count if most is None else min(count, max(1, check_integer("most", most, 1) // (batch * window)))

    def carried(
        self, batch: int, window: int, seed: int | None = None, start: int = 0, most: int | None = None
    ) -> Iterator[tuple[Ids, Ids, NDArray[np.bool_]]]:
        """Windows in order, for truncated back-propagation: each row goes on where it stood in the batch before.

        The text is cut into `batch` rows of the same length, side by side. Each epoch begins at an offset that is drawn
        anew, so that what the rows leave over at the ends is not always the same. There is no end.

        Args:
            seed: of the offsets; None draws anew.
            start: the number of the first batch; its rows go on, unless an epoch begins with it.
            most: characters of an epoch, about, the beginning of each row; None: all.

        Returns:
            `ids` and `targets`, int32 (batch, window), and `starts`, bool (batch,): the rows that begin anew, from a
            zero state.

        Raises:
            TypeError, ValueError: as `carried_batches`.
        """
        count, seed = self.carried_batches(batch, window, most), _seed(seed)
        length = self.carried_batches(batch, window) * window  # of a row
        check_integer("start", start, 0)

        def one(k: int) -> tuple[Ids, Ids, NDArray[np.bool_]]:
            epoch, step = divmod(k, count)
            offset = np.random.default_rng((seed, epoch)).integers(self.size - batch * length)
            starts = self.first + offset + np.arange(batch) * length + step * window
            return *_split(self.ids.read(starts, window + 1), "all"), np.full(batch, step == 0)

        return map(one, itertools.count(start))

    def sample(self, window: int, targets: str | None = None, most: int = SAMPLE) -> tuple[Ids, Ids]:
        """Windows side by side, in order, to validate with: `ids` int32 (windows, window), and `targets` as above.

        Args:
            most: characters; where there are more, the windows are as many, spread evenly over the text.

        Raises:
            TypeError, ValueError: as `windows`.
        """
        self.windows(window, targets)
        check_integer("most", most, 1)
        there = (self.size - 1) // window
        count = min(there, max(1, most // window))
        starts = self.first + np.arange(count) * there // count * window
        return _split(self.ids.read(starts, window + 1), _targets(window, targets))

    def text(self, vocabulary: str, most: int) -> str:
        """Its first characters."""
        (ids,) = self.ids.read(np.array([self.first]), min(most, self.size))
        return decode(ids, vocabulary)

    def crc32(self) -> int:
        """A checksum of its ids."""
        return self.ids.crc32(self.first, self.size)


def _targets(window: int, targets: str | None) -> str:
    check_integer("window", window, 1)
    check_choice("targets", targets, (None, "last", "all"))
    return targets or ("last" if window <= FEW else "all")


def _seed(seed: int | None) -> int:
    seed = check_seed(seed)
    return int(np.random.default_rng().integers(2**31)) if seed is None else seed


def _split(rows: Ids, targets: str) -> tuple[Ids, Ids]:
    """Rows (batch, window + 1) → ids (batch, window), targets (batch, window) or (batch,)."""
    return rows[:, :-1].copy(), rows[:, 1:].copy() if targets == "all" else rows[:, -1].copy()


def shuffled(places: Places, count: int, keys: NDArray[np.uint64]) -> Places:
    """Where a shuffle of `count` things puts those at `places`: each elsewhere, and no list of them all is needed.

    A Feistel network on the places as a table of rows and columns: each round moves the row by a hash of the column
    and the column by a hash of the row, which can be undone, so no two places meet. The table may be a little larger
    than `count`; whoever lands outside goes on until inside.

    Args:
        places: from 0 to count − 1.
        keys: of the hashes.
    """
    rows = math.isqrt(count - 1) + 1
    columns = -(-count // rows)
    moved = places.astype(np.uint64)
    outside = np.ones(len(places), dtype=bool)
    while outside.any():
        row, column = np.divmod(moved[outside], np.uint64(columns))
        for first, second in keys.reshape(-1, 2):
            row = (row + _hash(column, first)) % np.uint64(rows)
            column = (column + _hash(row, second)) % np.uint64(columns)
        moved[outside] = row * np.uint64(columns) + column
        outside = moved >= count
    return moved.astype(np.int64)


def _hash(values: NDArray[np.uint64], key: np.uint64) -> NDArray[np.uint64]:
    """SplitMix64, less 32 bits, so that a sum with a place does not overflow."""
    x = (values + key) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x >> np.uint64(32)
