"""What a page of `docs/` shows is what happens: its examples, in order, each in a fresh process, in one folder."""

import re
import shlex

import pytest
from conftest import CHECKOUT

PAGES = sorted((CHECKOUT / "docs").glob("*.md"))
BLOCK = re.compile(
    r"```python\n(?P<code>.*?)```\n\n```text\n(?P<printed>.*?)```|```console\n(?P<console>.*?)```", re.DOTALL
)
LINE = re.compile(r"^(\$ keras-rnn .*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def test_there_are_pages():
    assert PAGES


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_examples(fresh, command, page):
    text = page.read_text(encoding="utf-8")
    blocks = list(BLOCK.finditer(text))
    assert sum(block["code"] is not None for block in blocks) == text.count("```python")  # each says what it prints
    for block in blocks:
        if block["code"] is not None:
            assert fresh(block["code"]) == block["printed"]
            continue
        for line, output in LINE.findall(block["console"]):
            assert command(*shlex.split(line)[2:]) == (0, output, ""), line
