"""Figures as tables and lines for people to read."""

import json
import math
from typing import Any


def markdown_table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def plain_table(header: list[str], rows: list[list[str]]) -> str:
    """A table for the terminal, columns aligned."""
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    return "\n".join("  ".join(line).rstrip() for line in padded)


def decimals(change: float) -> int:
    """Decimal places that show a hundredth of the usual change."""
    return min(9, max(0, 2 - math.floor(math.log10(change)))) if change > 0 else 2


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))
