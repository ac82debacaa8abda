"""SHA-256 of all files that the package index has of the versions in constraints.txt: `constraints.sha256`.

python scripts/hashes.py                  # write it anew, after a change of constraints.txt
python scripts/hashes.py check REPORT     # hold against it what pip has installed, by its `--report`
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path

CONSTRAINTS = Path(__file__).resolve().parent.parent / "constraints.txt"
HASHES = CONSTRAINTS.with_suffix(".sha256")


def index_page(project: str) -> dict:
    """What the index that pip uses says of a project: https://packaging.python.org/specifications/simple-repository-api"""
    from pip._internal.models.index import PyPI

    index = os.environ.get("PIP_INDEX_URL", PyPI.simple_url).rstrip("/")
    request = urllib.request.Request(f"{index}/{project}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer) | {"base": answer.url}


def write() -> None:
    lines = []
    for pin in CONSTRAINTS.read_text(encoding="utf-8").splitlines():
        if pin.startswith("#"):
            continue
        name, version = pin.split("==")
        name = name.lower().replace("_", "-").replace(".", "-")
        found = index_page(name)["files"]
        wanted = (f"-{version}-", f"-{version}.tar.gz", f"-{version}.zip")
        hashes = sorted({f["hashes"]["sha256"] for f in found if any(end in f["filename"] for end in wanted)})
        if not hashes:
            raise SystemExit(f"the index has no file of {pin}")
        lines.append(f"{name} {version} {' '.join(hashes)}\n")
    HASHES.write_text("".join(lines), encoding="utf-8")


def check(report: Path) -> None:
    lines = (line.split() for line in HASHES.read_text(encoding="utf-8").splitlines())
    known = {name: hashes for name, _, *hashes in lines}
    for one in json.loads(report.read_text(encoding="utf-8"))["install"]:
        if "archive_info" not in one["download_info"]:  # this package, from its folder
            continue
        name = one["metadata"]["name"].lower().replace("_", "-").replace(".", "-")
        sha256 = one["download_info"]["archive_info"]["hashes"]["sha256"]
        if "+" in one["metadata"]["version"]:  # such as PyTorch's build for CPUs, of its own index
            print(f"{name} {one['metadata']['version']} is not of the package index: its hash is not known")
        elif sha256 not in known.get(name, []):
            raise SystemExit(f"{name} must be a file that {HASHES.name} knows. Received: {one['download_info']['url']}")


if __name__ == "__main__":
    check(Path(sys.argv[2])) if sys.argv[1:2] == ["check"] else write()
