"""The command `keras-rnn`. Its help, `list` and `show NAME` answer without importing TensorFlow."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, NoReturn

from keras_rnn.catalog.presets import ACTIVATIONS, CELLS, DEFAULT_CELL, PRESETS
from keras_rnn.cli import commands
from keras_rnn.core.version import __version__
from keras_rnn.litert.quantization import QUANTIZE


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (`{self.prog} --help` explains)\n")


def _share(text: str) -> float | int:
    """ "0.2" → 0.2; "24" → 24."""
    try:
        return int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError as error:
        expected = "a share up to 0.9 or a number of periods was expected"
        raise argparse.ArgumentTypeError(f"{expected}. Received: {text!r}") from error


def _parser() -> _Parser:
    parser = _Parser(prog="keras-rnn", description="Small recurrent networks, from the cell's equation to the phone.")
    parser.add_argument("--version", action="version", version=f"keras-rnn {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    def command(name: str, text: str, machine: bool = True) -> _Parser:
        sub: _Parser = subparsers.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if machine:
            sub.add_argument("--json", action="store_true", help="print JSON, for programs")
        return sub

    runtime: dict[str, Any] = {
        "choices": ("auto", "litert", "keras"),
        "default": "auto",
        "help": "auto (default): LiteRT, without TensorFlow, where the model has a .tflite file",
    }

    command("list", "the zoo's models with their numbers")

    sub = command("show", "one model: its card, a .keras file's layers, or a .tflite file's signatures")
    sub.add_argument("model", metavar="NAME-or-FILE", help="a name of the zoo, a folder, a .keras or a .tflite file")
    sub.add_argument("--insight", metavar="PNG", help="write a picture of what each step remembers, by Keras")
    sub.add_argument("--text", help="for the picture of a character model, up to 60 characters (default: hello world)")

    sub = command("generate", "continue a text with the character model")
    sub.add_argument("text", metavar="TEXT", help="the prompt, at least a window of characters")
    sub.add_argument("-n", "--length", type=int, default=5, help="characters to add (default 5)")
    sub.add_argument("--model", default="char", metavar="NAME-or-FILE", help="default: char")
    sub.add_argument("--temperature", type=float, default=0.0, help="0 (default): the most likely character each time")
    sub.add_argument("--top-k", type=int, help="draw among the k most likely only, at a temperature above 0")
    sub.add_argument(
        "--top-p", type=float, help="draw among the fewest that reach probability p, at a temperature above 0"
    )
    sub.add_argument("--stop", action="append", metavar="STRING", help="end before this string; may be repeated")
    sub.add_argument("--seed", type=int, help="repeats the draws, at a temperature above 0")

    sub.add_argument("--runtime", **runtime)

    sub = command("forecast", "forecast the 10-year Treasury yield, or a series of yours by a model of yours")
    sub.add_argument(
        "csv", nargs="?", metavar="CSV", help="dates or years, then numbers, a header above (default: newest GS10)"
    )
    sub.add_argument("--column", help="the CSV's column of numbers, where it has several (default: the model's)")
    sub.add_argument("--steps", type=int, default=1, help="periods ahead (default 1)")
    sub.add_argument("--levels", metavar="PERCENTS", help="of prediction intervals, such as 80,95 (default: none)")
    sub.add_argument("--model", default="gs10", metavar="NAME-or-FILE", help="default: gs10; gs10/monthly for months; "
                     "or what `train series` wrote")  # fmt: skip
    sub.add_argument("--plot", metavar="PNG", help="write a picture of actual, predicted and forecast values, by Keras")

    sub.add_argument("--runtime", **runtime)

    sub = command("backtest", "forecast every period of a series from those before it, beside simpler methods")
    sub.add_argument("csv", nargs="?", metavar="CSV", help="dates or years, then numbers (default: packaged GS10)")
    sub.add_argument("--column", help="the CSV's column of numbers, where it has several (default: the model's)")
    sub.add_argument("--since", type=int, metavar="YEAR", help="the first that is forecast (packaged GS10: 1990; a "
                     "model of yours: what follows its training)")  # fmt: skip
    sub.add_argument("--steps", type=int, default=1, help="periods ahead, each with a table (default 1)")
    sub.add_argument("--model", default="gs10", metavar="NAME-or-FILE", help="default: gs10; gs10/monthly for months; "
                     "or what `train series` wrote")  # fmt: skip
    sub.add_argument("--plot", metavar="PNG", help="write a picture of the skill by method, or of errors by horizon")
    sub.add_argument("--plot-forecasts", metavar="PNG", help="write a picture of the forecasts with their intervals")

    sub = command("train", "train a model and export it to a folder")
    sub.add_argument("model", choices=(*PRESETS, "series"), help="characters, GS10 on levels, or a series of yours")
    sub.add_argument("file", nargs="?", metavar="FILE", help="a series' CSV, dates or years in its first column; also "
                     "instead of --text or --csv")  # fmt: skip
    sub.add_argument("--out", metavar="FOLDER", help="where the exported model goes (series: FILE_COLUMN)")
    sub.add_argument("--cell", choices=CELLS, default=DEFAULT_CELL, help=f"default: {DEFAULT_CELL}")
    sub.add_argument("--text", metavar="FILE", help="char: a UTF-8 text of your own (default: hello world)")
    sub.add_argument("--csv", metavar="CSV", help="gs10: a series of your own (default: packaged GS10 before 1990)")
    sub.add_argument("--column", help="the CSV's column to forecast, where it has several")
    sub.add_argument("--inputs", metavar="A,B", help="series: further columns to read beside it")
    sub.add_argument("--window", type=int, help="periods or characters read at a time (default: 6; char: 2)")
    sub.add_argument("--units", type=int, help="size of the hidden state (default: 20)")
    sub.add_argument("--activation", choices=ACTIVATIONS, help="char, series: relu for long windows (default: tanh)")
    sub.add_argument("--scaling", choices=("window", "levels"), help="series: default window")
    sub.add_argument("--test", type=_share, help="series: the last part, for figures and intervals only: a share "
                     "up to 0.9 or a number of periods (default: 0.2)")  # fmt: skip
    sub.add_argument("--updates", type=int, help="gradient updates (default: the preset's recipe; series: up to 1000)")
    sub.add_argument("--seed", type=int, default=0, help="of the initial weights (default 0)")

    sub = command("export", "export a model to a folder, or any Keras RNN to a .tflite file")
    sub.add_argument("model", metavar="NAME-or-FILE", help="a name of the zoo or a .keras file")
    sub.add_argument("out", metavar="OUT", help="a folder for SavedModel, LiteRT and card; or a path ending in .tflite")
    sub.add_argument("--window", type=int, help="steps, for a model of any length that goes to a .tflite file")
    sub.add_argument("--quantize", choices=QUANTIZE, help="smaller weights in a .tflite file (default: float32)")
    sub.add_argument("--calibration", metavar="FILE.npy", help="for int8: windows like those to come, a NumPy array")

    sub = command("import-torch", "PyTorch's nn.RNN, nn.GRU or nn.LSTM weights to a .keras file")
    sub.add_argument("file", metavar="FILE", help="a saved state_dict: .pt, .pth, .npz or .safetensors")
    sub.add_argument("out", metavar="OUT.keras", help="the Keras model to write")
    sub.add_argument("--nonlinearity", choices=("tanh", "relu"), help="of an nn.RNN (default: tanh)")
    sub.add_argument("--sequences", action="store_true", help="an answer at every step (default: at the last)")
    sub.add_argument(
        "--last", choices=("output", "state"), help="of both directions: PyTorch's output[:, -1], or both in h_n"
    )
    sub.add_argument("--steps", type=int, help="of a window, if it is to be fixed (default: any)")

    sub = command("verify", "check every artifact of a model against its Keras model")
    sub.add_argument("models", nargs="*", metavar="NAME-or-FOLDER", help="default: the whole zoo")

    sub = command("data", "the GS10 in use, and newer months for it", machine=False)
    actions = sub.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=_Parser)
    for action, text in (("show", "which file is in use"), ("refresh", "fetch, check and store newer months")):
        sub = actions.add_parser(action, help=text, description=text[0].upper() + text[1:] + ".")
        sub.add_argument("series", choices=("gs10",), help="the series")
        sub.add_argument("--json", action="store_true", help="print JSON, for programs")
    # sub is refresh
    sub.add_argument("--from", dest="source", metavar="ADDRESS-or-FILE", help="default: FRED's download of GS10")
    sub.add_argument("--accept-revisions", action="store_true", help="take months that differ by more than 0.05 points")
    either = sub.add_mutually_exclusive_group()
    either.add_argument("--yes", action="store_true", help="store without asking")
    either.add_argument("--dry-run", action="store_true", help="store nothing, say what would change")

    sub = command("demo", "train, export, check and use all eight models, in half a minute", machine=False)
    sub.add_argument("--out", metavar="FOLDER", help="default: a new folder for temporary files")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 done, 1 a check failed, 2 bad input or a file that cannot be read or written."""
    options = _parser().parse_args(arguments)
    try:
        code = int(getattr(commands, f"{options.command.replace('-', '_')}_")(options))
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader of our output, such as `head`, has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except KeyboardInterrupt:
        return 130
    except (ValueError, TypeError, OSError) as error:
        message = str((isinstance(error, OSError) and error.strerror) or error)
        print(f"keras-rnn: error: {' '.join(message.split()) or type(error).__name__}", file=sys.stderr)
        return int(getattr(error, "exit_code", 2))
