"""The recipes: the same weights to the bit on one machine, and the answers that are shipped on any."""

import functools
import sys

import numpy as np
import pytest
from helpers import CHECKOUT, script

from keras_rnn import load, load_gs10, runtime, series_windows
from keras_rnn.catalog.cards import read_card
from keras_rnn.catalog.names import model_folder, packaged_names, resolve
from keras_rnn.core.files import file_sizes
from keras_rnn.zoo.tasks import train_preset


@functools.cache
def trained(name):
    """A preset by its recipe, once for all tests here."""
    return train_preset(resolve(name), verbose=False)


def sha256(model):
    return model.get_cell_weights().sha256()


@pytest.mark.slow
@pytest.mark.parametrize("name", [str(name) for name in packaged_names() if name.preset != "monthly"])
def test_recipes_repeat_to_the_bit_and_their_seed_matters(name):
    """`monthly` is `annual` with other residuals."""
    second, other = (train_preset(resolve(name), verbose=False, seed=seed) for seed in (None, 1))
    assert sha256(trained(name)) == sha256(second)
    assert sha256(trained(name)) != sha256(other)


@pytest.mark.slow
@pytest.mark.parametrize("name", [str(name) for name in packaged_names()])
def test_the_recipe_gives_what_is_shipped(zoo, name):
    """On this machine or another: rounding differs between processors and grows with training, answers agree."""
    shipped = zoo[name]
    if name.startswith("char"):
        assert trained(name).generate("he", 9) == shipped.generate("he", 9) == "hello world"
        assert read_card(model_folder(resolve(name)))["metrics"]["accuracy"] == 1.0
        return
    histories, _ = series_windows(load_gs10())
    answers = trained(name).predict_windows(histories)
    np.testing.assert_allclose(answers, shipped.predict_windows(histories), atol=0.01)


def test_monthly_has_the_weights_of_annual(zoo):
    for cell in ("rnn_cell", "simple_rnn"):
        assert sha256(zoo[f"gs10/monthly/{cell}"]) == sha256(zoo[f"gs10/annual/{cell}"])


@pytest.mark.slow
def test_the_script_builds_the_folders_that_are_shipped(tmp_path, monkeypatch):
    """A second build beside `trained`'s: its weights are those to the byte, its figures and answers those shipped."""
    monkeypatch.syspath_prepend(CHECKOUT / "scripts")
    build = script("build_zoo")
    monkeypatch.setattr(build, "measure_variants", lambda *_: [])  # test_variants.py
    monkeypatch.setattr(sys, "argv", ["build_zoo.py", "--names", "gs10/levels", "--out", str(tmp_path)])
    build.main()
    for name in ("gs10/levels/rnn_cell", "gs10/levels/simple_rnn"):
        built, shipped = tmp_path / name, model_folder(resolve(name))
        assert file_sizes(built).keys() == file_sizes(shipped).keys()
        card, other = read_card(built), read_card(shipped)
        assert card["weights_sha256"] == sha256(trained(name)) == sha256(load(built / "model.keras"))
        assert card["metrics"] == pytest.approx(other["metrics"], abs=0.01)
        history = load_gs10().tail(20)
        answers, wanted = (runtime.load(folder).forecast(history, 10).mean for folder in (built, shipped))
        np.testing.assert_allclose(answers, wanted, atol=0.05)  # ten steps, each from those before
