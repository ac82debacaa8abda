"""A text of any size: what it holds, how it is cut, and that its memory does not grow."""

import gzip
import itertools

import numpy as np
import pytest

from keras_rnn.text import corpus as corpus_file
from keras_rnn.text.corpus import Corpus
from keras_rnn.text.vocabulary import BYTES, UNKNOWN, bytes_to_text, decode

TEXT = "".join(np.random.default_rng(0).choice(list("abcdé日\n "), 997))


def write(path, text):
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def text_of(corpus, part):
    return decode(part.ids.read(np.array([part.first]), part.size)[0], corpus.vocabulary)


def test_every_source_gives_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus_file, "BLOCK", 100)
    plain, zipped = write(tmp_path / "a.txt", TEXT), write(tmp_path / "b.gz", TEXT)
    for corpus in (Corpus(plain), Corpus(str(zipped)), Corpus(text=TEXT), Corpus(str(tmp_path / "a*"))):
        assert corpus.vocabulary == "\n abcdé日"
        assert text_of(corpus, corpus.training) + text_of(corpus, corpus.validation) == TEXT
        assert (len(corpus.training), len(corpus.validation), corpus.unknown) == (897, 100, 0)


@pytest.mark.parametrize(
    ("count", "dtype"), [(2, np.uint8), (256, np.uint8), (257, np.uint16), (65536, np.uint16), (65537, np.uint32)]
)
def test_the_smallest_ids(count, dtype):
    text = "".join(map(chr, itertools.chain(range(1, 0xD800), range(0xE000, count + 0x801))))[:count]
    corpus = Corpus(text=text, validation=0)
    assert corpus.validation is None
    assert corpus.training.ids.dtype == dtype
    assert text_of(corpus, corpus.training) == text


def test_a_capped_vocabulary():
    corpus = Corpus(text="aaaabbbccdé", max_vocabulary=4, validation=0)
    assert (corpus.vocabulary, corpus.unknown) == ("abc" + UNKNOWN, 2)
    assert text_of(corpus, corpus.training) == "aaaabbbcc" + 2 * UNKNOWN
    assert Corpus(text="abcd", max_vocabulary=4).vocabulary == "abcd"


def test_going_on_with_a_vocabulary():
    with pytest.raises(ValueError, match=r"vocabulary 'abc', which has no U\+FFFD .* Received: 2 others, 'xy'"):
        Corpus(text="abcyxx", vocabulary="abc")
    corpus = Corpus(text="abcyxx", vocabulary="abc" + UNKNOWN, validation=0)
    assert (corpus.vocabulary, corpus.unknown) == ("abc" + UNKNOWN, 3)
    assert text_of(corpus, corpus.training) == "abc" + 3 * UNKNOWN


def test_bytes():
    corpus = Corpus(text=TEXT, vocabulary=BYTES, validation=0)
    assert corpus.vocabulary == BYTES
    ids = corpus.training.ids.read(np.array([0]), len(TEXT.encode()))[0]
    assert bytes(ids.tolist()) == TEXT.encode()
    assert "".join(bytes_to_text(decode(ids, BYTES))) == TEXT


def test_bad_bytes_become_the_unknown_character(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("caf\xe9 noir, caf\xe9 crème".encode("latin-1"))
    with pytest.raises(ValueError, match="whose byte 3 "):
        Corpus(path)
    corpus = Corpus(path, errors="replace", validation=0)
    assert text_of(corpus, corpus.training) == "caf\ufffd noir, caf\ufffd cr\ufffdme"
    assert UNKNOWN not in Corpus(path, errors="ignore").vocabulary


@pytest.fixture
def books(tmp_path):
    for letter in "abcdef":
        write(tmp_path / f"{letter}.txt", letter.upper() * 10)
    return tmp_path


@pytest.mark.parametrize(
    ("held_out", "training", "validation"),
    [
        (None, "ABCDEF", ""),
        (2, "ACE", "BDF"),
        (3, "ABDE", "CF"),
        ("b.txt", "ACDEF", "B"),
        ("[bc].txt", "ADEF", "BC"),
        (["f.txt", "a.txt"], "BCDE", "FA"),
        ("other.md", "ABCDEF", "X"),
    ],
)
def test_split_by_files(held_out, training, validation, books, monkeypatch):
    monkeypatch.chdir(books)
    write(books / "other.md", 10 * "X")
    corpus = Corpus(books, validation_files=held_out, validation=0)
    assert text_of(corpus, corpus.training) == "".join(10 * letter for letter in training)
    assert (corpus.validation is None) == (not validation)
    if validation:
        assert text_of(corpus, corpus.validation) == "".join(10 * letter for letter in validation)
        assert [path.stem[0].upper() for path in corpus.files][-len(validation) :] == [
            {"X": "O"}.get(letter, letter) for letter in validation
        ]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, "Either `source` or `text`"),
        ({"text": "ab", "source": "a.txt"}, ValueError, "Either `source` or `text`"),
        ({"text": 3}, TypeError, "Received: 3"),
        ({"text": ""}, ValueError, "at least one character"),
        ({"text": "a\0b"}, ValueError, "no NUL"),
        ({"source": "empty.txt"}, ValueError, "must hold text. Received: 'empty.txt', which is empty"),
        ({"source": "nothing.txt"}, FileNotFoundError, "'nothing.txt'"),
        ({"text": "ab", "vocabulary": "ba"}, ValueError, "sorted by code point"),
        ({"text": "ab", "vocabulary": "ab", "max_vocabulary": 9}, ValueError, "`max_vocabulary` must be None"),
        ({"text": "ab", "max_vocabulary": 1}, ValueError, "at least 2"),
        ({"text": "ab", "validation": 1.5}, ValueError, "from 0 to 1"),
        ({"text": "ab", "validation": 1}, ValueError, "`validation` must leave a text"),
        ({"text": "ab", "validation": None}, TypeError, "a number"),
        ({"text": "ab", "validation_files": 2}, ValueError, "must be None with `text`"),
        ({"source": "a.txt", "validation_files": "a.txt"}, ValueError, "must leave a text.*'a.txt'"),
        ({"source": "a.txt", "validation_files": "empty.txt"}, ValueError, "`validation_files` must hold text"),
        ({"source": "a.txt", "validation_files": "b.txt"}, FileNotFoundError, "`validation_files` must be a file"),
        ({"source": "a.txt", "validation_files": 2}, ValueError, "2 files at least, .* Received: 1"),
        ({"source": ["a.txt", "empty.txt"], "validation_files": 3}, ValueError, "3 files at least, .* Received: 2"),
        ({"text": "ab", "errors": "surrogateescape"}, ValueError, "`errors` must be one of"),
    ],
)
def test_bad_input(arguments, error, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "empty.txt", "")
    write(tmp_path / "a.txt", "some text")
    with pytest.raises(error, match=message) as caught:
        Corpus(**arguments)
    assert "\n" not in str(caught.value)


def test_bad_input_needs_no_tensorflow(tmp_path, fresh):
    code = """
import sys
from keras_rnn.text.corpus import Corpus
try:
    Corpus("nothing.txt")
except OSError:
    print(sorted({"tensorflow", "keras", "pandas"} & set(sys.modules)))
"""
    assert fresh(code) == "[]\n"


@pytest.mark.parametrize(("before", "after"), [("ab", "abb"), ("ab", "ac"), ("ab", "a")])
def test_a_file_that_changes_between_the_two_readings(before, after, tmp_path, monkeypatch):
    path = write(tmp_path / "a.txt", before)

    def change(*arguments, original=corpus_file._fitting):
        write(path, after)
        return original(*arguments)

    monkeypatch.setattr(corpus_file, "_fitting", change)
    with pytest.raises(ValueError, match="must not change while|has no 'c'"):
        Corpus(path)


def test_a_full_disk(monkeypatch):
    with open("/dev/full", "wb", buffering=0) as full:
        monkeypatch.setattr("tempfile.TemporaryFile", lambda prefix: full)
        with pytest.raises(OSError, match="must have room for the text. Received: '.*', No space left"):
            Corpus(text=TEXT)


def test_the_temporary_file_goes_with_the_corpus():
    corpus = Corpus(text=TEXT)
    file = corpus.training.ids._file
    part = corpus.training
    del corpus
    assert not file.closed
    del part
    assert file.closed


MEASURE = """
import resource
from keras_rnn.text.corpus import Corpus

corpus = Corpus(PATH)
for batches in (corpus.training.batches(1024, 64, seed=0), corpus.training.carried(1024, 64, seed=0)):
    for _ in range(20):
        next(batches)
corpus.validation.sample(64)
print(len(corpus.training) + len(corpus.validation), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".txt", ".txt.gz"])
def test_memory_does_not_grow_with_the_text(ending, tmp_path, fresh):
    line = "".join(np.random.default_rng(0).choice(list("abcdefgh é日\n"), 800_000)).encode()
    block = line[:1_000_000].decode(errors="ignore")
    used = {}
    for megabytes in (1, 100):
        path = tmp_path / f"{megabytes}{ending}"
        with gzip.open(path, "wb", 1) if ending.endswith("gz") else open(path, "wb") as file:
            for _ in range(megabytes):
                file.write(block.encode())
        characters, peak = map(int, fresh(f"PATH = {str(path)!r}{MEASURE}").split())
        assert characters == megabytes * len(block)
        used[megabytes] = peak / 1024  # MB
    assert used[100] - used[1] <= 100, used
