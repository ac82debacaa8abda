"""`keras-rnn import-torch`."""

from pathlib import Path

import click

from keras_rnn.cli.commands import Command, say
from keras_rnn.cli.options import COUNT, json_option
from keras_rnn.core.checks import received
from keras_rnn.core.files import check_writable, written_file
from keras_rnn.core.tables import print_json


@click.command(cls=Command)
@click.argument("state", metavar="FILE")
@click.argument("out", metavar="OUT.keras")
@click.option(
    "--nonlinearity",
    type=click.Choice(("tanh", "relu")),
    help="of an nn.RNN or i2h",
    show_default="tanh, or none of i2h",
)
@click.option("--sequences", "return_sequences", is_flag=True, help="an answer at every step, not at the last alone")
@click.option("--last", type=click.Choice(("output", "state")),
              help="of both directions: PyTorch's output[:, -1], or both in h_n")  # fmt: skip
@click.option("--steps", type=COUNT, help="of a window, if it is to be fixed", show_default="any")
@json_option
def command(
    state: str, out: str, nonlinearity: str | None, return_sequences: bool, last: str | None, steps: int | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Write the weights of a recurrent PyTorch module as a Keras model.

    FILE is a saved state_dict: .pt, .pth, .npz or .safetensors. No code in it is run.
    """
    if Path(out).suffix != ".keras":
        raise ValueError(f"`out` must end in .keras. {received(out)}")
    check_writable(out, "file")

    from keras_rnn.pytorch.files import read_torch_file
    from keras_rnn.pytorch.parts import check_kind, check_last, facts
    from keras_rnn.pytorch.state_dict import parts_of

    parts, assumed = parts_of(read_torch_file(state), nonlinearity)
    check_kind(parts, None, nonlinearity)
    last = check_last(parts, return_sequences, last)

    from keras_rnn.pytorch.keras_layers import build

    model = build(parts, steps, return_sequences, last)
    with written_file(out) as beside:
        model.save(beside)
    if assumed:
        say(f"A state_dict does not tell what forward computes. Assumed: {'; '.join(assumed)}")
    sizes = {
        "parameters": model.count_params(),
        "input": list(model.input_shape),
        "output": list(model.output_shape),
        "file": out,
    }
    if as_json:
        print_json({"parts": facts(parts), **sizes})
        return
    for part in facts(parts):
        said = [f"{key} {_readable(value)}" for key, value in part.items() if key not in ("name", "kind")]
        print(f"{part['name'] or '(the module)'}: {', '.join([part['kind'], *said])}")
    for key, value in sizes.items():
        print(f"{key}: {_readable(value)}")
    print(f"for a phone: keras-rnn export {out} {Path(out).with_suffix('.tflite')}{'' if steps else ' --window N'}")


def _readable(value: object) -> str:
    if isinstance(value, list):
        return f"({', '.join('any' if size is None else str(size) for size in value)})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
