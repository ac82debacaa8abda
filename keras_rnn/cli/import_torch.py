"""`keras-rnn import-torch`."""

from pathlib import Path

import click

from keras_rnn.cli.commands import Command
from keras_rnn.cli.options import COUNT, json_option
from keras_rnn.core.checks import received
from keras_rnn.core.files import check_writable, written_file
from keras_rnn.core.tables import print_json


@click.command(cls=Command)
@click.argument("state", metavar="FILE")
@click.argument("out", metavar="OUT.keras")
@click.option("--nonlinearity", type=click.Choice(("tanh", "relu")), help="of an nn.RNN", show_default="tanh")
@click.option("--sequences", "return_sequences", is_flag=True, help="an answer at every step, not at the last alone")
@click.option("--last", type=click.Choice(("output", "state")),
              help="of both directions: PyTorch's output[:, -1], or both in h_n")  # fmt: skip
@click.option("--steps", type=COUNT, help="of a window, if it is to be fixed", show_default="any")
@json_option
def command(
    state: str, out: str, nonlinearity: str | None, return_sequences: bool, last: str | None, steps: int | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Write PyTorch's nn.RNN, nn.GRU or nn.LSTM weights as a Keras model.

    FILE is a saved state_dict: .pt, .pth, .npz or .safetensors. No code in it is run.
    """
    if Path(out).suffix != ".keras":
        raise ValueError(f"`out` must end in .keras. {received(out)}")
    check_writable(out, "file")

    from keras_rnn.pytorch.files import read_torch_file
    from keras_rnn.pytorch.layout import check_last
    from keras_rnn.pytorch.state_dict import torch_weights

    weights = torch_weights(read_torch_file(state), nonlinearity=nonlinearity)
    check_last(weights, return_sequences, last)

    from keras_rnn.pytorch.keras_model import build

    model = build(weights, steps, return_sequences, last)
    with written_file(out) as beside:
        model.save(beside)
    ids, outputs = (None if array is None else len(array) for array in (weights.embedding, weights.head_weight))
    facts = {
        "kind": f"nn.{weights.kind.upper()}",
        "nonlinearity": weights.nonlinearity,
        "layers": len(weights.layers),
        **{name: getattr(weights, name) for name in ("directions", "units", "features", "bias")},
        "embedding": ids and {"name": weights.embedding_name, "ids": ids},
        "head": outputs and {"name": weights.head_name, "outputs": outputs},
        "parameters": model.count_params(),
        "input": list(model.input_shape),
        "output": list(model.output_shape),
        "file": out,
    }
    if as_json:
        print_json(facts)
        return
    if weights.kind != "rnn":
        del facts["nonlinearity"]
    for key, value in facts.items():
        print(f"{key}: {_readable(value)}")
    print(f"for a phone: keras-rnn export {out} {Path(out).with_suffix('.tflite')}{'' if steps else ' --window N'}")


def _readable(value: object) -> str:
    if isinstance(value, dict):
        (_, name), (key, size) = value.items()
        return f"{name}, {key} {size:,}"
    if isinstance(value, list):
        return f"({', '.join('any' if size is None else str(size) for size in value)})"
    if isinstance(value, bool) or value is None:
        return "yes" if value else "none"
    return f"{value:,}" if isinstance(value, int) else str(value)
