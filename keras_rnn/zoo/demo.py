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
from keras_rnn.catalog.names import packaged_names
from keras_rnn.catalog.presets import FIRST_TEST_YEAR
from keras_rnn.core.files import FilePath
from keras_rnn.gs10.data import load_gs10
from keras_rnn.gs10.files import GS10_FREQUENCIES
from keras_rnn.plots.figure import save_figure
from keras_rnn.plots.forecast import plot_forecast, plot_predictions
from keras_rnn.rnn.model import read_keras_file
from keras_rnn.text.generation import TextGeneration
from keras_rnn.text.model import CharModel
from keras_rnn.text.vocabulary import Ids
from keras_rnn.zoo.tasks import measure, train_preset


class ServedCharacters(TextGeneration):
    """`generate` on top of a SavedModel's `serving_default`."""

    def __init__(self, model: CharModel, saved: SavedModelFolder) -> None:
        self.vocabulary, self.window, self.saved = model.vocabulary, model.window, saved

    def next_logits(self, ids: Ids) -> NDArray[Any]:
        return self.saved.run("serving_default", {"ids": ids})["logits"]


def run(out: FilePath) -> None:
    """Run it all in a folder, which is made, and print what a newcomer would want to see."""
    start = time.perf_counter()
    folder = Path(out).resolve()
    places = {name: folder / str(name) for name in packaged_names()}
    print(f"1. Train {len(places)} models from data, export and check each\n", flush=True)
    results, figures = {}, {}
    for name, place in places.items():
        model = train_preset(name)
        figures[name] = measure(name, model)
        results[str(name)] = write_artifacts(model, place, name, figures[name])
    print(f"\n{checks_table(results)}\n")
    for name in places:
        print(f"{name}: {headline(figures[name])}")

    print('\n2. Generate from "he"\n')
    for name, place in places.items():
        if name.model == "char":
            model, served, litert = _forms(place)
            forms = {"Keras": model, "SavedModel": ServedCharacters(model, served), "LiteRT": litert}
            for form, generator in forms.items():
                print(f"{name!s:28} {form:10} {generator.generate('he', 5)!r}  {generator.generate('he', 9)!r}")

    print("\n3. Forecast the 10-year Treasury yield: the next year's mean, or the next month's\n")
    pictures = []
    for name, place in places.items():
        if name.model == "gs10":
            model, served, litert = _forms(place)
            series = load_gs10(model.frequency)
            window = series.to_numpy(dtype=np.float32)[None, -model.window :]  # (1, window)
            forecasts = {
                "Keras": model.forecast(series)["mean"].iloc[0],
                "SavedModel": served.run("serving_default", {"history": window})["prediction"][0, 0],
                "LiteRT": litert.forecast(series).mean[0],
            }
            for form, forecast in forecasts.items():
                print(f"{name!s:28} {form:10} {forecast:.4f} %")
            frame = model.forecast(series, 5, None if model.residuals is None else (80, 95))
            if model.frequency == "annual":
                figure = plot_predictions(model, series, FIRST_TEST_YEAR, frame, f"GS10, {name}")
            else:
                figure = plot_forecast(series, frame, 60, f"GS10, {name}")
            pictures.append(folder / f"{str(name).replace('/', '_')}.png")
            save_figure(figure, pictures[-1])
    for frequency in GS10_FREQUENCIES:
        print(f"{f'persistence, no change, {frequency}':39} {load_gs10(frequency).iloc[-1]:.4f} %")
    print("\nThe plain recipe on levels is worse than persistence on years it has not seen: see its card.")

    print(f"\n4. Everything is in {folder}, made in {time.perf_counter() - start:.0f} s\n")
    for name in places:
        print(f"   {name}/  model.keras, 1/ (SavedModel), model.tflite, card.json, README.md")
    for picture in pictures:
        print(f"   {picture.name}  actual and forecast")


def _forms(place: Path) -> tuple[Any, SavedModelFolder, Any]:
    """A model in Keras, as a SavedModel and on LiteRT."""
    return read_keras_file(place / "model.keras"), SavedModelFolder(place / "1"), runtime.load(place)
