"""Commands that are imported when they are called, and whose errors speak of their flags."""

import click
import pytest

from keras_rnn.cli.commands import Command, CommandError, LazyGroup, message_of


def refusal(error):
    """What a command says of an error in the Python that it calls."""

    @click.command(cls=Command)
    @click.argument("history", metavar="[CSV]", required=False)
    @click.argument("names", nargs=-1)
    @click.option("--model", "name_or_path")
    @click.option("--levels")
    @click.option("-n", "--length")
    @click.option("--inputs", "others")
    def command(**_):
        raise error

    with pytest.raises(CommandError) as caught:
        command.main([], standalone_mode=False)
    return str(caught.value), caught.value.exit_code


@pytest.mark.parametrize(
    ("python", "flags"),
    [
        ("`levels` must be different. Received: 1", "--levels must be different. Received: 1"),
        ("`length` must be at least 0", "--length must be at least 0"),
        ("`others` must be one of a, b", "--inputs must be one of a, b"),
        ("`history` must hold 6 values (`length`)", "CSV must hold 6 values (--length)"),
        ("`levels` must be None for a model without", "--levels must not be given for a model without"),
        ("`names` must be names", "NAMES must be names"),
        ("`model` must be a keras.Model", "--model must be a keras.Model"),
        ("`name_or_path` must be a path", "--model must be a path"),
        ("`window` must be None", "window must be None"),  # no parameter of this command
    ],
)
def test_arguments_become_flags(python, flags):
    assert refusal(ValueError(python)) == (flags, 2)


def test_exit_codes_and_the_systems_words():
    error = ValueError("differs")
    error.exit_code = 1
    assert refusal(error) == ("differs", 1)
    assert refusal(PermissionError(13, "Permission denied", "/x")) == ("Permission denied: '/x'", 2)
    assert message_of(OSError(2, "It must be a file. Received: 'x'")) == "It must be a file. Received: 'x'"
    assert refusal(TypeError()) == ("TypeError", 2)


def test_what_is_no_refusal_passes():
    @click.command(cls=Command)
    def command():
        raise KeyError("a fault of ours")

    with pytest.raises(KeyError):
        command.main([], standalone_mode=False)


def test_a_lazy_group_imports_what_is_called_alone(fresh):
    code = """
import sys
from keras_rnn.cli.commands import LazyGroup
group = LazyGroup("g", {"a": ("list", "the first"), "b": ("verify", "the second")})
group.main(["--help"], standalone_mode=False)
print(sorted(name.split(".")[2] for name in sys.modules if name.startswith("keras_rnn.cli.")))
group.main(["a", "--help"], standalone_mode=False)
print("keras_rnn.cli.list" in sys.modules, "keras_rnn.cli.verify" in sys.modules)
"""
    out = fresh(code)
    assert "  a  the first\n  b  the second\n" in out
    assert "['app', 'commands']" in out
    assert "\n  The first.\n" in out
    assert out.endswith("True False\n")


def test_another_name_is_no_command():
    assert LazyGroup("g", {}).get_command(click.Context(click.Command("g")), "a") is None


def test_memory_that_does_not_suffice_names_the_sizes_asked_for():
    @click.command(cls=Command)
    @click.option("--units", type=int)
    @click.option("--seed", type=int)
    def command(**_):
        raise MemoryError

    with pytest.raises(CommandError) as caught:
        command.main(["--units", "5", "--seed", "1"], standalone_mode=False)
    assert (str(caught.value), caught.value.exit_code) == (
        "the memory does not suffice for this model and input; --units may be too large", 2,
    )  # fmt: skip
