"""The models on `ai_edge_litert` and NumPy alone: no TensorFlow, no Keras, no pandas.

`load` gives an object with the Keras model's verbs. A `.tflite` of this package is enough: it says what it is.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_rnn.catalog.metadata import document_of
from keras_rnn.catalog.names import find
from keras_rnn.core.arrays import as_array, finite_answer
from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.series.history import check_history, check_residuals, recursive_forecast
from keras_rnn.series.intervals import widths_of
from keras_rnn.text.generation import State, TextGeneration
from keras_rnn.text.vocabulary import Ids, check_characters

_INT32, _FLOAT32 = np.dtype(np.int32), np.dtype(np.float32)  # of which NumPy has one object each


@dataclass(frozen=True, eq=False)
class Forecast:
    """A forecast as plain arrays.

    Attributes:
        mean: float64 (steps,), in `unit`.
        unit: of the values, where it is known.
        half_widths: of the prediction intervals, by level in percent: float64 (steps,), to both sides of the mean.
    """

    mean: NDArray[np.float64]
    unit: str | None
    half_widths: Mapping[float, NDArray[np.float64]] = field(default_factory=dict)


class CharRuntime(TextGeneration):
    """The character model of a `.tflite` file. Threads may share it."""

    kind: ClassVar[str] = "char"

    def __init__(self, file: LiteRTFile, metadata: dict[str, Any]) -> None:
        self.file, self.metadata, settings = file, metadata, metadata["settings"]
        self.vocabulary, self.carried = check_characters(settings["vocabulary"]), settings.get("carried", False)
        self.window, self.ahead = metadata["window"], metadata["ahead"]
        size = len(self.vocabulary)
        self._each_id = np.arange(size, dtype=np.int32).reshape(-1, 1, 1)  # (vocabulary, 1, 1)
        self._shape, self._known = (1, self.window), frozenset(range(size)).issuperset
        self._run = file.run_primary
        _expect(file, "serving_default", {"ids": (1, self.window)}, {"logits": ((1, size), (1, self.window, size))})
        if self.ahead is not None:
            _expect(file, "generate", {"ids": (1, self.window)}, {"ids": ((1, self.ahead),)})
        self._states: dict[str, NDArray[Any]] = {}
        if self.carried:
            states = {name: spec for name, spec in file.inputs.get("step", {}).items() if name != "ids"}
            shapes: dict[str, Any] = {name: shape for name, (shape, _) in states.items()}
            given: dict[str, Any] = {name: (shape,) for name, shape in shapes.items()}
            _expect(file, "step", {"ids": (1, 1)} | shapes, {"logits": ((1, size),)} | given)
            self._states = {name: np.zeros(shape, dtype) for name, (shape, dtype) in states.items()}
            self.state_shapes = shapes
        self._every_step = len(file.outputs["serving_default"]["logits"][0]) == 3

    def next_logits(self, ids: Ids) -> NDArray[Any]:
        """Logits (1, vocabulary) of the character that follows the row of ids (1, window).

        Raises:
            ValueError: another shape, or an id outside the vocabulary, which LiteRT would read past the table's end; an
                answer that is not finite.
        """
        # an array of whole ids in range goes to LiteRT as it is; a set is for few ids quicker than NumPy
        if not (
            type(ids) is np.ndarray
            and ids.dtype is _INT32
            and ids.ndim == 2
            and len(ids) == 1
            and self._known(ids.tolist()[0])
        ):
            array = as_array("ids", ids, self._shape, "iu", wrong_kind=ValueError)
            if not self._known(array.tolist()[0]):
                raise ValueError(f"`ids` must be from 0 to {len(self.vocabulary) - 1}. {received(array.tolist())}")
            ids = array.astype(np.int32)
        logits: NDArray[Any] = finite_answer(self._run(ids), self.file.path)
        return logits[:, -1] if self._every_step else logits

    def read(self, ids: Sequence[int], state: State | None) -> tuple[NDArray[Any], State]:
        state = self._states if state is None else state
        for i in ids:  # the states' shapes are checked when a stream begins
            state = self.file.call("step", {"ids": self._each_id[i], **state})
            logits = state.pop("logits")
        return finite_answer(logits, self.file.path)[0], state

    def _most_likely(self, ids: list[int], length: int) -> list[int] | None:
        if self.ahead is None or self.carried:
            return None
        ids = list(ids)
        while len(ids) < self.window + length:  # the loop in the graph gives many at once
            window = np.asarray(ids[-self.window :], dtype=np.int32)[None]  # (1, window)
            if not self.file.has_checksum:
                self.next_logits(window)  # of logits that are not finite the graph would take some id
            ids += self.file.run("generate", {"ids": window})["ids"][0].tolist()
        return ids[self.window : self.window + length]


class SeriesRuntime:
    """The forecaster of a `.tflite` file. Threads may share it."""

    kind: ClassVar[str] = "series"

    def __init__(self, file: LiteRTFile, metadata: dict[str, Any]) -> None:
        self.file, self.metadata = file, metadata
        self.window, self.ahead = metadata["window"], metadata["ahead"]
        settings = metadata["settings"]
        self.unit, self.frequency = settings["unit"], settings["frequency"]
        self.low, self.high = settings["low"], settings["high"]
        self.features = settings.get("features", 1)
        self.columns, self.trained_to = settings.get("columns"), settings.get("trained_to")
        residuals = settings["residuals"]
        self.residuals = None if residuals is None else check_residuals(residuals)
        self._run = file.run_primary
        self._shape, prediction = _shapes_of_series(file, self.window, self.features)
        _expect(file, "serving_default", {"history": self._shape}, {"prediction": (prediction,)})
        self._every_step = len(prediction) == 3
        if self.ahead is not None:
            _expect(file, "forecast", {"history": self._shape}, {"prediction": ((1, self.ahead),)})

    def predict_window(self, history: NDArray[Any]) -> NDArray[Any]:
        """The prediction that follows a window (1, window[, features]), both float32: the quickest call.

        (1, 1); of a model that answers several periods at once (1, periods).

        Raises:
            ValueError: another shape, not numbers, NaN or infinite values; an answer that is not finite.
        """
        if (
            type(history) is not np.ndarray
            or history.dtype is not _FLOAT32
            or not math.isfinite(sum(history.ravel().tolist()))
        ):
            history = as_array("history", history, self._shape, "iuf", np.float32, ValueError).astype(np.float32)
        prediction: NDArray[Any] = finite_answer(self._run(history), self.file.path)
        return prediction[:, -1] if self._every_step else prediction

    def forecast(self, history: ArrayLike, steps: int = 1, levels: Iterable[float] | float | None = None) -> Forecast:
        """The next `steps` values; beyond those that the model gives at once, each is computed from the ones before.

        Args:
            history: values in `unit`, oldest first, at least `window` of them, (periods,) or (periods, features), of
                which the first is forecast. Dates are not looked at here.
            steps: periods ahead, 1 to 1,000.
            levels: of prediction intervals, in percent, such as `(80, 95)`.

        Raises:
            TypeError: not numbers.
            ValueError: too short, NaN or infinite values, wrong rank; `steps` out of range; `levels` of a model
                without residuals, or beyond what they can tell.
        """
        values = check_history(history, self.window, features=self.features)

        def predict(x: NDArray[Any]) -> NDArray[Any]:
            return self.predict_window(x.astype(np.float32).reshape(self._shape))

        means = recursive_forecast(predict, values, self.window, steps)
        return Forecast(means, self.unit, widths_of(self.residuals, levels, steps))


class GS10Runtime(SeriesRuntime):
    """The forecaster of GS10."""

    kind: ClassVar[str] = "gs10"


def _shapes_of_series(file: LiteRTFile, window: int, features: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What a forecaster's file takes and gives: a step's one value may have an axis of its own; the next value, several
    of them, or after each step the next one. Of a file that does otherwise, what it should."""
    given = [shape for shape, _ in file.inputs.get("serving_default", {}).values()]
    found = [shape for shape, _ in file.outputs.get("serving_default", {}).values()]
    takes = (1, window) if features == 1 and given != [(1, window, 1)] else (1, window, features)
    several = len(found) == 1 and (found[0] == (1, window, 1) or (len(found[0]) == 2 and found[0][0] == 1))
    return takes, found[0] if several else (1, 1)


def _expect(
    file: LiteRTFile, signature: str, inputs: dict[str, Any], outputs: dict[str, tuple[tuple[int, ...], ...]]
) -> None:
    """Refuse a file whose metadata and graph differ."""
    takes = {k: shape for k, (shape, _) in file.inputs.get(signature, {}).items()}
    gives = {k: shape for k, (shape, _) in file.outputs.get(signature, {}).items()}
    specs = [*file.inputs.get(signature, {}).items(), *file.outputs.get(signature, {}).items()]
    typed = all(dtype == (_INT32 if name == "ids" else _FLOAT32) for name, (_, dtype) in specs)
    if not typed or takes != inputs or set(gives) != set(outputs) or any(gives[k] not in outputs[k] for k in outputs):
        raise ValueError(
            f"The signature {signature} must take {inputs} and give {outputs}, as the file's metadata says. "
            f"Received: one that takes {takes} and gives {gives}{'' if typed else ', of other types'}"
        )


def load(name_or_path: FilePath, trusted: bool = True) -> CharRuntime | SeriesRuntime:
    """A model by name or path, on LiteRT, with the Keras model's verbs.

    Threads may share it. A file is looked over before LiteRT reads it: a damaged one is refused by its checksum, and
    one that does not fit together, also of other programs, by its structure. One made to do harm may pass both.

    Args:
        name_or_path: a name of the zoo (`"char"`, `"gs10/levels/rnn_cell"`), a folder that `export` wrote, or a
            `.tflite` file of this package.
        trusted: False to run the file in another process first, within bounds of time and memory: about 0.3 s.

    Returns:
        A `CharRuntime` (`generate`, `predict_next`, `stream`), or a `GS10Runtime` or `SeriesRuntime` (`forecast`).

    Raises:
        TypeError: neither a string nor a path.
        ValueError: no such model; a file that is damaged, not of this package, newer than this version, or whose
            metadata does not fit its graph; one that is not trusted, and does not run.
    """
    path = find(name_or_path)
    path = path / "model.tflite" if path.is_dir() else path
    if not trusted:
        from keras_rnn.litert.trial import try_apart  # not at every start

        try_apart(path)
    file = LiteRTFile(path)
    metadata = document_of(file.metadata, file.path.name)
    if metadata is None:
        raise ValueError(
            f"`name_or_path` must be a .tflite file with keras_rnn's metadata, such as `to_litert` writes with "
            f"`vocabulary` or `unit`. {received(str(file.path))}"
        )
    if file.primary != "serving_default":
        raise ValueError(f"The primary signature must be serving_default. Received: {file.primary} in {file.path}")
    kinds: dict[str, type[CharRuntime | SeriesRuntime]]
    kinds = {"char": CharRuntime, "gs10": GS10Runtime, "series": SeriesRuntime}
    try:
        return kinds[metadata["kind"]](file, metadata)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{error}, in {file.path}") from error
