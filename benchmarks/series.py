"""The pretrained `series_model()` on public series, as it is, beside what one would use instead, on their last fifth.

    python benchmarks/series.py [--split report] [--peers FILE] [--train] [--json FILE]

Every forecast is made from the values up to its origin alone, one step and a season ahead (6 steps where there is no
season), the error taken at that step. Our net is told how the values follow each other, as dates do. Persistence,
seasonal naive, AutoARIMA, AutoETS and AutoTheta are given the true season; `series_peers.py` says how they are fitted.
Figures are RMSE over persistence's from the same origin.
`--split development`, the default, has the series that simulator and net were chosen on; `report` those that were not
looked at before. The peers take an hour or more: `--peers FILE` keeps their results, and a rerun judges our net
alone. `--train` adds `train_series`, without flags, on what lies before the first origin. Needs the extra `bench`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from public_series import SPLITS
from series_peers import HORIZONS, PEERS, Task, judge_peers, quiet, task_of
from tqdm import tqdm

from keras_rnn.core.tables import plain_table
from keras_rnn.runtime import load
from keras_rnn.series.seasons import SEASONS

OURS, TRAINED, NAIVE = "series_model", "train_series", "seasonal naive"
LEVELS = (80, 95)
# as the dates of a file would tell them
FREQUENCIES = {season: frequency for frequency, seasons in SEASONS.items() for season in seasons[:1] or (1,)}
TOLD = {"one": "one step", "season": "a season"}
# What a method is held against: the better one of these for each series, known only afterwards.
RIVALS = {
    "persistence": ("persistence",),
    "better naive": ("persistence", NAIVE),
    **{peer: (peer,) for peer in PEERS},
    "better of AutoARIMA and AutoETS": ("AutoARIMA", "AutoETS"),
}


def our_forecasts(model, task: Task) -> dict[int, np.ndarray]:
    """Origin → (ahead, 1 + 2 · levels): mean, then the lower and the upper end of each level."""
    frequency = FREQUENCIES[task.season]
    found = {n: model.forecast(task.values[:n], task.ahead, LEVELS, frequency=frequency) for n in task.origins}
    return {
        n: np.column_stack([f.mean, *(end for ends in f.intervals.values() for end in ends)]) for n, f in found.items()
    }


def judge_ours(model, task: Task) -> dict:
    """RMSE by horizon, how many targets lie in the intervals by level and horizon, seconds."""
    began = time.perf_counter()
    found = our_forecasts(model, task)
    seconds = time.perf_counter() - began
    inside = {}
    for i, level in enumerate(LEVELS):
        ends = {n: rows[:, 1 + 2 * i : 3 + 2 * i] for n, rows in found.items()}  # (ahead, 2)
        inside[str(level)] = {horizon: task.inside(ends, horizon) for horizon in HORIZONS}
    return task.rmse({n: rows[:, 0] for n, rows in found.items()}) | {"inside": inside, "seconds": seconds}


def judge_trained(task: Task) -> dict:
    """RMSE by horizon, seconds."""
    from keras_rnn import train_series

    began = time.perf_counter()
    steps = {4: "Q", 12: "M", 52: "W-SUN", 7: "D", 24: "h", 48: "30min"}  # as dates tell the season
    start = "1900-01-01" if task.season > 1 else "1678"  # the first year that pandas has dates of
    index = pd.period_range(start, periods=len(task.values), freq=steps.get(task.season, "Y"))
    series = pd.Series(task.values, index)
    model = train_series(series[: task.origins[0]], test=0, verbose=False).model
    found = {n: model.forecast(series[:n], steps=task.ahead)["mean"].to_numpy() for n in task.origins}
    return task.rmse(found) | {"seconds": time.perf_counter() - began}


def judged(judge: Callable[[Task], dict], task: Task) -> dict:
    """A series that a method refuses is a result too."""
    try:
        with quiet():
            return judge(task)
    except ValueError as error:
        return {"error": str(error)}


def best_of(results: dict[str, dict], names: tuple[str, ...], horizon: str) -> float | None:
    """The least RMSE; None where one of them has none."""
    known = [results[name][horizon] for name in names if horizon in results[name]]
    return min(known) if len(known) == len(names) else None


def summary(rows: dict[str, dict], method: str, horizon: str) -> dict:
    """Geometric means of RMSE over each rival's where both have one, the worst among them, coverage in percent."""
    own = {name: row["results"][method] for name, row in rows.items() if horizon in row["results"][method]}
    found: dict = {"series": len(own), "over": {}}
    for rival, names in RIVALS.items():
        best = {name: best_of(rows[name]["results"], names, horizon) for name in own}
        ratios = {name: own[name][horizon] / rmse for name, rmse in best.items() if rmse}
        if ratios:
            worst = max(ratios, key=ratios.__getitem__)
            mean = float(np.exp(np.mean(np.log(list(ratios.values())))))
            found["over"][rival] = {"mean": mean, "series": len(ratios), "worst": worst, "at worst": ratios[worst]}
    if method == OURS and own:
        targets = sum(rows[name]["targets"] for name in own)
        hits = {level: sum(one["inside"][str(level)][horizon] for one in own.values()) for level in LEVELS}
        found["inside"] = {str(level): 100 * count / targets for level, count in hits.items()}
    return found


def series_table(rows: dict[str, dict], methods: list[str]) -> str:
    """RMSE over persistence's and coverage, one step / a season ahead, by series."""

    def ratios(results, method):
        if "error" in results[method]:
            return "–"
        return " / ".join(f"{results[method][h] / results['persistence'][h]:.3f}" for h in HORIZONS)

    def inside(row, level):
        if "error" in row["results"][OURS]:
            return "–"
        return " / ".join(f"{100 * row['results'][OURS]['inside'][level][h] / row['targets']:.0f}" for h in HORIZONS)

    levels = [str(level) for level in LEVELS if OURS in methods]
    table = []
    for name, row in rows.items():
        about = [name, str(row["values"]), str(row["season"]), "yes" if row["logarithm"] else "", str(row["targets"])]
        shown = [ratios(row["results"], method) for method in methods]
        table.append([*about, *shown, *(inside(row, level) for level in levels)])
    heads = ["series", "values", "season", "logarithm", "forecasts", *methods, *(f"in {level} %" for level in levels)]
    return plain_table(heads, table)


def summary_table(summaries: dict[str, dict[str, dict]]) -> str:
    """Geometric means by method and horizon, (of so many series) where some are missing, and the worst series."""
    table = []
    for method, each in summaries.items():
        for horizon, found in each.items():
            over = found["over"]
            if not over:
                continue
            known = [over.get(rival) for rival in RIVALS]
            means = [f"{one['mean']:.3f} ({one['series']})" if one else "–" for one in known]
            worst = over["better naive"]
            table.append([f"{method}, {TOLD[horizon]}", *means, f"{worst['at worst']:.2f} {worst['worst']}"])
    return plain_table(["", *(f"over {rival}" for rival in RIVALS), "worst over better naive"], table)


def print_results(rows: dict[str, dict], summaries: dict[str, dict[str, dict]]) -> None:
    print(f"\nRMSE over persistence's, one step / a season ahead\n{series_table(rows, list(summaries))}")
    print(f"\ngeometric means (series that both have)\n{summary_table(summaries)}\n")
    for method, horizon in product(summaries, HORIZONS):
        for level, percent in summaries[method][horizon].get("inside", {}).items():
            print(f"{method}, {TOLD[horizon]} ahead: {percent:.1f} % in the {level} % intervals")
    for method in summaries:
        known = [(row["results"][method], row["origins"]) for row in rows.values()]
        if seconds := [(result["seconds"], origins) for result, origins in known if "seconds" in result]:
            took, origins = np.sum(seconds, axis=0)
            print(f"{method}: {took / origins:.3f} seconds a forecast")
        missing: dict[str, list[str]] = {}
        for name, row in rows.items():
            if error := row["results"][method].get("error"):
                missing.setdefault(error, []).append(name)
        for error, names in missing.items():
            print(f"{method}, {error}: {', '.join(names)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=SPLITS, default="development")
    parser.add_argument("--peers", type=Path, metavar="FILE", help="where the peers' results are kept")
    parser.add_argument("--skip", choices=["ours", "peers"], help="peers: those that FILE does not have")
    parser.add_argument("--cell", default="gru", help="gru, simple_rnn or rnn_cell")
    parser.add_argument("--train", action="store_true", help="train_series beside it, half a minute a series")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    tasks = {name: task_of(loader) for name, loader in SPLITS[options.split].items()}
    peers = judge_peers(tasks, options.peers, options.skip == "peers")
    ours: dict[str, Callable[[Task], dict]] = {}
    if options.skip != "ours":
        ours[OURS] = partial(judge_ours, load(f"series/simulated/{options.cell}"))
    if options.train:
        ours[TRAINED] = judge_trained
    rows = {}
    for name, task in tqdm(tasks.items(), desc="ours"):
        results = task.naive() | peers[name] | {method: judged(judge, task) for method, judge in ours.items()}
        rows[name] = {
            "values": len(task.values), "season": task.season, "ahead": task.ahead, "logarithm": task.logarithm,
            "targets": len(task.targets), "origins": len(task.origins), "results": results,
        }  # fmt: skip
    methods = [*ours, NAIVE, *PEERS]
    summaries = {method: {horizon: summary(rows, method, horizon) for horizon in HORIZONS} for method in methods}
    print_results(rows, summaries)
    if options.json:
        found = {"split": options.split, "summary": summaries, "series": rows}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
