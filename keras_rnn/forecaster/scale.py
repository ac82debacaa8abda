"""What a forecaster takes from the training part of a series: its scale, its columns, its dates."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from keras_rnn.core.checks import check_choice, check_integer, check_number, received
from keras_rnn.series.dates import dated_history, frequency_of
from keras_rnn.series.history import check_history, features_of

SCALINGS = ("window", "levels")
CHANGES_IN_SCALE = 10  # standard deviations of a column's changes in its scale: so tanh is nearly linear
SMALLEST, LARGEST = 1e-15, 1e15  # whose squares float32 has too
ROUNDING = 0.1  # of the standard deviation of a column's changes, that float32 may make of its values at the most


def settings_of(series: Any, scaling: str, features: int | None = None) -> dict[str, Any]:
    """What a `SeriesModel` takes from the training part of a series: features, scale or range, columns, dates, unit."""
    count = features_of(series) if features is None else check_integer("features", features, 1)
    is_pandas = isinstance(series, pd.Series | pd.DataFrame)
    if isinstance(series, pd.DataFrame) and series.shape[1] == 1:
        series = series.iloc[:, 0]
    values = dated_history(series, 3, None, count)[0] if is_pandas else check_history(series, 3, "series", count)
    columns = values[:, None] if values.ndim == 1 else values  # (periods, features)
    changes = np.diff(columns, axis=0)
    if not changes[:, 0].any():
        raise ValueError(f"`series` must hold values that change. Received: {columns[0, 0]:g}, {len(columns)} times")
    spread, largest = changes.std(axis=0), np.abs(changes).max(axis=0)  # (features,)
    # of a column that rises by the same every time, that; of one that never changes, 1
    typical = np.where(spread > 1e-6 * largest, spread, np.where(largest > 0, largest, 1.0))
    level = np.abs(columns).max(axis=0)
    if (np.spacing(level.astype(np.float32)) > ROUNDING * typical).any():
        worst = int(np.argmax(level / typical))
        raise ValueError(
            "`series` must have changes that float32 can tell at its level: subtract a constant from it first. "
            f"Received: changes of about {typical[worst]:.3g} at {level[worst]:.3g}"
        )
    settings: dict[str, Any] = {"features": count}
    if scaling == "window":
        settings["scale"] = (CHANGES_IN_SCALE * typical).tolist()
        if not ((CHANGES_IN_SCALE * typical >= SMALLEST) & (CHANGES_IN_SCALE * typical <= LARGEST)).all():
            raise ValueError(
                f"`series` must be in units in which its changes are from {SMALLEST:g} to {LARGEST / 10:g}. "
                f"Received: changes of about {', '.join(f'{change:.3g}' for change in typical)}"
            )
    else:
        low, high = columns.min(axis=0), columns.max(axis=0)
        settings |= {"low": low.tolist(), "high": np.where(high > low, high, low + 1).tolist()}
    if is_pandas:
        names = [series.name] if isinstance(series, pd.Series) else list(series.columns)
        named = all(isinstance(name, str) and name for name in names)
        settings |= {"columns": names if named else None, "unit": series.attrs.get("unit")}
        dated = not series.index.equals(pd.RangeIndex(len(series)))
        settings["frequency"] = frequency_of(series.index) if dated else None
    return settings


def check_scaling(scaling: str, scale: Any, low: Any, high: Any, features: int) -> tuple[Any, Any, Any]:
    """`scale`, or `low` and `high`, each one number or of several features a tuple; the others None."""
    check_choice("scaling", scaling, SCALINGS)
    for name, value in ({"low": low, "high": high} if scaling == "window" else {"scale": scale}).items():
        if value is not None:
            raise ValueError(f"`{name}` must be None with scaling={scaling!r}. {received(value)}")
    if scaling == "window":
        return _by_feature("scale", 1.0 if scale is None else scale, features, SMALLEST), None, None
    low, high = (_by_feature(name, x, features, -LARGEST) for name, x in (("low", low), ("high", high)))
    if not (np.asarray(low) < np.asarray(high)).all():
        raise ValueError(f"`low` must be less than `high`. Received: low={low}, high={high}")
    return None, low, high


def _by_feature(name: str, value: Any, features: int, minimum: float) -> Any:
    """A finite number, or of several features a tuple of as many, from one or as many."""
    several = list(value) if isinstance(value, Sequence | np.ndarray) and not isinstance(value, str) else [value]
    if len(several) not in (1, features):
        raise ValueError(f"`{name}` must be one number, or {features}. {received(value)}")
    numbers = tuple(check_number(name, number, minimum, LARGEST) for number in several)
    return numbers[0] if features == 1 else numbers * (features // len(numbers))


def check_columns(columns: Sequence[str] | None, features: int) -> tuple[str, ...] | None:
    """As many different names as features, or None."""
    if columns is None:
        return None
    named = not isinstance(columns, str) and all(isinstance(name, str) for name in columns)
    if not named or len(set(columns)) != features or len(columns) != features:
        raise ValueError(f"`columns` must be {features} different names. {received(columns)}")
    return tuple(columns)
