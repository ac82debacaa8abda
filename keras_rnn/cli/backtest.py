"""`keras-rnn backtest`."""

import sys
from functools import partial
from typing import Any

import click

from keras_rnn.catalog.presets import FIRST_TEST_YEAR
from keras_rnn.cli.commands import Command, say
from keras_rnn.cli.models import FORECASTERS, history_for, load_for, name_of, place_of
from keras_rnn.cli.options import check_csv_options, forecaster_options, json_option
from keras_rnn.cli.zero_shot import ZERO_SHOT, no_season, read_any, read_season, season_option
from keras_rnn.core.tables import plain_table, print_json
from keras_rnn.plots.picture import check_picture


@click.command(cls=Command)
@forecaster_options
@season_option
@click.option("--since", type=click.IntRange(min=0), metavar="YEAR", help="the first that is forecast  "
              "[default: of packaged GS10 1990; of a model "
              "of yours what follows its training; else the last fifth]")  # fmt: skip
@click.option("--plot", metavar="PNG", help="write a picture of the skill by method, or of errors by horizon")
@click.option("--plot-forecasts", metavar="PNG", help="write a picture of the forecasts with their intervals")
@json_option
def command(
    history: str | None, column: str | None, steps: int, name_or_path: str | None, season: str | None,
    since: int | None, plot: str | None, plot_forecasts: str | None, as_json: bool, **reading: str | None,
) -> None:  # fmt: skip
    """Forecast every period of a series from those before it, beside simpler methods.

    The CSV has a header, dates in its first column if it has any, and numbers in another; without one, it is the
    packaged GS10. Each of the periods ahead has a table.
    """
    check_csv_options(history, column=column, **reading)
    pictures = [path for path in (plot, plot_forecasts) if path]
    for picture in pictures:
        check_picture(picture)
    places, name_or_path = read_season(season), name_or_path or ("series" if history else "gs10")
    model = load_for(name_or_path, (*FORECASTERS, ZERO_SHOT), "auto")
    if model.kind != ZERO_SHOT:
        no_season(season, name_or_path)
        model = load_for(name_or_path, FORECASTERS)

    from tqdm import tqdm

    from keras_rnn.forecaster.comparison import backtests, better_naive, verdict, zero_shot_backtests
    from keras_rnn.series.backtest import compare
    from keras_rnn.series.dates import times_of, values_by_date

    progress = partial(tqdm, unit=" origins", leave=False, disable=as_json or not sys.stderr.isatty())
    if model.kind == ZERO_SHOT:
        table = read_any(history, column or model.column, **reading)
        series, remarks = table.iloc[:, 0], [str(table.attrs["understood"])]
        learned = place_of(series, model.trained_to)
        origin = learned if since is None else None
        results, dates = zero_shot_backtests(model, series, since, steps, places, progress, origin=origin)
        unit, residuals, frequency = None, None, values_by_date(series)[2]
    else:
        series, remarks = history_for(model, history, column, model.window + 2, "packaged", **reading)
        learned = place_of(series, model.trained_to)
        if since is None and not history:
            since = FIRST_TEST_YEAR
        origin = learned if since is None else None
        results, dates = backtests(model, series, since, steps, origin=origin, progress=progress)
        unit, residuals, frequency = model.unit, model.residuals, model.frequency
    if model.trained_to is not None and (learned is None or results["model"].origins[0] < learned):
        remarks.append(f"the model was trained on values up to {model.trained_to}, which it has seen")
    references = {h: better_naive(results, h) for h in range(1, steps + 1)}
    by_horizon = {h: compare(results, reference, h) for h, reference in references.items()}
    if pictures:
        times = None if dates is None else times_of(dates, frequency)
        errors = 20 if residuals is None else residuals.shape[1]
        _draw(plot, plot_forecasts, series, times, unit, errors, results["model"], by_horizon)
    say(*remarks, *(f"wrote {path}" for path in pictures))
    if as_json:
        tables = {
            h: [{k: None if v != v else v for k, v in row.items()} for row in rows] for h, rows in by_horizon.items()
        }  # JSON knows no NaN
        print_json({"model": name_or_path, "by_horizon": tables})
        return
    shown = ".3f" if unit == "percent" else ".4g"
    rows = [
        [str(h), row["method"], f"{row['rmse']:{shown}}", f"{row['mae']:{shown}}", f"{100 * row['skill']:+.1f} %",
         f"{100 * row['skill_low']:+.1f} to {100 * row['skill_high']:+.1f}", str(row["n"]), verdict(row, references[h])]
        for h, table in by_horizon.items()
        for row in table
    ]  # fmt: skip
    print(plain_table(["ahead", "method", "RMSE", "MAE", "skill", "95 % interval", "forecasts", ""], rows))


def _draw(
    plot: str | None, plot_forecasts: str | None, series: Any, times: Any, unit: str | None, errors: int, result: Any,
    by_horizon: dict[int, Any],
) -> None:  # fmt: skip
    """Skill by method, or of several horizons the errors; the forecasts, with intervals as known at their origins."""
    from keras_rnn.plots.backtest import plot_error_by_horizon, plot_skill_by_method, plot_walk_forward
    from keras_rnn.plots.figure import save_figure
    from keras_rnn.series.backtest import walk_forward_intervals
    from keras_rnn.series.dates import day

    about = f"{name_of(series)}, {day(series.index[-len(result.origins)])} to {day(series.index[-1])}"
    if plot and len(by_horizon) == 1:
        save_figure(plot_skill_by_method(by_horizon[1], about), plot)
    elif plot:
        save_figure(plot_error_by_horizon(by_horizon, about), plot)
    if plot_forecasts:
        levels = [level for level in (80.0, 95.0) if errors >= level / (100 - level)]  # `conformal_rank` has no others
        intervals = {level: walk_forward_intervals(result, level, errors) for level in levels}
        times = None if times is None else times[result.origins + 1]
        save_figure(plot_walk_forward(result, times, intervals, unit or name_of(series), about), plot_forecasts)
