"""Attack what reads and writes files, in worker processes, and print what became of it.

    python scripts/attack [SECTION …] [--count N] [--seed S] [--case NUMBER]

A section is a module beside this one: `litert_files`, damaged `.tflite` files; `inputs`, random command lines, texts,
CSVs, damaged archives; `kills`, commands ended by signals at random moments, some seconds each. It has
`attacks(count, seed)`, which gives for each case its kind, what became of it and details; `OUTCOMES`, and `BAD`, those
that are not to be. A run that is ended before its time prints what it has found so far.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import tempfile
from collections import Counter
from typing import Any

from keras_rnn.core.tables import plain_table

SECTIONS = {"litert_files": 1000, "inputs": 1000, "kills": 28}  # and how many of each


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; default: all")
    parser.add_argument("--count", type=int, help="of each section; default: " + str(SECTIONS)[1:-1])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--case", type=int, metavar="NUMBER", help="only this one of litert_files or inputs, in this process, with its "
        "traceback; its files stay where it says"
    )  # fmt: skip
    options = parser.parse_args()
    chosen = options.sections or list(SECTIONS)
    for section in chosen:
        if section not in SECTIONS:
            parser.error(f"SECTION must be one of {', '.join(SECTIONS)}. Received: {section!r}")
    if options.case is not None:
        if len(chosen) != 1 or chosen == ["kills"]:
            parser.error(f"--case must come with litert_files or inputs. Received: {', '.join(chosen)}")
        module = importlib.import_module(chosen[0])
        os.chdir(folder := tempfile.mkdtemp())
        print(f"case {options.case} of {chosen[0]}, seed {options.seed}, in {folder}", flush=True)
        print(module.replay(options.case, options.seed))
        return 0
    # what a shell has its background jobs ignore, the processes that are begun here would ignore, too
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    return int(sum(_bad(section, options.count or SECTIONS[section], options.seed) for section in chosen) > 0)


def _bad(section: str, count: int, seed: int) -> int:
    """Attack, print the table, and say how much was found that is not to be."""
    module: Any = importlib.import_module(section)
    rows: dict[str, Counter[str]] = {}
    cases = 0
    try:
        for kind, outcomes, detail in module.attacks(count, seed):
            rows.setdefault(kind, Counter()).update(outcomes)
            if set(outcomes) & set(module.BAD):
                print(f"case {cases}, {kind}: {', '.join(outcomes)} {detail[:300]}", file=sys.stderr, flush=True)
            cases += 1
    except KeyboardInterrupt:
        print(f"ended after {cases:,} of {count:,} cases", file=sys.stderr)
    total = sum(rows.values(), Counter())
    lines = [[kind, *(str(found[one] or "") for one in module.OUTCOMES)]
             for kind, found in [*sorted(rows.items()), ("all", total)]]  # fmt: skip
    print(f"{section}, {cases:,} cases, seed {seed}\n{plain_table(['', *module.OUTCOMES], lines)}\n", flush=True)
    return sum(total[one] for one in module.BAD)


if __name__ == "__main__":
    raise SystemExit(main())
