"""Keeping TensorFlow's start-up chatter and the converter's log from the user, but not their errors."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import IO

_ONE_AT_A_TIME = threading.RLock()  # the descriptor is the whole process'


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hold back what is written to file descriptor 2, by C++ too; if the body raises, write it after all.

    For the short stretches in which a library starts or converts: what other threads write meanwhile is held back
    with the rest.
    """
    with _ONE_AT_A_TIME:
        try:
            kept = os.dup(2)
        except OSError:  # no standard error at all, as in some services
            yield
            return
        with _held() as held:
            _flush()
            os.dup2(held.fileno(), 2)
            try:
                yield
            except BaseException:
                _flush()
                held.seek(0)
                os.write(kept, held.read())
                raise
            finally:
                _flush()
                os.dup2(kept, 2)
                os.close(kept)


@contextlib.contextmanager
def stdout_on_stderr() -> Iterator[None]:
    """Have what is written to file descriptor 1, by C++ too, go to standard error: the answer alone is for it."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


@contextlib.contextmanager
def quiet_tensorflow() -> Iterator[None]:
    """`quiet_stderr`, and TensorFlow's log up to warnings, which a notebook shows twice."""
    import logging  # not at every start

    logger = logging.getLogger("tensorflow")
    level = logger.level
    with quiet_stderr():
        logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            logger.setLevel(level)


def _held() -> IO[bytes]:
    if hasattr(os, "memfd_create"):  # where it is, a start is spared the import of tempfile: 15 ms
        return open(os.memfd_create("stderr"), "w+b")
    import tempfile

    return tempfile.TemporaryFile()


def _flush() -> None:
    if sys.stderr is not None:
        sys.stderr.flush()
