"""A forecast as it is printed."""

from typing import Any

from keras_rnn.core.tables import plain_table, print_json


def print_frame(frame: Any, head: str, places: int, facts: dict[str, Any], as_json: bool) -> None:
    """A row for each period: `mean`, under this head, and intervals; as JSON by column, after further facts."""
    from keras_rnn.series.dates import day

    named = frame.rename(index=day)
    if as_json:
        print_json({**facts, **named.to_dict()})
        return
    heads = [head if column == "mean" else column for column in frame.columns]
    lines = [[when, *(f"{value:.{places}f}" for value in row)] for when, *row in named.itertuples()]
    print(plain_table([str(frame.index.name or "date"), *heads], lines))
