"""Simulated series to learn forecasting from: means over time of random walks, which yearly yields nearly are."""

import math

import numpy as np
from numpy.typing import NDArray

from keras_rnn.core.checks import check_integer, check_number, check_seed

# The mean of a Wiener process over a unit of time, less its start, has variance 1/3 and covariance 1/2 with the
# process' change over that time. So it is drawn without steps in between.
COVARIANCE, VARIANCE = 1 / 2, 1 / 3
THETA = 2 - math.sqrt(3)  # of the IMA(1,1) that such means are: their changes have autocorrelation 1/4 (Working 1960)


def simulated_windows(
    count: int, window: int, median: float, spread: float, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Windows of period means of random walks, with the mean that follows each; the last of a window is 0.

    Args:
        count: windows.
        window: periods in each.
        median: of the walks' standard deviation over a period, which is log-normal.
        spread: standard deviation of its logarithm.
        seed: of the draws.

    Returns:
        `histories` float32 (count, window), `targets` float32 (count, 1), and the standard deviations `sigma` float32
        (count,), by which losses are normalized.

    Raises:
        TypeError, ValueError: an argument of the wrong type or out of its range.
    """
    check_integer("count", count, 1)
    check_integer("window", window, 1)
    check_number("median", median, 0.0)
    check_number("spread", spread, 0.0)
    random = np.random.default_rng(check_seed(seed))
    sigma = median * np.exp(spread * random.standard_normal((count, 1), np.float32))
    change, rest = random.standard_normal((2, count, window + 1), np.float32)  # of each period
    means = np.cumsum(change, axis=1)  # the walk at each period's end
    means += (COVARIANCE - 1) * change + math.sqrt(VARIANCE - COVARIANCE**2) * rest  # less what comes after the mean
    means -= means[:, -2:-1]
    means *= sigma
    return means[:, :-1], means[:, -1:], sigma[:, 0]


def best_linear_weights(window: int) -> NDArray[np.float64]:
    """The best linear forecast of such means, as weights of a window's changes, oldest first: (window − 1,).

    Solved from the changes' covariances, 2/3 at lag 0 and 1/6 at lag 1 (Working 1960); for long windows it is the
    IMA(1,1)'s, θ, −θ², θ³, … from the newest.
    """
    n = check_integer("window", window, 2)
    covariance = (2 / 3) * np.eye(n) + (1 / 6) * (np.eye(n, k=1) + np.eye(n, k=-1))  # of n changes, the last to come
    return np.asarray(np.linalg.solve(covariance[:-1, :-1], covariance[:-1, -1]), dtype=np.float64)
