"""A text of any size: read in blocks, kept as ids on disk, cut into a part to train on and one to validate with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keras_rnn.core.checks import check_choice, check_integer, check_number, received
from keras_rnn.text.batches import IdFile, TextPart
from keras_rnn.text.files import BLOCK, ERRORS, NEW_CHARACTERS, Source, find_texts, read_text_blocks
from keras_rnn.text.vocabulary import (
    BYTES,
    UNKNOWN,
    Ids,
    capped_vocabulary,
    check_text,
    check_vocabulary,
    code_points,
    encode,
    quoted,
    text_to_bytes,
    vocabulary_of,
)

CODE_POINTS = 0x110000


class Corpus:
    """A text as ids, in memory that does not grow with it: 1, 2 or 4 bytes of a temporary file for each character.

    Several files are one text, one after the other. They are read twice, to count the characters and to write the ids.
    The temporary file goes with the object; the variable `TMPDIR` says where it lies, which should be a disk.

    Args:
        source: a UTF-8 file, gzipped where its name ends in `.gz`; a folder, for the `.txt` and `.txt.gz` files below
            it; a glob; or a list of those, as `text.files.find_texts` says.
        text: the text itself, in the place of `source`.
        vocabulary: that of a model to go on with; `BYTES` for the bytes of the UTF-8; None: the text's own characters,
            those of the part to validate with among them.
        max_vocabulary: characters of the text's own vocabulary; what is rarer becomes U+FFFD. None: all.
        new_characters: what becomes of those that `vocabulary` lacks: `"refuse"` names them in an error, unless it has
            U+FFFD for them; `"map"` makes them U+FFFD, which is added; `"add"` adds them all. A model then needs
            `text.extension.extend_vocabulary`.
        validation: the share of the text, its end, to validate with; 0 for none.
        validation_files: in its place the files to validate with, named as in `source`, which need not have them and
            does not train on them; or n for every n-th file.
        errors: what bytes that are no UTF-8 are: `"strict"` an error, `"replace"` U+FFFD, `"ignore"` nothing.

    Attributes:
        vocabulary: a string.
        files: paths, in the order of the text, those to validate with last.
        training: a `TextPart`.
        validation: a `TextPart`, or None.
        unknown: how many characters became U+FFFD because the vocabulary lacks them.

    Raises:
        TypeError: an argument of the wrong type.
        OSError: a file that is not there or cannot be read, a damaged gzip file, no room in the temporary folder.
        ValueError: an argument out of range; no text; a binary file; bytes that are no UTF-8; characters that
            `vocabulary` lacks.
    """

    def __init__(
        self,
        source: Source | None = None,
        *,
        text: str | None = None,
        vocabulary: str | None = None,
        max_vocabulary: int | None = None,
        new_characters: str = "refuse",
        validation: float = 0.1,
        validation_files: Source | int | None = None,
        errors: str = "strict",
    ) -> None:
        if (source is None) == (text is None):
            raise ValueError(f"Either `source` or `text` must be given. {received((source, text))}")
        if vocabulary is not None and max_vocabulary is not None:
            raise ValueError("`max_vocabulary` must be None where `vocabulary` is given. " + received(max_vocabulary))
        if max_vocabulary is not None:
            check_integer("max_vocabulary", max_vocabulary, 2)
        if vocabulary is not None:
            check_vocabulary(vocabulary)
        check_choice("new_characters", new_characters, NEW_CHARACTERS)
        check_number("validation", validation, 0.0, 1.0)
        self._errors = check_choice("errors", errors, ERRORS)
        self._bytes = vocabulary == BYTES
        if text is not None:
            check_text("text", text)
            if "\0" in text:
                raise ValueError(f"`text` must have no NUL, as binary data do. {received(text)}")
            if validation_files is not None:
                raise ValueError(f"`validation_files` must be None with `text`. {received(validation_files)}")
        training, held_out = ([], []) if source is None else _split_files(find_texts(source), validation_files)
        self.files = (*training, *held_out)

        counts = self._count(training, text)
        cut = int(counts.sum())
        counts += self._count(held_out)
        size = int(counts.sum())
        if not size:
            raise ValueError(f"`source` must hold text. {received(source)}, which is empty")
        if validation_files is None:
            cut = size - round(validation * size)
        elif cut == size:
            raise ValueError(f"`validation_files` must hold text. {received(validation_files)}, empty")
        if not cut:
            raise ValueError(f"`validation` must leave a text to train on. {received(validation_files or validation)}")
        self.vocabulary, self.unknown = _fitting(counts, vocabulary, max_vocabulary, new_characters)
        ids = IdFile(self._ids(text), len(self.vocabulary))
        if ids.size != size:
            raise ValueError(f"`source` must not change while it is read. {received(source)}")
        self.training = TextPart(ids, 0, cut)
        self.validation = TextPart(ids, cut, size - cut) if cut < size else None

    def validating(self, window: int) -> TextPart | None:
        """The part to validate a model of this window with; None where there is none, or less than two windows."""
        return self.validation if self.validation is not None and len(self.validation) > 2 * window else None

    def _blocks(self, files: Sequence[Path], text: str | None = None) -> Iterator[str]:
        parts = [] if text is None else [(text[i : i + BLOCK] for i in range(0, len(text), BLOCK))]
        for blocks in [*parts, *(read_text_blocks(path, self._errors) for path in files)]:
            yield from map(text_to_bytes, blocks) if self._bytes else blocks

    def _count(self, files: Sequence[Path], text: str | None = None) -> NDArray[np.int64]:
        """How often each code point occurs, (0x110000,)."""
        counts = np.zeros(CODE_POINTS, dtype=np.int64)
        for block in self._blocks(files, text):
            found = np.bincount(code_points(block))  # (the highest + 1,)
            counts[: len(found)] += found
        return counts

    def _ids(self, text: str | None) -> Iterator[Ids]:
        return (encode(block, self.vocabulary) for block in self._blocks(self.files, text))


def _split_files(files: list[Path], held_out: Source | int | None) -> tuple[list[Path], list[Path]]:
    """(to train on, to validate with)."""
    if held_out is None:
        return files, []
    if isinstance(held_out, int):
        n = check_integer("validation_files", held_out, 2)
        if n > len(files):
            raise ValueError(
                f"`source` must have {n:,} files at least, to keep every {n:,}th. Received: {len(files):,}"
            )
        chosen = files[n - 1 :: n]
    else:
        chosen = find_texts(held_out, "validation_files")
    there = {path.resolve() for path in chosen}
    return [path for path in files if path.resolve() not in there], chosen


def _fitting(
    counts: NDArray[np.int64], vocabulary: str | None, maximum: int | None, new_characters: str
) -> tuple[str, int]:
    """The vocabulary, and how many characters of the text it lacks."""
    found = {chr(point): int(counts[point]) for point in np.flatnonzero(counts)}
    if vocabulary is None:
        vocabulary = capped_vocabulary(found, maximum)
    lacking = "".join(sorted(found.keys() - set(vocabulary)))
    if new_characters == "add":
        return vocabulary_of(vocabulary + lacking), 0
    if lacking and new_characters == "map":
        vocabulary = vocabulary_of(vocabulary + UNKNOWN)
    if lacking and UNKNOWN not in vocabulary:
        raise ValueError(
            f"The text must hold only characters of the vocabulary {quoted(vocabulary)}, which has no U+FFFD for "
            f'others, unless `new_characters` is "map" or "add". Received: {len(lacking):,} others, {quoted(lacking)}'
        )
    return vocabulary, sum(found[character] for character in lacking)
