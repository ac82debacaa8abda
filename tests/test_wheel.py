"""A wheel built from a clean copy and installed in an environment of its own serves a user."""

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from helpers import CHECKOUT

pytestmark = pytest.mark.slow
PAGE = (".css", ".html", ".js", ".png", ".svg", ".webmanifest")  # of what lies in examples/web


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder, and in it a wheel built from a copy of what git knows or would add."""
    folder = tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=CHECKOUT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.splitlines():
        if (CHECKOUT / name).is_file():
            (folder / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "clone" / name).write_bytes((CHECKOUT / name).read_bytes())
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--sdist",
        "--no-isolation",
        "--outdir",
        str(folder),
        str(folder / "clone"),
    ]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    return folder, wheel


def listed_files(*below):
    """What git knows of these folders."""
    done = subprocess.run(["git", "ls-files", *below], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


def test_the_wheel_holds_the_package_and_the_zoo_and_nothing_else(built):
    _, wheel = built
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    about = {name for name in names if name.split("/")[0].endswith(".dist-info")}
    zoo = {f"keras_rnn/{name}" for name in listed_files("saved_models")}
    page = {path.name for path in map(Path, listed_files("examples/web")) if path.suffix in PAGE}
    assert {"index.html", "app.js", "service_worker.js"} < page
    assert names - about == listed_files("keras_rnn") | zoo | {f"keras_rnn/web/page/{name}" for name in page}
    wanted = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "top_level.txt", "licenses/LICENSE"}
    assert {name.partition("/")[2] for name in about} == wanted


def test_the_source_distribution_builds_the_same_and_holds_no_more_than_git_knows(built):
    folder, _ = built
    (path,) = folder.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames() if not archive.getmember(name).isdir()}
    made = {name for name in names if name in ("PKG-INFO", "setup.cfg") or name.startswith("keras_rnn.egg-info/")}
    assert names - made <= listed_files()
    assert names >= {"LICENSE", "README.md", "pyproject.toml", "setup.py", *listed_files("keras_rnn", "saved_models")}


def test_an_index_would_take_both(built):
    pytest.importorskip("twine")
    folder, wheel = built
    check = [sys.executable, "-m", "twine", "check", "--strict", str(wheel), *map(str, folder.glob("*.tar.gz"))]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def environment(folder: Path, wheel: Path, others: Path) -> Path:
    """The Python of a new environment with the wheel, and with what lies in another folder."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    done = subprocess.run(install, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "others.pth").write_text(str(others))
    return python


@pytest.fixture(scope="module")
def installed(built):
    """With all that the wheel depends on, which comes from this environment, without network.

    The path file makes other packages importable but not this one's editable install, which is a path file itself.
    """
    folder, wheel = built
    return environment(folder / "env", wheel, Path(sysconfig.get_paths()["purelib"]))


@pytest.fixture(scope="module")
def bare(built):
    """With NumPy, click, ai-edge-litert and what that one requires, and nothing else."""
    folder, wheel = built
    few, site = folder / "few", Path(sysconfig.get_paths()["purelib"])
    few.mkdir()
    for name in ("ai_edge_litert", "backports", "click", "flatbuffers", "google", "ml_dtypes", "numpy", "numpy.libs",
                 "tqdm", "typing_extensions.py"):  # fmt: skip
        if (site / name).exists():
            (few / name).symlink_to(site / name)
    return environment(folder / "bare", wheel, few)


def run(python: Path, *arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [python, *arguments], capture_output=True, text=True, cwd=cwd, env={"KERAS_RNN_DATA": str(cwd)}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_the_wheels_own_package_with_all_its_files(installed, tmp_path):
    code = """
import pathlib, keras_rnn
from keras_rnn.catalog.names import zoo_folder
package = pathlib.Path(keras_rnn.__file__).parent
print(package.parent.name, zoo_folder() == package / "saved_models", (package / "py.typed").is_file())
print((package / "gs10" / "gs10.csv").is_file(), (package / "text" / "hello_world.txt").is_file())
for model in keras_rnn.list_models():
    print(model.name, sorted(p.name for p in model.folder.iterdir()))
"""
    lines = run(installed, "-c", code, cwd=tmp_path).splitlines()
    assert lines[0] == "site-packages True True"
    assert lines[1] == "True True"
    assert len(lines) == 2 + 13
    further = ", 'model_dynamic_range.tflite', 'model_float16.tflite'"
    for line in lines[2:]:
        quantized = further if line.startswith("char/shakespeare") else ""
        assert line.endswith(f"['1', 'README.md', 'card.json', 'model.keras', 'model.tflite'{quantized}]")


def test_usages(installed, tmp_path):
    """What needs the wheel's own files, and a first import; the README's examples are run in tests/docs."""
    code = """
from keras_rnn import char_model, gs10_model, load, load_gs10
import keras
model = char_model()
print(model.generate("he", 5), isinstance(model, keras.Model), load("char/hello_world/rnn_cell").generate("he", 9))
print(gs10_model().forecast(load_gs10("annual", "packaged")).round(2).to_string(index=False, header=False))
"""
    assert run(installed, "-c", code, cwd=tmp_path).split() == ["hello", "w", "True", "hello", "world", "4.31"]


def test_the_command(installed, tmp_path):
    assert run(installed.parent / "keras-rnn", "generate", "he", cwd=tmp_path) == "hello w\n"
    for name in ("char/hello_world/rnn_cell", "series/simulated/simple_rnn"):  # all of them: tests/artifacts
        assert "FAILED" not in run(installed.parent / "keras-rnn", "verify", name, cwd=tmp_path)


def test_the_page(installed, tmp_path):
    code = "from keras_rnn.web.site import page_folder, policy; print(page_folder().parent.name, policy())"
    assert run(installed, "-c", code, cwd=tmp_path).startswith("web default-src 'none'; script-src 'self'")


def test_runtime_where_there_is_no_tensorflow_keras_or_pandas(bare, tmp_path):
    code = """
import importlib.util
print([name for name in ("tensorflow", "keras", "pandas", "matplotlib") if importlib.util.find_spec(name)])
import keras_rnn
from keras_rnn import runtime
for info in keras_rnn.list_models():
    model = runtime.load(info.name)
    if info.name.startswith("char/shakespeare"):
        print(len(model.generate("h", 99)))
    elif info.name.startswith("char"):
        print(model.generate("he", 5), model.generate("he", 9, temperature=0.01, seed=1), len(model.predict_next("he")))
    elif info.name.startswith("series"):
        print(model.forecast([float(t % 4) for t in range(40)], 4, frequency="quarterly").mean.round(0) + 0)
    else:
        print(model.forecast([0.89, 1.44, 2.95, 3.96, 4.21, 4.29]).mean.round(2))
"""
    lines = run(bare, "-c", code, cwd=tmp_path).splitlines()
    words = ["hello w hello world 8"] * 2
    assert lines == ["[]", *words, "100", "100", *["[4.31]"] * 4, "[4.26]", "[4.26]", *["[0. 1. 2. 3.]"] * 3]
    assert run(bare.parent / "keras-rnn", "generate", "he", cwd=tmp_path) == "hello w\n"
    assert "char/hello_world/rnn_cell" in run(bare.parent / "keras-rnn", "list", cwd=tmp_path)
