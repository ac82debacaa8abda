"""The finishing of the file: primary signature, size, and what a file must keep."""

import json

import numpy as np
import pytest

from keras_rnn import char_model, gs10_model, to_litert
from keras_rnn.catalog.metadata import BUFFER_NAME
from keras_rnn.catalog.names import find, packaged_names, zoo_names
from keras_rnn.core.backend import tf
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.litert.flatbuffer import read_flatbuffer
from keras_rnn.litert.tf_converter import convert


@pytest.mark.parametrize("name", [str(name) for name in zoo_names()])
def test_within_ten_kilobytes_of_the_raw_weights_metadata_aside(name, zoo):
    content, model = read_flatbuffer(find(name) / "model.tflite")
    metadata = sum(len(model.buffers[entry.buffer].data) for entry in model.metadata)
    graph = 40_000 if name.startswith("series") else 10_000  # that has what is read of a series, in two signatures
    assert len(content) - metadata < 4 * zoo[name].count_params() + graph
    assert not name.startswith("series") or len(content) < 100_000


@pytest.mark.parametrize("name", [str(name) for name in packaged_names()])
def test_weights_stand_in_it_once(name):
    _, model = read_flatbuffer(find(name) / "model.tflite")
    data = [bytes(buffer.data) for buffer in model.buffers if buffer.data is not None]
    assert len(data) == len(set(data))
    assert sum(len(one) == 20 * 20 * 4 for one in data) == 1


def test_the_first_function_is_the_primary_one_whatever_its_name():
    module = char_model().signatures(1)
    functions = dict(reversed(module.functions().items()))
    for order in (functions, module.functions()):
        model = _parsed(convert(module, order, {}))
        by_subgraph = {s.subgraphIndex: s.signatureKey.decode() for s in model.signatureDefs}
        assert by_subgraph[0] == next(iter(order))
        assert set(by_subgraph.values()) == set(order)


def test_inputs_and_outputs_keep_their_names():
    model = _parsed((find("char") / "model.tflite").read_bytes())
    for signature in model.signatureDefs:
        subgraph = model.subgraphs[signature.subgraphIndex]
        for entries, places in ((signature.inputs, subgraph.inputs), (signature.outputs, subgraph.outputs)):
            assert {subgraph.tensors[place].name for place in places} == {entry.name for entry in entries}


def test_what_needs_more_than_built_in_ops_fails_in_one_line(capfd):
    module = tf.Module()
    function = tf.function(
        lambda x: {"y": tf.strings.as_string(x)}, input_signature=[tf.TensorSpec((1,), tf.float32, "x")]
    )
    with pytest.raises(ValueError, match="built-in operators can express. Received: ."):
        convert(module, {"serving_default": function}, {})
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("window", [1, 2, 20])
@pytest.mark.parametrize("build", ["char", "levels", "window"])
def test_loops_of_all_windows(window, build, tmp_path):
    if build == "char":
        model = char_model(None, "rnn_cell", window=window, seed=0)
    else:
        model = gs10_model(None, "rnn_cell", build, window=window, seed=0)
        model.set_weights([w + 0.1 for w in model.get_weights()])  # the head of the one begins at zeros
    module = model.signatures(1)
    (tmp_path / "f.tflite").write_bytes(convert(module, module.functions(), {BUFFER_NAME: json.dumps(_least(model))}))
    file = LiteRTFile(tmp_path / "f.tflite")
    random = np.random.default_rng(0)
    x = random.integers(0, 8, (1, window)).astype(model.inputs[0].dtype)
    following = file.run(module.ahead_name, {module.input_name: x})[module.ahead_output][0]
    row = list(x[0])
    for value in following:
        answer = model.predict_windows(np.array([row[-window:]]))[0]
        if build == "char":
            assert answer[value] == pytest.approx(answer.max(), abs=1e-5)
        else:
            assert value == pytest.approx(answer[0], abs=1e-5)
        row.append(value)


def _least(model):
    """The least that `parse` takes."""
    settings = {"vocabulary": getattr(model, "vocabulary", "")} if model.kind == "char" else {
        "unit": "", "frequency": "", "scaling": "", "low": None, "high": None, "residuals": None}  # fmt: skip
    return {"schema": 1, "keras_rnn": "", "kind": model.kind, "name": None, "window": model.window, "units": 1,
            "ahead": 1, "settings": settings, "signatures": {}, "card": {}, "versions": {}}  # fmt: skip


def _parsed(content):
    from ai_edge_litert import schema_py_generated as schema

    return schema.ModelT.InitFromPackedBuf(content, 0)


def test_the_quick_call_outlives_the_object_that_gave_it(tmp_path):
    """It runs on the file's bytes, which must not be freed under it."""
    import gc

    to_litert(gs10_model(), tmp_path / "m.tflite")
    run = LiteRTFile(tmp_path / "m.tflite").run_primary
    x = np.array([[0.89, 1.44, 2.95, 3.96, 4.21, 4.29]], dtype=np.float32)
    expected = LiteRTFile(tmp_path / "m.tflite").run("serving_default", {"history": x})["prediction"]
    gc.collect()
    junk = [np.random.default_rng(i).bytes(11_000) for i in range(200)]
    np.testing.assert_array_equal(run(x), expected)
    assert len(junk) == 200
