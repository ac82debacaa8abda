"""Half-widths of prediction intervals from stored residuals."""

import numpy as np
import pytest

from keras_rnn.series.intervals import check_levels, half_widths, intervals_around
from keras_rnn.series.walks import simulated_windows

RESIDUALS = np.array([[1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 3.5, 3.9], [3.0, 5.0, 7.0, 9.0]])


def test_the_residuals_own_then_by_rule():
    assert half_widths(RESIDUALS, 80, 3).tolist() == [4.0, 4.0, 9.0]  # never narrower further ahead
    assert half_widths(RESIDUALS, 40, 3).tolist() == [2.0, 3.0, 5.0]
    widths = half_widths(RESIDUALS, 80, 6)
    growth = 1 + np.arange(6) * (3 - np.sqrt(3)) ** 2
    np.testing.assert_allclose(widths[2:] / 9, np.sqrt(growth[2:] / growth[2]))


def test_the_rule_is_the_error_of_a_walks_means():
    """The best forecast h ahead of simulated means: its error's deviation against one step ahead."""
    x, y, _ = simulated_windows(100_000, 39, 1.0, 0.0, seed=0)
    means = np.concatenate([x, y], axis=1)  # (walks, 40)
    theta = 2 - np.sqrt(3)
    weights = -((-theta) ** np.arange(29, 0, -1))  # of 29 changes, oldest first
    best = means[:, 29] + np.diff(means[:, :30], axis=1) @ weights  # the same at every horizon
    deviation = np.array([(means[:, 29 + h] - best).std() for h in range(1, 11)])
    ours = half_widths(np.array([[1.0]]), 50, 10)
    np.testing.assert_allclose(deviation / deviation[0], ours, rtol=0.02)


def test_intervals_around():
    means = np.array([10.0])
    assert intervals_around(means, RESIDUALS, None) == {}
    assert intervals_around(means, None, None) == {}
    assert intervals_around(means, RESIDUALS, (40, 80)) == {40: ([8.0], [12.0]), 80: ([6.0], [14.0])}
    assert list(intervals_around(means, RESIDUALS, 80)) == [80]
    with pytest.raises(ValueError, match="at least 9 for a level of 90. Received: 4"):
        intervals_around(means, RESIDUALS, 90)
    with pytest.raises(ValueError, match="carries no residuals. Received: 80"):
        intervals_around(means, None, 80)


@pytest.mark.parametrize(
    ("levels", "error"),
    [(0, ValueError), (100, ValueError), ((80, 80), ValueError), ("80", TypeError), ([True], TypeError)],
)
def test_bad_levels(levels, error):
    with pytest.raises(error, match="`levels` must be .* Received: "):
        check_levels(levels)
