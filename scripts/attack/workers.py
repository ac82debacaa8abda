"""A process that may crash or hang, fed one file after the other; and what it says of each."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

OUTCOMES = ("refused", "same answer", "changed answer", "unstable answer", "undeclared", "crash", "hang", "memory")
SECONDS = 5
MEMORY = 500  # MB more than before


class Worker:
    """A process that answers for the files of one section; it first does so for a sound one, for which it has time."""

    def __init__(self, section: str, sound: Path) -> None:
        line = [sys.executable, str(Path(__file__)), section]
        self._process: Any = subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        outcome, detail = self.ask(sound, 60)
        assert outcome == "answer", (outcome, detail)

    def ask(self, path: Path, seconds: float = SECONDS) -> tuple[str, str]:
        """(outcome, detail); after a crash or hang the process is of no more use."""
        print(path, file=self._process.stdin, flush=True)
        start = self._seconds_used()
        while not select.select([self._process.stdout], [], [], 0.5)[0]:
            if self._seconds_used() - start > seconds:  # its own: others may have the processors
                return "hang", ""
        if not (line := self._process.stdout.readline()):
            return "crash", f"code {self._process.wait()}"
        outcome, detail = json.loads(line)
        return outcome, detail

    def _seconds_used(self) -> float:
        facts = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


def attacked(
    section: str, cases: Iterable[tuple[str, str, bytes, bytes]], keep: str | None, kept: tuple[str, ...]
) -> Iterator[tuple[str, str, str]]:
    """(kind, outcome, detail) of each case."""
    worker, expected = None, {}
    with tempfile.TemporaryDirectory() as folder:
        for number, (kind, ending, content, sound) in enumerate(cases):
            path, model = Path(folder) / f"{number}{ending}", Path(folder) / f"sound{ending}"
            model.write_bytes(sound)
            worker = worker or Worker(section, model)
            if sound not in expected:
                expected[sound] = worker.ask(model)
            path.write_bytes(content)
            outcome, detail = worker.ask(path)
            if outcome == "answer":
                outcome, detail = ("same" if detail == expected[sound][1] else "changed") + " answer", ""
            if keep and outcome in kept:
                Path(keep).mkdir(parents=True, exist_ok=True)
                (Path(keep) / f"{outcome}_{kind}_{number}{ending}".replace(" ", "_")).write_bytes(content)
            path.unlink()
            if outcome in ("crash", "hang", "memory"):
                worker.end()
                worker = None
            yield kind, outcome, detail
    if worker:
        worker.end()


def _outcome(answer: Any, path: str) -> tuple[str, str]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        said = answer(path)
        outcome, detail = ("answer", said) if answer(path) == said else ("unstable answer", "")
    except ValueError as error:
        named = os.path.basename(path) in str(error) and type(error) is ValueError
        outcome, detail = ("refused" if named else "undeclared"), f"{type(error).__name__}: {str(error)[:150]}"
    except BaseException as error:
        outcome, detail = "undeclared", f"{type(error).__name__}: {str(error)[:150]}"
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    return ("memory", f"{grown} MB, {detail}"[:150]) if grown > MEMORY else (outcome, detail)


def work(section: str) -> None:
    """What a worker does: a path in, a line out."""
    sys.path.insert(0, str(Path(__file__).parent))
    answer = importlib.import_module(section).answer
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no reply
    with contextlib.suppress(KeyboardInterrupt):
        for line in sys.stdin:
            print(json.dumps(_outcome(answer, line.rstrip("\n"))), file=replies, flush=True)


if __name__ == "__main__":
    work(sys.argv[1])
