"""Verification: every artifact of a model's folder held against the Keras model, number by number."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_rnn.cards import read_card
from keras_rnn.characters import CharModel
from keras_rnn.checks import check_number
from keras_rnn.datasets import load_gs10, load_text
from keras_rnn.files import FilePath
from keras_rnn.forecaster import SeriesModel
from keras_rnn.litert_file import LiteRTFile
from keras_rnn.presets import CELLS
from keras_rnn.recurrent import RecurrentModel, read_keras_file
from keras_rnn.registry import find
from keras_rnn.series import series_windows
from keras_rnn.served import SavedModelFolder
from keras_rnn.signatures import signatures_of
from keras_rnn.vocabulary import decode, text_windows
from keras_rnn.weights import NUMPY_ACTIVATIONS
from keras_rnn.yields import GS10Model

TOLERANCE = 1e-5  # of logits or percent points for the zoo; for other models, of their largest answer
RANDOM_WINDOWS = 100


@dataclass(frozen=True)
class Check:
    """One comparison.

    Attributes:
        artifact: the file or form that was checked.
        check: what of it.
        count: windows compared, or operators seen.
        largest: the largest absolute difference, in the output's unit; None where nothing is subtracted.
        tolerance: what it must not exceed.
        passed: whether it does not.
        note: what was found instead, where that is not a number.
    """

    artifact: str
    check: str
    count: int
    largest: float | None
    tolerance: float | None
    passed: bool
    note: str = ""


class ParityError(ValueError):
    """An artifact that does not equal its Keras model."""

    exit_code = 1  # of the command: a check failed, the input was not bad

    def __init__(self, failed: list[Check], remark: str = "") -> None:
        self.failed = failed
        found = "; ".join(
            f"{c.artifact}, {c.check}: {c.note if c.largest is None else f'a difference of {c.largest:.1e}'}"
            for c in failed
        )
        limits = {f"{c.tolerance:.1e}" for c in failed if c.tolerance is not None}
        within = f" within {', '.join(limits)}" if limits else ""
        super().__init__(f"Artifacts that equal the Keras model{within} were expected. Received: {found}{remark}")


def verify(name_or_folder: FilePath, tolerance: float | None = None) -> list[Check]:
    """Check a model's folder, the zoo's or one that `export` wrote: SavedModel, LiteRT and twin against Keras.

    Args:
        name_or_folder: a name of the zoo, or a folder with a `card.json`.
        tolerance: the largest absolute difference allowed, in the output's unit. None: 1e-5 for the zoo; for other
            models 1e-5 of their largest answer, for float32 holds seven digits of a logit of 40 as of one of 4.

    Returns:
        The checks, passed or not.

    Raises:
        ValueError: no such name or folder, or a file in it that cannot be read.
    """
    folder = find(name_or_folder)
    card = read_card(folder)
    model = read_keras_file(folder / "model.keras")
    checks = verify_artifacts(model, folder, TOLERANCE if tolerance is None and card["name"] else tolerance)
    same = model.get_cell_weights().sha256() == card["weights_sha256"]
    checks.append(Check("card.json", "names these weights", 1, None, None, same, "" if same else "another SHA-256"))
    return checks


def windows_of(model: RecurrentModel) -> NDArray[Any]:
    """Windows to compare on: every one of the packaged data that the model can read, and random ones."""
    random = np.random.default_rng(0)
    shape = (RANDOM_WINDOWS, *model.inputs[0].shape[1:])
    if isinstance(model, CharModel):
        text = load_text()
        known = set(text) <= set(model.vocabulary) and len(text) > model.window
        real = text_windows(text, model.window, vocabulary=model.vocabulary)[0] if known else None
        windows = random.integers(0, len(model.vocabulary), shape).astype(np.int32)
    else:
        assert isinstance(model, SeriesModel)
        low, high = model.usual_range
        if isinstance(model, GS10Model):
            series = load_gs10(model.frequency, "packaged").to_numpy()
            real = series_windows(series, model.window)[0].astype(np.float32) if len(series) > model.window else None
        else:
            real = None
        windows = random.uniform(low, high, shape).astype(np.float32)
    return windows if real is None else np.concatenate([real, windows])


def verify_artifacts(model: RecurrentModel, folder: Path, tolerance: float | None) -> list[Check]:
    """Check the SavedModel and the `.tflite` in a folder, the twin and NumPy, against the Keras model."""
    x = windows_of(model)  # (windows, window)
    reference = model.predict_windows(x)  # (windows, …)
    if tolerance is None:
        least = 0.0 if model.kind == "series" else 1.0  # whose unit may be anything
        tolerance = TOLERANCE * max(least, float(np.abs(reference).max()))
    check_number("tolerance", tolerance, 0.0)

    def check(artifact: str, what: str, values: NDArray[Any]) -> Check:
        largest = float(np.abs(values - reference).max()) if values.shape == reference.shape else float("inf")
        return Check(artifact, what, len(values), largest, tolerance, largest <= tolerance)

    names = signatures_of(model, 1)
    reached = names.output_name
    saved = SavedModelFolder(folder / "1")
    lite = LiteRTFile(folder / "model.tflite")

    def saved_step(x_t: Any, h: Any) -> dict[str, Any]:
        return saved.run("step", {names.step_name: x_t, "h_0": h})

    def lite_step(x_t: Any, h: Any) -> dict[str, Any]:
        rows = [lite.run("step", {names.step_name: x_t[i : i + 1], "h_0": h[i : i + 1]}) for i in range(len(x_t))]
        return {key: np.concatenate([row[key] for row in rows]) for key in rows[0]}

    def stepped(step: Any) -> NDArray[Any]:
        h = np.zeros((len(x), model.units), dtype=np.float32)
        outputs = []
        for t in range(model.window):
            result = step(x[:, t : t + 1] if x.ndim == 2 else x[:, t], h)
            h = result["h_0"]
            outputs.append(result[reached])
        return np.stack(outputs, axis=1) if names.every_step else outputs[-1]

    def check_ahead(artifact: str, following: NDArray[Any]) -> Check:
        largest = float(ahead_differences(model, x, following).max())
        return Check(artifact, names.ahead_name, len(following), largest, tolerance, largest <= tolerance)

    def check_text(following: NDArray[Any]) -> list[Check]:
        if not isinstance(model, CharModel):
            return []
        prompts, expected = (
            [decode(row, model.vocabulary) for row in rows] for rows in (x, np.concatenate([x, following], axis=1))
        )
        texts = saved.run("generate_text", {"text": prompts, "length": names.ahead})["text"]
        wrong = sum(text.decode() != other for text, other in zip(texts, expected, strict=True))
        note = f"{wrong} other texts" if wrong else ""
        return [Check("SavedModel", "generate_text, as generate", len(texts), None, None, not wrong, note)]

    windows = [lite.run("serving_default", {names.input_name: row[None]})[reached] for row in x]
    following = [lite.run(names.ahead_name, {names.input_name: row[None]})[names.ahead_output] for row in x]
    saved_following = saved.run(names.ahead_name, {names.input_name: x})[names.ahead_output]
    served = saved.run("serving_default", {names.input_name: x})[reached]
    foreign = [op for op in lite.operators if op.startswith("custom:")]
    found = f"{', '.join(foreign + lite.dynamic_tensors)}; primary is {lite.primary}"
    sound = not foreign and not lite.dynamic_tensors and lite.primary == "serving_default"
    return [
        check("NumPy float64", "window", numpy_reference(model, x)),
        check(f"Keras {_other(model.cell)}", "window, weights exchanged", twin(model).predict_windows(x)),
        check("SavedModel", "serving_default", served),
        *([check("SavedModel", "step × window", stepped(saved_step))] if names.has_step else []),
        check_ahead("SavedModel", saved_following),
        *check_text(saved_following),
        check("LiteRT", "serving_default", np.concatenate(windows)),
        *([check("LiteRT", "step × window", stepped(lite_step))] if names.has_step else []),
        check_ahead("LiteRT", np.concatenate(following)),
        Check("LiteRT", "built-in ops, static shapes", len(lite.operators), None, None, sound, "" if sound else found),
    ]


def ahead_differences(model: RecurrentModel, windows: NDArray[Any], following: NDArray[Any]) -> NDArray[np.float64]:
    """How far each value that a loop in a graph gave is from what Keras says of the window before it.

    For characters, how far the chosen one's logit lies below the largest.
    """
    if windows.ndim == 3:  # the other features stay at their last values
        others = np.repeat(windows[:, -1:, 1:], following.shape[1], axis=1)  # (windows, N, features - 1)
        rows = np.concatenate([windows, np.concatenate([following[..., None], others], axis=2)], axis=1)
    else:
        rows = np.concatenate([windows, following], axis=1)  # (windows, window + N[, features])
    before = np.lib.stride_tricks.sliding_window_view(rows[:, :-1], model.window, axis=1)  # window last
    before = np.moveaxis(before, -1, 2).reshape(-1, *windows.shape[1:])
    answers = model.predict_windows(before)  # (windows · N, …)
    if model.kind != "char":
        return np.asarray(np.abs(answers[:, 0] - following.reshape(-1)))
    logits = answers[:, -1] if answers.ndim == 3 else answers
    return np.asarray(logits.max(axis=1) - logits[np.arange(len(logits)), following.reshape(-1)])


def numpy_reference(model: RecurrentModel, x: NDArray[Any]) -> NDArray[np.float64]:
    """The model's equation in NumPy and float64, from its weights alone."""
    weights, activate = model.get_cell_weights(), NUMPY_ACTIVATIONS[model.activation]
    if isinstance(model, CharModel):
        used, places = np.unique(x, return_inverse=True)  # a one-hot of these alone: a vocabulary may be large
        weights = dataclasses.replace(weights, kernel=weights.kernel[used])
        one_hot = np.eye(len(used))[places.reshape(x.shape)]
        outputs, _ = weights.forward(one_hot, activation=activate)  # (windows, window, vocabulary)
        return outputs if model.return_sequences else outputs[:, -1]
    assert isinstance(model, SeriesModel)
    x = x.astype(np.float64).reshape(*x.shape[:2], -1)  # (windows, window, features)
    shift = x[:, -1:] if model.scaling == "window" else np.atleast_1d(model.low)[None, None]
    outputs, _ = weights.forward((x - shift) / model.sizes, activation=activate)  # (windows, window, 1)
    prediction: NDArray[np.float64] = outputs[:, -1] * model.sizes[0] + shift[:, 0, :1]
    return prediction


def _other(cell: str) -> str:
    return next(other for other in CELLS if other != cell)


def twin(model: RecurrentModel) -> RecurrentModel:
    """The same model built with the other cell, with the same weights."""
    other: RecurrentModel = type(model)(**(model.get_config() | {"cell": _other(model.cell)}))
    other.set_cell_weights(model.get_cell_weights())
    return other
