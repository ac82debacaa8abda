"""The tutorial's shapes, batched and not, and targets that fit and do not."""

import numpy as np
import pytest

from keras_rnn import RNNCell, char_model, gs10_model, insight
from keras_rnn.core.backend import keras

layers = keras.layers


def walk(model, x, y=None):
    found = insight.shapes(model, np.zeros(x), None if y is None else np.zeros(y))
    return found, [step.shape for step in found.steps], [step.meaning for step in found.steps]


def plain(features, *after, sequences=True):
    return keras.Sequential(
        [keras.Input((3, features)), layers.SimpleRNN(20, return_sequences=sequences, name="rnn"), *after]
    )


class TestTutorial:
    @pytest.mark.parametrize(
        ("sequences", "shape", "meaning"),
        [(True, (5, 3, 20), "5 samples, 3 steps, 20 units"), (False, (5, 20), "5 samples, 20 units")],
    )
    def test_batched(self, sequences, shape, meaning):
        found, walked, meanings = walk(plain(10, sequences=sequences), (5, 3, 10))
        assert walked == [(5, 3, 10), shape]
        assert meanings == ["5 samples, 3 steps, 10 features", meaning]
        assert (found.batched, found.output, found.remarks, found.fits) == (True, shape, (), None)

    def test_unbatched(self):
        found, walked, _ = walk(plain(10), (3, 10))
        assert walked == [(1, 3, 10), (1, 3, 20)]
        assert not found.batched
        assert "shape (3, 10): give `x[None]`" in found.remarks[0]
        assert "`[0]`" in str(found)

    def test_head_on_every_step_or_on_the_last(self):
        assert walk(plain(1, layers.Dense(1)), (5, 3, 1))[1] == [(5, 3, 1), (5, 3, 20), (5, 3, 1)]
        found, walked, meanings = walk(plain(1, layers.Dense(1), sequences=False), (5, 3, 1))
        assert walked == [(5, 3, 1), (5, 20), (5, 1)]
        assert meanings == ["5 samples, 3 steps, 1 feature", "5 samples, 20 units", "5 samples, 1 output"]
        x = keras.Input((3, 1))
        last = layers.Dense(1)(layers.SimpleRNN(20, return_sequences=True)(x)[:, -1, :])
        found, walked, _ = walk(keras.Model(x, last), (5, 3, 1))
        assert walked == [(5, 3, 1), (5, 3, 20), (5, 20), (5, 1)]
        assert [step.kind for step in found.steps] == ["input", "SimpleRNN", "GetItem", "Dense"]

    def test_as_a_table(self):
        found, *_ = walk(plain(1, layers.Dense(1, name="head"), sequences=False), (5, 3, 1), (5, 1))
        assert str(found).splitlines() == [
            "layer  kind       shape      meaning",
            "x      input      (5, 3, 1)  5 samples, 3 steps, 1 feature",
            "rnn    SimpleRNN  (5, 20)    5 samples, 20 units",
            "head   Dense      (5, 1)     5 samples, 1 output",
            "y      target     (5, 1)     fits the output",
        ]


class TestTargets:
    def test_one_step_against_all(self):
        found, *_ = walk(plain(1, layers.Dense(1)), (5, 3, 1), (5, 1))
        assert found.fits is False
        (remark,) = found.remarks
        assert "`y` must have shape (5, 3, 1)" in remark
        assert "`[:, -1, :]`" in remark
        assert "return_sequences=False" in remark
        assert "Dense" not in remark

    def test_all_steps_against_one(self):
        found, *_ = walk(plain(1, layers.Dense(1), sequences=False), (5, 3, 1), (5, 3, 1))
        assert found.fits is False
        assert "return_sequences=True" in found.remarks[0]
        assert "[:, -1, :]" not in found.remarks[0]

    def test_no_head(self):
        found, *_ = walk(plain(10), (5, 3, 10), (5, 1))
        assert "`[:, -1, :]`" in found.remarks[0]
        assert "`Dense(1)`" in found.remarks[0]
        found, *_ = walk(plain(10), (5, 3, 10), (5, 3, 1))
        assert "`Dense(1)`" in found.remarks[0]
        assert "return_sequences" not in found.remarks[0]

    def test_samples(self):
        found, *_ = walk(plain(1, layers.Dense(1), sequences=False), (5, 3, 1), (4, 1))
        assert "5 samples went in" in found.remarks[0]

    @pytest.mark.parametrize(
        ("head", "sequences", "y"),
        [(1, True, (5, 3, 1)), (1, True, (5, 3)), (1, False, (5, 1)), (1, False, (5,)), (2, False, (5, 2))],
    )
    def test_fitting(self, head, sequences, y):
        found, *_ = walk(plain(1, layers.Dense(head), sequences=sequences), (5, 3, 1), y)
        assert found.fits is True
        assert found.remarks == ()

    @pytest.mark.parametrize("y", [(5, 2, 1), (5, 3, 2), (3, 5, 1), (5, 1, 1), (), (15,)])
    def test_not_fitting(self, y):
        found, *_ = walk(plain(1, layers.Dense(1)), (5, 3, 1), y)
        assert found.fits is False
        assert f"it has shape {y}" in found.remarks[-1]

    def test_class_ids(self):
        ids = [[0, 1], [2, 3]]
        assert insight.shapes(char_model(), ids, [1, 2]).fits
        assert insight.shapes(char_model(), ids, [[1], [2]]).fits
        wrong = insight.shapes(char_model(), ids, [[1, 2], [3, 4]])
        assert not wrong.fits
        assert "return_sequences=True" in wrong.remarks[0]
        every = char_model(return_sequences=True)
        assert insight.shapes(every, ids, [[1, 2], [3, 4]]).fits
        assert "`[:, -1, :]`" in insight.shapes(every, ids, [1, 2]).remarks[0]
        uncompiled = plain(1, layers.Dense(4), sequences=False)
        assert insight.shapes(uncompiled, np.zeros((5, 3, 1)), np.zeros(5, int)).fits
        assert not insight.shapes(uncompiled, np.zeros((5, 3, 1)), np.zeros(5)).fits

    def test_gradients_say_the_same(self):
        model = plain(1, layers.Dense(1))
        with pytest.raises(ValueError, match="Received") as caught:
            insight.gradients(model, np.zeros((5, 3, 1)), np.zeros((5, 1)), "mse")
        remark = walk(model, (5, 3, 1), (5, 1))[0].remarks[0]
        assert str(caught.value).partition(". Received")[0] == remark.partition("; it has shape")[0]

    def test_no_numbers(self):
        with pytest.raises(TypeError, match="`y` must be numbers. Received: 'abc'"):
            insight.shapes(plain(1), np.zeros((5, 3, 1)), "abc")


class TestMeanings:
    def test_the_zoo(self):
        _, walked, meanings = walk(gs10_model(), (2, 6))
        assert walked[0] == (2, 6)
        assert meanings[0] == "2 samples, 6 steps"
        assert meanings[-1] == "2 samples, 1 output"
        found = insight.shapes(char_model(cell="rnn_cell"), [[0, 1]])
        assert [step.meaning for step in found.steps] == [
            "1 sample, 2 steps",
            "1 sample, 2 steps, 8 features",
            "1 sample, 8 outputs",
        ]

    def test_a_cell_without_head_and_both_directions(self):
        both = layers.Bidirectional(layers.GRU(4, return_sequences=True))
        model = keras.Sequential([keras.Input((3, 2)), both, layers.RNN(RNNCell(7))])
        _, walked, meanings = walk(model, (5, 3, 2))
        assert walked == [(5, 3, 2), (5, 3, 8), (5, 7)]
        assert meanings[1:] == ["5 samples, 3 steps, 8 units", "5 samples, 7 units"]
