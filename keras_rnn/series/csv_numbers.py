"""Cells of a CSV as numbers, whatever the decimal mark."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

DECIMALS = (".", ",")
MISSING = frozenset(("", ".", "..", "-", ":", "na", "n/a", "#n/a", "nan", "null", "none"))


def parsed(texts: pd.Series[str], decimal: str) -> pd.Series[float]:
    """Numbers with a decimal mark, NaN for what is none."""
    apart = _thousands(decimal)
    whole = rf"\d+|[1-9]\d{{0,2}}(?:{apart}\d{{3}})+"
    is_number = texts.str.fullmatch(rf"[-+]?(?:(?:{whole})(?:[{decimal}]\d*)?|[{decimal}]\d+)(?:[eE][-+]?\d+)?")
    plain = texts.where(is_number.astype(bool)).str.replace(apart, "", regex=True).str.replace(decimal, ".")
    return pd.to_numeric(plain, errors="coerce").astype(np.float64)


def _thousands(decimal: str) -> str:
    """What may stand between thousands: the other mark, an apostrophe or a space, also one that does not break."""
    return rf"[{'.' if decimal == ',' else ','}'’ \u00a0\u202f]"


def numbers_of(
    texts: pd.DataFrame, decimal: str | None, separator: str, place: Callable[[int], str]
) -> tuple[pd.DataFrame, list[str]]:
    """The one way to read cells as numbers, NaN where they are empty; and what there is to tell of it.

    Args:
        texts: columns of cells.
        decimal: one of `DECIMALS`; None: the one under which all are numbers.
        separator: of the columns; a comma there is no decimal mark where it need not be.
        place: row → what an error calls it.

    Raises:
        ValueError: a cell that is no finite number; two ways that differ.
    """
    missing = texts.apply(lambda cells: cells.str.lower().isin(MISSING))
    read = {mark: texts.apply(parsed, decimal=mark) for mark in ([decimal] if decimal else DECIMALS)}
    wrong = {mark: ~missing & ~np.isfinite(numbers) for mark, numbers in read.items()}
    whole = [mark for mark in read if not wrong[mark].to_numpy().any()]
    if not whole:
        fewest = min(wrong.values(), key=lambda cells: int(cells.to_numpy().sum()))
        row, column = _first(fewest)
        raise ValueError(
            f"{place(row)}: column {texts.columns[column]!r} must hold finite numbers. "
            f"Received: {texts.iloc[row, column]!r}, {int(fewest.to_numpy().sum())} such in all"
        )
    if len(whole) == 2 and separator != "," and (differ := ~missing & (read["."] != read[","])).to_numpy().any():
        row, column = _first(differ)
        both = " or ".join(f"{float(read[mark].to_numpy()[row, column]):.9g} by `{mark}`" for mark in whole)
        raise ValueError(
            f"{place(row)}: {texts.iloc[row, column]!r} can be read in two ways: {both}. `decimal` must say which"
        )
    chosen, joined = whole[0], "\n".join(texts.to_numpy().ravel())
    said = ["decimal comma"] if chosen == "," and "," in joined else []
    return read[chosen], [*said, "thousands marked"] if re.search(rf"\d{_thousands(chosen)}\d", joined) else said


def _first(cells: pd.DataFrame) -> tuple[int, int]:
    row, column = np.argwhere(cells.to_numpy())[0]
    return int(row), int(column)
