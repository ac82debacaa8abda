"""RNNCell against PyTorch (values and gradients), against SimpleRNN, and against constants."""

import numpy as np
import pytest
import torch

from keras_rnn import RNNCell
from keras_rnn.core.backend import keras, tf
from keras_rnn.rnn.exchange import read_weights, write_weights
from keras_rnn.rnn.weights import CellWeights

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
TORCH = {"float32": torch.float32, "float64": torch.float64}


def random(seed, *shape, dtype="float32"):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def close(actual, expected, dtype):
    expected = np.asarray(expected)
    np.testing.assert_allclose(actual, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * np.abs(expected).max())


class TorchComponent(torch.nn.Module):
    """The tutorial's component in PyTorch."""

    def __init__(self, features, hidden, output, activation):
        super().__init__()
        self.i2h = torch.nn.Linear(features + hidden, hidden)
        self.i2o = torch.nn.Linear(hidden, output)
        self.activation = activation

    def forward(self, x, hidden):
        combined = torch.cat((x, hidden), 1)
        hidden = self.activation(self.i2h(combined))
        return self.i2o(hidden), hidden


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "activation"), [(None, lambda z: z), ("tanh", torch.tanh), ("relu", torch.relu)])
@pytest.mark.parametrize("in_a_loop", [False, True])
def test_equals_the_tutorials_linears_values_and_gradients(dtype, name, activation, in_a_loop):
    """(10, 1) → hidden 20 → output 1: ten rows side by side from zero states, and one after the other."""
    torch.manual_seed(0)  # one draw in 150 is a gradient near zero, which rounding moves by more than its share
    component = TorchComponent(1, 20, 1, activation).to(TORCH[dtype])
    x = random(1, 10, 1, dtype=dtype)
    goal = random(2, 10, 1, dtype=dtype)
    cell = RNNCell(20, output_size=1, activation=name, dtype=dtype)
    cell.build((None, 1))
    write_weights(CellWeights.from_linears({k: v.detach() for k, v in component.state_dict().items()}), cell)

    with tf.GradientTape() as tape:
        inputs = tf.constant(x)
        tape.watch(inputs)
        if in_a_loop:
            h, outputs = tf.zeros((1, 20), dtype), []
            for t in range(10):
                o, [h] = cell(inputs[t : t + 1], [h])
                outputs.append(o)
            output = tf.concat(outputs, axis=0)
        else:
            output, [h] = cell(inputs, [tf.zeros((10, 20), dtype)])
        loss = tf.reduce_mean((output - goal) ** 2)
    ours = tape.gradient(loss, [inputs, *cell.trainable_variables])

    x_torch = torch.tensor(x, requires_grad=True)
    if in_a_loop:
        h_torch, outputs = torch.zeros(1, 20, dtype=TORCH[dtype]), []
        for t in range(10):
            o, h_torch = component(x_torch[t : t + 1], h_torch)
            outputs.append(o)
        output_torch = torch.cat(outputs)
    else:
        output_torch, h_torch = component(x_torch, torch.zeros(10, 20, dtype=TORCH[dtype]))
    ((output_torch - torch.tensor(goal)) ** 2).mean().backward()

    assert output.shape == (10, 1)
    assert h.shape == h_torch.shape
    close(output, output_torch.detach(), dtype)
    close(h, h_torch.detach(), dtype)
    i2h, i2o = component.i2h, component.i2o
    theirs = [x_torch.grad, i2h.weight.grad.T, i2h.bias.grad, i2o.weight.grad.T, i2o.bias.grad]
    for gradient, expected in zip(ours, theirs, strict=True):
        close(gradient, expected, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_equals_nn_rnn_values_and_gradients(dtype, activation):
    """(5, 3, 10) with a given state → (5, 3, 20) and (5, 20)."""
    theirs = torch.nn.RNN(10, 20, nonlinearity=activation, batch_first=True, dtype=TORCH[dtype])
    x, h0 = random(1, 5, 3, 10, dtype=dtype), random(2, 5, 20, dtype=dtype)
    layer = keras.layers.RNN(
        RNNCell(20, activation=activation, dtype=dtype), return_sequences=True, return_state=True, dtype=dtype
    )
    layer.build((None, 3, 10))
    write_weights(CellWeights.from_torch_rnn({k: v.detach() for k, v in theirs.state_dict().items()}), layer)

    with tf.GradientTape() as tape:
        inputs, state = tf.constant(x), tf.constant(h0)
        tape.watch([inputs, state])
        output, last = layer(inputs, initial_state=[state])
        loss = tf.reduce_sum(output**2) + tf.reduce_sum(last)
    gradients = tape.gradient(loss, [inputs, state, layer.cell.i2h_kernel, layer.cell.i2h_bias])

    x_torch, h_torch = torch.tensor(x, requires_grad=True), torch.tensor(h0[None], requires_grad=True)
    output_torch, last_torch = theirs(x_torch, h_torch)
    ((output_torch**2).sum() + last_torch.sum()).backward()

    assert output.shape == (5, 3, 20)
    assert last.shape == (5, 20)
    close(output, output_torch.detach(), dtype)
    close(last, last_torch[0].detach(), dtype)
    kernel = torch.cat([theirs.weight_ih_l0.grad, theirs.weight_hh_l0.grad], dim=1).T
    expected = [x_torch.grad, h_torch.grad[0], kernel, theirs.bias_ih_l0.grad]
    for ours, other in zip(gradients, expected, strict=True):
        close(ours, other, dtype)


def test_unbatched_and_regression_shapes_equal_nn_rnn():
    """(3, 10) is x[None] and [0] here; (5, 3, 1) → (5, 3, 1) with a head, and (5, 1) at the last step."""
    theirs, head = torch.nn.RNN(10, 20, batch_first=True), torch.nn.Linear(20, 1)
    state_dict = {k: v.detach() for k, v in theirs.state_dict().items()}
    layer = keras.layers.RNN(RNNCell(20), return_sequences=True)
    layer.build((None, 3, 10))
    write_weights(CellWeights.from_torch_rnn(state_dict), layer)
    x = random(1, 3, 10)
    assert layer(x[None])[0].shape == (3, 20)
    close(layer(x[None])[0], theirs(torch.tensor(x))[0].detach(), "float32")

    theirs = torch.nn.RNN(1, 20, batch_first=True)
    heads = {"head.weight": head.weight.detach(), "head.bias": head.bias.detach()}
    weights = CellWeights.from_torch_rnn({k: v.detach() for k, v in theirs.state_dict().items()} | heads)
    every, last = (keras.layers.RNN(RNNCell(20, output_size=1), return_sequences=s) for s in (True, False))
    for one in (every, last):
        one.build((None, 3, 1))
        write_weights(weights, one)
    x = random(2, 5, 3, 1)
    expected = head(theirs(torch.tensor(x))[0]).detach()
    assert every(x).shape == expected.shape == (5, 3, 1)
    assert last(x).shape == (5, 1)
    close(every(x), expected, "float32")
    close(last(x), expected[:, -1, :], "float32")


def test_golden_numbers_from_constant_weights():
    cell = RNNCell(2, output_size=1, kernel_initializer="ones", recurrent_initializer="ones",
                   output_initializer="ones", bias_initializer="ones")  # fmt: skip
    output, [h] = cell(np.array([[0.5, -1.0]]), [np.array([[0.25, -0.5]])])
    # combined sums to -0.75; + bias 1 = 0.25; tanh(0.25) = 0.24491866; twice that + 1
    np.testing.assert_allclose(h, [[0.24491866, 0.24491866]], rtol=1e-6)
    np.testing.assert_allclose(output, [[1.48983732]], rtol=1e-6)
    linear = RNNCell(1, activation=None, use_bias=False, kernel_initializer="ones", recurrent_initializer="ones")
    output, _ = linear(np.array([[3.0]]), [np.array([[4.0]])])
    np.testing.assert_allclose(output, [[7.0]])


OPTIONS = [
    {},
    {"return_sequences": True},
    {"return_sequences": True, "go_backwards": True},
    {"unroll": True},
    {"unroll": True, "return_sequences": True, "go_backwards": True},
]
USES = [
    (wrap, options)
    for wrap in ("plain", "bidirectional", "masked", "initial_state", "return_state")
    for options in OPTIONS
    if not (wrap == "bidirectional" and "go_backwards" in options)  # Keras wants the forward layer forwards
]


@pytest.mark.parametrize(("wrap", "options"), USES)
def test_every_use_of_a_layer_equals_simple_rnn(wrap, options):
    """The twin with the same weights, used the same way, is the reference."""
    ours = keras.layers.RNN(RNNCell(4), **options, return_state=wrap == "return_state")
    keras_own = keras.layers.SimpleRNN(4, **options, return_state=wrap == "return_state")
    x = random(1, 3, 5, 2)
    arguments = {}
    if wrap == "bidirectional":
        ours, keras_own = keras.layers.Bidirectional(ours), keras.layers.Bidirectional(keras_own)
    if wrap == "masked":
        arguments["mask"] = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 1, 1, 1, 0]], dtype=bool)
    if wrap == "initial_state":
        arguments["initial_state"] = random(2, 3, 4)
    ours(x, **arguments), keras_own(x, **arguments)
    if wrap == "bidirectional":
        for mine, theirs in ((ours.forward_layer, keras_own.forward_layer),
                             (ours.backward_layer, keras_own.backward_layer)):  # fmt: skip
            write_weights(read_weights(theirs), mine)
    else:
        write_weights(read_weights(keras_own), ours)
    a, b = ours(x, **arguments), keras_own(x, **arguments)
    for mine, theirs in zip(a, b, strict=True) if wrap == "return_state" else [(a, b)]:
        assert mine.shape == theirs.shape
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("unroll", [False, True])
def test_mask_with_an_output_of_another_size(unroll):
    """A masked step changes neither state nor output: the result is that of the sequence without it."""
    layer = keras.layers.RNN(RNNCell(4, output_size=3), unroll=unroll)
    x = random(1, 2, 5, 2)
    mask = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 0, 0]], dtype=bool)
    short = keras.layers.RNN(layer.cell)
    np.testing.assert_allclose(layer(x, mask=mask), short(x[:, :3]), rtol=1e-5, atol=1e-6)


def test_stacks():
    stacked = keras.layers.RNN([RNNCell(4, output_size=3), RNNCell(5, output_size=2)], return_sequences=True)
    lower, upper = (keras.layers.RNN(cell, return_sequences=True) for cell in stacked.cell.cells)
    x = random(1, 3, 6, 2)
    result = stacked(x)
    assert result.shape == (3, 6, 2)
    np.testing.assert_allclose(result, upper(lower(x)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("policy", "compute"), [("mixed_float16", "float16"), ("mixed_bfloat16", "bfloat16")])
def test_mixed_precision(policy, compute):
    layer = keras.layers.RNN(RNNCell(4, output_size=3, dtype=policy), dtype=policy)
    x = random(1, 2, 5, 2)
    output = layer(x)
    assert keras.backend.standardize_dtype(output.dtype) == compute
    assert keras.backend.standardize_dtype(layer.cell.i2h_kernel.dtype) == "float32"
    reference, _ = read_weights(layer).forward(x)
    np.testing.assert_allclose(np.asarray(output, dtype="float32"), reference[:, -1], atol=0.05)


def test_regularizers_penalize_their_own_part():
    cell = RNNCell(3, output_size=2, bias_initializer="ones", kernel_regularizer=keras.regularizers.L1(0.1),
                   recurrent_regularizer=keras.regularizers.L2(0.2), output_regularizer=keras.regularizers.L1(0.3),
                   bias_regularizer=keras.regularizers.L1(0.4))  # fmt: skip
    cell.build((None, 4))
    w = read_weights(cell)
    expected = [
        0.1 * np.abs(w.kernel).sum() + 0.2 * (w.recurrent_kernel**2).sum(),
        0.4 * 3,
        0.3 * np.abs(w.output_kernel).sum(),
        0.4 * 2,
    ]
    np.testing.assert_allclose([float(loss) for loss in cell.losses], expected, rtol=1e-5)


def test_config_round_trip_with_every_argument_unlike_its_default():
    arguments = {
        "units": 3, "output_size": 2, "activation": "relu", "use_bias": False,
        "kernel_initializer": keras.initializers.GlorotNormal(seed=1),
        "recurrent_initializer": keras.initializers.Orthogonal(gain=0.9, seed=3),
        "output_initializer": keras.initializers.HeNormal(seed=2),
        "bias_initializer": keras.initializers.Ones(),
        "kernel_regularizer": keras.regularizers.L1(0.1), "recurrent_regularizer": keras.regularizers.L2(0.2),
        "output_regularizer": keras.regularizers.L1(0.3), "bias_regularizer": keras.regularizers.L2(0.4),
        "kernel_constraint": keras.constraints.MaxNorm(1.5), "recurrent_constraint": keras.constraints.NonNeg(),
        "output_constraint": keras.constraints.UnitNorm(), "bias_constraint": keras.constraints.MaxNorm(2.5),
        "dropout": 0.1, "recurrent_dropout": 0.2, "seed": 7,
        "name": "mine", "trainable": False, "dtype": "float64",
    }  # fmt: skip
    cell = RNNCell(**arguments)
    again = RNNCell.from_config(cell.get_config())
    assert again.get_config() == cell.get_config()
    assert (again.units, again.state_size, again.output_size, again.use_bias) == (3, 3, 2, False)
    assert (again.dropout, again.recurrent_dropout, again.seed) == (0.1, 0.2, 7)
    assert again.activation is keras.activations.relu
    assert (again.name, again.trainable, again.dtype) == ("mine", False, "float64")
    for part in ("kernel", "recurrent", "output", "bias"):
        for kind in ("initializer", "regularizer", "constraint"):
            mine, other = (getattr(c, f"{part}_{kind}") for c in (cell, again))
            assert type(mine) is type(other)
            assert mine.get_config() == other.get_config()
    x, h = random(1, 5, 4, dtype="float64"), random(2, 5, 3, dtype="float64")
    np.testing.assert_array_equal(cell(x, [h])[0], again(x, [h])[0])  # the initializers are seeded


def test_dropout_in_training_alone_repeatable_and_the_same_at_every_step():
    x = np.ones((4, 6, 50), np.float32)

    def draw(training, **shares):
        cell = RNNCell(50, activation=None, use_bias=False, kernel_initializer="identity",
                       recurrent_initializer="identity", **shares)  # fmt: skip
        return np.asarray(keras.layers.RNN(cell, return_sequences=True)(x, training=training))

    steps = np.broadcast_to(np.arange(1, 7)[:, None], x.shape)  # what a sum of ones reads step by step
    np.testing.assert_allclose(draw(False, dropout=0.5, recurrent_dropout=0.5), steps)
    once, again, other = (draw(True, dropout=0.5, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert np.abs(once - other).max() > 0
    np.testing.assert_allclose(once, steps * once[:, :1])  # the mask of the first step is that of all
    assert set(np.unique(once[:, 0])) == {0, 2}  # kept values are scaled up
    recurrent = draw(True, recurrent_dropout=0.5, seed=1)
    np.testing.assert_array_equal(recurrent[:, 0], x[:, 0])  # the first state is zero
    assert set(np.unique(recurrent[:, 1])) == {1, 3}


def test_dropout_of_a_seed_is_that_of_simple_rnn():
    ours = keras.layers.RNN(RNNCell(4, dropout=0.4, recurrent_dropout=0.3, seed=5))
    theirs = keras.layers.SimpleRNN(4, dropout=0.4, recurrent_dropout=0.3, seed=5)
    x = random(1, 3, 6, 2)
    ours.build(x.shape), theirs.build(x.shape)
    write_weights(read_weights(theirs), ours)
    np.testing.assert_allclose(ours(x, training=True), theirs(x, training=True), rtol=1e-5, atol=1e-6)


def test_constraints_bind_their_own_part_at_every_update():
    norm = keras.constraints.MaxNorm
    cell = RNNCell(3, output_size=2, kernel_constraint=norm(0.1), recurrent_constraint=norm(0.2),
                   output_constraint=norm(0.3), bias_constraint=norm(0.4))  # fmt: skip
    model = keras.Sequential([keras.Input((5, 4)), keras.layers.RNN(cell)])
    model.compile("sgd", "mse")
    model.train_on_batch(random(1, 8, 5, 4), 100 * random(2, 8, 2))
    w = read_weights(model.layers[0])
    for part, most in ((w.kernel, 0.1), (w.recurrent_kernel, 0.2), (w.output_kernel, 0.3), (w.output_bias, 0.4)):
        norms = np.linalg.norm(part, axis=0)
        assert norms.max() == pytest.approx(most, rel=1e-4)  # each is reached
    free = RNNCell(3, recurrent_constraint=norm(0.2))
    free.build((None, 4))
    kept = free.i2h_kernel.constraint(free.i2h_kernel)
    np.testing.assert_array_equal(kept[:4], free.i2h_kernel[:4])


def test_output_size_none_is_the_state_and_stays_none_in_the_config():
    cell = RNNCell(7)
    assert (cell.output_size, cell.get_config()["output_size"]) == (7, None)
    output, [h] = cell(random(1, 2, 3), cell.get_initial_state(2))
    np.testing.assert_array_equal(output, h)
    assert RNNCell.from_config(cell.get_config()).output_size == 7
    assert [v.name for v in cell.variables] == ["i2h_kernel", "i2h_bias"]


def test_registered_name():
    assert keras.saving.get_registered_name(RNNCell) == "keras_rnn>RNNCell"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"units": 0}, ValueError),
        ({"units": 2.5}, TypeError),
        ({"units": True}, TypeError),
        ({"units": 2, "output_size": 0}, ValueError),
        ({"units": 2, "output_size": "3"}, TypeError),
        ({"units": 2, "dropout": 1.1}, ValueError),
        ({"units": 2, "recurrent_dropout": "some"}, TypeError),
        ({"units": 2, "seed": -1}, ValueError),
    ],
)
def test_bad_arguments(arguments, error):
    with pytest.raises(error, match="Received: "):
        RNNCell(**arguments)


def test_inputs_without_a_batch_are_answered_with_the_way_to_give_them():
    for layer, x in ((keras.layers.RNN(RNNCell(3)), np.zeros((3, 10))), (RNNCell(3), np.zeros(10))):
        with pytest.raises(ValueError, match=r"x\[None\]`, and its result read as `\[0\]`. Received: shape"):
            layer(x, **({"states": [np.zeros((1, 3))]} if isinstance(layer, RNNCell) else {}))
    with pytest.raises(ValueError, match="Received: shape"):
        RNNCell(3).build((None, None))


@pytest.mark.slow
def test_on_keras_torch_backend(fresh):
    """In a process of its own, without TensorFlow: values and gradients against NumPy in float64.

    In float32: on this backend Keras multiplies matrices in float32 whatever their type.
    """
    code = """
import sys
import numpy as np
from keras_rnn import RNNCell
import keras, torch
assert keras.backend.backend() == "torch"
from keras_rnn.rnn.exchange import read_weights
x = np.random.default_rng(1).normal(size=(5, 3, 10))
layer = keras.layers.RNN(RNNCell(20, output_size=2), return_sequences=True)
inputs = torch.tensor(x.astype("float32"), requires_grad=True)
y = layer(inputs)
weights = read_weights(layer)
print(tuple(y.shape), np.abs(y.detach().numpy() - weights.forward(x)[0]).max() < 1e-5)
y.sum().backward()
nudge = 1e-6 * (np.indices(x.shape).sum(0) == 0)
numeric = (weights.forward(x + nudge)[0] - weights.forward(x - nudge)[0]).sum() / 2e-6
print(abs(inputs.grad[0, 0, 0].item() / numeric - 1) < 1e-5, "tensorflow" in sys.modules)
"""
    assert fresh(code, KERAS_BACKEND="torch") == "(5, 3, 2) True\nTrue False\n"
