"""`keras-rnn data`: which GS10 is in use, and a newer one for it."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from keras_rnn.gs10.files import GS10_FILE, GS10Data, newest_gs10
from keras_rnn.gs10.refresh import FRED, RefreshPlan, plan_refresh, store


def _in_use() -> GS10Data:
    data = newest_gs10()
    if data.remark:
        print(data.remark, file=sys.stderr)
    return data


def _facts(data: GS10Data | RefreshPlan) -> dict[str, Any]:
    first, last = str(data.months[0]), str(data.months[-1])
    return {"months": len(data.months), "first": first, "last": last, "last_value": float(data.values[-1])}


def _line(facts: dict[str, Any]) -> str:
    return "{months} months, {first} to {last}, the last {last_value:.2f} percent".format(**facts)


def show(options: argparse.Namespace) -> int:
    data = _in_use()
    facts = _facts(data)
    whose = "packaged" if data.file == GS10_FILE else "fetched"
    if options.json:
        print(json.dumps({"file": str(data.file), "source": whose, **facts}, indent=2, ensure_ascii=False))
    else:
        print(f"{data.file} ({whose})\n{_line(facts)}")
    return 0


def refresh(options: argparse.Namespace) -> int:
    ask = not options.yes and not options.dry_run
    if ask and (options.json or not sys.stdin.isatty()):
        raise ValueError("--yes or --dry-run is needed where nobody can be asked. Received: neither")
    plan = plan_refresh(_in_use(), FRED if options.source is None else options.source, options.accept_revisions)
    facts = _facts(plan)
    if not options.json:
        print(f"{plan.address}\n{_line(facts)}")
        if len(plan.added):
            print(f"{len(plan.added)} months added: {plan.added[0]} to {plan.added[-1]}")
        if plan.revised:
            largest = max(abs(new - old) for old, new in plan.revised.values())
            most = f"by at most {largest:.2f} points, the last of them {list(plan.revised)[-1]}"
            print(f"{len(plan.revised)} months revised, {most}")
        if plan.left_out:
            print(f"{plan.left_out} has no value yet and is left out")
    file = None
    if plan.useful and not options.dry_run and (not ask or _agreed()):
        file = str(store(plan))
    if options.json:
        added = [str(month) for month in plan.added]
        changes = {"added": added, "revised": plan.revised, "left_out": plan.left_out, "useful": plan.useful}
        print(json.dumps({"address": plan.address, **facts, **changes, "stored": file}, indent=2, ensure_ascii=False))
    elif file:
        print(f"stored in {file}")
    else:
        print("nothing stored" if plan.useful else "no newer months than those in use: nothing stored")
    return 0


def _agreed() -> bool:
    try:
        return input("Store it? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
