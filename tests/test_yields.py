"""The GS10 forecaster."""

import numpy as np
import pandas as pd
import pytest

from keras_rnn import GS10Model, gs10_model, load_gs10
from keras_rnn.backend import keras
from keras_rnn.presets import FIRST_TEST_YEAR
from keras_rnn.yields import training_range


@pytest.mark.parametrize("cell", ["rnn_cell", "simple_rnn"])
def test_pretrained_forecasts_the_next_year(cell):
    model = gs10_model(cell=cell)
    assert isinstance(model, keras.Model)
    assert isinstance(model, GS10Model)
    assert (model.input_shape, model.output_shape) == ((None, 6), (None, 1))
    history = load_gs10()
    frame = model.forecast(history)
    assert list(frame.columns) == ["mean"]
    assert frame.index.equals(pd.PeriodIndex([history.index[-1] + 1]))
    weights = model.get_cell_weights()
    scaled = (history.to_numpy()[None, -6:, None] - model.low) / (model.high - model.low)
    expected = weights.forward(scaled)[0][0, -1, 0] * (model.high - model.low) + model.low
    assert frame["mean"].iloc[0] == pytest.approx(expected, abs=1e-5)


def test_the_scale_is_that_of_the_training_part():
    history = load_gs10()
    before = history[history.index.year < FIRST_TEST_YEAR]
    assert training_range() == (before.min(), before.max())
    model = gs10_model()
    assert (model.low, model.high) == training_range()


def test_several_steps_feed_each_other():
    model = gs10_model()
    history = list(load_gs10())
    frame = model.forecast(history, steps=3)
    assert frame.index.tolist() == [1, 2, 3]
    for step in range(3):
        (expected,) = model.predict(np.array([history[-6:]]), verbose=0)[0]
        assert frame["mean"].iloc[step] == pytest.approx(expected, abs=1e-5)
        history.append(expected)


def test_only_the_last_window_counts():
    model = gs10_model()
    history = load_gs10()
    pd.testing.assert_frame_equal(model.forecast(history), model.forecast(history[-6:]))


def test_range_of_ones_own_and_percent_in_percent_out():
    ours = gs10_model(weights=None, low=100.0, high=300.0, seed=1)
    unit = gs10_model(weights=None, low=0.0, high=1.0, seed=1)
    x = np.random.default_rng(0).uniform(0, 1, (4, 6)).astype(np.float32)
    np.testing.assert_allclose(ours.predict_windows(x * 200 + 100), unit.predict_windows(x) * 200 + 100, rtol=1e-5)


@pytest.mark.parametrize("name", ["low", "high", "window", "units"])
def test_a_preset_with_other_settings_names_both(name):
    with pytest.raises(ValueError, match=rf"'levels' have {name}=.*Received: {name}=3"):
        gs10_model(**{name: 3})


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"low": 3, "high": 3}, ValueError),
        ({"low": 4, "high": 3}, ValueError),
        ({"low": float("nan"), "high": 3}, ValueError),
        ({"low": "1", "high": 3}, TypeError),
        ({"low": 1, "high": float("inf")}, ValueError),
        ({"scaling": "minmax"}, ValueError),
    ],
)
def test_bad_arguments(arguments, error):
    with pytest.raises(error, match="Received: "):
        gs10_model(weights=None, **arguments)


@pytest.mark.parametrize("steps", [0, -1, 10**9])
def test_bad_steps(steps):
    with pytest.raises(ValueError, match="`steps` must be from 1 to 1,000. Received: "):
        gs10_model().forecast([1.0] * 6, steps=steps)
    with pytest.raises(TypeError, match="Received: 1.5"):
        gs10_model().forecast([1.0] * 6, steps=1.5)


def test_bad_histories_reach_the_user_as_they_are():
    model = gs10_model()
    for history in ([1.0] * 5, [1.0] * 5 + [np.nan], [[1.0] * 6], load_gs10()[::-1], load_gs10("monthly")):
        with pytest.raises(ValueError, match="Received: "):
            model.forecast(history)
