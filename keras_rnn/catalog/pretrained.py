"""A preset's or a file's weights in a model of either cell, and the arguments that every builder has."""

import numbers
from pathlib import Path
from typing import Any

from keras_rnn.catalog.names import ModelName, model_folder
from keras_rnn.catalog.presets import PRESETS
from keras_rnn.core.checks import check_choice, check_integer, check_seed, received
from keras_rnn.rnn.cells import DEFAULT_CELL, PLAIN_CELLS
from keras_rnn.rnn.model import RecurrentModel, read_keras_file


def pretrained(
    cls: type[RecurrentModel], weights: Any, cell: str | None, wanted: dict[str, Any], changes: dict[str, Any]
) -> Any:
    """A model with the weights of a preset or file, built with `cell`, or where that is None with their own.

    Args:
        wanted: arguments that the user gave and that the weights settle; None where not given.
        changes: arguments that the weights leave open.

    Raises:
        TypeError: a size that is no integer.
        ValueError: a file of another model; an argument that differs from what the weights were trained with.
    """
    if weights in PRESETS.get(cls.kind, {}):
        check_choice("cell", cell, (None, *PLAIN_CELLS))  # that presets are built with
        path = model_folder(ModelName(cls.kind, weights, cell or DEFAULT_CELL)) / "model.keras"
    else:
        path = Path(weights)
    source = read_keras_file(path, compile=False)  # only its weights are wanted
    if not isinstance(source, cls):
        raise ValueError(
            f"`weights` must be a .keras file of a {cls.__name__}. {received(str(weights))}, a {type(source).__name__}"
        )
    config = source.get_config()
    if cell != config["cell"] and not {cell, config["cell"]} <= {None, *PLAIN_CELLS}:
        wanted = {"cell": cell, **wanted}
    for name, value in wanted.items():
        if value is None:
            continue
        if name in ("window", "units", "features", "layers"):
            check_integer(name, value, 1)
        if isinstance(value, list):
            value = tuple(value)
        if not isinstance(value, str | numbers.Real | tuple) or value != config[name]:
            raise ValueError(
                f"`{name}` must be {config[name]!r}, that of the weights {str(weights)!r}; weights=None builds an "
                f"untrained model of other sizes. Received: {value!r}"
            )
    model = cls(**(config | changes | {"cell": cell or config["cell"]}))
    model.take_weights(source)
    if hasattr(source, "residuals"):  # which are these weights'
        model.residuals = source.residuals
    return model


def check_arguments(cls: type[RecurrentModel], weights: Any, cell: Any, seed: Any) -> None:
    """The arguments that every builder has."""
    check_choice("cell", cell, (None, *cls.cells))
    check_seed(seed)
    presets = PRESETS.get(cls.kind, {})
    is_name = isinstance(weights, str) and (weights.endswith(".keras") or weights in presets)
    if weights is not None and not is_name and not isinstance(weights, Path):
        choices = ", ".join([*map(repr, presets), "None"])
        raise ValueError(f"`weights` must be {choices}, or the path of a .keras file. {received(weights)}")
