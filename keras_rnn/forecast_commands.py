"""`keras-rnn forecast` and `keras-rnn backtest`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from keras_rnn.command_inputs import levels_of, newest, read_history, refuse
from keras_rnn.dates import dated_history, dates_after, forecast_frame
from keras_rnn.presets import FIRST_TEST_YEAR
from keras_rnn.runtime import Forecast
from keras_rnn.tables import plain_table, print_json


def forecast(options: argparse.Namespace, model: Any) -> int:
    if options.csv is None:
        refuse(options, "column")
    if options.plot and options.runtime == "litert":
        refuse(options, "plot")
    levels = levels_of(options.levels)
    remarks: list[str] = []
    if options.csv:
        series, remarks = read_history(options.csv, options.column, model.window, model.frequency)
    else:
        series, remarks = newest(model.frequency)
    values, dates = dated_history(series, model.window, model.frequency)
    found = model.forecast(values, options.steps, levels)
    if isinstance(found, Forecast):
        frame = forecast_frame(found.mean, dates, model.frequency, found.half_widths)
    else:
        frame = found if dates is None else found.set_index(dates_after(dates, options.steps, model.frequency))
    if options.csv and levels and model.residuals is not None:
        remarks.append("the intervals are as wide as the model's errors on GS10, not on this series")
    last = values[-model.window :]
    if model.low is not None and (last.min() < model.low or last.max() > model.high):
        remarks.append(
            f"values from {last.min():g} to {last.max():g} leave the {model.low:.2f} to {model.high:.2f} percent that "
            "the model was trained on: expect little"
        )
    if options.plot:
        from keras_rnn.plots import plot_forecast, plot_predictions, save_figure

        title = f"{series.name or 'series'}, forecast by {options.model}"
        if model.frequency == "annual":
            test_from = FIRST_TEST_YEAR if options.csv is None else None
            figure = plot_predictions(model, series, test_from, frame, title)
        else:  # hundreds of months would hide it
            figure = plot_forecast(series, frame, 60, title)
        save_figure(figure, options.plot)
        remarks.append(f"wrote {options.plot}")
    for remark in remarks:
        print(remark, file=sys.stderr)
    rows = [(_when(when), *row) for when, *row in frame.itertuples()]
    if options.json:
        columns = {name: {row[0]: row[i] for row in rows} for i, name in enumerate(frame.columns, 1)}
        print_json({"model": str(options.model), "unit": "percent", **columns})
    else:
        heads = ["percent" if name == "mean" else name for name in frame.columns]
        print(plain_table([str(frame.index.name or "date"), *heads],
                     [[when, *(f"{value:.2f}" for value in row)] for when, *row in rows]))  # fmt: skip
    return 0


def _when(date: Any) -> str:
    return f"{date:%Y-%m-%d}" if hasattr(date, "tzinfo") else str(date)


def backtest(options: argparse.Namespace, model: Any) -> int:
    from tqdm.auto import tqdm

    from keras_rnn.comparison import backtests, verdict
    from keras_rnn.datasets import load_gs10
    from keras_rnn.evaluation import compare

    since = options.since
    if options.csv:
        series, remarks = read_history(options.csv, options.column, model.window + 2, model.frequency)
    else:
        refuse(options, "column")
        series, remarks = load_gs10(model.frequency, "packaged"), []
        since = FIRST_TEST_YEAR if since is None else since
    for remark in remarks:
        print(remark, file=sys.stderr)

    def progress(origins: Any) -> Any:
        return tqdm(origins, unit=" origins", leave=False, disable=options.json or not sys.stderr.isatty())

    results, dates = backtests(model, series, since, options.steps, progress=progress)
    by_horizon = {h: compare(results, "persistence", h) for h in range(1, options.steps + 1)}
    if options.plot:
        from keras_rnn.evaluation_plots import plot_error_by_horizon, plot_skill_by_method
        from keras_rnn.plots import save_figure

        about = f"{series.name or 'series'}, {_when(series.index[-len(results['model'].origins)])} to "
        about += _when(series.index[-1]) if dates is not None else "the end"
        figure = plot_skill_by_method(by_horizon[1], about) if options.steps == 1 else plot_error_by_horizon(
            by_horizon, about)  # fmt: skip
        save_figure(figure, options.plot)
        print(f"wrote {options.plot}", file=sys.stderr)
    if options.json:
        tables = {
            h: [{k: None if v != v else v for k, v in row.items()} for row in rows] for h, rows in by_horizon.items()
        }  # JSON knows no NaN
        print_json({"model": str(options.model), "by_horizon": tables})
        return 0
    rows = [
        [str(h), row["method"], f"{row['rmse']:.3f}", f"{row['mae']:.3f}", f"{100 * row['skill']:+.1f} %",
         f"{100 * row['skill_low']:+.1f} to {100 * row['skill_high']:+.1f}", str(row["n"]), verdict(row)]
        for h, table in by_horizon.items()
        for row in table
    ]  # fmt: skip
    heads = ["ahead", "method", "RMSE", "MAE", "skill", "95 % interval", "forecasts", ""]
    print(plain_table(heads, rows))
    return 0
