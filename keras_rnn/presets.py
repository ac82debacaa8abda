"""What the zoo holds, as data: each preset's sizes, training recipe, and what its card says of it."""

from __future__ import annotations

from dataclasses import dataclass

from keras_rnn.series import DATA, GS10_FILE

CELLS = ("rnn_cell", "simple_rnn")
DEFAULT_CELL = "simple_rnn"
TEXT_FILE = DATA / "hello_world.txt"
AHEAD = {"char": 8, "gs10": 10}  # characters, years: how far the signatures `generate` and `forecast` go
FIRST_TEST_YEAR = 1990  # GS10: years before it are for training and every choice, it and later ones for the report


@dataclass(frozen=True)
class Recipe:
    """How a preset is trained: Adam on full batches, `updates` of them at the most.

    Attributes:
        seed: of the initial weights, the only thing drawn at random.
        updates: gradient updates at the most.
        learning_rate: Adam's.
        min_delta: stop once 100 updates have lowered the loss by less; None runs all updates.
    """

    seed: int
    updates: int
    learning_rate: float
    min_delta: float | None = None


@dataclass(frozen=True)
class Preset:
    """One pretrained model of the zoo, built with either cell."""

    model: str
    name: str
    window: int
    units: int
    recipe: Recipe
    title: str
    description: str
    data: str
    data_file: str
    limits: tuple[str, ...]


PRESETS: dict[str, dict[str, Preset]] = {
    "char": {
        "hello_world": Preset(
            model="char",
            name="hello_world",
            window=2,
            units=20,
            recipe=Recipe(seed=0, updates=2000, learning_rate=0.01, min_delta=1e-3),
            title="Characters of “hello world”",
            description="Reads 2 characters and gives the next one's logits, over the 8 characters of the text.",
            data="The text “hello world”: 9 windows of 2 characters with the one that follows.",
            data_file=TEXT_FILE.name,
            limits=(
                "It has learnt one text of 11 characters by heart: a lesson and a test piece, not a language model.",
                "A pair of characters that the text does not hold gets an answer too, and it means nothing.",
                "All windows are for training: there is no test part, and none would make sense.",
            ),
        ),
    },
    "gs10": {
        "levels": Preset(
            model="gs10",
            name="levels",
            window=6,
            units=20,
            recipe=Recipe(seed=0, updates=200, learning_rate=0.01),
            title="GS10 by the plain recipe, on scaled levels",
            description="Reads 6 yearly means of the US 10-year Treasury yield and gives the next year's, in percent.",
            data="GS10 (Federal Reserve, H.15), yearly means of complete calendar years, in percent.",
            data_file=GS10_FILE.name,
            limits=(
                "It is kept for comparison: it forecasts worse than “next year will be like this year”.",
                "It learns levels, so it saturates near the range of its training years and cannot follow beyond it.",
                f"Trained on years before {FIRST_TEST_YEAR} only; later years are its test part.",
                "Not for investment or any other decision.",
            ),
        ),
    },
}
DEFAULT_PRESET = {"char": "hello_world", "gs10": "levels"}
