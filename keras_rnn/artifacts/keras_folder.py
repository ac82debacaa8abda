"""The folder of any Keras model, traced as it is: SavedModel, LiteRT and card, as of those written from weights."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from keras_rnn.artifacts.conversion import file_metadata
from keras_rnn.artifacts.litert import summary_of
from keras_rnn.artifacts.purpose import Purpose, purpose_in, purpose_of_own
from keras_rnn.artifacts.saved_model import SavedModelFolder
from keras_rnn.artifacts.verification import sound_file, twin
from keras_rnn.catalog.metadata import document_of
from keras_rnn.catalog.names import ModelName, preset_of
from keras_rnn.core.backend import tf
from keras_rnn.core.parity import Check
from keras_rnn.core.types import Model
from keras_rnn.litert.comparison import by_batches, relative_differences
from keras_rnn.litert.convert import Conversion
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.litert.inputs import RANDOM_WINDOWS, ModelInputs
from keras_rnn.litert.stepping import Run
from keras_rnn.litert.tracing import WINDOW, Traced, reason_of
from keras_rnn.rnn.graph import write_saved_model
from keras_rnn.rnn.model import RecurrentModel, weights_sha256


class KerasArtifacts:
    """What a folder holds of a model; arguments and errors as of `export`."""

    def __init__(
        self,
        model: Model,
        window: int | None,
        purpose: Purpose,
        name: ModelName | None = None,
        metrics: dict[str, float] | None = None,
    ) -> None:
        self.model, self.window, self._name, self._names = model, window, name, purpose.names
        in_use = model.written_windows(RANDOM_WINDOWS) if isinstance(model, RecurrentModel) else None
        self._conversion = Conversion(model, window, 1, None, None, None, in_use, None, purpose.names)
        self._metadata = file_metadata(model, self._conversion, purpose, name, metrics)

    @functools.cached_property
    def _served(self) -> tuple[Traced, list[str]]:
        """What the SavedModel is of, and what is to be said of it."""
        try:
            return Traced(ModelInputs(self.model, self.window, None, None, self._names), None), []
        except Exception as error:  # a model may have its batch in it, and raise anything
            return self._conversion.traced, [f"the SavedModel takes a batch of 1: {reason_of(error)}"]

    def write(self, folder: Path) -> None:
        """The archive, the SavedModel and the LiteRT files."""
        self.model.save(folder / "model.keras")
        module, (served, _) = tf.Module(), self._served
        module.kept = list(served.variables)
        functions = {name: f for name, f in served.functions.items() if name in self._conversion.signatures}
        write_saved_model(module, functions, folder / "1")
        (folder / "model.tflite").write_bytes(self._conversion.content(None, self._metadata(None)))
        for kind in preset_of(self._name).quantized if self._name else ():
            conversion = Conversion(self.model, self.window, 1, None, None, kind, None, None, self._names)
            (folder / f"model_{kind}.tflite").write_bytes(conversion.content(kind, self._metadata(kind)))

    def checks(self, folder: Path, tolerance: float | None) -> list[Check]:
        """Both artifacts beside Keras, by window and step by step; differences are parts of the largest answer."""
        reference, lite = self._conversion.reference, LiteRTFile(folder / "model.tflite")
        allowed = reference.allowed if tolerance is None else np.full(1, tolerance)
        least = self._conversion.inputs.least
        count = len(next(iter(reference.windows.values())))

        def compared(artifact: str, run: Run, rows: int) -> Iterator[Check]:
            calls = {WINDOW: lambda x: run(WINDOW, x)}
            stepping = self._conversion.traced.stepping
            if stepping is not None:
                calls["step × window"] = lambda x: stepping.run(run, x)
            for what, call in calls.items():
                found = relative_differences(by_batches(call, reference.windows, rows), reference.expected, least)
                passed = bool((found <= allowed).all())
                yield Check(artifact, what, len(found), float(found.max()), float(allowed.max()), passed)

        saved, rows = SavedModelFolder(folder / "1"), self._conversion.inputs.rows
        at_once = count if self._served[0].inputs.inputs[0].shape[0] is None else rows  # where the batch is free
        checks = [*compared("SavedModel", saved.run, at_once), *compared("LiteRT", lite.run, rows), sound_file(lite)]
        for path in sorted(folder.glob("model_*.tflite")):
            kind = path.stem.removeprefix("model_")
            largest, limit = self._conversion.difference(LiteRTFile(path), kind)
            checks.append(Check(f"LiteRT {kind}", "window and step", RANDOM_WINDOWS, largest, limit, largest <= limit))
        if isinstance(self.model, RecurrentModel) and self.model.plain:
            other = twin(self.model)
            x, (answers,) = next(iter(reference.windows.values())), reference.expected.values()
            largest = float(relative_differences({"": other.predict_windows(x)}, {"": answers}, least).max())
            limit = float(allowed.max())
            what = "window, weights exchanged"
            checks.insert(0, Check(f"Keras {other.cell}", what, len(x), largest, limit, largest <= limit))
        return checks

    def card(self) -> dict[str, Any]:
        """The model's part of its folder's card."""
        config = {} if self.window is None else {"window": self.window}
        own = isinstance(self.model, RecurrentModel)
        return {
            **(summary := summary_of(self.model, preset_of(self._name) if self._name else None)),
            "class": type(self.model).__name__,
            "cell": self.model.cell if own else None,
            "config": settings_of(self.model) if own else config,
            "parameters": int(self.model.count_params()),
            "weights_sha256": weights_sha256(self.model),
            "limits": [*summary["limits"], *self._conversion.notes, *self._served[1]],
        }


def verify_keras_model(model: Model, folder: Path, card: dict[str, Any], tolerance: float | None) -> list[Check]:
    """Check a folder that `export` wrote of any Keras model."""
    if isinstance(model, RecurrentModel):
        return KerasArtifacts(model, None, purpose_of_own(model)).checks(folder, tolerance)
    document = document_of(LiteRTFile(folder / "model.tflite").metadata, "model.tflite")
    return KerasArtifacts(model, card["config"].get("window"), purpose_in(document)).checks(folder, tolerance)


def settings_of(model: RecurrentModel) -> dict[str, Any]:
    """A model's configuration as its card has it."""
    return {k: v for k, v in model.get_config().items() if k not in ("name", "trainable", "seed", "cell")}
