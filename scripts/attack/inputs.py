"""Random command lines, texts, CSVs and damaged archives, thrown at what reads them, in a process that may crash.

Every case follows from its number and the seed.
"""

from __future__ import annotations

import contextlib
import io
import random
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from workers import Workers

from keras_rnn.catalog.names import find
from keras_rnn.gs10.files import GS10_FILE

OUTCOMES = ("done", "refused", "unclear", "undeclared", "hang", "crash")
BAD = OUTCOMES[2:]
KINDS = ("command line", "text", "csv", "npz", "pt", "keras", "show keras", "npy")  # in turn
DECLARED = (OSError, TypeError, ValueError)
# words of libraries that name no cause; and Python's names, where a command has flags
UNCLEAR = re.compile(r"A total of \d+ objects|incompatible function arguments|codec can't decode|Traceback|^\s*$")
NAMES = re.compile(r"`[a-z_]+`")
WORDS = ("", " ", "0", "-1", "1", "3", "1e9", "nan", "inf", "9" * 20, "he", "hello w", "é", "\u0000",
         "\ud800", "a,b", ",", "@", "@text.txt", "@none", "80,95", "annual", "levels", "char", "gs10", "gs10/monthly",
         "none", ".",
         "/", "text.txt", "series.csv", "m.npz", "m.pt", "m.keras", "m.tflite", "m.npy", "out", "out.tflite", "o.keras",
         "o.png", "x" * 300, "--", "-h", "*", "[", "~", "text.txt/x")  # fmt: skip


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Some bits, bytes or blocks changed, taken out or put in twice."""
    found = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 3, 20))):
        place, length = chance.randrange(len(found) or 1), chance.choice((1, 1, 4, 64))
        kind = chance.randrange(6)
        if kind == 0 and found:
            found[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            found[place : place + length] = chance.randbytes(length)
        elif kind == 2:
            del found[place : place + length]
        elif kind == 3:
            found[place:place] = found[place : place + length] * chance.choice((1, 3))
        elif kind == 4:
            del found[place:]
        else:
            found[place:place] = chance.choice(
                (b"\0", b"\xff\xfe", b"\n", b",", b"[[", b'"', b"9" * 30, b"-", b"NaN", b"1e999")
            )
    return bytes(found)


def archive(content: bytes, chance: random.Random) -> bytes:
    """A zip file with a member mutated and packed anew, or the file itself."""
    if chance.random() < 0.3:
        return mutated(content, chance)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        chosen = chance.choice(old.namelist())
        for name in old.namelist():
            new.writestr(name, mutated(old.read(name), chance) if name == chosen else old.read(name))
    return out.getvalue()


def line_of(chance: random.Random) -> list[str]:
    """A command with words where it takes some."""
    import click

    from keras_rnn.cli.app import keras_rnn

    command: Any = keras_rnn
    line: list[str] = []
    while isinstance(command, click.Group):
        name = chance.choice([name for name in command.list_commands(None) if name not in ("demo", "train", "verify")])
        line.append(name)
        command = command.get_command(None, name)
    for param in command.params:
        if isinstance(param, click.Argument):
            line += [chance.choice(WORDS) for _ in range(chance.choice((0, 1, 1, 1, 1, 2)))]
        elif chance.random() < 0.3:
            line.append(param.opts[-1])
            if not param.is_flag:
                choices = getattr(param.type, "choices", WORDS)
                line.append(str(chance.choice(choices if chance.random() < 0.7 else WORDS)))
    return line


class Attack:
    """The cases, in a folder with what they read."""

    def __init__(self) -> None:
        rnn = {"weight_ih_l0": (8, 3), "weight_hh_l0": (8, 8), "bias_ih_l0": (8,), "bias_hh_l0": (8,)}
        tensors = {name: np.full(shape, 0.1, np.float32) for name, shape in rnn.items()}
        np.savez("m.npz", **tensors)
        np.save("m.npy", np.zeros((3, 2), np.int32))
        for name in ("model.keras", "model.tflite"):
            Path(name.replace("model", "m")).write_bytes((find("char") / name).read_bytes())
        Path("text.txt").write_text("hello world, é\n" * 30, encoding="utf-8")
        Path("series.csv").write_bytes(GS10_FILE.read_bytes()[:3000])
        with contextlib.suppress(ImportError):
            import torch

            torch.save({name: torch.tensor(array) for name, array in tensors.items()}, "m.pt")
        self.sound = {path.name: path.read_bytes() for path in Path().iterdir()}
        self.kinds: tuple[Callable[[random.Random], str], ...] = (
            self.line, self.text, self.csv, self.npz, self.pt, self.keras, self.show, self.npy
        )  # fmt: skip

    def line(self, chance: random.Random) -> str:
        return self.command(line_of(chance))

    def command(self, line: list[str]) -> str:
        from keras_rnn.cli.app import main

        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(line)
        last = (err.getvalue().strip().splitlines() or [""])[-1]
        if code == 2:
            words = last.removeprefix("keras-rnn: error: ") if last.startswith("keras-rnn: ") else ""
            raise ValueError("" if NAMES.search(words.replace("`keras-rnn", "")) else words)
        return str(code)

    def text(self, chance: random.Random) -> str:
        from keras_rnn.text.corpus import Corpus

        Path("b.txt").write_bytes(mutated(self.sound["text.txt"], chance))
        return str(len(Corpus(["b.txt"]).training))

    def csv(self, chance: random.Random) -> str:
        Path("b.csv").write_bytes(mutated(self.sound["series.csv"], chance))
        return self.command(
            ["forecast", "b.csv", "--runtime", "litert", "--model", chance.choice(("gs10", "gs10/monthly"))]
        )

    def npz(self, chance: random.Random) -> str:
        return self._torch("npz", chance)

    def pt(self, chance: random.Random) -> str:
        return self._torch("pt", chance) if "m.pt" in self.sound else "no PyTorch"

    def _torch(self, ending: str, chance: random.Random) -> str:
        Path(f"b.{ending}").write_bytes(archive(self.sound[f"m.{ending}"], chance))
        from keras_rnn.pytorch.files import read_torch_file
        from keras_rnn.pytorch.state_dict import parts_of

        return str(len(parts_of(read_torch_file(f"b.{ending}"))))

    def keras(self, chance: random.Random) -> str:
        from keras_rnn import load

        Path("b.keras").write_bytes(archive(self.sound["m.keras"], chance))
        return str(load("b.keras").generate("he", 3))

    def show(self, chance: random.Random) -> str:
        Path("b.keras").write_bytes(archive(self.sound["m.keras"], chance))
        return self.command(["show", "b.keras", "--json"])

    def npy(self, chance: random.Random) -> str:
        Path("b.npy").write_bytes(mutated(self.sound["m.npy"], chance))
        return self.command(["export", "char", "/dev/null/x.tflite", "--quantize", "int8", "--calibration", "b.npy"])

    def case(self, number: int, seed: int) -> str:
        """A case's answer, or what it raises."""
        return self.kinds[number % len(KINDS)](random.Random(f"{seed} {number}"))

    def outcome(self, number: int, seed: int) -> tuple[str, str]:
        """What becomes of a case."""
        try:
            found = "done", self.case(number, seed)
        except DECLARED as error:
            words = str(error)
            found = ("unclear" if UNCLEAR.search(words) else "refused"), f"{type(error).__name__}: {words}"
        except BaseException as error:
            found = "undeclared", f"{type(error).__name__}: {error}"
        for name, content in self.sound.items():  # which a command may have written over
            if not Path(name).is_file() or Path(name).read_bytes() != content:
                Path(name).write_bytes(content)
        return found


def answers(seed: str) -> Callable[[str], tuple[str, str]]:
    """A worker's: from a case's number."""
    import keras_rnn

    attack = Attack()
    keras_rnn.load("m.keras").generate("he", 1)  # TensorFlow's start is no case's time
    return lambda number: attack.outcome(int(number), int(seed))


def attacks(count: int, seed: int) -> Iterator[tuple[str, tuple[str], str]]:
    """So many cases, the kinds in turn."""
    with tempfile.TemporaryDirectory() as folder, Workers("inputs", folder, str(seed)) as workers:
        for number in range(count):
            outcome, detail = workers.ask(str(number))
            yield KINDS[number % len(KINDS)], (outcome,), ascii(detail)


def replay(number: int, seed: int) -> str:
    """A case's answer, or what it raises."""
    return Attack().case(number, seed)
