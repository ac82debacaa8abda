"""`keras-rnn data`: which GS10 is in use, and a newer one for it."""

import sys
from typing import Any

import click

from keras_rnn.cli.commands import Command, say
from keras_rnn.cli.options import json_option
from keras_rnn.core.tables import print_json
from keras_rnn.gs10.files import GS10_FILE, GS10Data, newest_gs10
from keras_rnn.gs10.refresh import FRED, plan_refresh, store

series_argument = click.argument("series", type=click.Choice(("gs10",)), expose_value=False)


@click.group(no_args_is_help=False)
def command() -> None:
    pass


def _in_use() -> GS10Data:
    data = newest_gs10()
    if data.remark:
        say(data.remark)
    return data


def _facts(months: Any, values: Any) -> dict[str, Any]:
    return {"months": len(months), "first": str(months[0]), "last": str(months[-1]), "last_value": float(values[-1])}


def _line(facts: dict[str, Any]) -> str:
    return "{months} months, {first} to {last}, the last {last_value:.2f} percent".format(**facts)


@command.command(cls=Command, help="Which file is in use.")
@series_argument
@json_option
def show(as_json: bool) -> None:
    data = _in_use()
    facts = _facts(data.months, data.values)
    whose = "packaged" if data.file == GS10_FILE else "fetched"
    if as_json:
        print_json({"file": data.file, "source": whose, **facts})
    else:
        print(f"{data.file} ({whose})\n{_line(facts)}")


@command.command(cls=Command, help="Fetch, check and store newer months.")
@series_argument
@click.option("--from", "address", metavar="ADDRESS-or-FILE", default=FRED, show_default="FRED's download of GS10")
@click.option("--accept-revisions", is_flag=True, help="take months that differ by more than 0.05 points")
@click.option("--yes", is_flag=True, help="store without asking")
@click.option("--dry-run", is_flag=True, help="store nothing, say what would change")
@json_option
def refresh(address: str, accept_revisions: bool, yes: bool, dry_run: bool, as_json: bool) -> None:
    if yes and dry_run:
        raise click.UsageError("--yes does not go with --dry-run")
    ask = not (yes or dry_run)
    if ask and (as_json or not sys.stdin.isatty()):
        raise click.UsageError("--yes or --dry-run is needed where nobody can be asked")
    plan = plan_refresh(_in_use(), address, accept_revisions)
    facts = _facts(plan.months, plan.values)
    if not as_json:
        print(f"{plan.address}\n{_line(facts)}")
        if len(plan.added):
            print(f"{len(plan.added)} months added: {plan.added[0]} to {plan.added[-1]}")
        if plan.revised:
            largest = max(abs(new - old) for old, new in plan.revised.values())
            most = f"by at most {largest:.2f} points, the last of them {list(plan.revised)[-1]}"
            print(f"{len(plan.revised)} months revised, {most}")
        if plan.left_out:
            print(f"{plan.left_out} has no value yet and is left out")
    file = store(plan) if plan.useful and not dry_run and (not ask or _agreed()) else None
    if as_json:
        changes = {"added": list(plan.added), "revised": plan.revised, "left_out": plan.left_out, "useful": plan.useful}
        print_json({"address": plan.address, **facts, **changes, "stored": file})
    elif file:
        print(f"stored in {file}")
    else:
        print("nothing stored" if plan.useful else "no newer months than those in use: nothing stored")


def _agreed() -> bool:
    try:
        return input("Store it? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
