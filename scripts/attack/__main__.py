"""Attack what reads files with damaged ones, in worker processes, and print what became of them.

    python scripts/attack [--sections NAMES] [--files N] [--seed S]

A section is a module beside this one, named in SECTIONS, with `cases(files, seed)`, which gives (kind, ending, content,
content of the sound file), and `answer(path)`, which a worker calls: the file's answers as text, or an exception.
"""

from __future__ import annotations

import argparse
import importlib
from collections import Counter

from workers import OUTCOMES, attacked

from keras_rnn.core.tables import plain_table

SECTIONS = ("litert_files",)
BAD = OUTCOMES[OUTCOMES.index("unstable answer") :]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", nargs="*", default=SECTIONS, choices=SECTIONS)
    parser.add_argument("--files", type=int, default=1000, help="of each section")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", metavar="FOLDER", help="for the files that crash, hang or raise what they must not")
    options = parser.parse_args()
    bad = 0
    for section in options.sections:
        found: dict[str, Counter[str]] = {}
        cases = importlib.import_module(section).cases(options.files, options.seed)
        for kind, outcome, detail in attacked(section, cases, options.keep, BAD):
            found.setdefault(kind, Counter())[outcome] += 1
            if outcome in BAD:
                bad += 1
                print(f"{section}, {kind}: {outcome} {detail}")
        total = sum(found.values(), Counter())
        rows = [[kind, *(str(counts[one] or "") for one in OUTCOMES)] for kind, counts in sorted(found.items())]
        rows.append(["all", *(str(total[one]) for one in OUTCOMES)])
        print(f"\n{section}, {total.total():,} files, seed {options.seed}\n{plain_table(['', *OUTCOMES], rows)}\n")
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
