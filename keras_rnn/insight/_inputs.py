"""Checks of what `insight` is given, with the shape that a model wants in words."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_rnn.core.arrays import as_array
from keras_rnn.core.checks import received
from keras_rnn.insight._run import Float64Model


def checked_input(double: Float64Model, x: Any) -> NDArray[Any]:
    """`x` as an array of the model's input shape, with at least one sample and finite numbers.

    Raises:
        TypeError: not numbers, or no integers for a model that takes ids.
        ValueError: another shape, empty, NaN or infinite, or ids out of range.
    """
    array = as_array("x", x, kinds="biuf", finite_in=np.float64)
    shape, ids = double.input_shape, double.ids
    sizes = ", ".join(["batch", *("any" if size is None else str(size) for size in shape[1:])])
    meanings = ", ".join(["samples", "steps", "features"][: len(shape)])
    wanted = f"`x` must have shape ({sizes}), that is {meanings}" + (", of ids" if ids else "")
    if array.ndim == len(shape) - 1:
        raise ValueError(
            f"{wanted}; one without a batch axis is given as `x[None]`, and its result read as `[0]`. "
            f"Received: shape {array.shape}"
        )
    if array.ndim != len(shape) or any(n not in (None, m) for n, m in zip(shape[1:], array.shape[1:], strict=True)):
        raise ValueError(f"{wanted}. Received: shape {array.shape}")
    if not array.size:
        raise ValueError(f"`x` must not be empty. Received: shape {array.shape}")
    if ids:
        if array.dtype.kind == "f" and (array != np.round(array)).any():
            raise TypeError(f"`x` must hold integer ids. {received(x)}")
        size = double.ids_known
        if array.min() < 0 or (size is not None and array.max() >= size):
            bound = "" if size is None else f" to {size - 1}"
            raise ValueError(f"`x` must hold ids from 0{bound}. Received: {array.min()} to {array.max()}")
    return array


def fit_of_target(y: tuple[int, ...], output: tuple[int, ...], sparse: bool, steps: int) -> str:
    """Whether a target's shape fits an output's: "" if so, else what is meant, in words.

    A target of class ids has the output's shape without its last axis, or with a last axis of 1. Otherwise the shapes
    must be equal, where a last axis of 1 may be left out. Anything else would be broadcast, or refused, by the loss.
    """
    without = output[:-1]
    if sparse:
        fits = y in (without, (*without, 1))
        wanted = f"{without}, of class ids"
    else:
        fits = y == output or (output[-1:] == (1,) and y == without)
        wanted = f"{output}"
    if fits:
        return ""
    advice = []
    once = 1 if sparse else 2  # axes of a target of one step
    each_step, one_step = len(output) == 3 and output[1] == steps, len(output) == 2
    values = y[:-1] if len(y) > once and sparse and y[-1] == 1 else y  # without ids' own axis of 1
    if each_step and len(values) <= once and y[:1] == output[:1] and values[1:2] != (steps,):
        advice.append(
            "the output has every step, the target one: take the last step, `[:, -1, :]`, or build the last recurrent "
            "layer with return_sequences=False"
        )
    elif one_step and y[:2] == (output[0], steps) and len(y) >= once:
        advice.append(
            "the target has every step, the output the last: build the last recurrent layer with return_sequences=True"
        )
    one_of_each = each_step and len(y) == 2 and y[1] != steps
    if not sparse and len(y) >= 2 and y[-1] != output[-1] and (len(y) == len(output) or one_of_each):
        advice.append(f"for {y[-1]} to a target, a head of as many is missing, `Dense({y[-1]})`")
    if y[:1] != output[:1]:
        advice.append(f"{output[0]} sample{'' if output[0] == 1 else 's'} went in")
    return f"`y` must have shape {wanted}" + "".join(f"; {words}" for words in advice)


def checked_target(y: Any, output: tuple[int, ...], sparse: bool, steps: int) -> NDArray[Any]:
    """`y` as an array that fits the output.

    Raises:
        TypeError: not numbers.
        ValueError: another shape, NaN or infinite, or no ids of the output's classes for a sparse loss.
    """
    array = as_array("y", y, kinds="biuf", finite_in=np.float64)
    if misfit := fit_of_target(array.shape, output, sparse, steps):
        raise ValueError(f"{misfit}. Received: shape {array.shape}")
    if not sparse:  # (n,) for (n, 1): a loss would broadcast them to (n, n)
        return array.astype(np.float64).reshape(output)
    if (array != np.round(array)).any() or array.min() < 0 or array.max() >= output[-1]:
        raise ValueError(f"`y` must hold class ids from 0 to {output[-1] - 1}. {received(y)}")
    return array.astype(np.int64)
