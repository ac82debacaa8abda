"""The model card: `card.json` for machines, and the `README.md` made from it for people."""

import json
from pathlib import Path
from typing import Any

from keras_rnn.catalog.metadata import check_keys
from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath, check_writable, file_sizes, read_at_once
from keras_rnn.core.tables import markdown_table

SCHEMA = 1
CARD_FILE, README_FILE = "card.json", "README.md"
KEYS: dict[str, Any] = {
    "schema": int, "name": str | None, "title": str, "description": str, "license": str, "class": str,
    "cell": str | None, "config": dict, "parameters": int, "weights_sha256": str, "data": dict | None,
    "recipe": dict | None, "metrics": dict, "limits": list, "signatures": dict, "files": dict, "parity": list,
    "versions": dict, "threads": int,
}  # fmt: skip


def read_card(folder: Path) -> dict[str, Any]:
    """A model folder's card.

    Raises:
        ValueError: there is none, or it is not one that this version reads.
    """
    path = folder / CARD_FILE
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"A model's folder must hold {CARD_FILE}. {received(str(folder))}") from error
    if not isinstance(card, dict) or card.get("schema") != SCHEMA:
        found = card.get("schema") if isinstance(card, dict) else card
        raise ValueError(f"{CARD_FILE} must have schema {SCHEMA}. Received: {found!r} in {str(path)!r}")
    check_keys(card, KEYS, str(path))
    return card


def card_page(folder: Path) -> str:
    """A model folder's card as a Markdown page; errors as of `read_card`."""
    card = read_card(folder)
    try:
        return render(card)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__} {error}"
        raise ValueError(f"{CARD_FILE} must be whole. Received: {str(folder)!r}, {reason}") from error


def check_replaceable(target: FilePath) -> None:
    """Refuse what an export must not replace, or could not write, before any work is done for it.

    Raises:
        TypeError: not a path.
        ValueError: the current folder; or a folder with anything in it that an earlier export did not write.
        OSError: it cannot be written, or is a file.
    """
    path = check_writable(target)
    if path == Path.cwd():
        raise ValueError(f"The output folder must not be the current one. {received(str(target))}")
    if not path.is_dir() or not any(path.iterdir()):
        return
    expected = "The output folder must be new, empty or an earlier export's, for it is replaced."
    try:
        card, files = read_at_once(path, lambda: (read_card(path), file_sizes(path)))
    except ValueError as error:
        raise ValueError(f"{expected} {received(str(target))}") from error
    if other := sorted(set(files) - {*card["files"], CARD_FILE, README_FILE}):
        raise ValueError(f"{expected} Received: {str(target)!r} with {other[0]!r}")


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Write `card.json` and the page for people beside it."""
    text = json.dumps(card, indent=2, ensure_ascii=False)
    (folder / CARD_FILE).write_text(text + "\n", encoding="utf-8")
    (folder / README_FILE).write_text(render(card), encoding="utf-8")


def render(card: dict[str, Any]) -> str:
    """The card as a Markdown page."""
    parts = [f"# {card['title']}", card["description"]]
    rows = [
        ["name", f"`{card['name']}`" if card["name"] else "none, it is not of the zoo"],
        ["class", f"`{card['class']}`" + (f", cell `{card['cell']}`" if card["cell"] else "")],
        ["settings", ", ".join(f"{k} `{v}`" for k, v in readable(card["config"]).items()) or "in `model.keras`"],
        ["parameters", f"{card['parameters']:,}"],
        ["weights, SHA-256", f"`{card['weights_sha256']}`"],
        ["license", card["license"]],
    ]
    parts.append(markdown_table(["", ""], rows))
    if card["data"]:
        data = card["data"]
        names = {"file": "File", "sha256": "SHA-256", "crc32": "CRC-32 of its ids"}
        told = ", ".join(f"{words} `{data[key]}`" for key, words in names.items() if key in data)
        parts.append(f"## Data\n{data['description']}" + (f" {told}." if told else ""))
    if card["recipe"]:
        recipe = "\n".join(f"- {k.replace('_', ' ')}: {v}" for k, v in card["recipe"].items())
        parts.append(f"## Training\n{recipe}")
    if card["metrics"]:
        rows = [[k.replace("_", " "), f"{v:.4g}"] for k, v in card["metrics"].items()]
        parts.append("## Metrics\n" + markdown_table(["metric", "value"], rows))
    for part, table in card.get("evaluation", {}).items():
        parts.append(_evaluation(part, table, card["class"] == "GS10Model"))
    if card["limits"]:
        parts.append("## Limits\n" + "\n".join(f"- {limit}" for limit in card["limits"]))
    rows = [[f"`{name}`", _specs(s["inputs"]), _specs(s["outputs"])] for name, s in card["signatures"].items()]
    parts.append(
        "## Signatures\nThe same in the SavedModel and the `.tflite`; the batch is free in the one and 1 in the "
        "other.\n\n" + markdown_table(["signature", "takes", "gives"], rows)
    )
    for name, what in card.get("text_signatures", {}).items():
        parts.append(f"The SavedModel has `{name}` besides: {what}.")
    rows = [[f"`{name}`", f"{size:,}"] for name, size in card["files"].items()]
    parts.append("## Files\n" + markdown_table(["file", "bytes"], rows))
    if card.get("variants"):
        parts.append(_variants(card["variants"]))
    rows = [
        [c["artifact"], c["check"], f"{c['largest']:.1e}" if c["largest"] is not None else "", f"{c['count']}"]
        for c in card["parity"]
    ]
    compared = (
        "in the output's unit, over windows of the packaged data that the model can read and random ones"
        if "text_signatures" in card  # written straight from the weights
        else "as a part of the largest answer where that is above "
        f"{'the scale' if card['class'] == 'SeriesModel' else 1}, over windows of random and large numbers, zeros and "
        "padding"
    )
    parts.append(
        f"## Parity\nThe largest difference from the Keras model, {compared}; for the last line, the kinds of "
        "operators.\n\n" + markdown_table(["artifact", "check", "largest difference", "compared"], rows)
    )
    versions = ", ".join(f"{name} {version}" for name, version in card["versions"].items())
    parts.append(f"## Made with\n{versions}; {card['threads']} threads.")
    return "\n\n".join(parts) + "\n"


def readable(settings: dict[str, Any]) -> dict[str, str]:
    """Settings as they are written, the many numbers of `residuals` by their shape."""
    return {
        key: f"{len(value)} horizons of {len(value[0])}" if key == "residuals" and value else repr(value)
        for key, value in settings.items()
    }


def _evaluation(part: str, table: list[dict[str, Any]], percent: bool) -> str:
    rows, shown = [], ".3f" if percent else ".4g"
    for row in table:
        skill, low, high = (f"{100 * row[key]:+.1f}" for key in ("skill", "skill_low", "skill_high"))
        errors = [f"{row[key]:{shown}}" for key in ("rmse", "mae")]
        rows.append([row["method"], *errors, f"{skill} %", f"{low} to {high}", f"{row['dm_p']:.2f}", row["verdict"]])
    heads = ["method", "RMSE", "MAE", "skill", "95 % interval", "p", ""]
    reference = next((row["method"] for row in table if row["verdict"] == "the reference"), "persistence")
    return (
        f"## Backtest, {part}\nOne period ahead, {table[0]['n']} forecasts, each from the values before it; "
        f"errors in {'percentage points' if percent else 'the unit of the series'}. Skill is 1 − RMSE/RMSE of "
        f"{reference}, its interval by a block bootstrap, p by Diebold and Mariano.\n\n{markdown_table(heads, rows)}"
    )


def _variants(variants: list[dict[str, Any]]) -> str:
    rows = []
    for v in variants:
        same = f"{v['agreement']:.0%}" if "agreement" in v else ""
        rows.append([v["quantize"], f"{v['bytes']:,}", f"{v['largest_error']:.1e}", same, _verdict(v)])
    heads = ["quantized", "bytes", "largest error", "same character", ""]
    if not any("agreement" in v for v in variants):
        heads, rows = heads[:3] + heads[4:], [row[:3] + row[4:] for row in rows]
    return (
        f"## Quantized\nOn the real windows, errors in the output's unit, files without this card's figures inside; so "
        f"float32 takes {variants[0]['float32_bytes']:,} bytes.\n\n" + markdown_table(heads, rows)
    )


def _verdict(variant: dict[str, Any]) -> str:
    if variant["ships"]:
        return "shipped"
    if not variant["quantized"]:
        return "not shipped: the weights are too small for the converter to quantize"
    if variant["bytes"] >= variant["float32_bytes"]:
        return "not shipped: larger, for its scales and conversions cost more than the weights"
    return "not shipped: it saves too little, or is not as good"


def _specs(specs: dict[str, dict[str, Any]]) -> str:
    shapes = {name: ", ".join("batch" if n is None else str(n) for n in spec["shape"]) for name, spec in specs.items()}
    return ", ".join(f"`{name}` {spec['dtype']} ({shapes[name]})" for name, spec in specs.items())


def headline(metrics: dict[str, float]) -> str:
    """A model's figures in a few words, the naive baseline's beside them."""
    if "accuracy" in metrics:
        naive = metrics["accuracy_from_last_character_only"]
        return f"accuracy {metrics['accuracy']:.2f} (from the last character only: {naive:.2f})"
    for key in ("held_out_bits", "validation_bits"):
        if key in metrics:
            return f"{metrics[key]:.2f} bits a character"
    if "error_over_better_naive_one_step" in metrics:
        return f"on simulated series {metrics['error_over_better_naive_one_step']:.2f} of the better naive error"
    if "test_rmse" in metrics:
        return f"test RMSE {metrics['test_rmse']:.2f} (persistence: {metrics['test_rmse_of_persistence']:.2f})"
    return ""
