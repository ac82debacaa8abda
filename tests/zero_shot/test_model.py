"""`ZeroShotModel`: its graph beside its equations in float64, what it makes of a series, and its files."""

import numpy as np
import pandas as pd
import pytest
from zero_shot_reference import answers

from keras_rnn import export, load, runtime, series_model, verify
from keras_rnn.core.backend import keras
from keras_rnn.zero_shot.model import ZeroShotModel, pinball
from keras_rnn.zero_shot.network import CELLS
from keras_rnn.zero_shot.reading import QUANTILES
from keras_rnn.zero_shot.simulator import simulate


def model_of(cell, window=40, units=5, places=13):
    model = ZeroShotModel(window, units, places, cell, seed=0)
    random = np.random.default_rng(CELLS.index(cell))
    model.set_weights([random.normal(scale=0.3, size=w.shape) for w in model.get_weights()])
    return model


def some_series(n, holes=True):
    random = np.random.default_rng(1)
    values = np.cumsum(random.normal(size=n)) + 3 * np.sin(np.arange(n) * 2 * np.pi / 12)
    if holes:
        values[[5, 6, 17, 24]] = np.nan
        values[-4:] = np.nan
    return values


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("season", [1, 4, 12, 13])
def test_the_graph_is_the_equations(cell, season):
    model, values = model_of(cell), some_series(40)
    found = model.quantiles(values[None].astype(np.float32), season)[0]
    np.testing.assert_allclose(found, answers(model, values, season), atol=1e-4)
    padded = np.concatenate([np.full(10, np.nan), values[:30]])  # what would lie before a series changes nothing
    after = model.quantiles(padded[None].astype(np.float32), season)[0]
    assert not after[:10].any()
    np.testing.assert_allclose(after[10:], found[:30], atol=1e-5)


def test_the_future_is_not_read():
    model, values = model_of("gru"), some_series(40, holes=False).astype(np.float32)
    other = values.copy()
    other[25:] = 1e3
    a, b = (model.quantiles(row[None], 12)[0] for row in (values, other))
    np.testing.assert_array_equal(a[:25], b[:25])
    assert (a[25:] != b[25:]).any()


def test_shifted_and_scaled():
    model, values = model_of("gru"), some_series(40)
    a, b = (model.quantiles(row[None].astype(np.float32), 4)[0] for row in (values, 7 * values - 5))
    np.testing.assert_allclose(b, 7 * a - 5, atol=2e-3)


def test_the_plain_cells_exchange_their_weights():
    model, other = model_of("simple_rnn"), model_of("rnn_cell")
    values = some_series(40)[None].astype(np.float32)
    assert np.nanmax(np.abs(model.quantiles(values, 4) - other.quantiles(values, 4))) > 0.01
    other.take_weights(model)
    np.testing.assert_allclose(model.quantiles(values, 4), other.quantiles(values, 4), atol=1e-5)
    back = model_of("simple_rnn")
    back.take_weights(other)
    for a, b in zip(back.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_export_and_the_runtime(tmp_path):
    model = model_of("gru")
    checks = export(model, tmp_path / "m")
    assert {(c.artifact, c.check) for c in checks} >= {("LiteRT", "step × window"), ("SavedModel", "serving_default")}
    assert all(check.passed for check in verify(tmp_path / "m"))
    phone, again = runtime.load(tmp_path / "m"), load(tmp_path / "m")
    assert phone.kind == "zero_shot"
    history = pd.Series(some_series(30), pd.period_range("2020-01", periods=30, freq="M"))
    frame = again.forecast(history, 5, (50, 80, 95, 99))
    found = phone.forecast(history.to_numpy(), 5, (50, 80, 95, 99), frequency="monthly")
    assert (found.season, frame.attrs["season"]) == (12, 12)
    np.testing.assert_allclose(found.mean, frame["mean"], rtol=1e-5)
    for level, (low, high) in found.intervals.items():
        np.testing.assert_allclose(np.array([low, high]), frame[[f"lo_{level:g}", f"hi_{level:g}"]].T, rtol=1e-5)
    assert list(frame.index.astype(str)) == ["2022-07", "2022-08", "2022-09", "2022-10", "2022-11"]
    order = ["lo_99", "lo_95", "lo_80", "lo_50", "mean", "hi_50", "hi_80", "hi_95", "hi_99"]
    assert (np.diff(frame[order], axis=1) > 0).all()


def test_dates_that_are_left_out_are_missing_values():
    model = model_of("gru")
    index = pd.period_range("2020-01", periods=30, freq="M")
    values = some_series(30, holes=False)
    kept = np.delete(np.arange(30), [4, 20])
    short, holes = pd.Series(values[kept], index[kept]), pd.Series(values, index)
    holes.iloc[[4, 20]] = np.nan
    pd.testing.assert_frame_equal(model.forecast(short, 3), model.forecast(holes, 3))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"history": range(9)}, ValueError, "at least 10 known values. Received: 9"),
        ({"history": ["a"] * 20}, TypeError, "`history` must be"),
        ({"history": np.ones((20, 2))}, ValueError, "`history` must be"),
        ({"history": [1.0] * 20 + [np.inf]}, ValueError, "must be finite"),
        ({"history": range(20), "steps": 21}, ValueError, "`steps` must be"),
        ({"history": range(20), "season": 14}, ValueError, "`season` must be"),
        ({"history": range(20), "levels": 100}, ValueError, "`levels` must be in percent"),
        ({"history": pd.DataFrame({"a": range(20), "b": range(20)})}, ValueError, "must be one column"),
    ],
)
def test_bad_input(given, error, message):
    with pytest.raises(error, match=message):
        model_of("gru").forecast(**given)


def test_config_and_sizes():
    model = ZeroShotModel(30, 4, 12, "rnn_cell", seed=3)
    again = ZeroShotModel.from_config(model.get_config())
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    for settings, message in [({"cell": "lstm"}, "`cell`"), ({"units": 0}, "`units`"), ({"places": 400}, "`places`")]:
        with pytest.raises(ValueError, match=message):
            ZeroShotModel(**settings)


def test_fit_on_known_targets_only():
    model = ZeroShotModel(40, 4, 12, "gru", seed=0)
    model.compile_recipe()
    values = some_series(40).astype(np.float32)[None]
    targets = np.concatenate([values[:, 1:], [[np.nan]]], axis=1)
    history = model.fit([values, np.array([[12.0]])], targets, epochs=3, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    y, q = np.array([[1.0, np.nan]]), np.zeros((1, 2, 9))
    expected = np.mean([max(level, level - 1) for level in QUANTILES])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(pinball(y, q)), [expected], rtol=1e-6)


def test_the_shipped_ones():
    """Better than both naive forecasts on series that none of them was trained on."""
    fresh = simulate(60, 200, seed=[99, 0])
    assert [type(series_model(cell=cell)) for cell in CELLS] == [ZeroShotModel] * 3
    for cell in CELLS:
        model = runtime.load(f"series/simulated/{cell}")
        ours, naive = [], []
        for values, season in zip(fresh.values, fresh.seasons, strict=True):
            row = np.full(model.window, np.nan, np.float32)
            row[-200:] = values
            median = model.quantiles(row[None], int(season))[0, -200:-1, QUANTILES.index(0.5)]
            y, late = values[1:], slice(100, None)
            again = np.concatenate([np.full(season, np.nan), values[:-season]])[1:]
            ours.append(np.abs(median - y)[late].mean())
            naive.append(min(np.abs(np.diff(values))[late].mean(), np.abs(again - y)[late].mean()))
        assert np.median(np.array(ours) / naive) < 0.85
