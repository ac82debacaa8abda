"""Comparisons of an artifact with its Keras model, and the error where they differ."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_rnn.core.arrays import Array

# calls a signature with named inputs and returns its named outputs
SignatureCall = Callable[[str, Mapping[str, Any]], dict[str, Array]]

TOLERANCE = 1e-5  # of logits or percent points for the zoo; for other models, of their largest answer


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
        super().__init__(f"Artifacts must equal the Keras model{within}. Received: {found}{remark}")


def largest_difference(a: Array, b: Array) -> float:
    """Absolute, over all places; infinite where the shapes differ."""
    return float(np.abs(a - b).max()) if a.shape == b.shape else float("inf")
