"""A file that is not trusted runs in another process first."""

import numpy as np
import pytest
from helpers import older_tree, operator, write_tree

from keras_rnn.catalog.names import find
from keras_rnn.litert import trial
from keras_rnn.runtime import load

NOT_EQUAL, WHILE = 72, 119


def test_a_sound_file_is_loaded():
    assert load("char", trusted=False).generate("he", 5) == "hello w"
    assert load(find("gs10") / "model.tflite", trusted=False).forecast(range(6)).mean.shape == (1,)


def test_a_loop_without_end(tmp_path, monkeypatch):
    model = older_tree()
    condition = model.subgraphs[operator(model, WHILE)[0].builtinOptions.condSubgraphIndex]
    _, bound = (int(i) for i in condition.operators[0].inputs)  # while i < 10, become while i != -10
    model.buffers[condition.tensors[bound].buffer].data = np.frombuffer(np.array(-10, np.int32).tobytes(), np.uint8)
    code = model.operatorCodes[condition.operators[0].opcodeIndex]
    code.builtinCode = code.deprecatedBuiltinCode = NOT_EQUAL
    condition.operators[0].builtinOptions, condition.operators[0].builtinOptionsType = None, 0
    path = write_tree(model, tmp_path / "endless.tflite")
    monkeypatch.setattr(trial, "SECONDS", 2)
    with pytest.raises(ValueError, match="endless.tflite, which runs for more than 2 s"):
        load(path, trusted=False)


def test_what_the_interpreter_refuses_is_told_in_its_words(tmp_path):
    path = tmp_path / "none.tflite"
    path.write_bytes(b"hello world")
    with pytest.raises(ValueError, match="must hold a LiteRT model. Received: .*none.tflite"):
        load(path, trusted=False)


def test_a_crash_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "CHILD", "import os; os.abort()")
    with pytest.raises(ValueError, match="model.tflite, whose trial ended with code -6"):
        load("char", trusted=False)


def test_too_much_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "CHILD", "bytearray(2**36)")
    with pytest.raises(ValueError, match="model.tflite, whose trial ended with code 1"):
        load("char", trusted=False)
