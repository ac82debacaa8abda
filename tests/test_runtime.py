"""LiteRT files without TensorFlow."""

import json
import random

import numpy as np
import pytest

from keras_rnn.parity import numpy_reference
from keras_rnn.registry import find, zoo_names
from keras_rnn.runtime import LiteRTFile, dynamic_tensors, operators, read_flatbuffer

CHAR = find("char") / "model.tflite"


@pytest.mark.parametrize("name", [str(name) for name in zoo_names()])
def test_the_zoos_files(name):
    file = LiteRTFile(find(name) / "model.tflite")
    assert file.primary == "serving_default"
    assert file.signatures == ["serving_default", "step"]
    assert not [op for op in file.operators if op.startswith("custom:")]
    assert not file.dynamic_tensors
    state = {"h_0": ((1, 20), np.dtype("float32"))}
    if name.startswith("char"):
        ids, logits = np.dtype("int32"), ((1, 8), np.dtype("float32"))
        assert file.inputs == {"serving_default": {"ids": ((1, 2), ids)}, "step": state | {"ids": ((1, 1), ids)}}
        assert file.outputs == {"serving_default": {"logits": logits}, "step": state | {"logits": logits}}
    else:
        number, prediction = np.dtype("float32"), ((1, 1), np.dtype("float32"))
        assert file.inputs["serving_default"] == {"history": ((1, 6), number)}
        assert file.inputs["step"] == state | {"x": ((1, 1), number)}
        assert file.outputs["serving_default"] == {"prediction": prediction}


def test_code_that_knows_no_signatures_gets_the_window(zoo):
    """As in most apps: set_tensor, invoke, get_tensor."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(CHAR))
    interpreter.allocate_tensors()
    (given,), (reached,) = interpreter.get_input_details(), interpreter.get_output_details()
    ids = np.array([[2, 1]], dtype=np.int32)
    interpreter.set_tensor(given["index"], ids)
    interpreter.invoke()
    expected = numpy_reference(zoo["char/hello_world/simple_rnn"], ids)
    np.testing.assert_allclose(interpreter.get_tensor(reached["index"]), expected, atol=1e-5)


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
    (tmp_path / "paths.json").write_text(json.dumps([str(find(str(n)) / "model.tflite") for n in zoo_names()]))
    code = """
import json, sys
import numpy as np
from keras_rnn.runtime import LiteRTFile
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
