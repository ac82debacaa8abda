"""Writing whole or not at all: beside the target first, then renamed into its place."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keras_rnn.core.checks import received

FilePath = str | os.PathLike[str]


def check_path(path: Any) -> Path:
    """`path` as an absolute Path, links followed, if it is a string or a path that is not empty."""
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise TypeError(f"A path must be a string or a path. {received(path)}")
    return Path(path).resolve()


@contextlib.contextmanager
def _beside(target: Path, kind: str) -> Iterator[Path]:
    """A folder for half-written things beside the target, gone afterwards; an OSError names the target."""
    import tempfile  # here, like hashlib below: the runtime starts without them

    missing: list[Path] = []
    try:
        missing = [parent for parent in target.parents if not parent.exists()]  # innermost first
        target.parent.mkdir(parents=True, exist_ok=True)
        if kind == "file" and target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if kind == "folder" and target.exists() and not target.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "it is a file")
        with tempfile.TemporaryDirectory(
            prefix=f".{target.name}.", dir=target.parent, ignore_cleanup_errors=True
        ) as beside:
            yield Path(beside)
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"The output {kind} must be one that can be written. Received: {str(target)!r}, {reason}"
        raise OSError(error.errno or errno.EIO, message) from error
    finally:
        for parent in missing:
            with contextlib.suppress(OSError):  # not empty: the target is there
                parent.rmdir()


@contextlib.contextmanager
def written_folder(target: FilePath) -> Iterator[Path]:
    """A new folder to fill, which takes the target's place once the body has ended without an error.

    A folder already there is kept until the new one is complete, and put back if the exchange fails. A link is
    followed.

    Raises:
        OSError: it cannot be written, or the target is a file.
    """
    target = check_path(target)
    with _beside(target, "folder") as beside:
        new, old = beside / "new", beside / "old"
        new.mkdir()
        yield new
        if target.exists():
            target.rename(old)
        try:
            new.rename(target)
        except BaseException:
            if old.exists():
                old.rename(target)
            raise


@contextlib.contextmanager
def written_file(target: FilePath) -> Iterator[Path]:
    """A path to write to, with the target's ending, renamed to the target once the body has ended without an error.

    Raises:
        OSError: it cannot be written, or the target is a folder.
    """
    target = check_path(target)
    with _beside(target, "file") as beside:
        new = beside / target.name
        yield new
        new.replace(target)


def check_writable(target: FilePath, kind: str = "folder") -> Path:
    """Raise the OSError that `written_folder` would, or for the kind "file" `written_file`, before the work that it is
    for; the path, links followed."""
    path = check_path(target)
    with _beside(path, kind):
        return path


def check_archive(path: FilePath) -> Path:
    """`path` if it is a Keras archive by its name and kind, which can be told without Keras.

    Raises:
        ValueError: no such file, or another one.
    """
    import zipfile

    path = Path(path)
    if not path.is_file() or path.suffix != ".keras":
        raise ValueError(f"A Keras archive must be a .keras file. {received(str(path))}")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"A Keras archive must be a zip file. {received(str(path))}, which is none")
    return path


def file_sizes(folder: Path) -> dict[str, int]:
    """Bytes of every file below a folder, by its path inside it."""
    return {p.relative_to(folder).as_posix(): p.stat().st_size for p in sorted(folder.rglob("*")) if p.is_file()}


def file_sha256(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()
