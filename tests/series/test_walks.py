"""Simulated period means of random walks: their moments, and the best forecast of them."""

import numpy as np
import pytest

from keras_rnn.series.walks import THETA, best_linear_weights, simulated_windows


def test_changes_of_means_have_workings_moments():
    x, y, sigma = simulated_windows(200_000, 6, median=2.0, spread=0.0, seed=1)
    assert (x.shape, y.shape, sigma.shape) == ((200_000, 6), (200_000, 1), (200_000,))
    assert x.dtype == y.dtype == np.float32
    assert (x[:, -1] == 0).all()
    np.testing.assert_allclose(sigma, 2.0)
    changes = np.diff(np.concatenate([x, y], axis=1), axis=1) / 2  # (windows, 6)
    covariance = np.cov(changes.T)
    expected = 2 / 3 * np.eye(6) + 1 / 6 * (np.eye(6, k=1) + np.eye(6, k=-1))
    np.testing.assert_allclose(covariance, expected, atol=0.01)


def test_the_same_as_walks_of_many_small_steps():
    """By brute force: 400 steps a period, averaged."""
    steps = np.random.default_rng(0).normal(size=(4_000, 7, 400)) / 20
    means = np.cumsum(steps.reshape(4_000, -1), axis=1).reshape(4_000, 7, 400).mean(axis=2)
    x, y, _ = simulated_windows(40_000, 6, 1.0, 0.0, seed=2)
    quick = np.concatenate([x, y], axis=1)
    slow = means - means[:, -2:-1]
    np.testing.assert_allclose(quick.std(axis=0), slow.std(axis=0), rtol=0.06, atol=1e-6)
    np.testing.assert_allclose(np.corrcoef(quick[:, [0, 4, 6]].T), np.corrcoef(slow[:, [0, 4, 6]].T), atol=0.06)


def test_scales_are_log_normal_and_the_seed_repeats():
    first, again, other = (simulated_windows(50_000, 3, 0.7, 0.8, seed) for seed in (3, 3, 4))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (first[0] != other[0]).any()
    logs = np.log(first[2])
    assert np.exp(np.median(logs)) == pytest.approx(0.7, rel=0.02)
    assert logs.std() == pytest.approx(0.8, rel=0.02)
    np.testing.assert_allclose((first[1][:, 0] / first[2]).std(), np.sqrt(2 / 3), rtol=0.02)


def test_best_linear_weights():
    weights = best_linear_weights(6)  # least squares on simulated windows finds the same
    x, y, _ = simulated_windows(200_000, 6, 1.0, 0.0, seed=5)
    fitted = np.linalg.lstsq(np.diff(x, axis=1), y[:, 0], rcond=None)[0]
    np.testing.assert_allclose(weights, fitted, atol=0.01)
    long = best_linear_weights(40)[::-1]
    np.testing.assert_allclose(long[:5], [THETA, -(THETA**2), THETA**3, -(THETA**4), THETA**5], atol=1e-9)


@pytest.mark.parametrize(
    "arguments",
    [(0, 6, 1.0, 0.0, 0), (5, 0, 1.0, 0.0, 0), (5, 6, -1.0, 0.0, 0), (5, 6, 1.0, -0.1, 0), (5, 6, 1.0, 0, -1)],
)
def test_bad_arguments(arguments):
    with pytest.raises(ValueError, match="Received: "):
        simulated_windows(*arguments)
