"""Updates a second: on the zoo's own tasks, and at real size with a character after each of 64 or 256 steps.

    python benchmarks/training.py [--json FILE] [--rounds 5] [--only zoo | real]

On the zoo's tasks plain `fit`, `keras_rnn.train`, and a hand-written PyTorch loop; at real size `char_model`, stock
`SimpleRNN` under the same `fit`, PyTorch's `nn.RNN`, and a JAX scan with a gather of rows. One run, the contenders in
turn, round by round, one thread each; medians, and ratios to PyTorch round by round. Needs the extra `bench`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from functools import partial
from pathlib import Path

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")  # JAX's threads

import jax
import jax.numpy as jnp
import numpy as np
import torch
from tqdm import tqdm

from keras_rnn import CharModel, char_model, gs10_model, train
from keras_rnn.catalog.names import ModelName
from keras_rnn.core.backend import keras, tf
from keras_rnn.rnn.cells import PLAIN_CELLS
from keras_rnn.rnn.training import fit_batches
from keras_rnn.zoo.tasks import task_of

BATCH, CHARACTERS = 64, 96
SIZES = [(256, 64), (512, 64), (256, 256), (512, 256)]  # units, steps
UPDATES = {"fit(epochs=…)": 50, "train, 1,000": 1_000, "train, 10,000": 10_000, "PyTorch loop": 1_000}


def torch_loop(model, x, y, classes):
    """The loop of PyTorch tutorials: nn.RNN and a Linear head from the same weights, Adam, full batches."""
    weights = model.get_cell_weights().to_torch_rnn()
    features, units = weights["weight_ih_l0"].shape[1], weights["weight_hh_l0"].shape[0]
    rnn = torch.nn.RNN(features, units, batch_first=True)
    head = torch.nn.Linear(units, weights["head.bias"].shape[0])
    head.load_state_dict({k: torch.tensor(weights.pop(f"head.{k}")) for k in ("weight", "bias")})
    rnn.load_state_dict({k: torch.tensor(v) for k, v in weights.items()})
    if classes:
        inputs = torch.nn.functional.one_hot(torch.tensor(x).long(), features).float()  # (windows, window, features)
        targets, loss_of = torch.tensor(y).long(), torch.nn.functional.cross_entropy
    else:
        inputs, targets = torch.tensor(x)[..., None], torch.tensor(y)
        loss_of = torch.nn.functional.mse_loss
    optimizer = torch.optim.Adam([*rnn.parameters(), *head.parameters()], lr=0.01)

    def run(updates):
        for _ in range(updates):
            optimizer.zero_grad()
            loss_of(head(rnn(inputs)[0][:, -1]), targets).backward()
            optimizer.step()

    return run


def contenders(task_name, cell):
    task = task_of(ModelName(task_name, {"char": "hello_world", "gs10": "levels"}[task_name], cell))
    x, y = task.inputs[task.training], task.targets[task.training]
    build = {"char": char_model, "gs10": partial(gs10_model, scaling="levels")}[task_name]
    plain, ours = build(None, cell=cell, seed=0), build(None, cell=cell, seed=0)
    return {
        "fit(epochs=…)": lambda n: plain.fit(x, y, batch_size=len(x), epochs=n, verbose=0),
        "train, 1,000": lambda n: train(ours, x, y, updates=n, verbose=False),  # each call traces anew: 0.3 s
        "train, 10,000": lambda n: train(ours, x, y, updates=n, verbose=False),
        "PyTorch loop": torch_loop(plain, x, y, task_name == "char"),
    }


class RealSize:
    """The same net and recipe in four libraries: logits after every step, cross-entropy, clipped Adam.

    Each method makes a function that trains for one round and returns the seconds of an update.
    """

    def __init__(self, units, steps):
        self.units, self.steps, self.updates = units, steps, 640 // steps
        random = np.random.default_rng(0)
        shape = (self.updates, BATCH, steps)
        self.ids, self.targets = (random.integers(0, CHARACTERS, shape).astype("int32") for _ in range(2))
        # what cannot be saved, forwards and twice backwards; the inputs' product is a gather of rows
        self.products = 3 * 2 * BATCH * steps * units * (units + CHARACTERS)

    def ours(self, policy="float32"):
        vocabulary = "".join(chr(0x100 + i) for i in range(CHARACTERS))
        keras.config.set_dtype_policy(policy)
        model = CharModel(vocabulary, self.steps, self.units, "simple_rnn", return_sequences=True, seed=0)
        keras.config.set_dtype_policy("float32")
        return self._fit(model)

    def simple_rnn(self):
        ids = keras.Input((self.steps,), dtype="int32")
        x = keras.layers.SimpleRNN(self.units, return_sequences=True)(keras.ops.one_hot(ids, CHARACTERS))
        return self._fit(keras.Model(ids, keras.layers.Dense(CHARACTERS)(x)))

    def _fit(self, model):
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.001, global_clipnorm=1.0), loss)
        dataset = tf.data.Dataset.from_tensor_slices((self.ids, self.targets)).cache()
        rounds = []
        clock = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda *_: rounds.append(time.perf_counter()),
            on_epoch_end=lambda *_: rounds.append(time.perf_counter() - rounds.pop()),
        )

        def run():
            # each `fit` traces anew, in its first round of two
            fit_batches(model, dataset, 2 * self.updates, [clock], steps_per_call=self.updates)
            return rounds[-1] / self.updates

        return run

    def pytorch(self):
        rnn = torch.nn.RNN(CHARACTERS, self.units, batch_first=True)
        head = torch.nn.Linear(self.units, CHARACTERS)
        parameters = [*rnn.parameters(), *head.parameters()]
        optimizer = torch.optim.Adam(parameters, lr=0.001, fused=True)
        batches = [
            (torch.tensor(x).long(), torch.tensor(y).long()) for x, y in zip(self.ids, self.targets, strict=True)
        ]

        def run():
            start = time.perf_counter()
            for x, y in batches:
                optimizer.zero_grad()
                logits = head(rnn(torch.nn.functional.one_hot(x, CHARACTERS).float())[0])
                torch.nn.functional.cross_entropy(logits.reshape(-1, CHARACTERS), y.reshape(-1)).backward()
                torch.nn.utils.clip_grad_norm_(parameters, 1.0)
                optimizer.step()
            return (time.perf_counter() - start) / self.updates

        return run

    def jax_scan(self, unroll):
        random = np.random.default_rng(0)
        sizes = {"w": (CHARACTERS, self.units), "u": (self.units, self.units), "v": (self.units, CHARACTERS)}
        weights = {name: random.normal(size=size) / np.sqrt(size[0]) for name, size in sizes.items()}
        weights |= {"b": np.zeros(self.units), "c": np.zeros(CHARACTERS)}
        weights = {name: jnp.asarray(array, "float32") for name, array in weights.items()}

        def loss_of(weights, ids, targets):
            def step(h, p):
                h = jnp.tanh(p + h @ weights["u"])
                return h, h

            p = (weights["w"] + weights["b"])[ids.T]  # (steps, batch, units)
            _, states = jax.lax.scan(step, jnp.zeros((BATCH, self.units)), p, unroll=unroll)
            scores = jax.nn.log_softmax(states @ weights["v"] + weights["c"])
            return -jnp.take_along_axis(scores, targets.T[..., None], -1).mean()

        @jax.jit
        def update(state, ids, targets):
            weights, means, squares, t = state
            gradients = jax.grad(loss_of)(weights, ids, targets)
            norm = jnp.sqrt(sum((g * g).sum() for g in gradients.values()))
            gradients = {k: g * jnp.minimum(1, 1 / norm) for k, g in gradients.items()}
            means = {k: 0.9 * means[k] + 0.1 * g for k, g in gradients.items()}
            squares = {k: 0.999 * squares[k] + 0.001 * g * g for k, g in gradients.items()}
            rate = 0.001 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            weights = {k: w - rate * means[k] / (jnp.sqrt(squares[k]) + 1e-7) for k, w in weights.items()}
            return weights, means, squares, t + 1

        zeros = {name: jnp.zeros_like(array) for name, array in weights.items()}
        state = weights, zeros, zeros, 1.0

        def run():
            nonlocal state
            start = time.perf_counter()
            for x, y in zip(self.ids, self.targets, strict=True):
                state = update(state, x, y)
            jax.block_until_ready(state)
            return (time.perf_counter() - start) / self.updates

        return run


def peak():
    """Products of large matrices in float32, the better library's of TensorFlow and PyTorch: operations a second."""
    a = np.random.default_rng(0).normal(size=(2048, 2048)).astype("float32")
    best = 0.0
    for product, x in ((tf.linalg.matmul, tf.constant(a)), (torch.matmul, torch.tensor(a))):
        for _ in range(5):
            start = time.perf_counter()
            np.asarray(product(x, x))
            best = max(best, 2 * 2048**3 / (time.perf_counter() - start))
    return best


def memory():
    """Megabytes that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def at_real_size(rounds):
    results = {}
    for units, steps in SIZES:
        task, most = RealSize(units, steps), peak()
        runs = {
            "char_model": task.ours(),
            "char_model, bfloat16": task.ours("mixed_bfloat16"),
            "SimpleRNN": task.simple_rnn(),
            "PyTorch nn.RNN": task.pytorch(),
            "JAX scan": task.jax_scan(1),
            "JAX scan, unrolled": task.jax_scan(8),
        }
        seconds, grown = {name: [] for name in runs}, {}
        for counted in tqdm(range(-1, rounds), desc=f"{units} units, {steps} steps"):
            for name, run in runs.items():
                took = run()
                if counted >= 0:  # the first round traces and warms up
                    seconds[name].append(took)
        for name, run in runs.items():
            run()  # alone, so that what it takes again is not what another gave back
            before = memory()
            run(), run()
            grown[name] = (memory() - before) / 2
        results[f"{units} units, {steps} steps"] = {
            name: {
                "milliseconds": 1000 * statistics.median(values),
                "ratio_to_pytorch": statistics.median(
                    b / a for a, b in zip(values, seconds["PyTorch nn.RNN"], strict=True)
                ),
                "characters_per_second": BATCH * steps / statistics.median(values),
                "share_of_peak": task.products / statistics.median(values) / most,
                "megabytes_a_round": grown[name],
            }
            for name, values in seconds.items()
        }
        print(f"\n{units} units, {steps} steps; products of matrices at most {most / 1e9:.0f} GFLOP/s")
        heads = ("ms an update", "against PyTorch", "characters/s", "of the peak", "MB a round")
        print(f"{'':20}" + "".join(f"{head:>17}" for head in heads))
        for name, row in results[f"{units} units, {steps} steps"].items():
            milliseconds, ratio, characters, share, megabytes = row.values()
            print(f"{name:20}{milliseconds:17.1f}{ratio:16.2f}×{characters:17,.0f}{share:17.0%}{megabytes:17.1f}")
    return results


def on_the_zoo(rounds):
    results = {}
    for task_name in ("char", "gs10"):
        for cell in PLAIN_CELLS:
            runs = contenders(task_name, cell)
            speeds = {name: [] for name in runs}
            for counted in tqdm(range(-1, rounds), desc=f"{task_name}/{cell}"):
                for name, run in runs.items():
                    start = time.perf_counter()
                    run(UPDATES[name])
                    if counted >= 0:  # the first round traces and warms up
                        speeds[name].append(UPDATES[name] / (time.perf_counter() - start))
            peer = speeds["PyTorch loop"]
            results[f"{task_name}/{cell}"] = {
                name: {
                    "updates_per_second": statistics.median(values),
                    "ratio_to_pytorch": statistics.median(a / b for a, b in zip(values, peer, strict=True)),
                }
                for name, values in speeds.items()
            }
    print(f"{'task':20}{'loop':16}{'updates a second':>18}{'against PyTorch':>18}")
    for task_name, rows in results.items():
        for name, row in rows.items():
            print(f"{task_name:20}{name:16}{row['updates_per_second']:18,.0f}{row['ratio_to_pytorch']:17.2f}×")
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", choices=("zoo", "real"))
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    torch.set_num_threads(1)
    parts = {"zoo": on_the_zoo, "real": at_real_size}
    results = {name: part(options.rounds) for name, part in parts.items() if options.only in (None, name)}
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
