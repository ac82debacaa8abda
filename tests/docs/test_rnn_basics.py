"""The lesson says what is true: its numbers against NumPy, its shapes against the tutorial's.

That it prints what its notebook shows is tested in test_lessons.py.
"""

import re

import nbformat
import numpy as np
import pytest
from helpers import CHECKOUT

from keras_rnn import RNNCell
from keras_rnn.core.backend import keras
from keras_rnn.rnn.exchange import read_weights


@pytest.fixture(scope="module")
def lesson():
    """What it prints."""
    notebook = nbformat.read(CHECKOUT / "notebooks" / "rnn_basics.ipynb", as_version=4)
    return "\n".join(output.text for cell in notebook.cells for output in cell.get("outputs", []))


def test_ten_rows_side_by_side_and_in_a_loop(lesson):
    rows = np.array([
        [float(number) for number in line.split()]
        for line in lesson.splitlines()
        if re.fullmatch(r"\s+\d+( +-?\d+\.\d+){3}", line)
    ])  # fmt: skip
    x = np.arange(1, 11)[:, None] / 10
    ours, pytorch = rows[:10], rows[10:]  # a table each
    for table in ours, pytorch:
        np.testing.assert_allclose(table[:, :2], np.column_stack([np.arange(1, 11), x]))
    cell = RNNCell(
        20, 1, None,
        kernel_initializer=keras.initializers.GlorotUniform(seed=1),
        recurrent_initializer=keras.initializers.Orthogonal(seed=2),
        output_initializer=keras.initializers.GlorotUniform(seed=3),
    )  # fmt: skip
    cell.build((None, 1))
    weights = read_weights(cell)
    side_by_side, _ = weights.forward(x[:, None], activation=None)  # ten sequences of one step
    looped, _ = weights.forward(x[None], activation=None)  # one sequence of ten
    np.testing.assert_allclose(ours[:, 2], side_by_side[:, 0, 0], atol=6e-5)
    for column in ours[:, 3], pytorch[:, 2], pytorch[:, 3]:
        np.testing.assert_allclose(column, looped[0, :, 0], atol=6e-5)
    assert np.abs(looped[0, 1:, 0] - side_by_side[1:, 0, 0]).min() > 1e-3


def test_shapes(lesson):
    for line in (
        "side by side: input (10, 1) -> output (10, 1), state (10, 20)",
        "input (5, 3, 10), state (5, 20) -> output (5, 3, 20), last state (5, 20)",
        "batched                           (5, 3, 10)  SimpleRNN(20)(x)              (5, 3, 20)",
        "unbatched                         (3, 10)     SimpleRNN(20)(x[None])[0]     (3, 20)",
        "regression, a head on every step  (5, 3, 1)   Dense(1) on all outputs       (5, 3, 1)",
        "regression, last step only        (5, 3, 1)   Dense(1) on output[:, -1, :]  (5, 1)",
        "the same, as Keras spells it      (5, 3, 1)   return_sequences=False        (5, 1)",
    ):
        assert line in lesson


def test_targets(lesson):
    walks = re.findall(r"y +target +(\(.*?\)) +(fits|does not fit)", lesson)
    assert walks == [("(5, 3, 1)", "fits"), ("(5, 1)", "does not fit"), ("(5, 3, 1)", "does not fit")]
    assert "take the last step, `[:, -1, :]`, or build the last recurrent layer with return_sequences=False" in lesson
    assert "build the last recurrent layer with return_sequences=True; it has shape (5, 3, 1)" in lesson


def test_differences_are_below_what_is_said(lesson):
    assert lesson.count("largest difference below 1e-6") == lesson.count("largest difference") == 6
    assert "given as `x[None]`, and its result read as `[0]`. Received: shape (3,)" in " ".join(lesson.split())
