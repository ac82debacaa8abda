"""A plain RNN that remembers: the adding problem, where tanh fails and ReLU around 0.99 times the identity does not.

    python benchmarks/long_memory.py [--steps 200] [--updates 3000] [--units 100] [--seed 0] [--plot PNG] [--json FILE]

A sequence has two features: numbers from 0 to 1, and a mark at two of them, one in each half; the target is their sum
(Hochreiter and Schmidhuber 1997). To say 1 always leaves the target's variance, 1/6 = 0.167. Both nets are a
`SimpleRNN` with the same kernel to begin with, and see the same batches of 64; the usual one has tanh, an
orthogonal recurrent matrix and Adam at 0.001, the other ReLU, `ScaledIdentity` and `long_memory_optimizer`. Both rates
fall to 0 by a cosine.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

from keras_rnn import ScaledIdentity, insight
from keras_rnn.core.backend import keras
from keras_rnn.core.tables import plain_table
from keras_rnn.plots.figure import save_figure
from keras_rnn.plots.picture import check_picture
from keras_rnn.rnn.layers import long_memory_optimizer

BATCH, ROUND, TESTED = 64, 250, 2000
USUAL, CURE = "tanh, orthogonal", "ReLU, 0.99 · identity"


def adding_problem(count, steps, random):
    """x (count, steps, 2) and targets (count, 1)."""
    values = random.uniform(size=(count, steps)).astype(np.float32)
    marks = np.zeros((count, steps), np.float32)
    rows = np.arange(count)
    marks[rows, random.integers(0, steps // 2, count)] = 1
    marks[rows, random.integers(steps // 2, steps, count)] = 1
    return np.stack([values, marks], axis=-1), (values * marks).sum(axis=1, keepdims=True)


def network(kind, steps, units, updates, seed):
    """The net, compiled."""
    schedule = keras.optimizers.schedules.CosineDecay(0.001, updates)
    cure = kind == CURE
    layers = [
        keras.Input((steps, 2)),
        keras.layers.SimpleRNN(
            units,
            activation="relu" if cure else "tanh",
            kernel_initializer=keras.initializers.GlorotUniform(seed),
            recurrent_initializer=ScaledIdentity() if cure else keras.initializers.Orthogonal(seed=seed),
        ),
        keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(seed + 1)),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer=long_memory_optimizer(schedule) if cure else keras.optimizers.Adam(schedule), loss="mse")
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--updates", type=int, default=3000, help=f"in rounds of {ROUND}")
    parser.add_argument("--units", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="of the nets and the sequences")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.plot:
        check_picture(options.plot)
    x, y = adding_problem(TESTED, options.steps, np.random.default_rng(options.seed + 1))
    errors, norms, words = {}, {}, {}
    for kind in (USUAL, CURE):
        model = network(kind, options.steps, options.units, options.updates, options.seed)
        looked = insight.gradients(model, x[:32], y[:32]).layers[0]
        norms[kind] = np.sqrt((looked.norms["h"] ** 2).sum(axis=0))  # (steps,)
        words[kind] = looked.verdict
        random = np.random.default_rng(options.seed)
        errors[kind] = []
        for _ in tqdm(range(options.updates // ROUND), desc=kind):
            batch = adding_problem(ROUND * BATCH, options.steps, random)
            model.fit(*batch, batch_size=BATCH, shuffle=False, verbose=0)
            errors[kind].append(float(model.evaluate(x, y, batch_size=500, verbose=0)))
    rows = [[kind, f"{errors[kind][-1]:.4f}", words[kind]] for kind in errors]
    print(f"\nadding problem, {options.steps} steps, {options.updates} updates: mean squared error on new sequences")
    print(plain_table(["", "error", "gradient before training"], [*rows, ["always 1", f"{1 / 6:.4f}", ""]]))
    if options.plot:
        save_figure(picture(errors, norms, options.steps), options.plot)
    if options.json:
        options.json.write_text(json.dumps({"errors": errors, "verdicts": words}, indent=2) + "\n", encoding="utf-8")


def picture(errors, norms, steps):
    """The failure and the cure: errors by updates, and gradients by step before training."""
    figure = Figure(figsize=(8, 3.9), dpi=100, layout="constrained")
    left, right = figure.subplots(1, 2)
    for kind, color in ((USUAL, "black"), (CURE, "tab:red")):
        rounds = ROUND * np.arange(1, len(errors[kind]) + 1)
        left.plot(rounds, errors[kind], "o-", color=color, markersize=3, label=kind)
        right.plot(norms[kind], color=color, linewidth=1.5, label=kind)
    left.axhline(1 / 6, color="tab:gray", linestyle="--", linewidth=1, label="the target's variance")
    for axes in (left, right):
        axes.set_yscale("log")
        axes.grid(alpha=0.25)
    left.set_xlabel("updates")
    left.set_ylabel("mean squared error")
    left.set_title(f"adding problem, {steps} steps", fontsize=10)
    left.legend(frameon=False, fontsize=8)
    right.set_xlabel("step t")
    right.set_ylabel("‖∂loss/∂h$_t$‖")
    right.set_title("gradient before training", fontsize=10)
    return figure


if __name__ == "__main__":
    main()
