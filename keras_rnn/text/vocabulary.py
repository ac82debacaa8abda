"""Characters as ids, and a text as windows to learn from.

A vocabulary is a string: the distinct characters of a text, sorted by code point. A character's id is its place
in it, so two programs that know the characters agree on the ids without a table. (A model that is not of this package
may have its own order.)

Where U+FFFD is one of them, it stands for every character that is not. The 256 characters U+0000 to U+00FF together
stand for bytes: a text is then written as those of its UTF-8.
"""

import codecs
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_rnn.core.checks import check_choice, check_integer, received

Ids = NDArray[np.int32]
TEXT_FILE = Path(__file__).parent / "hello_world.txt"
UNKNOWN = "\ufffd"  # what Unicode itself puts in the place of what cannot be shown
BYTES = "".join(map(chr, range(256)))


def check_text(name: str, text: Any) -> str:
    """`text` if it is a string that is not empty."""
    if not isinstance(text, str):
        raise TypeError(f"`{name}` must be a string. {received(text)}")
    if not text:
        raise ValueError(f"`{name}` must hold at least one character. {received(text)}")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:  # half a surrogate pair: no file could hold it
        raise ValueError(f"`{name}` must hold characters that UTF-8 can write. {received(text)}") from error
    return text


def check_vocabulary(vocabulary: Any) -> str:
    """`vocabulary` if it is a string of distinct characters sorted by code point."""
    check_text("vocabulary", vocabulary)
    expected = vocabulary_of(vocabulary)
    if vocabulary != expected:
        raise ValueError(
            "`vocabulary` must be distinct characters sorted by code point, here "
            f"{quoted(expected)}. {received(vocabulary)}"
        )
    return expected


def check_characters(vocabulary: Any) -> str:
    """The characters of a model's ids, in their order, as one string.

    Args:
        vocabulary: a string of distinct characters, or a sequence of them, in which "[UNK]", as `StringLookup` calls
            it, stands for U+FFFD, the unknown character.

    Raises:
        TypeError, ValueError: something else, or a character twice.
    """
    if not isinstance(vocabulary, str):
        if not isinstance(vocabulary, Sequence) or not all(isinstance(token, str) for token in vocabulary):
            raise TypeError(f"`vocabulary` must be a string or a sequence of characters. {received(vocabulary)}")
        tokens = [UNKNOWN if token == "[UNK]" else token for token in vocabulary]
        if other := next((token for token in tokens if len(token) != 1), None):
            raise ValueError(f"`vocabulary` must hold single characters. {received(other)}")
        vocabulary = "".join(tokens)
    characters = check_text("vocabulary", vocabulary)
    if twice := next((c for i, c in enumerate(characters) if c in characters[:i]), None):
        raise ValueError(f"`vocabulary` must hold each character once. Received: {twice!r} twice")
    return characters


def quoted(vocabulary: str) -> str:
    """A vocabulary as errors show it: its first 60 characters."""
    return f"{vocabulary[:60]!r}{'…' if len(vocabulary) > 60 else ''}"


def vocabulary_of(text: str) -> str:
    """The distinct characters of a text, sorted by code point."""
    return "".join(sorted(set(text)))


def capped_vocabulary(counts: Mapping[str, int], maximum: int | None = None) -> str:
    """The vocabulary of a text's most frequent characters, of those as frequent the ones first by code point.

    Args:
        counts: how often each character occurs.
        maximum: characters of the vocabulary; where there are more, U+FFFD is one of them. None: all.
    """
    if maximum is None or len(counts) <= maximum:
        return vocabulary_of("".join(counts))
    frequent = sorted(counts.keys() - {UNKNOWN}, key=lambda character: (-counts[character], character))
    return vocabulary_of("".join(frequent[: maximum - 1]) + UNKNOWN)


def text_to_bytes(text: str) -> str:
    """A text as characters of the vocabulary `BYTES`, one for each byte of its UTF-8."""
    return text.encode("utf-8").decode("latin-1")


def bytes_to_text(characters: Iterable[str]) -> Iterator[str]:
    """The text that characters of `BYTES` stand for, piece by piece, as soon as the bytes of a character are there.

    Bytes that are no UTF-8 become U+FFFD.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for character in characters:
        if piece := decoder.decode(character.encode("latin-1")):
            yield piece
    if rest := decoder.decode(b"", final=True):
        yield rest


def code_points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4")


@functools.lru_cache(maxsize=8)
def _table(vocabulary: str) -> Ids:
    """The id of every code point up to one past the vocabulary's last; of those it lacks U+FFFD's, or −1."""
    points = code_points(vocabulary)
    table = np.full(int(points.max()) + 2, vocabulary.find(UNKNOWN), dtype=np.int32)
    table[points] = np.arange(len(points))
    return table


def encode(text: str, vocabulary: str, name: str = "text") -> Ids:
    """The ids of a text's characters, int32 of shape (characters,).

    Raises:
        ValueError: a character is not in the vocabulary, and U+FFFD is not either.
    """
    ids = _table(vocabulary).take(code_points(text), mode="clip")  # (characters,)
    unknown = ids < 0
    if unknown.any():
        character = text[int(np.argmax(unknown))]
        raise ValueError(
            f"`{name}` must hold only characters of the vocabulary {quoted(vocabulary)}, "
            f"which has no {character!r}. {received(text)}"
        )
    return ids


def decode(ids: ArrayLike, vocabulary: str) -> str:
    """The text that a row of ids stands for.

    Raises:
        ValueError: an id is outside the vocabulary.
    """
    array = np.asarray(ids)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise ValueError(f"`ids` must be one row of integers. {received(ids)}")
    if array.size and (array.min() < 0 or array.max() >= len(vocabulary)):
        raise ValueError(f"`ids` must be from 0 to {len(vocabulary) - 1}. {received(ids)}")
    return "".join(vocabulary[i] for i in array)


def text_windows(
    text: str, window: int = 2, targets: str = "last", vocabulary: str | None = None
) -> tuple[Ids, Ids, str]:
    """Every window of a text with what follows it, ready for `model.fit`.

    The windows are arrays of their own, 4 · window bytes for each character: more than a few MB of text are for
    `text.corpus.Corpus`.

    Args:
        text: the text to learn; longer than the window.
        window: characters the model sees at a time.
        targets: `"last"` for the character after the window, shape (windows,), which fits a model that answers
            once a window; `"all"` for the character after each one, shape (windows, window), which fits a model
            with `return_sequences=True`.
        vocabulary: the one to encode with, for a second text; None for the text's own.

    Returns:
        `ids` int32 (windows, window), `targets` int32 as above, and the vocabulary, a string.

    Raises:
        TypeError: `text` is not a string, or `window` not an integer.
        ValueError: the text is not longer than the window, or holds a character that `vocabulary` lacks.
    """
    check_text("text", text)
    check_integer("window", window, 1)
    check_choice("targets", targets, ("last", "all"))
    if len(text) <= window:
        raise ValueError(f"`text` must be longer than the window of {window} characters. {received(text)}")
    vocabulary = vocabulary_of(text) if vocabulary is None else check_vocabulary(vocabulary)
    ids = encode(text, vocabulary)  # (characters,)
    views = np.lib.stride_tricks.sliding_window_view(ids, window)  # (characters - window + 1, window)
    after = ids[window:] if targets == "last" else views[1:]
    return views[:-1].copy(), after.copy(), vocabulary


def load_text() -> str:
    """The text of the character model, "hello world"."""
    return TEXT_FILE.read_text(encoding="utf-8")
