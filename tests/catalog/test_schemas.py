"""Files that any version wrote are read by every later one. A fixture, once here, stays: see `catalog.metadata`."""

from pathlib import Path

import numpy as np
import pytest

from keras_rnn.catalog.metadata import SCHEMA
from keras_rnn.runtime import load

FIXTURES = Path(__file__).parents[1] / "fixtures"
HISTORY = [2.14, 0.89, 1.44, 2.95, 3.96, 4.21]
ANSWERS = {
    "schema_1_char_first": "hello worl",  # without `quantize`
    "schema_1_char": "hello worl",
    "schema_1_char_carried": "abbaaaabaaaa",
    "schema_1_gs10_first": [4.7288, 4.6548, 4.1799],
    "schema_1_gs10_without_scaling": [4.7288, 4.6548, 4.1799],  # nor `residuals`
    "schema_1_gs10": [4.2286, 4.2281, 4.2288],
    "schema_1_series": [4.21, 4.21, 4.21],
    "schema_2_char": "hello worl",
    "schema_2_char_carried": "abbaaaabaaaa",
    "schema_2_gs10": [4.2286, 4.2281, 4.2288],
    "schema_2_series": [4.21, 4.21, 4.21],
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_file_of_every_schema_is_read(name):
    model = load(FIXTURES / f"{name}.tflite")
    assert name.startswith(f"schema_{model.metadata['schema']}_{model.kind}")
    if model.kind == "char":
        answer = model.generate("abba" if model.carried else "he", 8)
        assert answer == ANSWERS[name]
    else:
        history = HISTORY if model.features == 1 else np.repeat(HISTORY, model.features).reshape(-1, model.features)
        np.testing.assert_allclose(model.forecast(history, 3).mean, ANSWERS[name], atol=2e-4)


def test_there_is_a_fixture_for_each_kind_of_the_newest_schema():
    assert {path.stem for path in FIXTURES.glob("*.tflite")} == set(ANSWERS)
    assert {f"schema_{SCHEMA}_{kind}" for kind in ("char", "gs10", "series")} <= set(ANSWERS)
