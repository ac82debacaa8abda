"""Do the `.tflite` files answer on arm64 as they do here? On an emulated machine, from nothing, within two minutes.

    python scripts/arm64 [--fast]

The files that ship and three with int8 inside, made for it, each signature with three inputs in a row, `step` with its
state carried: by LiteRT's aarch64 wheel under QEMU's user mode, as two processors, against the wheel here; and the
program of `examples/c`, where there is a cross compiler (Debian: gcc-aarch64-linux-gnu). Differences are parts of the
largest answer where that is above 1: at most 1e-6; for the 512 units of char/shakespeare, where rounding adds up over
128 steps, 1e-5; none for int8. Exit status: 0 where all are so, 1 where not, 2 where there can be no such machine, with
the reason. `--fast` takes the small files of one cell. QEMU=PATH in the environment names another qemu-aarch64.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from answers import answers
from emulated import CPUS, HERE, PLACE, REPOSITORY, Arm64, Missing, run
from tqdm import tqdm

from keras_rnn.catalog.metadata import document_of
from keras_rnn.core.tables import plain_table
from keras_rnn.litert.flatbuffer import primary_and_metadata

CALLS = 3
MODELS = REPOSITORY / "saved_models"
COMPILER = "aarch64-linux-gnu-gcc"
HISTORY = ("0.89", "1.44", "2.95", "3.96", "4.21", "4.29")
TEXT = """To be, or not to be, that is the question:
Whether 'tis nobler in the mind to suffer
The slings and arrows of outrageous fortune,
Or to take arms against a sea of troubles,
And by opposing end them. To die, to sleep,
No more; and by a sleep to say we end
The heart-ache and the thousand natural shocks
That flesh is heir to.
"""
PROGRAM = {  # the program's arguments after a model's name
    "char/hello_world/simple_rnn": ("he", "5"),
    "gs10/annual/simple_rnn": HISTORY,
}


def cases(paths: list[Path], seed: int = 0) -> dict[str, np.ndarray]:
    """Inputs for each signature of each file, by `path|signature|call|name`: a text, or numbers as of a yield."""
    random, found = np.random.default_rng(seed), {}
    for path in paths:
        interpreter = Interpreter(str(path), num_threads=1)
        document = document_of(primary_and_metadata(path.read_bytes())[1], path.name) or {"settings": {}}
        vocabulary = document["settings"].get("vocabulary", "")
        ids = [vocabulary.index(character) for character in TEXT if character in vocabulary]
        for signature in interpreter.get_signature_list():
            runner = interpreter.get_signature_runner(signature)
            states = set(runner.get_input_details()) & set(runner.get_output_details()) if signature == "step" else ()
            for call in range(CALLS):
                for name, detail in runner.get_input_details().items():
                    shape, kind = detail["shape"], detail["dtype"]
                    if name in states or name == "season":
                        array = np.zeros(shape, kind)
                    elif kind == np.int32:
                        array = np.roll(ids, -call)[: shape[-1]].reshape(shape).astype(kind)
                    else:
                        array = random.uniform(0.5, 8, shape).astype(kind)
                    found[f"{path}|{signature}|{call}|{name}"] = array
    return found


def integer_files(folder: Path, count: int) -> list[Path]:
    """Up to three files with int8 inside: GS10's network, a GRU and two LSTMs."""
    from keras_rnn import load, to_litert
    from keras_rnn.core.backend import keras

    keras.utils.set_random_seed(0)
    gs10, layers = load("gs10"), keras.layers
    models = {
        "gs10": keras.Model(gs10.inputs, gs10.outputs),
        "gru": keras.Sequential([keras.Input((8, 3)), layers.GRU(16), layers.Dense(2)]),
        "lstm": keras.Sequential(
            [keras.Input((8, 2)), layers.LSTM(12, return_sequences=True), layers.LSTM(12), layers.Dense(2)]
        ),
    }
    paths = []
    for name, model in list(models.items())[:count]:
        windows = np.random.default_rng(0).uniform(0.5, 8, (64, *model.input_shape[1:])).astype(np.float32)
        paths.append(to_litert(model, folder / f"{name}_int8.tflite", quantize="int8", calibration=windows).path)
    return paths


def differences(expected: dict[str, np.ndarray], found: dict[str, np.ndarray]) -> dict[Path, float]:
    """The largest difference of each file, as a part of the largest answer where that is above 1."""
    largest: dict[Path, float] = {}
    for key, array in expected.items():
        one = np.abs(found[key] - array).max() / max(1, np.abs(array).max())
        path = Path(key.split("|")[0])
        largest[path] = max(largest.get(path, 0.0), float(one) if np.isfinite(one) else np.inf)
    return largest


def limit(name: str) -> float:
    """What a file may differ by."""
    return 0 if "int8" in name else 1e-5 if "shakespeare" in name else 1e-6


def build_program(litert: Path, place: Path, *settings: str) -> Path:
    """The program of `examples/c` for a machine: LiteRT's folder, where the program goes, more variables for make."""
    run(["make", "-C", REPOSITORY / "examples" / "c", f"LITERT={litert}", f"BUILD={place}", *settings])
    return place / "keras_rnn"


def program_difference(machine: Arm64, cpu: str) -> float:
    """The largest between what the C program gives there and here; infinite where a text differs."""
    import ai_edge_litert

    there = build_program(machine.litert, PLACE / "c", f"CC={COMPILER}", "LDFLAGS=-Wl,--allow-shlib-undefined")
    here = build_program(Path(ai_edge_litert.__path__[0]), PLACE / "c-here")
    largest = 0.0
    for name, arguments in PROGRAM.items():
        words = ["-v", MODELS / name / "model.tflite", *arguments]
        expected, found = run([here, *words]).split("\n", 1), run(machine.command(cpu, there, *words)).split("\n", 1)
        x, y = (np.array(lines[1].split(), np.float64) for lines in (expected, found))
        largest = max(largest, np.abs(y - x).max() / max(1, np.abs(x).max()) if found[0] == expected[0] else np.inf)
    return largest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fast", action="store_true")
    fast = parser.parse_args().fast
    try:
        machine = Arm64()
    except Missing as error:
        print(f"not checked on arm64: {error}", file=sys.stderr)
        return 2
    shipped = sorted(MODELS.glob("*/*/*/*.tflite"))
    if fast:
        shipped = [path for path in shipped if path.parent.name == "simple_rnn" and path.stat().st_size < 100_000]
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        paths = shipped + integer_files(Path(folder), 1 if fast else 3)
        given = cases(paths)
        np.savez(f"{folder}/cases.npz", **given)
        expected = answers(given)
        for cpu in tqdm(CPUS, leave=False, disable=None):
            machine.python(cpu, HERE / "answers.py", f"{folder}/cases.npz", f"{folder}/answers.npz")
            for path, one in differences(expected, dict(np.load(f"{folder}/answers.npz"))).items():
                name = str(path.relative_to(MODELS)) if path in shipped else path.name
                found.setdefault(name, []).append(one)
    if compiler := shutil.which(COMPILER):
        found["examples/c, char and gs10"] = [program_difference(machine, cpu) for cpu in CPUS]
    print(f"LiteRT on arm64 under QEMU {machine.version}, largest difference from x86-64")
    rows = []
    for name, ones in found.items():
        rows.append([name, *(f"{one:.1e}" if one else "equal" for one in ones), f"{limit(name):g}"])
    print(plain_table(["", *CPUS, "at most"], rows))
    if not compiler:
        print(f"examples/c was not built for arm64: there is no {COMPILER} (Debian: gcc-aarch64-linux-gnu)")
    return int(any(max(ones) > limit(name) for name, ones in found.items()))


if __name__ == "__main__":
    sys.exit(main())
