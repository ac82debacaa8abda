"""A file's checksum in itself."""

import hashlib

import pytest

from keras_rnn.catalog.names import find
from keras_rnn.core.checksum import MARK, NAME, PLACEHOLDER, SIZE, has_checksum, with_checksum

CONTENT = with_checksum(b"before" + PLACEHOLDER + b"after")


def test_it_is_sha_256_of_the_file_with_zeros_in_its_place():
    digest = hashlib.sha256(b"before" + MARK + bytes(SIZE) + b"after").digest()
    assert CONTENT.split(MARK) == [b"before", digest + b"after"]
    assert has_checksum(CONTENT)
    assert not has_checksum(b"before after")


@pytest.mark.parametrize("content", [CONTENT, (find("gs10") / "model.tflite").read_bytes()[:2000]])
def test_any_byte_that_is_changed_is_seen(content):
    if content is not CONTENT:
        content = with_checksum(content.replace(content[content.find(MARK) :][: len(PLACEHOLDER)], PLACEHOLDER))
    for place in range(len(content)):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        inside = content.find(MARK) <= place < content.find(MARK) + len(MARK)
        if inside and NAME.encode() not in content:  # a mark that is none any more, and nothing else that tells of one
            assert not has_checksum(changed)
            continue
        with pytest.raises(ValueError, match="checksum"):
            has_checksum(changed)


def test_a_file_cut_short_or_made_longer():
    for changed in (CONTENT[:-1], CONTENT + b"\0", CONTENT[: CONTENT.find(MARK) + len(MARK) + 3]):
        with pytest.raises(ValueError, match="checksum"):
            has_checksum(changed)
