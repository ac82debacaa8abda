"""Whole or not at all, also when the disk is full or the folder is not ours."""

import errno
import os
import stat

import pytest

from keras_rnn.core.files import check_path, check_writable, file_sizes, written_file, written_folder


def tree(folder):
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    target = tmp_path / "a" / "model"
    for number in ("1", "2"):
        with written_folder(target) as new:
            (new / f"file{number}").write_text(number)
            assert not (target / f"file{number}").exists()
    assert tree(tmp_path) == {"a/model/file2": "2"}
    assert stat.S_IMODE(target.stat().st_mode) == 0o777 & ~current_umask()
    assert file_sizes(tmp_path) == {"a/model/file2": 1}


def current_umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left")])
def test_nothing_is_left_of_what_failed_and_nothing_lost_of_what_was(tmp_path, error):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_text("old")
    (tmp_path / "file").write_text("old")
    for write, target in ((written_folder, "model"), (written_file, "file")):
        with pytest.raises(type(error)), write(tmp_path / target) as new:  # noqa: PT012
            (new / "half" if new.is_dir() else new).write_text("half")
            raise error
    assert tree(tmp_path) == {"model/old": "old", "file": "old"}


def test_the_old_folder_comes_back_when_the_exchange_fails(tmp_path):
    target = tmp_path / "model"
    with written_folder(target) as new:
        (new / "old").write_text("old")
    with pytest.raises(OSError, match="Received: "), written_folder(target) as new:
        new.rmdir()  # what was to take its place is gone
    assert tree(tmp_path) == {"model/old": "old"}


def test_the_wrong_kind_of_target(tmp_path):
    (tmp_path / "file").write_text("old")
    with pytest.raises(OSError, match=r"folder must be one that can be written. Received: '.*file', it is a file"):
        written_folder(tmp_path / "file").__enter__()
    with pytest.raises(OSError, match="it is a file"):
        check_writable(tmp_path / "file")
    with pytest.raises(OSError, match=r"file must be one that can be written. Received: '.*', it is a folder"):
        written_file(tmp_path).__enter__()
    with pytest.raises(OSError, match="it is a folder"):
        check_writable(tmp_path, "file")
    assert check_writable(tmp_path / "file", "file") == tmp_path / "file"
    with pytest.raises(OSError, match="Received: '.*below'"):
        written_folder(tmp_path / "file" / "below").__enter__()
    assert tree(tmp_path) == {"file": "old"}


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user for a moment, which only root may")
def test_no_permission(tmp_path):
    tmp_path.chmod(0o755)
    os.seteuid(65534)
    try:
        for write in (written_folder, written_file):
            with pytest.raises(PermissionError, match="Received: '.*', Permission denied"):
                write(tmp_path / "model").__enter__()
        with pytest.raises(PermissionError, match="Permission denied"):
            check_writable(tmp_path / "model")
    finally:
        os.seteuid(0)
    assert not list(tmp_path.iterdir())


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with written_folder(tmp_path / "link") as new:
        (new / "file").write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert tree(tmp_path / "real") == {"file": "new"}


def test_parents_made_for_nothing_are_gone_again(tmp_path):
    with pytest.raises(ValueError, match="bad"), written_folder(tmp_path / "a" / "b" / "model"):
        raise ValueError("bad")
    assert list(tmp_path.iterdir()) == []
    check_writable(tmp_path / "a" / "b" / "model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", [None, 3, "", b"bytes"])
def test_what_is_no_path(path):
    with pytest.raises(TypeError, match="Received: "):
        check_path(path)
