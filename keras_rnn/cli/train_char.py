"""`keras-rnn train char`."""

import importlib.util
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from keras_rnn.catalog.cards import check_replaceable
from keras_rnn.catalog.presets import DEFAULT_PRESET, PRESETS
from keras_rnn.cli.commands import Command
from keras_rnn.cli.options import COUNT, SEED, json_option
from keras_rnn.cli.train import nothing_kept, train_and_export
from keras_rnn.core.checks import received
from keras_rnn.core.files import check_archive, check_writable
from keras_rnn.rnn.cells import ACTIVATIONS, CELLS, DEFAULT_CELL, PRECISIONS, check_recurrence
from keras_rnn.text.files import NEW_CHARACTERS

PRESET = PRESETS["char"][DEFAULT_PRESET["char"]]
WINDOW, UNITS = 64, 256  # for texts of one's own
FEW = 4  # characters of a window up to which a text is learned as "hello world" is
SMALL = 2000  # bytes of a text up to which it is, too


@click.command(cls=Command)
@click.argument("source", metavar="[TEXT]...", nargs=-1)
@click.option("--text", "also", metavar="TEXT", help="the same as an argument TEXT")
@click.option("--out", metavar="FOLDER", required=True, help="where the exported model goes")
@click.option("--cell", type=click.Choice(CELLS), default=DEFAULT_CELL)
@click.option("--layers", type=COUNT, default=1, help="recurrent layers")
@click.option("--units", type=COUNT, help="size of each layer's state", show_default=f"{UNITS}; of small texts 20")
@click.option(
    "--window", type=COUNT, help="characters that gradients go back through", show_default=f"{WINDOW}; of small texts 2"
)
@click.option("--activation", type=click.Choice(ACTIVATIONS), default="tanh", help="relu for long windows")
@click.option("--dropout", type=float, default=0.0, help="share of the outputs left out in training")
@click.option(
    "--updates", type=COUNT, help="gradient updates, at the most", show_default="those that read 9 million characters"
)
@click.option("--epochs", type=float, help="passes through the text, in place of --updates")
@click.option("--minutes", type=float, help="time for the training, in place of --updates")
@click.option(
    "--batch",
    type=COUNT,
    help="rows of the text side by side",
    show_default="64; of texts under a million characters 16 to 64",
)
@click.option(
    "--learning-rate",
    type=float,
    help="at its highest: it rises, then falls to 0",
    show_default="0.02",
)
@click.option("--weight-decay", type=float, help="times the rate, at each update", show_default="0.1")
@click.option("--clip-norm", type=float, help="of all gradients together", show_default="1")
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default=PRECISIONS[0],
    help="mixed_bfloat16: products in bfloat16, quicker on processors that have it",
)
@click.option("--patience", type=COUNT, help="validations without a better one, of 20", show_default="8")
@click.option("--validation", type=float, default=0.1, help="share of the text, its end, to validate with")
@click.option("--validation-files", metavar="TEXT", help="in its place a file, folder or glob")
@click.option(
    "--errors", type=click.Choice(("strict", "replace", "ignore")), default="strict", help="bytes that are no UTF-8"
)
@click.option(
    "--max-vocabulary", type=COUNT, help="characters told apart; rarer ones become U+FFFD", show_default="all"
)
@click.option("--bytes", "by_bytes", is_flag=True, help="learn bytes, of any text, not characters")
@click.option("--model", "weights", metavar="FILE-or-FOLDER", help="a trained model to go on with")
@click.option(
    "--new-characters",
    type=click.Choice(NEW_CHARACTERS),
    default=NEW_CHARACTERS[0],
    help="those that it lacks: an error, U+FFFD, or more vocabulary",
)
@click.option("--resume", is_flag=True, help="go on with an interrupted training, the line else the same")
@click.option("--log", metavar="FILE.csv", help="a row every 50 updates")
@click.option("--tensorboard", metavar="FOLDER", help="the same for TensorBoard")
@click.option("--processes", type=COUNT, default=1, help="that train together, on Keras' JAX backend")
@click.option("--process", type=click.IntRange(min=0), help="which of them this is; without it all start here")
@click.option("--coordinator", metavar="HOST:PORT", help="of process 0, where they are on several machines")
@click.option("--seed", type=SEED, default=0, help="of the initial weights and the order of the text")
@json_option
def command(
    source: tuple[str, ...],
    also: str | None,
    out: str,
    weights: str | None,
    log: str | None,
    tensorboard: str | None,
    processes: int,
    process: int | None,
    coordinator: str | None,
    as_json: bool,
    **settings: Any,
) -> int:
    """Train a character model on TEXT and export it to a folder; without TEXT on "hello world".

    TEXT is a UTF-8 file, gzipped or not, a folder with .txt and .txt.gz files, or a glob; several are one text. The
    last tenth validates. A text of less than 2,000 bytes is learned by heart, as "hello world" is.
    """
    sources = [*source, *([also] if also else [])]
    check_replaceable(out)
    check_recurrence(CELLS, *(settings[name] for name in ("cell", "activation", "layers", "dropout")))
    if weights is not None:
        _refuse_shapes()
    elif settings["new_characters"] != NEW_CHARACTERS[0]:
        raise click.UsageError(f"--new-characters goes with --model only. Received: {settings['new_characters']!r}")
    if not settings["resume"] and _is_small(sources, settings, weights):
        _learn_by_heart(sources, out, settings, as_json)
        return 0

    from keras_rnn.cli.train_text import Job  # it reads the text

    if log:
        if not Path(log).resolve().parent.is_dir():
            raise FileNotFoundError(f"The log's folder {Path(log).parent} must exist. {received(log)}")
        check_writable(log, "file")
    if tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise ValueError(
            "`tensorboard` must be left out without the package tensorboard, which the extra keras-rnn[tensorboard] "
            f"installs. {received(tensorboard)}"
        )
    if weights is not None:
        path = Path(weights)
        weights = str(check_archive(path / "model.keras" if path.is_dir() else path))
    if (process is None) != (coordinator is None) or (process or 0) >= processes:
        raise click.UsageError(
            f"--process goes with --coordinator, and is less than --processes. Received: {process}, {coordinator!r}"
        )
    if processes > 1 and importlib.util.find_spec("jax") is None:
        raise ValueError(f"`processes` must be 1 without the package jax. {received(processes)}")
    job = Job(sources, out, weights, log, tensorboard, settings, as_json)
    if processes == 1 or process is not None:
        job.run((str(coordinator), processes, int(process or 0)))
        return 0
    if settings["minutes"] is not None:
        raise ValueError(f"`minutes` must be left out with several processes. {received(settings['minutes'])}")
    from keras_rnn.cli.launch import run_together, same_line

    try:
        return run_together(*same_line(click.get_current_context()), processes)
    except ChildProcessError as error:
        kept = f"; go on with --resume from {job.checkpoint}" if job.checkpoint.exists() else "; nothing was kept"
        raise OSError(f"{error}{kept}") from error


def _refuse_shapes() -> None:
    """A trained model has its shape, which would be passed over in silence."""
    context = click.get_current_context()
    for name in ("cell", "layers", "units", "window", "activation", "max_vocabulary", "by_bytes"):
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            flag = next(param.opts[0] for param in context.command.params if param.name == name)
            raise click.UsageError(f"{flag} goes without --model only. Received: {context.params['weights']!r}")


def _is_small(sources: list[str], settings: dict[str, Any], weights: str | None) -> bool:
    """Whether it is a text, or a window, to be learned as "hello world" is."""
    if not sources or (settings["window"] or WINDOW) <= FEW:
        return True
    paths = [Path(one) for one in sources]
    names = "window", "epochs", "minutes", "batch", "max_vocabulary", "validation_files"
    asked = weights is not None or settings["by_bytes"] or any(settings[name] is not None for name in names)
    return not asked and all(path.is_file() for path in paths) and sum(p.stat().st_size for p in paths) < SMALL


def _learn_by_heart(sources: list[str], out: str, settings: dict[str, Any], as_json: bool) -> None:
    from keras_rnn.text.files import find_texts, read_text_blocks
    from keras_rnn.text.vocabulary import TEXT_FILE, text_windows

    paths = find_texts(sources) if sources else [TEXT_FILE]
    text = "".join(block for path in paths for block in read_text_blocks(path, settings["errors"]))
    window = settings["window"] or PRESET.window
    if len(text) <= window:
        raise ValueError(f"`source` must be longer than the window of {window} characters. {received(text)}")
    ids, targets, vocabulary = text_windows(text, window)
    names = "cell", "layers", "activation", "dropout", "seed"
    with nothing_kept():
        from keras_rnn.text.model import char_model

        model = char_model(
            None, vocabulary=vocabulary, window=window, units=settings["units"] or PRESET.units,
            **{name: settings[name] for name in names},
        )  # fmt: skip
        train_and_export(model, ids, targets, PRESET.recipe, settings["updates"], out, as_json)
