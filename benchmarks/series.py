"""`train_series` on public series beside what one would use instead: each judged on its last fifth, walked forward.

    python benchmarks/series.py [--json FILE]

The series are those that come with statsmodels. Two choices of the recipe, half a standard error and the mean of three
looks, were made on them and on GS10, so they say that it works, not how well it will on others. AutoARIMA, AutoETS and
AutoTheta are chosen and fitted on the same first four fifths, seasons of 12 given to them where months are read, and
brought up to date at every origin. Needs the extra `bench`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from gs10 import Statsforecast, quiet
from tqdm import tqdm

from keras_rnn import load_gs10, train_series
from keras_rnn.core.tables import plain_table
from keras_rnn.forecaster.comparison import REFERENCE
from keras_rnn.forecaster.model import forecaster_of
from keras_rnn.series.backtest import compare, persistence_forecaster, walk_forward

OURS = "train_series"
PEERS = ("AutoARIMA", "AutoETS", "AutoTheta")


def public_series():
    """Name → (values, the window to read)."""
    from statsmodels import datasets

    def data(name):
        return getattr(datasets, name).load_pandas().data

    macro = data("macrodata")
    growth = macro.assign(loggdp=100 * np.log(macro["realgdp"]))
    carbon = data("co2")["co2"].resample("MS").mean().interpolate()
    sea = data("elnino").set_index("YEAR").stack()
    walk = np.random.default_rng(0).normal(size=400).cumsum()
    return {
        "sunspots, yearly": (data("sunspots")["SUNACTIVITY"], 12),
        "Nile, yearly": (data("nile")["volume"], 6),
        "US unemployment, quarterly": (growth["unemp"], 6),
        "the same, beside bills and inflation": (growth[["unemp", "tbilrate", "infl"]], 6),
        "US treasury bills, quarterly": (growth["tbilrate"], 6),
        "the same, beside unemployment and inflation": (growth[["tbilrate", "unemp", "infl"]], 6),
        "US inflation, quarterly": (growth["infl"], 6),
        "US GDP, 100 · logarithm, quarterly": (growth["loggdp"], 6),
        "CO2, monthly": (carbon, 24),
        "El Niño, monthly": (sea, 24),
        "GS10, monthly": (load_gs10("monthly", "packaged"), 6),
        "GS10, yearly": (load_gs10("annual", "packaged"), 6),
        "a random walk": (pd.Series(walk), 6),
    }


def judge(data, window):
    """Rows of `compare` by method over the test part, and what training chose."""
    frame = data.reset_index(drop=True)
    values = frame.to_numpy(dtype=float)
    own = values if values.ndim == 1 else values[:, 0]
    trained = train_series(frame, window, verbose=False)
    first = int(trained.model.trained_to)  # a place, for the frame has no dates
    results = {
        REFERENCE: walk_forward(persistence_forecaster, own, first),
        OURS: walk_forward(forecaster_of(trained.model), values, first, window=window),
    }
    for name in PEERS:
        with quiet():
            results[name] = walk_forward(Statsforecast(name, 12 if window == 24 else 1), own, first)
    return compare(results, REFERENCE), trained


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found, table = {}, []
    for name, (data, window) in (bar := tqdm(public_series().items())):
        bar.set_postfix_str(name)
        rows, trained = judge(data, window)
        skills = {row["method"]: 100 * row["skill"] for row in rows}
        found[name] = {"n": rows[0]["n"], "start": trained.start, "updates": trained.updates, "skill": skills}
        shown = [f"{skills[method]:+.1f} %" for method in (OURS, *PEERS)]
        table.append([name, str(rows[0]["n"]), *shown, f"{trained.start}, {trained.updates}"])
    ratios = {m: np.exp(np.mean([np.log(1 - f["skill"][m] / 100) for f in found.values()])) for m in (OURS, *PEERS)}
    table.append(["geometric mean", "", *(f"{100 * (1 - ratio):+.1f} %" for ratio in ratios.values()), ""])
    print("\nskill against persistence, one step ahead, on the last fifth")
    print(plain_table(["series", "forecasts", OURS, *PEERS, "started from, updates"], table))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
