"""GS10's network for LiteRT for Microcontrollers: one subgraph without a loop, in int8, and as a C array.

    python examples/micro/micro.py FOLDER

Writes gs10_int8.tflite and gs10_int8.h there and prints the operators to register, the bytes and, where the package
tflite-micro is installed (extra `test`), the arena and the largest difference from Keras over all windows since 1954.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np

from keras_rnn import load, load_gs10, to_litert
from keras_rnn.core.backend import keras
from keras_rnn.litert.convert import LiteRTReport

ARENA = 10_000  # bytes; 9,000 are enough


def windows() -> np.ndarray:
    """All windows of the annual means, (count, 6) in percent."""
    means = load_gs10("annual", "packaged").to_numpy(np.float32)
    return np.lib.stride_tricks.sliding_window_view(means, 6).copy()


def convert(path: Path, quantize: str | None = "int8") -> LiteRTReport:
    """The preset gs10/annual with its window's signature alone, all six steps written out."""
    model = load("gs10")
    plain = keras.Model(model.inputs, model.outputs)  # the package's own models always have all their signatures
    calibration = windows() if quantize == "int8" else None
    return to_litert(
        plain, path, signatures=["serving_default"], unroll=True, quantize=quantize, calibration=calibration
    )


def write_header(path: Path) -> Path:
    """A C header beside the file, the bytes as an array, aligned as the interpreter wants it."""
    content = path.read_bytes()
    lines = [", ".join(map(str, content[i : i + 24])) for i in range(0, len(content), 24)]
    header = path.with_suffix(".h")
    body = ",\n  ".join(lines)
    header.write_text(f"alignas(16) const unsigned char {path.stem}[] = {{\n  {body}}};\n", encoding="ascii")
    return header


def microcontroller(path: Path):
    """A function from a window to its answer, by the interpreter for microcontrollers; and that interpreter."""
    from tflite_micro import runtime

    interpreter = runtime.Interpreter.from_file(str(path), arena_size=ARENA)

    def run(window: np.ndarray) -> np.ndarray:
        interpreter.set_input(window[None], 0)
        interpreter.invoke()
        return interpreter.get_output(0)[0]

    return run, interpreter


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit("usage: python examples/micro/micro.py FOLDER")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    report = convert(folder / "gs10_int8.tflite")
    print(f"{write_header(report.path)}: {report.bytes:,} bytes; operators {', '.join(report.operators)}")
    if importlib.util.find_spec("tflite_micro") is None:
        print("not run: tflite-micro is not installed")
        return
    run, interpreter = microcontroller(report.path)
    x = windows()
    found, expected = np.array([run(one) for one in x]), np.asarray(load("gs10")(x))
    print(
        f"largest difference from Keras over {len(x)} windows: {np.abs(found - expected).max():.3f} percentage points"
    )
    interpreter.print_allocations()


if __name__ == "__main__":
    main()
