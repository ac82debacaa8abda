"""Training further on one series: what is accepted, what is given instead, and that it repeats."""

import numpy as np
import pytest

from keras_rnn import series_model
from keras_rnn.zero_shot import tuning
from keras_rnn.zero_shot.tuning import SIMULATED, better, tune

RANDOM = np.random.default_rng(0)
PATTERN = np.tile([0.0, 5.0, 1.0, 0.0, -5.0, 1.0, 0.0, 5.0, -1.0, 0.0, 3.0], 16) + 0.2 * RANDOM.normal(size=176)
WALK = np.cumsum(np.random.default_rng(3).normal(size=160))


def weights(model):
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


def test_what_is_better_by_more_than_chance_is_accepted(monkeypatch):
    """Of a logistic map each value tells the next; simulated series are of another kind."""
    chaos = [0.5]
    for _ in range(199):
        chaos.append(3.88 * chaos[-1] * (1 - chaos[-1]))
    monkeypatch.setattr(tuning, "LEARNING_RATE", 3e-3)  # that of the recipe takes longer
    model, start = series_model(), weights(series_model())
    found = tune(model, np.array(chaos), "annual", 40, updates=40)
    assert (found.start, found.updates > 0) == (SIMULATED, True)
    assert found.errors.shape == (40,)
    assert np.abs(weights(model) - start).max() > 1e-3
    again = series_model()
    assert tune(again, np.array(chaos), "annual", 40, updates=40).updates == found.updates
    np.testing.assert_array_equal(weights(again), weights(model))


def test_what_is_not_better_leaves_the_weights_alone(monkeypatch):
    monkeypatch.setattr(tuning, "better", lambda *_: False)
    model = series_model()
    found = tune(model, PATTERN, None, 40, updates=10)
    assert (found.start, found.updates) == (SIMULATED, 0)
    np.testing.assert_array_equal(weights(model), weights(series_model()))


def test_of_a_random_walk_the_naive_forecast_is_given():
    model = series_model()
    found = tune(model, WALK[:140], None, 30, updates=10)
    assert (found.start, found.updates) == ("persistence", 0)
    frame = model.forecast(WALK[:140], 5, 80)
    np.testing.assert_allclose(frame["mean"], WALK[139], atol=1e-5)
    widths = (frame["hi_80"] - frame["lo_80"]).to_numpy()
    assert (np.diff(widths) > 0).all()
    np.testing.assert_array_equal(found.errors, WALK[109:139] - WALK[110:140])


def test_the_seasonal_naive_forecast_is_given_too():
    ragged = np.tile(RANDOM.normal(size=12) * 10, 12)  # of which it is never off
    model = series_model()
    found = tune(model, ragged, "monthly", 24, updates=10)
    assert found.start == "seasonal naive"
    np.testing.assert_allclose(model.forecast(ragged, 24, season=12)["mean"], np.tile(ragged[-12:], 2), atol=1e-4)


def test_better_is_more_than_chance():
    errors = RANDOM.normal(size=50)
    assert better(0.5 * errors, errors)
    assert not better(errors, 0.5 * errors)
    assert not better(errors, errors)
    assert sum(better(*RANDOM.normal(size=(2, 50))) for _ in range(400)) < 40


@pytest.mark.parametrize("cell", ["simple_rnn", "rnn_cell"])
def test_plain_cells(capsys, cell):
    assert tune(series_model(cell=cell), PATTERN[:60], None, 12, updates=10, title="tuning").errors.shape == (12,)
    assert "tuning" in capsys.readouterr().err
