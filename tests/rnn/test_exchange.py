"""Weights in and out of Keras layers."""

import numpy as np
import pytest

from keras_rnn import RNNCell
from keras_rnn.core.backend import keras
from keras_rnn.rnn.exchange import read_weights, write_weights
from keras_rnn.rnn.weights import CellWeights


def built(*layers, features=3):
    shape = (None, 5, features)
    for layer in layers:
        layer.build(shape)
        shape = layer.compute_output_shape(shape)
    return layers


def hand_written(**options):
    return built(keras.layers.RNN(RNNCell(4, output_size=2, **options), return_sequences=True))


def keras_own(**options):
    return built(keras.layers.SimpleRNN(4, return_sequences=True, **options), keras.layers.Dense(2, **options))


def run(layers, x):
    for layer in layers:
        x = layer(x)
    return np.asarray(x)


@pytest.mark.parametrize(("source", "target"), [(hand_written, keras_own), (keras_own, hand_written)])
def test_both_directions_exactly(source, target):
    given, taken = source(bias_initializer="ones"), target()
    write_weights(read_weights(*given), *taken)
    assert read_weights(*taken).sha256() == read_weights(*given).sha256()
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)
    np.testing.assert_allclose(run(taken, x), run(given, x), atol=1e-6)


def test_cell_alone_and_layer_without_head():
    (simple,) = built(keras.layers.SimpleRNN(4))
    cell = RNNCell(4)
    cell.build((None, 3))
    write_weights(read_weights(simple), cell)
    assert read_weights(cell).sha256() == read_weights(simple).sha256()


def test_a_bias_that_is_lacking_becomes_zero_and_one_without_a_place_is_refused():
    with_bias, without = keras_own(bias_initializer="ones"), hand_written(use_bias=False)
    weights = read_weights(*without)
    write_weights(weights, *with_bias)
    assert not read_weights(*with_bias).bias.any()
    assert not read_weights(*with_bias).output_bias.any()
    with pytest.raises(ValueError, match=r"place for i2h_bias, i2o_bias. Received: "):
        write_weights(read_weights(*keras_own()), *without)


def test_nothing_is_written_when_a_shape_is_wrong():
    layers = keras_own()
    before = read_weights(*layers).sha256()
    w = read_weights(*layers)
    other = CellWeights(w.kernel + 1, w.recurrent_kernel, w.bias, np.zeros((4, 7)), np.zeros(7))
    with pytest.raises(ValueError, match=r"`dense_kernel` must have shape \(4, 2\). Received: shape \(4, 7\)"):
        write_weights(other, *layers)
    assert read_weights(*layers).sha256() == before
    with pytest.raises(ValueError, match="must hold `dense_kernel`"):
        write_weights(CellWeights(w.kernel, w.recurrent_kernel), *layers)


@pytest.mark.parametrize(
    "layers",
    [
        (),
        (keras.layers.SimpleRNN(4),),
        built(keras.layers.GRU(4)),
        built(keras.layers.Bidirectional(keras.layers.SimpleRNN(4))),
        (*keras_own(), *built(keras.layers.Dense(2))),
        (*hand_written(), *built(keras.layers.Dense(2))),
        ("simple_rnn",),
    ],
)
def test_other_layers_are_refused(layers):
    with pytest.raises(ValueError, match="with or without a `Dense` head. Received: "):
        read_weights(*layers)
