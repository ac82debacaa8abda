"""What a model's input and output are to be called in its files."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """What a model's one input and one output are called, and how many ids it tells apart, where that is known."""

    input: str | None = None  # `ids` or `x`
    step: str | None = None  # as the input
    output: str = "output"
    ids: int | None = None
