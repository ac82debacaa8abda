"""A character model on LiteRT."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from keras_rnn.core.arrays import as_array, finite_answer
from keras_rnn.core.checks import received
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.runtime.signatures import INT32, expect
from keras_rnn.text.generation import State, TextGeneration
from keras_rnn.text.vocabulary import Ids, check_characters


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
        expect(file, "serving_default", {"ids": (1, self.window)}, {"logits": ((1, size), (1, self.window, size))})
        if self.ahead is not None:
            expect(file, "generate", {"ids": (1, self.window)}, {"ids": ((1, self.ahead),)})
        self._states: dict[str, NDArray[Any]] = {}
        if self.carried:
            states = {name: spec for name, spec in file.inputs.get("step", {}).items() if name != "ids"}
            shapes: dict[str, Any] = {name: shape for name, (shape, _) in states.items()}
            given: dict[str, Any] = {name: (shape,) for name, shape in shapes.items()}
            expect(file, "step", {"ids": (1, 1)} | shapes, {"logits": ((1, size),)} | given)
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
            and ids.dtype is INT32
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
