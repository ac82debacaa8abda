"""Writing whole or not at all: beside the target first, then renamed into its place."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from keras_rnn.checks import received

FilePath = str | os.PathLike[str]


@contextlib.contextmanager
def _beside(target: Path, kind: str) -> Iterator[Path]:
    """A folder for half-written things beside the target, gone afterwards; an OSError names the target."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{target.name}.", dir=target.parent, ignore_cleanup_errors=True
        ) as beside:
            yield Path(beside)
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"A {kind} that can be written was expected. Received: {str(target)!r}, {reason}"
        raise OSError(error.errno or errno.EIO, message) from error


@contextlib.contextmanager
def written_folder(target: FilePath) -> Iterator[Path]:
    """A new folder to fill, which takes the target's place once the body has ended without an error.

    A folder already there is kept until the new one is complete, and put back if the exchange fails.

    Raises:
        OSError: it cannot be written, or the target is a file.
    """
    target = Path(target).absolute()
    with _beside(target, "folder") as beside:
        if target.exists() and not target.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "it is a file")
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
    target = Path(target).absolute()
    with _beside(target, "file") as beside:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        new = beside / target.name
        yield new
        new.replace(target)


def check_replaceable(target: FilePath, mark: str) -> None:
    """Raise what `written_folder` would, before the work that it is for, and refuse a folder that is not ours.

    Args:
        mark: a file that a folder must hold for us to replace it, unless it is empty.

    Raises:
        ValueError: a folder with other files.
        OSError: it cannot be written, or the target is a file.
    """
    target = Path(target).absolute()
    with _beside(target, "folder"):
        if target.exists() and not target.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "it is a file")
        if target.is_dir() and any(target.iterdir()) and not (target / mark).is_file():
            raise ValueError(
                "A new folder, an empty one or an earlier export's was expected, for it is replaced. "
                f"{received(str(target))}"
            )


def file_sizes(folder: Path) -> dict[str, int]:
    """Bytes of every file below a folder, by its path inside it."""
    return {p.relative_to(folder).as_posix(): p.stat().st_size for p in sorted(folder.rglob("*")) if p.is_file()}


def file_sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
