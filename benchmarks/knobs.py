"""What each of the simulator's knobs is worth: small networks trained with one of them at 0, judged on public series.

    python benchmarks/knobs.py [--updates 1500] [--units 32] [--knobs trend,cycle] [--json FILE]

Each network sees as many simulated series as the others, from the same seeds, but for the knob. Figures are geometric
means over the development series of `public_series.py` (`series.py` says how they are judged) of RMSE over
persistence's, one step and a season ahead; "worth" is by how much they rise without the knob. The row "another seed"
tells how much of it is luck; "all of them at 0" has noise about a mean and a fixed pattern alone. Half an hour for all
on two cores. Needs the extra `bench`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from public_series import DEVELOPMENT
from series_peers import HORIZONS, Task, task_of
from tqdm import tqdm

from keras_rnn.core.tables import plain_table
from keras_rnn.zero_shot.forecasting import Context
from keras_rnn.zero_shot.model import PLACES, WINDOW, ZeroShotModel
from keras_rnn.zero_shot.reading import MEDIAN
from keras_rnn.zero_shot.simulator import KNOBS
from keras_rnn.zero_shot.training import train_on_simulations

LEARNING_RATE = 0.003
ALL, AGAIN, NONE = "all knobs", "all knobs, another seed", "all of them at 0"


def trained(units: int, updates: int, seed: int, knobs: dict[str, float], title: str) -> ZeroShotModel:
    model = ZeroShotModel(WINDOW, units, PLACES, seed=seed)
    train_on_simulations(model, updates, LEARNING_RATE, seed, title, knobs)
    return model


def judged(model: ZeroShotModel, tasks: dict[str, Task]) -> dict[str, float]:
    """Geometric mean of RMSE over persistence's, by horizon."""
    ratios = []
    for task in tasks.values():
        season, logarithm = task.season, task.logarithm
        known = {n: Context(task.values[max(0, n + task.ahead - WINDOW) : n], season, task.ahead, logarithm)
                 for n in task.origins}  # fmt: skip
        answers = model.quantiles(np.stack([each.row(WINDOW) for each in known.values()]), season)
        medians = [each.quantiles(answer)[1][:, MEDIAN] for each, answer in zip(known.values(), answers, strict=True)]
        found = dict(zip(known, np.exp(medians) if logarithm else np.array(medians), strict=True))
        own, naive = task.rmse(found), task.naive()["persistence"]
        ratios.append([own[horizon] / naive[horizon] for horizon in HORIZONS])
    return dict(zip(HORIZONS, np.exp(np.mean(np.log(ratios), axis=0)).tolist(), strict=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--updates", type=int, default=1500)
    parser.add_argument("--units", type=int, default=32)
    parser.add_argument("--knobs", default=",".join(KNOBS), help="some of them, with commas between")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    tasks = {name: task_of(loader) for name, loader in DEVELOPMENT.items()}
    runs = [(ALL, 0, dict(KNOBS)), (AGAIN, 1, dict(KNOBS))]
    runs += [(f"without {knob}", 0, {**KNOBS, knob: 0.0}) for knob in options.knobs.split(",")]
    runs.append((NONE, 0, dict.fromkeys(KNOBS, 0.0)))
    found: dict[str, dict[str, float]] = {}
    for name, seed, knobs in tqdm(runs, desc="networks"):
        found[name] = judged(trained(options.units, options.updates, seed, knobs, name), tasks)
        if options.json:
            options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    rows = [
        [
            name,
            *(f"{own[horizon]:.3f} ({100 * (own[horizon] / found[ALL][horizon] - 1):+.1f} %)" for horizon in HORIZONS),
        ]
        for name, own in found.items()
    ]
    print(plain_table(["RMSE over persistence's", "one step", "a season"], rows))


if __name__ == "__main__":
    main()
