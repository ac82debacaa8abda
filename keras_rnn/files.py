"""Writing whole or not at all: beside the target first, then renamed into its place."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

FilePath = str | os.PathLike[str]


@contextlib.contextmanager
def written_folder(target: FilePath) -> Iterator[Path]:
    """A new folder to fill, which takes the target's place once the body has ended without an error.

    A folder already there is kept until the new one is complete, and put back if the exchange fails.

    Raises:
        OSError: it cannot be written; FileExistsError where the target is a file.
    """
    target = Path(target).absolute()
    if target.exists() and not target.is_dir():
        raise FileExistsError(f"A folder was expected where a file is. Received: {str(target)!r}")
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
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
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@contextlib.contextmanager
def written_file(target: FilePath) -> Iterator[Path]:
    """A path to write to, with the target's ending, renamed to the target once the body has ended without an error.

    Raises:
        OSError: it cannot be written; IsADirectoryError where the target is a folder.
    """
    target = Path(target).absolute()
    if target.is_dir():
        raise IsADirectoryError(f"A file was expected where a folder is. Received: {str(target)!r}")
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        new = beside / target.name
        yield new
        new.replace(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def file_sizes(folder: Path) -> dict[str, int]:
    """Bytes of every file below a folder, by its path inside it."""
    return {p.relative_to(folder).as_posix(): p.stat().st_size for p in sorted(folder.rglob("*")) if p.is_file()}


def file_sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
