"""Forecasters of every cell, of several layers and with dropout: in Keras, in a file, and by the runtime."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from helpers import run

from keras_rnn import SeriesModel, export, gs10_model, runtime, series_model, to_litert, train_series, verify
from keras_rnn.catalog.presets import WALKS
from keras_rnn.core.backend import keras
from keras_rnn.core.parity import ParityError
from keras_rnn.forecaster import recipe
from keras_rnn.litert.file import LiteRTFile

RANDOM = np.random.default_rng(0)
YEARS = pd.Index(range(1960, 2020), name="year")
# small numbers in one column, large ones in the other
FRAME = pd.DataFrame(
    np.cumsum(RANDOM.normal(size=(60, 2)), axis=0) * [1e-4, 10] + [0.05, 1e3], columns=["a", "b"], index=YEARS
)
WAVE = pd.Series(10 + np.sin(np.arange(60) / 2) + 0.05 * RANDOM.normal(size=60), index=YEARS, name="wave")


def filled(seed=0, **arguments):
    """A model with random weights everywhere: a new one's head is zero."""
    model, random = series_model(**arguments), np.random.default_rng(seed)
    model.set_weights([random.normal(size=w.shape) * 0.4 for w in model.get_weights()])
    return model


@pytest.mark.parametrize(
    ("cell", "layers", "dropout", "scaling", "features"),  # each pair of cell and anything else, or nearly
    [
        ("gru", 1, 0.3, "levels", 1), ("lstm", 2, 0.0, "levels", 2), ("lstm", 1, 0.3, "window", 1),
        ("rnn_cell", 2, 0.3, "window", 2), ("simple_rnn", 1, 0.3, "levels", 2),
    ],
)  # fmt: skip
def test_the_same_in_every_form(tmp_path, cell, layers, dropout, scaling, features):
    data = FRAME.iloc[:, :features].squeeze()
    model = filled(cell=cell, layers=layers, dropout=dropout, series=data, scaling=scaling, window=3, units=6)
    model.residuals = np.sort(RANDOM.uniform(size=(3, 20)))
    assert all(check.passed for check in export(model, tmp_path / "m"))
    lite = runtime.load(tmp_path / "m")
    assert lite.kind == "series"
    frame, found = model.forecast(data, 8, 80), lite.forecast(data.to_numpy(), 8, 80)
    changes = np.abs(np.diff(data.to_numpy().reshape(60, -1)[:, 0])).mean()
    np.testing.assert_allclose(found.mean, frame["mean"], rtol=0, atol=1e-3 * changes)
    np.testing.assert_allclose(found.intervals[80.0], frame[["lo_80", "hi_80"]].to_numpy().T, rtol=1e-6)
    assert (lite.features, lite.frequency, lite.unit) == (features, "annual", None)
    assert np.abs(np.diff(frame["mean"])).max() > 0.01 * changes  # it says something
    step = lite.file.inputs.get("step")
    assert (step is not None) == (scaling == "levels")
    if step is not None:
        states = [f"{name}_{i}" for i in range(layers) for name in ("hc" if cell == "lstm" else "h")]
        assert set(step) == {"x", *states}


def test_files_of_a_gru(tmp_path):
    model = filled(cell="gru", dropout=0.2, series=FRAME, window=3, units=6)
    export(model, tmp_path / "m")
    assert all(check.passed for check in verify(tmp_path / "m"))
    card = json.loads((tmp_path / "m" / "card.json").read_text())
    assert (card["cell"], card["config"]["layers"], card["config"]["dropout"]) == ("gru", 1, 0.2)
    assert "largest answer where that is above the scale" in (tmp_path / "m" / "README.md").read_text()
    report = to_litert(model, tmp_path / "half.tflite", quantize="float16")
    assert report.notes == ("no signature step: the model looks at its whole window first",)
    expected = model.forecast(FRAME, 3)["mean"]
    half = runtime.load(tmp_path / "half.tflite")
    assert (half.metadata["quantize"], half.columns) == ("float16", ["a", "b"])
    np.testing.assert_allclose(half.forecast(FRAME.to_numpy(), 3).mean, expected, atol=0.01 * model.scale[0])
    with pytest.raises(ValueError, match="`signatures` must be .*looks at its whole window"):
        to_litert(model, tmp_path / "x.tflite", signatures=["serving_default", "step"])


def test_a_new_model_says_no_change_and_has_no_step_either(tmp_path):
    model = series_model(cell="gru", series=WAVE, window=2)
    assert model.forecast(WAVE)["mean"].iloc[0] == pytest.approx(WAVE.iloc[-1], rel=1e-6)
    assert to_litert(model, tmp_path / "m.tflite").signatures == ("serving_default",)


def test_a_file_that_answers_otherwise_is_not_written(tmp_path, monkeypatch):
    """Differences are seen in the scale of the series, however small its numbers are."""
    model = filled(cell="gru", scale=1e-5, window=3, units=4)
    run_file = LiteRTFile.run
    monkeypatch.setattr(LiteRTFile, "run", lambda *a: {name: x + np.float32(1e-8) for name, x in run_file(*a).items()})
    with pytest.raises(ParityError, match="equal the Keras model"):
        export(model, tmp_path / "m")


def test_a_keras_file_has_all_arguments(tmp_path):
    model = series_model(
        None, "lstm", 3, 4, 2, scaling="levels", low=[0, 1], high=[2, 4], seed=3, layers=2, dropout=0.25
    )
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    assert again.get_config() == model.get_config()
    assert SeriesModel.from_config(model.get_config()).get_config() == model.get_config()
    x = model.random_windows(5)
    np.testing.assert_array_equal(again.predict_windows(x), model.predict_windows(x))
    other = series_model(tmp_path / "m.keras", dropout=0.0)  # which may change; all else is the file's own
    assert (other.cell, other.layer_count, other.dropout) == ("lstm", 2, 0.0)
    np.testing.assert_array_equal(other.predict_windows(x), model.predict_windows(x))
    for arguments in ({"cell": "gru"}, {"cell": "simple_rnn"}, {"layers": 1}):
        with pytest.raises(ValueError, match=f"`{next(iter(arguments))}` must be .* of the weights .*Received: "):
            series_model(tmp_path / "m.keras", **arguments)
    with pytest.raises(ValueError, match="one layer of .* to have `CellWeights`. Received: 2 of lstm"):
        model.get_cell_weights()


@pytest.mark.parametrize(("layers", "dropout"), [(1, 0.2), (3, 0.0)])
def test_plain_cells_exchange_their_weights_with_layers_and_dropout_too(tmp_path, layers, dropout):
    model = filled(cell="rnn_cell", layers=layers, dropout=dropout, series=WAVE, units=5)
    model.residuals = np.ones((1, 20))
    model.save(tmp_path / "m.keras")
    other = series_model(tmp_path / "m.keras", cell="simple_rnn")
    assert other.cell == "simple_rnn"
    np.testing.assert_allclose(other.forecast(WAVE, 3, 80), model.forecast(WAVE, 3, 80), rtol=1e-6)


def test_dropout_is_of_training_alone():
    x = FRAME["a"].to_numpy(np.float32)[None, :6]
    model = filled(cell="gru", dropout=0.5, scale=1e-3, seed=0)
    assert np.asarray(model(x)) == pytest.approx(model.predict_windows(x))
    drawn = {float(model(x, training=True)[0, 0]) for _ in range(8)}
    assert len(drawn) > 1


@pytest.fixture
def few_walks(monkeypatch):
    """The start from random walks is trained for a moment only."""
    monkeypatch.setattr(recipe, "WALKS", dataclasses.replace(WALKS, updates=20))
    recipe._from_walks.cache_clear()
    yield
    recipe._from_walks.cache_clear()


@pytest.mark.parametrize("cell", ["gru", "rnn_cell"])
def test_of_several_columns_the_net_of_walks_looks_at_the_first_alone(few_walks, cell):
    model = series_model(cell=cell, layers=2, series=FRAME, window=3, units=4, seed=0)
    starts = recipe._starts(model, 0, False)
    assert list(starts) == [recipe.NO_CHANGE, recipe.FROM_WALKS]
    model.set_weights(starts[recipe.FROM_WALKS])
    x = np.repeat(FRAME.to_numpy(np.float32)[None, :3], 2, axis=0)
    x[1, :, 1] += [5, -5, 3]
    answers = model.predict_windows(x)[:, 0]
    assert answers[0] == answers[1] != pytest.approx(x[0, -1, 0], rel=1e-6)


def test_training_repeats_by_seed(few_walks):
    settings = {"cell": "gru", "dropout": 0.2, "window": 2, "units": 3, "updates": 25, "test": 12, "verbose": False}
    found = []
    for _ in range(2):
        recipe._from_walks.cache_clear()
        found.append(train_series(WAVE, seed=0, **settings))
    first, again = (np.concatenate([w.ravel() for w in each.model.get_weights()]) for each in found)
    np.testing.assert_array_equal(first, again)
    kernels = [series_model(cell="gru", seed=seed).get_weights()[0] for seed in (0, 1)]
    assert np.abs(kernels[0] - kernels[1]).max() > 1e-3
    assert found[0].metrics == found[1].metrics
    model = found[0].model
    assert (model.cell, model.dropout, model.trained_to) == ("gru", 0.2, "2007")
    assert model.residuals is not None


@pytest.mark.slow
def test_by_the_command(capsys, tmp_path, monkeypatch, few_walks):
    """A folder with a GRU is as any other to `forecast`, `backtest` and `show`; it learns a wave."""
    monkeypatch.chdir(tmp_path)
    WAVE.to_csv("wave.csv")
    options = ["--cell", "gru", "--units", "5", "--window", "3", "--dropout", "0.1", "--updates", "200", "--json"]
    code, out, _ = run(capsys, "train", "series", "wave.csv", *options)
    assert code == 0
    told = json.loads(out)
    assert told["test"]["test_rmse"] < told["test"]["test_rmse_of_persistence"]
    answers = [run(capsys, "forecast", "wave.csv", "--model", "wave_wave", "--steps", "3", "--runtime", name)
               for name in ("litert", "keras")]  # fmt: skip
    assert answers[0] == answers[1]
    assert answers[0][0] == 0
    code, out, err = run(capsys, "backtest", "wave.csv", "--model", "wave_wave", "--json")
    assert (code, err) == (0, "60 years 1960 to 2019, `,`\n")
    assert json.loads(out)["by_horizon"]["1"][-1]["rmse"] == pytest.approx(told["test"]["test_rmse"])
    code, out, _ = run(capsys, "show", "wave_wave", "--insight", "x.png")
    assert (code, "cell gru" in out, (tmp_path / "x.png").exists()) == (0, True, True)
    for file, said in (("model.keras", "cell='gru'"), ("model.tflite", '"kind": "series"')):
        assert said in run(capsys, "show", f"wave_wave/{file}")[1]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"cell": "gru", "activation": "relu"}, ValueError),
        ({"cell": ["gru"]}, ValueError),
        ({"layers": 0}, ValueError),
        ({"layers": 1.5}, TypeError),
        ({"dropout": 1}, ValueError),
        ({"dropout": -0.1}, ValueError),
        ({"dropout": "0.5"}, TypeError),
        ({"dropout": float("nan")}, ValueError),
    ],
)
def test_bad_arguments(arguments, error):
    with pytest.raises(error, match="`(activation|cell|layers|dropout)` must be .*Received: "):
        series_model(**arguments)
    with pytest.raises(error, match="Received: "):
        train_series(WAVE, verbose=False, **arguments)


def test_gs10_has_plain_cells_only():
    with pytest.raises(ValueError, match="`cell` must be one of None, 'rnn_cell', 'simple_rnn'. Received: 'gru'"):
        gs10_model(cell="gru")
