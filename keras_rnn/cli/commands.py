"""What each command of `keras-rnn` does. TensorFlow is imported inside those that need it."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from keras_rnn.artifacts.verification import checks_table
from keras_rnn.catalog.cards import check_replaceable, headline, read_card, readable, render
from keras_rnn.catalog.metadata import document_of
from keras_rnn.catalog.models import list_models
from keras_rnn.catalog.names import find, zoo_name, zoo_names
from keras_rnn.cli.inputs import read_array, refuse
from keras_rnn.core.checks import received
from keras_rnn.core.tables import plain_table, print_json

FORECASTERS = ("GS10Model", "SeriesModel")
SMALL = 32  # bytes of a constant that `show` lists by itself


def list_(options: argparse.Namespace) -> int:
    models = list_models()
    if options.json:
        print_json([dataclasses.asdict(model) for model in models])
        return 0
    rows = [[m.name, f"{m.parameters:,}", f"{m.tflite_bytes:,}", headline(m.metrics)] for m in models]
    print(plain_table(["name", "parameters", ".tflite bytes", "figures"], rows))
    return 0


def show_(options: argparse.Namespace) -> int:
    path = find(options.model)
    if options.insight is None:
        refuse(options, "text")
    else:
        from keras_rnn.cli.insight import draw

        if path.suffix == ".tflite":
            raise ValueError(f"--insight needs a name of the zoo, a folder or a .keras file. {received(options.model)}")
        draw(options, load_for(options.model))
    if path.suffix == ".tflite":
        return _show_litert(path, options.json)
    if path.suffix == ".keras":
        return _show_keras(path, options.json)
    card = read_card(path)
    if options.json:
        print_json(card)
    else:
        print(render(card), end="")
    return 0


def _show_litert(path: Path, as_json: bool) -> int:
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
        return 0
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
    return 0


def _show_keras(path: Path, as_json: bool) -> int:
    model = load_for(path)
    config = model.get_config()
    if as_json:
        print_json(
            {"file": str(path), "class": type(model).__name__, "config": config, "parameters": model.count_params()}
        )
    else:
        print(f"{path}: {type(model).__name__}")
        from keras_rnn.rnn.model import RecurrentModel

        if isinstance(model, RecurrentModel):
            print(", ".join(f"{k}={v}" for k, v in readable(config).items()))
        model.summary()
    return 0


def load_for(name_or_path: Any, expected: tuple[str, ...] = (), runtime: str = "keras") -> Any:
    """A model by name or path; of one of the given classes where the command needs one.

    Args:
        runtime: `"litert"`, without TensorFlow; `"keras"`; or `"auto"`: the first where there is a `.tflite` file.
    """
    from keras_rnn.runtime import load as load_litert

    path = find(name_or_path)
    if runtime == "auto":
        runtime = "litert" if path.suffix == ".tflite" or (path / "model.tflite").is_file() else "keras"
    if runtime == "litert":
        model = load_litert(name_or_path)
    else:
        from keras_rnn.zoo.loading import load

        model = load(name_or_path)
    found = type(model).__name__.replace("Runtime", "Model")
    if expected and found not in expected:
        raise ValueError(f"A {' or '.join(expected)} was expected. {received(name_or_path)}, a {found}")
    return model


def generate_(options: argparse.Namespace) -> int:
    model = load_for(options.model, ("CharModel",), options.runtime)
    text = model.generate(
        options.text,
        options.length,
        temperature=options.temperature,
        top_k=options.top_k,
        top_p=options.top_p,
        stop=options.stop,
        seed=options.seed,
    )
    if options.json:
        print_json({"model": str(options.model), "prompt": options.text, "text": text})
    else:
        print(text)
    return 0


def forecast_(options: argparse.Namespace) -> int:
    from keras_rnn.cli.forecast import forecast

    runtime = "keras" if options.plot else options.runtime
    return forecast(options, load_for(options.model, FORECASTERS, runtime))


def backtest_(options: argparse.Namespace) -> int:
    from keras_rnn.cli.forecast import backtest

    return backtest(options, load_for(options.model, FORECASTERS))


def train_(options: argparse.Namespace) -> int:
    from keras_rnn.cli.train import train

    return train(options)


def export_(options: argparse.Namespace) -> int:
    from keras_rnn.artifacts.folder import write_artifacts
    from keras_rnn.zoo.tasks import measure

    if options.out.endswith(".tflite"):
        return _export_litert(options)
    refuse(options, "window", "quantize", "calibration")
    check_replaceable(options.out)
    model = load_for(options.model)
    name = zoo_name(find(options.model))
    checks = write_artifacts(model, options.out, name, measure(name, model) if name else {})
    _print_checks({options.out: checks}, options.json)
    return 0


def _export_litert(options: argparse.Namespace) -> int:
    calibration = read_array(options.calibration) if options.calibration else None
    model = load_for(options.model)

    from keras_rnn.artifacts.conversion import to_litert

    report = dataclasses.asdict(
        to_litert(model, options.out, options.window, quantize=options.quantize, calibration=calibration)
    )
    if options.json:
        print_json(report)
    else:
        for key, value in report.items():
            print(f"{key.replace('_', ' ')}: {', '.join(value) if isinstance(value, tuple) else value}")
    return 0


def import_torch_(options: argparse.Namespace) -> int:
    from keras_rnn.cli.import_torch import import_torch

    return import_torch(options)


def verify_(options: argparse.Namespace) -> int:
    from keras_rnn.zoo.loading import verify

    results = {name: verify(name) for name in options.models or map(str, zoo_names())}
    _print_checks(results, options.json)
    return 0 if all(check.passed for checks in results.values() for check in checks) else 1


def _print_checks(results: dict[str, list[Any]], as_json: bool) -> None:
    if as_json:
        print_json({name: [dataclasses.asdict(check) for check in checks] for name, checks in results.items()})
    else:
        print(checks_table(results))


def data_(options: argparse.Namespace) -> int:
    from keras_rnn.cli import data

    return int(getattr(data, options.action)(options))


def demo_(options: argparse.Namespace) -> int:
    from keras_rnn.zoo.demo import run

    run(options.out)
    return 0
