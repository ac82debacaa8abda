"""`from_torch`: PyTorch's recurrent weights in Keras' layers, with the same answers."""

import os
import sys
import warnings
from typing import Any

from keras_rnn.core.checks import check_choice, check_integer
from keras_rnn.pytorch.files import read_torch_file
from keras_rnn.pytorch.keras_layers import build
from keras_rnn.pytorch.parts import GATES, NONLINEARITIES, Part, begun, check_kind, check_last
from keras_rnn.pytorch.state_dict import parts_of


def from_torch(
    state: Any,
    kind: str | None = None,
    nonlinearity: str | None = None,
    steps: int | None = None,
    return_sequences: bool = False,
    last: str | None = None,
    initial_state: Any = None,
) -> Any:
    """A Keras model that answers as a recurrent PyTorch module does, to float32's accuracy.

    `nn.RNN`, `nn.GRU` and `nn.LSTM`, of any number of layers, one direction or both, with biases or without; their
    cells, over a sequence; and the tutorial's `i2h`, an `nn.Linear` on the concatenation of x and h. Several may stand
    in a row, and before, between and after them `nn.Embedding`, `nn.Linear`, `nn.LayerNorm` and activations.

    A module is run on random input: what its `forward` calls, modules or functions, are the parts in their order, and
    the Keras model of them has to give the same answers, within 1e-5 of the largest; a module that computes anything
    else is refused. Of a `state_dict`, names and shapes tell the parts, in the order in which they were registered.
    Functions in between are not in it: a warning says what is assumed.

    Dropout, which acts in training only, is not taken over, and `batch_first` does not matter: Keras' arrays are
    (batch, steps, features).

    Args:
        state: the module; or its `state_dict()`, name → tensor or array; or a checkpoint that holds one as
            `"state_dict"` or `"model_state_dict"`; or the path of a file with one of these (`.pt`, `.pth`, `.npz`,
            `.safetensors`), of which weights are read and no code is run. PyTorch itself is needed for `torch.save`'s
            files only. float64 is rounded to float32; float16 and bfloat16 convert to it exactly.
        kind: `"rnn"`, `"gru"` or `"lstm"`, to be held against what the weights are; None: what they are.
        nonlinearity: `"tanh"` or `"relu"` of an `nn.RNN` or of `i2h`; None: the module's own. A `state_dict` does not
            tell it: there None means tanh, PyTorch's default, and none after `i2h`.
        steps: of a window, if it is to be fixed; None: any number.
        return_sequences: True for an answer at every step, PyTorch's `output`; False for the last alone.
        last: which last one, of a model in both directions, where they differ: `"output"` for `output[:, -1]`, in
            which the backward direction has seen the last step only; `"state"` for `torch.cat([h_n[-2], h_n[-1]], 1)`,
            in which both have seen all. To be given then, unless a module takes one itself.
        initial_state: what the recurrent module begins with instead of the module's own, which is mostly zeros: h_0, or
            for an LSTM a pair of h_0 and c_0, each (layers · directions, batch, units), of a cell (batch, units) too.
            It becomes part of the model: with a batch of 1 for sequences of any number, else of a model of that batch.

    Returns:
        A functional `keras.Model` of Keras' own layers (`SimpleRNN`, `GRU` with `reset_after=True`, `LSTM`, within
        `Bidirectional` for both directions), not compiled: its file needs nothing but Keras. For `i2h` the layer is
        `RNN(RNNCell)`, of this package. The model takes (batch, steps, features), or with an embedding ids
        (batch, steps), and gives (batch, outputs), or (batch, steps, outputs) with `return_sequences`. `to_litert`
        takes it to a phone.

    Raises:
        TypeError: neither a module, a mapping of names nor a path; tensors not of floating-point numbers.
        ValueError: a module that answers differently from its parts in a row, with the difference and what is left
            out; missing, unknown, oddly shaped or non-finite tensors, by name; shapes that admit no order of the parts,
            or several; projections (`proj_size`); a file that holds anything but tensors, or is none; a `kind`,
            `nonlinearity` or `last` that is not the module's; `last` lacking, or without use; an `initial_state` of
            another shape.

    Warns:
        UserWarning: a module that could not be run, and is read as its `state_dict`; a function that makes no
            difference on random input, and is left out; what a `state_dict` does not tell.

    The equations are in PyTorch's documentation of `torch.nn.RNN`, `GRU` and `LSTM`, and in that of Keras' layers; a
    GRU of PyTorch multiplies with the reset gate after the recurrent product, as cuDNN does and Keras with
    `reset_after=True`, not before it as in Cho et al. 2014.
    """
    if steps is not None:
        check_integer("steps", steps, 1)
    check_choice("return_sequences", return_sequences, (False, True))
    if kind is not None:
        check_choice("kind", kind, GATES)
    if nonlinearity is not None:
        check_choice("nonlinearity", nonlinearity, NONLINEARITIES)
    if isinstance(state, str | os.PathLike):
        state = read_torch_file(state)
    parts, taken = _read(state, nonlinearity, steps)
    check_kind(parts, kind, nonlinearity)
    last = check_last(parts, return_sequences, last, taken)
    if initial_state is not None:
        parts = begun(parts, initial_state)
    return build(parts, steps, return_sequences, last)


def _read(state: Any, nonlinearity: str | None, steps: int | None) -> tuple[list[Part], str | None]:
    """The parts, and which last step is taken, where it is known; warns of what is not."""
    if isinstance(state, getattr(getattr(sys.modules.get("torch"), "nn", None), "Module", ())):
        from keras_rnn.pytorch.module import NotRun, compared_parts, own_nonlinearity  # a module brings PyTorch along

        nonlinearity = own_nonlinearity(state) or nonlinearity
        try:
            return compared_parts(state, steps)
        except NotRun as error:
            _warn(f"`state` could not be run, and is read as its state_dict without comparison: {error}")
    parts, assumed = parts_of(state, nonlinearity)
    if assumed:
        _warn(f"A state_dict does not tell what forward computes. Assumed: {'; '.join(assumed)}")
    return parts, None


def _warn(remark: str) -> None:
    warnings.warn(remark, UserWarning, stacklevel=4)  # of who calls from_torch
