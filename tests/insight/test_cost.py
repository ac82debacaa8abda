"""What is counted is right, and what is measured is the median of rounds that take turns."""

import numpy as np
import pytest

from keras_rnn import insight
from keras_rnn.insight import _cost as costs


@pytest.fixture(scope="module")
def rows():
    return insight.cost(steps=(4, 256), units=(8, 20), features=3, rounds=5)


def test_every_pair_of_sizes(rows):
    assert [(row.steps, row.units) for row in rows] == [(4, 8), (256, 8), (4, 20), (256, 20)]


def test_parameters_and_bytes(rows):
    row = rows[1]
    assert row.rnn_parameters == (3 + 8 + 1) * 8 + 8 + 1
    assert row.dense_parameters == (256 * 3 + 1) * 8 + 8 + 1
    assert (row.rnn_bytes, row.dense_bytes) == (4 * (256 * 8 + 1), 4 * (8 + 1))
    (lstm,) = insight.cost(steps=(5,), units=(8,), cell="lstm", rounds=1)
    assert lstm.rnn_parameters == 4 * (1 + 8 + 1) * 8 + 8 + 1
    assert lstm.rnn_bytes == 4 * (2 * 5 * 8 + 1)


def test_medians_of_rounds_that_take_turns(monkeypatch):
    """By a clock of the test's own: recurrent 5, 1, 9 seconds, dense 2, 3, 4."""
    times = iter(np.cumsum([[0, seconds] for seconds in (5, 2, 1, 3, 9, 4)]).tolist())
    monkeypatch.setattr(costs.time, "perf_counter", lambda: next(times))
    (row,) = insight.cost((2,), (3,), rounds=3)
    monkeypatch.undo()
    assert row.rnn_microseconds == pytest.approx(5e6 / costs.CALLS)
    assert row.dense_microseconds == pytest.approx(3e6 / costs.CALLS)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"steps": ()}, ValueError, r"`steps` must be a sequence of integers. Received: \(\)"),
        ({"units": "20"}, ValueError, "`units` must be a sequence of integers. Received: '20'"),
        ({"units": 20}, ValueError, "`units` must be a sequence of integers. Received: 20"),
        ({"steps": (0,)}, ValueError, "`steps` must be at least 1. Received: 0"),
        ({"steps": (1.5,)}, TypeError, "`steps` must be an integer. Received: 1.5"),
        ({"cell": "rnn"}, ValueError, "`cell` must be one of .* Received: 'rnn'"),
        ({"rounds": 0}, ValueError, "`rounds` must be at least 1. Received: 0"),
        ({"batch": 0}, ValueError, "`batch` must be at least 1. Received: 0"),
        ({"features": 0}, ValueError, "`features` must be at least 1. Received: 0"),
        ({"seed": -1}, ValueError, "`seed` must be .* Received: -1"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        insight.cost(**arguments)
