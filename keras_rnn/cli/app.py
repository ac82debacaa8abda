"""The command `keras-rnn`: which file holds which command, and how it ends."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator

import click

from keras_rnn.cli.commands import CommandError, LazyGroup
from keras_rnn.core.version import __version__

keras_rnn = LazyGroup(
    "keras-rnn",
    {
        "list": ("list", "the zoo's models with their numbers"),
        "show": ("show", "one model: its card, a .keras file's layers, or a .tflite file's signatures"),
        "generate": ("generate", "continue a text with the character model"),
        "forecast": ("forecast", "forecast the 10-year Treasury yield, or a series of yours by a model of yours"),
        "backtest": ("backtest", "forecast every period of a series from those before it, beside simpler methods"),
        "train": ("train", "train a model and export it to a folder"),
        "export": ("export", "export a model to a folder, or any Keras RNN to a .tflite file"),
        "import-torch": ("import_torch", "a recurrent PyTorch module's weights to a .keras file"),
        "verify": ("verify", "check every artifact of a model against its Keras model"),
        "web": ("web", "the character models and GS10 in a browser, which runs them itself"),
        "data": ("data", "the GS10 in use, and newer months for it"),
        "demo": ("demo", "train, export, check and use all eight models, in half a minute"),
    },
    help="Small recurrent networks, from the cell's equation to the phone.",
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True, "max_content_width": 100},
)
click.version_option(__version__, message="keras-rnn %(version)s")(keras_rnn)


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Returns:
        0: done; 1: a check failed; 2: bad input, or a file that cannot be read or written; 130: interrupted; 143 or
        129: ended by the signals TERM or HUP, which leave the same behind.
    """
    with _ended_as_by_ctrl_c() as signals:
        return _main(arguments, signals)


def _main(arguments: list[str] | None, signals: list[int]) -> int:
    try:
        try:
            with keras_rnn.make_context("keras-rnn", list(sys.argv[1:] if arguments is None else arguments)) as context:
                code = keras_rnn.invoke(context) or 0
        except click.exceptions.Exit as end:  # of --help and --version
            code = end.exit_code
        sys.stdout.flush()
        return int(code)
    except BrokenPipeError:  # the reader of our output, such as `head`, has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except click.UsageError as error:
        place = error.ctx.command_path if error.ctx else "keras-rnn"
        return _end(f"error: {error.format_message()} (`{place} --help` explains)", 2)
    except CommandError as error:
        return _end(f"error: {error}", error.exit_code)
    except KeyboardInterrupt as stop:
        return _end(str(stop) or "interrupted", 128 + (signals or [signal.SIGINT])[0])


@contextlib.contextmanager
def _ended_as_by_ctrl_c() -> Iterator[list[int]]:
    """TERM and HUP raise KeyboardInterrupt, too, so that a training is kept and half a file is not; those that came."""
    came: list[int] = []

    def stop(number: int, _: object) -> None:
        came.append(number)
        raise KeyboardInterrupt

    wanted = ("SIGTERM", "SIGHUP") if threading.current_thread() is threading.main_thread() else ()
    found = [getattr(signal, name) for name in wanted if hasattr(signal, name)]
    replaced = [one for one in found if signal.getsignal(one) == signal.SIG_DFL]  # not what `nohup` has set
    for one in replaced:
        signal.signal(one, stop)
    try:
        yield came
    finally:
        for one in replaced:
            signal.signal(one, signal.SIG_DFL)


def _end(message: str, code: int) -> int:
    print(f"keras-rnn: {' '.join(message.split())}", file=sys.stderr)
    return code
