"""The loop for training against Keras' own: values and gradients, in every use of a layer."""

import copy
import importlib.util
import pickle

import numpy as np
import pytest

from keras_rnn import RNNCell, char_model
from keras_rnn.core.backend import keras, tf
from keras_rnn.rnn import recurrence
from keras_rnn.rnn.introspection import for_phone
from keras_rnn.rnn.layers import UNROLL_UP_TO
from keras_rnn.rnn.recurrence import UNROLL, one_hot_of, use_fast_loop

L = keras.layers
FEATURES, UNITS, BATCH = 4, 3, 5
CELLS = {
    "SimpleRNN": lambda dtype=None, **loop: L.SimpleRNN(UNITS, activation="tanh", dtype=dtype, **loop),
    "ReLU": lambda dtype=None, **loop: L.SimpleRNN(UNITS, activation="relu", dtype=dtype, **loop),
    "RNNCell": lambda dtype=None, **loop: L.RNN(RNNCell(UNITS, dtype=dtype), dtype=dtype, **loop),
    "RNNCell with a head": lambda dtype=None, **loop: L.RNN(
        RNNCell(UNITS, 2, "relu", dtype=dtype), dtype=dtype, **loop
    ),
    "linear, no bias": lambda dtype=None, **loop: L.RNN(
        RNNCell(UNITS, activation=None, use_bias=False, dtype=dtype), dtype=dtype, **loop
    ),
}


def mask_of(steps):
    """Rows with nothing masked, the end, the beginning, steps inside, and everything."""
    mask = np.ones((5, steps), bool)
    for row, place in enumerate((slice(steps // 2, None), slice(steps // 2 + 1), slice(3, 5), slice(None))):
        mask[row + 1, place] = False
    return mask


def pair(build, steps, dtype="float32", batch=BATCH):
    """The same layer with Keras' own loop and with ours, and inputs and a state for them."""
    random = np.random.default_rng(steps)
    own, ours = build(dtype=dtype), use_fast_loop(build(dtype=dtype))
    for layer in (own, ours):
        layer.build((batch, steps, FEATURES))
    for a, b in zip(own.variables, ours.variables, strict=True):
        a.assign(random.normal(size=a.shape) / 4)
        b.assign(a)
    x = random.normal(size=(batch, steps, FEATURES)).astype(dtype)
    return own, ours, x, random.normal(size=(batch, UNITS)).astype(dtype)


def results(layer, x, h, mask=None, training=True, graph=True):
    """Outputs and states, and the gradients of x, the initial state and the weights."""

    def run(x, h):
        with tf.GradientTape() as tape:
            tape.watch([x, h])
            outputs = tf.nest.flatten(layer(x, initial_state=h, mask=mask, training=training))
            loss = sum(tf.reduce_sum(tf.sin(2 * output)) for output in outputs)
        return [*outputs, *tape.gradient(loss, [x, h, *layer.trainable_variables])]

    return (tf.function(run) if graph else run)(tf.convert_to_tensor(x), tf.convert_to_tensor(h))


def assert_close(found, expected, tolerance=1e-5):
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * max(1, np.abs(b).max()))


@pytest.fixture
def no_own_loop(monkeypatch):
    """Falling back is an error of the test."""
    covers = recurrence._covers

    def asserted(*arguments):
        assert covers(*arguments)
        return True

    monkeypatch.setattr(recurrence, "_covers", asserted)


@pytest.mark.usefixtures("no_own_loop")
@pytest.mark.parametrize(
    ("name", "masked", "loop"),  # every cell without a mask and with one, each way of a mask by two cells or more
    [
        *((name, False, {"return_sequences": True}) for name in CELLS),
        ("SimpleRNN", True, {"return_sequences": True}),
        ("RNNCell with a head", True, {"return_sequences": True}),
        ("ReLU", True, {"return_sequences": True, "zero_output_for_mask": True}),
        ("RNNCell with a head", True, {"return_sequences": True, "zero_output_for_mask": True}),
        ("RNNCell", True, {"return_sequences": False, "go_backwards": True}),
        ("linear, no bias", True, {"return_sequences": False, "go_backwards": True}),
    ],
)
def test_values_and_gradients_are_keras_own(name, masked, loop):
    own, ours, x, h = pair(lambda **k: CELLS[name](return_state=True, **loop, **k), UNROLL + 3, dtype="float64")
    mask = mask_of(UNROLL + 3) if masked else None
    assert_close(results(ours, x, h, mask), results(own, x, h, mask), 1e-12)


@pytest.mark.usefixtures("no_own_loop")
@pytest.mark.parametrize(("batch", "steps"), [(1, 1), (7, UNROLL - 1), (64, 100)])
@pytest.mark.parametrize("training", [False, True])
def test_in_float32_at_any_batch_and_number_of_steps(batch, steps, training):
    own, ours, x, h = pair(CELLS["SimpleRNN"], steps, batch=batch)
    assert_close(results(ours, x, h, training=training), results(own, x, h, training=training))


@pytest.mark.usefixtures("no_own_loop")
def test_eagerly_and_compiled_by_xla():
    own, ours, x, h = pair(lambda **k: CELLS["RNNCell with a head"](**k, return_sequences=True), UNROLL + 2)
    mask = mask_of(x.shape[1])
    expected = results(own, x, h, mask)
    assert_close(results(ours, x, h, mask, graph=False), expected)
    compiled = tf.function(lambda x, h: results(ours, x, h, mask, graph=False), jit_compile=True)
    assert_close(compiled(tf.constant(x), tf.constant(h)), expected)


@pytest.mark.usefixtures("no_own_loop")
def test_neither_batch_nor_steps_known_beforehand():
    own, ours, x, h = pair(lambda **k: CELLS["RNNCell"](**k, return_sequences=True), UNROLL + 2)
    free = tf.TensorSpec((None, None, FEATURES)), tf.TensorSpec((None, UNITS)), tf.TensorSpec((None, None), tf.bool)
    run = tf.function(lambda x, h, mask: results(ours, x, h, mask, graph=False), input_signature=free)
    mask = mask_of(UNROLL + 2)
    assert_close(run(x, h, mask), results(own, x, h, mask))


def test_copies_run_on_their_own_weights():
    model = char_model(None, "simple_rnn", "abc", 20, 4, seed=0)
    ids = np.zeros((1, 20), "int32")
    expected = np.asarray(model(ids))
    for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert again.get_layer("rnn").inner_loop.args[0] is again.get_layer("rnn")
        model.get_layer("rnn").cell.bias.assign(np.ones(4))
        np.testing.assert_array_equal(again(ids), expected)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy):
    own, ours, x, _ = pair(lambda dtype: CELLS["RNNCell with a head"](dtype=policy, return_sequences=True), 20)
    a, b = ours(x, training=True), own(x, training=True)
    assert a.dtype == b.dtype
    np.testing.assert_allclose(*(np.asarray(y, "float32") for y in (a, b)), atol=0.05)


def test_stacked_masked_and_bidirectional_in_a_model_that_is_fitted():
    """Three updates by each loop end at the same weights; the last batch is a smaller one."""
    random = np.random.default_rng(0)
    x = random.normal(size=(20, 25, FEATURES)) * (random.uniform(size=(20, 25, 1)) > 0.2)  # some steps are all zeros
    y = random.normal(size=(20, 1))

    def fitted(fast):
        keras.utils.set_random_seed(0)
        lower, middle, upper = (CELLS[name](return_sequences=True) for name in ("SimpleRNN", "RNNCell", "ReLU"))
        middle = L.Bidirectional(middle)
        if fast:
            for layer in (lower, middle.forward_layer, middle.backward_layer, upper):
                use_fast_loop(layer)
        layers = [L.Masking(), lower, middle, upper, L.Dense(1), L.GlobalAveragePooling1D()]
        model = keras.Sequential([keras.Input((None, FEATURES)), *layers])
        model.compile("sgd", "mse")
        model.fit(x, y, batch_size=8, shuffle=False, verbose=0)
        return model.get_weights()

    assert_close(fitted(True), fitted(False))


def test_stateful_layers_carry_their_state():
    x = np.random.default_rng(0).normal(size=(2, 20, FEATURES))
    layer = use_fast_loop(L.SimpleRNN(UNITS, stateful=True, return_sequences=True))
    layer.build(x.shape)
    whole = np.asarray(layer(x))
    layer.reset_state()
    parts = [np.asarray(layer(part)) for part in (x[:, :7], x[:, 7:])]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-6)


@pytest.mark.parametrize(
    "build",
    [
        lambda **k: L.SimpleRNN(UNITS, activation="sigmoid", **k),
        lambda **k: L.SimpleRNN(UNITS, dropout=0.3, recurrent_dropout=0.3, seed=1, **k),
        lambda **k: L.RNN(RNNCell(UNITS, dropout=0.3, seed=1), **k),
        lambda **k: L.RNN([RNNCell(UNITS, 3), RNNCell(UNITS)], **k),
        lambda **k: L.RNN(L.GRUCell(UNITS), **k),
        lambda **k: L.RNN(type("Cell", (RNNCell,), {})(UNITS), **k),
        lambda **k: L.RNN(RNNCell(UNITS, dtype="float64"), **k),
        lambda **k: L.SimpleRNN(UNITS, unroll=True, **k),
    ],
)
def test_whatever_is_not_covered_is_left_to_keras(build, monkeypatch):
    monkeypatch.setattr(recurrence, "recur", None)
    x = np.random.default_rng(0).normal(size=(2, 6, FEATURES)).astype("float32")
    own, ours = build(), use_fast_loop(build())
    own.build(x.shape), ours.build(x.shape)
    ours.set_weights(own.get_weights())
    np.testing.assert_array_equal(ours(x, training=True), own(x, training=True))


@pytest.mark.usefixtures("no_own_loop")
def test_it_can_be_differentiated_twice():
    own, ours, x, h = pair(CELLS["SimpleRNN"], UNROLL + 1, dtype="float64")

    def second(layer):
        x_, weights = tf.constant(x), layer.trainable_variables
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x_)
                loss = tf.reduce_sum(layer(x_, initial_state=h) ** 2)
            penalty = tf.reduce_sum(inner.gradient(loss, x_) ** 2)
        return outer.gradient(penalty, weights)

    expected = second(own)
    assert_close(second(ours), expected, 1e-12)
    assert_close(tf.function(second)(ours), expected, 1e-12)


@pytest.mark.parametrize("cell", ["simple_rnn", "rnn_cell"])
def test_the_character_model_gathers_rows(cell, monkeypatch):
    """In training and inference alike its kernel meets no one-hot; ids out of range count as zeros, as there."""
    window = UNROLL_UP_TO + 3
    model = char_model(None, cell, "abcde", window, 7, return_sequences=True, seed=0)
    plain = keras.models.clone_model(model)  # with Keras' own loop
    plain.set_weights(model.get_weights())
    plain.compile(loss=model.loss, optimizer="sgd")
    model.compile(loss=model.loss, optimizer="sgd")
    ids = np.random.default_rng(0).integers(-1, 6, (4, window)).astype("int32")
    rows, calls = recurrence._rows, []
    monkeypatch.setattr(recurrence, "_rows", lambda *a: calls.append(a) or rows(*a))
    np.testing.assert_allclose(model.predict(ids, verbose=0), plain.predict(ids, verbose=0), atol=1e-6)
    assert len(calls) == 1
    for _ in range(3):
        for other in (model, plain):
            other.train_on_batch(ids, np.abs(ids) % 5)
    assert len(calls) == 2
    for a, b in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_gradients_of_rows_are_summed_up_in_float32_at_least():
    """In bfloat16 a sum of hundreds of small numbers stands still."""
    random, gradients = np.random.default_rng(0), {}
    ids = random.integers(0, 2, (16, 64)).astype("int32")
    targets = random.integers(0, 2, (16, 64))
    for policy in ("float32", "mixed_bfloat16"):
        keras.config.set_dtype_policy(policy)
        try:
            model = char_model(None, "simple_rnn", "ab", 64, 8, return_sequences=True, seed=0)
        finally:
            keras.config.set_dtype_policy("float32")
        model.compile(keras.optimizers.SGD(1.0), model.loss)
        kernel = model.get_layer("rnn").cell.kernel
        before = np.asarray(kernel)
        model.train_on_batch(ids, targets)
        gradients[policy] = before - np.asarray(kernel)
    exact, found = gradients.values()
    np.testing.assert_allclose(found, exact, atol=0.02 * np.abs(exact).max())


def test_ids_are_those_of_one_layer_alone():
    layer, other = (use_fast_loop(L.SimpleRNN(UNITS)) for _ in range(2))
    x = np.random.default_rng(0).normal(size=(2, 20, FEATURES)).astype("float32")
    for each in (layer, other):
        each.build(x.shape)
    expected = np.asarray(other(x))
    with one_hot_of(layer, np.zeros((2, 20), int)):
        np.testing.assert_array_equal(other(x), expected)
        one_hot = np.eye(FEATURES, dtype="float32")[np.zeros((2, 20), int)]
        known = np.asarray(layer(x))  # whatever x is
    np.testing.assert_allclose(known, layer(one_hot), atol=1e-6)


def test_config_weights_and_files_are_those_of_the_stock_layer(tmp_path):
    def sequential(wrap):
        return keras.Sequential(
            [keras.Input((20, FEATURES), name="x"), wrap(L.SimpleRNN(UNITS, name="rnn"))], name="model"
        )

    stock, ours = sequential(lambda layer: layer), sequential(use_fast_loop)
    assert stock.get_config() == ours.get_config()
    ours.save(tmp_path / "ours.keras")
    again = keras.models.load_model(tmp_path / "ours.keras")
    assert "inner_loop" not in vars(again.layers[0])
    x = np.random.default_rng(0).normal(size=(2, 20, FEATURES))
    np.testing.assert_allclose(again(x), ours(x), atol=1e-6)


def test_a_phone_gets_keras_own_loop_or_another_and_the_layer_its_own_back():
    layer = use_fast_loop(L.SimpleRNN(UNITS))
    model = keras.Sequential([keras.Input((20, FEATURES)), layer])
    fast = layer.inner_loop
    with for_phone(model):
        assert layer.inner_loop.__func__ is L.RNN.inner_loop
    with for_phone(model, lambda layer, *_, **__: layer.name):
        assert layer.inner_loop() == layer.name
    assert layer.inner_loop is fast


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs the extra `jax`")
def test_on_keras_jax_backend(fresh):
    """In a process of its own: values and gradients are those of Keras' own loop there, masked and not."""
    code = """
import numpy as np
import jax
from keras_rnn.core.backend import keras
from keras_rnn import RNNCell
from keras_rnn.rnn.recurrence import use_fast_loop
import keras_rnn.rnn.recurrence as recurrence
assert keras.backend.backend() == "jax"
covers, covered = recurrence._covers, []
recurrence._covers = lambda *a: covered.append(covers(*a)) or covered[-1]
random, worst = np.random.default_rng(0), 0
x, h = random.normal(size=(3, 19, 4)).astype("float32"), random.normal(size=(3, 5)).astype("float32")
mask = np.ones((3, 19), bool)
mask[0, :9], mask[1, 12:], mask[2] = False, False, False
for build, m in (
    (lambda: keras.layers.SimpleRNN(5, go_backwards=True), mask),
    (lambda: keras.layers.RNN(RNNCell(5, 2, "relu"), return_sequences=True), None),
):
    own, ours = build(), use_fast_loop(build())
    own.build(x.shape), ours.build(x.shape)
    ours.set_weights(own.get_weights())
    def results(layer):
        def loss(weights, x, h):
            y, _ = layer.stateless_call(weights, [v.value for v in layer.non_trainable_variables],
                                        x, initial_state=h, mask=m, training=True)
            return (y ** 3).sum(), y
        weights = [v.value for v in layer.trainable_variables]
        return jax.tree.leaves(jax.jit(jax.value_and_grad(loss, (0, 1, 2), has_aux=True))(weights, x, h))
    for a, b in zip(results(ours), results(own), strict=True):
        worst = max(worst, float(np.abs(a - b).max() / max(1, np.abs(b).max())))
print(len(covered), all(covered), worst < 1e-5)

from keras_rnn import CharModel
model = CharModel("abcde", 20, 7, return_sequences=True, seed=0)
plain = keras.models.clone_model(model)
plain.set_weights(model.get_weights())
ids = random.integers(0, 5, (8, 20)).astype("int32")
for each in (model, plain):
    each.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    each.fit(ids, ids, verbose=0, epochs=3, shuffle=False)
print(max(float(np.abs(a - b).max()) for a, b in zip(model.get_weights(), plain.get_weights())) < 1e-5)
"""
    assert fresh(code, KERAS_BACKEND="jax") == "2 True True\nTrue\n"
