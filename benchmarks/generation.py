"""Characters a second, drawn one after the other with the state carried on: one stream and 64 side by side.

    python benchmarks/generation.py [--json FILE] [--rounds 200]

`char/shakespeare` (512 units, carried) and `char` (hello world, which re-reads its window of 2): ours in Keras, on
LiteRT in float32, float16 and dynamic range; beside them the signature `step` of the SavedModel and of the LiteRT file
called as they are, NumPy and PyTorch. Every contender gives the most likely character back to itself, from the same
prompt, and all must write the same text, a quantized file apart. 64 streams are one batch, or on LiteRT, whose batch is
one, one after the other. One thread each, the contenders in turn, round by round; medians, and ratios to ours on LiteRT
and to its raw step round by round.
Needs torch.
"""

from __future__ import annotations

import os

# ruff: noqa: E402
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy is imported

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from ai_edge_litert.interpreter import Interpreter
from tqdm import tqdm

from keras_rnn import load, runtime
from keras_rnn.catalog.names import find
from keras_rnn.core.backend import tf
from keras_rnn.core.quiet import quiet_stderr
from keras_rnn.text.vocabulary import encode

MODELS = {"char/shakespeare": "To be, or not to be", "char": "he"}
OURS, RAW = "LiteRT, stream", "LiteRT, raw step"
STREAMS = (1, 64)
SLICE = 0.004  # seconds of a contender in a round


class Contenders:
    """Each a pair of functions: state after the prompt, and (ids (streams,), state) → (next ids, state)."""

    def __init__(self, name, prompt, streams):
        self.folder, self.model, self.streams = find(name), load(name), streams
        self.prompt = encode(prompt, self.model.vocabulary)
        w = self.model.get_cell_weights()
        arrays = (w.kernel, w.recurrent_kernel, w.bias, w.output_kernel, w.output_bias)
        self.arrays = [np.ascontiguousarray(a, np.float32) for a in arrays]

    def keras(self):
        if self.model.carried:

            def step(ids, states):
                logits, states = self.model._read(ids[:, None].astype(np.int32), states)
                return np.argmax(logits[:, -1], axis=-1), states

            return self.model.zero_states(self.streams), step
        return self._windows(lambda windows: self.model.next_logits(windows).argmax(axis=-1))

    def _windows(self, following):
        def step(ids, windows):
            windows = np.concatenate([windows, ids[:, None].astype(np.int32)], axis=1)[:, -self.model.window :]
            return (following(windows) if windows.shape[1] == self.model.window else ids), windows

        return np.zeros((self.streams, 0), np.int32), step

    def _steps(self, call, outside):
        """By a signature `step`, of a model that re-reads its window from zeros."""
        zeros = {name: np.zeros((outside, *shape[1:]), np.float32) for name, shape in self.model.state_shapes.items()}
        parts = self.streams // outside

        def one(ids, states):
            result = dict(call(ids=ids[:, None].astype(np.int32), **states))
            return np.argmax(result.pop("logits"), axis=-1), result

        if self.model.carried:

            def step(ids, states):
                both = [one(ids[i * outside : (i + 1) * outside], states[i]) for i in range(parts)]
                return np.concatenate([b[0] for b in both]), [b[1] for b in both]

            return [zeros] * parts, step

        def following(windows):
            chosen = []
            for rows in np.split(windows, parts):
                states = zeros
                for column in rows.T:
                    ids, states = one(column, states)
                chosen.append(ids)
            return np.concatenate(chosen)

        return self._windows(following)

    def saved_model(self):
        signature = tf.saved_model.load(str(self.folder / "1")).signatures["step"]
        return self._steps(
            lambda **given: {
                k: v.numpy() for k, v in signature(**{k: tf.constant(v) for k, v in given.items()}).items()
            },
            self.streams,
        )

    def raw(self):
        with quiet_stderr():
            self._interpreter = Interpreter(str(self.folder / "model.tflite"), num_threads=1)
        return self._steps(self._interpreter.get_signature_runner("step"), 1)

    def stream(self, file="model.tflite"):
        model = runtime.load(self.folder / file)
        streams = [model.stream() for _ in range(self.streams)]

        def step(ids, _):
            answers = [s.push(model.vocabulary[i]) for s, i in zip(streams, ids.tolist(), strict=True)]
            return np.array([0 if a is None else model.vocabulary.index(next(iter(a))) for a in answers]), None

        return None, step

    def numpy(self):
        kernel, recurrent, bias, output, output_bias = self.arrays
        zeros = np.zeros((self.streams, len(recurrent)), np.float32)

        def one(ids, h):
            h = np.tanh(h @ recurrent + (kernel[ids] + bias))
            return np.argmax(h @ output + output_bias, axis=-1), h

        return self._by_cell(one, zeros)

    def pytorch(self):
        kernel, recurrent, bias, output, output_bias = (torch.tensor(a) for a in self.arrays)
        table, zeros = kernel + bias, torch.zeros(self.streams, len(recurrent))

        @torch.inference_mode()
        def one(ids, h):
            h = torch.tanh(torch.addmm(table[torch.from_numpy(ids).long()], h, recurrent))
            return torch.addmm(output_bias, h, output).argmax(-1).numpy(), h

        return self._by_cell(one, zeros)

    def _by_cell(self, one, zeros):
        if self.model.carried:
            return zeros, one

        def following(windows):
            h = zeros
            for column in windows.T:
                ids, h = one(column, h)
            return ids

        return self._windows(following)

    def all(self):
        quantized = {
            f"{OURS}, {kind}": self.stream(f"model_{kind}.tflite")
            for kind in ("float16", "dynamic_range") if (self.folder / f"model_{kind}.tflite").exists()
        }  # fmt: skip
        return {
            OURS: self.stream(), RAW: self.raw(), **quantized, "Keras": self.keras(),
            "SavedModel, step": self.saved_model(), "NumPy": self.numpy(), "PyTorch": self.pytorch(),
        }  # fmt: skip


class Writer:
    """A contender that writes on and on."""

    def __init__(self, contenders, state, step):
        self.step, self.state, self.written, self.vocabulary = step, state, "", contenders.model.vocabulary
        for i in contenders.prompt:
            self.ids, self.state = step(np.full(contenders.streams, i), self.state)

    def write(self, count):
        """Seconds that `count` characters of each stream take."""
        start = time.perf_counter()
        for _ in range(count):
            self.written += self.vocabulary[self.ids[-1]] if len(self.written) < 100 else ""
            self.ids, self.state = self.step(self.ids, self.state)
        return time.perf_counter() - start


def compare(name, prompt, streams, rounds):
    contenders = Contenders(name, prompt, streams)
    writers = {who: Writer(contenders, *pair) for who, pair in contenders.all().items()}
    for writer in writers.values():
        writer.write(100)
    texts = {who: writer.written for who, writer in writers.items() if not who.startswith(f"{OURS},")}
    if set(texts.values()) != {contenders.model.generate(prompt, 100)[len(prompt) :]}:
        raise SystemExit(f"{name}: they write different texts: {texts}")
    counts = {who: max(1, int(SLICE / (writer.write(20) / 20))) for who, writer in writers.items()}
    seconds = {who: [] for who in writers}
    for _ in tqdm(range(rounds), desc=f"{name}, {streams}"):
        for who, writer in writers.items():
            seconds[who].append(writer.write(counts[who]) / counts[who] / streams)
    return {
        who: {
            "characters_per_second": 1 / statistics.median(values),
            "times_ours": statistics.median(a / b for a, b in zip(values, seconds[OURS], strict=True)),
            "times_raw_step": statistics.median(a / b for a, b in zip(values, seconds[RAW], strict=True)),
        }
        for who, values in seconds.items()
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    torch.set_num_threads(1)
    results = {}
    for name, prompt in MODELS.items():
        for streams in STREAMS:
            found = results[f"{name}, {streams} streams"] = compare(name, prompt, streams, options.rounds)
            print(f"\n{name}, {streams} at a time: characters/s, time of a character against ours and a raw step")
            for who, row in found.items():
                print(f"{who:30}{row['characters_per_second']:12,.0f}{row['times_ours']:9.2f}×"
                      f"{row['times_raw_step']:9.2f}×")  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
