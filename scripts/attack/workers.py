"""A process that may crash or hang, given one case after the other; and what it says of each."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SECONDS = 5  # of computing, for a case
START = 120  # for all that it imports
STILL = 120  # of waiting, without computing


class Workers:
    """A process that answers a section's cases; after a crash or a hang another one.

    The section's module has `answers(*arguments)`, which gives a function from a case, one line, to what became of it
    and details. It runs in `folder`.
    """

    def __init__(self, section: str, folder: str, *arguments: str) -> None:
        self._line = [sys.executable, str(Path(__file__).resolve()), section, *arguments]
        self._folder = folder
        self._process: Any = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def ask(self, case: str) -> tuple[str, str]:
        """(outcome, detail); of the processes' ends "crash", "hang" and "memory"."""
        if self._process is None:
            env = {**os.environ, "KERAS_RNN_DATA": self._folder, "PYTHONPATH": os.pathsep.join(sys.path)}
            self._process = subprocess.Popen(
                self._line, stdin=-1, stdout=-1, stderr=subprocess.DEVNULL, text=True, cwd=self._folder, env=env
            )
            begun = self._reply(START)
            assert begun[0] == "ready", begun
        print(case, file=self._process.stdin, flush=True)
        found = self._reply(SECONDS)
        if found[0] in ("crash", "hang", "memory"):
            self._end()
        return found

    def _reply(self, seconds: float) -> tuple[str, str]:
        start = used = self._seconds_used()
        since = time.monotonic()
        while not select.select([self._process.stdout], [], [], 0.5)[0]:
            if (now := self._seconds_used()) > used:  # its own: others may have the processors
                used, since = now, time.monotonic()
            if used - start > seconds or time.monotonic() - since > STILL:
                return "hang", ""
        if not (line := self._process.stdout.readline()):
            return "crash", f"code {self._process.wait()}"
        outcome, detail = json.loads(line)
        return outcome, detail

    def _seconds_used(self) -> float:
        facts = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, facts[11:15])) / os.sysconf("SC_CLK_TCK")  # with its children's that have ended

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def work(section: str, *arguments: str) -> None:
    """What a worker does: a case in, a line out."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no reply
    answer = importlib.import_module(section).answers(*arguments)
    print(json.dumps(("ready", "")), file=replies, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        for line in sys.stdin:
            print(json.dumps(answer(line.rstrip("\n"))), file=replies, flush=True)


if __name__ == "__main__":
    work(*sys.argv[1:])
