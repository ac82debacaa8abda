"""Folders for what is half done, gone afterwards; those of a process that was killed are swept by the next one."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

PREFIX = ".keras_rnn-unfinished-"
OLD = "old"  # in a scratch folder: what is to be put back under its name where its place is empty


class TemporaryFilesError(OSError):
    """There is no room for temporary files, whatever they were for."""


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A scratch folder where temporary files go.

    Raises:
        TemporaryFilesError: it, or what is in it, cannot be written.
    """
    import tempfile  # here, like others below: the runtime starts without them

    place, folder = tempfile.gettempdir(), None
    try:
        with scratch_folder(Path(place)) as folder:
            yield folder
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        file = error.filename if isinstance(error.filename, str | os.PathLike) else None
        if folder is not None and not (full if file is None else folder in Path(file).parents):
            raise  # of another file
        message = "The folder for temporary files must be one that can be written; TMPDIR names another"
        reason = f"Received: {place!r}, {error.strerror or error}"
        raise TemporaryFilesError(error.errno or errno.EIO, f"{message}. {reason}") from error


@contextlib.contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A new folder in another; before it is made, those of killed processes there go.

    A lock on the folder tells that its process lives: the system drops it with the process, whatever ends that one.

    Raises:
        OSError: it cannot be made.
    """
    import shutil
    import tempfile

    _sweep(parent)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        lock = _locked(folder, wait=True)
        if folder.exists():  # before it had its lock, another could take it for a leftover
            break
        _unlock(lock)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _unlock(lock)


def _sweep(parent: Path) -> None:
    import shutil

    try:
        left = [parent / name for name in os.listdir(parent) if name.startswith(PREFIX)]
    except OSError:  # a folder may be written to without being read
        return
    for folder in left:
        lock = _locked(folder, wait=False)
        if lock is None:
            continue
        if os.fstat(lock).st_uid != os.geteuid():  # another user's
            _unlock(lock)
            continue
        with contextlib.suppress(OSError):
            for old in [] if (folder / OLD).is_symlink() else (folder / OLD).iterdir():
                if not (parent / old.name).exists():
                    old.rename(parent / old.name)
        shutil.rmtree(folder, ignore_errors=True)
        _unlock(lock)


def _locked(folder: Path, wait: bool) -> int | None:
    """A descriptor that holds the lock on a folder; None where another process has it, or the system has no such."""
    try:
        import fcntl

        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except (ImportError, OSError):
        return None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(opened)
        return None
    return opened


def _unlock(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)
