"""What the presets learn and how they are judged."""

import numpy as np
import pytest

from keras_rnn import load_gs10
from keras_rnn.catalog.names import resolve
from keras_rnn.catalog.presets import FIRST_TEST_YEAR
from keras_rnn.zoo.tasks import last_character_accuracy, measure, task_of

GS10 = resolve("gs10/levels")


def test_the_split_is_chronological_and_every_window_is_used():
    task = task_of(GS10)
    series = load_gs10()
    assert len(task.inputs) == len(series) - 6
    assert (np.diff(task.training.astype(int)) <= 0).all()
    assert task.years[task.training].max() == FIRST_TEST_YEAR - 1
    for row, target, year in zip(task.inputs, task.targets, task.years, strict=True):
        np.testing.assert_allclose(row, series[str(year - 6) : str(year - 1)], rtol=1e-6)
        np.testing.assert_allclose(target, series[str(year)], rtol=1e-6)


def test_nothing_after_the_split_reaches_the_training(monkeypatch):
    """A series that is another one from the split on gives the same training windows and the same scale."""
    from keras_rnn.gs10 import model as yields
    from keras_rnn.gs10.files import read_gs10

    before, scale = task_of(GS10), yields.training_range()
    months, values = read_gs10()
    values[months >= np.datetime64(f"{FIRST_TEST_YEAR}-01")] = 99.0
    for module in ("keras_rnn.gs10.data", "keras_rnn.gs10.model"):
        monkeypatch.setattr(f"{module}.read_gs10", lambda: (months, values))
    after = task_of(GS10)
    assert after.inputs.max() == 99
    np.testing.assert_array_equal(after.inputs[after.training], before.inputs[before.training])
    np.testing.assert_array_equal(after.targets[after.training], before.targets[before.training])
    assert yields.training_range() == scale


def test_all_windows_of_the_text_are_for_training():
    task = task_of(resolve("char"))
    assert task.inputs.shape == (9, 2)
    assert task.training.all()


def test_the_last_character_alone_knows_six_of_nine():
    """l is followed by l, o and d, o by a space and r."""
    assert last_character_accuracy(task_of(resolve("char"))) == pytest.approx(6 / 9)


def test_figures_of_a_model_that_is_persistence(zoo, monkeypatch):
    model = zoo[str(GS10)]
    monkeypatch.setattr(model, "predict_windows", lambda x: x[:, -1:])
    figures = measure(GS10, model)
    assert figures["test_skill_against_persistence"] == 0.0
    for part in ("train", "test"):
        for error in ("rmse", "mae"):
            assert figures[f"{part}_{error}"] == figures[f"{part}_{error}_of_persistence"]


def test_figures_of_characters(zoo, monkeypatch):
    model = zoo["char/hello_world/simple_rnn"]
    uniform = np.zeros((9, 8))
    uniform[:, 4] = 1e-9  # always "l", which follows three windows
    monkeypatch.setattr(model, "predict_windows", lambda x: uniform)
    figures = measure(resolve("char"), model)
    assert figures["accuracy"] == pytest.approx(3 / 9)
    assert figures["cross_entropy_nats"] == pytest.approx(np.log(8))
