"""A file's first run in a process of its own, which may crash, hang or ask for too much memory."""

import contextlib
import subprocess
import sys
from pathlib import Path

import numpy as np

from keras_rnn.litert.file import LiteRTFile

SECONDS = 10
MEMORY = 2 * 2**30  # bytes, of the process besides what it starts with
CHILD = "import sys; sys.path[:0] = {paths!r}; from {module} import child; child({path!r})"


def try_apart(path: Path) -> None:
    """Load a file and run each of its signatures on zeros in another process.

    Raises:
        ValueError: it did not come to its end there.
    """
    line = [sys.executable, "-P", "-c", CHILD.format(paths=sys.path, module=__name__, path=str(path.resolve()))]
    try:
        done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        reason = f"which runs for more than {SECONDS} s"
        raise ValueError(f"A LiteRT model must be one that can be run. Received: {path}, {reason}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [""]
        own = said[-1].removeprefix("ValueError: ")
        if own != said[-1]:
            raise ValueError(own)
        reason = f"whose trial ended with code {done.returncode}"
        raise ValueError(f"A LiteRT model must be one that can be run. Received: {path}, {reason}")


def child(path: str) -> None:
    """What `try_apart` runs."""
    with contextlib.suppress(ImportError, OSError):  # not on every system
        import resource

        with open("/proc/self/statm") as facts:
            before = int(facts.read().split()[0]) * resource.getpagesize()
        limits = [before + MEMORY, *(limit for limit in resource.getrlimit(resource.RLIMIT_AS) if limit >= 0)]
        resource.setrlimit(resource.RLIMIT_AS, (min(limits), min(limits)))
    file = LiteRTFile(path)
    for name, specs in file.inputs.items():
        file.run(name, {key: np.zeros(shape, dtype) for key, (shape, dtype) in specs.items()})
    (shape, dtype), *_ = file.inputs[file.primary or file.signatures[0]].values()
    file.run_primary(np.zeros(shape, dtype))
