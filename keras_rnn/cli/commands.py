"""What every command of `keras-rnn` is: imported when it is called, and its errors speak of its flags."""

import importlib
import re
import sys
from collections.abc import Mapping
from typing import Any

import click

_ARGUMENT = re.compile(r"`(\w+)`( must be None)?")
_SIZES = ("--window", "--units", "--layers", "--batch", "--steps")


class CommandError(Exception):
    """Why a command did not do its work, in the words of the command line."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class LazyGroup(click.Group):
    """A group of commands whose modules are imported when they are called.

    `table` has a command's name → its module in this folder, which calls it `command`, and what it does.
    """

    def __init__(self, name: str | None, table: Mapping[str, tuple[str, str]], **settings: Any) -> None:
        super().__init__(name, no_args_is_help=False, **settings)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        module, text = self.table[cmd_name]
        command: click.Command = importlib.import_module(f"keras_rnn.cli.{module}").command
        command.help = command.help or f"{text[0].upper()}{text[1:]}."
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.table.items()])


class Command(click.Command):
    """A command whose parameters are named as the Python arguments that they are for: errors then name the flags."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except (OSError, TypeError, ValueError) as error:
            raise CommandError(self._in_flags(message_of(error)), getattr(error, "exit_code", 2)) from error
        except Exception as error:
            if not isinstance(error, MemoryError) and type(error).__name__ != "ResourceExhaustedError":  # TensorFlow's
                raise
            asked = ", ".join(p.opts[-1] for p in self.params if ctx.params.get(str(p.name)) and p.opts[-1] in _SIZES)
            less = f"; {asked} may be too large" if asked else ""
            raise CommandError(f"the memory does not suffice for this model and input{less}", 2) from error

    def _in_flags(self, message: str) -> str:
        """ "`levels` must be …" → "--levels must be …"; of a positional argument, what the usage calls it.

        What is neither here becomes a plain word.
        """
        flags = {
            param.name: param.human_readable_name.strip("[].")
            if param.param_type_name == "argument"
            else param.opts[-1]
            for param in self.params
        }

        def flag(match: re.Match[str]) -> str:
            name, none = match.groups()
            name = "name_or_path" if name == "model" else name  # how a command gets its model
            return flags[name] + (" must not be given" if none else "") if name in flags else name + (none or "")

        return _ARGUMENT.sub(flag, message)


def say(*remarks: str) -> None:
    """Tell people something beside the answer, which goes to standard output."""
    for remark in remarks:
        print(remark, file=sys.stderr)


def message_of(error: Exception) -> str:
    """An error's words, without the number that Python puts before the system's."""
    return re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
