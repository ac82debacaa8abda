"""A wheel built from a clean copy and installed in an environment of its own serves the README's usages."""

import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from conftest import CHECKOUT

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The Python of an environment with the wheel; what it depends on comes from this environment, without network.

    The path file makes other packages importable but not this one's editable install, which is a path file itself.
    """
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
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(folder / "clone")]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    done = subprocess.run(install, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    (site / "others.pth").write_text(sysconfig.get_paths()["purelib"])
    return python


def run(python: Path, *arguments: str, cwd: Path) -> str:
    done = subprocess.run([python, *arguments], capture_output=True, text=True, cwd=cwd, env={})
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_the_wheels_own_package_with_all_its_files(installed, tmp_path):
    code = """
import pathlib, keras_rnn
from keras_rnn.registry import zoo_folder
package = pathlib.Path(keras_rnn.__file__).parent
print(package.parent.name, zoo_folder() == package / "saved_models", (package / "py.typed").is_file())
print(sorted(p.name for p in (package / "data").iterdir()))
for model in keras_rnn.list_models():
    print(model.name, sorted(p.name for p in model.folder.iterdir()))
"""
    lines = run(installed, "-c", code, cwd=tmp_path).splitlines()
    assert lines[0] == "site-packages True True"
    assert lines[1] == "['gs10.csv', 'hello_world.txt']"
    assert len(lines) == 2 + 4
    for line in lines[2:]:
        assert line.endswith("['1', 'README.md', 'card.json', 'model.keras', 'model.tflite']")


def test_the_readmes_usages(installed, tmp_path):
    for code, output in re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", README, re.DOTALL):
        assert run(installed, "-c", code, cwd=tmp_path) == output


def test_the_command(installed, tmp_path):
    assert run(installed.parent / "keras-rnn", "generate", "he", cwd=tmp_path) == "hello w\n"
    assert "FAILED" not in run(installed.parent / "keras-rnn", "verify", cwd=tmp_path)
