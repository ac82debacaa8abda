"""From logits to an id: the same NumPy code for every runtime, so that a seed draws the same in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_rnn.core.checks import check_integer, check_number, check_seed, received

MAXIMUM_LENGTH = 100_000  # characters of one call; more is a loop of calls, or a mistake


@dataclass(frozen=True)
class Sampling:
    """How the next character is drawn.

    Attributes:
        temperature: what the logits are divided by; 0 takes the most likely character (the lowest id on a tie).
        top_k: keep the k most likely characters; None keeps all.
        top_p: keep the fewest most likely characters whose probabilities reach p; None keeps all.
    """

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        check_number("temperature", self.temperature, 0.0)
        if self.top_k is not None:
            check_integer("top_k", self.top_k, 1)
        if self.top_p is not None:
            check_number("top_p", self.top_p, 0.0, 1.0)

    def draw(self, logits: ArrayLike, random: np.random.Generator) -> int:
        """One id from logits of shape (vocabulary,)."""
        logits = np.asarray(logits, dtype=np.float64)
        if self.temperature == 0.0:
            return int(np.argmax(logits))
        with np.errstate(over="ignore"):  # a temperature near 0 sends the others to -inf: probability 0
            p = softmax((logits - logits.max()) / self.temperature)  # (vocabulary,)
        order = np.argsort(-p, kind="stable")
        keep = len(p) if self.top_k is None else min(self.top_k, len(p))
        if self.top_p is not None:  # the first place where the sum reaches top_p is kept too
            keep = min(keep, int(np.searchsorted(np.cumsum(p[order]), self.top_p)) + 1)
        kept = order[:keep]
        cumulative = np.cumsum(p[kept])
        place = np.searchsorted(cumulative, random.random() * cumulative[-1], side="right")
        return int(kept[min(int(place), len(kept) - 1)])


def softmax(logits: ArrayLike) -> NDArray[np.float64]:
    """Probabilities from logits, float64, along the last axis."""
    z = np.asarray(logits, dtype=np.float64)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def check_drawing(
    length: int, temperature: float, top_k: int | None, top_p: float | None, stop: Any, seed: int | None
) -> tuple[Sampling, tuple[str, ...]]:
    """What of `generate`'s arguments can be checked without a model: how to draw, and the strings to stop at.

    Raises:
        TypeError, ValueError: as `generate`.
    """
    check_integer("length", length, 0, MAXIMUM_LENGTH)
    check_seed(seed)
    sampling = Sampling(temperature, top_k, top_p)
    stops = () if stop is None else (stop,) if isinstance(stop, str) else stop
    if not isinstance(stops, Sequence) or not all(isinstance(s, str) for s in stops):
        raise TypeError(f"`stop` must be a string or a sequence of strings. {received(stop)}")
    if not all(stops):
        raise ValueError(f"`stop` must not hold an empty string. {received(stop)}")
    # of several that end at the same character the longest is the one that came first
    return sampling, tuple(sorted(stops, key=len, reverse=True))
