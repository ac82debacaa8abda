"""What the pictures show: their lines' numbers, labels and parts."""

import numpy as np
import pandas as pd
import pytest
from helpers import drawn, ticks
from matplotlib.dates import num2date

from keras_rnn import gs10_model, load_gs10
from keras_rnn.plots.figure import save_figure
from keras_rnn.plots.forecast import plot_forecast, plot_predictions
from keras_rnn.series.dates import forecast_frame, frequency_of


def lines(figure):
    return {line.get_label(): line.get_xydata() for line in figure.axes[0].get_lines()}


def test_actual_predicted_persistence_and_forecast():
    model, series = gs10_model("levels"), load_gs10()
    figure = plot_predictions(model, series, test_from=1990, forecast=model.forecast(series, 2), title="GS10")
    drawn = lines(figure)
    years = series.index.year
    np.testing.assert_allclose(drawn["actual"], np.column_stack([years, series]))
    np.testing.assert_allclose(drawn["persistence: no change"], np.column_stack([years[6:], series[5:-1]]))
    predicted = drawn["predicted, one year ahead"]
    assert predicted[:, 0].tolist() == years[6:].tolist()
    assert predicted[-1, 1] == pytest.approx(model.forecast(series[:-1])["mean"].iloc[0])
    np.testing.assert_allclose(drawn["forecast"][:, 0], [2026, 2027])
    axes = figure.axes[0]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("percent", "year")
    assert "train: RMSE 0.76, persistence 1.10; test (shaded): RMSE 1.23, persistence 0.68" in axes.get_title()
    assert any("H.15, series GS10" in text.get_text() for text in figure.texts)
    assert len(axes.patches) == 1


def test_other_indexes():
    model = gs10_model()
    figure = plot_predictions(model, pd.Series(np.linspace(3, 5, 9)))
    assert figure.axes[0].get_xlabel() == "period"
    assert "all years: RMSE" in figure.axes[0].get_title()
    assert not figure.axes[0].patches
    figure = plot_predictions(model, pd.Series(np.linspace(3, 5, 9), index=range(2001, 2010)), test_from=2050)
    assert "test" not in figure.axes[0].get_title()
    with pytest.raises(ValueError, match="at least 7 values. Received: 6"):
        plot_predictions(model, pd.Series([1.0] * 6))


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_saved_whole(tmp_path, ending):
    figure = plot_predictions(gs10_model(), load_gs10())
    save_figure(figure, tmp_path / f"picture.{ending}")
    assert (tmp_path / f"picture.{ending}").stat().st_size > 5_000
    assert len(list(tmp_path.iterdir())) == 1


def test_an_ending_that_no_picture_has(tmp_path):
    figure = plot_predictions(gs10_model(), load_gs10())
    for name in ("picture.xyz", "picture"):
        with pytest.raises(ValueError, match=f"png.*Received: '{name}'"):
            save_figure(figure, tmp_path / name)
    with pytest.raises(OSError, match="Received: "):
        save_figure(figure, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("index", "ahead", "labels"),
    [
        (pd.date_range("2024-03-30 20:00", periods=30, freq="h", tz="Europe/Berlin"), "2024-04-01T04:00", "Apr-01"),
        (pd.date_range("2024-01-01", periods=30, freq="B"), "2024-02-13", "Feb"),
        (pd.period_range("2023-01-02", periods=60, freq="W-SUN"), "2024-03-04", "2024"),
        (pd.date_range("2019-01-31", periods=60, freq="ME"), "2024-02-29", "2024"),
        (pd.period_range("2010Q1", periods=40, freq="Q"), "2020-04-01", "2016"),
    ],
)
def test_dates_of_every_frequency(index, ahead, labels):
    series = pd.Series(np.arange(float(len(index))), index, name="sales")
    frequency = frequency_of(index)
    forecast = forecast_frame(np.array([70.0, 71.0]), index, frequency, {})
    figure = plot_forecast(series, forecast, unit=None)
    axes = drawn(figure)
    assert num2date(lines(figure)["forecast"][-1, 0]).replace(tzinfo=None) == pd.Timestamp(ahead)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("", "sales")
    assert labels in ticks(axes.xaxis) or labels in axes.xaxis.get_offset_text().get_text()


def test_a_test_part_of_months_begins_at_a_year_or_a_date():
    model, series = gs10_model("monthly"), load_gs10("monthly")[-60:]
    for since in (2024, np.datetime64("2024-01-01")):
        figure = plot_predictions(model, series, since, model.forecast(series, 3))
        assert "before 2024" in figure.axes[0].get_title()
        assert "test (shaded)" in figure.axes[0].get_title()
        assert num2date(figure.axes[0].patches[0].get_x()).strftime("%Y-%m") == "2023-12"
