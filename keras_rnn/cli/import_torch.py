"""What `keras-rnn import-torch` does."""

from __future__ import annotations

import argparse
from pathlib import Path

from keras_rnn.core.checks import received
from keras_rnn.core.files import written_file
from keras_rnn.core.tables import print_json
from keras_rnn.pytorch.files import read_torch_file
from keras_rnn.pytorch.state_dict import torch_weights


def import_torch(options: argparse.Namespace) -> int:
    if Path(options.out).suffix != ".keras":
        raise ValueError(f"OUT must end in .keras. {received(options.out)}")
    weights = torch_weights(read_torch_file(options.file), nonlinearity=options.nonlinearity)  # before TensorFlow

    from keras_rnn.pytorch.keras_model import build

    model = build(weights, options.steps, options.sequences, options.last)
    with written_file(options.out) as beside:
        model.save(beside)
    embedding = head = None
    if weights.embedding is not None:
        embedding = {"name": weights.embedding_name, "ids": weights.embedding.shape[0]}
    if weights.head_weight is not None:
        head = {"name": weights.head_name, "outputs": weights.head_weight.shape[0]}
    facts = {
        "kind": f"nn.{weights.kind.upper()}",
        "nonlinearity": weights.nonlinearity,
        "layers": len(weights.layers),
        "directions": weights.directions,
        "units": weights.units,
        "features": weights.features,
        "bias": weights.bias,
        "embedding": embedding,
        "head": head,
        "parameters": model.count_params(),
        "input": list(model.input_shape),
        "output": list(model.output_shape),
        "file": options.out,
    }
    if options.json:
        print_json(facts)
        return 0
    if weights.kind != "rnn":
        del facts["nonlinearity"]
    for key, value in facts.items():
        print(f"{key}: {_readable(value)}")
    window = "" if options.steps else " --window N"
    print(f"for a phone: keras-rnn export {options.out} {Path(options.out).with_suffix('.tflite')}{window}")
    return 0


def _readable(value: object) -> str:
    if isinstance(value, dict):
        name, (key, size) = value["name"], list(value.items())[1]
        return f"{name}, {key} {size:,}"
    if isinstance(value, list):
        return f"({', '.join('any' if size is None else str(size) for size in value)})"
    if isinstance(value, bool) or value is None:
        return "yes" if value else "none"
    return f"{value:,}" if isinstance(value, int) else str(value)
