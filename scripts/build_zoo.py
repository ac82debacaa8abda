"""Build the shipped models anew from the data and report what changed: `python scripts/build_zoo.py [--out FOLDER]`."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
from variants import measure_variants

from keras_rnn import gs10_model, load_gs10
from keras_rnn.artifacts.folder import write_artifacts
from keras_rnn.catalog.cards import headline, read_card
from keras_rnn.catalog.names import zoo_names
from keras_rnn.catalog.presets import FIRST_TEST_YEAR, LATER_TEST_YEAR
from keras_rnn.forecaster.comparison import backtests, rows_since, verdict
from keras_rnn.forecaster.model import forecaster_of
from keras_rnn.rnn.model import read_keras_file
from keras_rnn.zoo.tasks import measure, task_of, train_preset

CHECKOUT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=CHECKOUT / "saved_models", help="default: the checkout's own")
    options = parser.parse_args()
    for name in zoo_names():
        folder = options.out / str(name)
        try:
            before = read_card(folder), read_keras_file(folder / "model.keras")
        except ValueError:  # none, or damaged: made anew
            before = None
            shutil.rmtree(folder, ignore_errors=True)
        model = train_preset(name)
        figures = measure(name, model)
        variants = measure_variants(model, task_of(name).inputs)
        further = {"variants": variants}
        if name.model == "gs10":
            further["evaluation"] = evaluation(model)
        write_artifacts(model, folder, name, figures, further=further)
        if worth := [variant["quantize"] for variant in variants if variant["ships"]]:
            raise SystemExit(f"{name}: {', '.join(worth)} would be worth shipping, and nothing here does so")
        print(f"{name}: {headline(figures)}; {changes(before, read_card(folder), model, task_of(name).inputs)}")


def evaluation(model):
    """The methods' table, from each year that the reports begin with."""
    series = load_gs10(model.frequency, "packaged")
    others = {"preset `levels`": forecaster_of(gs10_model("levels"))} if model.frequency == "annual" else {}
    if model.scaling == "levels":
        others = {}
    results, dates = backtests(model, series, FIRST_TEST_YEAR, others=others)
    last = series.index[-1]
    return {
        f"{since} to {last}": [row | {"verdict": verdict(row)} for row in rows_since(results, dates, since)]
        for since in (FIRST_TEST_YEAR, LATER_TEST_YEAR)
    }


def changes(before, card, model, inputs) -> str:
    """What is new in words: the weights, and by how much the answers on the real windows moved."""
    if before is None:
        return "new"
    old_card, old_model = before
    if old_card["weights_sha256"] == card["weights_sha256"]:
        other = [key for key in card if card[key] != old_card.get(key) and key not in ("files", "parity")]
        return "the same weights" + (f"; card: other {', '.join(other)}" if other else "")
    moved = np.abs(model.predict_windows(inputs) - old_model.predict_windows(inputs)).max()
    return f"other weights, answers moved by up to {moved:.2e}"


if __name__ == "__main__":
    main()
