"""What is found of a series: its season, whether chance would give it, and whether its spread grows with its level."""

import numpy as np
import pytest

from keras_rnn.series.dates import FREQUENCIES
from keras_rnn.series.seasons import SEASONS, correlations, found_season, shows_season, takes_logarithm


def seasonal(n, season):
    random = np.random.default_rng(season)
    return np.resize(random.normal(size=season), n) + 0.3 * random.normal(size=n)


def test_every_frequency_has_its_seasons():
    assert tuple(SEASONS) == FREQUENCIES


def test_correlations_are_those_of_the_changes():
    values = np.random.default_rng(0).normal(size=80).cumsum()
    changes = np.diff(values) - np.diff(values).mean()
    lags, sizes = correlations(values, 10)
    np.testing.assert_allclose(lags[4], (changes[5:] * changes[:-5]).sum() / (changes**2).sum())
    peaks = [lags[lag] > max(lags[lag - 1], lags[lag + 1]) for lag in range(1, 9)]
    assert [bool(size) for size in sizes[1:-1]] == peaks
    error = np.sqrt((1 + 2 * (lags[: int(np.argmax(lags <= 0))] ** 2).sum()) / 79)
    np.testing.assert_allclose(sizes[sizes != 0], lags[sizes != 0] / error)
    assert not correlations(np.ones(20), 3)[1].any()


@pytest.mark.parametrize("season", [4, 7, 12, 24])
def test_a_season_is_found(season):
    values = seasonal(20 * season, season)
    assert shows_season(values, season)
    assert found_season(values, 168) == season
    values[::9] = np.nan
    assert shows_season(values, season)


@pytest.mark.parametrize("season", [7, 12, 24])
def test_a_smooth_season_is_found(season):
    t, random = np.arange(16 * season), np.random.default_rng(0)
    assert found_season(10 * np.sin(2 * np.pi * t / season) + random.normal(size=len(t)), 168) == season


def test_smooth_changes_are_no_season():
    steps = [np.convolve(np.random.default_rng(i).normal(size=300), np.ones(5), "valid") for i in range(200)]
    assert np.mean([found_season(each.cumsum(), 60) > 1 for each in steps]) < 0.05


def test_chance():
    walks = [np.random.default_rng(i).normal(size=120).cumsum() for i in range(300)]
    assert np.mean([shows_season(walk, 12) for walk in walks]) < 0.09  # about 5 %
    assert np.mean([found_season(walk, 168) > 1 for walk in walks]) < 0.03
    assert not shows_season(seasonal(20, 12), 12)  # less than two seasons
    assert found_season(np.arange(6.0), 168) == 1


def test_logarithms():
    level = np.exp(np.linspace(0, 3, 120))
    waves = 1 + 0.3 * np.sin(np.arange(120) * 2 * np.pi / 12)
    assert takes_logarithm(level * waves, 12)
    assert not takes_logarithm(level + 5 * waves, 12)
    assert not takes_logarithm(level * waves - 1, 12)  # not above 0
    assert not takes_logarithm(waves, 12)
    assert not takes_logarithm(level[:20] * waves[:20], 12)
