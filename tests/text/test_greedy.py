"""Windows that advance together: the same characters as reading each window from a zero state, one after the other."""

import numpy as np
import pytest

from keras_rnn import char_model
from keras_rnn.artifacts.litert import litert_bytes
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.text.signatures import TABLE_UP_TO


def one_by_one(model, ids, ahead):
    """float64, a whole window for each character."""
    ids = ids.tolist()
    for _ in range(ahead):
        ids.append(int(model.numpy_reference(np.array([ids[-model.window :]]))[0].argmax()))
    return ids[model.window :]


@pytest.mark.parametrize("size", [7, TABLE_UP_TO // 12 + 1], ids=["table", "no table"])
@pytest.mark.parametrize("window", [1, 2, 3, 16, 17, 40])
def test_the_same_as_one_by_one(window, size):
    model = char_model(None, "simple_rnn", "".join(map(chr, range(1000, 1000 + size))), window, 12, seed=0)
    weights = model.get_weights()  # larger: an untrained net says nearly the same whatever it reads
    model.set_weights([3 * w for w in weights])
    module = model.signatures(1)
    assert (module.begun is None) == (size > 7)
    random = np.random.default_rng(0)
    for _ in range(3):
        ids = random.integers(0, size, (1, window)).astype(np.int32)
        expected = one_by_one(model, ids[0], module.ahead)
        assert len(set(expected)) > 1
        assert np.asarray(module.next_ahead(ids)["ids"])[0].tolist() == expected


@pytest.mark.parametrize(("window", "activation"), [(3, "tanh"), (20, "tanh"), (3, "relu"), (20, "relu")])
def test_in_the_file(window, activation, tmp_path):
    model = char_model(None, "simple_rnn", "abcdefgh", window, 12, seed=1, activation=activation)
    kernel, recurrent, *rest = model.get_weights()
    model.set_weights([3 * kernel, recurrent if activation == "relu" else 3 * recurrent, *(3 * w for w in rest)])
    path = tmp_path / "m.tflite"
    path.write_bytes(litert_bytes(model, None, {}))
    file = LiteRTFile(path)
    ids = np.random.default_rng(0).integers(0, 8, (1, window)).astype(np.int32)
    following = file.run("generate", {"ids": ids})["ids"]
    assert following.shape == (1, max(8, window))
    assert following[0].tolist() == one_by_one(model, ids[0], following.shape[1])
    assert ("WHILE" in file.operators) == (window == 20)
