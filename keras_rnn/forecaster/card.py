"""What a card says of a series and the training on it."""

from pathlib import Path
from typing import Any

import pandas as pd

from keras_rnn.core.files import file_sha256
from keras_rnn.forecaster.training import TrainedSeries
from keras_rnn.series.dates import day


def card_of(trained: TrainedSeries, table: pd.DataFrame, path: Path) -> dict[str, Any]:
    """The card's title, description, limits, data, recipe and evaluation, of a table whose first column is forecast."""
    model = trained.model
    column, *others = map(str, table.columns)
    span = f"{len(table)} {model.frequency or ''} values, {day(table.index[0])} to {day(table.index[-1])}"
    beside = f" beside {', '.join(others)}" if others else ""
    limits = [
        "It knows nothing but the values in its window.",
        "Intervals are as wide as its errors on the test part, symmetric; where the series becomes wilder they are too "
        "narrow.",
    ]
    if others:
        limits.append(f"Beyond the first step {', '.join(others)} are held at their last values.")
    further = {
        "title": f"{column} of {path.name}, cell {model.cell}",
        "description": f"Reads {model.window} values of {column}{beside} and gives the next of {column}.",
        "limits": limits,
        "data": {
            "description": f"Column {column}{beside}: {' '.join(span.split())}; trained to {model.trained_to}.",
            "file": path.name,
            "sha256": file_sha256(path) if path.is_file() else None,  # a pipe is read already
        },
        "recipe": {
            "optimizer": "Adam, full batches up to 1,024 windows",
            "loss": "mean squared error over the scale's square",
            "start": trained.start,
            "updates": trained.updates,
            "windows": trained.windows,
            "seed": model.seed,
        },
    }
    if trained.test_part:
        further["evaluation"] = {" to ".join(trained.test_part): trained.test_rows}
    return further
