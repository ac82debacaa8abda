"""From logits to text: the same NumPy code for every runtime, so that a seed gives the same text in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_rnn.core.checks import check_integer, check_number, check_seed, received
from keras_rnn.text.vocabulary import Ids, check_text, encode

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


class TextGeneration:
    """`generate` and `predict_next` for whatever knows its vocabulary and window and can compute logits.

    The model re-reads the last `window` characters from a zero state for every new one: that is what it was
    trained on, so every runtime does the same.
    """

    vocabulary: str
    window: int

    def next_logits(self, ids: Ids) -> NDArray[Any]:
        """Logits (batch, vocabulary) of the character that follows each row of ids (batch, window)."""
        raise NotImplementedError

    def _prompt_ids(self, prompt: str) -> Ids:
        check_text("prompt", prompt)
        ids = encode(prompt, self.vocabulary, "prompt")
        if len(ids) < self.window:
            raise ValueError(f"`prompt` must hold at least {self.window} characters, the window. {received(prompt)}")
        return ids

    def predict_next(self, prompt: str) -> dict[str, float]:
        """Probability of each character of the vocabulary to come next, the most likely first.

        Raises:
            TypeError: the prompt is not a string.
            ValueError: it is shorter than the window or has a character outside the vocabulary.
        """
        window = self._prompt_ids(prompt)[-self.window :]
        p = softmax(self.next_logits(window[None])[0])  # (vocabulary,)
        return {self.vocabulary[i]: float(p[i]) for i in np.argsort(-p, kind="stable")}

    def _most_likely(self, ids: list[int], length: int) -> list[int]:
        """The `length` ids after a window of them, the most likely each time."""
        ids = list(ids)
        for _ in range(length):
            window = np.asarray(ids[-self.window :], dtype=np.int32)[None]  # (1, window)
            ids.append(int(np.argmax(self.next_logits(window)[0])))
        return ids[self.window :]

    def stream(self, state: str = "") -> CharacterStream:
        """Characters one at a time, answered as `predict_next` answers the last window of them.

        Args:
            state: characters already read, such as another stream's `state`.
        """
        return CharacterStream(self, state)

    def generate(
        self,
        prompt: str,
        length: int,
        temperature: float = 0.0,
        top_k: int | None = None,
        top_p: float | None = None,
        stop: str | Sequence[str] | None = None,
        seed: int | None = None,
    ) -> str:
        """The prompt and up to `length` characters that the model adds to it.

        Args:
            prompt: at least `window` characters of the vocabulary.
            length: characters to add, 0 to 100,000.
            temperature: 0 for the most likely character each time; above 0 they are drawn, the flatter the higher.
            top_k: draw among the k most likely only; at temperature 0 nothing is drawn.
            top_p: draw among the fewest whose probabilities reach p only; at temperature 0 nothing is drawn.
            stop: a string or several; the text ends before the first of them that the model writes.
            seed: repeats the draws; None draws anew each time. No effect at temperature 0.

        Returns:
            The text, prompt included.

        Raises:
            TypeError: an argument of the wrong type.
            ValueError: an argument out of its range; a prompt shorter than the window or outside the vocabulary.
        """
        ids = list(self._prompt_ids(prompt))
        sampling, stops = check_drawing(length, temperature, top_k, top_p, stop, seed)
        if sampling.temperature == 0 and not stops:
            return prompt + "".join(self.vocabulary[i] for i in self._most_likely(ids[-self.window :], length))
        random = np.random.default_rng(seed)
        added = ""
        for _ in range(length):
            window = np.asarray(ids[-self.window :], dtype=np.int32)[None]  # (1, window)
            ids.append(sampling.draw(self.next_logits(window)[0], random))
            added += self.vocabulary[ids[-1]]
            ending = next((s for s in stops if added.endswith(s)), None)
            if ending is not None:
                return prompt + added[: -len(ending)]
        return prompt + added


class CharacterStream:
    """A text read character by character; what it remembers is in the open, as `state`.

    The answer after each character is that of the last window of them, from a zero state, as everywhere.

    Attributes:
        state: the characters that the next answer still depends on, at most window − 1 of them.
    """

    def __init__(self, model: TextGeneration, state: str = "") -> None:
        if not isinstance(state, str):
            raise TypeError(f"`state` must be a string. {received(state)}")
        if state:
            encode(state, model.vocabulary, "state")
        self.model, self.state = model, state[max(0, len(state) - model.window + 1) :]

    def push(self, character: str) -> dict[str, float] | None:
        """Read one character; probabilities of the next by character, or None while there is no whole window.

        Raises:
            TypeError, ValueError: not one character of the vocabulary.
        """
        check_text("character", character)
        if len(character) != 1:
            raise ValueError(f"`character` must be one character. {received(character)}")
        encode(character, self.model.vocabulary, "character")
        window = self.state + character
        self.state = window[max(0, len(window) - self.model.window + 1) :]
        return self.model.predict_next(window) if len(window) == self.model.window else None


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
