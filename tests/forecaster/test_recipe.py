"""Training a network of its own on a series: what is seen, what is chosen, and what is said of it."""

import numpy as np
import pandas as pd
import pytest

from keras_rnn import gs10_model, series_model, train_series
from keras_rnn.forecaster.recipe import AT_RANDOM, FROM_WALKS, NO_CHANGE, Candidate, _choose, _from_walks, _starts
from keras_rnn.series.history import series_windows
from keras_rnn.series.metrics import skill

MONTHS = pd.date_range("2000-01-01", periods=120, freq="MS")
RANDOM = np.random.default_rng(1)
WAVE = pd.Series(10 + np.sin(np.arange(120) / 2) + 0.05 * RANDOM.normal(size=120), index=MONTHS, name="wave")


@pytest.fixture(scope="module")
def trained():
    return train_series(WAVE, window=6, verbose=False)


def test_it_learns_what_can_be_learned(trained):
    assert trained.metrics["test_skill_against_persistence"] > 0.5
    assert trained.test_rows[-1]["method"] == "model"
    assert trained.test_rows[-1]["verdict"] == "better than seasonal naive"
    x, y = series_windows(WAVE, 6)
    predicted = trained.model.predict_windows(x[-24:])
    expected = skill(y[-24:, 0], predicted[:, 0], x[-24:, -1])
    assert trained.metrics["test_skill_against_persistence"] == pytest.approx(expected)
    against_seasonal_naive = skill(y[-24:, 0], predicted[:, 0], WAVE.to_numpy()[-36:-12])
    assert trained.test_rows[-1]["skill"] == pytest.approx(against_seasonal_naive, abs=1e-6)
    assert (trained.test_part, trained.model.trained_to) == (("2008-01-01", "2009-12-01"), "2007-12-01")
    assert (trained.windows, trained.updates % 25) == (120 - 24 - 6, 0)


@pytest.mark.slow
def test_the_test_part_is_not_seen(trained):
    """Another future, another scale: the same weights, to the bit."""
    other = WAVE.copy()
    other.iloc[-24:] = 1000 * RANDOM.normal(size=24)
    again = train_series(other, window=6, verbose=False)
    assert again.model.get_cell_weights().sha256() == trained.model.get_cell_weights().sha256()
    assert (again.model.scale, again.start, again.updates) == (trained.model.scale, trained.start, trained.updates)
    assert again.metrics["test_rmse"] > 10
    np.testing.assert_array_less(trained.model.residuals.max(), again.model.residuals.max())


@pytest.mark.slow
def test_seeds_have_an_effect(trained):
    other = train_series(WAVE, window=6, seed=1, verbose=False)
    assert other.model.get_cell_weights().sha256() != trained.model.get_cell_weights().sha256()


def test_residuals_are_the_errors_of_the_test_part(trained):
    model = trained.model
    assert model.residuals.shape == (6, 19)  # a quarter of 24 horizons, and as many errors as the last has
    x, y = series_windows(WAVE, 6)
    errors = np.sort(np.abs(model.predict_windows(x[-24:]) - y[-24:])[-19:, 0])
    np.testing.assert_allclose(model.residuals[0], errors, atol=1e-6)
    frame = model.forecast(WAVE, 8, (80, 95))
    assert frame.index[0] == pd.Timestamp("2010-01-01")
    assert (frame["hi_95"] > frame["hi_80"]).all()


@pytest.mark.slow
def test_a_random_walk_is_left_alone():
    """Nothing can be learned of it: what is chosen is "no change" itself, and the skill exactly zero."""
    walk = np.cumsum(np.random.default_rng(0).normal(size=300))
    found = train_series(walk, window=6, verbose=False)
    assert (found.start, found.updates) == (NO_CHANGE, 0)
    assert found.metrics["test_skill_against_persistence"] == pytest.approx(0, abs=1e-6)
    assert found.test_part == ("240", "299")
    assert found.model.trained_to == "239"


def test_the_walks_net_is_gs10s_and_looks_at_the_first_column_alone():
    frame = pd.DataFrame({"a": WAVE, "b": WAVE * 100})
    model = series_model(series=frame)
    model.set_weights(_starts(model, 0, False)[FROM_WALKS])
    gs10 = gs10_model()
    x, _ = series_windows(frame, 6)
    size = model.scale[0]
    expected = gs10.predict_windows(x[..., 0] / size * gs10.scale) * size / gs10.scale
    np.testing.assert_allclose(model.predict_windows(x), expected, atol=1e-4)
    assert np.abs(expected[:, 0] - x[:, -1, 0]).max() > 0.01


def test_levels_and_no_test_part():
    found = train_series(WAVE, scaling="levels", test=0, updates=50, cell="rnn_cell", units=4, window=3, verbose=False)
    assert (found.start, found.updates) == (AT_RANDOM, 50)
    assert (found.metrics, found.test_rows, found.test_part) == ({}, [], None)
    assert found.model.residuals is None
    assert found.model.trained_to == "2009-12-01"
    assert (found.model.cell, found.model.units, found.model.window) == ("rnn_cell", 4, 3)


@pytest.mark.slow
def test_progress_is_shown_unless_not_wanted(capsys):
    _from_walks.cache_clear()
    train_series(WAVE, updates=25, window=2, units=3)
    shown = capsys.readouterr().err
    assert "\rsimulated random walks" in shown
    assert "from no change" in shown
    assert "from simulated random walks" in shown
    train_series(WAVE, updates=25, window=2, units=3, verbose=False)
    assert capsys.readouterr() == ("", "")


def test_the_fewest_updates_that_are_as_good_are_chosen():
    random = np.random.default_rng(0)
    base = random.uniform(1, 2, 40)
    none = Candidate(NO_CHANGE, 0, base)
    some = Candidate(FROM_WALKS, 25, base - 0.5 + 0.01 * random.normal(size=40))
    more = Candidate(FROM_WALKS, 50, some.errors - 0.001 + 0.1 * random.normal(size=40))  # by luck, if at all
    broken = Candidate(NO_CHANGE, 25, np.full(40, np.nan))
    assert _choose([none, some, more, broken]) is some
    assert _choose([none, broken]) is none
    assert _choose([broken, some, none]) is some


def test_too_short_or_too_large_is_said_in_the_users_words():
    with pytest.raises(ValueError, match=r"must hold 19 values: a window, .* test part's 3 \(`test`\). Received: 15"):
        train_series(WAVE[:15], window=6, verbose=False)
    with pytest.raises(
        ValueError, match="subtract a constant from it first. Received: changes of about .* at 1e\\+0?9"
    ):
        train_series(WAVE + 1e9, window=6, verbose=False)
    with pytest.raises(TypeError, match=r"`data.set_index\('index'\)` makes a column of dates the index"):
        train_series(WAVE.reset_index()[["wave", "index"]], verbose=False)
    large = train_series(WAVE * 1e12, window=6, updates=25, verbose=False)  # dollars
    assert large.metrics["test_skill_against_persistence"] > 0
