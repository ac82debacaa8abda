"""The preset of real size: its files, its answers on a line of our own, and what its card says."""

import numpy as np
import pytest

from keras_rnn import char_model, list_models, runtime, verify
from keras_rnn.catalog.cards import read_card, render
from keras_rnn.catalog.names import find, preset_of, resolve
from keras_rnn.core.files import file_sizes
from keras_rnn.litert.file import LiteRTFile

CELLS = ("rnn_cell", "simple_rnn")
LINE = "To sum up, a net of one layer writes verse."


@pytest.mark.parametrize("cell", CELLS)
def test_every_artifact_equals_keras(cell):
    checks = verify(f"char/shakespeare/{cell}")
    assert all(check.passed for check in checks), checks
    assert {check.artifact for check in checks} >= {"SavedModel", "LiteRT", "LiteRT float16", "LiteRT dynamic_range"}


def test_the_same_logits_everywhere(zoo):
    """Character by character, the state carried on, beside the equation in float64."""
    models = [zoo[f"char/shakespeare/{cell}"] for cell in CELLS]
    files = [runtime.load(f"char/shakespeare/{cell}") for cell in CELLS]
    weights = models[0].get_cell_weights()
    assert weights.sha256() == models[1].get_cell_weights().sha256()
    ids = [models[0].vocabulary.index(c) for c in LINE]
    outputs, _ = weights.forward(np.eye(len(models[0].vocabulary))[ids][None])
    expected = outputs[0, -1]
    for model in (*models, *files):
        logits, _ = model.read(ids, None)
        np.testing.assert_allclose(logits, expected, atol=1e-5 * np.abs(expected).max())


def test_files_for_the_phone():
    folder = find("char/shakespeare")
    sizes = file_sizes(folder)
    assert sizes["model_dynamic_range.tflite"] < 500_000
    assert sizes["model_float16.tflite"] < 0.51 * sizes["model.tflite"]
    exact = runtime.load(folder)
    for kind, error in (("float16", 0.01), ("dynamic_range", 0.6)):
        other = runtime.load(folder / f"model_{kind}.tflite")
        assert other.metadata["quantize"] == kind
        assert other.metadata["name"] == "char/shakespeare/simple_rnn"
        ids = [exact.vocabulary.index(c) for c in LINE]
        assert np.abs(other.read(ids, None)[0] - exact.read(ids, None)[0]).max() < error
    assert LiteRTFile(folder / "model.tflite").signatures == ["serving_default", "step"]


def test_the_saved_model_streams_in_plain_tensorflow(fresh, zoo):
    model = zoo["char/shakespeare/rnn_cell"]
    code = f"""
import tensorflow as tf
step = tf.saved_model.load({str(find("char/shakespeare/rnn_cell") / "1")!r}).signatures["step"]
vocabulary, text, h = {model.vocabulary!r}, "HAMLET. ", tf.zeros((1, 512))
for i in range(30):
    if i >= len(text):
        text += vocabulary[int(tf.argmax(result["logits"][0]))]
    result = step(ids=tf.constant([[vocabulary.index(text[i])]]), h_0=h)
    h = result["h_0"]
print(repr(text))
"""
    assert fresh(code) == repr(model.generate("HAMLET. ", 22)) + "\n"


def test_a_prompt_of_any_length(zoo):
    model, file = zoo["char/shakespeare/simple_rnn"], runtime.load("char/shakespeare")
    for prompt in ("K", "KING.\n", LINE * 9):
        text = model.generate(prompt, 40)
        assert text == file.generate(prompt, 40)
        assert len(text) == len(prompt) + 40
    stream = file.stream()
    stream.read("HAMLET.\n")
    assert "HAMLET.\n" + "".join(stream.write(30, temperature=0.5, seed=1)) == model.generate(
        "HAMLET.\n", 30, temperature=0.5, seed=1
    )
    with pytest.warns(UserWarning, match="left out: 'é€'"):
        assert file.generate("Kéa€", 5).startswith("Kéa€")


def test_the_card():
    for cell in CELLS:
        folder = find(f"char/shakespeare/{cell}")
        card = read_card(folder)
        figures = card["metrics"]
        assert figures["held_out_bits"] < figures["held_out_bits_of_bzip2 -9"] < figures["held_out_bits_of_gzip -9"]
        assert card["recipe"]["epochs"] == preset_of(resolve("char/shakespeare")).recipe.epochs
        assert any("exact exchange" in limit for limit in card["limits"])
        assert (folder / "README.md").read_text() == render(card)
    (info,) = [m for m in list_models() if m.name == "char/shakespeare/simple_rnn"]
    assert info.parameters == 84 * 512 + 512 * 512 + 512 + 512 * 84 + 84


def test_it_is_loaded_by_name_and_goes_on_learning():
    model = char_model("shakespeare")
    assert (model.carried, model.window, model.units, model.compiled) == (True, 128, 512, True)
    with pytest.raises(ValueError, match="`units` must be 512, that of the weights 'shakespeare'"):
        char_model("shakespeare", units=20)
