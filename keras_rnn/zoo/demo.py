"""The whole product in one run: eight models trained, exported, checked against each other, and used."""

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_rnn import runtime
from keras_rnn.artifacts.folder import write_artifacts
from keras_rnn.artifacts.saved_model import SavedModelFolder
from keras_rnn.artifacts.verification import checks_table
from keras_rnn.catalog.cards import headline
from keras_rnn.catalog.names import zoo_names
from keras_rnn.catalog.presets import FIRST_TEST_YEAR
from keras_rnn.core.files import FilePath
from keras_rnn.gs10.data import load_gs10
from keras_rnn.gs10.files import GS10_FREQUENCIES
from keras_rnn.plots.figure import save_figure
from keras_rnn.plots.forecast import plot_forecast, plot_predictions
from keras_rnn.rnn.model import read_keras_file
from keras_rnn.text.model import CharModel
from keras_rnn.text.sampling import TextGeneration
from keras_rnn.text.vocabulary import Ids
from keras_rnn.zoo.tasks import measure
from keras_rnn.zoo.training import train_preset


class ServedCharacters(TextGeneration):
    """`generate` on top of a SavedModel's `serving_default`."""

    def __init__(self, model: CharModel, saved: SavedModelFolder) -> None:
        self.vocabulary, self.window, self.saved = model.vocabulary, model.window, saved

    def next_logits(self, ids: Ids) -> NDArray[Any]:
        return self.saved.run("serving_default", {"ids": ids})["logits"]


def run(out: FilePath) -> Path:
    """Run it all and print what a newcomer would want to see.

    Args:
        out: a folder for what is made.

    Returns:
        The folder.

    Raises:
        OSError: the folder cannot be written.
        ValueError: an artifact does not equal its Keras model.
    """
    start = time.perf_counter()
    folder = Path(out).resolve()
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
            saved = ServedCharacters(model, SavedModelFolder(folder / str(name) / "1"))
            forms = {"Keras": model, "SavedModel": saved, "LiteRT": runtime.load(folder / str(name))}
            for form, generator in forms.items():
                print(f"{name!s:28} {form:10} {generator.generate('he', 5)!r}  {generator.generate('he', 9)!r}")

    print("\n3. Forecast the 10-year Treasury yield: the next year's mean, or the next month's\n")
    pictures = []
    for name in names:
        if name.model == "gs10":
            model = read_keras_file(folder / str(name) / "model.keras")
            series = load_gs10(model.frequency)
            frame = model.forecast(series)
            print(f"{name!s:28} {'Keras':10} {frame['mean'].iloc[0]:.4f} %")
            window = series.to_numpy(dtype=np.float32)[None, -model.window :]  # (1, window)
            served = SavedModelFolder(folder / str(name) / "1").run("serving_default", {"history": window})
            print(f"{name!s:28} {'SavedModel':10} {served['prediction'][0, 0]:.4f} %")
            litert: Any = runtime.load(folder / str(name))
            print(f"{name!s:28} {'LiteRT':10} {litert.forecast(series).mean[0]:.4f} %")
            picture = folder / f"{str(name).replace('/', '_')}.png"
            frame = model.forecast(series, 5, None if model.residuals is None else (80, 95))
            if model.frequency == "annual":
                figure = plot_predictions(model, series, FIRST_TEST_YEAR, frame, f"GS10, {name}")
            else:
                figure = plot_forecast(series, frame, 60, f"GS10, {name}")
            save_figure(figure, picture)
            pictures.append(picture)
    for frequency in GS10_FREQUENCIES:
        print(f"{f'persistence, no change, {frequency}':39} {load_gs10(frequency).iloc[-1]:.4f} %")
    print("\nThe plain recipe on levels is worse than persistence on years it has not seen: see its card.")

    print(f"\n4. Everything is in {folder}, made in {time.perf_counter() - start:.0f} s\n")
    for name in names:
        print(f"   {name}/  model.keras, 1/ (SavedModel), model.tflite, card.json, README.md")
    for picture in pictures:
        print(f"   {picture.name}  actual and forecast")
    return folder
