"""The short form of `scripts/attack`: hundreds of damaged files, refused or answered, and no process lost."""

import subprocess
import sys

from helpers import CHECKOUT, inherited

FILES, SEED = 270, 1


def test_damaged_files_are_refused_or_answered():
    line = [
        sys.executable,
        str(CHECKOUT / "scripts" / "attack"),
        "litert_files",
        "--count",
        str(FILES),
        "--seed",
        str(SEED),
    ]
    done = subprocess.run(line, capture_output=True, text=True, env=inherited())
    rows = [row.split() for row in done.stdout.splitlines()]
    assert done.returncode == 0, done.stdout + done.stderr
    assert ["litert_files,", str(FILES), "cases,", "seed", str(SEED)] in rows
    with_checksum = [row for row in rows if row[:1] == ["checksum:"]]
    assert len(with_checksum) == 18
    assert all(row[-1] == str(FILES // 54) for row in with_checksum)  # all of them refused: the one number in a row
