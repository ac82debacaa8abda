"""Checks of arguments, in one place, so that every error reads alike and ends in "Received: …"."""

import numbers
import reprlib
from collections.abc import Iterable
from typing import Any

_SHORT = reprlib.Repr()  # of what is nested without end, or holds itself many times, a part alone
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxtuple, _SHORT.maxdict, _SHORT.maxset = 3, 30, 30, 30, 30
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 300


def received(value: Any) -> str:
    """How an error message quotes what it was given: short, on one line, with the type where it tells more."""
    text = _SHORT.repr(value).replace("\n", " ")
    if len(text) > 80:
        text = text[:77] + "..."
    if value is None or isinstance(value, str | bool | int | float):
        return f"Received: {text}"
    return f"Received: {text} ({type(value).__name__})"


def check_integer(name: str, value: Any, minimum: int, maximum: int | None = None) -> int:
    """`value` as an int within [minimum, maximum]; TypeError or ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"`{name}` must be an integer. {received(value)}")
    number = int(value)
    if number < minimum or (maximum is not None and number > maximum):
        bound = f"at least {minimum:,}" if maximum is None else f"from {minimum:,} to {maximum:,}"
        raise ValueError(f"`{name}` must be {bound}. {received(value)}")
    return number


def check_seed(seed: Any) -> int | None:
    """A seed: None, or an integer from 0 to 2³¹−1, which every library takes."""
    return None if seed is None else check_integer("seed", seed, 0, 2**31 - 1)


def check_number(name: str, value: Any, minimum: float, maximum: float | None = None) -> float:
    """`value` as a finite float within [minimum, maximum]; TypeError or ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"`{name}` must be a number. {received(value)}")
    number = float(value)
    if not minimum <= number <= (maximum if maximum is not None else 1.7e308):  # False for NaN too
        bound = f"a finite number, at least {minimum:g}" if maximum is None else f"from {minimum:g} to {maximum:g}"
        raise ValueError(f"`{name}` must be {bound}. {received(value)}")
    return number


def check_choice(name: str, value: Any, choices: Iterable[Any]) -> Any:
    """`value` if it is one of `choices`; a ValueError that lists them otherwise."""
    choices = list(choices)
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        raise ValueError(f"`{name}` must be one of {', '.join(map(repr, choices))}. {received(value)}")
    return value
