"""Simulated series: seeded, of the kinds that the knobs say, and finite."""

import numpy as np
import pytest

from keras_rnn.zero_shot.simulator import KNOBS, SEASONS, simulate

OFF = dict.fromkeys(KNOBS, 0.0)


def test_seeds():
    a, b, other = (simulate(20, 60, seed) for seed in (3, 3, 4))
    for name in ("values", "seasons", "observed"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    assert (a.values != other.values).any()


def test_they_are_finite_and_begin_with_a_value():
    found = simulate(500, 256, 0)
    assert np.isfinite(found.values).all()
    assert found.observed[:, :3].all()
    assert 0.6 < found.observed.mean() < 0.9
    assert set(SEASONS) < set(found.seasons.tolist())
    assert found.seasons.max() <= 60


def test_a_plain_walk():
    steps = np.diff(simulate(300, 200, 0, OFF | {"plain_walk": 1.0}).values, axis=1)
    lag_one = [np.corrcoef(row[1:], row[:-1])[0, 1] for row in steps]
    assert -0.1 < np.median(lag_one) < 0.2  # some are means over a period


def test_patterns_repeat_where_they_do_not_drift():
    found = simulate(300, 240, 0, OFF | {"plain_walk": 0.0})
    monthly = found.values[found.seasons == 12]
    alike = [np.corrcoef(row[12:], row[:-12])[0, 1] for row in monthly]
    none = simulate(300, 240, 0, OFF | {"no_season": 1.0, "plain_walk": 1.0})
    unlike = [np.corrcoef(np.diff(row)[12:], np.diff(row)[:-12])[0, 1] for row in none.values[none.seasons == 12]]
    assert np.median(alike) > 0.5 > 0.2 > np.median(unlike)


@pytest.mark.parametrize(("knob", "measure"), [
    ("rounded", lambda x: float(np.mean([len(np.unique(row)) for row in x]))),
    ("exponential", lambda x: -float(np.mean([abs(((row - row.mean()) ** 3).mean()) / row.std() ** 3 for row in x]))),
    ("jump", lambda x: -float(np.abs(np.diff(x, axis=1)).max(axis=1).mean())),
])  # fmt: skip
def test_knobs(knob, measure):
    assert measure(simulate(300, 120, 0, OFF | {knob: 1.0}).values) < measure(simulate(300, 120, 0, OFF).values)
