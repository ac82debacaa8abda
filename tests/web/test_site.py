"""The page's files, the server that gives them and nothing else, and how LiteRT.js is got."""

import base64
import gzip
import hashlib
import http.client
import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import chromium
import places
import pytest
from helpers import CHECKOUT, inherited, run

from keras_rnn.catalog.names import find
from keras_rnn.core.files import file_sizes
from keras_rnn.gs10.data import load_gs10
from keras_rnn.web import litertjs
from keras_rnn.web.server import PageServer
from keras_rnn.web.site import page_folder, policy, site

PAGE = CHECKOUT / "examples" / "web"
SHOWN = ("*.html", "*.css", "*.js", "*.webmanifest")


def page_files(*patterns):
    return [path for pattern in patterns for path in sorted(PAGE.glob(pattern))]


def text_of(path):
    return path.read_text(encoding="utf-8")


def test_the_page_is_light(server):
    """What travels until it answers, but for the wasm and its loader: a kind of model's modules once one is shown."""
    shown = [path.name for path in page_files("*.html", "*.css", "*.js") if path.name != "answers.js"]
    for kind in ("text", "series"):
        others = {f"{other}{part}.js" for other in {"text", "series"} - {kind} for part in ("", "_view")}
        assert sum((PAGE / name).stat().st_size for name in shown if name not in others) < 60_000
    own = [path.name for path in page_files(*SHOWN) if path.name != "answers.js"]
    sizes = {}
    for address in [*own, "models.json", "litertjs/core/dist/index.js", "litertjs/wasm-utils/dist/index.js"]:
        answer, found = ask(server, f"/{address}", **{"Accept-Encoding": "gzip"})
        content = server.site[address]
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(found) == (content if isinstance(content, bytes) else content.read_bytes())
        sizes[address] = len(found)
    assert sum(sizes.values()) < 45_000
    assert sum(sizes[name] for name in own) < 30_000


def test_the_page_is_of_one_place():
    files = page_files(*SHOWN)
    assert page_folder() == PAGE
    for path in files:
        addresses = re.findall(r"https?://[\w.]+", text_of(path))
        assert set(addresses) <= {"http://www.w3.org"}, path  # the name of SVG, which nobody fetches
        assert "innerHTML" not in text_of(path)
        assert len(text_of(path).splitlines()) <= (300 if path.suffix == ".js" else 600)


def test_the_policy_allows_what_is_served_and_wasm():
    html = text_of(PAGE / "index.html")
    (imports,) = re.findall(r'<script type="importmap">(.*?)</script>', html, re.DOTALL)
    allowed = base64.b64encode(hashlib.sha256(imports.encode()).digest()).decode()
    assert f"script-src 'self' 'wasm-unsafe-eval' 'sha256-{allowed}'" in policy()
    assert "default-src 'none'" in policy()
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(policy().split())
    assert not re.findall(r"\son\w+=|\sstyle=", html)


def test_both_languages_say_everything():
    found = re.findall(r"^  \"?([\w/]+)\"?: \[(.*?),?\s*\],$", text_of(PAGE / "texts.js"), re.MULTILINE | re.DOTALL)
    texts = {key: json.loads(f"[{both}]") for key, both in found}
    for english, chinese in texts.values():
        assert english
        assert re.search("[一-鿿]", english + chinese) or (english, chinese) == ("unit", "")  # that Chinese leaves out
    used = set(re.findall(r'data-(?:text|label)="(\w+)"', text_of(PAGE / "index.html")))
    for path in page_files("*.js"):
        used |= set(re.findall(r'(?:say|FileError)\("(\w+)"', text_of(path)))
    assert used - {"late"} <= set(texts)


@pytest.fixture(scope="module")
def server():
    with chromium.serving(places.litertjs()) as server:
        yield server


def ask(server, address, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, address, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def test_every_file_is_served(server):
    kinds = {".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".png": "image/png",
             ".css": "text/css", ".json": "application/json", ".tflite": "application/octet-stream",
             ".svg": "image/svg+xml", ".webmanifest": "application/manifest+json"}  # fmt: skip
    assert {Path(address).suffix for address in server.site} == set(kinds)
    for address, content in server.site.items():
        answer, found = ask(server, f"/{address}")
        assert (answer.status, found) == (200, content if isinstance(content, bytes) else content.read_bytes())
        assert answer.headers["Content-Type"].split(";")[0] == kinds[Path(address).suffix]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == f"{policy()}; frame-ancestors 'none'"
    assert ask(server, "/")[1] == ask(server, "/index.html?a=1")[1] == (PAGE / "index.html").read_bytes()
    answer, found = ask(server, "/style.css", "HEAD")
    assert (answer.headers["Content-Length"], found) == (str((PAGE / "style.css").stat().st_size), b"")
    tag = ask(server, "/app.js")[0].headers["ETag"]
    answer, found = ask(server, "/app.js", **{"If-None-Match": tag})
    assert (answer.status, found) == (304, b"")


@pytest.mark.parametrize(
    "address",
    ["/nope", "/../pyproject.toml", "/%2e%2e/pyproject.toml", "//etc/passwd", "/models/../../README.md", "/serve",
     "/package.json", "/node.mjs", "/models/", "/litertjs/core/package.json", "/..%5c..%5cREADME.md", "/%00"],
)  # fmt: skip
def test_nothing_else_is_served(server, address):
    answer, content = ask(server, address)
    assert answer.status == 404
    assert answer.headers["Content-Security-Policy"]
    assert b"keras" not in content
    assert ask(server, "/app.js", "POST")[0].status == 501


def test_it_listens_to_this_machine_only(server):
    assert server.server_address[0] == "127.0.0.1"
    with pytest.raises(OSError, match=f"`port` must be free. Received: {server.server_port}"):
        PageServer(server.site, server.server_port)


def test_models_and_history(server):
    catalog = json.loads(server.site["models.json"])
    for one in catalog["models"]:
        path = find("/".join([one["model"], one["cell"]])) / Path(one["file"]).name
        assert one["bytes"] == path.stat().st_size
        assert one["precision"] in path.stem or path.stem == "model"
    assert len(catalog["models"]) == 14
    for frequency in ("annual", "monthly"):
        series, shown = load_gs10(frequency, "packaged"), catalog["history"][frequency]
        assert shown["names"] == series.index.astype(str).tolist()[-60:]
        assert shown["values"] == pytest.approx(series.tolist()[-60:], abs=1e-4)


def test_the_command_writes_the_page_and_serves_it(tmp_path, capsys):
    folder = places.litertjs()
    assert run(capsys, "web", "--out", tmp_path / "page", "--litert", folder) == (0, f"{tmp_path / 'page'}\n", "")
    assert set(file_sizes(tmp_path / "page")) == set(site(folder))
    code, _, error = run(capsys, "web", "--out", tmp_path / "page", "--litert", folder)
    assert (code, "--out must be a new or an empty folder" in error) == (2, True)
    line = [sys.executable, "-m", "keras_rnn", "web", "--no-browser", "--port", "0", "--litert", str(folder)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=inherited()) as process:
        address = process.stdout.readline().split()[0]
        with urllib.request.urlopen(f"{address}models.json", timeout=10) as answer:
            assert answer.status == 200
        process.terminate()
        assert (process.wait(10), process.stderr.read()) == (143, "keras-rnn: interrupted\n")


def test_a_cache_that_lacks_files_is_filled_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path)
    (tmp_path / f"litertjs-{litertjs.VERSION}").mkdir()
    with pytest.raises(FileNotFoundError, match="npm must be installed"):
        litertjs.litertjs_folder()


def test_folders_without_litertjs_are_refused(tmp_path, capsys):
    code, _, error = run(capsys, "web", "--litert", tmp_path)
    assert (code, error) == (
        2,
        "keras-rnn: error: --litert must be a folder in which `npm install @litertjs/core@2.5.3` was run. "
        f"Received: {str(tmp_path)!r}\n",
    )
    other = tmp_path / litertjs.INSIDE / "core" / "package.json"
    other.parent.mkdir(parents=True)
    other.write_text('{"version": "9.9.9"}')
    assert run(capsys, "web", "--litert", tmp_path)[2].endswith("version 9.9.9\n")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "npm must be installed"),
        ("echo npm error code E404 >&2; exit 1", "npm must be able to fetch @litertjs/core@2.5.3. Received: npm error"),
        ("echo other > x.tgz", "The archive of @litertjs/core@2.5.3 must have the SHA-512 PlGmb"),
    ],
)
def test_what_npm_may_get_wrong(script, message, tmp_path, capsys, monkeypatch):
    if script is not None:
        (tmp_path / "npm").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "cache")
    code, printed, error = run(capsys, "web", "--no-browser")
    assert (code, printed) == (2, "")
    assert error.startswith(f"keras-rnn: error: {message}")
    assert error.count("\n") == 1
    assert not (tmp_path / "cache").exists()
