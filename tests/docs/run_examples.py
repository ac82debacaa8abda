"""Run the examples of pages in this process and write down what they printed: `run_examples.py FOLDER PAGE …`.

Each Python block has a namespace of its own; files stay in the page's folder for the blocks after it. What a block
writes to standard error is written down, too. The result, JSON on standard output, is by page a list of dictionaries.
"""

import contextlib
import io
import json
import os
import re
import shlex
import sys
import traceback
from pathlib import Path

BLOCK = re.compile(
    r"```python\n(?P<code>.*?)```\n\n```text\n(?P<printed>.*?)```|```console\n(?P<console>.*?)```", re.DOTALL
)
LINE = re.compile(r"^\$ keras-rnn (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def examples(page):
    """(code or the command's arguments, what it is said to print), in order; `--help` is filled in by the site."""
    for block in BLOCK.finditer(page):
        if block["code"] is not None:
            yield block["code"], block["printed"]
            continue
        for line, printed in LINE.findall(block["console"]):
            if not line.endswith("--help"):
                yield shlex.split(line), printed


def run(example):
    """Its standard output and standard error, a traceback among the latter."""
    from keras_rnn.cli import main

    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            if isinstance(example, list):
                code = main(example)
                if code:
                    print(f"exit code {code}")
            else:
                exec(compile(example, "<example>", "exec"), {"__name__": "__main__"})
        except SystemExit as end:
            if end.code:
                print(f"exit code {end.code}")
        except Exception:
            traceback.print_exc()
    return out.getvalue(), err.getvalue()


def main(folder, *pages):
    results = {}
    for number, page in enumerate(pages):
        (own := Path(folder) / str(number)).mkdir()
        os.chdir(own)
        results[page] = []
        for example, said in examples(Path(page).read_text(encoding="utf-8")):
            out, err = run(example)
            results[page].append({"example": example, "said": said, "printed": out, "stderr": err})
    print(json.dumps(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
