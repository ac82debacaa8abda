"""One prediction, generation and a cold start: LiteRT files of this package against what else one could run.

    python benchmarks/litert.py [--json FILE] [--rounds 30] [--quick]

One run, one thread each, the contenders in turn, round by round; medians of the time of one call from NumPy array to
NumPy array, and of the ratio to the LiteRT file round by round. All have the same weights and are checked to agree.
Needs the extra `bench` and a C compiler.
"""

from __future__ import annotations

import os

# ruff: noqa: E402
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy is imported

import argparse
import ctypes
import json
import logging
import statistics
import string
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from ai_edge_litert.interpreter import Interpreter
from tqdm import tqdm

from keras_rnn import char_model, load, load_gs10, runtime, to_litert
from keras_rnn.artifacts.saved_model import write_saved_model
from keras_rnn.core.backend import keras, tf
from keras_rnn.core.quiet import quiet_stderr
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.rnn.exchange import read_weights

HERE = Path(__file__).resolve().parent
OURS, LIMIT = "this package, LiteRT", "C loop"
FLAGS = ["-O3", "-march=native", "-ffast-math"]  # the last for a vectorized tanh: the stricter limit
LARGE = {"features": 96, "units": 256, "steps": 64}
SLICE = 0.004  # seconds of calls to a contender in a round


class Contenders:
    """One model in every form, each a function from a window to its answer, and the same weights as plain arrays.

    Args:
        weights: `CellWeights`, with the scale of percent folded in.
        window: (1, steps) ids, or (1, steps, features).
    """

    def __init__(self, weights, window, steps):
        self.weights, self.window, self.steps = weights, window, steps
        self.ids = window.dtype.kind == "i"
        arrays = (
            weights.kernel, weights.recurrent_kernel, weights.bias, weights.output_kernel, weights.output_bias,
        )  # fmt: skip
        self.arrays = [np.ascontiguousarray(a, dtype=np.float32) for a in arrays]
        self.sizes = (weights.features, weights.units, weights.outputs)

    def numpy(self):
        kernel, recurrent, bias, output_kernel, output_bias = self.arrays

        def run(x):
            p = (kernel[x[0]] if self.ids else x.reshape(self.steps, -1) @ kernel) + bias  # (steps, units)
            h = np.tanh(p[0])
            for p_t in p[1:]:
                h = np.tanh(h @ recurrent + p_t)
            return (h @ output_kernel + output_bias)[None]

        return run

    def torch(self, script):
        kernel, recurrent, bias, output_kernel, output_bias = (torch.tensor(a) for a in self.arrays)
        features, units, outputs = self.sizes
        eye = torch.eye(features)

        class Net(torch.nn.Module):
            def __init__(self, ids, steps):
                super().__init__()
                self.rnn = torch.nn.RNN(features, units, batch_first=True)
                self.head = torch.nn.Linear(units, outputs)
                self.ids, self.shape = ids, (1, steps, features)

            def forward(self, x):
                x = eye[x.long()] if self.ids else x.reshape(self.shape)
                return self.head(self.rnn(x)[0][:, -1])

        net = Net(self.ids, self.steps).eval()
        with torch.no_grad():
            for name, value in {
                "weight_ih_l0": kernel.T, "weight_hh_l0": recurrent.T, "bias_ih_l0": bias, "bias_hh_l0": 0 * bias
            }.items():  # fmt: skip
                getattr(net.rnn, name).copy_(value)
            net.head.weight.copy_(output_kernel.T)
            net.head.bias.copy_(output_bias)
        if script:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # TorchScript is on its way out, and says so
                net = torch.jit.freeze(torch.jit.trace(net, torch.tensor(self.window)))

        def run(x):
            with torch.inference_mode():
                return net(torch.from_numpy(x)).numpy()

        return run

    def onnx(self):
        kernel, recurrent, bias, output_kernel, output_bias = self.arrays
        features, units, outputs = self.sizes
        make, tensor = onnx.helper.make_node, onnx.numpy_helper.from_array
        constants = {
            "eye": np.eye(features, dtype=np.float32),
            "shape": np.array([self.steps, 1, features]),
            "w": kernel.T[None],
            "r": recurrent.T[None],
            "b": np.concatenate([bias, 0 * bias])[None],
            "v": output_kernel,
            "c": output_bias,
            "axis": np.array([0]),
        }
        constants.pop(None if self.ids else "eye", None)
        one_hot = [make("Gather", ["eye", "x"], ["rows"])] if self.ids else []
        nodes = [
            *one_hot,
            make("Reshape", ["rows" if self.ids else "x", "shape"], ["steps"]),
            make("RNN", ["steps", "w", "r", "b"], ["", "last"], hidden_size=units),
            make("Squeeze", ["last", "axis"], ["h"]),
            make("Gemm", ["h", "v", "c"], ["y"]),
        ]
        kinds = onnx.TensorProto
        x_info = onnx.helper.make_tensor_value_info("x", kinds.INT32 if self.ids else kinds.FLOAT, self.window.shape)
        y_info = onnx.helper.make_tensor_value_info("y", kinds.FLOAT, [1, outputs])
        graph = onnx.helper.make_graph(
            nodes, "rnn", [x_info], [y_info], [tensor(np.ascontiguousarray(a), k) for k, a in constants.items()]
        )
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return lambda x: session.run(None, {"x": x})[0]

    def c_loop(self, library):
        arrays = [a.ctypes.data_as(ctypes.c_void_p) for a in self.arrays]
        answer = np.zeros((1, self.sizes[2]), dtype=np.float32)
        x = np.ascontiguousarray(self.window)
        pointer = x.ctypes.data_as(ctypes.c_void_p)

        def run(calls):
            inputs = (None, pointer) if self.ids else (pointer, None)
            library.predict(calls, self.steps, *self.sizes, *inputs, *arrays, answer.ctypes.data_as(ctypes.c_void_p))
            return answer

        return run

    def c_generation(self, library, length):
        arrays = [a.ctypes.data_as(ctypes.c_void_p) for a in self.arrays]
        row = np.zeros(self.steps + length, dtype=np.int32)
        row[: self.steps] = self.window[0]

        def run(calls):
            library.generate(calls, self.steps, length, *self.sizes, row.ctypes.data_as(ctypes.c_void_p), *arrays)
            return row[self.steps :]

        return run


def interpreter_call(path):
    """Code that knows no signatures, as in most apps."""
    with quiet_stderr():
        interpreter = Interpreter(str(path), num_threads=1)
        interpreter.allocate_tensors()
    x_index, y_index = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

    def run(x):
        interpreter.set_tensor(x_index, x)
        interpreter.invoke()
        return interpreter.get_tensor(y_index)

    return run


def saved_model_call(folder):
    served = tf.saved_model.load(str(folder)).signatures["serving_default"]
    (name,) = served.structured_input_signature[1]
    return lambda x: next(iter(served(**{name: tf.constant(x)}).values())).numpy()


def stock(model, path):
    """What Keras itself writes; its recurrent layers must be unrolled, or it needs ops that no phone has."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    with quiet_stderr():
        model.export(str(path), format="litert", verbose=False)
    logging.disable(level)
    return interpreter_call(path)


def zoo_case(name, window, folder, library):
    model, steps = load(name), window.shape[1]
    weights = model.get_cell_weights()
    if name == "gs10/levels":  # percent in and out: the scale goes into the weights, as any user would do
        low, size = model.low, model.high - model.low
        kernel = weights.kernel / size
        weights = type(weights)(
            kernel, weights.recurrent_kernel, weights.bias - low * kernel[0],
            weights.output_kernel * size, weights.output_bias * size + low,
        )  # fmt: skip
    all_forms = Contenders(weights, window, steps)
    ours = runtime.load(name)
    kind = model.kind
    module = model.signatures(None)
    write_saved_model(module, module.functions(), folder / kind)
    return all_forms, {
        OURS: ours.next_logits if name == "char" else ours.predict_window,
        "stock Keras → LiteRT, unrolled": stock(model, folder / f"{kind}.tflite"),
        "SavedModel signature": saved_model_call(folder / kind),
        "Keras, model(x)": lambda x: np.asarray(model(x)),
    }


def large_case(folder, library):
    features, units, steps = LARGE.values()
    keras.utils.set_random_seed(0)
    layers = keras.layers

    def build(unroll):
        return keras.Sequential(
            [keras.Input((steps, features)), layers.SimpleRNN(units, unroll=unroll), layers.Dense(8)]
        )

    model, unrolled = build(False), build(True)
    unrolled.set_weights(model.get_weights())
    window = np.random.default_rng(0).normal(size=(1, steps, features)).astype(np.float32)
    rnn, head = model.layers
    weights = read_weights(rnn)
    weights = type(weights)(
        weights.kernel, weights.recurrent_kernel, weights.bias, np.asarray(head.kernel), np.asarray(head.bias)
    )
    to_litert(model, folder / "large.tflite")
    to_litert(model, folder / "dynamic.tflite", quantize="dynamic_range")
    model.export(str(folder / "large"), verbose=False)
    return Contenders(weights, window, steps), {
        OURS: LiteRTFile(folder / "large.tflite").run_primary,
        "this package, dynamic range": LiteRTFile(folder / "dynamic.tflite").run_primary,
        "stock Keras → LiteRT, unrolled": stock(unrolled, folder / "stock.tflite"),
        "SavedModel signature": saved_model_call(folder / "large"),
        "Keras, model(x)": lambda x: np.asarray(model(x)),
    }


def generation_case(model, folder, library):
    """The signature `generate`, per character, and the C loop that does the same."""
    path = folder / "generate.tflite"
    to_litert(model, path)
    window = np.arange(model.window, dtype=np.int32)[None] % len(model.vocabulary)
    file = LiteRTFile(path)
    length = file.outputs["generate"]["ids"][0][1]
    all_forms = Contenders(model.get_cell_weights(), window, model.window)
    by_c = all_forms.c_generation(library, length)
    assert by_c(1).tolist() == file.run("generate", {"ids": window})["ids"][0].tolist()
    return {OURS: lambda _: file.run("generate", {"ids": window}), LIMIT: by_c}, length


def measure(contenders, window, rounds, title):
    """Seconds a call, by contender and round; the C loop makes its calls itself."""
    calls = {}
    for name, run in contenders.items():
        calls[name], took = 1, 0.0
        while took < SLICE:
            took = seconds(name, run, window, calls[name])
            calls[name] *= 1 if took >= SLICE else 2
    times = {name: [] for name in contenders}
    for _ in tqdm(range(rounds), desc=title):
        for name, run in contenders.items():
            times[name].append(seconds(name, run, window, calls[name]) / calls[name])
    return times


def seconds(name, run, window, calls):
    start = time.perf_counter()
    if name == LIMIT:
        run(calls)
    else:
        for _ in range(calls):
            run(window)
    return time.perf_counter() - start


def table(times, title, unit="prediction"):
    ours = times[OURS]
    rows = {
        name: {
            "microseconds": 1e6 * statistics.median(values),
            "ratio_to_ours": statistics.median(a / b for a, b in zip(values, ours, strict=True)),
        }
        for name, values in times.items()
    }
    print(f"\n{title + ', one ' + unit:44}{'µs':>12}{'times ours':>12}")
    for name, row in rows.items():
        print(f"{name:44}{row['microseconds']:12.2f}{row['ratio_to_ours']:12.2f}")
    return rows


START = {
    OURS: "from keras_rnn import runtime; text = runtime.load('char').generate('he', 5)",
    "TensorFlow": "from keras_rnn import load; text = load('char').generate('he', 5)",
}
# the process' own peak: what `getrusage` says of a child counts its parent's from before the exec
PEAK = "; print(text, *[line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')])"


def cold_start(rounds):
    """A whole process to its first answer: wall time and the most memory that it held."""
    results = {name: [] for name in START}
    for _ in tqdm(range(rounds), desc="cold start"):
        for name, code in START.items():
            start = time.perf_counter()
            done = subprocess.run([sys.executable, "-c", code + PEAK], capture_output=True, text=True, check=True)
            wall = time.perf_counter() - start
            text, kibibytes = done.stdout.rsplit(maxsplit=1)
            assert text == "hello w", text
            results[name].append((wall, int(kibibytes) / 1024))
    rows = {
        name: {
            "seconds": statistics.median(wall for wall, _ in values),
            "mebibytes": statistics.median(memory for _, memory in values),
            "ratio_to_ours": statistics.median(a / b for (a, _), (b, _) in zip(values, results[OURS], strict=True)),
        }
        for name, values in results.items()
    }
    print(f"\n{'cold start to the first answer':44}{'seconds':>12}{'times ours':>12}{'MiB':>8}")
    for name, row in rows.items():
        print(f"{name:44}{row['seconds']:12.3f}{row['ratio_to_ours']:12.1f}{row['mebibytes']:8.1f}")
    return rows


def compiled(folder):
    library = folder / "rnn.so"
    subprocess.run(
        [os.environ.get("CC", "cc"), *FLAGS, "-shared", "-fPIC", "-o", str(library), str(HERE / "rnn.c"), "-lm"],
        check=True,
    )
    return ctypes.CDLL(str(library))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--quick", action="store_true", help="3 rounds")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rounds = 3 if options.quick else options.rounds
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    torch.set_num_threads(1)
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        library = compiled(folder)
        cases = {
            "char": zoo_case("char", np.array([[3, 2]], dtype=np.int32), folder, library),
            "gs10": zoo_case(
                "gs10/levels", load_gs10("annual", "packaged").to_numpy()[None, -6:].astype(np.float32), folder, library
            ),
            "large": large_case(folder, library),
        }
        for title, (forms, contenders) in cases.items():
            contenders |= {
                "ONNX Runtime, RNN": forms.onnx(),
                "PyTorch, eager": forms.torch(script=False),
                "PyTorch, TorchScript": forms.torch(script=True),
                "NumPy": forms.numpy(),
            }
            expected = contenders["NumPy"](forms.window)
            for contender, run in contenders.items():
                close = 0.05 if "dynamic" in contender else 1e-4
                np.testing.assert_allclose(run(forms.window), expected, atol=close, err_msg=contender)
            contenders[LIMIT] = forms.c_loop(library)
            np.testing.assert_allclose(contenders[LIMIT](1), expected, atol=1e-4)
            results[title] = table(measure(contenders, forms.window, rounds, title), title)
        characters = "".join(sorted(string.digits + string.ascii_letters + string.punctuation + " \n"))
        models = {
            "char": load("char"),
            "large": char_model(None, vocabulary=characters, window=LARGE["steps"], units=LARGE["units"], seed=0),
        }
        for title, model in models.items():
            contenders, length = generation_case(model, folder, library)
            times = measure(contenders, None, rounds, f"{title}, generate")
            per_character = {name: [t / length for t in values] for name, values in times.items()}
            results[f"{title}, generate"] = table(per_character, f"{title}, {length} at once", "character")
    results["cold start"] = cold_start(max(3, rounds // 3))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
