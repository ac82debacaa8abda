"""What README and pages show is what happens: each example runs once, and its output is compared.

All run in one process of their own (run_examples.py), outside the checkout. What that would hide is tested elsewhere:
that a fresh process is enough in tests/test_wheel.py, that the runtime needs no TensorFlow in tests/test_runtime.py.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import CHECKOUT, inherited

DOCS = CHECKOUT / "docs"
PAGES = [CHECKOUT / "README.md", *sorted(DOCS.rglob("*.md"))]
NAMES = [str(page.relative_to(CHECKOUT)) for page in PAGES]
README = PAGES[0].read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """By page, what each example printed."""
    line = [sys.executable, Path(__file__).parent / "run_examples.py", tmp_path_factory.mktemp("pages"), *PAGES]
    done = subprocess.run(line, capture_output=True, text=True, env=inherited())
    assert done.returncode == 0, done.stderr
    # one process trains many models, which TensorFlow remarks on; whoever runs an example sees nothing
    assert [text for text in done.stderr.splitlines() if "retracing" not in text] == []
    return json.loads(done.stdout)


def same(said, printed):
    """Whether that was printed; "…" stands for what differs between machines, on a line of its own for any lines."""
    pattern = re.sub(r"^…\\\n", r"(?:.*\\n)*", re.escape(said), flags=re.MULTILINE)
    return re.fullmatch(pattern.replace("…", ".*"), printed)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_examples(outcomes, page):
    text, rows = page.read_text(encoding="utf-8"), outcomes[str(page)]
    python = [row for row in rows if isinstance(row["example"], str)]
    assert len(python) == text.count("```python")  # each is followed by what it prints
    assert len(rows) - len(python) == len(re.findall(r"^\$ keras-rnn (?!.*--help)", text, re.MULTILINE))
    for row in rows:
        assert same(row["said"], row["printed"]), (row["example"], row["printed"], row["stderr"])
    assert [row["stderr"] for row in python] == [""] * len(python)


def test_what_dots_stand_for():
    assert same("a … c\n", "a b c\n")
    assert not same("a … c\n", "a b d\n")
    assert not same("a … c\n", "a\nb c\n")
    assert same("a\n…\n", "a\nb\nc\n")
    assert not same("a\n…\nd\n", "a\nb\nc\n")
    assert "…" not in "".join(re.findall(r"```text\n(.*?)```", README, re.DOTALL))


def test_the_readme_is_a_door():
    assert len(README.splitlines()) <= 150
    for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        assert len([line for line in code.splitlines() if line.strip()]) <= 8
    assert not {"kotlin", "swift"} & set(re.findall(r"^```(\w+)", README, re.MULTILINE))
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (CHECKOUT / link).exists(), link


def test_every_public_name_is_in_the_reference():
    import keras_rnn

    reference = "".join(page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md"))
    shown = re.findall(r"^::: keras_rnn\.(\w+)$", reference, re.MULTILINE)
    assert sorted([*shown, "__version__"]) == sorted(keras_rnn.__all__)
    assert "`keras_rnn.__version__`" in reference
