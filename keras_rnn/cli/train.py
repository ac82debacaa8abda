"""`keras-rnn train`: the table of its commands, and what they share."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import click

from keras_rnn.catalog.presets import Recipe
from keras_rnn.cli.commands import LazyGroup, say
from keras_rnn.cli.options import COUNT, SEED, Decorator, json_option, together
from keras_rnn.core.files import written_file
from keras_rnn.core.tables import print_json
from keras_rnn.rnn.cells import CELLS, DEFAULT_CELL

MAXIMUM_FULL_BATCH = 256  # windows; more are trained on in batches of as many
EVALUATED = 10_000  # windows that the figures are of, at the most
WROTE = "model.keras, 1/ (SavedModel), model.tflite, card.json, README.md"

command = LazyGroup(
    None,
    {
        "char": ("train_char", "a character model, on a text of yours or hello world"),
        "series": ("train_series", "a forecaster of a series of yours, judged on its last part"),
        "gs10": ("train_gs10", "a forecaster of yearly values by the plain recipe, on scaled levels"),
    },
)


def training_options(
    window: int | None,
    updates: int | None = None,
    cells: Sequence[str] = CELLS,
    units: int | None = 20,
    cell: str | None = DEFAULT_CELL,
    **of_out: Any,
) -> Decorator:
    """The options that every training has, their defaults given; None is the recipe's own."""
    by_recipe = "the recipe's" if updates is None else True
    return together(
        click.option("--out", metavar="FOLDER", help="where the exported model goes", **of_out),
        click.option("--cell", type=click.Choice(cells), default=cell),
        click.option("--window", type=COUNT, default=window, help="characters or periods read at a time"),
        click.option("--units", type=COUNT, default=units, help="size of the hidden state"),
        click.option("--updates", type=COUNT, default=updates, help="gradient updates, at the most",
                     show_default=by_recipe),
        click.option("--seed", type=SEED, default=0, help="of the initial weights and the order of batches"),
        json_option,
    )  # fmt: skip


@contextlib.contextmanager
def nothing_kept() -> Iterator[None]:
    """Ctrl-C inside says how far the training was, and that nothing was written."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(f"{str(stop) or 'interrupted'}; nothing was written") from stop


def train_and_export(
    model: Any, x: Any, targets: Any, recipe: Recipe, updates: int | None, out: str, as_json: bool
) -> None:
    """Train a model by a recipe, say its figures, and write its folder; `updates` instead of the recipe's own."""
    from keras_rnn.rnn.training import evaluate, train

    train(
        model,
        x,
        targets,
        updates=updates or recipe.updates,
        batch_size=None if len(x) <= MAXIMUM_FULL_BATCH else MAXIMUM_FULL_BATCH,
        min_delta=None if updates else recipe.min_delta,
        seed=model.seed,
        verbose=not as_json,
    )
    figures = evaluate(model, x, targets, EVALUATED, model.seed, verbose=not as_json)
    checks = export(model, out, {}, {})
    sampled = f", on a sample of {EVALUATED:,} of them" if len(x) > EVALUATED else ""
    told = f"trained on {len(x)} windows: {', '.join(f'{k} {v:.4g}' for k, v in figures.items())}{sampled}"
    if as_json:
        print_json({"folder": out, "windows": len(x), "training": figures, "checks": len(checks)})
        if sampled:
            say(told)
    else:
        print(f"{told}\nwrote {out}: {WROTE}")


def export(model: Any, out: str, metrics: dict[str, float], further: dict[str, Any], beside: Any = None) -> list[Any]:
    """The model's folder; where an artifact is refused, the model is kept beside it."""
    from keras_rnn.artifacts.folder import write_artifacts
    from keras_rnn.core.parity import ParityError

    try:
        return write_artifacts(model, out, None, metrics, further=further, beside=beside)
    except ParityError as error:  # the training is not to be lost for it
        with written_file(f"{out}.keras") as beside:
            model.save(beside)
        raise ParityError(error.failed, f"; the trained model is in {out}.keras") from error
