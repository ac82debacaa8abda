"""Arrays from outside: of numbers, of the shape that is wanted, finite; and what arrays are called in signatures."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_rnn.core.checks import received

Array = NDArray[Any]
Floats = NDArray[np.float64]
Shape = Sequence[int | str]

_KINDS = {"iu": "integers", "iuf": "numbers", "biuf": "numbers", "f": "floating-point numbers"}


def as_array(
    name: str,
    value: Any,
    shape: Shape | None = None,
    kinds: str = "iuf",
    finite_in: type[np.floating[Any]] | None = None,
    wrong_kind: type[Exception] = TypeError,
) -> Array:
    """`value` as an array.

    Args:
        name: of the argument, for errors.
        shape: that it must have, a name such as "batch" standing for any size but 0; None: any shape.
        kinds: of dtypes, as in `numpy.dtype.kind`; bfloat16 is one of "f".
        finite_in: the type of floating-point numbers that must hold every value; None: any values.
        wrong_kind: the error for another kind.

    Raises:
        TypeError, or `wrong_kind`: another kind of values.
        ValueError: rows of different lengths, another shape, NaN, infinities and values beyond `finite_in`.
    """
    expected = _KINDS[kinds] + ("" if shape is None else " of shape " + str(tuple(shape)).replace("'", ""))
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"`{name}` must be {expected}. {received(value)}") from error
    found = f"Received: {array.dtype} of shape {array.shape}" if array.ndim else received(value)
    if array.dtype.kind not in kinds and not ("f" in kinds and array.dtype.name == "bfloat16"):
        raise wrong_kind(f"`{name}` must be {expected}. {found}")
    if shape is not None and not _fits(array.shape, shape):
        raise ValueError(f"`{name}` must be {expected}. {found}")
    if finite_in is not None:
        wrong = ~(np.abs(array.astype(np.float64, copy=False)) <= np.finfo(finite_in).max)  # True for NaN too
        if wrong.any():
            place = tuple(int(i) for i in np.argwhere(wrong)[0])
            where = place[0] if len(place) == 1 else place
            raise ValueError(
                f"`{name}` must be finite in {np.dtype(finite_in)}. Received: {array[place]} at position {where}"
            )
    return array


def finite_answer(answer: Array, source: Any) -> Array:
    """What a model answered, if it is finite; a ValueError that names the file or model it is from otherwise."""
    if answer.size == 1:
        total = answer.item()
    elif answer.size < 32:
        total = sum(answer.ravel().tolist())  # few are quickest as Python's numbers
    else:
        total = np.vdot(answer, answer)  # which may overflow without need
    if not math.isfinite(total) and not np.isfinite(answer).all():
        raise ValueError(f"A model's answer must be finite. {received(answer.tolist())} from {source}")
    return answer


def _fits(found: tuple[int, ...], wanted: Shape) -> bool:
    return len(found) == len(wanted) and all(
        size > 0 if isinstance(want, str) else size == want for size, want in zip(found, wanted, strict=True)
    )
