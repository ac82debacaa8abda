"""`to_litert` beside Keras' own export with the batch fixed, on twelve usual architectures: µs, bytes, seconds.

    python benchmarks/conversion.py [--rounds 9] [--json FILE]

One core, one process, the contenders in turn within each round. "chain" and "loop" are our file with `unroll` True and
False: what the default could have chosen. Conversion includes, for ours, the comparison with Keras before writing.
"""

import argparse
import json
import logging
import math
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from tqdm import tqdm

from keras_rnn import to_litert
from keras_rnn.core.backend import keras, tf
from keras_rnn.core.quiet import quiet_stderr
from keras_rnn.litert.flatbuffer import operators, read_flatbuffer

L = keras.layers
SLICE = 0.03  # seconds of calls in each round


def chain(*layers, shape, dtype="float32"):
    return keras.Sequential([keras.Input(shape, dtype=dtype), *layers])


def ocr():
    x = image = keras.Input((64, 32, 1))
    for filters in (16, 32):
        x = L.MaxPooling2D(2)(L.Conv2D(filters, 3, padding="same", activation="relu")(x))
    x = L.Dense(32, "relu")(L.Reshape((16, 256))(x))
    for units in (64, 32):
        x = L.Bidirectional(L.LSTM(units, return_sequences=True))(x)
    return keras.Model(image, L.Dense(40, "softmax")(x))


def seq2seq():
    source, target = keras.Input((20, 16), name="source"), keras.Input((20, 8), name="target")
    _, h, c = L.LSTM(64, return_state=True)(source)
    y = L.LSTM(64, return_sequences=True)(target, initial_state=[h, c])
    return keras.Model([source, target], L.Dense(8)(y))


def attention():
    x = keras.Input((40, 8))
    h = L.Bidirectional(L.GRU(32, return_sequences=True))(x)
    return keras.Model(x, L.Dense(4)(L.GlobalAveragePooling1D()(L.Attention()([h, h]))))


MODELS = {
    "SimpleRNN(20), 6 steps": lambda: chain(L.SimpleRNN(20), L.Dense(1), shape=(6, 1)),
    "SimpleRNN(32), 96 steps, all outputs": lambda: chain(
        L.SimpleRNN(32, return_sequences=True), L.Dense(4), shape=(96, 8)
    ),
    "LSTM(20), 28 steps": lambda: chain(L.LSTM(20), L.Dense(10), shape=(28, 28)),
    "LSTM(32), 120 steps": lambda: chain(L.LSTM(32), L.Dense(1), shape=(120, 4)),
    "GRU(48), 60 steps": lambda: chain(L.GRU(48), L.Dense(4), shape=(60, 8)),
    "2 × LSTM(64), 40 steps": lambda: chain(L.LSTM(64, return_sequences=True), L.LSTM(64), L.Dense(4), shape=(40, 8)),
    "Embedding, BiLSTM(32), 25 steps": lambda: chain(
        L.Embedding(1000, 32, mask_zero=True), L.Bidirectional(L.LSTM(32)), L.Dense(1), shape=(25,), dtype="int32"
    ),
    "image, CNN, BiLSTM (OCR)": ocr,
    "Conv2D, BiGRU (keyword spotting)": lambda: chain(
        L.Conv2D(16, (5, 4), strides=2), L.Reshape((23, 64)), L.Bidirectional(L.GRU(32)), L.Dense(12), shape=(49, 10, 1)
    ),
    "encoder and decoder, LSTM(64)": seq2seq,
    "BiGRU(32), attention, 40 steps": attention,
    "ConvLSTM2D(8), 10 frames": lambda: chain(
        L.ConvLSTM2D(8, 3, padding="same"), L.Flatten(), L.Dense(2), shape=(10, 16, 16, 1)
    ),
}


def keras_export(model, path):
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    specs = [keras.InputSpec(shape=(1, *x.shape[1:]), dtype=x.dtype) for x in model.inputs]
    specs = specs if len(specs) == 1 else [specs]
    with quiet_stderr():
        model.export(str(path), format="litert", input_signature=specs, verbose=False)
    logging.disable(level)


def free_batch_operators(model, path):
    """Operators that no phone has, of Keras' export as it is without a fixed batch."""
    with quiet_stderr():
        model.export(str(path), format="litert", verbose=False)
    return [op for op in operators(read_flatbuffer(path)[1]) if op.startswith("custom")]


def runner(path, inputs):
    with quiet_stderr():
        interpreter = Interpreter(str(path), num_threads=1)
        interpreter.allocate_tensors()
    for spec in interpreter.get_input_details():
        x = next(x for x in inputs.values() if x.shape == tuple(spec["shape"]))  # Keras' file has other names
        interpreter.set_tensor(spec["index"], x.astype(spec["dtype"]))
    outputs = interpreter.get_output_details()

    def run():
        interpreter.invoke()
        return [interpreter.get_tensor(output["index"]) for output in outputs]

    return run


def timed(convert):
    start = time.perf_counter()
    result = convert()
    return time.perf_counter() - start, result


def measured(runs, rounds, title):
    calls, times = {}, {name: [] for name in runs}
    for name, run in runs.items():
        run()
        calls[name] = max(1, int(SLICE / timed(run)[0]))
    for _ in tqdm(range(rounds), desc=title, leave=False, disable=None):
        for name, run in runs.items():
            start = time.perf_counter()
            for _ in range(calls[name]):
                run()
            times[name].append((time.perf_counter() - start) / calls[name])
    return {name: 1e6 * statistics.median(values) for name, values in times.items()}


def row(name, build, folder, rounds):
    keras.utils.set_random_seed(0)
    model = build()
    random = np.random.default_rng(0)
    given = {}
    for tensor in model.inputs:
        shape = (1, *tensor.shape[1:])
        x = random.integers(0, 1000, shape) if "int" in tensor.dtype else random.normal(size=shape)
        given[tensor.name if len(model.inputs) > 1 else "x"] = x.astype(tensor.dtype)
    paths = {key: folder / f"{key}.tflite" for key in ("keras", "ours", "chain", "loop", "free")}
    keras_seconds, _ = timed(lambda: keras_export(model, paths["keras"]))
    seconds, report = timed(lambda: to_litert(model, paths["ours"]))
    for key, unroll in (("chain", True), ("loop", False)):
        to_litert(model, paths[key], unroll=unroll)
    runs = {key: runner(paths[key], given) for key in ("keras", "ours", "chain", "loop")}
    expected = np.asarray(model(list(given.values()) if len(given) > 1 else given["x"]))
    for key, run in runs.items():
        np.testing.assert_allclose(run()[0], expected, atol=1e-5 * max(1, abs(expected).max()), err_msg=f"{name} {key}")
    µs = measured(runs, rounds, name)
    return {
        "keras_us": µs["keras"], "us": µs["ours"], "chain_us": µs["chain"], "loop_us": µs["loop"],
        "faster": µs["keras"] / µs["ours"], "of_better": µs["ours"] / min(µs["chain"], µs["loop"]),
        "bytes": report.bytes, "size": report.bytes / paths["keras"].stat().st_size,
        "chain_size": paths["chain"].stat().st_size / paths["keras"].stat().st_size,
        "seconds": seconds, "keras_seconds": keras_seconds,
        "difference": report.largest_difference, "step": "step" in report.signatures,
        "free_batch": free_batch_operators(model, paths["free"]),
    }  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        rows = {name: row(name, build, Path(folder), options.rounds) for name, build in MODELS.items()}
    heads = ("Keras µs", "ours µs", "faster", "chain", "loop", "size", "s", "Keras s")
    widths = (9, 9, 8, 8, 8, 6, 6, 8)
    print(" " * 38 + "".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True)) + "  step")
    for name, one in rows.items():
        print(
            f"{name:38}{one['keras_us']:9.1f}{one['us']:9.1f}{one['faster']:7.2f}×{one['chain_us']:8.1f}"
            f"{one['loop_us']:8.1f}{one['size']:6.2f}{one['seconds']:6.1f}{one['keras_seconds']:8.1f}"
            f"  {'yes' if one['step'] else 'no'}"
        )
    mean = math.exp(statistics.fmean(math.log(one["faster"]) for one in rows.values()))
    failed = [name for name, one in rows.items() if one["free_batch"]]
    print(f"geometric mean: {mean:.2f}× faster; largest size {max(one['size'] for one in rows.values()):.2f} of Keras'")
    print(f"with a free batch, Keras' export has operators that no phone has in {len(failed)} of {len(rows)}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
