"""Characters, ids and windows."""

import numpy as np
import pytest

from keras_rnn import text_windows
from keras_rnn.text.vocabulary import (
    BYTES,
    UNKNOWN,
    bytes_to_text,
    capped_vocabulary,
    check_vocabulary,
    decode,
    encode,
    text_to_bytes,
    vocabulary_of,
)


def test_hello_world():
    ids, targets, vocabulary = text_windows("hello world")
    assert vocabulary == " dehlorw"
    assert ids.shape == (9, 2)
    assert ids.dtype == targets.dtype == np.int32
    pairs = {decode(row, vocabulary): vocabulary[target] for row, target in zip(ids, targets, strict=True)}
    assert pairs == {
        "he": "l", "el": "l", "ll": "o", "lo": " ", "o ": "w", " w": "o", "wo": "r", "or": "l", "rl": "d"
    }  # fmt: skip


def test_targets_after_every_character():
    ids, targets, vocabulary = text_windows("hello", window=3, targets="all")
    assert [decode(row, vocabulary) for row in ids] == ["hel", "ell"]
    assert [decode(row, vocabulary) for row in targets] == ["ell", "llo"]


def test_windows_are_arrays_of_their_own():
    ids, targets, _ = text_windows("hello", targets="all")
    ids[:] = 0
    targets[:] = 0  # a view would be read-only, or write into its neighbor


@pytest.mark.parametrize("text", ["aaab", "日本語のテキスト", "a\n\tb\x00c", "e\u0301é😀z"])
def test_any_text_there_and_back(text):
    vocabulary = vocabulary_of(text)
    assert list(vocabulary) == sorted(set(text), key=ord)
    assert decode(encode(text, vocabulary), vocabulary) == text


def test_a_second_text_with_the_first_ones_vocabulary():
    ids, _, vocabulary = text_windows("olleh", vocabulary=" dehlorw")
    assert vocabulary == " dehlorw"
    assert decode(ids[0], vocabulary) == "ol"
    with pytest.raises(ValueError, match="has no 'x'. Received: 'hex'"):
        text_windows("hex", vocabulary=" dehlorw")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": 3}, TypeError),
        ({"text": b"hello"}, TypeError),
        ({"text": ""}, ValueError),
        ({"text": "he"}, ValueError),
        ({"text": "half a pair: \ud800"}, ValueError),
        ({"text": "hello", "window": 0}, ValueError),
        ({"text": "hello", "window": 2.0}, TypeError),
        ({"text": "hello", "window": True}, TypeError),
        ({"text": "hello", "targets": "each"}, ValueError),
        ({"text": "hello", "vocabulary": "helo"}, ValueError),
    ],
)
def test_bad_input(arguments, error):
    with pytest.raises(error, match="Received: "):
        text_windows(**arguments)


def test_a_vocabulary_must_be_sorted_and_the_message_shows_it_so():
    with pytest.raises(ValueError, match="'abc'. Received: 'cba'"):
        check_vocabulary("cba")
    with pytest.raises(ValueError, match="Received: 'aab'"):
        check_vocabulary("aab")


@pytest.mark.parametrize("ids", [[8], [-1], [0.5], [[0]]])
def test_ids_outside_the_vocabulary(ids):
    with pytest.raises(ValueError, match="Received: "):
        decode(ids, " dehlorw")


def test_the_unknown_character_stands_for_all_others():
    vocabulary = "abc" + UNKNOWN
    assert encode("axb\U0010ffff" + UNKNOWN, vocabulary).tolist() == [0, 3, 1, 3, 3]
    assert encode("", vocabulary).tolist() == []
    with pytest.raises(ValueError, match="has no 'x'"):
        encode("axb", "abc")


@pytest.mark.parametrize(
    ("counts", "maximum", "expected"),
    [
        ({"b": 1, "a": 2}, None, "ab"),
        ({"b": 1, "a": 2}, 2, "ab"),
        ({"b": 2, "a": 1, "c": 2}, 2, "b" + UNKNOWN),  # of the two as frequent the first
        ({"b": 2, "a": 1, "c": 3, UNKNOWN: 1}, 3, "bc" + UNKNOWN),
        ({"a": 3, "😀": 2, "b": 1}, 2, "a" + UNKNOWN),
        ({"😀": 3, "a": 2, "b": 1}, 2, UNKNOWN + "😀"),
    ],
)
def test_a_cap_keeps_the_most_frequent(counts, maximum, expected):
    assert capped_vocabulary(counts, maximum) == check_vocabulary(expected)


def test_bytes_become_text_as_soon_as_a_character_is_whole():
    symbols = text_to_bytes("aé日😀")
    assert decode(encode(symbols, BYTES), BYTES) == symbols
    assert encode(symbols, BYTES).tolist() == list("aé日😀".encode())
    assert list(bytes_to_text(symbols)) == ["a", "é", "日", "😀"]
    assert "".join(bytes_to_text("\xe9a\xe6")) == "\ufffda\ufffd"
