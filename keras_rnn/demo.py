"""The whole product in one run: four models trained, exported, checked against each other, and used."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from keras_rnn.artifacts import write_artifacts
from keras_rnn.backend import tf
from keras_rnn.characters import CharModel
from keras_rnn.commands import checks_table, headline
from keras_rnn.datasets import load_gs10
from keras_rnn.plots import plot_predictions, save_figure
from keras_rnn.presets import FIRST_TEST_YEAR
from keras_rnn.recurrent import read_keras_file
from keras_rnn.registry import zoo_names
from keras_rnn.runtime import LiteRTFile
from keras_rnn.sampling import CharacterVerbs
from keras_rnn.tasks import measure
from keras_rnn.training import train_preset
from keras_rnn.vocabulary import Ids


class ServedCharacters(CharacterVerbs):
    """`generate` on top of a `serving_default` signature, a SavedModel's or a LiteRT file's."""

    def __init__(self, model: CharModel, serving_default: Any) -> None:
        self.vocabulary, self.window = model.vocabulary, model.window
        self.serving_default = serving_default

    def next_logits(self, ids: Ids) -> Any:
        return np.asarray(self.serving_default(ids)["logits"])


def served(folder: Path) -> dict[str, Any]:
    """A folder's `serving_default` in both forms, each a function from one array to the outputs by name."""
    saved = tf.saved_model.load(str(folder / "1"))
    function = saved.signatures["serving_default"]
    lite = LiteRTFile(folder / "model.tflite")
    (name,) = lite.inputs["serving_default"]

    def from_saved_model(x: Any, keep: Any = saved) -> Any:  # the signature lives only as long as what it came from
        return function(**{name: tf.constant(x)})

    return {"SavedModel": from_saved_model, "LiteRT": lambda x: lite.run("serving_default", {name: x})}


def run(out: str | None = None) -> Path:
    """Run it all and print what a newcomer would want to see.

    Args:
        out: a folder for what is made; None: a new one for temporary files.

    Returns:
        The folder.

    Raises:
        OSError: the folder cannot be written.
        ValueError: an artifact does not equal its Keras model.
    """
    start = time.perf_counter()
    folder = Path(tempfile.mkdtemp(prefix="keras_rnn_demo_") if out is None else out).absolute()
    names = list(zoo_names())
    print(f"1. Train {len(names)} models from data, export and check each\n", flush=True)
    results, figures = {}, {}
    for name in names:
        model = train_preset(name)
        figures[name] = measure(name, model)
        results[str(name)] = write_artifacts(model, folder / str(name), name, figures[name])
    print(f"\n{checks_table(results)}\n")
    for name in names:
        print(f"{name}: {headline(figures[name])}")

    print('\n2. Generate from "he"\n')
    for name in names:
        if name.model == "char":
            model = read_keras_file(folder / str(name) / "model.keras")
            forms = {"Keras": model}
            forms |= {k: ServedCharacters(model, f) for k, f in served(folder / str(name)).items()}
            for form, generator in forms.items():
                print(f"{name!s:28} {form:10} {generator.generate('he', 5)!r}  {generator.generate('he', 9)!r}")

    series = load_gs10("annual")
    last = series.index[-1]
    print(f"\n3. Forecast the mean 10-year Treasury yield of {last + 1}, from {last - 5} to {last}\n")
    pictures = []
    for name in names:
        if name.model == "gs10":
            model = read_keras_file(folder / str(name) / "model.keras")
            frame = model.forecast(series)
            print(f"{name!s:28} {'Keras':10} {frame['mean'].iloc[0]:.4f} %")
            window = series.to_numpy(dtype=np.float32)[None, -model.window :]  # (1, window)
            for form, function in served(folder / str(name)).items():
                print(f"{name!s:28} {form:10} {np.asarray(function(window)['prediction'])[0, 0]:.4f} %")
            picture = folder / f"{str(name).replace('/', '_')}.png"
            save_figure(plot_predictions(model, series, FIRST_TEST_YEAR, frame, f"GS10, {name}"), picture)
            pictures.append(picture)
    print(f"{'persistence, no change':39} {series.iloc[-1]:.4f} %")
    print("\nThe plain recipe on levels is worse than persistence on years it has not seen: see its card.")

    print(f"\n4. Everything is in {folder}, made in {time.perf_counter() - start:.0f} s\n")
    for name in names:
        print(f"   {name}/  model.keras, 1/ (SavedModel), model.tflite, card.json, README.md")
    for picture in pictures:
        print(f"   {picture.name}  actual against predicted, train and test, with persistence")
    return folder
