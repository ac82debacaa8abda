"""Newer months of GS10 from a server that behaves, and from one that does not."""

import http.server
import io
import json
import re
import sys
import threading
import time
import urllib.request
import urllib.response
from functools import partial

import numpy as np
import pytest
from gs10_server import BAD, COUNT, GOOD, LAST, MONTH, MORE, UNREADABLE, Handler
from helpers import run

from keras_rnn.cli import data as data_commands
from keras_rnn.cli.app import main
from keras_rnn.gs10.files import GS10_FILE, newest_gs10, parse_gs10, read_gs10
from keras_rnn.gs10.refresh import fetch, plan_refresh, store


@pytest.fixture(scope="module")
def server():
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads, running.closing = True, threading.Event()
    threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.closing.set()
    running.shutdown()
    running.server_close()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("KERAS_RNN_DATA", str(tmp_path / "user" / "data"))
    return tmp_path / "user" / "data"


def refresh_gs10(capsys, *arguments):
    return run(capsys, "data", "refresh", "gs10", *arguments)


@pytest.mark.parametrize("name", ["good", "older_header", "unfinished", "to_good"])
def test_two_more_months(server, folder, capsys, name):
    code, out, err = refresh_gs10(capsys, "--from", f"{server}/{name}", "--yes")
    assert (code, err) == (0, "")
    assert f"{COUNT + 2} months, 1953-04 to {LAST + 2 * MONTH}, the last 4.55 percent\n" in out
    assert f"\n2 months added: {LAST + MONTH} to {LAST + 2 * MONTH}\n" in out
    assert (f"{LAST + 3 * MONTH} has no value yet and is left out" in out) == (name == "unfinished")
    assert out.endswith(f"stored in {folder / 'gs10.csv'}\n")
    assert [path.name for path in folder.iterdir()] == ["gs10.csv"]
    text = (folder / "gs10.csv").read_text(encoding="utf-8")
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert "series GS10" in comments[2]
    assert re.fullmatch(rf"# Fetched 20\d\d-\d\d-\d\d from {server}/{name}", comments[3])
    assert text.endswith(f"\n{MORE[0]},4.50\n{MORE[1]},4.55\n")
    months, values, _ = parse_gs10(text)
    np.testing.assert_array_equal(values, [*read_gs10()[1], 4.5, 4.55])
    np.testing.assert_array_equal(newest_gs10().months, months)
    main(["data", "show", "gs10", "--json"])
    assert json.loads(capsys.readouterr().out) == {
        "file": str(folder / "gs10.csv"), "source": "fetched", "months": COUNT + 2, "first": "1953-04",
        "last": str(LAST + 2 * MONTH), "last_value": 4.55,
    }  # fmt: skip
    code, out, _ = refresh_gs10(capsys, "--from", f"{server}/good", "--yes")  # once more
    assert code == 0
    assert out.endswith("no newer months than those in use: nothing stored\n")
    assert (folder / "gs10.csv").read_text(encoding="utf-8") == text


def test_small_revisions_are_told(server, folder, capsys):
    code, out, _ = refresh_gs10(capsys, "--from", f"{server}/revised", "--yes")
    assert code == 0
    assert "2 months revised, by at most 0.05 points, the last of them 2026-06\n" in out
    assert "2026-06-01,4.52" in (folder / "gs10.csv").read_text()
    code, out, _ = refresh_gs10(
        capsys, "--from", f"{server}/good", "--yes", "--json"
    )  # back: the stored series is in use
    told = json.loads(out)
    assert (code, told["added"], told["stored"]) == (0, [], str(folder / "gs10.csv"))
    assert told["revised"] == {"2026-05": [4.47, 4.48], "2026-06": [4.52, 4.47]}


def test_large_revisions_on_demand_only(server, folder, capsys):
    address = f"{server}/much_revised"
    code, out, err = refresh_gs10(capsys, "--from", address, "--yes", "--accept-revisions")
    assert (code, err) == (0, "")
    assert "1 months revised, by at most 0.06 points" in out
    assert "2020-03-01,0.93" in (folder / "gs10.csv").read_text()


@pytest.mark.parametrize("name", ["same", "only_revised"])
def test_what_the_loader_would_pass_over_is_not_stored(server, folder, capsys, name):
    code, out, _ = refresh_gs10(capsys, "--from", f"{server}/{name}", "--yes")
    assert code == 0
    assert out.endswith("no newer months than those in use: nothing stored\n")
    assert not folder.parent.exists()


def test_a_dry_run_tells_and_stores_nothing(server, folder, capsys):
    code, out, _ = refresh_gs10(capsys, "--from", f"{server}/unfinished", "--dry-run", "--json")
    assert code == 0
    assert json.loads(out) == {
        "address": f"{server}/unfinished", "months": COUNT + 2, "first": "1953-04", "last": str(LAST + 2 * MONTH),
        "last_value": 4.55, "added": [str(LAST + MONTH), str(LAST + 2 * MONTH)], "revised": {},
        "left_out": str(LAST + 3 * MONTH), "useful": True, "stored": None,
    }  # fmt: skip
    assert refresh_gs10(capsys, "--from", f"{server}/good", "--dry-run")[1].endswith("\nnothing stored\n")
    assert not folder.parent.exists()


@pytest.mark.parametrize(("answer", "stored"), [("y", True), ("", False), ("no", False), (EOFError, False)])
def test_it_asks(server, folder, capsys, monkeypatch, answer, stored):
    def reply(_):
        if answer is EOFError:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", reply)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert refresh_gs10(capsys, "--from", f"{server}/good")[0] == 0
    assert folder.exists() == stored


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--yes", "--dry-run"]])
def test_without_anybody_to_ask(folder, capsys, monkeypatch, arguments):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: bool(arguments), raising=False)
    code, out, err = refresh_gs10(capsys, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "--yes" in err


@pytest.mark.parametrize("kept", [False, True], ids=["nothing there", "a file there"])
@pytest.mark.parametrize("name", [*BAD, *UNREADABLE])
def test_a_server_that_misbehaves_changes_nothing(server, folder, capsys, monkeypatch, name, kept):
    if kept and name in ("drip", "silent"):
        pytest.skip("takes its time")
    before = b""
    if kept:
        before = store(plan_refresh(newest_gs10(), f"{server}/good")).read_bytes()
    monkeypatch.setattr(data_commands, "plan_refresh", partial(plan_refresh, timeout=1))
    start = time.monotonic()
    code, out, err = refresh_gs10(capsys, "--from", f"{server}/{name}", "--yes")
    assert time.monotonic() - start < 5
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("keras-rnn: error: ")
    assert "Received: " in err
    assert f"{server}/{name}" in err
    assert re.search(BAD[name][1] if name in BAD else UNREADABLE[name], err), err
    if kept:
        assert [path.name for path in folder.iterdir()] == ["gs10.csv"]
        assert (folder / "gs10.csv").read_bytes() == before
    else:
        assert not folder.parent.exists()


def test_an_address_where_nobody_listens(folder, capsys):
    code, out, err = refresh_gs10(capsys, "--from", "http://127.0.0.1:9/gs10.csv", "--yes")
    expected = (
        "keras-rnn: error: The series GS10 could not be read. Received: 'http://127.0.0.1:9/gs10.csv', Connection"
    )
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(expected)
    assert not folder.parent.exists()


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "FILE:gs10.csv", "ftp://127.0.0.1/gs10.csv", "data:text/csv,DATE", "javascript:0", "http:",
     "http://", "http://[", "http://a b/", "https://127.0.0.1:port/", "", "nowhere.csv", ".", "nul\0"],
)  # fmt: skip
def test_other_addresses(folder, capsys, monkeypatch, tmp_path, address):
    monkeypatch.chdir(tmp_path)
    code, out, err = refresh_gs10(capsys, "--from", address, "--yes")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"Received: {address!r}" in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("address", "final_address"),
    [("https://127.0.0.1/", "http://127.0.0.1/gs10.csv"), ("http://127.0.0.1/", "ftp://127.0.0.1/gs10.csv")],
)
def test_where_a_redirect_must_not_lead(monkeypatch, address, final_address):
    response = urllib.response.addinfourl(io.BytesIO(GOOD.encode()), {}, final_address)
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: response)
    with pytest.raises(OSError, match=f"Received: '{address}', a redirect to {final_address}"):
        fetch(address)
    assert response.closed


def test_a_local_file(folder, capsys, tmp_path):
    (tmp_path / "down load\n.csv").write_text(GOOD)
    assert refresh_gs10(capsys, "--from", str(tmp_path / "down load\n.csv"), "--yes")[0] == 0
    assert f"from {tmp_path}/down load .csv\nobservation_date,GS10\n" in (folder / "gs10.csv").read_text()
    assert newest_gs10().file == folder / "gs10.csv"


def test_more_digits_are_kept(folder, tmp_path):
    (tmp_path / "f.csv").write_text(f"{GOOD}{MORE[2]},4.5678\n")
    assert store(plan_refresh(newest_gs10(), str(tmp_path / "f.csv"))).read_text().endswith(",4.5678\n")


def test_a_damaged_file_is_replaced(server, folder, capsys):
    folder.mkdir(parents=True)
    (folder / "gs10.csv").write_text("damaged")
    code, _, err = refresh_gs10(capsys, "--from", f"{server}/good", "--yes")
    assert (code, err.count("\n")) == (0, 1)
    assert str(folder / "gs10.csv") in err
    assert newest_gs10().file == folder / "gs10.csv"


def test_never_in_the_package(server, capsys, monkeypatch):
    monkeypatch.setenv("KERAS_RNN_DATA", str(GS10_FILE.parent))
    before = GS10_FILE.read_bytes()
    code, _, err = refresh_gs10(capsys, "--from", f"{server}/good", "--yes")
    assert code == 2
    assert "a folder outside the package. Received: " in err
    assert GS10_FILE.read_bytes() == before


def test_a_folder_that_cannot_be_written(server, capsys, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("KERAS_RNN_DATA", str(tmp_path / "file"))
    code, _, err = refresh_gs10(capsys, "--from", f"{server}/good", "--yes")
    assert (code, err.count("\n")) == (2, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_show_the_packaged(capsys):
    assert main(["data", "show", "gs10"]) == 0
    assert (
        capsys.readouterr().out
        == f"{GS10_FILE} (packaged)\n{COUNT} months, 1953-04 to {LAST}, the last {read_gs10()[1][-1]:.2f} percent\n"
    )


@pytest.mark.parametrize("timeout", ["1", -1, float("nan")])
def test_another_timeout(timeout):
    with pytest.raises((TypeError, ValueError), match="`timeout` must be .*Received: "):
        fetch("http://127.0.0.1:9/", timeout)


def test_no_tensorflow_is_imported(fresh):
    code = """
import sys
from keras_rnn.cli.app import main
main(["data", "show", "gs10"])
print({"tensorflow", "keras", "pandas"} & set(sys.modules))
"""
    assert fresh(code).splitlines()[-1] == "set()"
