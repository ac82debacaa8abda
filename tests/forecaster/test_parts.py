"""How much of a series is kept for the test."""

import pytest

from keras_rnn.forecaster.parts import held_out_periods


@pytest.mark.parametrize(
    ("test", "periods", "expected"),
    [(0.2, 90, 18), (0.2, 92, 18), (0, 17, 0), (0.0, 17, 0), (12, 90, 12), (0.9, 200, 180)],
)
def test_a_share_or_a_number(test, periods, expected):
    assert held_out_periods(test, periods, 6) == expected


@pytest.mark.parametrize(
    ("test", "periods", "error", "message"),
    [
        (2, 90, ValueError, "`test` must be 0, or 3 periods or more. Received: 2"),
        (0.02, 90, ValueError, "3 periods or more. Received: 0.02"),
        (-1, 90, ValueError, "`test` must be at least 0. Received: -1"),
        (0.95, 90, ValueError, "`test` must be from 0 to 0.9. Received: 0.95"),
        (True, 90, TypeError, "`test` must be a number. Received: True"),
        (0.2, 19, ValueError, "`series` must hold 20 values: .* test part's 4 .* Received: 19"),
    ],
)
def test_what_leaves_too_little(test, periods, error, message):
    with pytest.raises(error, match=message):
        held_out_periods(test, periods, 6)
