"""What the cards say of quantized variants, measured anew for one model and read from the others' cards."""

import numpy as np
import pytest
from helpers import script

from keras_rnn import char_model
from keras_rnn.catalog.cards import read_card, render
from keras_rnn.catalog.names import model_folder, packaged_names
from keras_rnn.litert.quantization import QUANTIZE

measure_variants = script("variants").measure_variants


@pytest.mark.parametrize("name", list(packaged_names()), ids=str)
def test_each_card_says_what_quantizing_would_cost(name):
    card = read_card(model_folder(name))
    assert [v["quantize"] for v in card["variants"]] == list(QUANTIZE)
    shipped = {file for file in card["files"] if file.endswith(".tflite")}
    assert shipped == {"model.tflite"}
    assert not any(v["ships"] for v in card["variants"])
    page = render(card)
    assert "## Quantized" in page
    assert page.count("not shipped: ") == 3


@pytest.mark.slow
def test_a_model_that_is_worth_it():
    model = char_model(None, vocabulary="".join(map(chr, range(97, 161))), window=2, units=64, seed=0)
    found = {v["quantize"]: v for v in measure_variants(model, np.arange(64, dtype=np.int32).reshape(32, 2))}
    half, dynamic = found["float16"], found["dynamic_range"]
    assert half["quantized"]
    assert half["bytes"] < 0.75 * half["float32_bytes"]
    assert half["ships"] == (half["agreement"] == 1)
    assert dynamic["quantized"]
    assert dynamic["bytes"] < half["float32_bytes"]
    assert 0 < half["largest_error"] < dynamic["largest_error"] < 0.1
