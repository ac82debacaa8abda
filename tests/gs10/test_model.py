"""The GS10 forecaster."""

import numpy as np
import pandas as pd
import pytest

from keras_rnn import GS10Model, gs10_model, load_gs10
from keras_rnn.catalog.presets import FIRST_TEST_YEAR
from keras_rnn.core.backend import keras
from keras_rnn.gs10.model import training_range


@pytest.mark.parametrize("cell", ["rnn_cell", "simple_rnn"])
@pytest.mark.parametrize("preset", ["annual", "monthly", "levels"])
def test_pretrained_forecasts_the_next_period(preset, cell):
    model = gs10_model(preset, cell=cell)
    assert isinstance(model, keras.Model)
    assert isinstance(model, GS10Model)
    assert (model.input_shape, model.output_shape) == ((None, 6), (None, 1))
    history = load_gs10(model.frequency)
    frame = model.forecast(history)
    assert list(frame.columns) == ["mean"]
    assert frame.index.equals(pd.PeriodIndex([history.index[-1] + 1]))
    weights = model.get_cell_weights()
    x = history.to_numpy()[None, -6:, None]
    shift, size = (model.low, model.high - model.low) if preset == "levels" else (x[0, -1, 0], 10.0)
    expected = weights.forward((x - shift) / size)[0][0, -1, 0] * size + shift
    assert frame["mean"].iloc[0] == pytest.approx(expected, abs=1e-5)


def test_the_scale_is_that_of_the_training_part():
    history = load_gs10()
    before = history[history.index.year < FIRST_TEST_YEAR]
    assert training_range() == (before.min(), before.max())
    model = gs10_model("levels")
    assert (model.low, model.high) == training_range()
    assert gs10_model(None, scaling="levels").low == model.low


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
    ours = gs10_model(weights=None, scaling="levels", low=100.0, high=300.0, seed=1)
    unit = gs10_model(weights=None, scaling="levels", low=0.0, high=1.0, seed=1)
    x = np.random.default_rng(0).uniform(0, 1, (4, 6)).astype(np.float32)
    np.testing.assert_allclose(ours.predict_windows(x * 200 + 100), unit.predict_windows(x) * 200 + 100, rtol=1e-5)


@pytest.mark.parametrize("name", ["low", "high", "window", "units", "scale"])
@pytest.mark.parametrize("preset", ["annual", "levels"])
def test_a_preset_with_other_settings_names_both(preset, name):
    with pytest.raises(ValueError, match=rf"`{name}` must be .* of the weights '{preset}'.*Received: 3"):
        gs10_model(preset, **{name: 3})
    with pytest.raises(ValueError, match=rf"`frequency` must be 'annual'.*'{preset}'.*Received: 'monthly'"):
        gs10_model(preset, frequency="monthly")


def test_one_net_for_both_frequencies():
    annual, monthly = gs10_model("annual"), gs10_model("monthly")
    assert annual.get_cell_weights().sha256() == monthly.get_cell_weights().sha256()
    assert (annual.frequency, monthly.frequency) == ("annual", "monthly")
    assert (annual.residuals.shape, monthly.residuals.shape) == ((5, 20), (12, 60))


def test_untrained_it_says_no_change_and_has_no_ceiling():
    model = gs10_model(None, seed=0)
    x = np.array([[1, 2, 3, 4, 5, 60.0]], dtype=np.float32)
    assert model.predict_windows(x).tolist() == [[60.0]]
    trained = gs10_model()
    up, down = trained.predict_windows(x)[0, 0] - 60, trained.predict_windows(-x)[0, 0] + 60
    assert up == pytest.approx(-down, abs=1e-4)  # up and down alike
    np.testing.assert_allclose(trained.predict_windows(x + 1000), trained.predict_windows(x) + 1000, atol=1e-3)


def test_intervals_are_the_stored_residuals():
    model, history = gs10_model(), load_gs10()
    frame = model.forecast(history, steps=8, levels=(80, 95))
    assert list(frame.columns) == ["mean", "lo_80", "hi_80", "lo_95", "hi_95"]
    pd.testing.assert_frame_equal(frame[["mean"]], model.forecast(history, steps=8))
    half = (frame["hi_95"] - frame["lo_95"]).to_numpy() / 2
    assert half[0] == pytest.approx(model.residuals[0, -1])  # the largest of 20
    assert ((frame["hi_80"] - frame["mean"]).to_numpy()[0]) == pytest.approx(model.residuals[0, 16])  # 17th of 20
    assert (np.diff(half) >= 0).all()
    assert half[7] / half[6] == pytest.approx(np.sqrt((1 + 7 * 1.607695) / (1 + 6 * 1.607695)), rel=1e-5)
    for levels, error in (((0,), ValueError), ((80, 80), ValueError), (("80",), TypeError), ((99,), ValueError)):
        with pytest.raises(error, match="Received: "):
            model.forecast(history, levels=levels)
    with pytest.raises(ValueError, match="carries no residuals. Received: "):
        gs10_model("levels").forecast(history, levels=80)


def test_residuals_travel_in_the_file(tmp_path):
    model = gs10_model("monthly")
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.residuals, model.residuals)
    assert again.get_config() == model.get_config()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"scaling": "levels", "low": 3, "high": 3}, ValueError),
        ({"scaling": "levels", "low": 4, "high": 3}, ValueError),
        ({"scaling": "levels", "low": float("nan"), "high": 3}, ValueError),
        ({"scaling": "levels", "low": "1", "high": 3}, TypeError),
        ({"scaling": "levels", "low": 1, "high": float("inf")}, ValueError),
        ({"scaling": "levels", "scale": 1.0}, ValueError),
        ({"low": 1.0}, ValueError),
        ({"scale": 0}, ValueError),
        ({"scale": -1.0}, ValueError),
        ({"scale": "10"}, TypeError),
        ({"frequency": "weekly"}, ValueError),
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
