"""How long a training is to be."""

from keras_rnn.core.checks import check_integer, check_number


def budget_of(updates: int | None, epochs: float | None, minutes: float | None) -> tuple[str, float] | None:
    """The budget's kind and size, where one is given.

    Raises:
        TypeError, ValueError: out of range, or several.
    """
    given = {"updates": updates, "epochs": epochs, "minutes": minutes}
    named = {name: value for name, value in given.items() if value is not None}
    if len(named) > 1:
        raise ValueError(f"Only one of `updates`, `epochs` and `minutes` may be given. Received: {named}")
    if not named:
        return None
    ((kind, size),) = named.items()
    return (kind, check_integer(kind, size, 1)) if kind == "updates" else (kind, check_number(kind, size, 1e-6))
