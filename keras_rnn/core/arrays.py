"""Arrays from outside: of numbers, of the shape that is wanted, finite; and what arrays are called in signatures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_rnn.core.checks import received

Array = NDArray[Any]
Floats = NDArray[np.float64]
Shape = Sequence[int | None]

_KINDS = {"iu": "integers", "iuf": "numbers", "biuf": "numbers", "f": "floating-point numbers"}


def as_array(name: str, value: Any, shape: Shape | None = None, kinds: str = "iuf", finite: bool = False) -> Array:
    """`value` as an array.

    Args:
        name: of the argument, for errors.
        shape: that it must have, None standing for any size; None: any shape.
        kinds: of dtypes, as in `numpy.dtype.kind`.
        finite: whether NaN, infinities and what float32 cannot hold are refused.

    Raises:
        TypeError: another kind of values.
        ValueError: rows of different lengths, another shape, values that are not finite.
    """
    expected = _KINDS[kinds] + ("" if shape is None else f" of shape {_written(shape)}")
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"`{name}` must be {expected}. {received(value)}") from error
    if array.dtype.kind not in kinds:
        raise TypeError(f"`{name}` must be {expected}. Received: {array.dtype} of shape {array.shape}")
    if shape is not None and not _fits(array.shape, shape):
        raise ValueError(f"`{name}` must be {expected}. Received: {array.dtype} of shape {array.shape}")
    if finite and not (np.abs(array) <= np.finfo(np.float32).max).all():  # nor NaN
        place = np.argwhere(~(np.abs(array) <= np.finfo(np.float32).max))[0]
        where = tuple(int(i) for i in place)
        raise ValueError(f"`{name}` must be finite numbers within float32. Received: {array[where]} at {where}")
    return array


def _fits(found: tuple[int, ...], wanted: Shape) -> bool:
    return len(found) == len(wanted) and all(n in (None, m) for n, m in zip(wanted, found, strict=True))


def _written(shape: Shape) -> str:
    sizes = ["any" if size is None else str(size) for size in shape]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
