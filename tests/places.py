"""Where models run besides this Python, such as Node and Chromium: what they need, and how to get it."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
from pathlib import Path
from unittest import mock

import pytest
from helpers import CHECKOUT
from trees import document, packed, set_data, set_document

from keras_rnn.catalog.names import find
from keras_rnn.core.checksum import NAME, PLACEHOLDER, with_checksum
from keras_rnn.core.files import written_file
from keras_rnn.litert.flatbuffer import tree_of
from keras_rnn.web.litertjs import fetch, litertjs_folder

CACHE = CHECKOUT / "build" / "web"  # what npm gets, and screenshots
AXE = "axe-core@4.14.1"
AXE_SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="


def need(command: str, *packages: str) -> str:
    """`found`, which skips the test where there is none."""
    path = found(command, *packages)
    if path is None:
        pytest.skip(f"{command} is not installed, and cannot be by apt-get here")
    return path


@functools.cache
def found(command: str, *packages: str) -> str | None:
    """A command's path: installed first where it is missing and Debian's packages can be."""
    if path := shutil.which(command):
        return path
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    quietly = ["apt-get", "-o", "DPkg::Lock::Timeout=600", "-y", "-qq"]
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for line in (["update"], ["install", "--no-install-recommends", *packages]):
        subprocess.run([*quietly, *line], capture_output=True, env=env)
    return shutil.which(command)


def litertjs() -> Path:
    """A folder with LiteRT.js; skips the test where npm cannot get it."""
    need("npm", "nodejs", "npm")
    with mock.patch("platformdirs.user_cache_path", return_value=CACHE):
        try:
            return litertjs_folder()
        except OSError as error:
            pytest.skip(str(error))


def axe() -> str:
    """The source of axe-core, which looks for what keeps people from using a page."""
    path = CACHE / f"{AXE}.js"
    if not path.is_file():
        with written_file(path) as new:
            new.write_bytes(fetch(AXE, AXE_SHA512, ("axe.min.js",))["axe.min.js"])
    return path.read_text(encoding="utf-8")


def in_node(script: Path, requests: object) -> list:
    """What a script of Node prints of these requests, as JSON both."""
    line = [need("node", "nodejs"), str(script), str(litertjs())]
    done = subprocess.run(line, input=json.dumps(requests), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def repacked(model: object) -> bytes:
    """A shipped file's object tree as a file whose checksum is right."""
    entry = next(entry for entry in model.metadata if entry.name == NAME.encode())
    set_data(model, entry.buffer, PLACEHOLDER)
    return with_checksum(packed(model))


def saying(change: dict, name: str = "char", ensure_ascii: bool = True) -> bytes:
    """A shipped file whose document says something else of it; `ensure_ascii` as in `json.dumps`."""
    model = tree_of((find(name) / "model.tflite").read_bytes())
    said = json.loads(document(model)) | change
    set_document(model, json.dumps(said, ensure_ascii=ensure_ascii, separators=(",", ":")).encode())
    return repacked(model)
