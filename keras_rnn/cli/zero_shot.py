"""`keras-rnn forecast` of any series, without training."""

from typing import Any

import click

from keras_rnn.cli.commands import say
from keras_rnn.cli.frames import print_frame
from keras_rnn.core.tables import decimals

ZERO_SHOT = "zero_shot"  # the kind of model
MOST_SHOWN = 60  # values before the forecast in a picture

season_option = click.option("--season", metavar="none|N", help="values in a season, for the model that takes any "
                             "series", show_default="by the dates")  # fmt: skip


def no_season(season: str | None, name_or_path: str) -> None:
    if season is not None:
        raise click.UsageError(f"--season goes with a model that takes any series. Received: {name_or_path!r}")


def read_season(season: str | None) -> int | None:
    """ "none" → 1, "12" → 12."""
    if season is None or season == "none":
        return None if season is None else 1
    try:
        return int(season)
    except ValueError as error:
        raise click.UsageError(f"--season must be none or a number of values. Received: {season!r}") from error


def read_any(csv: str | None, column: str | None, **reading: Any) -> Any:
    """A CSV's column with enough values in it."""
    if csv is None:
        raise click.UsageError("CSV must be a file with a series. Received: none")

    from keras_rnn.series.csv_files import read_columns
    from keras_rnn.zero_shot.forecasting import check_values

    table = read_columns(csv, column, **reading)
    try:
        check_values(table.iloc[:, 0], len(table))
    except ValueError as error:
        raise ValueError(f"{csv}: {error}") from error
    return table


def print_forecast(
    model: Any, name: str, table: Any, steps: int, levels: tuple[float, ...], season: int | None, plot: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """The forecast of a CSV's column by a `ZeroShotModel` or its runtime, and what was found of the series."""
    import numpy as np

    from keras_rnn.series.dates import PERIODS, forecast_frame, values_by_date
    from keras_rnn.zero_shot.forecasting import forecast

    series = table.iloc[:, 0]
    values, dates, frequency = values_by_date(series)
    found = forecast(model.quantiles, model.window, model.places, values, steps, levels, frequency, season)
    frame = forecast_frame(found.mean, dates, frequency, found.intervals)
    period = PERIODS.get(frequency or "", "value")
    told = "no season" if found.season == 1 else f"a season of {found.season} {period}s"
    if found.season > 1:
        told += ", more of it than chance gives" if found.shows_season else ", no more of it than chance gives"
    remarks = [str(table.attrs["understood"]), told + ("; values in logarithms" if found.logarithm else "")]
    if plot:
        from keras_rnn.plots.figure import save_figure
        from keras_rnn.plots.forecast import plot_forecast

        title = f"{series.name or 'series'}, forecast by {name}"
        save_figure(plot_forecast(series.interpolate(), frame, MOST_SHOWN, title, frequency, None), plot)
        remarks.append(f"wrote {plot}")
    say(*remarks)
    facts = {"model": name, "season": found.season, "logarithm": found.logarithm}
    places = decimals(float(np.nanmean(np.abs(np.diff(values)))))
    print_frame(frame, str(series.name or "value"), places, facts, as_json)
