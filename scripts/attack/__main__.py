"""Attack what reads and writes files, in worker processes, and print what became of it.

    python scripts/attack [SECTION …] [--count N] [--seed S] [--keep FOLDER]

A section is a module beside this one with `run(count, seed, keep)`, which gives a table's rows by column, and `BAD`,
the columns that are to be 0: `litert_files`, damaged `.tflite` files; `inputs`, random command lines, texts, CSVs,
damaged archives; `kills`, commands ended by signals at random moments, some seconds each.
"""

from __future__ import annotations

import argparse
import importlib

from keras_rnn.core.tables import plain_table

SECTIONS = {"litert_files": 1000, "inputs": 1000, "kills": 28}  # and how many of each


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; default: all")
    parser.add_argument("--count", type=int, help="of each section; default: " + str(SECTIONS)[1:-1])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--keep", metavar="FOLDER", help="for .tflite files that crash, hang or raise what they must not"
    )
    options = parser.parse_args()
    bad = 0
    for section in options.sections or SECTIONS:
        if section not in SECTIONS:
            parser.error(f"SECTION must be one of {', '.join(SECTIONS)}. Received: {section!r}")
        module, count = importlib.import_module(section), options.count or SECTIONS[section]
        rows = module.run(count, options.seed, options.keep)
        columns = [column for column in rows[0] if column != "what"]
        rows.append({"what": "all"} | {column: sum(row[column] for row in rows) for column in columns})
        table = plain_table(["", *columns], [[row["what"], *(str(row[c] or "") for c in columns)] for row in rows])
        print(f"{section}, {count:,} cases, seed {options.seed}\n{table}\n")
        bad += sum(rows[-1][column] for column in module.BAD)
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
