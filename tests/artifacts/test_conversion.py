"""to_litert: a table of models that convert, run without TensorFlow and equal Keras, and of those that are refused."""

import json

import numpy as np
import pytest

from keras_rnn import RNNCell, char_model, gs10_model, runtime, to_litert
from keras_rnn.core.backend import keras
from keras_rnn.core.parity import ParityError
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.litert.flatbuffer import read_flatbuffer
from keras_rnn.litert.inputs import ModelInputs

L = keras.layers


@keras.saving.register_keras_serializable(package="tests")
class GatedCell(keras.layers.Layer):
    """A cell that the package has never seen: two states, one gate."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.output_size = units
        self.state_size = [units, 3]

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1] + self.units, self.units), name="w")
        self.v = self.add_weight(shape=(self.units, 3), name="v")
        self.built = True

    def call(self, inputs, states):
        h, s = states
        z = keras.ops.matmul(keras.ops.concatenate([inputs, h], axis=-1), self.w)
        s = 0.5 * s + keras.ops.tanh(keras.ops.matmul(h, self.v))
        h = keras.ops.sigmoid(z) * h + keras.ops.tanh(z) + keras.ops.mean(s, axis=-1, keepdims=True)
        return h, [h, s]


@keras.saving.register_keras_serializable(package="tests")
class HalfCell(L.SimpleRNNCell):
    """Another equation under a known cell's name."""

    def call(self, inputs, states, training=False):
        h, _ = super().call(inputs, states)
        return 0.5 * h, [0.5 * h]


def sequential(*layers, steps=6, features=3, ids=False):
    inputs = keras.Input((steps,), dtype="int32") if ids else keras.Input((steps, features))
    return keras.Sequential([inputs, *layers])


def functional():
    x = keras.Input((6, 3), name="sensor")
    h = L.LSTM(4, return_sequences=True)(L.LayerNormalization()(x))
    return keras.Model(x, L.Activation("softmax")(L.Dense(3)(L.SimpleRNN(5, use_bias=False)(h))))


# pairwise over layer type, stacking, return_sequences, activation, cell, and windows of 1, 2, 6 and 64
TABLE = {
    "simple, window 1": lambda: sequential(L.SimpleRNN(5), L.Dense(2), steps=1),
    "simple relu, all": lambda: sequential(L.SimpleRNN(5, "relu", return_sequences=True), L.Dense(2), steps=2),
    "RNNCell linear, 64": lambda: sequential(L.RNN(RNNCell(5, 2, None)), steps=64),
    "RNNCell, all, 64": lambda: sequential(L.RNN(RNNCell(5, 2), return_sequences=True), L.Dense(1), steps=64),
    "RNNCell without head or bias": lambda: sequential(L.RNN(RNNCell(5, use_bias=False)), steps=2),
    "GRU to LSTM": lambda: sequential(L.GRU(5, return_sequences=True), L.Dropout(0.5), L.LSTM(4), L.Dense(2)),
    "GRU before, all, 64": lambda: sequential(L.GRU(4, reset_after=False, return_sequences=True), steps=64),
    "LSTM, 64": lambda: sequential(L.LSTM(4), L.LayerNormalization(), L.Dense(2, "relu"), steps=64),
    "ids, three layers": lambda: sequential(
        L.Embedding(11, 4), L.RNN(RNNCell(5, 3), return_sequences=True), L.GRU(4, return_sequences=True),
        L.SimpleRNN(3), ids=True,
    ),
    "GRU and LSTM without bias": lambda: sequential(
        L.GRU(4, "relu", "hard_sigmoid", use_bias=False, return_sequences=True), L.LSTM(3, use_bias=False),
    ),
    "GRU before, without bias": lambda: sequential(L.GRU(4, reset_after=False, use_bias=False), steps=2),
    "a cell derived from a known one": lambda: sequential(L.RNN(HalfCell(4), return_sequences=True), L.Dense(1)),
    "own cell, all": lambda: sequential(L.RNN(GatedCell(4), return_sequences=True), L.Dense(2)),
    "own cell, 64": lambda: sequential(L.RNN(GatedCell(4)), steps=64),
    "stacked cells": lambda: sequential(L.RNN([L.LSTMCell(4), RNNCell(3), GatedCell(2)]), L.Dense(1)),
    "bidirectional": lambda: sequential(
        L.Bidirectional(L.GRU(4, return_sequences=True)), L.Bidirectional(L.LSTM(3), merge_mode="mul")
    ),
    "bidirectional own cell, 64": lambda: sequential(
        L.Bidirectional(L.RNN(GatedCell(3), return_sequences=True), merge_mode="ave"), L.Dense(2), steps=64
    ),
    "backwards": lambda: sequential(L.SimpleRNN(4, go_backwards=True), L.Dense(1)),
    "functional": functional,
}  # fmt: skip
TABLE |= {
    "ids, bidirectional": lambda: sequential(L.Embedding(11, 4), L.Bidirectional(L.LSTM(3)), L.Dense(1), ids=True),
    "convolution before": lambda: sequential(L.Conv1D(4, 3, padding="same"), L.LSTM(3)),
    "softmax over time": lambda: sequential(L.GRU(4, return_sequences=True), L.Softmax(axis=1)),
    "pooling after": lambda: sequential(L.GRU(4, return_sequences=True), L.GlobalAveragePooling1D(), L.Dense(1)),
    "normalized and distributed": lambda: sequential(L.Rescaling(0.1), L.TimeDistributed(L.Dense(4)), L.GRU(3)),
}
NO_STEP = {
    "ids, bidirectional", "convolution before", "pooling after", "bidirectional", "bidirectional own cell, 64",
    "backwards", "softmax over time",
}  # fmt: skip


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """Every model of the table with its file, the report, one window and what Keras says of it."""
    folder = tmp_path_factory.mktemp("converted")
    keras.utils.set_random_seed(0)
    rows = {}
    for number, (name, build) in enumerate(TABLE.items()):
        model = build()
        report = to_litert(model, folder / f"{number}.tflite")
        shape = (1, *model.input_shape[1:])
        random = np.random.default_rng(number)
        x = random.integers(0, 11, shape).astype(np.int32) if "ids" in name else random.normal(size=shape)
        x = x if "ids" in name else x.astype(np.float32)
        rows[name] = (report, x, np.asarray(model(x)))
    return folder, rows


@pytest.mark.parametrize("name", TABLE)
def test_the_report_is_true(converted, name):
    report = converted[1][name][0]
    content, _ = read_flatbuffer(report.path)
    file = LiteRTFile(report.path)
    assert report.bytes == len(content)
    assert report.signatures == tuple(file.signatures)
    assert file.primary == "serving_default"
    assert report.signatures == (("serving_default",) if name in NO_STEP else ("serving_default", "step"))
    assert not [op for op in file.operators if op.startswith("custom:")]
    assert not file.dynamic_tensors
    assert "64" not in name or "WHILE" in file.operators
    assert 0 <= report.largest_difference <= 1e-5


def test_all_run_without_tensorflow_in_both_apis_and_equal_keras(converted, fresh, tmp_path):
    """One fresh process that knows `ai_edge_litert` and NumPy only; stepping equals the window."""
    _, rows = converted
    np.savez(tmp_path / "x.npz", **{name: x for name, (_, x, _) in rows.items()})
    (tmp_path / "paths.json").write_text(json.dumps({name: str(report.path) for name, (report, _, _) in rows.items()}))
    code = """
import json, sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from ai_edge_litert.compiled_model import CompiledModel
x, y = np.load("x.npz"), {}
for name, path in json.load(open("paths.json")).items():
    interpreter = Interpreter(path)
    signatures = interpreter.get_signature_list()
    window = interpreter.get_signature_runner("serving_default")
    (input_name,) = signatures["serving_default"]["inputs"]
    y[name + "/window"] = window(**{input_name: x[name]})["output"]
    compiled = CompiledModel.from_file(path)
    index = compiled.get_signature_index("serving_default")
    inputs, outputs = compiled.create_input_buffers(index), compiled.create_output_buffers(index)
    inputs[0].write(x[name])
    compiled.run_by_index(index, inputs, outputs)
    shape = y[name + "/window"].shape
    y[name + "/compiled"] = np.array(outputs[0].read(int(np.prod(shape)), np.float32)).reshape(shape)
    if "step" in signatures:
        step = interpreter.get_signature_runner("step")
        details = step.get_input_details()
        states = {k: np.zeros(d["shape"], np.float32) for k, d in details.items() if k != input_name}
        answers = []
        for t in range(x[name].shape[1]):
            out = step(**{input_name: x[name][:, t].reshape(details[input_name]["shape"])}, **states)
            states = {k: out[k] for k in states}
            answers.append(out["output"])
        y[name + "/step"] = np.stack(answers, axis=1)
np.savez("y.npz", **y)
print({"tensorflow", "keras", "keras_rnn"} & set(sys.modules))
"""
    assert fresh(code) == "set()\n"
    y = np.load(tmp_path / "y.npz")
    for name, (_, _, expected) in rows.items():
        tolerance = 1e-5 * max(1, np.abs(expected).max())
        np.testing.assert_allclose(y[f"{name}/window"], expected, atol=tolerance, err_msg=name)
        np.testing.assert_allclose(y[f"{name}/compiled"], expected, atol=tolerance, err_msg=name)
        if name not in NO_STEP:
            stepped = y[f"{name}/step"] if expected.ndim == 3 else y[f"{name}/step"][:, -1]
            np.testing.assert_allclose(stepped, expected, atol=tolerance, err_msg=name)


def test_states_are_named_by_kind_and_layer(converted):
    inputs = LiteRTFile(converted[1]["GRU to LSTM"][0].path).inputs["step"]
    assert {name: shape for name, (shape, _) in inputs.items()} == {
        "x": (1, 3), "h_0": (1, 5), "h_1": (1, 4), "c_1": (1, 4)}  # fmt: skip
    assert list(LiteRTFile(converted[1]["ids, three layers"][0].path).inputs["serving_default"]) == ["ids"]


def test_a_model_of_any_length_and_the_loops_override(tmp_path):
    model = keras.Sequential([keras.Input((None, 3)), L.SimpleRNN(4), L.Dense(1)])
    with pytest.raises(ValueError, match="`window` must be given for a model of any length. Received: None"):
        to_litert(model, tmp_path / "m.tflite")
    rolled = to_litert(model, tmp_path / "m.tflite", window=5, unroll=False)
    assert "WHILE" in rolled.operators
    unrolled = to_litert(model, tmp_path / "m.tflite", window=5, unroll=True)
    assert "WHILE" not in unrolled.operators
    assert LiteRTFile(tmp_path / "m.tflite").inputs["serving_default"]["x"][0] == (1, 5, 3)


def test_a_model_with_a_batch_of_its_own(tmp_path):
    for batch in (1, 3):
        model = keras.Sequential([keras.Input(batch_shape=(batch, 6, 3)), L.GRU(4), L.Dense(2)])
        report = to_litert(model, tmp_path / "m.tflite")
        assert report.signatures == ("serving_default", "step")
        assert report.largest_difference <= 1e-5


def traced_instead(monkeypatch, conversion, model):
    """Another model goes into the file than the one it is compared with."""
    original = conversion.Traced
    inputs = ModelInputs(model, None, 1, None)
    monkeypatch.setattr(conversion, "Traced", lambda _, unroll: original(inputs, unroll))


def test_ids_of_every_kind_are_tried(tmp_path, monkeypatch):
    """A table with one wrong row must be seen, wherever the ids' number stands: in an Embedding or a one-hot."""
    from keras_rnn.litert import convert as conversion

    def one_hot():
        x = keras.Input((5,), dtype="int32")
        return keras.Model(x, L.SimpleRNN(3)(keras.ops.one_hot(x, 9)))

    for build in (one_hot, lambda: sequential(L.Embedding(9, 3), L.SimpleRNN(3), ids=True)):
        model = build()
        assert to_litert(model, tmp_path / "m.tflite").largest_difference <= 1e-5
        other = keras.models.clone_model(model)
        weights = [w.copy() for w in model.get_weights()]
        weights[0][8] += 1.0
        other.set_weights(weights)
        traced_instead(monkeypatch, conversion, other)
        with pytest.raises(ParityError):
            to_litert(model, tmp_path / "m.tflite")
        monkeypatch.undo()


def test_chosen_signatures_and_metadata(tmp_path):
    model = sequential(L.SimpleRNN(4))
    report = to_litert(model, tmp_path / "m.tflite", signatures=["serving_default"], metadata={"unit": "mm", "ü": [1]})
    assert report.signatures == ("serving_default",)
    _, parsed = read_flatbuffer(tmp_path / "m.tflite")
    (entry,) = [entry for entry in parsed.metadata if entry.name == b"user"]
    assert json.loads(bytes(parsed.buffers[entry.buffer].data)) == {"unit": "mm", "ü": [1]}
    with pytest.raises(ValueError, match="must be a .tflite file with keras_rnn's metadata"):
        runtime.load(tmp_path / "m.tflite")


def test_the_packages_own_models_get_their_own_signatures(tmp_path):
    to_litert(char_model(cell="rnn_cell"), tmp_path / "char.tflite")
    assert runtime.load(tmp_path / "char.tflite").generate("he", 5) == "hello w"
    report = to_litert(gs10_model(), tmp_path / "gs10.tflite")
    assert report.signatures == ("serving_default", "forecast")
    for arguments in ({"window": 5}, {"signatures": ["step"]}, {"metadata": {}}, {"unroll": False}):
        with pytest.raises(ValueError, match="Received: "):
            to_litert(gs10_model(), tmp_path / "gs10.tflite", **arguments)


def test_saved_and_loaded_models_convert_too(tmp_path):
    model = sequential(L.RNN(GatedCell(4)), L.Dense(2))
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert to_litert(again, tmp_path / "m.tflite").largest_difference <= 1e-5


class Uncalled(keras.Model):
    pass


def words():
    vectorize = L.TextVectorization(vocabulary=["a", "b"], output_sequence_length=4)
    x = keras.Input((1,), dtype="string")
    return keras.Model(x, L.LSTM(3)(L.Embedding(4, 2)(vectorize(x))))


def with_a_foreign_operator():
    x = keras.Input((6, 3))
    return keras.Model(x, keras.ops.cumsum(keras.ops.erfinv(L.GRU(3, return_sequences=True)(x)), axis=1))


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: keras.Sequential([L.SimpleRNN(3)]), "`model` must be built, with known inputs: call it once"),
        (Uncalled, "`model` must be built"),
        (words, "LiteRT has no strings.*turn words into ids before the model"),
        (lambda: keras.Sequential([keras.Input((4, None)), L.TimeDistributed(L.Flatten())]), "inputs of fixed shape"),
        (with_a_foreign_operator, "operators can express. Received: 'erfinv', whose operator Erfinv has none"),
    ],
)
def test_refused_with_the_reason_in_one_line(build, reason, tmp_path):
    with pytest.raises(ValueError, match=reason) as error:
        to_litert(build(), tmp_path / "m.tflite")
    assert "Received: " in str(error.value)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"model": "char"}, TypeError),
        ({"model": None}, TypeError),
        ({"path": "m.bin"}, ValueError),
        ({"path": None}, TypeError),
        ({"window": 7}, ValueError),
        ({"window": 0}, ValueError),
        ({"window": "6"}, TypeError),
        ({"signatures": ["generate"]}, ValueError),
        ({"signatures": []}, ValueError),
        ({"signatures": ["step"]}, ValueError),
        ({"metadata": {"a": object()}}, TypeError),
        ({"batch": 0}, ValueError),
        ({"batch": "1"}, TypeError),
        ({"input_signature": ["x"]}, ValueError),
        ({"input_signature": [keras.InputSpec(shape=(None, 6, 4), dtype="float32")]}, ValueError),
    ],
)
def test_bad_arguments(arguments, error, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match="Received: "):
        to_litert(**({"model": sequential(L.SimpleRNN(3)), "path": "m.tflite"} | arguments))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_differs_or_cannot_be_written_is_not_there(tmp_path, monkeypatch):
    from keras_rnn.litert import convert as conversion

    (tmp_path / "m.tflite").write_text("old")
    (tmp_path / "folder.tflite").mkdir()
    model, other = (sequential(L.SimpleRNN(3)) for _ in range(2))
    traced_instead(monkeypatch, conversion, other)
    with pytest.raises(ParityError, match="within 1.0e-05. Received: LiteRT, window and step"):
        to_litert(model, tmp_path / "m.tflite")
    assert (tmp_path / "m.tflite").read_text() == "old"
    monkeypatch.undo()
    for path in (tmp_path / "folder.tflite", "/proc/nowhere/m.tflite"):
        with pytest.raises(OSError, match="Received: "):
            to_litert(model, path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder.tflite", "m.tflite"]


@pytest.mark.slow
def test_the_command(command, tmp_path):
    sequential(L.GRU(4), L.Dense(1)).save(tmp_path / "m.keras")
    code, out, err = command("export", "m.keras", "m.tflite", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["signatures"] == ["serving_default", "step"]
    assert LiteRTFile(tmp_path / "m.tflite").signatures == ["serving_default", "step"]
