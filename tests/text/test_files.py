"""Text files: which are found, and what is read of them."""

import gzip
import os

import pytest

from keras_rnn.text import files
from keras_rnn.text.files import find_texts, read_text_blocks


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.fixture
def folder(tmp_path):
    for name in ("b.txt", "a.TXT", "sub/c.txt.gz", ".hidden.txt", ".git/d.txt", "notes.md", "sub/picture.png"):
        write(tmp_path / name, "")
    return tmp_path


def names(found, folder):
    return [path.relative_to(folder).as_posix() for path in found]


def test_a_folder_is_its_texts_sorted_and_none_hidden(folder):
    assert names(find_texts(folder), folder) == ["a.TXT", "b.txt", "sub/c.txt.gz"]


def test_globs_and_lists_and_each_file_once(folder):
    assert names(find_texts(str(folder / "*.md")), folder) == ["notes.md"]
    assert names(find_texts(str(folder / "**" / "*.txt*")), folder) == ["b.txt", "sub/c.txt.gz"]
    link = folder / "link.txt"
    link.symlink_to(folder / "b.txt")
    found = find_texts([folder / "notes.md", link, folder])
    assert names(found, folder) == ["notes.md", "link.txt", "a.TXT", "sub/c.txt.gz"]


def test_a_file_with_a_name_like_a_glob(tmp_path):
    path = write(tmp_path / "a[1].txt", "")
    assert find_texts(path) == [path]


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("nothing.txt", FileNotFoundError, "a file, a folder or a glob.*'nothing.txt', which is not there"),
        ("no*.txt", ValueError, "a glob that matches files.*'no\\*.txt', which has none"),
        ("empty", ValueError, "a folder with files that end in .txt or .txt.gz.*'empty', which has none"),
        ("pipe", ValueError, "must be a file. Received: 'pipe'"),
        ("loop.txt", FileNotFoundError, "loop.txt"),
        ("x" * 5000, FileNotFoundError, "xxx..., which is not there"),
        ("What is this?\n" * 5000, ValueError, "^.{200,500}, which has none"),
        ([], ValueError, "at least one text. Received: \\[\\]"),
        ("", TypeError, "a path, a glob or a list of them. Received: ''"),
        (b"a.txt", TypeError, "Received: b'a.txt'"),
        (["a.txt", 3], TypeError, "Received: "),
        (3, TypeError, "Received: 3"),
    ],
)
def test_nothing_to_find(source, error, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "empty/notes.md", "")
    os.mkfifo("pipe")
    os.symlink("loop.txt", "loop.txt")
    with pytest.raises(error, match=message):
        find_texts(source)


def test_a_folder_that_cannot_be_read(tmp_path, monkeypatch):
    def scandir(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", scandir)  # whoever runs the tests may be allowed to read everything
    with pytest.raises(PermissionError, match="a folder that can be read. Received: .*Permission denied"):
        find_texts(tmp_path)


@pytest.mark.parametrize("block", [1, 2, 3, 5, 2**20])
@pytest.mark.parametrize("ending", [".txt", ".txt.gz"])
def test_blocks_cut_nothing(block, ending, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "BLOCK", block)
    data = "\ufeffé日\r\n😀\ra\n\ufeffb\r".encode()
    path = write(tmp_path / f"t{ending}", gzip.compress(data) if ending.endswith("gz") else data)
    assert "".join(read_text_blocks(path)) == "é日\n😀\na\n\ufeffb\n"  # the mark at the beginning alone


@pytest.mark.parametrize("block", [1, 2, 3, 2**20])
@pytest.mark.parametrize(("data", "place"), [("日本".encode() + b"a\xe9b", 7), (b"\xef\xbb\xbfab\xe6\x97", 5)])
def test_bad_bytes_are_named_or_as_asked(block, data, place, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "BLOCK", block)
    path = write(tmp_path / "t.txt", data)
    with pytest.raises(
        ValueError, match=rf"UTF-8 text. Received: .*t.txt', whose byte {place} .*`errors` as \"replace\""
    ):
        list(read_text_blocks(path))
    if block == 2**20:
        for errors in ("replace", "ignore"):
            expected = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors)
            assert "".join(read_text_blocks(path, errors)) == expected


@pytest.mark.parametrize("errors", files.ERRORS)
def test_binary(errors, tmp_path):
    with pytest.raises(ValueError, match="NUL"):
        list(read_text_blocks(write(tmp_path / "t.txt", b"ab\0c"), errors))
    with pytest.raises(ValueError, match="NUL"):
        list(read_text_blocks(write(tmp_path / "t.txt", "text".encode("utf-16")), errors))
    cyrillic = "Широка страна моя родная".encode("cp1251")
    with pytest.raises(ValueError, match="whose byte 0" if errors == "strict" else "none for the most part"):
        list(read_text_blocks(write(tmp_path / "t.txt", cyrillic), errors))


@pytest.mark.parametrize("damage", ["short", "flipped", "other", "tail"])
def test_damaged_gzip(damage, tmp_path):
    data = gzip.compress(os.urandom(1000).hex().encode())
    flipped = data[:500] + bytes([data[500] ^ 255]) + data[501:]
    path = write(
        tmp_path / "t.txt.gz",
        {"short": data[:-20], "flipped": flipped, "other": b"plain text", "tail": data + b"more"}[damage],
    )
    with pytest.raises(OSError, match="a whole gzip file. Received: .*t.txt.gz', ."):
        list(read_text_blocks(path))


def test_unreadable(tmp_path):
    with pytest.raises(FileNotFoundError, match="a file that can be read. Received: .*t.txt', No such file"):
        list(read_text_blocks(tmp_path / "t.txt"))
