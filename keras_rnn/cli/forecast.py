"""`keras-rnn forecast`."""

from typing import Any

import click

from keras_rnn.catalog.presets import FIRST_TEST_YEAR
from keras_rnn.cli.commands import Command, say
from keras_rnn.cli.frames import print_frame
from keras_rnn.cli.models import FORECASTERS, history_for, load_for, name_of, place_of
from keras_rnn.cli.options import check_csv_options, forecaster_options, json_option, runtime_option
from keras_rnn.cli.zero_shot import ZERO_SHOT, no_season, print_forecast, read_any, read_season, season_option
from keras_rnn.core.tables import decimals
from keras_rnn.plots.picture import check_picture

MOST_SHOWN = 120  # values in a picture of a whole series


@click.command(cls=Command)
@forecaster_options
@season_option
@click.option("--levels", metavar="PERCENTS", help="of prediction intervals, such as 80,95", show_default="none")
@click.option("--plot", metavar="PNG", help="write a picture of actual and forecast values; by Keras, but for series")
@runtime_option
@json_option
def command(
    history: str | None, column: str | None, steps: int, season: str | None, levels: str | None,
    name_or_path: str | None, plot: str | None, runtime: str, as_json: bool, **reading: str | None,
) -> None:  # fmt: skip
    """Forecast any series, by a network that learned from simulations; or the 10-year Treasury yield.

    The CSV has a header, dates in its first column if it has any, and numbers in another; without one, it is the newest
    GS10.
    """
    check_csv_options(history, column=column, **reading)
    if plot:
        check_picture(plot)
    percents, in_season = _percents(levels), read_season(season)
    name_or_path = name_or_path or ("series" if history else "gs10")
    model = load_for(name_or_path, (*FORECASTERS, ZERO_SHOT), runtime)
    if model.kind == ZERO_SHOT:
        reading |= {"fill": reading["fill"] or "none"}  # it takes missing values
        table = read_any(history, column or model.column, **reading)
        print_forecast(model, name_or_path, table, steps, percents, in_season, plot, as_json)
        return
    no_season(season, name_or_path)
    if plot:
        if runtime == "litert":
            raise click.UsageError("--plot is drawn by Keras and does not go with --runtime litert")
        model = load_for(name_or_path, FORECASTERS)

    import numpy as np

    from keras_rnn.runtime import Forecast
    from keras_rnn.series.dates import dated_history, dates_after, forecast_frame
    from keras_rnn.series.history import first_column

    series, remarks = history_for(model, history, column, model.window, "newest", **reading)
    values, dates = dated_history(series, model.window, model.frequency, model.features)
    found = model.forecast(values, steps, percents)
    if isinstance(found, Forecast):
        frame = forecast_frame(found.mean, dates, model.frequency, found.intervals)
    else:
        frame = found.set_index(dates_after(dates, steps, model.frequency))
    if history and percents and model.kind == "gs10":
        remarks.append("the intervals are as wide as the model's errors on GS10, not on this series")
    if dates is not None and model.frequency is None:
        remarks.append("the model knows no spacing of the dates, as with gaps or hours: the forecasts are numbered")
    own = first_column(values)
    if model.low is not None:
        low, high = (np.atleast_1d(bound)[0] for bound in (model.low, model.high))
        last = own[-model.window :]
        if last.min() < low or last.max() > high:
            remarks.append(
                f"values from {last.min():g} to {last.max():g} are outside the {low:.2f} to {high:.2f}"
                f"{f' {model.unit}' if model.unit else ''} that the model was trained on: do not rely on the forecast"
            )
    if plot:
        test_from = FIRST_TEST_YEAR if not history and model.frequency == "annual" else None
        _draw(plot, f"{name_of(series)}, forecast by {name_or_path}", model, series, dates, frame, test_from)
        remarks.append(f"wrote {plot}")
    say(*remarks)
    places = 2 if model.kind == "gs10" and model.unit else decimals(float(np.abs(np.diff(own)).mean()))
    facts = {"model": name_or_path, "unit": model.unit}
    print_frame(frame, model.unit or name_of(series), places, facts, as_json)


def _percents(levels: str | None) -> tuple[float, ...]:
    """ "80,95" → (80.0, 95.0)."""
    from keras_rnn.series.intervals import check_levels

    try:
        percents = [float(part) for part in levels.split(",")] if levels is not None else None
    except ValueError as error:
        raise ValueError(f"`levels` must be percents such as 80,95. Received: {levels!r}") from error
    return check_levels(percents)


def _draw(path: str, title: str, model: Any, series: Any, dates: Any, frame: Any, test_from: float | None) -> None:
    """A short series whole, with the test part shaded, of a long one the end; and the forecast."""
    from keras_rnn.plots.figure import save_figure
    from keras_rnn.plots.forecast import plot_forecast, plot_predictions
    from keras_rnn.series.dates import times_of

    if len(series) > MOST_SHOWN:
        values = series if model.features == 1 else series.iloc[:, 0]
        save_figure(plot_forecast(values, frame, 60, title, model.frequency, model.unit), path)
        return
    learned = place_of(series, model.trained_to)
    if learned is not None:
        test_from = learned + 2.0 if dates is None else times_of(dates, model.frequency)[learned + 1]
    save_figure(plot_predictions(model, series, test_from, frame, title), path)
