"""The site is built without a warning: no dead link, no page left out, no name that is not there."""

import re
import subprocess
import sys

import numpy as np
import pytest
from helpers import CHECKOUT, inherited, script
from matplotlib.image import imread

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site."""
    folder = tmp_path_factory.mktemp("site")
    line = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder]
    done = subprocess.run(line, capture_output=True, text=True, cwd=CHECKOUT, env=inherited())
    assert done.returncode == 0, done.stderr
    return folder


def read(site, page):
    return (site / page).read_text(encoding="utf-8")


def test_lessons_have_their_outputs_and_pictures(site):
    for page in "lessons/gs10.html", "zh/lessons/gs10.html":
        html = read(site, page)
        assert "1954 to 2025, 72 years" in html
        assert len(re.findall(r"<img[^>]*gs10_\d\.png", html)) == 4
    for name in "gs10.ipynb", "gs10.py", "gs10_4.png":
        assert (site / "lessons" / name).stat().st_size > 1000


def test_chinese_pages_say_so(site):
    assert '<html lang="zh"' in read(site, "zh/index.html")
    assert '<html lang="en"' in read(site, "index.html")


def test_reference(site):
    for page, names in {
        "models": ["char_model", "RNNCell", "ScaledIdentity"],
        "files": ["to_litert", "from_torch"],
        "runtime": ["load", "Forecast"],
        "insight": ["memory", "gradients", "Shapes"],
        "plots": ["plot_forecast", "plot_unrolled"],
    }.items():
        html = read(site, f"reference/{page}.html")
        for name in names:
            assert re.search(rf'<h\d id="keras_rnn\.[\w.]*{name}"', html), name


def test_every_command_has_its_help(site):
    text = re.sub("<[^>]+>", "", read(site, "reference/command.html"))
    top, *rest = re.split(r"\$ keras-rnn .*--help\n", text)[1:]
    listed = re.findall(r"^ {2,4}([a-z][a-z-]+)(?: {2,}\S|$)", top, re.MULTILINE)
    shown = re.findall(r"\$ keras-rnn ([a-z][a-z-]*)", text)
    assert set(listed) == set(shown)
    assert all("--help" in usage for usage in rest)


def test_nothing_is_fetched_from_elsewhere(site):
    fetched = re.compile(
        r'<(?:script|img|iframe|link rel="(?:stylesheet|preconnect)")[^>]*(?:src|href)="(https?:[^"]+)'
    )
    for page in site.rglob("*.html"):
        assert fetched.findall(page.read_text(encoding="utf-8")) == [], page


def test_the_picture_of_the_readme_is_drawn_by_its_script(tmp_path):
    drawn, shipped = tmp_path / "overview.png", CHECKOUT / "docs" / "pictures" / "overview.png"
    picture = script("build_picture")
    picture.save_figure(picture.overview(), drawn)
    new, old = imread(drawn), imread(shipped)
    assert np.abs(np.subtract(new.shape, old.shape)).max() <= 8  # pixels: another matplotlib crops otherwise
    assert abs(new[..., :3].mean() - old[..., :3].mean()) < 0.02
