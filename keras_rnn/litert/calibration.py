"""What calibrates full int8: windows as the model takes them, and what each signature meets on them."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.core.arrays import Array, as_array
from keras_rnn.core.checks import received
from keras_rnn.litert.comparison import Arrays, by_batches, called, whole_batches
from keras_rnn.litert.inputs import Input
from keras_rnn.litert.quantization import Samples
from keras_rnn.litert.stepping import Stepping


def calibration_windows(calibration: Any, inputs: Sequence[Input]) -> Arrays:
    """Calibration windows by input: (windows, …), as the model takes them.

    Args:
        calibration: of a model of one input an array, of one with several a mapping from their names.

    Raises:
        ValueError: none, other names, another shape, not numbers, NaN or infinite values, ids out of range.
    """
    names = [one.name for one in inputs]
    if len(inputs) == 1 and not isinstance(calibration, Mapping):
        calibration = {names[0]: calibration}
    if not isinstance(calibration, Mapping) or set(calibration) != set(names):
        raise ValueError(f"`calibration` must be a mapping with {', '.join(names)}. {received(calibration)}")
    found = {one.name: _checked(calibration[one.name], one) for one in inputs}
    if len(counts := {len(x) for x in found.values()}) > 1:
        raise ValueError(f"`calibration` must have as many windows of each input. Received: {sorted(counts)}")
    return found


def _checked(windows: ArrayLike, one: Input) -> Array:
    kind = np.dtype(one.dtype).kind
    shape: list[int | str] = ["windows", *one.shape[1:]]
    kinds = {"f": "iuf", "b": "b"}.get(kind, "iu")
    array = as_array("calibration", windows, shape, kinds, np.float32, wrong_kind=ValueError)
    if one.ids is not None and (array.min() < 0 or array.max() >= one.ids):
        found = f"{array.min()} to {array.max()}"
        raise ValueError(f"`calibration` must hold ids from 0 to {one.ids - 1}. Received: {found}")
    return array.astype(one.dtype)


def recorded_samples(functions: dict[str, Any], stepping: Stepping | None, windows: Arrays, batch: int) -> Samples:
    """Inputs that each signature meets on these windows; a step's states are those that it gives itself."""
    met: dict[str, list[Mapping[str, Array]]] = {name: [] for name in functions}

    def run(signature: str, given: Mapping[str, Array]) -> Arrays:
        met[signature].append(dict(given))
        return called(functions[signature], given)

    whole = whole_batches(windows, batch)
    for signature in functions:
        if signature != "step":
            by_batches(partial(run, signature), whole, batch)
    if stepping is not None and "step" in functions:
        by_batches(lambda x: stepping.run(run, x), whole, batch)
    return {
        signature: {spec.name: np.stack([given[spec.name] for given in seen]) for spec in function.input_signature}
        for (signature, function), seen in zip(functions.items(), met.values(), strict=True)
    }
