"""What the models share: weights across cells, files, and the quick call."""

import copy
import pickle
import zipfile

import numpy as np
import pytest

from keras_rnn import CellWeights, RNNCell, char_model, gs10_model, insight, load, text_windows
from keras_rnn.core.backend import keras, tf
from keras_rnn.rnn.layers import UNROLL_UP_TO, long_memory_optimizer, recurrent_layers
from keras_rnn.rnn.model import read_keras_file


def models(cell):
    return char_model(weights=None, cell=cell, seed=1), gs10_model(weights=None, cell=cell, seed=1)


@pytest.mark.parametrize(
    ("window", "return_sequences"),
    [(1, False), (2, True), (UNROLL_UP_TO, False), (UNROLL_UP_TO + 1, True), (40, False)],
)
def test_both_cells_start_alike_and_agree_at_every_window(window, return_sequences):
    a, b = (char_model(None, cell, "abcde", window, 7, return_sequences, seed=3) for cell in ("rnn_cell", "simple_rnn"))
    ids = np.random.default_rng(0).integers(0, 5, (4, window)).astype(np.int32)
    expected, _ = a.get_cell_weights().forward(np.eye(5)[ids])
    expected = expected if return_sequences else expected[:, -1]
    for model in (a, b):
        np.testing.assert_allclose(model.predict_windows(ids), expected, atol=1e-6)
        np.testing.assert_allclose(model(ids), expected, atol=1e-6)
        np.testing.assert_allclose(model.predict(ids, verbose=0), expected, atol=1e-6)


def test_a_seed_repeats_and_another_differs():
    def draw(seed, cell="simple_rnn"):
        return char_model(weights=None, cell=cell, seed=seed).get_cell_weights().sha256()

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    assert draw(None) != draw(None)


def test_the_quick_call_sees_new_weights():
    model, _ = models("rnn_cell")
    ids, targets, _ = text_windows("hello world")
    before = model.predict_windows(ids)
    model.fit(ids, targets, verbose=0)
    after = model.predict_windows(ids)
    assert np.abs(after - before).max() > 1e-4
    np.testing.assert_allclose(after, model.predict(ids, verbose=0), atol=1e-6)


@pytest.mark.parametrize("cell", ["rnn_cell", "simple_rnn"])
def test_files_copies_and_pickles(cell, tmp_path):
    for model in models(cell):
        x = np.random.default_rng(0).integers(0, 8, (3, model.window)).astype(model.inputs[0].dtype)
        expected = model.predict_windows(x)
        model.save(tmp_path / "model.keras")
        again = load(tmp_path / "model.keras")
        assert again.get_config() == model.get_config()
        assert again.compiled
        for other in (
            again,
            copy.deepcopy(model),
            pickle.loads(pickle.dumps(model)),
            type(model)(**model.get_config()),
        ):
            assert type(other) is type(model)
            other.set_weights(model.get_weights())
            np.testing.assert_array_equal(other.predict_windows(x), expected)


@pytest.mark.slow
def test_a_saved_file_in_fresh_processes(tmp_path, fresh):
    both = models("rnn_cell")
    stock = keras.Sequential([keras.Input((4, 2)), keras.layers.RNN(RNNCell(3, output_size=2))])
    stock.save(tmp_path / "stock.keras")
    np.save(tmp_path / "x.npy", x := np.random.default_rng(1).normal(size=(2, 4, 2)))
    expected = np.asarray(stock(x))
    for i, model in enumerate(both):
        x = np.random.default_rng(0).integers(0, 8, (3, model.window)).astype(model.inputs[0].dtype)
        model.save(tmp_path / f"{i}.keras")
        np.save(tmp_path / f"{i}.npy", x)
    fresh("""
import keras_rnn, numpy as np
for i in range(2):
    np.save(f"a{i}.npy", keras_rnn.load(f"{i}.keras").predict_windows(np.load(f"{i}.npy")))
np.save("y.npy", keras_rnn.load("stock.keras").predict(np.load("x.npy"), verbose=0))
""")
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), expected, atol=1e-6)
    fresh("""
from keras_rnn import CharModel  # one class imported is enough
import keras, numpy as np
for i in range(2):
    np.save(f"b{i}.npy", keras.models.load_model(f"{i}.keras").predict(np.load(f"{i}.npy"), verbose=0))
""")
    for i, model in enumerate(both):
        expected = model.predict_windows(np.load(tmp_path / f"{i}.npy"))
        for name in ("a", "b"):
            np.testing.assert_allclose(np.load(tmp_path / f"{name}{i}.npy"), expected, atol=1e-6)


def test_set_cell_weights_of_other_sizes():
    model, other = models("rnn_cell")
    with pytest.raises(ValueError, match="Received: shape"):
        model.set_cell_weights(other.get_cell_weights())
    w = model.get_cell_weights()
    with pytest.raises(ValueError, match="Received: "):
        model.set_cell_weights(CellWeights(w.kernel, w.recurrent_kernel))
    with pytest.raises(TypeError, match="must be CellWeights, .*Received: "):
        model.set_cell_weights(w.to_linears())


@pytest.mark.parametrize("x", [np.zeros(2, int), np.zeros((3, 3), int), np.zeros((1, 2, 8))])
def test_wrong_shapes_are_answered(x):
    with pytest.raises(ValueError, match=r"[Rr]eceived: shape|expected shape=\(None, 2\), found shape"):
        models("simple_rnn")[0](x)


def test_unbatched_windows_are_answered_with_the_way_to_give_them():
    for model, x in zip(models("simple_rnn"), (np.zeros(2, int), np.zeros(6)), strict=True):
        with pytest.raises(ValueError, match=r"`x\[None\]`, and its result read as `\[0\]`. Received: shape"):
            model(x)


def test_predict_of_windows_of_several_widths():
    model, _ = models("simple_rnn")
    model.predict(np.zeros((3, 2), int), verbose=0)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Shape of tensor .* \[3,5\] .* expected shape \[\?,2\]"):
        model.predict(np.zeros((3, 5), int), verbose=0)
    for shape in ((3, 5), (2,), (1, 2, 1)):
        with pytest.raises(ValueError, match=r"Received: shape"):
            model.predict_windows(np.zeros(shape, int))


def test_tf_data_without_static_shapes():
    model = char_model()
    ids, targets, _ = text_windows("hello world")
    free = (tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None,), tf.int32))
    pairs = tf.data.Dataset.from_generator(lambda: [(ids, targets)], output_signature=free).repeat()
    assert model.evaluate(pairs, steps=1, verbose=0, return_dict=True)["accuracy"] == 1.0
    model.fit(pairs, steps_per_epoch=1, shuffle=False, verbose=0)


def test_the_quick_call_follows_lora_and_quantization():
    ids, _, _ = text_windows("hello world")
    model = char_model()
    before = model.predict_windows(ids)
    model.get_layer("head").enable_lora(2)
    for variable in model.get_layer("head").trainable_variables:
        if "lora" in variable.name:
            variable.assign(np.ones(variable.shape))
    np.testing.assert_allclose(model.predict_windows(ids), model.predict(ids, verbose=0), atol=1e-5)
    assert np.abs(model.predict_windows(ids) - before).max() > 0.1
    model = char_model()
    model.predict_windows(ids)
    model.get_layer("head").quantize("int8")
    np.testing.assert_allclose(model.predict_windows(ids), model.predict(ids, verbose=0), atol=1e-6)


def test_numpy_integers_are_integers(tmp_path):
    for cell in ("rnn_cell", "simple_rnn"):
        model = char_model(None, cell, window=np.int64(3), units=np.int32(5))
        model.save(tmp_path / "model.keras")
        assert load(tmp_path / "model.keras").get_config() == model.get_config()
        assert (type(model.window), type(model.units)) == (int, int)


def test_pretrained_under_another_policy():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        assert char_model().generate("he", 5) == "hello w"  # and no warning, which would be an error here
    finally:
        keras.config.set_dtype_policy("float32")


def test_damaged_foreign_and_absent_files(tmp_path):
    whole = tmp_path / "whole.keras"
    models("rnn_cell")[0].save(whole)
    content = whole.read_bytes()
    files = {"empty": b"", "random": bytes(range(256)), "cut": content[: len(content) // 2], "text": b"hello"}
    for name, damaged in files.items():
        (tmp_path / f"{name}.keras").write_bytes(damaged)
    with zipfile.ZipFile(tmp_path / "zip.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(tmp_path / "weightless.keras", "w") as archive:
        for name in ("config.json", "metadata.json"):
            archive.writestr(name, source.read(name))
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(tmp_path / "unknown.keras", "w") as archive:
        archive.writestr("config.json", source.read("config.json").replace(b"CharModel", b"OtherModel"))
        archive.writestr("metadata.json", source.read("metadata.json"))
    for name in (*files, "zip", "weightless", "unknown", "absent"):
        with pytest.raises(ValueError, match="Received: "):
            read_keras_file(tmp_path / f"{name}.keras")
    with pytest.raises(ValueError, match="Received: "):
        read_keras_file(tmp_path)


@pytest.mark.parametrize("build", [char_model, gs10_model])
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"cell": "lstm"}, ValueError),
        ({"cell": "elman"}, ValueError),
        ({"weights": "imagenet"}, ValueError),
        ({"weights": 3}, ValueError),
        ({"weights": np.zeros(2)}, ValueError),
        ({"window": 2.0}, TypeError),
        ({"window": np.array([2, 2])}, TypeError),
        ({"units": True}, TypeError),
        ({"weights": "absent.keras"}, ValueError),
        ({"weights": None, "units": 0}, ValueError),
        ({"weights": None, "window": 0}, ValueError),
        ({"weights": None, "window": 2.0}, TypeError),
        ({"weights": None, "seed": -1}, ValueError),
        ({"units": 21}, ValueError),
        ({"window": 3}, ValueError),
    ],
)
def test_bad_arguments_of_the_builders(build, arguments, error):
    with pytest.raises(error, match="Received: "):
        build(**arguments)


def test_weights_of_a_file(tmp_path):
    source, other = models("rnn_cell")
    source.save(tmp_path / "char.keras")
    other.save(tmp_path / "gs10.keras")
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(tmp_path / "stock.keras")
    assert char_model(weights=tmp_path / "char.keras").cell == "rnn_cell"
    model = char_model(weights=tmp_path / "char.keras", cell="simple_rnn")  # the other cell: exchanged
    assert model.get_cell_weights().sha256() == source.get_cell_weights().sha256()
    assert char_model(weights=str(tmp_path / "char.keras"), cell="rnn_cell", window=2).cell == "rnn_cell"
    char_model(weights=None, return_sequences=True).save(tmp_path / "every.keras")
    for asked, has in ((None, True), (True, True), (False, False)):
        assert char_model(weights=tmp_path / "every.keras", return_sequences=asked).return_sequences is has
    with pytest.raises(ValueError, match="of a CharModel. Received: .*gs10.keras', a GS10Model"):
        char_model(weights=tmp_path / "gs10.keras")
    with pytest.raises(ValueError, match="of a GS10Model. Received: .*stock.keras', a Sequential"):
        gs10_model(weights=tmp_path / "stock.keras")
    with pytest.raises(ValueError, match="`units` must be 20, .* Received: 21"):
        char_model(weights=tmp_path / "char.keras", units=21)


def test_the_optimizer_of_long_memory():
    assert float(long_memory_optimizer(0.01).learning_rate) == pytest.approx(0.001)  # which is too much for it
    assert float(long_memory_optimizer(0.0002).learning_rate) == pytest.approx(0.0002)
    schedule = keras.optimizers.schedules.CosineDecay(0.005, 10)
    optimizer = long_memory_optimizer(schedule)
    assert (optimizer.global_clipnorm, optimizer.epsilon) == (1, 1e-3)
    assert float(optimizer.learning_rate) == pytest.approx(0.005)


def test_relu_around_the_identity_holds_a_gradient_over_200_steps_and_tanh_does_not():
    x = np.random.default_rng(0).uniform(size=(8, 200, 2)).astype(np.float32)
    y = x[:, :1, 0]  # of the first step
    verdicts = {}
    for activation in ("tanh", "relu"):
        layers = recurrent_layers("simple_rnn", 32, 1, 200, False, 0, activation=activation)
        model = keras.Sequential([keras.Input((200, 2)), *layers])
        verdicts[activation] = insight.gradients(model, x, y, "mse").layers[0].verdict.partition(":")[0]
    assert verdicts == {"tanh": "vanishes", "relu": "holds"}
