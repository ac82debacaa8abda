"""The lessons run once: what their notebooks show, which the site's pages are made from, is what comes out."""

import os
import re
import subprocess
import sys

import nbformat
import pytest
from helpers import CHECKOUT, inherited, script

lessons, hooks = script("build_lessons"), script("site_hooks")
TRANSLATED = sorted(path.name.partition(".")[0] for path in (CHECKOUT / "scripts").glob("*.zh.md"))
LARGEST_PICTURE = 120_000  # bytes
SIDES = 480, 1100  # pixels within which a picture is wide


def shipped(lesson):
    return nbformat.read(lessons.notebook_path(lesson), as_version=4)


def printed(notebook):
    return "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))


def cells(notebook):
    return [(cell.cell_type, cell.id, cell.source, cell.metadata) for cell in notebook.cells]


def without_pictures(notebook):
    """Another matplotlib draws other bytes."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "data" in output:
                output.data["image/png"] = ""
    return notebook


def test_the_notebooks_are_the_lessons():
    assert {path.stem for path in (CHECKOUT / "notebooks").iterdir()} == set(lessons.LESSONS)


@pytest.mark.parametrize("lesson", lessons.LESSONS)
def test_the_notebook_has_the_scripts_cells(lesson):
    notebook = shipped(lesson)
    nbformat.validate(notebook)
    assert cells(notebook) == cells(lessons.read_lesson(lesson))
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        assert (output.output_type, output.get("name")) in (("stream", "stdout"), ("execute_result", None))
    for png in hooks.pictures(notebook):
        assert png.startswith(b"\x89PNG")
        assert len(png) < LARGEST_PICTURE
        assert SIDES[0] <= int.from_bytes(png[16:20]) <= SIDES[1]


@pytest.mark.slow
def test_the_script_prints_what_its_notebook_shows(tmp_path):
    """One lesson as a script, so that it is known to run without a notebook's kernel, and quietly."""
    script = CHECKOUT / "scripts" / "rnn_basics.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, cwd=tmp_path, env=inherited())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == printed(shipped("rnn_basics"))


@pytest.mark.slow
@pytest.mark.parametrize("lesson", [lesson for lesson in lessons.LESSONS if lesson != "rnn_basics"])
def test_the_notebook_shows_what_comes_out(lesson, tmp_path, monkeypatch):
    for name in set(os.environ) - set(inherited()):
        monkeypatch.delenv(name)
    assert without_pictures(lessons.execute(lesson, tmp_path)) == without_pictures(shipped(lesson))


def test_a_lessons_page():
    script = '# %% [markdown]\n# # A title\n#\n# Text.\n\n# %% a line\n# %matplotlib inline\nprint("one")\nfigure'
    notebook = lessons.jupytext.reads(script, fmt="py:percent")
    data = {"image/png": "aGVsbG8=", "text/plain": "<Figure>"}
    notebook.cells[1].outputs = [
        nbformat.v4.new_output("stream", text="one\n"), nbformat.v4.new_output("execute_result", data=data)
    ]  # fmt: skip
    page = hooks.lesson_page("small", notebook, "en", has_other=False)
    assert page.startswith("# A title\n\nAs a script: [small.py](small.py), ")
    assert page.endswith(
        'Text.\n\n```python\nprint("one")\nfigure\n```\n\n```text\none\n```\n\n![a line](small_1.png)\n'
    )
    assert hooks.pictures(notebook) == [b"hello"]
    chinese = hooks.lesson_page("small", notebook, "zh", has_other=True)
    assert "# A title\n\n[English](../../lessons/small.md) · 脚本：[small.py](../../lessons/small.py)" in chinese
    assert "![a line](../../lessons/small_1.png)" in chinese


def test_the_tutorials_lessons_are_in_chinese():
    assert TRANSLATED == ["characters", "gs10", "rnn_basics"]
    for lesson in TRANSLATED:
        texts = CHECKOUT / "scripts" / f"{lesson}.zh.md"
        notebook = hooks.translated(shipped(lesson), texts)
        prose = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        assert len(re.findall("[一-鿿]", prose)) > 500
        assert printed(notebook) == printed(shipped(lesson))
        # headings stand where the original's do
        levels = [
            re.findall(r"^#+(?= )", cell.source, re.MULTILINE)
            for made in (notebook, shipped(lesson))
            for cell in made.cells
            if cell.cell_type == "markdown"
        ]
        assert levels[: len(levels) // 2] == levels[len(levels) // 2 :]


def test_every_text_needs_its_translation():
    with pytest.raises(ValueError, match=r"rnn_basics.zh.md must hold \d+ texts. Received: \d+"):
        hooks.translated(shipped("characters"), CHECKOUT / "scripts" / "rnn_basics.zh.md")


def test_unknown_lesson(capsys):
    assert lessons.main(["nothing"]) == 2
    assert "Received: nothing" in capsys.readouterr().err
