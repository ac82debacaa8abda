"""Smaller weights for LiteRT: what calibrates full int8, and the process of its own that it is converted in."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from keras_rnn.core.arrays import Array
from keras_rnn.core.checks import check_choice, received
from keras_rnn.core.quiet import quiet_stderr

QUANTIZE = ("float16", "dynamic_range", "int8")
SMALLEST_QUANTIZED = 1024  # elements: TensorFlow leaves smaller weights as they are
UNUSABLE = 0.25  # of the largest answer: a quantized file further from Keras is another model
Samples = dict[str, dict[str, Array]]  # signature → input → (samples, 1, …)


def check_quantize(quantize: str | None, calibration: Any) -> None:
    """Refuse an unknown kind, and calibration where it is missing or of no use.

    Raises:
        ValueError: as said.
    """
    if quantize is not None:
        check_choice("quantize", quantize, QUANTIZE)
    if (quantize == "int8") != (calibration is not None):
        expected = "must be windows for int8" if quantize == "int8" else "must be None but for int8"
        raise ValueError(f"`calibration` {expected}. {received(calibration)}")


def set_up(converter: Any, quantize: str, samples: Samples | None) -> None:
    """The converter's options for a kind of quantization."""
    from keras_rnn.core.backend import tf

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantize == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if samples is not None:

        def representative_dataset() -> Any:
            for name, inputs in samples.items():
                for row in zip(*inputs.values(), strict=True):
                    yield name, dict(zip(inputs, row, strict=True))

        converter.representative_dataset = representative_dataset
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]


def convert_apart(folder: Path, samples: Samples) -> tuple[bytes, str | None]:
    """Full int8 from the SavedModel `folder/model`, in a process of its own: on some graphs the converter crashes.

    Returns:
        The file, and why there is none.
    """
    flat = {f"{name}/{key}": rows for name, inputs in samples.items() for key, rows in inputs.items()}
    np.savez(folder / "samples.npz", **flat)  # type: ignore[arg-type]
    path = os.pathsep.join(place or os.getcwd() for place in sys.path)  # what can be imported here
    done = subprocess.run(
        [sys.executable, "-P", "-m", __name__, str(folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    written, failure = folder / "model.tflite", folder / "failure.txt"
    if written.is_file():
        return written.read_bytes(), None
    return b"", failure.read_text() if failure.is_file() else f"the converter ended with code {done.returncode}"


def child(folder: Path) -> None:
    """What `convert_apart` runs."""
    from ai_edge_litert.interpreter import Interpreter

    from keras_rnn.core.backend import tf

    samples: Samples = {}
    with np.load(folder / "samples.npz") as flat:
        for place in flat.files:
            name, key = place.split("/")
            samples.setdefault(name, {})[key] = flat[place]
    with quiet_stderr():
        converter = tf.lite.TFLiteConverter.from_saved_model(str(folder / "model"), signature_keys=list(samples))
        set_up(converter, "int8", samples)
        try:
            content = converter.convert()
        except Exception as failure:  # the converter has a type of its own
            (folder / "failure.txt").write_text(str(failure))
            return
        beside = folder / "model.part"
        beside.write_bytes(content)
        try:  # here, for on some files the interpreter crashes too
            interpreter = Interpreter(str(beside), num_threads=1)
            for name, inputs in samples.items():
                interpreter.get_signature_runner(name)(**{key: rows[0] for key, rows in inputs.items()})
        except Exception as failure:
            (folder / "failure.txt").write_text(f"a file that does not run: {failure}")
            return
    beside.rename(folder / "model.tflite")


if __name__ == "__main__":
    child(Path(sys.argv[1]))
