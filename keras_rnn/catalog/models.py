"""The zoo's models that are there, each with its numbers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_rnn.catalog.cards import read_card
from keras_rnn.catalog.names import zoo_folder, zoo_names


@dataclass(frozen=True)
class ModelInfo:
    """A model of the zoo with its numbers, from its card.

    Attributes:
        name: what `load` takes.
        description: what it reads and gives.
        parameters: trainable weights.
        tflite_bytes: size of `model.tflite`.
        metrics: by name, with the naive baseline's beside them.
        folder: where its files lie.
    """

    name: str
    description: str
    parameters: int
    tflite_bytes: int
    metrics: dict[str, Any]
    folder: Path


def list_models() -> list[ModelInfo]:
    """The zoo's models that are there, each with its numbers."""
    models = []
    for name in zoo_names():
        folder = zoo_folder() / name.model / name.preset / name.cell
        if (folder / "card.json").is_file():
            card = read_card(folder)
            models.append(
                ModelInfo(
                    name=str(name),
                    description=card["description"],
                    parameters=card["parameters"],
                    tflite_bytes=card["files"]["model.tflite"],
                    metrics=card["metrics"],
                    folder=folder,
                )
            )
    return models
