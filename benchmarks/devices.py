"""One file in every place at hand: the same forecasts of GS10, the largest difference and the µs of a call.

    python benchmarks/devices.py [--json FILE] [--histories 20]

Ten years ahead of each history, a window of the annual means. The places: Keras, which the others are held against; the
SavedModel; the `.tflite` file by LiteRT from Python, from C, on an emulated arm64 machine, in Node and in Chromium; on
the interpreter for microcontrollers, in float32 and int8; and the weights in NumPy and PyTorch. A place that is missing
here is a row that says why. Times are medians of one thread's calls from array to array, in C and JavaScript from
inside; on an emulated machine they say nothing of a real one. Exit status 1 where a place, int8 apart, is off by more
than 1e-5. Needs the extras `bench` and `test`.
"""

from __future__ import annotations

import os

# ruff: noqa: E402
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy is imported

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ai_edge_litert
import numpy as np
from tqdm import tqdm

from keras_rnn import load, load_gs10, runtime
from keras_rnn.core.backend import tf
from keras_rnn.core.quiet import quiet_stderr
from keras_rnn.core.tables import plain_table

REPOSITORY = Path(__file__).resolve().parent.parent
for folder in ("scripts/arm64", "examples/micro"):
    sys.path.append(str(REPOSITORY / folder))

import micro
from emulated import Arm64, Missing, run

NAME = "gs10/annual/simple_rnn"
FILE = REPOSITORY / "saved_models" / NAME / "model.tflite"
LARGEST = 1e-5
SLICE, SLICES = 0.01, 20  # seconds of calls, and how many times
ON_ARM64 = """
import sys, time
import numpy as np
from ai_edge_litert.interpreter import Interpreter
call = Interpreter(sys.argv[1], num_threads=1).get_signature_runner("forecast")
found = [call(history=x[None])["prediction"][0] for x in np.load(sys.argv[2])]
np.save(sys.argv[3], found)
start = time.perf_counter()
for _ in range(2000):
    call(history=np.ones((1, 6), np.float32))
print((time.perf_counter() - start) / 2000 * 1e6)
"""


def timed(call, x):
    """The median microseconds of one call."""
    call(x)
    start = time.perf_counter()
    call(x)
    count, times = max(1, int(SLICE / (time.perf_counter() - start))), []
    for _ in range(SLICES):
        start = time.perf_counter()
        for _ in range(count):
            call(x)
        times.append((time.perf_counter() - start) / count)
    return 1e6 * statistics.median(times)


def by_calls(call, histories):
    """What a function from a history (6,) to a forecast (10,) answers, and its time."""
    return np.array([call(x) for x in histories]), timed(call, histories[0])


def by_windows(window_call):
    """A forecast from a function that gives the next value alone: each is read with the next."""

    def call(history):
        values = list(history)
        for _ in range(10):
            values.append(window_call(np.array(values[-6:], np.float32)))
        return np.array(values[6:])

    return call


def keras_model(histories):
    model = load(NAME)
    return by_calls(lambda x: model.forecast(x, steps=10)["mean"].to_numpy(), histories)


def saved_model(histories):
    signature = tf.saved_model.load(str(FILE.parent / "1")).signatures["forecast"]
    return by_calls(lambda x: signature(history=tf.constant(x[None]))["prediction"].numpy()[0], histories)


def litert(histories):
    model = runtime.load(FILE)
    return by_calls(lambda x: model.forecast(x, steps=10).mean, histories)


def litert_c(histories):
    """By `examples/c`, a process for each history."""
    with tempfile.TemporaryDirectory() as build:
        folder = Path(ai_edge_litert.__path__[0])
        run(["make", "-C", REPOSITORY / "examples" / "c", f"LITERT={folder}", f"BUILD={build}"])
        line, answers = [f"{build}/keras_rnn", "-v", "-n", "20000", FILE], []
        for x in histories:
            done = subprocess.run([*map(str, line), *map(repr, x.tolist())], capture_output=True, text=True, check=True)
            answers.append([float(number) for number in done.stdout.splitlines()[1:]])
        return np.array(answers), float(done.stderr.split()[-4])


def arm64(histories):
    machine = Arm64()
    with tempfile.TemporaryDirectory() as place:
        np.save(f"{place}/histories.npy", histories)
        line = ("-c", ON_ARM64, FILE, f"{place}/histories.npy", f"{place}/found.npy")
        microseconds = float(machine.python("max", *line))
        return np.load(f"{place}/found.npy"), microseconds


def requests(histories):
    return [{"file": str(FILE), "signature": "forecast", "inputs": {"history": x.tolist()}} for x in histories]


def from_javascript(found):
    answers = np.array([one["outputs"]["prediction"] for one in found])
    return answers, statistics.median(one["microseconds"] for one in found)


def node(histories):
    from keras_rnn.web.litertjs import litertjs_folder

    line = ["node", str(REPOSITORY / "examples" / "web" / "node.mjs"), str(litertjs_folder())]
    done = subprocess.run(line, input=json.dumps(requests(histories)), capture_output=True, text=True, check=True)
    return from_javascript(json.loads(done.stdout.splitlines()[-1]))


def chromium(histories):
    import chromium as place

    if place.CHROMIUM is None:
        raise Missing("there is no Chromium")
    with place.serving() as server, place.browser() as browser:
        page = place.ready(browser.new_page(), server.address)
        return from_javascript(place.answers(page, requests(histories)))


def microcontroller(histories, quantize=None):
    with tempfile.TemporaryDirectory() as folder:
        call, _ = micro.microcontroller(micro.convert(Path(folder) / "gs10.tflite", quantize).path)
    return by_calls(by_windows(lambda window: call(window)[0]), histories)


def microcontroller_int8(histories):
    return microcontroller(histories, "int8")


def plain_weights():
    """(kernel, recurrent kernel, output kernel) and the scale: the model has no biases."""
    model = load(NAME)
    weights = model.get_cell_weights()
    assert weights.bias is weights.output_bias is None
    return (weights.kernel, weights.recurrent_kernel, weights.output_kernel), np.float32(model.scale)


def numpy_loop(histories):
    (kernel, recurrent, output), scale = plain_weights()

    def following(window):
        x = (window - window[-1]) / scale
        h = np.tanh(x[0] * kernel[0])
        for value in x[1:]:
            h = np.tanh(value * kernel[0] + h @ recurrent)
        return window[-1] + scale * (h @ output)[0]

    return by_calls(by_windows(following), histories)


def pytorch(histories):
    import torch

    torch.set_num_threads(1)
    (kernel, recurrent, output), scale = plain_weights()
    rnn = torch.nn.RNN(1, len(recurrent), bias=False, batch_first=True)
    head = torch.nn.Linear(len(recurrent), 1, bias=False)
    with torch.no_grad():
        for parameter, value in ((rnn.weight_ih_l0, kernel), (rnn.weight_hh_l0, recurrent), (head.weight, output)):
            parameter.copy_(torch.tensor(value.T))

    def following(window):
        with torch.inference_mode():
            x = torch.from_numpy((window - window[-1]) / scale)
            return window[-1] + scale * head(rnn(x[None, :, None])[0][:, -1]).item()

    return by_calls(by_windows(following), histories)


PLACES = {
    "Keras": keras_model,
    "SavedModel": saved_model,
    "LiteRT, Python": litert,
    "LiteRT, arm64 (QEMU)": arm64,
    "LiteRT, C": litert_c,
    "LiteRT.js, Node": node,
    "LiteRT.js, Chromium": chromium,
    "microcontroller, float32": microcontroller,
    "microcontroller, int8": microcontroller_int8,
    "NumPy": numpy_loop,
    "PyTorch": pytorch,
}


def measured(places, histories):
    """By place its time and its largest difference from the first's answers, or why it is missing."""
    found, expected = {}, None
    for place, compute in tqdm(places.items(), leave=False, disable=None):
        try:
            with quiet_stderr():
                answers, microseconds = compute(histories)
        except (Missing, ImportError, OSError, subprocess.CalledProcessError) as error:
            found[place] = {"missing": (str(error) or type(error).__name__).splitlines()[0]}
            continue
        expected = answers if expected is None else expected
        found[place] = {"difference": float(np.abs(answers - expected).max()), "microseconds": microseconds}
    return found


def table(found):
    rows = []
    for place, one in found.items():
        if "missing" in one:
            rows.append([place, "missing", one["missing"]])
        else:
            rows.append([place, f"{one['difference']:.1e}", f"{one['microseconds']:,.1f}"])
    return plain_table(["", "largest difference", "µs a call"], rows)


def equal(found):
    """Whether all places that are there answer alike, int8 apart."""
    float_places = [one for place, one in found.items() if "missing" not in one and "int8" not in place]
    return all(one["difference"] <= LARGEST for one in float_places)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--histories", type=int, default=20, help="how many of the last; default: %(default)s")
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    means = load_gs10("annual", "packaged").to_numpy(np.float32)
    histories = np.lib.stride_tricks.sliding_window_view(means, 6)[-options.histories :].copy()
    found = measured(PLACES, histories)
    print(f"{NAME}, {FILE.stat().st_size:,} bytes, ten years ahead of {len(histories)} histories")
    print(table(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0 if equal(found) else 1


if __name__ == "__main__":
    sys.exit(main())
