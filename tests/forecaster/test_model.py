"""The forecaster of any series, of one feature and of several."""

import json

import numpy as np
import pandas as pd
import pytest

from keras_rnn import SeriesModel, export, runtime, series_model, series_windows, train
from keras_rnn.artifacts.verification import twin
from keras_rnn.core.backend import keras
from keras_rnn.forecaster.scale import settings_of
from keras_rnn.series.dates import FREQUENCIES

RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame(
    np.cumsum(RANDOM.normal(size=(60, 3)), axis=0) * [1, 10, 0.1] + [100, 0, 5],
    columns=["a", "b", "c"],
    index=pd.date_range("2010-01-01", periods=60, freq="QS"),
)


def filled(model, seed=0):
    """The model with random weights everywhere: a new one's head is zero."""
    random = np.random.default_rng(seed)
    model.set_weights([random.normal(size=w.shape) * 0.4 for w in model.get_weights()])
    return model


@pytest.mark.parametrize("cell", ["rnn_cell", "simple_rnn"])
@pytest.mark.parametrize("scaling", ["window", "levels"])
@pytest.mark.parametrize("features", [1, 3])
def test_the_equation_in_float64(features, scaling, cell):
    data = FRAME.iloc[:, :features]
    model = filled(series_model(cell=cell, series=data, scaling=scaling, window=4, units=7))
    x, _ = series_windows(data.squeeze(), 4)  # (56, 4[, 3])
    weights = model.get_cell_weights()
    rows = x.reshape(len(x), 4, features)
    if scaling == "window":
        shift, size = rows[:, -1:], np.array(10 * np.diff(data, axis=0).std(axis=0))
    else:
        shift, size = data.min().to_numpy(), (data.max() - data.min()).to_numpy()
    outputs, _ = weights.forward((rows - shift) / size)
    expected = outputs[:, -1] * size[0] + np.broadcast_to(shift, rows[:, -1:].shape)[:, 0, :1]
    np.testing.assert_allclose(model.predict_windows(x), expected, atol=2e-5)
    np.testing.assert_allclose(model.numpy_reference(x), expected, atol=1e-9)
    np.testing.assert_allclose(twin(model).predict_windows(x), expected, atol=2e-5)


@pytest.mark.parametrize(
    ("features", "scaling", "window"),
    [(1, "window", 20), (1, "levels", 6), (3, "levels", 20), (3, "window", 1)],
)
def test_the_same_in_every_form(tmp_path, features, scaling, window):
    data = FRAME.iloc[:, :features]
    activation = "relu" if window == 20 else "tanh"
    model = filled(series_model(series=data, scaling=scaling, window=window, units=5, activation=activation))
    model.residuals = np.sort(RANDOM.uniform(size=(3, 20)))
    checks = export(model, tmp_path / "m")  # which holds SavedModel, LiteRT, NumPy and the twin against Keras
    assert all(check.passed for check in checks)
    assert ("step × window" in {check.check for check in checks}) == (scaling == "levels")
    lite = runtime.load(tmp_path / "m")
    frame = model.forecast(data, 12, (80, 95))
    found = lite.forecast(data.to_numpy() if features > 1 else data.to_numpy()[:, 0], 12, (80, 95))
    np.testing.assert_allclose(found.mean, frame["mean"], rtol=1e-4)
    np.testing.assert_allclose(found.intervals[80.0], frame[["lo_80", "hi_80"]].to_numpy().T, rtol=1e-6)
    assert (lite.features, lite.frequency, lite.columns) == (features, "quarterly", list(data.columns))
    card = json.loads((tmp_path / "m" / "card.json").read_text())
    assert card["signatures"]["forecast"]["inputs"]["history"]["shape"] == [
        None,
        window,
        *([3] if features > 1 else []),
    ]


@pytest.mark.parametrize("scaling", ["window", "levels"])
def test_only_the_first_is_forecast_and_the_others_stay(scaling):
    model = filled(series_model(series=FRAME, scaling=scaling, window=4, units=5))
    history = FRAME.to_numpy()
    means = model.forecast(FRAME, 3)["mean"].to_numpy()
    for mean in means:
        expected = model.predict_windows(history[None, -4:])[0, 0]
        assert mean == pytest.approx(expected, rel=1e-6)
        history = np.vstack([history, [expected, *FRAME.iloc[-1, 1:]]])
    other = FRAME.copy()
    other.iloc[-1, 2] += 1
    assert model.forecast(other)["mean"].iloc[0] != means[0]  # they are read, though


def test_new_it_says_no_change_and_several_features_do_not_disturb_it():
    model = series_model(series=FRAME, seed=1)
    assert model.forecast(FRAME)["mean"].iloc[0] == pytest.approx(FRAME["a"].iloc[-1], rel=1e-6)


def test_units_of_any_size_train_alike():
    x, y = series_windows(FRAME["a"], 6)
    predictions = []
    for unit in (1.0, 1e-4, 1e4):
        model = series_model(series=FRAME["a"] * unit, seed=0)
        train(model, x * unit, y * unit, updates=100, verbose=False)
        predictions.append(model.predict_windows(x * unit) / unit)
    np.testing.assert_allclose(predictions[1], predictions[0], atol=2e-3)
    np.testing.assert_allclose(predictions[2], predictions[0], atol=2e-3)
    assert np.abs(predictions[0] - x[:, -1:]).max() > 0.05  # it has learned something


def test_what_it_takes_from_a_series():
    given = FRAME.copy()
    given.attrs["unit"] = "tons"
    model = series_model(series=given)
    assert (model.features, model.columns, model.unit, model.frequency) == (3, ("a", "b", "c"), "tons", "quarterly")
    np.testing.assert_allclose(model.scale, 10 * FRAME.diff().std(ddof=0))
    assert series_model(series=FRAME["a"]).columns == ("a",)
    assert series_model(series=FRAME[["b"]]).columns == ("b",)
    plain = series_model(series=FRAME.to_numpy())
    assert (plain.columns, plain.unit, plain.frequency) == (None, None, None)
    assert series_model(series=FRAME["a"], scale=3.0).scale == 3.0
    model = series_model(series=FRAME["a"], scaling="levels", high=200)
    assert (model.low, model.high) == (FRAME["a"].min(), 200)
    assert settings_of([1.0, 2.0, 3.0, 4.0], "window")["scale"] == [10.0]  # one that rises by the same every time
    constant = np.column_stack([FRAME["a"], np.ones(60)])
    assert settings_of(constant, "window")["scale"][1] == 10
    low_high = settings_of(constant, "levels")
    assert (low_high["low"][1], low_high["high"][1]) == (1, 2)


def test_columns_by_name_in_any_order_and_among_others():
    model = filled(series_model(series=FRAME[["a", "c"]]))
    expected = model.forecast(FRAME[["a", "c"]])
    pd.testing.assert_frame_equal(model.forecast(FRAME[["c", "b", "a"]]), expected)
    assert expected.index.tolist() == [pd.Timestamp("2025-01-01")]
    with pytest.raises(ValueError, match="columns a, c. Received: a DataFrame of shape .* without 'c'"):
        model.forecast(FRAME[["a", "b"]])
    with pytest.raises(ValueError, match=r"numbers of shape \(periods, 2\). Received: "):
        model.forecast(FRAME["a"])
    with pytest.raises(ValueError, match="quarterly dates. Received: annual ones"):
        model.forecast(FRAME.set_axis(pd.date_range("1960", periods=60, freq="YS")))


@pytest.mark.slow
def test_a_file_holds_all_of_it_in_a_fresh_process(tmp_path, fresh):
    model = filled(series_model(series=FRAME, cell="rnn_cell", window=3, units=4, seed=5))
    model.residuals, model.trained_to = np.ones((2, 5)), "2024-10-01"
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    assert again.get_config() == model.get_config()
    rebuilt = SeriesModel.from_config(model.get_config())
    assert rebuilt.get_config() == model.get_config()
    FRAME.to_csv(tmp_path / "data.csv")
    code = """
import pandas as pd, keras_rnn
model = keras_rnn.load("m.keras")
data = pd.read_csv("data.csv", index_col=0, parse_dates=True)
frame = model.forecast(data, 2, 50)
print(type(model).__name__, model.cell, model.trained_to, *frame.round(4).to_numpy().ravel())
"""
    expected = model.forecast(FRAME, 2, 50).round(4).to_numpy().ravel()
    words = fresh(code).split()
    assert words[:3] == ["SeriesModel", "rnn_cell", "2024-10-01"]
    np.testing.assert_allclose([float(word) for word in words[3:]], expected, atol=2e-4)


def test_weights_from_a_file_and_for_the_other_cell(tmp_path):
    model = filled(series_model(series=FRAME, window=3, units=4))
    model.save(tmp_path / "m.keras")
    other = series_model(tmp_path / "m.keras", cell="rnn_cell", window=3, features=3, scale=list(model.scale))
    np.testing.assert_allclose(other.forecast(FRAME), model.forecast(FRAME), rtol=1e-6)
    for settings in ({"features": 1}, {"window": 4}, {"scale": 1.0}, {"scaling": "levels"}):
        with pytest.raises(ValueError, match=f"`{next(iter(settings))}` must be .* of the weights"):
            series_model(tmp_path / "m.keras", **settings)
    with pytest.raises(ValueError, match="`series` must be None beside `weights`"):
        series_model(tmp_path / "m.keras", series=FRAME)


def test_training_on_removes_the_errors_it_made_before():
    model = series_model(series=FRAME["a"])
    model.residuals = np.ones((1, 20))
    x, y = series_windows(FRAME["a"])
    model.fit(x, y, verbose=0)
    assert model.residuals is None


@pytest.mark.parametrize("frequency", [None, *FREQUENCIES])
def test_every_frequency(frequency):
    freq = {None: "3D", "annual": "YS", "quarterly": "QS", "monthly": "MS", "weekly": "W", "business-daily": "B",
            "daily": "D", "hourly": "h", "half-hourly": "30min", "quarter-hourly": "15min",
            "minutely": "min"}[frequency]  # fmt: skip
    series = pd.Series(FRAME["a"].to_numpy(), index=pd.date_range("2001", periods=60, freq=freq))
    model = series_model(series=series)
    assert model.frequency == frequency
    following = model.forecast(series, 2).index
    if frequency is None:
        assert following.tolist() == [1, 2]
    else:
        expected = pd.date_range("2001", periods=62, freq=freq)[-2:]
        assert following.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"weights": "annual"}, ValueError),
        ({"weights": "absent.keras"}, ValueError),
        ({"cell": "elman"}, ValueError),
        ({"window": 0}, ValueError),
        ({"units": 2.5}, TypeError),
        ({"features": 0}, ValueError),
        ({"features": True}, TypeError),
        ({"features": 2, "scale": [1.0, 2.0, 3.0]}, ValueError),
        ({"features": 2, "scale": [1.0, 0.0]}, ValueError),
        ({"scale": "1"}, TypeError),
        ({"scale": float("nan")}, ValueError),
        ({"scaling": "minmax"}, ValueError),
        ({"scaling": "levels"}, TypeError),
        ({"scaling": "levels", "low": 1.0, "high": 1.0}, ValueError),
        ({"scaling": "levels", "features": 2, "low": [0.0, 1.0], "high": [1.0, 1.0]}, ValueError),
        ({"low": 1.0}, ValueError),
        ({"scaling": "levels", "scale": 1.0}, ValueError),
        ({"seed": -1}, ValueError),
        ({"activation": "gelu"}, ValueError),
        ({"series": FRAME, "features": 2}, ValueError),
        ({"series": [1.0, 1.0, 1.0, 1.0]}, ValueError),
        ({"series": [1.0, 2.0]}, ValueError),
        ({"series": FRAME["a"].where(FRAME["a"] > 101)}, ValueError),
        ({"series": FRAME.astype(str)}, TypeError),
        ({"series": "data.csv"}, TypeError),
        ({"series": np.ones((4, 2, 2))}, ValueError),
    ],
)
def test_bad_arguments(arguments, error):
    with pytest.raises(error, match="Received: "):
        series_model(**arguments)


@pytest.mark.parametrize(
    "settings",
    [{"columns": "a"}, {"columns": ["a", "b"]}, {"columns": [1]}, {"frequency": "fortnightly"}, {"residuals": [1.0]}],
)
def test_bad_settings(settings):
    with pytest.raises(ValueError, match="Received: "):
        SeriesModel(**settings)


def test_other_shapes_are_refused():
    model = series_model(features=3, window=4)
    for shape in ((4, 3), (2, 4), (2, 5, 3), (2, 4, 2)):
        with pytest.raises(ValueError, match="shape"):
            model(np.zeros(shape, np.float32))
