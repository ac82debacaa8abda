"""Run the lessons, each in a fresh kernel, and write what came out: `python scripts/build_lessons.py [LESSON …]`.

A lesson is a script, jupytext's "percent" format, that `python scripts/LESSON.py` runs as it stands; here it becomes
`notebooks/LESSON.ipynb`, and from that `scripts/site_hooks.py` makes the site's page. The title of a cell that ends in
a figure, `# %% TITLE`, is the picture's description.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
LESSONS = (
    "rnn_basics",
    "characters",
    "your_own_text",
    "gs10",
    "simulations",
    "memory_and_gradients",
    "encoder_decoder",
)
PICTURES = "--InlineBackend.print_figure_kwargs={'bbox_inches': 'tight', 'dpi': 100}"  # light enough for a page


def notebook_path(lesson: str) -> Path:
    return ROOT / "notebooks" / f"{lesson}.ipynb"


def read_lesson(lesson: str) -> nbformat.NotebookNode:
    """A lesson's cells, not run, with ids that stay the same."""
    notebook = jupytext.read(ROOT / "scripts" / f"{lesson}.py", fmt="py:percent")
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    return notebook


def execute(lesson: str, folder: Path = ROOT) -> nbformat.NotebookNode:
    """A lesson's cells with what they gave when run in a folder.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    notebook = read_lesson(lesson)
    client = NotebookClient(
        notebook,
        timeout=600,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=[PICTURES, "--log-level=40"],
    )
    client.execute()
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = nbformat.from_dict({"kernelspec": kernel, "language_info": {"name": "python"}})
    return notebook


def main(lessons: list[str]) -> int:
    if unknown := sorted(set(lessons) - set(LESSONS)):
        print(f"A lesson must be one of {', '.join(LESSONS)}. Received: {', '.join(unknown)}", file=sys.stderr)
        return 2
    for lesson in lessons or LESSONS:
        nbformat.write(execute(lesson), notebook_path(lesson))
        print(f"wrote notebooks/{lesson}.ipynb", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
