"""What the pictures of backtests show."""

import numpy as np
import pytest

from keras_rnn import gs10_model, load_gs10
from keras_rnn.comparison import backtests, rows_since
from keras_rnn.evaluation_plots import plot_error_by_horizon, plot_skill_by_method


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


def test_bad_input():
    with pytest.raises(ValueError, match="Received: "):
        plot_skill_by_method([])
    with pytest.raises(ValueError, match="Received: "):
        plot_error_by_horizon({})
