"""A series' parts: how much of it is kept for the test, and whether the rest is enough to learn from."""

import numbers
from typing import Any

from keras_rnn.catalog.presets import PRESETS
from keras_rnn.core.arrays import Floats
from keras_rnn.core.checks import check_integer, check_number, received

WINDOW = 6  # periods, where nothing else is said
LEAST_WINDOWS = 10  # to learn from


def held_out_periods(test: float, periods: int, window: int) -> int:
    """Periods of the test part, a share up to 0.9 or a number, of a series with so many."""
    if isinstance(test, numbers.Integral) and not isinstance(test, bool):
        count = check_integer("test", test, 0)
    else:
        count = round(check_number("test", test, 0.0, 0.9) * periods)
    if count == 1 or count == 2:  # nothing can be said of so few
        raise ValueError(f"`test` must be 0, or 3 periods or more. {received(test)}")
    least = check_integer("window", window, 1) + LEAST_WINDOWS + count
    if periods < least:
        raise ValueError(
            f"`series` must hold {least} values: a window, {LEAST_WINDOWS} windows to learn from and the test part's "
            f"{count} (`test`). Received: {periods}"
        )
    return count


def own_network(cell: str | None, *sizes: Any) -> bool:
    """Whether arguments of `train_series` ask for another network than the one that learned from simulations."""
    return cell not in (None, *PRESETS["series"]["simulated"].cells) or any(size is not None for size in sizes)


def check_changes(values: Floats, last: int) -> None:
    """Whether a series (periods,) changes in its test part, and before it."""
    learning = values[: len(values) - last]
    if (learning == learning[0]).all():
        raise ValueError(f"`series` must hold values that change. Received: {learning[0]:g}, {len(learning)} times")
    if last and (values[-last - 1 :] == values[-1]).all():
        raise ValueError(f"The test part must hold values that change. Received: {values[-1]:g}, {last} times")
