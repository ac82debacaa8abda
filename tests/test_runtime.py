"""LiteRT files without TensorFlow."""

import json
import random

import numpy as np
import pytest

from keras_rnn import SeriesModel
from keras_rnn.catalog.metadata import BUFFER_NAME, SCHEMA, document_of
from keras_rnn.catalog.names import find, packaged_names
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.litert.flatbuffer import dynamic_tensors, operators, read_flatbuffer
from keras_rnn.runtime import GS10Runtime, SeriesRuntime, load

CHAR = find("char") / "model.tflite"


@pytest.mark.parametrize("name", [str(name) for name in packaged_names()])
def test_the_zoos_files(name):
    file = LiteRTFile(find(name) / "model.tflite")
    assert file.primary == "serving_default"
    step = [] if name.startswith(("gs10/annual", "gs10/monthly")) else ["step"]  # these look at the whole window
    ahead = "generate" if name.startswith("char") else "forecast"
    assert file.signatures == ["serving_default", *step, ahead]
    assert not [op for op in file.operators if op.startswith("custom:")]
    assert not file.dynamic_tensors
    state = {"h_0": ((1, 20), np.dtype("float32"))}
    if name.startswith("char"):
        ids, logits = np.dtype("int32"), ((1, 8), np.dtype("float32"))
        window = {"ids": ((1, 2), ids)}
        assert file.inputs == {"serving_default": window, "step": state | {"ids": ((1, 1), ids)}, "generate": window}
        assert file.outputs == {
            "serving_default": {"logits": logits}, "step": state | {"logits": logits},
            "generate": {"ids": ((1, 8), ids)},
        }  # fmt: skip
    else:
        number, prediction = np.dtype("float32"), ((1, 1), np.dtype("float32"))
        assert file.inputs["serving_default"] == {"history": ((1, 6), number)}
        assert not step or file.inputs["step"] == state | {"x": ((1, 1), number)}
        assert file.outputs["serving_default"] == {"prediction": prediction}
        assert file.outputs["forecast"] == {"prediction": ((1, 10), number)}


def test_code_that_knows_no_signatures_gets_the_window(zoo):
    """As in most apps: set_tensor, invoke, get_tensor."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(CHAR))
    interpreter.allocate_tensors()
    (details,), (output_details,) = interpreter.get_input_details(), interpreter.get_output_details()
    ids = np.array([[2, 1]], dtype=np.int32)
    interpreter.set_tensor(details["index"], ids)
    interpreter.invoke()
    expected = zoo["char/hello_world/simple_rnn"].numpy_reference(ids)
    np.testing.assert_allclose(interpreter.get_tensor(output_details["index"]), expected, atol=1e-5)


def test_a_call_keeps_nothing_of_the_one_before():
    file = LiteRTFile(CHAR)
    ids = np.array([[2, 1]], dtype=np.int32)
    first = file.run("serving_default", {"ids": ids})["logits"]
    kept = first.copy()
    file.run("serving_default", {"ids": ids + 3})
    np.testing.assert_array_equal(first, kept)  # an array of its own, not the interpreter's buffer
    np.testing.assert_array_equal(file.run("serving_default", {"ids": ids})["logits"], first)


@pytest.mark.parametrize(
    ("signature", "inputs"),
    [
        ("generate", {}),
        ("forecast", {"history": np.zeros((1, 6), np.float32)}),
        ("serving_default", {}),
        ("serving_default", {"x": np.zeros((1, 2), np.int32)}),
        ("serving_default", {"ids": np.zeros((4, 2), np.int32)}),
        ("serving_default", {"ids": np.zeros((1, 2), np.int64)}),
        ("serving_default", {"ids": [[0, 1]]}),
        ("step", {"ids": np.zeros((1, 1), np.int32), "h_0": np.zeros((1, 21), np.float32)}),
        ("step", {"ids": np.zeros((1, 1), np.int32)}),
    ],
)
def test_wrong_calls(signature, inputs):
    with pytest.raises(ValueError, match="Received: "):
        LiteRTFile(CHAR).run(signature, inputs)


def test_files_that_are_none(tmp_path):
    content = CHAR.read_bytes()
    damaged = {
        "empty": b"",
        "text": b"hello world",
        "random": random.Random(0).randbytes(5000),
        "cut": content[: len(content) // 3],
        "head": content[:16],
    }
    for name, some in damaged.items():
        (tmp_path / name).write_bytes(some)
        with pytest.raises(ValueError, match="Received: "):
            LiteRTFile(tmp_path / name)
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(ValueError, match="Received: "):
            LiteRTFile(path)


def test_operators_and_shapes_of_all_subgraphs():
    _, model = read_flatbuffer(CHAR)
    assert {"FULLY_CONNECTED", "GATHER", "TANH"} <= set(operators(model))
    assert dynamic_tensors(model) == []
    model.subgraphs[1].tensors[0].shapeSignature = np.array([-1, 2])
    assert len(dynamic_tensors(model)) == 1
    model.operatorCodes[0].customCode = b"FlexTensorListReserve"
    assert "custom:FlexTensorListReserve" in operators(model)


def test_without_tensorflow_keras_and_pandas(fresh, tmp_path):
    (tmp_path / "paths.json").write_text(json.dumps([str(find(str(n)) / "model.tflite") for n in packaged_names()]))
    code = """
import json, sys
import numpy as np
from keras_rnn.litert.file import LiteRTFile
generated = []
for path in json.load(open("paths.json")):
    file = LiteRTFile(path)
    if "/char/" in path:
        text, vocabulary = "he", " dehlorw"
        for _ in range(5):
            ids = np.array([[vocabulary.index(c) for c in text[-2:]]], dtype=np.int32)
            text += vocabulary[int(file.run("serving_default", {"ids": ids})["logits"].argmax())]
        generated.append(text)
    else:
        file.run("serving_default", {"history": np.ones((1, 6), dtype=np.float32)})
print(generated, {"tensorflow", "keras", "pandas"} & set(sys.modules))
"""
    assert fresh(code) == "['hello w', 'hello w'] set()\n"
    assert fresh.stderr == ""


def rewritten(tmp_path, name="char", **changes):
    """A shipped file with other metadata."""
    from keras_rnn.litert.tf_converter import finish

    file = LiteRTFile(find(name) / "model.tflite")
    document = document_of(file.metadata, "model.tflite") | changes
    same = {signature: signature for signature in file.signatures}
    path = tmp_path / "rewritten.tflite"
    path.write_bytes(finish(file.path.read_bytes(), same, {BUFFER_NAME: json.dumps(document)}))
    return path


def test_models_say_their_kind_as_keras_ones_do(zoo):
    for name, model in zoo.items():
        assert load(name).kind == model.kind == {"series": "zero_shot"}.get(kind := name.split("/")[0], kind)
    assert issubclass(GS10Runtime, SeriesRuntime)
    assert (SeriesRuntime.kind, SeriesModel.kind) == ("series", "series")


def test_load_has_the_verbs_of_the_keras_model(zoo):
    for cell in ("rnn_cell", "simple_rnn"):
        model, keras_model = load(f"char/hello_world/{cell}"), zoo[f"char/hello_world/{cell}"]
        assert model.generate("he", 5) == "hello w"
        for prompt in ("he", "hello", "wo", "dd"):
            assert model.generate(prompt, 40) == keras_model.generate(prompt, 40)  # more than one loop of the graph
            ours, theirs = model.predict_next(prompt), keras_model.predict_next(prompt)
            assert list(ours) == list(theirs)
            assert ours == pytest.approx(theirs, abs=1e-6)
        options = {"temperature": 2.0, "top_k": 6, "top_p": 0.9, "seed": 3}
        assert model.generate("he", 60, **options) == keras_model.generate("he", 60, **options)
        assert model.generate("he", 60, stop=" ") == keras_model.generate("he", 60, stop=" ") == "hello"
        history = [2.14, 0.89, 1.44, 2.95, 3.96, 4.21, 4.29]
        forecast = load(f"gs10/levels/{cell}").forecast(history, steps=12)
        expected = zoo[f"gs10/levels/{cell}"].forecast(history, steps=12)["mean"]
        np.testing.assert_allclose(forecast.mean, expected, atol=2e-5)
        assert forecast.unit == "percent"


def test_a_tflite_file_alone_is_enough(tmp_path, fresh):
    (tmp_path / "alone.tflite").write_bytes((find("char/hello_world/rnn_cell") / "model.tflite").read_bytes())
    code = """
import sys
from keras_rnn import runtime
model = runtime.load("alone.tflite")
print(model.generate("he", 5), repr(model.vocabulary), {"tensorflow", "keras", "pandas"} & set(sys.modules))
"""
    assert fresh(code) == "hello w ' dehlorw' set()\n"


def test_stream_answers_as_predict_next_and_its_state_is_in_the_open():
    model = load("char")
    stream, text = model.stream(), "hello world"
    for i, character in enumerate(text):
        answer = stream.push(character)
        assert answer == (None if i == 0 else model.predict_next(text[: i + 1]))
        assert stream.state == character
    assert model.stream(stream.state).push("l") == model.predict_next("dl")
    assert model.stream("hell").state == "l"
    for bad, error in (("x", ValueError), ("he", ValueError), ("", ValueError), (3, TypeError)):
        with pytest.raises(error, match="Received: "):
            stream.push(bad)
    assert stream.state == "d"
    with pytest.raises(ValueError, match="`state` .*has no 'x'. Received: "):
        model.stream("x")
    with pytest.raises(TypeError, match="Received: 3"):
        model.stream(3)


@pytest.mark.parametrize(
    "ids",
    [[[8, 0]], [[-1, 0]], [[0, 2**31]], [[0]], [[0, 1, 2]], [0, 1], [[0, 1], [0, 1]], [[0.0, 1.0]], [["a", "b"]]],
)
def test_ids_that_would_be_read_past_the_tables_end(ids):
    with pytest.raises(ValueError, match="Received: "):
        load("char").next_logits(np.array(ids))


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (2, 2), (0, 2), (1, 0), (2,), (1, 2, 1), ()])
def test_ids_of_another_shape(shape):
    for dtype in (np.int32, np.int64):
        with pytest.raises(ValueError, match=r"`ids` must be .* of shape \(1, 2\). Received: "):
            load("char").next_logits(np.zeros(shape, dtype))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"prompt": "hx"}, ValueError),
        ({"prompt": "h"}, ValueError),
        ({"prompt": 3}, TypeError),
        ({"length": -1}, ValueError),
        ({"length": 10**9}, ValueError),
        ({"length": True}, TypeError),
        ({"length": 2.0}, TypeError),
        ({"temperature": -1}, ValueError),
        ({"temperature": "hot"}, TypeError),
        ({"top_k": 0}, ValueError),
        ({"stop": ""}, ValueError),
        ({"seed": -1}, ValueError),
    ],
)
def test_bad_input_to_generate(arguments, error):
    with pytest.raises(error, match="Received: "):
        load("char").generate(**({"prompt": "he", "length": 3} | arguments))


@pytest.mark.parametrize("history", [[1.0] * 5, [1.0] * 5 + [float("nan")], [[1.0] * 6], [1.0] * 5 + [1e39]])
def test_bad_input_to_forecast(history):
    with pytest.raises(ValueError, match="Received: "):
        load("gs10").forecast(history)
    with pytest.raises(ValueError, match="Received: 0"):
        load("gs10").forecast([1.0] * 6, steps=0)


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": {"vocabulary": " dehlorwz"}},
        {"settings": {"vocabulary": "wrong"}},
        {"window": 3},
        {"ahead": 17},
        {"schema": SCHEMA + 1},
        {"kind": "gs10"},
        {"kind": "gs10", "settings": {"unit": "percent", "frequency": "annual", "low": 0.0, "high": 1.0}},
    ],
)
def test_metadata_that_lies(tmp_path, changes):
    with pytest.raises(ValueError, match="Received: "):
        load(rewritten(tmp_path, **changes))


def test_metadata_that_is_true_passes(tmp_path):
    assert load(rewritten(tmp_path)).generate("he", 5) == "hello w"


def test_a_foreign_file(tmp_path):
    from keras_rnn.core.backend import tf
    from keras_rnn.core.quiet import quiet_stderr

    with quiet_stderr():
        function = tf.function(lambda x: x + 1).get_concrete_function(tf.TensorSpec((1, 2), tf.float32))
        (tmp_path / "f.tflite").write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([function]).convert())
    with pytest.raises(ValueError, match="with keras_rnn's metadata, .* `vocabulary` or `unit`. Received: "):
        load(tmp_path / "f.tflite")
    for what in ("nope", tmp_path, tmp_path / "absent.tflite"):
        with pytest.raises(ValueError, match="Received: "):
            load(what)


def test_primary_and_signatures_in_turn():
    """The interpreter refuses `invoke` while a signature's runner is kept: each has its own."""
    model = load("char")
    for _ in range(3):
        assert model.generate("he", 20)[:7] == "hello w"
        assert next(iter(model.predict_next("he"))) == "l"
        model.file.run("step", {"ids": np.array([[1]], np.int32), "h_0": np.zeros((1, 20), np.float32)})


def test_compiled_model_reads_the_files_too(fresh, zoo):
    code = """
import numpy as np
from ai_edge_litert.compiled_model import CompiledModel
from keras_rnn.catalog.names import find
for name, x in (("char", np.array([[2, 1]], np.int32)), ("gs10", np.arange(6, dtype=np.float32)[None])):
    model = CompiledModel.from_file(str(find(name) / "model.tflite"))
    index = model.get_signature_index("serving_default")
    inputs, outputs = model.create_input_buffers(index), model.create_output_buffers(index)
    inputs[0].write(x)
    model.run_by_index(index, inputs, outputs)
    print(outputs[0].read(8 if name == "char" else 1, np.float32).tolist())
"""
    char, gs10 = (json.loads(line) for line in fresh(code).splitlines())
    expected = zoo["char/hello_world/simple_rnn"].numpy_reference(np.array([[2, 1]]))[0]
    np.testing.assert_allclose(char, expected, atol=1e-5)
    expected = zoo["gs10/annual/simple_rnn"].numpy_reference(np.array([[0, 1, 2, 3, 4, 5]], np.float32))[0]
    np.testing.assert_allclose(gs10, expected, atol=1e-5)


@pytest.mark.parametrize(
    "history",
    [
        np.ones((2, 6), np.float32), np.ones(6, np.float32), np.ones((1, 6, 1), np.float32), None, "123456",
        np.full((1, 6), np.nan, np.float32), np.full((1, 6), -np.inf), np.full((1, 6), 1e300), np.zeros((0, 6)),
    ],
)  # fmt: skip
def test_a_window_that_is_none_is_refused_by_the_quick_call_too(history):
    model = load("gs10")
    with pytest.raises(ValueError, match="`history` must be .* Received: "):
        model.predict_window(history)
    x = np.array([[1, 2, 3, 4, 5, 6]])
    expected = model.predict_window(x.astype(np.float32))
    for other in (x, x.tolist(), x.astype(np.float64), x.astype(np.int8)):  # and what can be taken is
        np.testing.assert_array_equal(model.predict_window(other), expected)
