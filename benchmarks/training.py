"""Updates a second on the zoo's own tasks: plain `fit`, `keras_rnn.train`, and a hand-written PyTorch loop.

    python benchmarks/training.py [--json FILE] [--rounds 5]

One run, the three in turn, round by round, one thread each for TensorFlow's operators and PyTorch; medians, and
ratios to the PyTorch loop round by round. Needs the extra `bench`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import torch
from tqdm import tqdm

from keras_rnn import char_model, gs10_model, train
from keras_rnn.catalog.names import ModelName
from keras_rnn.core.backend import tf
from keras_rnn.rnn.cells import PLAIN_CELLS
from keras_rnn.zoo.tasks import task_of

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
    build = {"char": char_model, "gs10": gs10_model}[task_name]
    plain, ours = build(None, cell, seed=0), build(None, cell, seed=0)
    return {
        "fit(epochs=…)": lambda n: plain.fit(x, y, batch_size=len(x), epochs=n, verbose=0),
        "train, 1,000": lambda n: train(ours, x, y, updates=n, verbose=False),  # each call traces anew: 0.3 s
        "train, 10,000": lambda n: train(ours, x, y, updates=n, verbose=False),
        "PyTorch loop": torch_loop(plain, x, y, task_name == "char"),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    torch.set_num_threads(1)
    results = {}
    for task_name in ("char", "gs10"):
        for cell in PLAIN_CELLS:
            runs = contenders(task_name, cell)
            speeds = {name: [] for name in runs}
            for counted in tqdm(range(-1, options.rounds), desc=f"{task_name}/{cell}"):
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
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
