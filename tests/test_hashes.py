"""`scripts/hashes.py`: what pip has installed is one of the files that the index had of the tested versions."""

import json
import re
import subprocess
import sys

import pytest
from helpers import CHECKOUT

LINES = [line.split() for line in (CHECKOUT / "constraints.sha256").read_text(encoding="utf-8").splitlines()]


def test_every_version_has_its_hashes():
    pins = re.findall(r"^([^#=]+)==(.+)$", (CHECKOUT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert [(name, version) for name, version, *_ in LINES] == [
        (re.sub("[_.]", "-", name.lower()), version) for name, version in pins
    ]
    assert all(len(sha256) == 64 for _, _, *hashes in LINES for sha256 in hashes)
    assert all(len(line) > 2 for line in LINES)


@pytest.mark.parametrize("changed", [False, True])
def test_another_file_is_refused(tmp_path, changed):
    name, version, sha256, *_ = LINES[0]
    archive = {"hashes": {"sha256": sha256[::-1] if changed else sha256}}
    ours = {"metadata": {"name": "keras-rnn"}, "download_info": {"url": "file:///", "dir_info": {}}}
    found = {"url": f"https://x/{name}.whl", "archive_info": archive}
    other = {"metadata": {"name": name, "version": version}, "download_info": found}
    (tmp_path / "report.json").write_text(json.dumps({"install": [ours, other]}), encoding="utf-8")
    line = [sys.executable, "-I", str(CHECKOUT / "scripts" / "hashes.py"), "check", str(tmp_path / "report.json")]
    done = subprocess.run(line, capture_output=True, text=True)
    assert (done.returncode == 0) != changed
    assert (f"{name} must be a file that constraints.sha256 knows" in done.stderr) == changed
