"""`keras-rnn show`: a card, a Keras model's layers, a LiteRT file's signatures."""

import json
from pathlib import Path
from typing import Any

import click

from keras_rnn.catalog.cards import card_page, read_card, readable
from keras_rnn.catalog.metadata import document_of
from keras_rnn.catalog.names import find
from keras_rnn.cli.commands import Command
from keras_rnn.cli.models import load_for
from keras_rnn.cli.options import json_option
from keras_rnn.core.tables import plain_table, print_json

SMALL = 32  # bytes of a constant that is listed by itself


@click.command(cls=Command)
@click.argument("name_or_path", metavar="NAME-or-FILE")
@click.option("--insight", metavar="PNG", help="write a picture of what each step remembers, by Keras")
@click.option("--text", help="for the picture of a character model, up to 60 characters  [default: hello world]")
@json_option
def command(name_or_path: str, insight: str | None, text: str | None, as_json: bool) -> None:
    """One model by a name of the zoo, a folder, a .keras or a .tflite file: its card, layers or signatures."""
    path = find(name_or_path)
    if insight is None and text is not None:
        raise click.UsageError(f"--text goes with --insight only. Received: {text!r}")
    if insight is not None:
        from keras_rnn.cli.show_insight import draw

        if path.suffix == ".tflite":
            raise ValueError(f"`model` must be a folder or a .keras file for --insight. Received: {name_or_path!r}")
        draw(name_or_path, insight, text)
    if path.suffix == ".tflite":
        _show_litert(path, as_json)
    elif path.suffix == ".keras":
        _show_keras(path, as_json)
    elif as_json:
        print_json(read_card(path))
    else:
        print(card_page(path), end="")


def _show_litert(path: Path, as_json: bool) -> None:
    from keras_rnn.litert.file import LiteRTFile

    file = LiteRTFile(path)
    metadata = document_of(file.metadata, path.name)

    def plain(specs: dict[str, Any]) -> dict[str, Any]:
        return {name: {"dtype": str(dtype), "shape": list(shape)} for name, (shape, dtype) in specs.items()}

    signatures = {s: {"inputs": plain(file.inputs[s]), "outputs": plain(file.outputs[s])} for s in file.signatures}
    if as_json:
        facts = {
            "bytes": path.stat().st_size, "primary": file.primary, "operators": file.operators,
            "tensors": file.tensor_bytes, "metadata": metadata,
        }  # fmt: skip
        print_json({"file": str(path), **facts, "signatures": signatures})
        return
    rows = [
        [name, *(", ".join(f"{k} {v['dtype']} {tuple(v['shape'])}" for k, v in s[side].items()) for side in s)]
        for name, s in signatures.items()
    ]
    print(f"{path}: {path.stat().st_size:,} bytes, operators {', '.join(file.operators)}")
    print(plain_table(["signature", "takes", "gives"], rows))
    weights = [[name, f"{size:,}"] for name, size in file.tensor_bytes if size >= SMALL]
    small = [size for _, size in file.tensor_bytes if size < SMALL]
    print("\n" + plain_table(["constant", "bytes"], [*weights, [f"{len(small)} small ones", f"{sum(small):,}"]]))
    if metadata:
        print(f"\n{metadata['card']['title']}: {metadata['card']['description']}")
        facts = {key: value for key, value in metadata.items() if key not in ("card", "signatures", "settings")}
        facts["settings"] = settings = dict(metadata["settings"])
        if settings.get("residuals"):
            settings["residuals"] = readable(settings)["residuals"]
        print(json.dumps(facts, ensure_ascii=False))


def _show_keras(path: Path, as_json: bool) -> None:
    model = load_for(str(path))
    kind, config = type(model).__name__, model.get_config()
    if as_json:
        print_json({"file": str(path), "class": kind, "config": config, "parameters": model.count_params()})
        return
    print(f"{path}: {kind}")
    if hasattr(model, "kind"):  # one of this package's
        print(", ".join(f"{k}={v}" for k, v in readable(config).items()))
    model.summary()
