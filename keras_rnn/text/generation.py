"""Text from a model, and a text read character by character: the same code for Keras and for LiteRT."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_rnn.core.checks import received
from keras_rnn.text.sampling import Sampling, check_drawing, softmax
from keras_rnn.text.vocabulary import (
    BYTES,
    UNKNOWN,
    Ids,
    bytes_to_text,
    check_text,
    encode,
    quoted,
    text_to_bytes,
)

State = Mapping[str, NDArray[Any]]  # name, such as `h_0` → (1, units)


class TextGeneration:
    """`generate`, `predict_next` and `stream` for whatever knows its vocabulary and can compute logits.

    There are two kinds of models. One re-reads the last `window` characters from a zero state for every new one, for
    that is what it was trained on. The other, `carried`, goes on from the state that it was left in: a prompt may be of
    any length, and what lies further back than a window still counts.
    """

    vocabulary: str
    window: int
    carried = False
    state_shapes: Mapping[str, tuple[int, ...]] = {}  # of a carried model's

    def next_logits(self, ids: Ids) -> NDArray[Any]:
        """Logits (batch, vocabulary) of the character that follows each row of ids (batch, window)."""
        raise NotImplementedError

    def read(self, ids: Sequence[int], state: State | None) -> tuple[NDArray[Any], State]:
        """Logits (vocabulary,) after the last of the ids, one at least, and the state then; None begins at zeros.

        Of carried models only.
        """
        raise NotImplementedError

    def _ids(self, name: str, text: str) -> list[int]:
        """A text's ids. A model that carries its state does without characters that it does not know."""
        if self.vocabulary == BYTES:
            text = text_to_bytes(text)
        elif len(text) == 1 and (place := self.vocabulary.find(text)) >= 0:
            return [place]  # a stream has its characters so, and is to be hardly slower than its model
        unknown = "".join(dict.fromkeys(c for c in text if c not in self.vocabulary)) if self.carried else ""
        if unknown:
            mapped = UNKNOWN in self.vocabulary
            warnings.warn(
                f"`{name}` has characters that the vocabulary lacks, {'read as U+FFFD' if mapped else 'left out'}: "
                f"{quoted(unknown)}",
                stacklevel=4,
            )
            if not mapped:
                text = "".join(c for c in text if c in self.vocabulary)
        return encode(text, self.vocabulary, name).tolist() if text else []

    def _text(self, characters: Iterator[str]) -> Iterator[str]:
        """What characters of the vocabulary stand for."""
        return bytes_to_text(characters) if self.vocabulary == BYTES else characters

    def _prompt_ids(self, prompt: str) -> list[int]:
        check_text("prompt", prompt)
        ids = self._ids("prompt", prompt)
        least = 1 if self.carried else self.window
        if len(ids) < least:
            what = "of the vocabulary" if self.carried else "the window"
            raise ValueError(f"`prompt` must hold at least {least} characters, {what}. {received(prompt)}")
        return ids

    def predict_next(self, prompt: str) -> dict[str, float]:
        """Probability of each character of the vocabulary to come next, the most likely first.

        Raises:
            TypeError: the prompt is not a string.
            ValueError: it is shorter than the window of a model that re-reads it, or has a character outside the
                vocabulary.
        """
        logits = CharacterStream(self)._read(self._prompt_ids(prompt))
        assert logits is not None
        return self._probabilities(logits)

    def _probabilities(self, logits: NDArray[Any]) -> dict[str, float]:
        p = softmax(logits)  # (vocabulary,)
        order = np.argsort(-p, kind="stable")
        return dict(zip(itemgetter(*order.tolist())(self.vocabulary), p[order].tolist(), strict=True))

    def _most_likely(self, ids: list[int], length: int) -> list[int] | None:
        """The `length` ids after a window of them, the most likely each time; None where no graph loops over them."""
        return None

    def stream(self, state: Any = None) -> CharacterStream:
        """Characters one at a time, answered as `predict_next` answers them all.

        Args:
            state: another stream's, to go on where it stood; of a model that re-reads its window the characters that
                were read, of a carried one its arrays by name. None begins anew.
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
            prompt: characters of the vocabulary, at least `window` of them where the model re-reads its window. One
                that carries its state leaves out characters that it does not know, or reads them as U+FFFD, with a
                warning.
            length: characters to add, 0 to 100,000; of a model of bytes, bytes.
            temperature: 0 for the most likely character each time; above 0 they are drawn, the flatter the higher.
            top_k: draw among the k most likely only; at temperature 0 nothing is drawn.
            top_p: draw among the fewest whose probabilities reach p only; at temperature 0 nothing is drawn.
            stop: a string or several; the text ends before the first of them that the model writes.
            seed: repeats the draws; None draws anew each time. No effect at temperature 0.

        Returns:
            The text, prompt included. U+FFFD, the unknown character, is never added.

        Raises:
            TypeError: an argument of the wrong type.
            ValueError: an argument out of its range; a prompt too short or outside the vocabulary.
        """
        ids = self._prompt_ids(prompt)
        sampling, stops = check_drawing(length, temperature, top_k, top_p, stop, seed)
        if sampling.temperature == 0 and not stops:
            likely = self._most_likely(ids[-self.window :], length)
            if likely is not None:
                return prompt + "".join(self._text(self.vocabulary[i] for i in likely))
        stream = CharacterStream(self)
        stream._read(ids)
        return prompt + "".join(stream.write(length, temperature, top_k, top_p, stop, seed))


class CharacterStream:
    """A text read character by character; what it remembers is in the open, as `state`.

    Attributes:
        state: what the next answer still depends on: of a model that re-reads its window at most window − 1
            characters, of a carried one its arrays by name, or None before the first character.
    """

    def __init__(self, model: TextGeneration, state: Any = None) -> None:
        self.model = model
        self._logits: NDArray[Any] | None = None  # after what was read
        if model.carried:
            if not isinstance(state, Mapping | None):
                raise TypeError(f"`state` must be a stream's, arrays by name. {received(state)}")
            found = None if state is None else {name: np.shape(values) for name, values in state.items()}
            if found not in (None, model.state_shapes):
                raise ValueError(f"`state` must hold arrays of shapes {model.state_shapes}. {received(found)}")
            self._state: State | None = None if state is None else dict(state)
            return
        if not isinstance(state, str | None):
            raise TypeError(f"`state` must be a string. {received(state)}")
        self._ids: list[int] = model._ids("state", state) if state else []
        self._forget()

    @property
    def state(self) -> Any:
        if self.model.carried:
            return self._state
        return "".join(self.model.vocabulary[i] for i in self._ids)

    def read(self, text: str) -> None:
        """Read a text of any length.

        Raises:
            TypeError, ValueError: not a text, or characters outside the vocabulary of a model that re-reads its window.
        """
        check_text("text", text)
        if ids := self.model._ids("text", text):
            self._read(ids)

    def _read(self, ids: list[int]) -> NDArray[Any] | None:
        """Logits (vocabulary,) after the last of these ids, or None while there is no whole window."""
        if self.model.carried:
            self._logits, self._state = self.model.read(ids, self._state)
            return self._logits
        window = (self._ids + ids)[-self.model.window :]
        self._ids = window
        self._forget()
        whole = len(window) == self.model.window
        self._logits = self.model.next_logits(np.asarray([window], np.int32))[0] if whole else None
        return self._logits

    def push(self, character: str) -> dict[str, float] | None:
        """Read one character; probabilities of the next by character, or None while there is no whole window.

        Raises:
            TypeError, ValueError: not one character of the vocabulary.
        """
        check_text("character", character)
        if len(character) != 1:
            raise ValueError(f"`character` must be one character. {received(character)}")
        ids = self.model._ids("character", character)
        logits = self._read(ids) if ids else self._logits
        return None if logits is None else self.model._probabilities(logits)

    def write(
        self,
        length: int,
        temperature: float = 0.0,
        top_k: int | None = None,
        top_p: float | None = None,
        stop: str | Sequence[str] | None = None,
        seed: int | None = None,
    ) -> Iterator[str]:
        """Characters that the model adds to what was read, each as soon as it is there, and reads itself.

        Args: as of `TextGeneration.generate`.

        Raises:
            ValueError: an argument out of its range; nothing read yet, or less than a window.
        """
        sampling, stops = check_drawing(length, temperature, top_k, top_p, stop, seed)
        if self._logits is None:
            raise ValueError(f"The stream must have read a text before it writes. Received: {self.state!r}")
        return until(self.model._text(self._drawn(length, sampling, np.random.default_rng(seed))), stops)

    def _drawn(self, length: int, sampling: Sampling, random: np.random.Generator) -> Iterator[str]:
        vocabulary = self.model.vocabulary
        unknown = vocabulary.find(UNKNOWN)
        for _ in range(length):
            logits = self._logits
            assert logits is not None
            if unknown >= 0:
                logits = np.where(np.arange(len(logits)) == unknown, -np.inf, logits)
            drawn = sampling.draw(logits, random)
            self._read([drawn])
            yield vocabulary[drawn]

    def _forget(self) -> None:
        self._ids = self._ids[max(0, len(self._ids) - self.model.window + 1) :]


def until(characters: Iterable[str], stops: Sequence[str]) -> Iterator[str]:
    """The characters before the first of these strings, the longest of those that end at the same place; what may be
    the beginning of one is held back until it is known."""
    held, longest = "", max(map(len, stops), default=1)
    for character in characters:
        held += character
        ending = next((stop for stop in stops if held.endswith(stop)), None)
        if ending is not None:
            yield from held[: -len(ending)]
            return
        if len(held) >= longest:
            yield held[0]
            held = held[1:]
    yield from held
