"""Commands ended at random moments by KILL, TERM, HUP and INT: what they write must be the old or the new, whole.

Each takes some seconds, for TensorFlow starts anew.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_rnn.core.files import check_writable, file_sha256, file_sizes
from keras_rnn.core.scratch import PREFIX, temporary_folder
from keras_rnn.gs10.files import GS10_FILE, parse_gs10

CHECKOUT = Path(__file__).resolve().parent.parent.parent
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
OUTCOMES = ("runs", "ended before", "old", "new", "broken", "left behind", "of TensorFlow's")
BAD = "broken", "left behind"
ORPHANS_TAKE = 10  # seconds
TENSORFLOWS = "__autograph_generated_file"  # which it removes when Python ends, and does not when killed


@dataclass
class Task:
    """A command that writes `target`, and what tells that one there is whole."""

    line: list[str]
    target: str
    whole: Callable[[Path], object]
    beside: tuple[str, ...] = ()  # what it may leave to be resumed from


def _folder(path: Path) -> None:
    card = json.loads((path / "card.json").read_text(encoding="utf-8"))
    sizes = file_sizes(path)
    assert {**sizes, **card["files"]} == sizes
    _archive(path / "model.keras")


def _archive(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None


def _litert(path: Path) -> None:
    from keras_rnn import runtime

    assert runtime.load(path).generate("he", 5) == "hello w"


def tasks(folder: Path) -> dict[str, Task]:
    """The commands, and in `folder` the files that they read."""
    command = [sys.executable, "-m", "keras_rnn"]
    shapes = {"weight_ih_l0": (8, 3), "weight_hh_l0": (8, 8), "bias_ih_l0": (8,), "bias_hh_l0": (8,)}
    np.savez(folder / "torch.npz", **{name: np.ones(shape, np.float32) for name, shape in shapes.items()})
    lines = GS10_FILE.read_text(encoding="utf-8").splitlines()
    now = time.gmtime()
    (folder / "newer.csv").write_text("\n".join([*lines, *_months(lines[-1], now.tm_year, now.tm_mon)]) + "\n")
    (folder / "text.txt").write_text("the quick brown fox jumps over the lazy dog. " * 60)
    text, resumed = str(folder / "text.txt"), ("text.training.npz",)
    return {
        "build": Task([sys.executable, "scripts/build_zoo.py", "--names", "gs10/levels", "--out", "zoo"],
                      "zoo/gs10/levels/simple_rnn", _folder),
        "train": Task([*command, "train", "gs10", "--updates", "20", "--out", "gs10"], "gs10", _folder),
        "train, resumed": Task([*command, "train", "char", text, "--updates", "20", "--out", "text"], "text", _folder,
                               resumed),
        "export": Task([*command, "export", "gs10", "exported"], "exported", _folder),
        "to_litert": Task([*command, "export", "char", "char.tflite"], "char.tflite", _litert),
        "import": Task([*command, "import-torch", str(folder / "torch.npz"), "torch.keras"], "torch.keras", _archive),
        "refresh": Task([*command, "data", "refresh", "gs10", "--from", str(folder / "newer.csv"), "--yes"], "gs10.csv",
                        lambda path: parse_gs10(path.read_text(encoding="utf-8"))),
    }  # fmt: skip


def _months(last: str, year: int, month: int) -> list[str]:
    """The lines of a CSV from its last to a month, with its last value."""
    (first_year, first_month), value = map(int, last[:7].split("-")), last.split(",")[1]
    span = range(first_year * 12 + first_month, year * 12 + month)
    return [f"{one // 12}-{one % 12 + 1:02}-01,{value}" for one in span]


def _started(task: Task, place: Path) -> subprocess.Popen[bytes]:
    places = {"TMPDIR": place / "tmp", "KERAS_RNN_DATA": place / "out", "PYTHONPATH": CHECKOUT}
    env = {**os.environ, **{name: str(path) for name, path in places.items()}}
    line = [str(CHECKOUT / part) if part.startswith("scripts/") else part for part in task.line]
    if task.beside and (place / "out" / task.beside[0]).exists():
        line.append("--resume")
    silent = subprocess.DEVNULL
    return subprocess.Popen(line, cwd=place / "out", env=env, stdin=silent, stdout=silent, stderr=silent)


def _state(path: Path) -> str:
    """What is there, by its contents."""
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path] if path.exists() else []
    return " ".join(file_sha256(p) for p in files)


def _left(place: Path, task: Task) -> tuple[list[str], list[str]]:
    """What is left behind once the next run has swept, in the folder and of temporary files; TensorFlow's apart."""
    target = place / "out" / task.target
    os.environ["TMPDIR"], tempfile.tempdir = str(place / "tmp"), None
    for _ in range(ORPHANS_TAKE):  # a child of the killed process, which holds its folder, ends a little later
        with temporary_folder():
            pass
        check_writable(target, "folder" if target.is_dir() else "file")  # which every command does first
        found = [p.name for p in [*target.parent.iterdir(), *(place / "tmp").iterdir()]]
        if not any(name.startswith(PREFIX) for name in found):
            break
        time.sleep(1)
    wanted = {target.name, "rnn_cell", *task.beside}
    others = [name for name in found if name not in wanted]
    return [n for n in others if not n.startswith(TENSORFLOWS)], [n for n in others if n.startswith(TENSORFLOWS)]


def attacks(count: int, seed: int) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """So many kills, the commands in turn."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        chosen = tasks(folder)
        took: dict[str, float] = {}
        for number, what in zip(range(count), itertools.cycle(chosen), strict=False):
            task, where = chosen[what], folder / what
            if what not in took:
                for sub in ("out", "tmp"):
                    (where / sub).mkdir(parents=True)
                start = time.monotonic()
                if _started(task, where).wait():
                    raise SystemExit(f"{what} fails without being killed")
                took[what] = time.monotonic() - start
            lowest = 0.0 if number // len(chosen) % 2 else 0.6
            found, detail = _killed(task, where, took[what] * chance.uniform(lowest, 1.1), chance.choice(SIGNALS))
            yield what, ("runs", *found), detail


def _killed(task: Task, where: Path, after: float, by: signal.Signals) -> tuple[list[str], str]:
    """What a command leaves that is ended after so many seconds."""
    target = where / "out" / task.target
    before, process = _state(target), _started(task, where)
    found, detail = [], by.name
    try:
        process.wait(after)
        found.append("ended before")
    except subprocess.TimeoutExpired:
        process.send_signal(by)
        process.wait()
    try:
        task.whole(target)
        found.append("old" if _state(target) == before else "new")
    except Exception as error:
        found.append("broken")
        detail += f" {type(error).__name__}: {error}"
    ours, theirs = _left(where, task)
    if ours:
        found.append("left behind")
        detail += f" {', '.join(ours)}"
    if theirs:
        found.append("of TensorFlow's")
    shutil.rmtree(where / "tmp")
    (where / "tmp").mkdir()
    return found, detail
