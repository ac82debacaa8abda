"""The lessons run, in fresh processes; pages and notebooks say what they print, and nothing else than the scripts."""

import importlib.util
import re
import subprocess
import sys
from itertools import pairwise

import nbformat
import pytest
from helpers import CHECKOUT, inherited
from nbclient import NotebookClient

_spec = importlib.util.spec_from_file_location("build_lessons", CHECKOUT / "scripts" / "build_lessons.py")
lessons = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = lessons
_spec.loader.exec_module(lessons)

BLOCK = re.compile(r"```(python|text)\n(.*?)\n```\n", re.DOTALL)
PICTURE = re.compile(r"!\[([^\]]+)\]\(pictures/([^)]+)\)")
TRANSLATED = [(lesson, language) for lesson in lessons.LESSONS for language in lessons.languages(lesson)[1:]]
LARGEST_PICTURE = 120_000  # bytes
SIDES = 480, 1100  # pixels within which a picture is wide


def page_of(lesson, language=""):
    return lessons.page_path(lesson, language).read_text(encoding="utf-8")


def outputs_of(page):
    """What a page says that each code cell printed, and whether it ended in a picture."""
    outputs, blocks = [], list(BLOCK.finditer(page))
    for block, following in pairwise([*blocks, None]):
        if block[1] != "python":
            continue
        printed = following[2] + "\n" if following and following[1] == "text" else ""
        rest = page[block.end() : following.start() if following and not printed else None]
        if printed:
            rest = page[following.end() :].partition("```")[0]
        outputs.append(lessons.Output(printed, b"png" if rest.lstrip().startswith("![") else b""))
    return outputs


@pytest.mark.parametrize("lesson", lessons.LESSONS)
def test_prints_what_its_page_says(lesson, tmp_path):
    script = CHECKOUT / "scripts" / f"{lesson}.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, cwd=tmp_path, env=inherited())
    assert (done.returncode, done.stderr) == (0, "")
    said = [output.printed for output in outputs_of(page_of(lesson))]
    assert done.stdout == "".join(said)
    assert sum(map(bool, said)) >= 4


@pytest.mark.parametrize("lesson", lessons.LESSONS)
def test_page_has_the_scripts_text_and_code(lesson):
    page = page_of(lesson)
    assert lessons.page(lesson, lessons.read_cells(lesson), outputs_of(page)) == page


@pytest.mark.parametrize(("lesson", "language"), TRANSLATED)
def test_translated_page(lesson, language):
    english, page = page_of(lesson), page_of(lesson, language)
    assert [block.groups() for block in BLOCK.finditer(page)] == [block.groups() for block in BLOCK.finditer(english)]
    assert PICTURE.findall(page) == PICTURE.findall(english)
    assert lessons.page(lesson, lessons.read_cells(lesson), outputs_of(english), language) == page
    assert f"({lessons.page_path(lesson, language).name})" in english
    assert f"({lessons.page_path(lesson).name})" in page


def test_the_basics_are_in_chinese():
    assert ("rnn_basics", "zh") in TRANSLATED
    prose = BLOCK.sub("", page_of("rnn_basics", "zh"))
    assert len(re.findall("[一-鿿]", prose)) > 500


def test_every_text_needs_its_translation(monkeypatch):
    cells = lessons.read_cells("rnn_basics")
    with pytest.raises(ValueError, match=r"rnn_basics.zh.md must hold \d+ texts. Received: \d+"):
        lessons.translated("rnn_basics", "zh", cells[1:])


@pytest.mark.parametrize("lesson", lessons.NOTEBOOKS)
def test_notebook(lesson, tmp_path, monkeypatch):
    for name in set(lessons.os.environ) - set(inherited()):
        monkeypatch.delenv(name)
    shipped = nbformat.read(CHECKOUT / "notebooks" / f"{lesson}.ipynb", as_version=4)
    nbformat.validate(shipped)
    cells = lessons.read_cells(lesson)
    assert [(cell.cell_type == "code", cell.source) for cell in shipped.cells] == [
        (cell.is_code, cell.source.replace(lessons.INLINE, "%matplotlib inline")) for cell in cells
    ]
    said = outputs_of(page_of(lesson))
    assert [_given(cell) for cell in shipped.cells if cell.cell_type == "code"] == said
    run = nbformat.from_dict(shipped)
    for cell in run.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    client = NotebookClient(run, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    assert [_given(cell) for cell in run.cells if cell.cell_type == "code"] == said


def _given(cell):
    """What a notebook's cell printed, and whether it shows a picture; nothing else may come out."""
    printed, picture = "", b""
    for output in cell.outputs:
        if output.output_type == "stream":
            assert output.name == "stdout", output.text
            printed += output.text
        else:
            assert output.output_type == "execute_result", output
            assert output.data["image/png"]
            picture = b"png"
    return lessons.Output(printed, picture)


def test_pictures():
    shown = [name for lesson in lessons.LESSONS for _, name in PICTURE.findall(page_of(lesson))]
    files = {path.name: path for path in (CHECKOUT / "docs" / "pictures").glob("*.png")}
    assert set(shown) <= set(files)
    assert len(shown) == len(set(shown))
    of_lessons = re.compile(rf"({'|'.join(lessons.LESSONS)})_\d+\.png")
    assert {name for name in files if of_lessons.fullmatch(name)} == set(shown)
    for name in shown:
        written = files[name].read_bytes()
        assert written.startswith(b"\x89PNG")
        assert len(written) < LARGEST_PICTURE, name
        assert SIDES[0] <= int.from_bytes(written[16:20]) <= SIDES[1], name


def test_generated_pages_are_the_lessons():
    pages = {path.name for path in (CHECKOUT / "docs").glob("*.md") if lessons.MARKER in path.read_text("utf-8")}
    assert pages == {lessons.page_path(a, b).name for a in lessons.LESSONS for b in lessons.languages(a)}
    assert all(page_of(lesson).startswith(lessons.MARKER + "\n") for lesson in lessons.LESSONS)


class TestBuilder:
    """On a small lesson in a folder of its own."""

    SCRIPT = """\
# %% [markdown]
# # A title
#
# Text.

# %%
# %matplotlib inline
from matplotlib.figure import Figure

print("one")
two = 2

# %% a line
print(two)
figure = Figure(figsize=(6, 2))
figure.add_subplot().plot([0, 1])
figure
"""

    @pytest.fixture
    def small(self, tmp_path, monkeypatch):
        (tmp_path / "scripts").mkdir()
        (tmp_path / "scripts" / "small.py").write_text(self.SCRIPT, encoding="utf-8")
        monkeypatch.setattr(lessons, "ROOT", tmp_path)
        monkeypatch.setattr(lessons, "NOTEBOOKS", ("small",))
        monkeypatch.setattr(lessons, "LESSONS", ("small",))
        return tmp_path

    def test_page_notebook_and_picture(self, small):
        assert lessons.build("small") == ["docs/small.md", "notebooks/small.ipynb"]
        page = (small / "docs" / "small.md").read_text(encoding="utf-8")
        assert page.startswith(f"{lessons.MARKER}\n\n# A title\n\nText.\n\n```python\nfrom matplotlib.figure")
        assert '```text\none\n```\n\n```python\nprint(two)' in page  # fmt: skip
        assert "```text\n2\n```\n\n![a line](pictures/small_1.png)\n\nThis page is made from" in page
        assert outputs_of(page) == [lessons.Output("one\n"), lessons.Output("2\n", b"png")]
        assert (small / "docs" / "pictures" / "small_1.png").read_bytes().startswith(b"\x89PNG")
        written = nbformat.read(small / "notebooks" / "small.ipynb", as_version=4)
        assert written.cells[1].source.startswith("%matplotlib inline\n")
        assert [_given(cell) for cell in written.cells[1:]] == outputs_of(page)

    def test_check_writes_nothing_and_tells(self, small, capsys):
        lessons.build("small")
        assert lessons.main(["--check"]) == 0
        script = small / "scripts" / "small.py"
        script.write_text(self.SCRIPT.replace("two = 2", "two = 3"), encoding="utf-8")
        before = {path: path.read_bytes() for path in small.rglob("*") if path.is_file()}
        assert lessons.main(["--check"]) == 1
        assert capsys.readouterr().out.splitlines() == [
            "would change: docs/small.md", "would change: notebooks/small.ipynb"
        ]  # fmt: skip
        assert {path: path.read_bytes() for path in small.rglob("*") if path.is_file()} == before

    def test_pictures_that_are_no_more(self, small):
        lessons.build("small")
        pictures = small / "docs" / "pictures"
        (pictures / "small_2.png").write_bytes(b"old")
        (pictures / "small_more_1.png").write_bytes(b"another lesson's")
        assert lessons.build("small", check=True) == ["docs/pictures/small_2.png"]
        assert lessons.build("small") == []
        assert sorted(path.name for path in pictures.iterdir()) == ["small_1.png", "small_more_1.png"]

    def test_refuses_what_a_script_would_not_show(self, small):
        (small / "scripts" / "small.py").write_text("# %%\n1 + 1\n", encoding="utf-8")
        with pytest.raises(TypeError, match="small, cell 0 ends in a value that only a notebook would show: 2"):
            lessons.build("small")

    def test_refuses_empty_lines_that_a_page_would_not_show(self, small):
        (small / "scripts" / "small.py").write_text('# %%\nprint("one\\n")\n', encoding="utf-8")
        with pytest.raises(ValueError, match="small, cell 0 must print no empty lines at its end."):
            lessons.build("small")

    def test_a_picture_needs_a_description(self, small):
        script = self.SCRIPT.replace("# %% a line", "# %%")
        (small / "scripts" / "small.py").write_text(script, encoding="utf-8")
        with pytest.raises(ValueError, match="A cell with a picture must have a title"):
            lessons.build("small")

    def test_unknown_lesson(self, capsys):
        with pytest.raises(SystemExit):
            lessons.main(["nothing"])
        assert "Received: nothing" in capsys.readouterr().err
