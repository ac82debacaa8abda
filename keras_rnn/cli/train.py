"""`keras-rnn train`: characters, GS10 by the plain recipe, or a series of the user's."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from keras_rnn.catalog.cards import check_replaceable
from keras_rnn.catalog.presets import DEFAULT_PRESET, PRESETS
from keras_rnn.cli.inputs import char_task, gs10_task, read_table, refuse
from keras_rnn.core.files import file_sha256, written_file
from keras_rnn.core.tables import print_json

MAXIMUM_FULL_BATCH = 256  # windows; more are trained on in batches of as many
WROTE = "model.keras, 1/ (SavedModel), model.tflite, card.json, README.md"


def train(options: argparse.Namespace) -> int:
    if options.file is not None:
        place = "text" if options.model == "char" else "csv"
        refuse(options, place)
        setattr(options, place, options.file)
    if options.model == "series":
        return _train_series(options)
    refuse(options, "inputs", "test", "scaling")
    if options.out is None:
        raise ValueError("--out must name a folder. Received: None")
    check_replaceable(options.out)
    recipe = PRESETS[options.model]["levels" if options.model == "gs10" else DEFAULT_PRESET[options.model]].recipe
    model, x, targets = char_task(options) if options.model == "char" else gs10_task(options)

    from keras_rnn.rnn.training import train as train_model

    train_model(
        model,
        x,
        targets,
        updates=recipe.updates if options.updates is None else options.updates,
        batch_size=None if len(x) <= MAXIMUM_FULL_BATCH else MAXIMUM_FULL_BATCH,
        min_delta=recipe.min_delta if options.updates is None else None,
        seed=options.seed,
        verbose=not options.json,
    )
    figures = {name: float(value) for name, value in model.evaluate(x, targets, verbose=0, return_dict=True).items()}
    checks = _export(model, options.out, {}, {})
    if options.json:
        print_json({"folder": options.out, "windows": len(x), "training": figures, "checks": len(checks)})
    else:
        print(f"trained on {len(x)} windows: " + ", ".join(f"{k} {v:.4g}" for k, v in figures.items()))
        print(f"wrote {options.out}: {WROTE}")
    return 0


def _export(model: Any, out: str, metrics: dict[str, float], further: dict[str, Any]) -> list[Any]:
    """The model's folder; where an artifact is refused, the model is kept beside it."""
    from keras_rnn.artifacts.folder import write_artifacts
    from keras_rnn.core.parity import ParityError

    try:
        return write_artifacts(model, out, None, metrics, further=further)
    except ParityError as error:  # the training is not to be lost for it
        with written_file(f"{out}.keras") as beside:
            model.save(beside)
        raise ParityError(error.failed, f"; the trained model is in {out}.keras") from error


def _names(inputs: str | None) -> list[str]:
    """ "A, B" → ["A", "B"]."""
    if inputs is None:
        return []
    names = [name.strip() for name in inputs.split(",")]
    if not all(names):
        raise ValueError(f"--inputs must be columns such as A,B. Received: {inputs!r}")
    return names


def _train_series(options: argparse.Namespace) -> int:
    refuse(options, "text")
    if options.csv is None:
        raise ValueError("`keras-rnn train series` must be given a CSV file. Received: none")
    table = read_table(options.csv, options.column, _names(options.inputs))
    column = str(table.columns[0])
    out = options.out or f"{Path(options.csv).stem}_{column}"
    check_replaceable(out)

    from keras_rnn.forecaster.training import train_series

    given = {name: getattr(options, name) for name in ("window", "units", "scaling", "activation", "test", "updates")}
    trained = train_series(
        table,
        cell=options.cell,
        seed=options.seed,
        verbose=not options.json,
        **{name: value for name, value in given.items() if value is not None},
    )
    checks = _export(trained.model, out, trained.metrics, _card(options, table, trained))
    if options.json:
        facts = {"start": trained.start, "updates": trained.updates, "test_part": trained.test_part}
        print_json({"folder": out, "windows": trained.windows, **facts, "test": trained.metrics, "checks": len(checks)})
        return 0
    print(f"trained on {trained.windows} windows, from {trained.start}, {trained.updates} updates")
    if trained.test_part:
        error, naive = (trained.metrics[f"test_rmse{of}"] for of in ("", "_of_persistence"))
        verdict = trained.test_rows[-1]["verdict"]
        print(f"test part, {' to '.join(trained.test_part)}: RMSE {error:.4g}, persistence {naive:.4g}: {verdict}")
    print(f"wrote {out}: {WROTE}")
    return 0


def _card(options: argparse.Namespace, table: Any, trained: Any) -> dict[str, Any]:
    """What the card says of the data and the training."""
    from keras_rnn.series.dates import day

    model, path = trained.model, Path(options.csv)
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
            "seed": options.seed,
        },
    }
    if trained.test_part:
        further["evaluation"] = {" to ".join(trained.test_part): trained.test_rows}
    return further
