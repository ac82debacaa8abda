"""A trained model that learns more characters knows the old ones as before."""

import numpy as np
import pytest

from keras_rnn import char_model
from keras_rnn.text.extension import extend_vocabulary


@pytest.mark.parametrize(
    ("cell", "layers", "dropout"),
    [("simple_rnn", 1, 0.0), ("rnn_cell", 1, 0.0), ("rnn_cell", 2, 0.1), ("lstm", 2, 0.0)],
)
@pytest.mark.parametrize("units", [5, 7])  # as many as characters, too
def test_old_characters_are_read_as_before(cell, layers, dropout, units):
    old = char_model(None, cell, "bcdfg", 6, units, layers=layers, dropout=dropout, carried=True, seed=0)
    new = extend_vocabulary(old, "abcdefg", seed=1)
    places = ["abcdefg".index(c) for c in "bcdfg"]
    ids = np.random.default_rng(0).integers(0, 5, (3, 6)).astype(np.int32)
    found = new.predict_windows(np.take(places, ids).astype(np.int32))
    np.testing.assert_allclose(found[..., places], old.predict_windows(ids), atol=1e-6)
    assert np.ptp(found[..., [0, 3]]) > 0
    assert (new.vocabulary, new.carried, new.compiled) == ("abcdefg", True, True)


def test_bad_input():
    for vocabulary in ("abd", "bac"):
        with pytest.raises(ValueError, match="`vocabulary` must"):
            extend_vocabulary(char_model(None, vocabulary="abc"), vocabulary)
