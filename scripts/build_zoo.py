"""Build the shipped models anew from the data and report what changed: `python scripts/build_zoo.py [--out FOLDER]`."""

from __future__ import annotations

import argparse
import itertools
import math
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from shakespeare import baselines, corpora
from variants import measure_variants

from keras_rnn import gs10_model, load_gs10, runtime, to_litert
from keras_rnn.artifacts.folder import write_artifacts
from keras_rnn.catalog.cards import headline, read_card
from keras_rnn.catalog.names import preset_of, resolve, zoo_names
from keras_rnn.catalog.presets import FIRST_TEST_YEAR, LATER_TEST_YEAR
from keras_rnn.core.scratch import temporary_folder
from keras_rnn.forecaster.comparison import backtests, rows_since, verdict
from keras_rnn.forecaster.model import forecaster_of
from keras_rnn.rnn.model import read_keras_file
from keras_rnn.text.model import CharModel
from keras_rnn.text.sampling import softmax
from keras_rnn.text.trainer import Evaluator
from keras_rnn.text.training import train_text
from keras_rnn.text.vocabulary import encode
from keras_rnn.zero_shot.model import ZeroShotModel
from keras_rnn.zero_shot.training import figures_on_simulations, train_on_simulations
from keras_rnn.zoo.tasks import measure, task_of, train_preset

COMPARED = 200  # windows
HELD_OUT_ROWS = 4  # as many as there are works: each row begins from nothing
FIRST = 20_000
SAME_BITS = 1e-4
CHECKOUT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=CHECKOUT / "saved_models", help="default: the checkout's own")
    parser.add_argument("--names", nargs="*", type=resolve, help="of models, such as char/shakespeare; default: all")
    parser.add_argument("--text", type=Path, default=Path(tempfile.gettempdir()) / "shakespeare",
                        help="folder for the text of char/shakespeare and its unfinished training")  # fmt: skip
    parser.add_argument("--check-held-out", action="store_true",
                        help="build nothing: compute the held-out figure of large models anew")  # fmt: skip
    options = parser.parse_args()
    if options.check_held_out:
        raise SystemExit(check_held_out(options.out, options.text))
    presets = {(name.model, name.preset) for name in options.names or zoo_names()}
    for name in zoo_names():
        if (name.model, name.preset) not in presets:
            continue
        folder = options.out / str(name)
        try:
            before = read_card(folder), read_keras_file(folder / "model.keras")
        except ValueError:  # none, or damaged: made anew
            before = None
            shutil.rmtree(folder, ignore_errors=True)
        if preset_of(name).recipe.epochs:
            model, figures, inputs, further = large(name, options.text)
        elif preset_of(name).recipe.simulated:
            model, figures, inputs, further = simulated(name, options.out)
        else:
            model, inputs = train_preset(name), task_of(name).inputs
            figures, further = measure(name, model), {"variants": measure_variants(model, inputs)}
            if worth := [variant["quantize"] for variant in further["variants"] if variant["ships"]]:
                raise SystemExit(f"{name}: {', '.join(worth)} would be worth shipping, and nothing here does so")
        if name.model == "gs10":
            further["evaluation"] = evaluation(model)
        write_artifacts(model, folder, name, figures, further=further)
        print(f"{name}: {headline(figures)}; {changes(before, read_card(folder), model, inputs)}")


def check_held_out(models, text):
    """Whether a card's held-out figure is not that of its model's file: the exit code."""
    wrong = False
    for name in zoo_names():
        if preset_of(name).recipe.epochs:
            folder = models / str(name)
            told = read_card(folder)["metrics"]["held_out_bits"]
            bits = held_out_bits(read_keras_file(folder / "model.keras"), corpora(text)[1])
            wrong |= abs(bits - told) > SAME_BITS
            print(f"{name}: {bits:.5f} bits a character held out, its card {told:.5f}")
    return int(wrong)


def held_out_bits(model, held_out):
    return Evaluator(model, held_out.training, len(held_out.training), batch=HELD_OUT_ROWS)()


def large(name, folder):
    """The model of real size: trained once, with Keras' own layer; the other cell has its weights, exactly."""
    preset, (text, held_out) = preset_of(name), corpora(folder)
    recipe, settings = preset.recipe, {"window": preset.window, "units": preset.units, "carried": preset.carried}
    trained = CharModel(text.vocabulary, cell="simple_rnn", seed=recipe.seed, **settings)
    start, checkpoint = time.monotonic(), folder / "training.npz"
    result = train_text(
        trained, text, epochs=recipe.epochs, batch=recipe.batch, learning_rate=recipe.learning_rate, patience=None,
        seed=recipe.seed, checkpoint=checkpoint, resume=checkpoint.exists(),
    )  # fmt: skip
    print(f"{name}: trained in {result.history[-1]['seconds'] / 60:.0f} minutes, now {time.monotonic() - start:.0f} s")
    model = CharModel(text.vocabulary, cell=name.cell, **settings)
    model.take_weights(trained)
    beginning = held_out.training.text(text.vocabulary, FIRST + 1)
    figures = {
        "held_out_bits": held_out_bits(model, held_out),
        "validation_bits": result.bits,
        "training_bits": result.history[-1]["bits"],
        **{f"held_out_bits_of_{program}": bits for program, bits in baselines(folder).items()},
        **{f"bits_of_the_first_{FIRST:,}_held_out_characters{of}": bits
           for of, bits in bits_of_files(model, beginning, preset.quantized).items()},
    }  # fmt: skip
    inputs = held_out.training.sample(preset.window, most=COMPARED * preset.window)[0]
    return model, figures, inputs, {}


def simulated(name, out):
    """The forecaster for any series; the hand-written cell has the weights of Keras' own layer, exactly."""
    preset = preset_of(name)
    model = ZeroShotModel(preset.window, preset.units, cell=name.cell, seed=preset.recipe.seed)
    if name.cell == "rnn_cell":
        model.take_weights(read_keras_file(out / name.model / name.preset / "simple_rnn" / "model.keras"))
    else:
        start = time.monotonic()
        train_on_simulations(model, preset.recipe.updates, preset.recipe.learning_rate, preset.recipe.seed, str(name))
        print(f"{name}: trained in {(time.monotonic() - start) / 60:.0f} minutes")
    model.compile_recipe()
    return model, figures_on_simulations(model), model.random_windows(COMPARED), {}


def bits_of_files(model, text, quantized):
    """Bits per character of a text that a `.tflite` file reads step by step, by its precision."""
    bits = {}
    with temporary_folder() as folder:
        for kind in (None, *quantized):
            to_litert(model, path := folder / "m.tflite", quantize=kind)
            file, state, total = runtime.load(path), None, 0.0
            ids = encode(text, model.vocabulary).tolist()
            for before, after in itertools.pairwise(ids):
                logits, state = file.read([before], state)
                total -= math.log2(softmax(logits)[after])
            bits[f"_in_{kind}" if kind else ""] = total / (len(ids) - 1)
    return bits


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
    answers = [m.predict(inputs, verbose=0) for m in (model, old_model)]
    moved = np.nanmax(np.abs(np.subtract(*answers)))
    return f"other weights, answers moved by up to {moved:.2e}"


if __name__ == "__main__":
    main()
