"""What the pictures of backtests show."""

import numpy as np
import pytest

from keras_rnn import gs10_model, load_gs10
from keras_rnn.forecaster.comparison import backtests, rows_since
from keras_rnn.plots.backtest import plot_error_by_horizon, plot_skill_by_method, plot_walk_forward
from keras_rnn.series.backtest import walk_forward_intervals


@pytest.fixture(scope="module")
def tables():
    results, dates = backtests(gs10_model(), load_gs10(source="packaged"), 1990, 3)
    return {h: rows_since(results, dates, 1990, h) for h in (1, 2, 3)}


def test_skill_by_method(tables):
    axes = plot_skill_by_method(tables[1], "GS10").axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["model", "mean of 6", "drift", "persistence"]
    spans = [line.get_xydata() for line in axes.get_lines() if len(line.get_xdata()) == 2 and line.get_linewidth() == 2]
    for row, span in zip(reversed(tables[1]), spans, strict=True):
        np.testing.assert_allclose(span[:, 0], [100 * row["skill_low"], 100 * row["skill_high"]])
    assert "percent" in axes.get_xlabel()
    assert axes.get_title() == "GS10; 36 forecasts"


def test_error_by_horizon(tables):
    axes = plot_error_by_horizon(tables).axes[0]
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert list(lines) == ["persistence", "drift", "mean of 6", "model"]
    for place, line in enumerate(lines.values()):
        np.testing.assert_allclose(line.get_xydata(), [[h, tables[h][place]["rmse"]] for h in (1, 2, 3)])
        assert line.get_linestyle() != "None"


def test_forecasts_with_their_intervals():
    results, dates = backtests(gs10_model(), load_gs10(source="packaged"), 1960, 2)
    result = results["model"]
    intervals = {level: walk_forward_intervals(result, level, 20) for level in (80.0, 95.0)}
    years = dates.year.to_numpy()[result.origins + 1]
    axes = plot_walk_forward(result, years, intervals, "percent", "GS10").axes[0]
    actual, predicted = axes.get_lines()
    np.testing.assert_array_equal(actual.get_xydata(), np.column_stack([years, result.actual[:, 0]]))
    np.testing.assert_array_equal(predicted.get_ydata(), result.predicted[:, 0])
    low, high = (side[20:, 0] for side in intervals[80.0])
    held = np.mean((result.actual[20:, 0] >= low) & (result.actual[20:, 0] <= high))
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[1] == f"80 % interval, held {round(46 * held)} of 46"
    edge = axes.collections[1].get_paths()[0].vertices[:, 1]
    assert edge.max() == pytest.approx(high.max())
    assert axes.get_ylabel() == "percent"
    with pytest.raises(ValueError, match="`times` must be 66 numbers or dates. Received: "):
        plot_walk_forward(result, years[1:])


def test_bad_input():
    with pytest.raises(ValueError, match="Received: "):
        plot_skill_by_method([])
    with pytest.raises(ValueError, match="Received: "):
        plot_error_by_horizon({})
