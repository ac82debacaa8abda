"""Nothing stays of what was killed, and nothing goes of what lives."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
import threading

import pytest
from helpers import inherited

from keras_rnn.core import files
from keras_rnn.core.files import read_at_once, written_file, written_folder
from keras_rnn.core.scratch import OLD, PREFIX, TemporaryFilesError, scratch_folder, temporary_folder

WRITER = """
import sys, itertools
from pathlib import Path
from keras_rnn.core.files import written_file, written_folder
target, word, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("begun", flush=True)
for i in range(rounds) if rounds else itertools.count():
    with written_folder(target / "model") as new:
        for name in "ab":
            (new / name).write_text(f"{word}{i}")
    with written_file(target / "file") as new:
        new.write_text(f"{word}{i}" * 1000)
"""


def writer(folder, word, rounds=0):
    line = [sys.executable, "-c", WRITER, str(folder), word, str(rounds)]
    process = subprocess.Popen(line, env=inherited(), stdout=subprocess.PIPE, text=True)
    with process.stdout as output:
        assert output.readline() == "begun\n"
    return process


def both(folder):
    return read_at_once(folder, lambda: [(folder / name).read_text() for name in "ab"])


def test_a_reader_beside_two_writers_meets_whole_ones_only(tmp_path):
    with written_folder(tmp_path / "model") as new:
        for name in "ab":
            (new / name).write_text("first")
    (tmp_path / "file").write_text("first")
    writers, met = [writer(tmp_path, word, 40) for word in ("x", "y")], set()
    while any(process.poll() is None for process in writers):
        one, other = both(tmp_path / "model")
        assert one == other
        met.add(one)
        text = (tmp_path / "file").read_text()
        assert text == "first" or text == text[: len(text) // 1000] * 1000
    assert [process.returncode for process in writers] == [0, 0]
    assert len(met) > 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "model"]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_killed_writer_leaves_a_whole_one_and_the_next_sweeps(tmp_path, end):
    writer(tmp_path, "first", 1).wait()
    for delay in (0.0, 0.01, 0.02, 0.03, 0.05):
        process = writer(tmp_path, "x")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.1 + delay)
        process.send_signal(end)
        process.wait()
        one, other = both(tmp_path / "model")
        assert one == other
    with written_file(tmp_path / "last") as new:
        new.write_text("last")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "last", "model"]


def test_what_lives_is_not_swept(tmp_path):
    with scratch_folder(tmp_path) as mine:
        (mine / "half").write_text("half")
        with scratch_folder(tmp_path) as other:
            assert other != mine
        done = threading.Thread(target=lambda: scratch_folder(tmp_path).__enter__())
        done.start()
        done.join()
        assert (mine / "half").read_text() == "half"
    with scratch_folder(tmp_path):
        pass


def test_where_names_cannot_be_exchanged_the_old_one_is_put_aside(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_exchanged_at_once", lambda *_: False)
    for word in ("old", "new"):
        with written_folder(tmp_path / "model") as new:
            (new / "file").write_text(word)
    assert (tmp_path / "model" / "file").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_what_was_put_aside_when_the_kill_came_is_put_back(tmp_path):
    aside = tmp_path / f"{PREFIX}12345678" / OLD / "model"
    aside.mkdir(parents=True)
    (aside / "file").write_text("old")
    with scratch_folder(tmp_path):
        assert (tmp_path / "model" / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_link_with_such_a_name_is_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    (tmp_path / f"{PREFIX}12345678").symlink_to("mine")
    with scratch_folder(tmp_path):
        pass
    assert (tmp_path / "mine" / "file").read_text() == "mine"


def test_a_reader_is_told_of_what_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        both(tmp_path / "model")


def test_no_room_for_temporary_files_is_said_of_them(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(TemporaryFilesError, match="TMPDIR names another. Received: '.*', No space left"):  # noqa: SIM117
        with written_file(tmp_path / "file"), temporary_folder():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not list(tmp_path.iterdir())


def test_what_a_strangers_link_leads_to_stays_where_it_is(tmp_path):
    (home := tmp_path / "home").mkdir()
    (home / "precious").touch()
    (place := tmp_path / "place").mkdir()
    (place / f"{PREFIX}x").mkdir()
    (place / f"{PREFIX}x" / OLD).symlink_to(home)
    with scratch_folder(place):
        pass
    assert [path.name for path in home.iterdir()] == ["precious"]
    assert list(place.iterdir()) == []


def test_trouble_with_another_file_is_not_said_of_temporary_ones(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"), temporary_folder():
        (tmp_path / "nowhere" / "x").touch()
