"""Writing whole or not at all: beside the target first, then in its place at once; readers meet old or new."""

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from keras_rnn.core.checks import received
from keras_rnn.core.scratch import OLD, TemporaryFilesError, scratch_folder

FilePath = str | os.PathLike[str]
Read = TypeVar("Read")
_RENAME_EXCHANGE, _AT_FDCWD = 2, -100  # Linux


def check_path(path: Any) -> Path:
    """`path` as an absolute Path, links followed, if it is a string or a path that is not empty."""
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise TypeError(f"A path must be a string or a path. {received(path)}")
    return Path(path).resolve()


@contextlib.contextmanager
def _beside(target: Path, kind: str) -> Iterator[Path]:
    """A folder for half-written things beside the target, gone afterwards; an OSError names the target."""
    missing: list[Path] = []
    try:
        missing = [parent for parent in target.parents if not parent.exists()]  # innermost first
        target.parent.mkdir(parents=True, exist_ok=True)
        if kind == "file" and target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if kind == "folder" and target.exists() and not target.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "it is a file")
        with scratch_folder(target.parent) as beside:
            yield beside
    except TemporaryFilesError:
        raise
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

    A folder already there is kept until the new one is complete and on the disk, and then exchanged for it, in one step
    where the system has one. A link is followed.

    Raises:
        OSError: it cannot be written, or the target is a file.
    """
    target = check_path(target)
    with _beside(target, "folder") as beside:
        new = beside / "new"
        new.mkdir()
        yield new
        for parent, _, names in os.walk(new):
            for name in names:
                _to_disk(Path(parent, name))
            _to_disk(Path(parent))
        _exchange(new, target)
        _to_disk(target.parent)


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
        _to_disk(new)
        new.replace(target)
        _to_disk(target.parent)


def _to_disk(path: Path) -> None:
    """Have a file's bytes, or a folder's names, outlive a loss of power."""
    if os.name == "nt" and path.is_dir():  # which cannot be opened there
        return
    opened = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _exchange(new: Path, target: Path) -> None:
    """Put a folder in the target's place, and the one there, if it holds anything, in the new one's or into `OLD`."""
    try:
        return os.rename(new, target)
    except OSError:
        if not target.is_dir():
            raise
    if _exchanged_at_once(new, target):
        return
    old = new.parent / OLD / target.name  # by its name: after a kill from here on the next run puts it back
    old.parent.mkdir()
    target.rename(old)
    try:
        new.rename(target)
    except BaseException:
        old.rename(target)
        raise


def _exchanged_at_once(one: Path, other: Path) -> bool:
    """Exchange two names in one step; False where the system, or this disk, cannot."""
    import ctypes

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if os.name == "posix" else None
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS):
        return False
    raise OSError(code, os.strerror(code), str(other))


def read_at_once(folder: Path, read: Callable[[], Read]) -> Read:
    """What `read` gives of several files of a folder, all of one export: once more where another took its place."""

    def state() -> tuple[int, ...]:
        try:
            found = folder.stat()
        except OSError:
            return ()
        return found.st_dev, found.st_ino, found.st_ctime_ns

    while True:
        before = state()
        try:
            result = read()
        except Exception:
            if state() == before:
                raise
            continue
        if state() == before:
            return result


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
    path = Path(path)
    if not path.is_file() or path.suffix != ".keras":
        raise ValueError(f"A Keras archive must be a .keras file. {received(str(path))}")
    if not is_zip(path):
        raise ValueError(f"A Keras archive must be a zip file. {received(str(path))}, which is none")
    return check_unpacked(path)


def is_zip(path: Path) -> bool:
    """Whether a file ends as a zip file does; it may be a damaged one."""
    import zipfile

    try:
        return zipfile.is_zipfile(path)
    except zipfile.BadZipFile:  # which Python raises of one that says it is a part of several
        return True


def most_unpacked(path: Path) -> int:
    """Bytes that a file of weights may unpack to, which hardly get smaller by packing; traps get smaller 500 times."""
    return max(10 * path.stat().st_size, 2**24)


def check_unpacked(path: Path) -> Path:
    """A zip file's path, if its members are, by what it says of them, as large together as `most_unpacked` allows.

    Raises:
        ValueError: they are larger, or it is damaged.
    """
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:  # as the damage leads to
        reason = "whose members' names are no text" if isinstance(error, UnicodeError) else error
        raise ValueError(f"An archive must be a whole zip file. {received(str(path))}, {reason}") from error
    if size > most_unpacked(path):
        raise ValueError(
            f"An archive must unpack to at most ten times its size, or 16 MiB: save it without compression. "
            f"{received(str(path))}, {path.stat().st_size:,} bytes that unpack to {size:,}"
        )
    return path


def file_sizes(folder: Path) -> dict[str, int]:
    """Bytes of every file below a folder, by its path inside it."""
    return {p.relative_to(folder).as_posix(): p.stat().st_size for p in sorted(folder.rglob("*")) if p.is_file()}


def file_sha256(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()
