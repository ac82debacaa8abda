"""Quantized files: smaller, near Keras, built-in operators, float inputs and outputs; and what cannot be."""

import json

import numpy as np
import pytest
from helpers import run

from keras_rnn import char_model, gs10_model, runtime, to_litert
from keras_rnn.core.backend import keras
from keras_rnn.core.parity import ParityError
from keras_rnn.litert.calibration import recorded_samples
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.litert.inputs import Input
from keras_rnn.litert.stepping import Stepping

L = keras.layers


def model_of(*layers, steps=20, features=8, seed=0):
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((steps, features)), *layers])


def windows(count=40, steps=20, features=8):
    return np.random.default_rng(0).normal(size=(count, steps, features)).astype(np.float32)


@pytest.fixture(scope="module")
def plain():
    return model_of(L.SimpleRNN(48), L.Dense(3))


@pytest.mark.parametrize(
    ("layer", "quantize", "size", "error"),
    [
        (L.SimpleRNN, "float16", 0.75, 2e-3), (L.SimpleRNN, "dynamic_range", 0.75, 3e-2),
        (L.GRU, "float16", 0.75, 2e-3), (L.LSTM, "dynamic_range", 0.75, 3e-2),
    ],
)  # fmt: skip
def test_smaller_and_near(layer, quantize, size, error, tmp_path):
    model = model_of(layer(100), L.Dense(3))
    report = to_litert(model, tmp_path / "m.tflite", quantize=quantize, unroll=False)
    assert report.bytes < size * 4 * model.count_params()
    assert 1e-6 < report.largest_difference < error
    file = LiteRTFile(tmp_path / "m.tflite")
    x = windows()
    answers = np.concatenate([file.run_primary(row[None]) for row in x])
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, model(x), atol=2 * error)
    assert not [op for op in report.operators if op.startswith("custom:")]


@pytest.mark.slow
def test_int8_is_calibrated_and_integer_all_through(plain, tmp_path):
    x = windows()
    report = to_litert(plain, tmp_path / "m.tflite", quantize="int8", calibration=x)
    assert report.signatures == ("serving_default", "step")
    file = LiteRTFile(tmp_path / "m.tflite")
    assert {"QUANTIZE", "DEQUANTIZE"} <= set(report.operators)
    assert "WHILE" not in report.operators  # of 20 steps: on a loop of integers the converter crashes
    constants = {kind.split()[0] for kind, size in file.tensor_bytes if size > 500}
    assert constants == {"int8"}
    assert file.inputs["serving_default"]["x"] == ((1, 20, 8), np.float32)
    assert file.outputs["step"]["h_0"] == ((1, 48), np.float32)
    answers = np.concatenate([file.run_primary(row[None]) for row in x])
    assert 1e-4 < np.abs(answers - plain(x)).max() < 0.15
    # integers know the calibration's range only: ten times larger inputs saturate
    assert np.abs(file.run_primary(10 * x[:1]) - plain(10 * x[:1])).max() < np.abs(plain(10 * x[:1])).max() + 3


@pytest.mark.slow
def test_a_crash_of_the_converter_is_an_error_here(plain, tmp_path):
    with pytest.raises(ValueError, match="for int8 can express. Received: ."):
        to_litert(plain, tmp_path / "m.tflite", quantize="int8", calibration=windows(), unroll=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_file_too_far_from_keras_is_not_written(plain, tmp_path):
    """Calibrated on numbers near zero, it can answer nothing else; judged on those it was promised."""
    calibration = windows()
    calibration[20:] *= 30
    calibration[:20] *= 1e-3
    steep = keras.models.clone_model(plain)
    steep.set_weights([4 * w for w in plain.get_weights()])
    with pytest.raises(ParityError, match="within 2.5e-01. Received: "):
        to_litert(steep, tmp_path / "m.tflite", quantize="int8", calibration=calibration)
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_quantize(tmp_path):
    with pytest.raises(ValueError, match="a weight of 1,024 numbers or more: .* Received: 'sequential"):
        to_litert(model_of(L.SimpleRNN(8)), tmp_path / "m.tflite", quantize="dynamic_range")
    with pytest.raises(ValueError, match="1,024 numbers or more"):
        to_litert(char_model(), tmp_path / "m.tflite", quantize="dynamic_range")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_model_of_the_packages_own(tmp_path):
    report = to_litert(char_model(), tmp_path / "char.tflite", quantize="float16")
    assert 1e-6 < report.largest_difference < 1e-2
    model = runtime.load(tmp_path / "char.tflite")
    assert (model.generate("he", 9), model.metadata["quantize"]) == ("hello world", "float16")


def test_samples_carry_the_state_on():
    def function(x, h_0):
        return {"output": x, "h_0": h_0 + x}

    class Spec:
        def __init__(self, name):
            self.name = name

    function.input_signature = [Spec("x"), Spec("h_0")]
    stepping = Stepping(3, (Input("x", "x", (1, 3), "float32", None),), {"h_0": ((1, 1), "float32")}, {"output": None})
    windows = {"x": np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])}
    samples = recorded_samples({"step": function}, stepping, windows, 1)["step"]
    assert samples["x"].ravel().tolist() == [1, 2, 3, 10, 20, 30]
    assert samples["h_0"].ravel().tolist() == [0, 1, 3, 0, 10, 30]


@pytest.mark.parametrize(
    "arguments",
    [
        {"quantize": "int4"},
        {"quantize": True},
        {"quantize": "int8"},
        {"quantize": "float16", "calibration": windows()},
        {"calibration": windows()},
        {"quantize": "int8", "calibration": windows(0)},
        {"quantize": "int8", "calibration": windows(features=7)},
        {"quantize": "int8", "calibration": windows()[0]},
        {"quantize": "int8", "calibration": windows() * np.nan},
        {"quantize": "int8", "calibration": [["a"]]},
        {"quantize": "int8", "calibration": [[1.0], [2.0, 3.0]]},
    ],
)
def test_bad_input(arguments, plain, tmp_path):
    with pytest.raises(ValueError, match="Received: "):
        to_litert(plain, tmp_path / "m.tflite", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_ids_out_of_range_are_no_calibration(tmp_path):
    for ids in ([[0, 8]], [[-1, 0]], [[0.5, 1.0]]):
        with pytest.raises(ValueError, match="`calibration` must .* Received: "):
            to_litert(char_model(), tmp_path / "m.tflite", quantize="int8", calibration=ids)


@pytest.mark.slow
def test_the_command(capsys, plain, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plain.save(tmp_path / "m.keras")
    x = np.random.default_rng(0).uniform(2, 12, (50, 6))
    np.save(tmp_path / "x.npy", x)
    code, out, err = run(capsys, "export", "m.keras", "m.tflite", "--quantize", "dynamic_range", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["largest_difference"] > 1e-6
    line = ["export", "gs10/levels", "gs10.tflite", "--quantize", "int8", "--calibration", "x.npy"]
    code, out, err = run(capsys, *line)
    assert (code, err) == (0, "")
    forecast = runtime.load(tmp_path / "gs10.tflite").forecast(x[0]).mean
    np.testing.assert_allclose(forecast, gs10_model("levels").forecast(x[0]).to_numpy()[:, 0], atol=1.0)
    for arguments in (
        ["--quantize", "int8"],
        ["--quantize", "int8", "--calibration", "m.keras"],
        ["--calibration", "x.npy"],
    ):
        code, out, err = run(capsys, "export", "m.keras", "other.tflite", *arguments)
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        assert "Received: " in err
    assert run(capsys, "export", "char", "folder", "--quantize", "float16")[0] == 2
    assert not (tmp_path / "folder").exists()
