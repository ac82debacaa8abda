"""What a card says of a series and the training on it."""

from pathlib import Path
from typing import Any

import pandas as pd

from keras_rnn.catalog.presets import PRESETS
from keras_rnn.core.files import file_sha256
from keras_rnn.forecaster.model import SeriesModel
from keras_rnn.forecaster.training import TrainedSeries
from keras_rnn.series.dates import day, values_by_date
from keras_rnn.zero_shot.tuning import LEARNING_RATE


def card_of(trained: TrainedSeries, table: pd.DataFrame, path: Path) -> dict[str, Any]:
    """The card's title, description, limits, data, recipe and evaluation, of a table whose first column is forecast."""
    model = trained.model
    column, *others = map(str, table.columns)
    own = isinstance(model, SeriesModel)  # or the one that learned from simulations
    if not own:
        others = []
    frequency = values_by_date(table.iloc[:, 0])[2]
    span = f"{len(table)} {frequency or ''} values, {day(table.index[0])} to {day(table.index[-1])}"
    beside = f" beside {', '.join(others)}" if others else ""
    limits = [
        *(["It knows nothing but the values in its window."] if own else PRESETS["series"]["simulated"].limits[:1]),
        "Intervals are as wide as its errors on the test part, symmetric; where the series becomes wilder they are too "
        "narrow."
        if own
        else PRESETS["series"]["simulated"].limits[1],
    ]
    if others:
        limits.append(f"Beyond the first step {', '.join(others)} are held at their last values.")
    reads = f"{model.window} values of {column}{beside}" if own else f"up to {model.window} values of {column}"
    optimizer = f"Adam, {'full batches up to 1,024 windows' if own else f'rate {LEARNING_RATE:g}, copies with gaps'}"
    further = {
        "title": f"{column} of {path.name}, cell {model.cell}",
        "description": f"Reads {reads} and gives {'the next' if own else 'quantiles of what follows'} of {column}.",
        "limits": limits,
        "data": {
            "description": f"Column {column}{beside}: {' '.join(span.split())}; trained to {model.trained_to}.",
            "file": path.name,
            "sha256": file_sha256(path) if path.is_file() else None,  # a pipe is read already
        },
        "recipe": {
            "optimizer": optimizer,
            "loss": "mean squared error over the scale's square" if own else "pinball, over the better naive error",
            "start": trained.start,
            "updates": trained.updates,
            "windows" if own else "values": trained.windows,
            "seed": model.seed,
        },
    }
    if trained.test_part:
        further["evaluation"] = {" to ".join(trained.test_part): trained.test_rows}
    return further
