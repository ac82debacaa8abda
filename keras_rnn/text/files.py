"""Text files: which ones are meant, and what they hold, in blocks, so that a text need not fit in memory."""

import codecs
import glob
import gzip
import io
import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath
from keras_rnn.text.vocabulary import UNKNOWN

Source = FilePath | Sequence[FilePath]

BLOCK = 2**20  # bytes
ENDINGS = (".txt", ".txt.gz")
ERRORS = ("strict", "replace", "ignore")
NEW_CHARACTERS = ("refuse", "map", "add")


def find_texts(source: Source, name: str = "source") -> list[Path]:
    """The files that a path, or a list of paths, stands for, each once.

    A folder stands for all files below it that end in `.txt` or `.txt.gz`, sorted, hidden files and folders left out.
    What is neither a file nor a folder is a glob, in which `**` reaches any depth; its files are sorted, too, and may
    end in anything. A list keeps its order.

    Raises:
        TypeError: something other than paths.
        OSError: nothing there, or a folder that cannot be read.
        ValueError: a folder or a glob without a text.
    """
    sources = [source] if isinstance(source, str | os.PathLike) else source
    if not isinstance(sources, Sequence) or not all(isinstance(s, str | os.PathLike) and os.fspath(s) for s in sources):
        raise TypeError(f"`{name}` must be a path, a glob or a list of them. {received(source)}")
    found = {path.resolve(): path for one in sources for path in _texts_of(one, name)}
    if not found:
        raise ValueError(f"`{name}` must name at least one text. {received(source)}")
    return list(found.values())


def _texts_of(source: FilePath, name: str) -> list[Path]:
    if os.path.isdir(source):
        found = list(_texts_below(source, name))
        kind = "a folder with files that end in " + " or ".join(ENDINGS)
    elif os.path.exists(source):
        if not os.path.isfile(source):  # a pipe could be read only once
            raise ValueError(f"`{name}` must be a file. Received: {str(source)!r}, which is none")
        return [Path(source)]
    elif glob.has_magic(str(source)):
        found = [Path(path) for path in glob.glob(str(source), recursive=True) if os.path.isfile(path)]
        kind = "a glob that matches files"
    else:
        raise FileNotFoundError(f"`{name}` must be a file, a folder or a glob. {received(source)}, which is not there")
    if not found:
        shown = str(source)[:300]  # perhaps a whole text, taken for a glob
        raise ValueError(f"`{name}` must be {kind}. Received: {shown!r}, which has none")
    return sorted(found)


def _texts_below(folder: FilePath, name: str) -> Iterator[Path]:
    def stop(error: OSError) -> None:
        reason = f"Received: {str(error.filename)!r}, {error.strerror}"
        raise type(error)(error.errno, f"`{name}` must be a folder that can be read. {reason}") from error

    for parent, folders, names in os.walk(folder, onerror=stop):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for file in names:
            path = Path(parent, file)
            if not file.startswith(".") and file.lower().endswith(ENDINGS) and path.is_file():
                yield path


def read_text_blocks(path: Path, errors: str = "strict") -> Iterator[str]:
    """A UTF-8 file's text, compressed where its name ends in `.gz`, in blocks of up to 1 MiB.

    A byte order mark is left out, and every line ends in "\\n".

    Args:
        errors: what bytes that are no UTF-8 are: `"strict"` an error, `"replace"` U+FFFD, `"ignore"` nothing.

    Raises:
        OSError: the file cannot be read, or what is compressed is damaged.
        ValueError: bytes that are no UTF-8 and `"strict"`; a binary file.
    """

    def wrong(reason: str) -> ValueError:
        return ValueError(f"`source` must be UTF-8 text. Received: {str(path)!r}, {reason}")

    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    lines = io.IncrementalNewlineDecoder(decoder, translate=True)
    read, begun = 0, False
    for raw in _raw_blocks(path):  # the last is empty
        if b"\0" in raw:
            raise wrong("which has NUL bytes, as binary files and UTF-16 do")
        if not read and errors != "strict" and raw.decode("utf-8", "replace").count(UNKNOWN) > len(raw) / 2:
            raise wrong("which is none for the most part")
        try:
            text = lines.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            place = read - len(decoder.getstate()[0]) + error.start
            byte = f"byte {place:,} (0x{error.object[error.start]:02x})"
            way_out = 'convert it, or give `errors` as "replace" or "ignore"'
            raise wrong(f"whose {byte} is none: {way_out}") from error
        read += len(raw)
        if text and not begun:
            text, begun = text.removeprefix("\ufeff"), True
        if text:
            yield text


def _raw_blocks(path: Path) -> Iterator[bytes]:
    """A file's bytes, and at its end b""."""
    try:
        file: Any
        with gzip.open(path) if path.suffix.lower() == ".gz" else open(path, "rb") as file:
            while raw := file.read(BLOCK):
                yield raw
        yield b""
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise OSError(f"`source` must be a whole gzip file. Received: {str(path)!r}, {error}") from error
    except OSError as error:
        reason = f"Received: {str(path)!r}, {error.strerror or error}"
        raise type(error)(error.errno, f"`source` must be a file that can be read. {reason}") from error
