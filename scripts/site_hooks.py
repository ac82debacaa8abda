"""What mkdocs does not do by itself: the lessons' pages from their notebooks, and what each `--help` prints."""

from __future__ import annotations

import base64
import contextlib
import io
import os
import posixpath
import re
import shlex
from pathlib import Path

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
INLINE = "%matplotlib inline\n"  # a notebook needs it, a reader does not
BETWEEN = "<!-- next text -->"  # in `scripts/LESSON.zh.md`, which has a text for each of the lesson's
NOTEBOOK = re.compile(r"\((?:\.\./)+notebooks/(\w+)\.ipynb\)")
HELP = re.compile(r"^\$ keras-rnn (.*--help)\n", re.MULTILINE)
LINKS = {
    "en": "As a script: [{0}.py]({0}.py), run by `python scripts/{0}.py`. As a notebook: [{0}.ipynb]({0}.ipynb).",
    "zh": "脚本：[{0}.py](../../lessons/{0}.py)，用 `python scripts/{0}.py` 运行。"
    "笔记本：[{0}.ipynb](../../lessons/{0}.ipynb)。",
}
OTHER = {"en": "[中文](../zh/lessons/{0}.md) · ", "zh": "[English](../../lessons/{0}.md) · "}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        lesson, notebook = path.stem, nbformat.read(path, as_version=4)
        texts = ROOT / "scripts" / f"{lesson}.zh.md"
        page = lesson_page(lesson, notebook, "en", has_other=texts.exists())
        files.append(File.generated(config, f"lessons/{lesson}.md", content=page))
        if texts.exists():
            page = lesson_page(lesson, translated(notebook, texts), "zh", has_other=True)
            files.append(File.generated(config, f"zh/lessons/{lesson}.md", content=page))
        for number, png in enumerate(pictures(notebook), 1):
            files.append(File.generated(config, f"lessons/{lesson}_{number}.png", content=png))
        for kept in path, ROOT / "scripts" / f"{lesson}.py":
            files.append(File.generated(config, f"lessons/{kept.name}", abs_src_path=str(kept)))
    return files


def translated(notebook: nbformat.NotebookNode, texts: Path) -> nbformat.NotebookNode:
    """The notebook with other texts, its code and outputs as they are.

    Raises:
        ValueError: not as many texts as the notebook has.
    """
    notebook = nbformat.from_dict(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    given = texts.read_text(encoding="utf-8").split(BETWEEN)
    if len(given) != len(cells):
        raise ValueError(f"{texts.name} must hold {len(cells)} texts. Received: {len(given)}")
    for cell, text in zip(cells, given, strict=True):
        cell.source = text.strip()
    return notebook


def pictures(notebook: nbformat.NotebookNode) -> list[bytes]:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    return [base64.b64decode(output.data["image/png"]) for output in outputs]


def lesson_page(lesson: str, notebook: nbformat.NotebookNode, language: str, has_other: bool) -> str:
    """A lesson as Markdown: its texts, its code, what each cell printed, and its pictures."""
    parts, shown = [], 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source.removeprefix(INLINE)}\n```")
        for output in cell.outputs:
            if output.output_type == "stream":
                parts.append(f"```text\n{output.text.rstrip()}\n```")
            else:
                shown += 1
                folder = "" if language == "en" else "../../lessons/"
                parts.append(f"![{cell.metadata.title}]({folder}{lesson}_{shown}.png)")
    title, _, first = parts[0].partition("\n\n")
    links = OTHER[language] * has_other + LINKS[language]
    return "\n\n".join([title, links.format(lesson), first, *parts[1:]]) + "\n"


def on_page_markdown(markdown: str, page: Page, files: Files, **_: object) -> str:
    def lesson(found: re.Match[str]) -> str:  # in the repository a link leads to the notebook, on the site to its page
        chinese = f"zh/lessons/{found[1]}.md"
        target = chinese if page.file.src_uri.startswith("zh/") and chinese in files.src_uris else chinese[3:]
        return f"({posixpath.relpath(target, posixpath.dirname(page.file.src_uri))})"

    markdown = NOTEBOOK.sub(lesson, markdown)
    return HELP.sub(lambda found: found[0] + help_of(shlex.split(found[1])), markdown)


def help_of(arguments: list[str]) -> str:
    """What `keras-rnn` prints when asked for help."""
    from keras_rnn.cli import main

    os.environ["COLUMNS"] = "80"
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.suppress(SystemExit):
        main(arguments)
    return printed.getvalue()


def on_post_page(output: str, page: Page, **_: object) -> str:
    return output.replace('<html lang="en"', '<html lang="zh"', 1) if page.file.src_uri.startswith("zh/") else output
