"""`benchmarks/devices.py`: places answer alike, and one that is missing or wrong is not passed over."""

import devices
import numpy as np
import pytest

HISTORIES = np.array([[0.89, 1.44, 2.95, 3.96, 4.21, 4.29], [7.0, 7.5, 8.0, 8.5, 8.4, 8.2]], np.float32)


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(devices, "SLICE", 0.0)
    monkeypatch.setattr(devices, "SLICES", 1)


@pytest.fixture(scope="module")
def expected(zoo):
    model = zoo[devices.NAME]
    return np.array([model.forecast(x, steps=10)["mean"] for x in HISTORIES])


@pytest.mark.parametrize("place", ["SavedModel", "LiteRT, Python", "NumPy", "PyTorch"])
def test_places_here(place, expected):
    answers, microseconds = devices.PLACES[place](HISTORIES)
    np.testing.assert_allclose(answers, expected, atol=devices.LARGEST)
    assert microseconds > 0


def test_a_missing_place_says_so():
    def nowhere(histories):
        raise devices.Missing("there is no such thing\nat all")

    found = devices.measured({"Keras": devices.keras_model, "nowhere": nowhere, "NumPy": devices.numpy_loop}, HISTORIES)
    assert devices.equal(found)
    rows = [" ".join(row.split()) for row in devices.table(found).splitlines()]
    assert rows[2] == "nowhere missing there is no such thing"
    assert rows[1].startswith("Keras 0.0e+00 ")


@pytest.mark.parametrize("error", [1e-3, np.nan])
def test_a_place_that_is_off_is_told(error):
    def off(histories):
        answers, microseconds = devices.numpy_loop(histories)
        return answers + error, microseconds

    found = devices.measured({"NumPy": devices.numpy_loop, "off": off}, HISTORIES)
    assert not devices.equal(found)
    assert devices.equal({"NumPy": found["NumPy"], "int8": found["off"]})
