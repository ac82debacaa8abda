"""How a recurrent matrix begins."""

import numpy as np
import pytest

from keras_rnn import RNNCell, ScaledIdentity
from keras_rnn.core.backend import keras


def test_it_is_the_identity_times_the_gain():
    np.testing.assert_array_equal(ScaledIdentity(0.5)((3, 3)), 0.5 * np.eye(3))
    np.testing.assert_allclose(ScaledIdentity()((2, 2)), 0.99 * np.eye(2))


@pytest.mark.parametrize("layer", ["cell", "simple_rnn"])
def test_it_survives_a_file_with_its_gain(tmp_path, layer):
    initializer = ScaledIdentity(0.97)
    if layer == "cell":
        rnn = keras.layers.RNN(RNNCell(4, activation="relu", recurrent_initializer=initializer))
    else:
        rnn = keras.layers.SimpleRNN(4, activation="relu", recurrent_initializer=initializer)
    model = keras.Sequential([keras.Input((5, 2)), rnn])
    np.testing.assert_allclose(model.get_weights()[0 if layer == "cell" else 1][-4:], 0.97 * np.eye(4), rtol=1e-6)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    loaded = again.layers[0].cell.recurrent_initializer
    assert (type(loaded), loaded.gain) == (ScaledIdentity, 0.97)


def test_bad_input():
    for gain in ("1", None, float("nan"), True):
        with pytest.raises((TypeError, ValueError), match="Received: "):
            ScaledIdentity(gain)
    for shape in ((2, 3), (2,), (2, 2, 2)):
        with pytest.raises(ValueError, match="a square matrix. Received: "):
            ScaledIdentity()(shape)
