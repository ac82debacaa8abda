"""A checksum of a whole `.tflite` file, inside it: SHA-256 of all its bytes, those of the checksum itself taken as 0.

It stands in the metadata buffer NAME, behind a mark by which it is found without reading the flatbuffer. It tells a
damaged file, not a forged one.
"""

NAME = "keras_rnn_sha256"
MARK = b"\xffkeras_rnn SHA-256:\xff"  # 0xff is in no UTF-8 text
SIZE = 32  # bytes
PLACEHOLDER = MARK + bytes(SIZE)


def with_checksum(content: bytes) -> bytes:
    """A file whose metadata hold PLACEHOLDER, with its checksum there."""
    at = content.index(PLACEHOLDER) + len(MARK)
    return content[:at] + _sha256(content, at) + content[at + SIZE :]


def has_checksum(content: bytes) -> bool:
    """Whether the file has one, which is right.

    Raises:
        ValueError: a wrong one.
    """
    at = content.find(MARK)
    if at < 0:
        if NAME.encode() in content:
            raise ValueError("its checksum is damaged")
        return False
    at += len(MARK)
    if content[at : at + SIZE] != _sha256(content, at):
        raise ValueError("which its checksum says is damaged, or was changed by another program")
    return True


def _sha256(content: bytes, at: int) -> bytes:
    import hashlib  # not at every import

    view = memoryview(content)
    digest = hashlib.sha256(view[:at])
    digest.update(bytes(SIZE))
    digest.update(view[at + SIZE :])
    return digest.digest()
