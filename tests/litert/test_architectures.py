"""Every kind of model in `architectures`: its file beside Keras, its steps beside its window, wrong shapes fed."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from architectures import MODELS, WITH_STEP, L, sequential

from keras_rnn import list_models, to_litert
from keras_rnn.core.backend import keras, tf
from keras_rnn.core.quiet import quiet_stderr

LOWER = {"mixed_float16": 5e-3, "mixed_bfloat16": 5e-2}  # what Keras itself computes in, beside float32


def windows_of(details, random, batch=None):
    """One of each kind as the file takes it: random, zeros, padded at the end, at the front; ids below 9."""
    for kind in ("random", "zeros", "end", "front"):
        given = {}
        for name, spec in details.items():
            shape, dtype = list(spec["shape"]), np.dtype(spec["dtype"])
            shape[0] = batch or shape[0]
            x = random.normal(size=shape) if dtype.kind == "f" else random.integers(0, 9, shape)
            half = shape[1] // 2
            x *= kind != "zeros"
            x[:, {"end": slice(half, None), "front": slice(0, half)}.get(kind, slice(0))] = 0
            given[name] = x.astype(dtype)
        yield given


def answers_of(model, given, names):
    """Keras' own, flat: by position where the model has a list, by name where it has names."""
    for layer in model.layers:
        if getattr(layer, "stateful", False):
            layer.reset_state()
    values = list(given.values())
    if hasattr(model, "inputs") and len(values) > 1:
        given = [given[tensor.name] for tensor in model.inputs]
    elif len(values) == 1:
        (given,) = values
    result = model(given, training=False)
    if isinstance(result, dict):
        return [np.asarray(tf.cast(result[name], tf.float32)) for name in names]
    return [np.asarray(tf.cast(value, tf.float32)) for value in keras.tree.flatten(result)]


def runner(path):
    with quiet_stderr():
        return Interpreter(str(path))


@pytest.mark.parametrize("name", MODELS)
def test_the_file_equals_keras_and_its_steps_the_window(name, tmp_path):
    keras.utils.set_random_seed(0)
    model = MODELS[name]()
    report = to_litert(model, path := tmp_path / "m.tflite")
    assert report.largest_difference <= 1e-5
    assert not [op for op in report.operators if op.startswith(("custom", "FLEX"))]
    assert ("step" in report.signatures) == (name in WITH_STEP)
    assert ("step" in report.signatures) != any("no signature step: " in note for note in report.notes)

    interpreter = runner(path)
    window = interpreter.get_signature_runner("serving_default")
    details, outputs = window.get_input_details(), list(window.get_output_details())
    order = getattr(model, "output_names", None)
    outputs = outputs if len(outputs) == 1 or order is None or set(order) != set(outputs) else order
    for given in windows_of(details, np.random.default_rng(1)):
        expected = answers_of(model, given, outputs)
        found = window(**given)
        for output, answer in zip(outputs, expected, strict=True):
            tolerance = LOWER.get(name, 1e-5) * max(1.0, np.abs(answer).max())
            np.testing.assert_allclose(found[output], answer, atol=tolerance, err_msg=output)
        if name in WITH_STEP:
            stepped = carried(interpreter, given)
            for output, value in found.items():
                steps = stepped[output]
                whole = np.stack(steps, axis=1).reshape(value.shape) if np.size(steps) == value.size else steps[-1]
                tolerance = 1e-5 * max(1.0, np.abs(value).max())
                np.testing.assert_allclose(whole.reshape(value.shape), value, atol=tolerance, err_msg=output)
    refuses_other_shapes(path)


def carried(interpreter, given):
    """Output → what `step` says after each step, its states carried from zeros."""
    step = interpreter.get_signature_runner("step")
    inputs = step.get_input_details()
    states = {n: np.zeros(d["shape"], d["dtype"]) for n, d in inputs.items() if n not in given}
    steps = [x.shape[1] for n, x in given.items() if inputs[n]["shape"].tolist() != list(x.shape)]
    said = []
    for t in range(steps[0]):
        x = {
            n: x if inputs[n]["shape"].tolist() == list(x.shape) else x[:, t].reshape(inputs[n]["shape"])
            for n, x in given.items()
        }
        result = step(**x, **states)
        states = {name: result[name] for name in states}
        said.append(result)
    return {name: [one[name] for one in said] for name in said[0] if name not in states}


FED = {
    "chain": lambda: sequential(L.SimpleRNN(4), L.Dense(2)),
    "loop": lambda: sequential(L.LSTM(4), L.Dense(2), shape=(40, 3)),
    "both ways": lambda: sequential(L.Bidirectional(L.GRU(4)), shape=(30, 3)),
    "ids": MODELS["mask_zero, BiLSTM"],
    "two inputs": MODELS["series and static features"],
    "image": MODELS["ConvLSTM2D"],
}


def refuses_other_shapes(path):
    """Four times the rows, and twice the steps, by every signature."""
    for signature in runner(path).get_signature_list():
        details = runner(path).get_signature_runner(signature).get_input_details()
        for axis, factor in ((0, 4), (1, 2)):
            given = {}
            for n, d in details.items():
                shape = d["shape"].tolist()
                shape[axis] *= factor
                given[n] = np.zeros(shape, d["dtype"])
            with pytest.raises((ValueError, RuntimeError)), quiet_stderr():
                runner(path).get_signature_runner(signature)(**given)


@pytest.mark.parametrize("model", list_models(), ids=lambda model: model.name)
def test_shipped_files_refuse_another_batch_and_a_longer_window(model):
    refuses_other_shapes(model.folder / "model.tflite")


@pytest.mark.parametrize("name", FED)
def test_of_several_rows_another_batch_or_a_longer_window_is_an_error(name, tmp_path):
    model, batch = FED[name](), 3
    to_litert(model, path := tmp_path / "m.tflite", batch=batch)
    refuses_other_shapes(path)
    resized = runner(path)
    first = resized.get_input_details()[0]
    resized.resize_tensor_input(first["index"], [4 * batch, *first["shape"][1:]])
    with pytest.raises((ValueError, RuntimeError)), quiet_stderr():
        resized.allocate_tensors()
    window = runner(path).get_signature_runner("serving_default")
    (given, *_) = windows_of(window.get_input_details(), np.random.default_rng(2))
    assert next(iter(given.values())).shape[0] == batch
    (expected,) = answers_of(model, given, ["output"])
    np.testing.assert_allclose(window(**given)["output"], expected, atol=1e-5)


def test_a_stateful_model_keeps_its_state_and_the_report_says_what_became_of_it(tmp_path):
    model = MODELS["stateful"]()
    model(np.ones((1, 6, 3), np.float32))
    before = [np.asarray(state) for state in model.layers[0].states]
    report = to_litert(model, tmp_path / "m.tflite")
    assert "stateful: a window starts from zeros here, the state is carried by `step`" in report.notes[0]
    for a, b in zip(before, model.layers[0].states, strict=True):
        np.testing.assert_array_equal(a, np.asarray(b))
    assert model.layers[0].stateful
    assert "inner_loop" not in vars(model.layers[0])


def test_a_wrong_graph_cannot_hide_behind_quantization(tmp_path, monkeypatch):
    """A float16 file that is 0.1 off from Keras is near enough for float16, but not the model."""
    from keras_rnn.litert import convert as conversion
    from keras_rnn.litert.inputs import ModelInputs

    model = sequential(L.SimpleRNN(4), L.Dense(2))
    other = keras.models.clone_model(model)
    weights = model.get_weights()
    other.set_weights([*weights[:-1], weights[-1] + 0.1])
    inputs, original = ModelInputs(other, None, 1, None), conversion.Traced
    monkeypatch.setattr(conversion, "Traced", lambda _, unroll: original(inputs, unroll))
    with pytest.raises(ValueError, match="before it is quantized: a difference of 1.0e-01"):
        to_litert(model, tmp_path / "m.tflite", quantize="float16")
    assert list(tmp_path.iterdir()) == []


def test_int8_of_several_inputs_and_of_long_windows(tmp_path):
    keras.utils.set_random_seed(0)
    model = MODELS["series and static features"]()
    random = np.random.default_rng(0)
    samples = {"series": random.normal(size=(40, 6, 3)), "static": random.normal(size=(40, 4))}
    report = to_litert(model, tmp_path / "m.tflite", quantize="int8", calibration=samples)
    assert 1e-6 < report.largest_difference < 0.1
    with pytest.raises(ValueError, match="must be a mapping with series, static. Received: "):
        to_litert(model, tmp_path / "m.tflite", quantize="int8", calibration=samples["series"])
    long = sequential(L.LSTM(2), shape=(300, 1))
    with pytest.raises(ValueError, match="windows of more than 256 steps.*Received: 'int8', 300 steps"):
        to_litert(long, tmp_path / "l.tflite", quantize="int8", calibration=random.normal(size=(2, 300, 1)))


def test_a_subclassed_model_takes_a_window_or_specs(tmp_path):
    model = MODELS["text generator"]()
    to_litert(model, tmp_path / "m.tflite", window=9)
    details = runner(tmp_path / "m.tflite").get_signature_runner("serving_default").get_input_details()
    assert details["ids"]["shape"].tolist() == [1, 9]
    specs = [keras.InputSpec(shape=(None, 4), dtype="int32")]
    to_litert(model, tmp_path / "m.tflite", input_signature=specs)
    details = runner(tmp_path / "m.tflite").get_signature_runner("serving_default").get_input_details()
    assert details["ids"]["shape"].tolist() == [1, 4]
