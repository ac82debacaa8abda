"""`keras-rnn forecast` and `keras-rnn backtest`."""

from __future__ import annotations

import argparse
import math
import sys
from typing import Any

import numpy as np

from keras_rnn.catalog.presets import FIRST_TEST_YEAR
from keras_rnn.cli.inputs import levels_of, newest, read_history, refuse
from keras_rnn.core.checks import received
from keras_rnn.core.tables import plain_table, print_json
from keras_rnn.runtime import Forecast
from keras_rnn.series.dates import dated_history, dates_after, day, forecast_frame, times_of
from keras_rnn.series.history import first_column

MOST_SHOWN = 120  # values in a picture of a whole series


def forecast(options: argparse.Namespace, model: Any) -> int:
    if options.csv is None:
        refuse(options, "column")
    if options.plot and options.runtime == "litert":
        refuse(options, "plot")
    levels = levels_of(options.levels)
    _check_pictures(options.plot)
    remarks: list[str] = []
    of_gs10 = type(model).__name__.startswith("GS10")
    if options.csv:
        series, remarks = read_history(options.csv, options.column, model.window, model.frequency, model.columns)
    elif of_gs10:
        series, remarks = newest(model.frequency)
    else:
        raise ValueError(f"A CSV file with the model's series was expected. {received(options.csv)}")
    values, dates = dated_history(series, model.window, model.frequency, model.features)
    found = model.forecast(values, options.steps, levels)
    if isinstance(found, Forecast):
        frame = forecast_frame(found.mean, dates, model.frequency, found.half_widths)
    else:
        frame = found if dates is None else found.set_index(dates_after(dates, options.steps, model.frequency))
    if options.csv and levels and of_gs10:
        remarks.append("the intervals are as wide as the model's errors on GS10, not on this series")
    if dates is not None and model.frequency is None:
        remarks.append("the model knows no spacing of the dates, as with gaps or hours: the forecasts are numbered")
    if model.low is not None:
        low, high = (np.atleast_1d(bound)[0] for bound in (model.low, model.high))
        last = first_column(values)[-model.window :]
        if last.min() < low or last.max() > high:
            remarks.append(
                f"values from {last.min():g} to {last.max():g} leave the {low:.2f} to {high:.2f}"
                f"{f' {model.unit}' if model.unit else ''} that the model was trained on: expect little"
            )
    if options.plot:
        _plot_forecast(options, model, series, dates, frame)
        remarks.append(f"wrote {options.plot}")
    for remark in remarks:
        print(remark, file=sys.stderr)
    rows = [(day(when), *row) for when, *row in frame.itertuples()]
    if options.json:
        columns = {name: {row[0]: row[i] for row in rows} for i, name in enumerate(frame.columns, 1)}
        print_json({"model": str(options.model), "unit": model.unit, **columns})
    else:
        heads = [model.unit or _name(series) if name == "mean" else name for name in frame.columns]
        places = 2 if of_gs10 else _decimals(first_column(values))
        print(plain_table([str(frame.index.name or "date"), *heads],
                     [[when, *(f"{value:.{places}f}" for value in row)] for when, *row in rows]))  # fmt: skip
    return 0


def _plot_forecast(options: argparse.Namespace, model: Any, series: Any, dates: Any, frame: Any) -> None:
    """A short series whole, with the test part shaded, of a long one the end; and the forecast."""
    from keras_rnn.plots.figure import save_figure
    from keras_rnn.plots.forecast import plot_forecast, plot_predictions

    title = f"{_name(series)}, forecast by {options.model}"
    if len(series) > MOST_SHOWN:
        own = series if model.features == 1 else series.iloc[:, 0]
        save_figure(plot_forecast(own, frame, 60, title, model.frequency, model.unit), options.plot)
        return
    test_from: float | None = FIRST_TEST_YEAR if options.csv is None and model.frequency == "annual" else None
    learnt = None if model.trained_to is None else _place(series, model.trained_to)
    if learnt is not None:
        test_from = learnt + 2.0 if dates is None else times_of(dates, model.frequency)[learnt + 1]
    save_figure(plot_predictions(model, series, test_from, frame, title), options.plot)


def _check_pictures(*paths: str | None) -> None:
    """Refuse a picture's path before the work."""
    for path in filter(None, paths):
        from keras_rnn.plots.figure import check_picture

        check_picture(path)


def _name(series: Any) -> str:
    """What is forecast."""
    return str((series.name if series.ndim == 1 else series.columns[0]) or "series")


def _decimals(values: Any) -> int:
    """Decimal places that show a hundredth of the usual change."""
    change = float(np.abs(np.diff(values)).mean())
    return min(9, max(0, 2 - math.floor(math.log10(change)))) if change > 0 else 2


def _about(series: Any, result: Any) -> str:
    """What was forecast, from when to when."""
    return f"{_name(series)}, {day(series.index[-len(result.origins)])} to {day(series.index[-1])}"


def _plot_forecasts(path: str, model: Any, series: Any, dates: Any, result: Any) -> None:
    """Each forecast with the intervals that were known at its origin."""
    from keras_rnn.plots.backtest import plot_walk_forward
    from keras_rnn.plots.figure import save_figure
    from keras_rnn.series.backtest import walk_forward_intervals

    count = 20 if model.residuals is None else model.residuals.shape[1]
    levels = [level for level in (80.0, 95.0) if count >= level / (100 - level)]  # `conformal_rank` has no others
    intervals = {level: walk_forward_intervals(result, level, count) for level in levels}
    times = None if dates is None else times_of(dates, model.frequency)[result.origins + 1]
    figure = plot_walk_forward(result, times, intervals, model.unit or _name(series), _about(series, result))
    save_figure(figure, path)
    print(f"wrote {path}", file=sys.stderr)


def _place(series: Any, date: str) -> int | None:
    """Where a date stands, if there is room for a forecast after it."""
    places = [i for i, other in enumerate(series.index) if day(other) == date]
    return places[0] if places and places[0] < len(series) - 1 else None


def backtest(options: argparse.Namespace, model: Any) -> int:
    from tqdm import tqdm

    from keras_rnn.forecaster.comparison import backtests, verdict
    from keras_rnn.gs10.data import load_gs10
    from keras_rnn.series.backtest import compare

    _check_pictures(options.plot, options.plot_forecasts)
    since, learnt = options.since, None
    if options.csv:
        series, remarks = read_history(options.csv, options.column, model.window + 2, model.frequency, model.columns)
        learnt = None if model.trained_to is None else _place(series, model.trained_to)
    elif type(model).__name__ == "GS10Model":
        refuse(options, "column")
        series, remarks = load_gs10(model.frequency, "packaged"), []
        since = FIRST_TEST_YEAR if since is None else since
    else:
        raise ValueError(f"A CSV file with the model's series was expected. {received(options.csv)}")

    def progress(origins: Any) -> Any:
        return tqdm(origins, unit=" origins", leave=False, disable=options.json or not sys.stderr.isatty())

    origin = learnt if since is None else None
    results, dates = backtests(model, series, since, options.steps, origin=origin, progress=progress)
    if model.trained_to is not None and (learnt is None or results["model"].origins[0] < learnt):
        remarks.append(f"the model was trained on values to {model.trained_to}: of those it knows the answers")
    for remark in remarks:
        print(remark, file=sys.stderr)
    by_horizon = {h: compare(results, "persistence", h) for h in range(1, options.steps + 1)}
    if options.plot:
        from keras_rnn.plots.backtest import plot_error_by_horizon, plot_skill_by_method
        from keras_rnn.plots.figure import save_figure

        about = _about(series, results["model"])
        figure = plot_skill_by_method(by_horizon[1], about) if options.steps == 1 else plot_error_by_horizon(
            by_horizon, about)  # fmt: skip
        save_figure(figure, options.plot)
        print(f"wrote {options.plot}", file=sys.stderr)
    if options.plot_forecasts:
        _plot_forecasts(options.plot_forecasts, model, series, dates, results["model"])
    if options.json:
        tables = {
            h: [{k: None if v != v else v for k, v in row.items()} for row in rows] for h, rows in by_horizon.items()
        }  # JSON knows no NaN
        print_json({"model": str(options.model), "by_horizon": tables})
        return 0
    shown = ".3f" if model.unit == "percent" else ".4g"
    rows = [
        [str(h), row["method"], f"{row['rmse']:{shown}}", f"{row['mae']:{shown}}", f"{100 * row['skill']:+.1f} %",
         f"{100 * row['skill_low']:+.1f} to {100 * row['skill_high']:+.1f}", str(row["n"]), verdict(row)]
        for h, table in by_horizon.items()
        for row in table
    ]  # fmt: skip
    heads = ["ahead", "method", "RMSE", "MAE", "skill", "95 % interval", "forecasts", ""]
    print(plain_table(heads, rows))
    return 0
