"""Verification: every artifact of a model's folder held against the Keras model, number by number."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from keras_rnn.artifacts.litert import stepping_of
from keras_rnn.artifacts.saved_model import SavedModelFolder
from keras_rnn.core.arrays import Array
from keras_rnn.core.checks import check_number
from keras_rnn.core.parity import TOLERANCE, Check, SignatureCall, largest_difference
from keras_rnn.core.tables import plain_table
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.rnn.cells import PLAIN_CELLS
from keras_rnn.rnn.model import RecurrentModel

RANDOM_WINDOWS, LEAST_WINDOWS = 100, 5
MOST_STEPS = 100_000  # of all random windows together, which take memory for each


def verify_artifacts(model: RecurrentModel, folder: Path, tolerance: float | None) -> list[Check]:
    """Check the SavedModel and the `.tflite` in a folder, the twin and NumPy, against the Keras model."""
    count = max(LEAST_WINDOWS, min(RANDOM_WINDOWS, MOST_STEPS // model.window))
    x = model.comparison_windows(count)  # (windows, window[, features])
    reference = model.predict_windows(x)  # (windows, …)
    if tolerance is None:
        tolerance = TOLERANCE * max(model.least_scale, float(np.abs(reference).max()))
    limit = check_number("tolerance", tolerance, 0.0)
    module = model.signatures(1)  # for its names
    stepping = stepping_of(model, module)

    def check(artifact: str, what: str, count: int, largest: float) -> Check:
        return Check(artifact, what, count, largest, limit, largest <= limit)

    def compared(artifact: str, what: str, values: Array) -> Check:
        return check(artifact, what, len(values), largest_difference(values, reference))

    def signatures(artifact: str, run: SignatureCall) -> Iterator[Check]:
        output = module.output_name
        yield compared(artifact, "serving_default", run("serving_default", {module.input_name: x})[output])
        if stepping is not None:
            yield compared(artifact, "step × window", stepping.run(run, {module.input_name: x})[output])
        following = run(module.ahead_name, {module.input_name: x})[module.ahead_output]
        largest = float(model.following_errors(x, following).max())
        yield check(artifact, module.ahead_name, len(following), largest)
        if artifact == "SavedModel":
            yield from model.served_checks(run, x, following)

    saved, lite = SavedModelFolder(folder / "1"), LiteRTFile(folder / "model.tflite")
    return [
        compared("NumPy float64", "window", model.numpy_reference(x)),
        compared(f"Keras {_other(model.cell)}", "window, weights exchanged", twin(model).predict_windows(x)),
        *signatures("SavedModel", saved.run),
        *signatures("LiteRT", _one_by_one(lite)),
        sound_file(lite),
    ]


def sound_file(file: LiteRTFile) -> Check:
    """Whether a phone takes a file: built-in operators, static shapes, and the window to code without signatures."""
    foreign = [op for op in file.operators if op.startswith("custom:")]
    found = f"{', '.join(foreign + file.dynamic_tensors)}; primary is {file.primary}"
    sound = not foreign and not file.dynamic_tensors and file.primary == "serving_default"
    note = "" if sound else found
    return Check("LiteRT", "built-in ops, static shapes", len(file.operators), None, None, sound, note)


def _one_by_one(file: LiteRTFile) -> SignatureCall:
    """A LiteRT file, whose batch is 1, as what takes any batch."""

    def run(signature: str, inputs: Any) -> dict[str, Array]:
        count = len(next(iter(inputs.values())))
        rows = [file.run(signature, {name: x[i : i + 1] for name, x in inputs.items()}) for i in range(count)]
        return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}

    return run


def _other(cell: str) -> str:
    return next(other for other in PLAIN_CELLS if other != cell)


def twin(model: RecurrentModel) -> RecurrentModel:
    """The same model built with the other cell, with the same weights."""
    other: RecurrentModel = type(model)(**(model.get_config() | {"cell": _other(model.cell)}))
    other.set_cell_weights(model.get_cell_weights())
    return other


def checks_table(results: dict[str, list[Any]]) -> str:
    """Model → checks, as a table for people."""
    rows = [
        [name, c.artifact, c.check, "" if c.largest is None else f"{c.largest:.1e}", str(c.count),
         "ok" if c.passed else f"FAILED {c.note}".strip()]
        for name, checks in results.items()
        for c in checks
    ]  # fmt: skip
    return plain_table(["model", "artifact", "check", "largest difference", "compared", ""], rows)
