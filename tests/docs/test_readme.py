"""What the README shows is what happens: every example run in a fresh process, outside the checkout."""

import re
import shlex

import pytest
from helpers import CHECKOUT

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    (line[2:], output)
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line, output in re.findall(r"^(\$ keras-rnn .*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]


def test_all_examples_are_found():
    assert len(EXAMPLES) == README.count("```python") == 13
    assert len(COMMANDS) == 4


@pytest.mark.parametrize(("code", "output"), EXAMPLES, ids=[str(i) for i in range(len(EXAMPLES))])
def test_python(fresh, code, output):
    assert fresh(code) == output


@pytest.mark.parametrize(("line", "output"), COMMANDS, ids=[line for line, _ in COMMANDS])
def test_command(command, line, output):
    code, out, err = command(*shlex.split(line)[1:])
    assert (code, out, err) == (0, output, "")
