"""Keeping TensorFlow's start-up chatter and the converter's log from the user, but not their errors."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hold back what is written to file descriptor 2, by C++ too; if the body raises, write it after all.

    The descriptor is the whole process': for the short stretches in which a library starts or converts.
    """
    try:
        kept = os.dup(2)
    except OSError:  # no standard error at all, as in some services
        yield
        return
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            sys.stderr.flush()
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
