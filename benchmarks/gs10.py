"""GS10 forecasts of this package against what one would use instead, walked forward from 1990: all seeds, all methods.

    python benchmarks/gs10.py [--json FILE] [--quick]

Every forecast is made from the values up to its origin alone. The nets of this package are trained on simulated walks,
so they never saw any; `levels` is trained on the years before 1990; the other methods are fitted anew as time goes on.
Needs the extra `bench`; a peer that is not installed is left out and named. `--quick` leaves out the slow ones.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import logging
import os
import warnings
from pathlib import Path

import numpy as np
from calendar_years import calendar_year_forecasts, random_walk_intervals
from tqdm import tqdm

from keras_rnn import gs10_model, load_gs10
from keras_rnn.catalog.names import ModelName
from keras_rnn.catalog.presets import FIRST_TEST_YEAR, LATER_TEST_YEAR
from keras_rnn.core.tables import plain_table
from keras_rnn.forecaster.model import forecaster_of
from keras_rnn.gs10.files import read_gs10
from keras_rnn.series.backtest import (
    compare,
    drift_forecaster,
    persistence_forecaster,
    walk_forward,
    walk_forward_intervals,
    window_mean_forecaster,
)
from keras_rnn.series.dates import years_of
from keras_rnn.series.metrics import coverage, skill, winkler
from keras_rnn.series.walks import best_linear_weights
from keras_rnn.zoo.tasks import train_preset

OURS, REFERENCE = "this package", "persistence"
SEEDS = 10
LEVELS = (80, 95)
PARTS = (FIRST_TEST_YEAR, LATER_TEST_YEAR)


def linear_forecaster(history, steps):
    """What theory says is best for averages of a random walk: the window's changes, weighted (Working 1960)."""
    values = list(history[-6:])
    for _ in range(steps):
        values.append(values[-1] + float(np.diff(values[-6:]) @ best_linear_weights(6)))
    return np.array(values[6:])


class Statsforecast:
    """AutoARIMA, AutoETS or AutoTheta: chosen and fitted at `fit`, brought up to date in between."""

    def __init__(self, name, season=1):
        self.name, self.season = name, season

    def fit(self, history):
        from statsforecast import models

        self.model = getattr(models, self.name)(season_length=self.season).fit(history.copy())

    def __call__(self, history, steps):
        return self.model.forward(history.copy(), h=steps)["mean"]


class Darts:
    """darts' RNNModel, defaults but for the window of 6 that all have here."""

    def fit(self, history):
        from darts import TimeSeries
        from darts.models import RNNModel

        self.series = TimeSeries
        self.model = RNNModel(
            input_chunk_length=6, training_length=7, random_state=0,
            pl_trainer_kwargs={"enable_progress_bar": False, "accelerator": "cpu", "logger": False,
                               "enable_model_summary": False, "enable_checkpointing": False},
        )  # fmt: skip
        self.model.fit(TimeSeries.from_values(history.astype(np.float32)))

    def __call__(self, history, steps):
        series = self.series.from_values(history.astype(np.float32))
        return self.model.predict(steps, series=series, verbose=False, show_warnings=False).values()[:, 0]


class NeuralForecast:
    """neuralforecast's RNN, defaults but for the window of 6, one period ahead."""

    def fit(self, history):
        from neuralforecast import NeuralForecast as Runner
        from neuralforecast.models import RNN

        quiet = {"enable_progress_bar": False, "logger": False, "enable_checkpointing": False, "accelerator": "cpu"}
        self.runner = Runner([RNN(h=1, input_size=6, random_seed=1, enable_model_summary=False, **quiet)], freq=1)
        self.runner.fit(self._frame(history))

    def __call__(self, history, steps):
        values = list(history)
        for _ in range(steps):
            values.append(float(self.runner.predict(self._frame(values))["RNN"].iloc[0]))
        return np.array(values[len(history) :])

    def _frame(self, values):
        import pandas as pd

        return pd.DataFrame({"unique_id": "GS10", "ds": np.arange(len(values)), "y": np.asarray(values, float)})


PEERS = {
    "AutoARIMA": ("statsforecast", lambda: Statsforecast("AutoARIMA")),
    "AutoETS": ("statsforecast", lambda: Statsforecast("AutoETS")),
    "AutoTheta": ("statsforecast", lambda: Statsforecast("AutoTheta")),
    "darts RNNModel": ("darts", Darts),
    "neuralforecast RNN": ("neuralforecast", NeuralForecast),
}
SLOW = ("darts RNNModel", "neuralforecast RNN")


@contextlib.contextmanager
def quiet():
    """Without what the peers print and log."""
    for name in ("pytorch_lightning", "lightning.pytorch", "darts", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def backtests_of(frequency, nets, quick):
    """Every method on the yearly or monthly series: method → Backtest."""
    series = load_gs10(frequency, "packaged")
    years, values = years_of(series.index), series.to_numpy()
    first = int(np.argmax(years >= FIRST_TEST_YEAR)) - 1  # the last origin before the test part
    horizons, refit = (5, 6) if frequency == "annual" else (12, 60)
    methods = {
        REFERENCE: persistence_forecaster,
        "drift": drift_forecaster,
        "mean of 6": window_mean_forecaster(6),
        "linear optimum": linear_forecaster,
        **{f"{OURS}, seed {seed}": forecaster_of(net) for seed, net in nets.items()},
    }
    if frequency == "annual":
        methods["this package's levels"] = forecaster_of(gs10_model("levels"))
    missing = []
    for name, (package, build) in PEERS.items():
        if importlib.util.find_spec(package) is None:
            missing.append(name)
        elif not (name in SLOW and (quick or frequency == "monthly")) and not (quick and frequency == "monthly"):
            methods[name] = build()
    results = {}
    for name, method in (bar := tqdm(methods.items(), desc=frequency)):
        bar.set_postfix_str(name)
        fits = hasattr(method, "fit")
        ahead = 1 if name in SLOW else horizons
        with quiet():
            results[name] = walk_forward(method, values, first, ahead, window=6, refit=refit if fits else None)
    return results, years, values, missing


def rows_of(results, years, since, horizon=1):
    """Figures of the origins whose targets are in `since` or later."""
    first = int(np.argmax(years >= since)) - 1
    # origins from the year before on: nothing in the part is forecast from within the years of choice
    return compare(results, REFERENCE, horizon, since=first)


def print_rows(title, rows):
    table = []
    for row in rows:
        interval = f"{100 * row['skill_low']:+.1f} to {100 * row['skill_high']:+.1f}"
        errors = [f"{row['rmse']:.3f}", f"{row['mae']:.3f}"]
        skilled = [f"{100 * row['skill']:+.2f} %", interval, f"{row['dm_p']:.2f}"]
        table.append([row["method"], *errors, *skilled, str(row["n"])])
    heads = ["method", "RMSE", "MAE", "skill", "95 % interval", "p", "forecasts"]
    print(f"\n{title}\n{plain_table(heads, table)}")


def intervals(results, values, years, since, count, horizons):
    """Coverage in percent, mean width and Winkler score by horizon and level, ours and a random walk's."""
    backtest = results[f"{OURS}, seed 0"]
    rows = []
    for level in LEVELS:
        kinds = {
            OURS: walk_forward_intervals(backtest, level, count),
            "Gaussian random walk": random_walk_intervals(values, backtest, level, count),
        }
        for name, (low, high) in kinds.items():
            for h in horizons:
                column = h - 1
                targets = years[np.minimum(backtest.origins + h, len(years) - 1)]
                known = ~np.isnan(low[:, column]) & ~np.isnan(backtest.actual[:, column]) & (targets >= since)
                actual, lower, upper = (rows_[known, column] for rows_ in (backtest.actual, low, high))
                rows.append({
                    "method": name, "level": level, "horizon": h, "n": int(known.sum()),
                    "coverage": coverage(actual, lower, upper), "width": float(np.mean(upper - lower)),
                    "winkler": winkler(actual, lower, upper, level),
                })  # fmt: skip
    return rows


def next_calendar_year(net):
    """Skill against last year's mean of the net's twelve months ahead, averaged, and of the December value."""
    months, values = read_gs10()
    result = calendar_year_forecasts(forecaster_of(net), months, values, FIRST_TEST_YEAR)
    return {
        OURS: skill(result.actual, result.predicted, result.last_mean),
        "the December value": skill(result.actual, result.december, result.last_mean),
        "n": len(result.years),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two seeds, without the slow peers: under two minutes")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = {}
    seeds = range(2 if options.quick else SEEDS)
    name = ModelName("gs10", "annual", "simple_rnn")
    nets = {seed: train_preset(name, verbose=False, seed=seed) for seed in tqdm(seeds, desc="training")}
    for frequency in ("annual", "monthly"):
        backtests, years, values, missing = backtests_of(frequency, nets, options.quick)
        count, horizons = (20, range(1, 6)) if frequency == "annual" else (60, (1, 2, 3, 6, 12))
        # those that need residuals from before the test part: from the beginning of the series
        whole = {f"{OURS}, seed 0": walk_forward(forecaster_of(nets[0]), values, 5, max(horizons), 6)}
        if missing:
            print(f"\nnot installed, left out: {', '.join(missing)}")
        part = results[frequency] = {}
        for since in PARTS:
            rows = rows_of(backtests, years, since)
            part[f"from {since}"] = rows
            last = years[-1] if frequency == "annual" else "now"
            ours = [row for row in rows if row["method"].startswith(f"{OURS}, seed")]
            print_rows(f"{frequency}, one step ahead, {since} to {last}", rows)
            skills = np.array([100 * row["skill"] for row in ours])
            print(f"{len(ours)} seeds: mean {skills.mean():+.2f} %, from {skills.min():+.2f} to {skills.max():+.2f} %")
        part["by horizon"] = {}
        for h in horizons:
            several = {name: backtest for name, backtest in backtests.items() if backtest.horizons >= h}
            part["by horizon"][h] = rows_of(several, years, FIRST_TEST_YEAR, h)
        table = [
            [f"{h} ahead", *(f"{100 * next(r for r in rows if r['method'] == m)['skill']:+.2f} %" for m in chosen)]
            for chosen in [[f"{OURS}, seed 0", "linear optimum", "drift"]]
            for h, rows in part["by horizon"].items()
        ]
        print(f"\n{frequency}, skill by horizon, origins from {FIRST_TEST_YEAR - 1} on")
        print(plain_table(["", OURS, "linear optimum", "drift"], table))
        part["intervals"] = intervals(whole, values, years, FIRST_TEST_YEAR, count, horizons)
        table = [
            [row["method"], f"{row['level']} %", str(row["horizon"]), f"{row['coverage']:.1f} %", f"{row['width']:.2f}",
             f"{row['winkler']:.2f}", str(row["n"])]
            for row in part["intervals"]
        ]  # fmt: skip
        print(f"\n{frequency}, intervals from {FIRST_TEST_YEAR} on, percentage points")
        print(plain_table(["method", "level", "ahead", "covered", "width", "Winkler", "forecasts"], table))
    results["next calendar year"] = next_calendar_year(nets[0])
    found = results["next calendar year"]
    print(f"\nthe next calendar year's mean, skill against this year's, {found['n']} years from {FIRST_TEST_YEAR}")
    for method in (OURS, "the December value"):
        print(f"{method}: {100 * found[method]:+.2f} %")
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
