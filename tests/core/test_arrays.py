"""The one door for arrays: what passes as it is, and what is refused with which words."""

import ml_dtypes
import numpy as np
import pytest

from keras_rnn.core.arrays import as_array


@pytest.mark.parametrize(
    ("value", "arguments", "dtype"),
    [
        ([1, 2], {"shape": ("periods",)}, np.int64),
        ([[1.0, 2.0]], {"shape": ("batch", 2), "finite_in": np.float32}, np.float64),
        ([True], {"kinds": "biuf"}, np.bool_),
        (np.ones(2, ml_dtypes.bfloat16), {"kinds": "f", "finite_in": np.float32}, ml_dtypes.bfloat16),
        ([1e39, np.nan], {}, np.float64),
        ([1e39], {"finite_in": np.float64}, np.float64),
        (3.0, {"shape": ()}, np.float64),
    ],
)
def test_what_passes(value, arguments, dtype):
    array = as_array("x", value, **arguments)
    assert array.dtype == dtype
    np.testing.assert_array_equal(array, np.array(value))
    assert as_array("x", array, **arguments) is array


@pytest.mark.parametrize(
    ("value", "arguments", "error", "message"),
    [
        ([[1], [1, 2]], {}, ValueError, r"`x` must be numbers. Received: \[\[1\], \[1, 2\]\]"),
        (None, {}, TypeError, "`x` must be numbers. Received: None"),
        (["a", "b"], {}, TypeError, r"`x` must be numbers. Received: <U1 of shape \(2,\)"),
        (["a"], {"wrong_kind": ValueError}, ValueError, "must be numbers"),
        ([True], {}, TypeError, "bool"),
        ([1j], {}, TypeError, "complex128"),
        ([1.0], {"kinds": "iu"}, TypeError, "must be integers. Received: float64"),
        ([1], {"kinds": "f"}, TypeError, "must be floating-point numbers. Received: int64"),
        (np.ones(1, ml_dtypes.bfloat16), {"kinds": "iu"}, TypeError, "Received: bfloat16"),
        ([], {"shape": ("periods",)}, ValueError, r"numbers of shape \(periods,\). Received: float64 of shape \(0,\)"),
        ([1.0], {"shape": ("batch", 2)}, ValueError, r"shape \(batch, 2\). Received: float64 of shape \(1,\)"),
        ([[1.0]], {"shape": ("batch", 2)}, ValueError, r"Received: float64 of shape \(1, 1\)"),
        (3.0, {"shape": (1,)}, ValueError, "Received: 3.0"),
        ([1, np.nan], {"finite_in": np.float32}, ValueError, "finite in float32. Received: nan at position 1"),
        ([[1, -np.inf]], {"finite_in": np.float64}, ValueError, r"Received: -inf at position \(0, 1\)"),
        ([1e39], {"finite_in": np.float32}, ValueError, r"finite in float32. Received: 1e\+39 at position 0"),
    ],
)
def test_what_is_refused(value, arguments, error, message):
    with pytest.raises(error, match=message):
        as_array("x", value, **arguments)
