"""The packaged figures, windows, the naive forecast and errors."""

import numpy as np
import pytest

from keras_rnn import series_windows
from keras_rnn.gs10.files import read_gs10
from keras_rnn.series.history import MAXIMUM_STEPS, annual_means, check_history, persistence, recursive_forecast
from keras_rnn.series.metrics import mae, rmse


def test_the_packaged_figures():
    """Against figures of the H.15 release that anyone can look up."""
    months, values = read_gs10()
    assert str(months[0]) == "1953-04"
    assert (np.diff(months.astype(int)) == 1).all()
    by_month = dict(zip(months.astype(str), values, strict=True))
    assert by_month["1953-04"] == 2.83
    assert by_month["1981-09"] == values.max() == 15.32
    assert by_month["2020-07"] == values.min() == 0.62
    assert by_month["2025-01"] == 4.63


def test_annual_means_of_complete_years_only():
    months = np.arange("1999-02", "2002-12", dtype="datetime64[M]")
    values = np.arange(len(months), dtype=float)
    years, means = annual_means(months, values)
    assert years.tolist() == [2000, 2001]
    np.testing.assert_allclose(means, [values[11:23].mean(), values[23:35].mean()])


def test_windows():
    histories, targets = series_windows([1, 2, 3, 4], window=2)
    assert histories.tolist() == [[1, 2], [2, 3]]
    assert targets.tolist() == [[3], [4]]
    histories[:] = 0  # not a view
    assert persistence([[1, 2], [5, 7]]).tolist() == [[2], [7]]


def test_errors_and_their_refusal_to_broadcast():
    assert rmse([[1.0], [2.0]], [[2.0], [4.0]]) == pytest.approx(np.sqrt(2.5))
    assert mae([[1.0], [2.0]], [[2.0], [4.0]]) == 1.5
    for error in (rmse, mae):
        with pytest.raises(ValueError, match=r"Received: \(2,\) and \(2, 1\)"):
            error([1.0, 2.0], [[1.0], [2.0]])


def test_recursive_forecast_feeds_itself():
    seen = []

    def double(window):
        seen.append(window[0].tolist())
        return [[2 * window[0, -1]]]

    assert recursive_forecast(double, np.array([9.0, 1.0, 2.0]), 2, 3).tolist() == [4, 8, 16]
    assert seen == [[1, 2], [2, 4], [4, 8]]
    for steps in (0, -1, MAXIMUM_STEPS + 1):
        with pytest.raises(ValueError, match="Received: "):
            recursive_forecast(double, np.array([1.0, 2.0]), 2, steps)


@pytest.mark.parametrize(
    ("history", "error"),
    [
        ([1.0] * 5, ValueError),
        ([], (ValueError, TypeError)),
        ([1.0] * 5 + [float("nan")], ValueError),
        ([1.0] * 5 + [float("inf")], ValueError),
        (["1.0"] * 6, TypeError),
        ([None] * 6, TypeError),
        (None, TypeError),
        ([1.0] * 5 + [1e39], ValueError),
        ([[1.0], [1.0, 2.0]] * 3, ValueError),
        (np.ma.masked_equal([1.0, 2, 3, 4, 5, 9], 3), ValueError),
        (np.ma.masked_equal([1, 2, 3, 4, 5, 9], 3), ValueError),
        ([True] * 6, TypeError),
        ([1j] * 6, TypeError),
        (3.0, ValueError),
        ([[1.0] * 6], ValueError),
        (np.ones((6, 1)), ValueError),
    ],
)
def test_bad_histories(history, error):
    with pytest.raises(error, match="Received: "):
        check_history(history, 6)


def test_several_features():
    values = np.arange(12.0).reshape(6, 2)
    histories, targets = series_windows(values, 3)
    assert histories.shape == (3, 3, 2)
    assert histories[1].tolist() == [[2, 3], [4, 5], [6, 7]]
    assert targets.tolist() == [[6], [8], [10]]
    assert persistence(histories).tolist() == [[4], [6], [8]]
    forecast = recursive_forecast(lambda rows: rows.sum(), values, 3, 2)  # the other column stays at 11
    assert forecast.tolist() == [51, 8 + 9 + 10 + 11 + 51 + 11]
    for bad in (np.ones((6, 3)), np.ones(6), np.ones((6, 2, 1)), 3.0):
        with pytest.raises(ValueError, match=r"numbers of shape \(periods, 2\). Received: "):
            check_history(bad, 3, features=2)
    with pytest.raises(ValueError, match=r"Received: nan at position \(1, 0\)"):
        check_history([[1, 2], [np.nan, 3]], 1, features=2)


def test_series_not_longer_than_its_window():
    with pytest.raises(ValueError, match="at least 7 values. Received: 6"):
        series_windows([1.0] * 6)
    with pytest.raises(ValueError, match="Received: 0"):
        series_windows([1.0] * 6, window=0)
