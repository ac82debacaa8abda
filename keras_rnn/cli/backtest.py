"""`keras-rnn backtest`."""

from __future__ import annotations

import sys
from typing import Any

import click

from keras_rnn.catalog.presets import FIRST_TEST_YEAR
from keras_rnn.cli.commands import Command
from keras_rnn.cli.models import FORECASTERS, history_for, load_for, name_of, place_of
from keras_rnn.cli.options import forecaster_options, json_option
from keras_rnn.core.tables import plain_table, print_json
from keras_rnn.plots.picture import check_picture


@click.command(cls=Command)
@forecaster_options
@click.option("--since", type=click.IntRange(min=0), metavar="YEAR", help="the first that is forecast  "
              "[default: of packaged GS10 1990; of a model of yours what follows its training]")  # fmt: skip
@click.option("--plot", metavar="PNG", help="write a picture of the skill by method, or of errors by horizon")
@click.option("--plot-forecasts", metavar="PNG", help="write a picture of the forecasts with their intervals")
@json_option
def command(
    history: str | None, column: str | None, steps: int, name_or_path: str, since: int | None, plot: str | None,
    plot_forecasts: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Forecast every period of a series from those before it, beside simpler methods.

    The CSV has a header, dates or years in its first column and numbers in another; without one, it is the packaged
    GS10. Each of the periods ahead has a table.
    """
    if column and not history:
        raise click.UsageError(f"--column goes with a CSV only. Received: {column!r}")
    for picture in filter(None, (plot, plot_forecasts)):
        check_picture(picture)
    model = load_for(name_or_path, FORECASTERS)

    from tqdm import tqdm

    from keras_rnn.forecaster.comparison import backtests, verdict
    from keras_rnn.series.backtest import compare

    series, remarks = history_for(model, history, column, model.window + 2, "packaged")
    learned = place_of(series, model.trained_to)
    if since is None and not history:
        since = FIRST_TEST_YEAR

    def progress(origins: Any) -> Any:
        return tqdm(origins, unit=" origins", leave=False, disable=as_json or not sys.stderr.isatty())

    origin = learned if since is None else None
    results, dates = backtests(model, series, since, steps, origin=origin, progress=progress)
    if model.trained_to is not None and (learned is None or results["model"].origins[0] < learned):
        remarks.append(f"the model was trained on values up to {model.trained_to}, which it has seen")
    by_horizon = {h: compare(results, "persistence", h) for h in range(1, steps + 1)}
    for path, draw in ((plot, _skill), (plot_forecasts, _forecasts)):
        if path:
            draw(path, model, series, dates, results["model"], by_horizon)
            remarks.append(f"wrote {path}")
    for remark in remarks:
        print(remark, file=sys.stderr)
    if as_json:
        tables = {
            h: [{k: None if v != v else v for k, v in row.items()} for row in rows] for h, rows in by_horizon.items()
        }  # JSON knows no NaN
        print_json({"model": name_or_path, "by_horizon": tables})
        return
    shown = ".3f" if model.unit == "percent" else ".4g"
    rows = [
        [str(h), row["method"], f"{row['rmse']:{shown}}", f"{row['mae']:{shown}}", f"{100 * row['skill']:+.1f} %",
         f"{100 * row['skill_low']:+.1f} to {100 * row['skill_high']:+.1f}", str(row["n"]), verdict(row)]
        for h, table in by_horizon.items()
        for row in table
    ]  # fmt: skip
    print(plain_table(["ahead", "method", "RMSE", "MAE", "skill", "95 % interval", "forecasts", ""], rows))


def _about(series: Any, result: Any) -> str:
    """What was forecast, from when to when."""
    from keras_rnn.series.dates import day

    return f"{name_of(series)}, {day(series.index[-len(result.origins)])} to {day(series.index[-1])}"


def _skill(path: str, model: Any, series: Any, dates: Any, result: Any, by_horizon: dict[int, Any]) -> None:
    """Skill by method, or of several horizons the errors."""
    from keras_rnn.plots.backtest import plot_error_by_horizon, plot_skill_by_method
    from keras_rnn.plots.figure import save_figure

    about = _about(series, result)
    one = len(by_horizon) == 1
    save_figure(plot_skill_by_method(by_horizon[1], about) if one else plot_error_by_horizon(by_horizon, about), path)


def _forecasts(path: str, model: Any, series: Any, dates: Any, result: Any, by_horizon: dict[int, Any]) -> None:
    """Each forecast with the intervals that were known at its origin."""
    from keras_rnn.plots.backtest import plot_walk_forward
    from keras_rnn.plots.figure import save_figure
    from keras_rnn.series.backtest import walk_forward_intervals
    from keras_rnn.series.dates import times_of

    count = 20 if model.residuals is None else model.residuals.shape[1]
    levels = [level for level in (80.0, 95.0) if count >= level / (100 - level)]  # `conformal_rank` has no others
    intervals = {level: walk_forward_intervals(result, level, count) for level in levels}
    times = None if dates is None else times_of(dates, model.frequency)[result.origins + 1]
    about, unit = _about(series, result), model.unit or name_of(series)
    save_figure(plot_walk_forward(result, times, intervals, unit, about), path)
