"""What the pictures of losses and of generated text show."""

import numpy as np
import pytest
from helpers import drawn, ticks

from keras_rnn import TextTraining, char_model
from keras_rnn.core.backend import keras
from keras_rnn.plots import training as plots

layers = keras.layers


class TestLosses:
    def test_one_and_several(self):
        one = {"loss": [3.0, 2.0, 1.5], "val_loss": [4.0, 3.0, 2.5], "accuracy": [0, 0, 1]}
        axes = drawn(plots.plot_losses(one))
        lines = {line.get_label(): line.get_xydata().tolist() for line in axes.get_lines()}
        assert lines == {
            "training": [[1, 3.0], [2, 2.0], [3, 1.5]],
            "validation": [[1, 4.0], [2, 3.0], [3, 2.5]],
        }
        assert axes.get_yscale() == "log"
        axes = drawn(plots.plot_losses({"a": {"loss": [1.0, 0.0]}, "b": {"loss": [2.0]}}))
        assert [line.get_label() for line in axes.get_lines()] == ["a, training", "b, training"]
        assert axes.get_yscale() == "linear"

    def test_a_history(self):
        model = keras.Sequential([keras.Input((3, 1)), layers.SimpleRNN(2)])
        model.compile("sgd", "mse")
        history = model.fit(np.ones((4, 3, 1)), np.zeros((4, 2)), epochs=2, verbose=0)
        (line,) = drawn(plots.plot_losses(history)).get_lines()
        assert line.get_ydata().tolist() == history.history["loss"]

    @pytest.mark.parametrize("histories", [{}, 3, {"a": {"loss": []}}, {"a": {}}, {"loss": [1.0, np.nan]}, {"a": 3}])
    def test_nonsense(self, histories):
        with pytest.raises(ValueError, match="`histories` must .*Received: "):
            plots.plot_losses(histories)


ROWS = [{"characters": 100 * n, "bits": 4.0 / n} | ({"validation_bits": 5.0 / n} if n % 2 else {}) for n in (1, 2, 3)]


class TestBits:
    @pytest.mark.parametrize("wrapped", [False, True])
    def test_one(self, wrapped):
        history = TextTraining(ROWS, 1.0, 3, None) if wrapped else ROWS
        axes = drawn(plots.plot_bits(history))
        lines = {line.get_label(): line.get_xydata().tolist() for line in axes.get_lines()}
        assert lines == {
            "training": [[100, 4.0], [200, 2.0], [300, 4.0 / 3]], "validation": [[100, 5.0], [300, 5.0 / 3]]
        }  # fmt: skip
        assert axes.get_legend()

    def test_several_have_a_color_each(self):
        axes = drawn(plots.plot_bits({"a": ROWS, "b": ROWS[:1]}, "two"))
        lines = axes.get_lines()
        assert [line.get_label() for line in lines] == ["a, training", "a, validation", "b, training", "b, validation"]
        assert [line.get_color() for line in lines] == ["C0", "C0", "C1", "C1"]
        assert axes.get_title() == "two"

    @pytest.mark.parametrize("histories", [{}, [], {"a": []}])
    def test_nothing(self, histories):
        with pytest.raises(ValueError, match="`histories` must have rows. Received: "):
            plots.plot_bits(histories)


class TestGenerated:
    def test_probabilities_of_what_is_written(self):
        model = char_model()
        axes = drawn(plots.plot_generated(model, "he", 5))
        assert ticks(axes.xaxis) == list("hello␣w")
        bars = [patch for patch in axes.patches if patch.get_width() == pytest.approx(0.7)]
        assert [bar.get_x() + 0.35 for bar in bars] == pytest.approx([2, 3, 4, 5, 6])
        for i, bar in enumerate(bars):
            assert bar.get_height() == pytest.approx(model.predict_next("hello w"[: 2 + i])["hello w"[2 + i]])
        second = axes.get_lines()[0].get_ydata()
        assert second[0] == pytest.approx(sorted(model.predict_next("he").values())[-2])

    def test_nonsense(self):
        with pytest.raises(ValueError, match="`length` must be from 1 to 60. Received: 61"):
            plots.plot_generated(char_model(), "he", 61)
        with pytest.raises(ValueError, match="`prompt` must hold at least 2 characters"):
            plots.plot_generated(char_model(), "h", 5)
