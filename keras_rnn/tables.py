"""Figures as tables and lines for people to read."""

from __future__ import annotations

import json
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


def headline(metrics: dict[str, float]) -> str:
    """A model's figures in a few words, the naive baseline's beside them."""
    if "accuracy" in metrics:
        naive = metrics["accuracy_from_last_character_only"]
        return f"accuracy {metrics['accuracy']:.2f} (from the last character only: {naive:.2f})"
    if "test_rmse" in metrics:
        return f"test RMSE {metrics['test_rmse']:.2f} (persistence: {metrics['test_rmse_of_persistence']:.2f})"
    return ""


def checks_table(results: dict[str, list[Any]]) -> str:
    """Model → checks, as a table for people."""
    rows = [
        [name, c.artifact, c.check, "" if c.largest is None else f"{c.largest:.1e}", str(c.count),
         "ok" if c.passed else f"FAILED {c.note}".strip()]
        for name, checks in results.items()
        for c in checks
    ]  # fmt: skip
    return plain_table(["model", "artifact", "check", "largest difference", "compared", ""], rows)


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))
