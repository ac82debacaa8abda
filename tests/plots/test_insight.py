"""What the pictures of `insight` show: their images' and lines' numbers, labels and parts."""

import numpy as np
import pytest
from helpers import drawn, ticks

from keras_rnn import char_model, gs10_model, insight
from keras_rnn.core.backend import keras
from keras_rnn.insight import CostRow
from keras_rnn.plots import insight as plots

layers = keras.layers
TEXT = "hello world"


@pytest.fixture(scope="module")
def reader():
    """The character model with a window of a whole text, its ids, and their map."""
    short = char_model()
    model = char_model(weights=None, window=len(TEXT))
    model.set_cell_weights(short.get_cell_weights())
    ids = np.array([[short.vocabulary.index(character) for character in TEXT]])
    return model, ids, insight.memory_map(model, ids).layers[0]


@pytest.fixture(scope="module")
def history():
    return np.array([[4.0, 3.5, 2.9, 2.1, 2.4, 2.8], [5, 5, 4, 4, 3, 3]])


class TestMemory:
    def test_the_matrix_over_a_text(self, reader):
        _, _, layer = reader
        axes = drawn(plots.plot_memory(layer.input_norms[0], TEXT, window=2, title="hello"))
        (image,) = axes.get_images()
        np.testing.assert_array_equal(image.get_array().filled(np.nan), layer.input_norms[0])
        assert image.get_clim() == (0, np.nanmax(layer.input_norms))
        assert ticks(axes.xaxis) == ticks(axes.yaxis) == list("hello␣world")
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("remembered step u", "remembering step t")
        written = {tuple(map(round, text.get_position())): text.get_text() for text in axes.texts}
        assert len(written) == 66
        assert written[0, 10] == f"{layer.input_norms[0, 10, 0]:.2g}"
        (line,) = axes.get_lines()
        assert "the last 2 steps" in axes.get_legend().get_texts()[0].get_text()
        np.testing.assert_allclose(line.get_xydata()[[0, -1]], [[-0.5, 1.5], [8.5, 10.5]])

    def test_a_long_text_has_no_numbers_and_fewer_labels(self):
        values = np.tril(np.ones((200, 200)))
        axes = drawn(plots.plot_memory(values))
        assert not axes.texts
        assert axes.get_legend() is None
        assert ticks(axes.xaxis) == [str(t) for t in range(0, 200, 17)]

    @pytest.mark.parametrize(
        ("matrix", "message"),
        [
            (np.zeros((2, 3)), r"shape \(steps, steps\). Received: shape \(2, 3\)"),
            (np.zeros((0, 0)), r"shape \(steps, steps\). Received: shape \(0, 0\)"),
            (np.zeros(3), r"Received: shape \(3,\)"),
            (np.full((2, 2), np.nan), "norms, finite and not negative. Received: "),
            (np.array([[1, np.inf], [1, 1]]), "norms, finite and not negative. Received: "),
            (-np.eye(2), "norms, finite and not negative. Received: "),
        ],
    )
    def test_nonsense(self, matrix, message):
        with pytest.raises(ValueError, match=message):
            plots.plot_memory(matrix)

    def test_labels_and_window(self):
        with pytest.raises(ValueError, match="`labels` must be 2, one for each step. Received: 3"):
            plots.plot_memory(np.eye(2), "abc")
        with pytest.raises(ValueError, match="`window` must be at least 1. Received: 0"):
            plots.plot_memory(np.eye(2), window=0)


class TestTrace:
    def test_every_state_by_step(self, history):
        model = keras.Sequential([keras.Input((6, 1)), layers.LSTM(5, name="lstm")])
        layer = insight.trace(model, history[..., None]).layers[0]
        figure = plots.plot_trace(layer, 1, range(2019, 2025))
        drawn(figure)
        panels = [axes for axes in figure.axes if axes.get_ylabel().startswith("unit of")]
        assert [axes.get_ylabel() for axes in panels] == ["unit of h", "unit of c"]
        for axes, name in zip(panels, "hc", strict=True):
            (image,) = axes.get_images()
            np.testing.assert_array_equal(image.get_array(), layer.states[name][1].T)
            assert image.get_clim()[0] == -image.get_clim()[1]
            assert ticks(axes.xaxis) == [str(year) for year in range(2019, 2025)]

    def test_nonsense(self, history):
        layer = insight.trace(gs10_model(), history).layers[0]
        with pytest.raises(ValueError, match="`sample` must be from 0 to 1. Received: 2"):
            plots.plot_trace(layer, 2)
        with pytest.raises(ValueError, match="`labels` must be 6"):
            plots.plot_trace(layer, 0, ["a"])


class TestUnrolled:
    def test_boxes_and_their_shades(self, history):
        found = insight.memory(gs10_model(), history)
        axes = drawn(plots.plot_unrolled(found, 1, range(2019, 2025)))
        boxes = axes.patches[: 2 * 6 + 1]
        assert len(boxes) == 13
        norms = found.output_norms[1, ::-1]
        shades = [box.get_facecolor() for box in boxes[:12:2]]  # of x, as h's
        assert shades == [box.get_facecolor() for box in boxes[1:12:2]]
        paleness = [sum(shade[:3]) for shade in shades]
        assert (np.diff(np.array(paleness)[np.argsort(norms)]) <= 1e-9).all()
        assert paleness[5] < paleness[4] < paleness[3]
        texts = [text.get_text() for text in axes.texts]
        assert [f"$h_{{{t}}}$" in texts for t in range(6)] == [True] * 6
        assert f"{norms[4]:.2g}" in texts
        assert "2023" in texts
        assert "$o_{5}$" in texts
        assert "$o_{4}$" not in texts

    def test_the_last_steps_of_many(self, reader):
        model, ids, _ = reader
        axes = drawn(plots.plot_unrolled(insight.memory(model, ids), labels=TEXT, shown=4))
        texts = [text.get_text() for text in axes.texts]
        assert [f"$x_{{{t}}}$" in texts for t in range(11)] == [False] * 7 + [True] * 4
        assert "one-hot of x" in axes.get_title()

    def test_nonsense(self, history):
        found = insight.memory(gs10_model(), history)
        with pytest.raises(ValueError, match="`sample` must be from 0 to 1. Received: 5"):
            plots.plot_unrolled(found, 5)
        with pytest.raises(ValueError, match="`shown` must be from 1 to 12. Received: 13"):
            plots.plot_unrolled(found, shown=13)
        with pytest.raises(ValueError, match="gives an output at. Received: step 2"):
            plots.plot_unrolled(insight.memory(gs10_model(), history, step=2))


class TestGradients:
    def test_norms_of_the_batch_on_a_logarithmic_axis(self, history):
        found = insight.gradients(gs10_model(), history, [[3.0], [4.0]])
        axes = drawn(plots.plot_gradients(found, "gs10"))
        (line,) = axes.get_lines()
        norms = found.layers[0].norms["h"]
        np.testing.assert_allclose(line.get_xydata(), np.column_stack([range(6), np.sqrt((norms**2).sum(0))]))
        assert axes.get_yscale() == "log"
        assert line.get_label() == "h of rnn"
        assert axes.get_title().splitlines()[0] == "gs10"
        assert f"{found.layers[0].factor:.3g} times a step" in axes.get_title()

    def test_zeros(self):
        model = keras.Sequential([keras.Input((3, 1)), layers.SimpleRNN(2)])
        model.set_weights([np.zeros(w.shape) for w in model.get_weights()])
        found = insight.gradients(model, np.ones((1, 3, 1)), np.zeros((1, 2)), "mse")
        with pytest.raises(ValueError, match="one that is not 0. Received: zeros"):
            plots.plot_gradients(found)


class TestCost:
    def test_lines_by_units(self):
        rows = [CostRow(n, u, 10.0 * n * u, 7.0 * u, 1, 1, 1, 1) for u in (20, 64) for n in (32, 8)]
        axes = drawn(plots.plot_cost(rows))
        lines = {line.get_label(): line.get_xydata().tolist() for line in axes.get_lines()}
        assert lines["recurrent, 64 units"] == [[8, 5120.0], [32, 20480.0]]
        assert lines["dense, 20 units"] == [[8, 140.0], [32, 140.0]]
        assert len(lines) == 4
        assert ticks(axes.xaxis) == ["8", "32"]
        assert "microseconds" in axes.get_ylabel()

    def test_nonsense(self):
        with pytest.raises(ValueError, match=r"what `cost` gives. Received: \[\]"):
            plots.plot_cost([])


def test_what_is_no_answer_of_insights_is_named(history):
    model = gs10_model()
    found = insight.memory_map(model, history)
    for draw, wrong in (
        (plots.plot_memory, found),
        (plots.plot_memory, found.layers[0]),
        (plots.plot_unrolled, found),
        (plots.plot_gradients, insight.memory(model, history)),
    ):
        with pytest.raises(TypeError, match=r"`(matrix|memory|gradients)` must be .*Received: "):
            draw(wrong)
