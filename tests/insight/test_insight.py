"""States, memory and gradients against finite differences, matrix powers and hand-made cells, in float64."""

import numpy as np
import pytest

from keras_rnn import RNNCell, char_model, gs10_model, insight
from keras_rnn.core.backend import keras
from keras_rnn.insight._gradients import verdict
from keras_rnn.insight._jacobians import norms
from keras_rnn.insight._memory import half_life
from keras_rnn.insight._run import Float64Model

layers = keras.layers
STEPS, FEATURES, UNITS = 4, 2, 3


class TwoStates(layers.Layer):
    """A cell of one's own: two states, a layer inside, a function in its constructor and no config."""

    def __init__(self, units, function):
        super().__init__()
        self.state_size, self.output_size = [units, units], units
        self.function, self.inner = function, layers.Dense(units)

    def build(self, shape):
        self.inner.build((None, shape[-1] + self.state_size[0]))
        self.built = True

    def call(self, x, states):
        h, slow = states
        slow = 0.7 * slow + 0.3 * h
        h = self.function(self.inner(keras.ops.concatenate([x, h], axis=-1)) + slow)
        return 2.0 * h + slow, [h, slow]


def cells():
    keras.utils.set_random_seed(1)
    return {
        "simple_rnn": layers.SimpleRNNCell(UNITS),
        "gru": layers.GRUCell(UNITS),
        "gru_reset_before": layers.GRUCell(UNITS, reset_after=False),
        "lstm": layers.LSTMCell(UNITS),
        "rnn_cell": RNNCell(UNITS, 2),
        "own": TwoStates(UNITS, keras.ops.tanh),
        "stacked": layers.StackedRNNCells([layers.LSTMCell(2), layers.GRUCell(UNITS)]),
    }


def model_of(cell, head=True, **loop):
    model = keras.Sequential([keras.Input((STEPS, FEATURES)), layers.RNN(cell, **loop, name="rnn")])
    if head:
        model.add(layers.Dense(2))
    rise(model, 0.8)
    return model


def rise(model, size):
    """Weights of a size at which nothing is nearly linear."""
    random = np.random.default_rng(3)
    model.set_weights([size * random.standard_normal(w.shape) for w in model.get_weights()])


def x_of(batch=2, seed=5):
    return np.random.default_rng(seed).standard_normal((batch, STEPS, FEATURES))


def linear(matrix, steps, sequences=False):
    matrix = np.asarray(matrix, np.float64)
    cell = RNNCell(len(matrix), activation=None, use_bias=False)
    model = keras.Sequential([keras.Input((steps, 1)), layers.RNN(cell, return_sequences=sequences)])
    model.layers[0].cell.i2h_kernel.assign(np.concatenate([np.ones((1, len(matrix))), matrix]))
    return model


def states_after(layer_run, place, start):
    """The states after all steps, when after `place` steps they are `start` (copies · batch, states); float64."""
    h = [np.asarray(part) for part in np.split(start, np.cumsum(layer_run.sizes)[:-1], axis=1)]
    for t in range(place, layer_run.steps):
        nested = keras.tree.pack_sequence_as(layer_run.cell.state_size, [keras.ops.array(part) for part in h])
        nested = nested if isinstance(nested, list) else [nested]
        x = np.tile(layer_run.x[t], (len(start) // len(layer_run.x[t]), 1))
        h = [np.asarray(part) for part in keras.tree.flatten(layer_run.cell(keras.ops.array(x), nested)[1])]
    return np.concatenate(h, axis=1)


def differences(function, at, step=1e-5):
    """Central differences of function(copies of at) (copies · batch, …) by at (batch, n): (batch, outputs, n)."""
    n = at.shape[1]
    shifts = step * np.concatenate([np.eye(n), -np.eye(n)])[:, None]  # (2 n, 1, n)
    values = function((at + shifts).reshape(-1, n)).reshape(2, n, len(at), -1)
    return np.moveaxis((values[0] - values[1]) / (2 * step), 0, -1)


class TestTrace:
    @pytest.mark.parametrize("name", cells())
    def test_outputs_are_the_models_and_states_the_cells(self, name):
        model, x = model_of(cells()[name], return_sequences=True), x_of()
        found = insight.trace(model, x)
        np.testing.assert_allclose(found.output, model(x), atol=2e-6)
        assert found.precision == "float64"
        (layer,) = found.layers
        layer_run = Float64Model(model).run(x).layers[0]
        last = np.concatenate([states[:, -1] for states in layer.states.values()], axis=1)
        np.testing.assert_allclose(last, states_after(layer_run, 0, np.zeros((2, sum(layer_run.sizes)))), atol=1e-13)
        assert layer.outputs.shape[:2] == (2, STEPS)

    def test_names_of_states(self):
        names = {name: list(insight.trace(model_of(cell), x_of()).layers[0].states) for name, cell in cells().items()}
        assert names["simple_rnn"] == names["rnn_cell"] == names["gru"] == ["h"]
        assert (names["lstm"], names["own"]) == (["h", "c"], ["h", "h1"])
        assert names["stacked"] == ["h_0", "c_0", "h_1"]

    def test_float64_and_the_model_untouched(self):
        model, x = model_of(layers.SimpleRNNCell(UNITS)), x_of()
        cell = model.layers[0].cell
        kernel, recurrent, bias = (w.astype(np.float64) for w in cell.get_weights())
        h, by_hand = np.zeros((2, UNITS)), []
        for t in range(STEPS):
            h = np.tanh(x[:, t] @ kernel + h @ recurrent + bias)
            by_hand.append(h)
        np.testing.assert_allclose(insight.trace(model, x).layers[0].states["h"], np.stack(by_hand, 1), atol=1e-15)
        assert cell.kernel.dtype == cell.compute_dtype == model(x).numpy().dtype == "float32"

    def test_bidirectional_in_the_windows_order(self):
        model = keras.Sequential(
            [keras.Input((STEPS, FEATURES)), layers.Bidirectional(layers.GRU(3, return_sequences=True), name="both")]
        )
        found = insight.trace(model, x_of())
        forward, backward = found.layers
        assert (forward.name, backward.name) == ("both/forward", "both/backward")
        assert (forward.backwards, backward.backwards) == (False, True)
        expected = np.asarray(model(x_of()))
        np.testing.assert_allclose(np.concatenate([forward.states["h"], backward.states["h"]], -1), expected, atol=1e-6)

    def test_several_layers_and_ids(self):
        model = keras.Sequential(
            [keras.Input((STEPS,)), layers.Embedding(7, 4), layers.GRU(3, return_sequences=True), layers.LSTM(2)]
        )
        found = insight.trace(model, [[0, 1, 2, 6]])
        assert [list(layer.states) for layer in found.layers] == [["h"], ["h", "c"]]
        np.testing.assert_allclose(found.output, model(np.array([[0, 1, 2, 6]])), atol=1e-6)

    def test_a_long_window_by_the_compiled_step(self):
        model = keras.Sequential([keras.Input((40, 2)), layers.LSTM(3)])
        x = np.random.default_rng(0).standard_normal((2, 40, 2))
        np.testing.assert_allclose(insight.trace(model, x).output, model(x), atol=1e-6)

    @pytest.mark.parametrize("build", [char_model, gs10_model, lambda: gs10_model("levels", "rnn_cell")])
    def test_the_zoo(self, build):
        model = build()
        x = np.array([[3, 2]]) if model.kind == "char" else np.array([[1, 2, 4, 3, 5, 4.5]])
        np.testing.assert_allclose(insight.trace(model, x).output, model(x), rtol=1e-5)

    def test_a_cell_that_knows_float32_only_says_so(self):
        class Single(layers.SimpleRNNCell):
            def call(self, x, states, training=False):
                h = keras.ops.tanh(keras.ops.cast(x, "float32") @ keras.ops.cast(self.kernel, "float32"))
                return h, [h]

        model = model_of(Single(UNITS))
        found = insight.trace(model, x_of())
        assert found.precision == "float32"
        np.testing.assert_allclose(found.output, model(x_of()), atol=1e-6)

    def test_layers_of_every_kind_and_other_precisions(self):
        model = keras.Sequential(
            [
                keras.Input((STEPS, FEATURES)),
                layers.LSTM(3, return_sequences=True, dropout=0.5, recurrent_dropout=0.3, dtype="mixed_bfloat16"),
                layers.Dropout(0.5),
                layers.BatchNormalization(),
                layers.TimeDistributed(layers.Dense(2)),
                layers.Lambda(lambda x: 2 * x),
            ]
        )
        found = insight.trace(model, x_of())
        assert found.precision == "float64"
        np.testing.assert_allclose(found.output, model(x_of()), atol=0.02)
        model.layers[0].dtype_policy = model.layers[0].cell.dtype_policy = "float32"
        np.testing.assert_allclose(found.output, model(x_of()), atol=1e-6)

    def test_a_quantized_layer_keeps_its_integers(self):
        model = keras.Sequential([keras.Input((STEPS, FEATURES)), layers.SimpleRNN(3), layers.Dense(2)])
        model.layers[1].quantize("int8")
        found = insight.trace(model, x_of())
        assert found.precision == "float32"
        np.testing.assert_allclose(found.output, model(x_of()), atol=1e-6)

    def test_a_graph_with_a_way_around_the_layer(self):
        x = keras.Input((STEPS, FEATURES))
        model = keras.Model(x, layers.Dense(1)(layers.GRU(FEATURES, return_sequences=True)(x) + x))
        np.testing.assert_allclose(insight.trace(model, x_of()).output, model(x_of()), atol=1e-6)
        flat = x_of().reshape(2, -1)
        jacobian = differences(
            lambda flat: insight.trace(model, flat.reshape(-1, STEPS, FEATURES)).output[:, -1], flat
        ).reshape(2, STEPS, FEATURES)[:, ::-1]
        found = insight.memory(model, x_of()).output_norms
        np.testing.assert_allclose(found, np.linalg.norm(jacobian, axis=2), rtol=1e-7)


class TestMemory:
    @pytest.mark.parametrize("name", cells())
    def test_states_against_finite_differences(self, name):
        norm = "frobenius" if name in ("gru", "stacked") else "spectral"
        model, x = model_of(cells()[name]), x_of()
        layer = insight.memory(model, x, norm=norm).layers[0]
        layer_run = Float64Model(model).run(x).layers[0]
        assert layer.lags.tolist() == list(range(STEPS))
        for k in layer.lags:
            place = STEPS - k
            at = np.concatenate([np.asarray(state) for state in layer_run.states[place]], axis=1)
            jacobian = differences(lambda start, n=place: states_after(layer_run, n, start), at)
            expected = [np.linalg.norm(one, 2 if norm == "spectral" else "fro") for one in jacobian]
            np.testing.assert_allclose(layer.norms[:, k], expected, rtol=1e-8)
            ends = np.cumsum(layer_run.sizes)
            for i, state in enumerate(layer_run.names):
                block = slice(ends[i] - layer_run.sizes[i], ends[i])
                expected = [np.linalg.norm(one[block, block], 2 if norm == "spectral" else "fro") for one in jacobian]
                np.testing.assert_allclose(layer.by_state[state][:, k], expected, rtol=1e-7, atol=1e-9)

    @pytest.mark.parametrize("sequences", [False, True])
    @pytest.mark.parametrize("name", cells())
    def test_outputs_against_finite_differences(self, name, sequences):
        model, x = model_of(cells()[name], return_sequences=sequences), x_of()
        step = 2 if sequences else 3
        found = insight.memory(model, x, step=step)

        def output(flat):
            o = insight.trace(model, flat.reshape(-1, *x.shape[1:])).output
            return o[:, step] if sequences else o

        jacobian = differences(output, x.reshape(2, -1)).reshape(2, 2, STEPS, FEATURES)
        expected = [[np.linalg.norm(one[:, step - k], 2) for k in found.lags] for one in jacobian]
        np.testing.assert_allclose(found.output_norms, expected, rtol=1e-7, atol=1e-9)
        assert found.source == "x"

    def test_outputs_through_several_layers_both_ways(self):
        model = keras.Sequential(
            [
                keras.Input((STEPS, FEATURES)),
                layers.Bidirectional(layers.GRU(3, return_sequences=True)),
                layers.LSTM(2, return_sequences=True, go_backwards=True),
                layers.SimpleRNN(3),
            ]
        )
        rise(model, 0.8)
        x = x_of()
        jacobian = differences(
            lambda flat: insight.trace(model, flat.reshape(-1, *x.shape[1:])).output, x.reshape(2, -1)
        )
        jacobian = jacobian.reshape(2, 3, STEPS, FEATURES)
        expected = [[np.linalg.norm(one[:, 3 - k], 2) for k in range(STEPS)] for one in jacobian]
        np.testing.assert_allclose(insight.memory(model, x).output_norms, expected, rtol=1e-7)

    def test_the_forecaster_by_its_history(self):
        model, x = gs10_model(), np.array([[1, 2, 4, 3, 5, 4.5], [4, 4, 4, 4, 5, 6]])
        jacobian = differences(lambda history: insight.trace(model, history).output, x)  # (2, 1, 6)
        np.testing.assert_allclose(insight.memory(model, x).output_norms, np.abs(jacobian[:, 0, ::-1]), rtol=1e-6)

    def test_ids_by_their_one_hot(self):
        model = char_model()
        weights, ids = model.get_cell_weights(), np.array([[3, 2]])
        found = insight.memory(model, ids)
        hot = np.eye(8)[ids]
        jacobian = differences(
            lambda flat: weights.forward(flat.reshape(-1, 2, 8))[0][:, -1], hot.reshape(1, 16), 1e-6
        ).reshape(8, 2, 8)
        np.testing.assert_allclose(
            found.output_norms[0], [np.linalg.norm(jacobian[:, u], 2) for u in (1, 0)], rtol=1e-8
        )
        assert found.source == "one-hot"

    def test_ids_by_their_embedding(self):
        model = keras.Sequential([keras.Input((3,), dtype="int32"), layers.Embedding(5, 4), layers.SimpleRNN(3)])
        found = insight.memory(model, np.array([[0, 4, 2]]))
        after = keras.Sequential([keras.Input((3, 4)), model.layers[1]])
        expected = insight.memory(after, np.asarray(model.layers[0](np.array([[0, 4, 2]])))).output_norms
        np.testing.assert_allclose(found.output_norms, expected)
        assert found.source == "embedding"

    @pytest.mark.parametrize("units", [3, 80])  # decomposed, and by ARPACK
    def test_a_linear_cell_gives_the_powers_of_its_matrix(self, units):
        w = np.float64(np.float32(np.random.default_rng(2).standard_normal((units, units)) / units**0.5))
        layer = insight.memory(linear(w, 30), np.zeros((1, 30, 1))).layers[0]
        expected = [np.linalg.norm(np.linalg.matrix_power(w, k), 2) for k in range(30)]
        np.testing.assert_allclose(layer.norms[0], expected, rtol=1e-12 if units == 3 else 1e-10)

    def test_half_life_of_an_eigenvalue_of_a_half_is_one_step(self):
        found = insight.memory(linear(0.5 * np.eye(3), 12), np.zeros((1, 12, 1)))
        assert found.layers[0].half_life.tolist() == pytest.approx([1.0], abs=1e-14)
        assert found.output_half_life.tolist() == pytest.approx([1.0])
        np.testing.assert_allclose(found.layers[0].norms[0], 0.5 ** np.arange(12), rtol=1e-14)
        quarter = insight.memory(linear(0.5**0.25 * np.eye(2), 12), np.zeros((1, 12, 1))).layers[0]
        assert quarter.half_life[0] == pytest.approx(4, abs=1e-6)
        assert insight.memory(linear(np.eye(2), 12), np.zeros((1, 12, 1))).layers[0].half_life[0] == np.inf

    def test_half_life_between_lags(self):
        assert half_life(np.log([[1, 0.25], [1, 0.9], [8, 2.0]])).tolist() == pytest.approx([0.5, np.inf, 0.5])
        assert half_life(np.array([[0.0, -np.inf]])).tolist() == [0.0]

    def test_beyond_the_range_of_floats(self):
        layer = insight.memory(linear(8.0 * np.eye(2), 400), np.zeros((1, 400, 1))).layers[0]
        np.testing.assert_allclose(layer.log_norms[0], np.arange(400) * np.log(8), rtol=1e-13)
        assert np.isinf(layer.norms[0, -1])

    def test_a_chosen_step_and_both_directions(self):
        model = keras.Sequential(
            [keras.Input((STEPS, FEATURES)), layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True))]
        )
        x = x_of()
        found = insight.memory(model, x, step=1)
        assert [len(layer.lags) for layer in found.layers] == [2, 3]  # from the left 2 steps, from the right 3
        backward = insight.memory(keras.Sequential([keras.Input((3, 2)), model.layers[0].backward_layer]), x[:, 1:])
        np.testing.assert_allclose(found.layers[1].norms, backward.layers[0].norms)
        assert found.output_norms.shape == (2, 2)

    def test_no_output_at_that_step(self):
        found = insight.memory(model_of(layers.GRUCell(3)), x_of(), step=1)
        assert found.output_norms is found.output_half_life is None
        assert found.lags.tolist() == [0, 1]

    def test_samples_are_done_in_parts(self, monkeypatch):
        model, x = model_of(layers.LSTMCell(3), return_sequences=True), x_of(5)
        whole = insight.memory(model, x)
        monkeypatch.setattr("keras_rnn.insight._jacobians.BUDGET", 8 * 36 * 2)
        monkeypatch.setattr("keras_rnn.insight._memory.WORKING_SET", 8 * 3 * 4 * 6 * 2)
        parts = insight.memory(model, x)
        np.testing.assert_allclose(parts.layers[0].norms, whole.layers[0].norms)
        np.testing.assert_allclose(parts.output_norms, whole.output_norms)
        np.testing.assert_allclose(
            insight.memory_map(model, x).layers[0].norms[:, -1, ::-1], whole.layers[0].norms, rtol=1e-12
        )


class TestMemoryMap:
    @pytest.mark.parametrize("name", ["simple_rnn", "lstm", "own"])
    def test_rows_are_memories(self, name):
        model, x = model_of(cells()[name]), x_of()
        (layer,) = insight.memory_map(model, x).layers
        for t in range(STEPS):
            expected = insight.memory(model, x, step=t).layers[0].norms
            np.testing.assert_allclose(layer.norms[:, t, t::-1], expected, rtol=1e-12)
            assert np.isnan(layer.norms[:, t, t + 1 :]).all()

    def test_inputs_of_a_linear_cell(self):
        w = np.array([[0.5, 0.25], [0.0, 0.5]])
        (layer,) = insight.memory_map(linear(w, 6), np.zeros((1, 6, 1))).layers
        for t in range(6):
            expected = [np.linalg.norm(np.ones(2) @ np.linalg.matrix_power(w, t - u)) for u in range(t + 1)]
            np.testing.assert_allclose(layer.input_norms[0, t, : t + 1], expected, rtol=1e-12)

    def test_backwards_knows_what_comes_after(self):
        model = keras.Sequential([keras.Input((STEPS, FEATURES)), layers.SimpleRNN(3, go_backwards=True)])
        (layer,) = insight.memory_map(model, x_of()).layers
        assert np.isnan(layer.norms[0, 2, :2]).all()
        assert np.isfinite(layer.norms[0, 0]).all()


class TestNorms:
    def test_spectral_norms_against_decomposition(self):
        random = np.random.default_rng(4)
        q = np.linalg.qr(random.standard_normal((90, 90)))[0]
        many = np.stack(
            [random.standard_normal((90, 90)), q, np.zeros((90, 90)), np.eye(90), np.outer(q[0], q[1]),
             q @ np.diag(np.linspace(0.999, 1, 90)), q @ np.diag([1, 1 - 1e-7, *[0.99] * 88]),
             1e-200 * q[:, ::-1] @ np.diag(random.random(90))]
        )  # fmt: skip
        np.testing.assert_allclose(norms(many, "spectral"), np.linalg.norm(many, 2, axis=(1, 2)), rtol=1e-10)
        np.testing.assert_allclose(norms(many[:4], "frobenius"), np.linalg.norm(many[:4], axis=(1, 2)))


class TestGradients:
    @pytest.mark.parametrize("sequences", [False, True])
    @pytest.mark.parametrize("name", ["simple_rnn", "gru", "rnn_cell"])  # their states go on by one way only
    def test_states_against_finite_differences(self, name, sequences):
        model, x = model_of(cells()[name], return_sequences=sequences), x_of()
        y = np.random.default_rng(8).standard_normal((2, STEPS, 2) if sequences else (2, 2))
        found = insight.gradients(model, x, y, "mse")
        double = Float64Model(model)
        run = double.run(x)
        layer_run, head = run.layers[0], [np.float64(w) for w in model.layers[1].get_weights()]
        assert found.loss == pytest.approx(((np.asarray(run.output) - y) ** 2).mean())
        i2o = [np.float64(w) for w in layer_run.cell.get_weights()[2:]] if name == "rnn_cell" else [np.eye(3), 0.0]

        def loss_from(place):
            """The loss of each sample when the state after `place` steps is h."""

            def loss(h):
                outputs = {}
                for t in range(place - 1, STEPS):
                    if t >= place:
                        x_t = np.tile(layer_run.x[t], (len(h) // 2, 1))
                        h = np.asarray(layer_run.cell(keras.ops.array(x_t), [keras.ops.array(h)])[1][0])
                    outputs[t] = (h @ i2o[0] + i2o[1]) @ head[0] + head[1]
                copies = (len(h) // 2, *[1] * (y.ndim - 1))
                if not sequences:
                    return ((outputs[STEPS - 1] - np.tile(y, copies)) ** 2).sum(axis=1, keepdims=True) / y.size
                wanted = np.tile(y, copies)
                return sum(((o - wanted[:, t]) ** 2).sum(axis=1, keepdims=True) for t, o in outputs.items()) / y.size

            return loss

        for t in range(STEPS):
            by_h = differences(loss_from(t + 1), np.asarray(layer_run.states[t + 1][0]))[:, 0]
            np.testing.assert_allclose(found.layers[0].norms["h"][:, t], np.linalg.norm(by_h, axis=1), rtol=1e-7)

    def test_lstm_carries_on_and_forgets(self):
        """By hand: dc_t = dh_t · o (1 − tanh²(c_t)) + dc_{t+1} · f, and dh_{t−1} through the gates."""
        model, x, y = model_of(layers.LSTMCell(UNITS)), x_of(), np.zeros((2, 2))
        found = insight.gradients(model, x, y, "mse").layers[0]
        kernel, recurrent, bias = (np.float64(w) for w in model.layers[0].get_weights())
        head, offset = (np.float64(w) for w in model.layers[1].get_weights())

        def sigmoid(z):
            return 1 / (1 + np.exp(-z))

        h = c = np.zeros((2, UNITS))
        kept = []
        for t in range(STEPS):
            zi, zf, zc, zo = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
            i, f, g, o, before = sigmoid(zi), sigmoid(zf), np.tanh(zc), sigmoid(zo), c
            c = f * c + i * g
            h = o * np.tanh(c)
            kept.append((i, f, g, o, c, before))
        dh, dc = 2 * (h @ head + offset - y) / y.size @ head.T, 0.0
        for t in reversed(range(STEPS)):
            i, f, g, o, c, before = kept[t]
            dc = dc + dh * o * (1 - np.tanh(c) ** 2)
            np.testing.assert_allclose(found.norms["h"][:, t], np.linalg.norm(dh, axis=1), rtol=1e-10)
            np.testing.assert_allclose(found.norms["c"][:, t], np.linalg.norm(dc, axis=1), rtol=1e-10)
            gates = [dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g**2),
                     dh * np.tanh(c) * o * (1 - o)]  # fmt: skip
            dh, dc = np.concatenate(gates, axis=1) @ recurrent.T, dc * f

    @pytest.mark.parametrize("name", ["simple_rnn", "lstm", "gru"])
    def test_factors_are_the_gradients_own_where_the_loss_is_at_the_end(self, name):
        model, x = model_of(cells()[name]), x_of()
        found = insight.gradients(model, x, np.zeros((2, 2)), "mse").layers[0]
        assert found.factors.shape == (2, STEPS - 1)
        if name != "lstm":  # whose c has h's share of it counted in
            h = found.norms["h"]
            np.testing.assert_allclose(found.factors, h[:, :-1] / h[:, 1:], rtol=1e-10)
        assert found.factor == pytest.approx(np.exp(np.log(found.factors).mean()))

    def test_steps_add_up_to_the_recurrent_kernels_gradient(self):
        """A cell of one unit has a gradient of one number, whose parts can be added."""
        model = keras.Sequential([keras.Input((5, 1)), layers.SimpleRNN(1, use_bias=False)])
        model.set_weights([np.array([[0.7]]), np.array([[0.9]])])
        x = np.linspace(0.1, 1, 5).reshape(1, 5, 1)
        found = insight.gradients(model, x, [[2.0]], "mse").layers[0]

        def loss(recurrent):
            h = 0.0
            for value in x[0, :, 0]:
                h = np.tanh(np.float64(np.float32(0.7)) * value + recurrent * h)
            return (h - 2.0) ** 2

        w = np.float64(np.float32(0.9))
        expected = (loss(w + 1e-6) - loss(w - 1e-6)) / 2e-6
        assert found.recurrent_kernel_norms.sum() == pytest.approx(-expected, rel=1e-8)  # all of one sign
        assert found.recurrent_kernel_norms[0] == 0  # the state before is 0

    @pytest.mark.parametrize(("radius", "word"), [(1.5, "explodes"), (0.5, "vanishes"), (1.0, "holds")])
    def test_planted_spectral_radius(self, radius, word):
        w = radius * np.linalg.qr(np.random.default_rng(0).standard_normal((4, 4)))[0]
        found = insight.gradients(linear(w, 21), np.ones((2, 21, 1)), np.zeros((2, 4)), "mse").layers[0]
        assert found.verdict.startswith(word)
        assert found.spectral_radius["h"] == pytest.approx(radius, rel=1e-6)
        np.testing.assert_allclose(found.singular_values["h"], radius, rtol=1e-6)
        assert found.factor == pytest.approx(radius, rel=1e-6)
        assert found.log_activation_derivative == 0
        assert f"{radius**20:.3g} times the gradient" in found.verdict
        np.testing.assert_allclose(found.norms["h"][:, 0] / found.norms["h"][:, -1], radius**20, rtol=1e-5)

    def test_activation_derivatives(self):
        model, x = model_of(layers.SimpleRNNCell(UNITS)), x_of()
        found = insight.gradients(model, x, np.zeros((2, 2)), "mse").layers[0]
        h = insight.trace(model, x).layers[0].states["h"]
        assert found.log_activation_derivative == pytest.approx(np.log(1 - h**2).mean())
        lstm = insight.gradients(model_of(layers.LSTMCell(3)), x, np.zeros((2, 2)), "mse").layers[0]
        assert lstm.log_activation_derivative is None
        assert list(lstm.spectral_radius) == ["i", "f", "c", "o"]
        stacked = insight.gradients(model_of(cells()["stacked"]), x, np.zeros((2, 2)), "mse").layers[0]
        assert list(stacked.singular_values) == ["i_0", "f_0", "c_0", "o_0", "z_1", "r_1", "h_1"]
        assert stacked.recurrent_kernel_norms is None

    def test_backwards_in_the_windows_order(self):
        model = keras.Sequential([keras.Input((STEPS, FEATURES)), layers.SimpleRNN(3, go_backwards=True)])
        turned = keras.Sequential([keras.Input((STEPS, FEATURES)), layers.SimpleRNN(3)])
        turned.set_weights(model.get_weights())
        y = np.zeros((2, 3))
        there = insight.gradients(model, x_of(), y, "mse").layers[0]
        back = insight.gradients(turned, x_of()[:, ::-1], y, "mse").layers[0]
        np.testing.assert_allclose(there.norms["h"], back.norms["h"][:, ::-1])
        np.testing.assert_allclose(there.recurrent_kernel_norms, back.recurrent_kernel_norms[::-1])
        np.testing.assert_allclose(there.factors, back.factors)

    def test_the_compiled_loss(self):
        model = char_model()
        found = insight.gradients(model, [[3, 2]], [4])
        logits = np.float64(model(np.array([[3, 2]])))[0]
        assert found.loss == pytest.approx(np.log(np.exp(logits - logits[4]).sum()), rel=1e-5)
        history, target = np.array([[1, 2, 4, 3, 5, 4.5]]), np.array([[4.0]])
        forecaster = gs10_model()
        error = insight.trace(forecaster, history).output - target
        assert insight.gradients(forecaster, history, target).loss == pytest.approx(error.item() ** 2)
        summed = keras.losses.MeanSquaredError(reduction="sum")
        assert insight.gradients(forecaster, history.repeat(3, 0), target.repeat(3, 0), summed).loss == pytest.approx(
            3 * error.item() ** 2
        )

    def test_verdicts_in_words(self):
        assert verdict(np.nan, 1) == "one step: there is nothing to travel back through"
        assert verdict(0.0, 5).startswith("vanishes: nothing of the gradient is left over the 4 steps back")
        assert "10^-1998 times the gradient" in verdict(0.01, 1000)
        assert verdict(0.5, 3).endswith("0.5 times a step; at this rate less than a hundredth after 7")
        assert verdict(2.0, 2).endswith("2 times a step; at this rate more than a hundredfold after 7")
        words = [verdict(factor, 6).partition(":")[0] for factor in (0.3, 0.5, 0.95, 1.05, 1.5, 3.0)]
        assert words == ["vanishes", "fades", "holds", "holds", "grows", "explodes"]

    def test_a_row_of_targets_is_a_column_as_for_keras(self):
        """(n,) against (n, 1) would broadcast to (n, n)."""
        model = keras.Sequential([keras.Input((3, 2)), layers.SimpleRNN(4), layers.Dense(1)])
        x, y = np.random.default_rng(0).normal(size=(5, 3, 2)), np.arange(5.0)

        def loss(y, output):
            return keras.ops.mean(keras.ops.square(y - output))

        assert insight.gradients(model, x, y, loss).loss == pytest.approx(insight.gradients(model, x, y, "mse").loss)

    def test_a_large_singular_value_can_explode_what_the_spectral_radius_would_not(self):
        cell = layers.SimpleRNN(2, "relu")
        model = keras.Sequential([keras.Input((12, 1)), cell, layers.Dense(1, kernel_initializer="ones")])
        cell.set_weights([np.array([[1.0, -1.0]]), np.array([[2.0, -2.0], [2.0, -2.0]]), np.zeros(2)])
        found = insight.gradients(model, np.ones((1, 12, 1)), np.zeros((1, 1)), "mse").layers[0]
        assert found.spectral_radius["h"] < 1e-6
        assert found.singular_values["h"][0] == pytest.approx(4)
        assert found.verdict.startswith("explodes")


def test_half_lives_where_nothing_is_left():
    zero_head = [layers.SimpleRNN(3), layers.Dense(1, kernel_initializer="zeros")]
    nothing = insight.memory(keras.Sequential([keras.Input((6, 1)), *zero_head]), np.ones((2, 6, 1)))
    assert np.isnan(nothing.output_half_life).all()
    off = layers.SimpleRNN(3, "relu", kernel_initializer=keras.initializers.Constant(-1))
    gone = insight.memory(keras.Sequential([keras.Input((6, 1)), off, layers.Dense(1)]), np.ones((1, 6, 1)))
    assert gone.layers[0].half_life.tolist() == [0]


def uncompiled():
    return keras.Sequential([keras.Input((3, 2)), layers.SimpleRNN(4, return_sequences=True), layers.Dense(1)])


CALLS = [insight.trace, insight.memory, insight.memory_map, insight.shapes,
         lambda model, x: insight.gradients(model, x, np.zeros((5, 3, 1)), "mse")]  # fmt: skip


class TestBadInput:
    @pytest.mark.parametrize("call", CALLS)
    @pytest.mark.parametrize(
        ("x", "error", "message"),
        [
            (np.zeros((5, 3)), ValueError, r"\(batch, 3, 2\), that is samples, steps, features.*shape \(5, 3\)"),
            (np.zeros((5, 3, 4)), ValueError, r"`x` must have shape .*Received: shape \(5, 3, 4\)"),
            (np.zeros((5, 4, 2)), ValueError, r"`x` must have shape .*Received: shape \(5, 4, 2\)"),
            (np.zeros((0, 3, 2)), ValueError, r"`x` must not be empty. Received: shape \(0, 3, 2\)"),
            (np.full((5, 3, 2), np.nan), ValueError, r"`x` must be finite.* Received: nan at position \(0, 0, 0\)"),
            (np.full((5, 3, 2), np.inf), ValueError, r"`x` must be finite.* Received: inf at position \(0, 0, 0\)"),
            ([["a"]], TypeError, "`x` must be numbers. Received: "),
            ([[1], [1, 2]], ValueError, r"`x` must be numbers. Received: \[\[1\], \[1, 2\]\]"),
        ],
    )
    def test_x(self, call, x, error, message):
        with pytest.raises(error, match=message):
            call(uncompiled(), x)

    @pytest.mark.parametrize("call", CALLS[:3])
    def test_no_batch_axis(self, call):
        with pytest.raises(ValueError, match=r"given as `x\[None\]`.*`\[0\]`. Received: shape \(3, 2\)"):
            call(uncompiled(), np.zeros((3, 2)))

    @pytest.mark.parametrize("call", CALLS)
    def test_models(self, call):
        x = np.zeros((5, 3, 2))
        dense = keras.Sequential([keras.Input((3, 2)), layers.Dense(1)])
        with pytest.raises(ValueError, match="no recurrent layer. Received: Sequential"):
            call(dense, x)
        with pytest.raises(ValueError, match="not built.*Received: Sequential"):
            call(keras.Sequential([layers.SimpleRNN(3)]), x)
        with pytest.raises(TypeError, match=r"must be a keras.Model. Received: .*\(SimpleRNN\)"):
            call(layers.SimpleRNN(3), x)
        stateful = keras.Sequential([keras.Input(batch_shape=(5, 3, 2)), layers.SimpleRNN(3, stateful=True)])
        with pytest.raises(ValueError, match="it is stateful.*Received: SimpleRNN"):
            call(stateful, x)

    def test_ids(self):
        with pytest.raises(ValueError, match="ids from 0 to 7. Received: 0 to 8"):
            insight.trace(char_model(), [[0, 8]])
        with pytest.raises(ValueError, match="ids from 0 to 7. Received: -1 to 0"):
            insight.trace(char_model(), [[0, -1]])
        with pytest.raises(TypeError, match=r"integer ids. Received: \[\[0.5, 1\]\]"):
            insight.trace(char_model(), [[0.5, 1]])
        with pytest.raises(ValueError, match=r"\(batch, 2\), that is samples, steps, of ids.*shape \(1, 3\)"):
            insight.trace(char_model(), [[0, 1, 2]])

    def test_steps_and_norms(self):
        x = np.zeros((1, 3, 2))
        with pytest.raises(ValueError, match="`step` must be from 0 to 2. Received: 3"):
            insight.memory(uncompiled(), x, step=3)
        with pytest.raises(TypeError, match="`step` must be an integer. Received: 1.0"):
            insight.memory(uncompiled(), x, step=1.0)
        for call in (insight.memory, insight.memory_map):
            with pytest.raises(ValueError, match="'spectral', 'frobenius'. Received: 'nuclear'"):
                call(uncompiled(), x, norm="nuclear")

    def test_targets_and_losses(self):
        x = np.zeros((5, 3, 2))
        with pytest.raises(ValueError, match=r"take the last step, `\[:, -1, :\]`.*Received: shape \(5, 1\)"):
            insight.gradients(uncompiled(), x, np.zeros((5, 1)), "mse")
        with pytest.raises(ValueError, match="`y` must be finite.* Received: "):
            insight.gradients(uncompiled(), x, np.full((5, 3, 1), np.nan), "mse")
        with pytest.raises(TypeError, match="`y` must be numbers. Received: "):
            insight.gradients(uncompiled(), x, "abc", "mse")
        for y in ([8], [-1], [1.5]):
            with pytest.raises(ValueError, match="`y` must hold class ids from 0 to 7. Received: "):
                insight.gradients(char_model(), [[0, 1]], y)
        with pytest.raises(ValueError, match="not compiled with one. Received: None"):
            insight.gradients(uncompiled(), x, np.zeros((5, 3, 1)))
        with pytest.raises(ValueError, match="`loss` must be a Keras loss.*Received: 'no_such'"):
            insight.gradients(uncompiled(), x, np.zeros((5, 3, 1)), "no_such")
        with pytest.raises((TypeError, ValueError), match="`loss` must be a Keras loss.*Received: 3"):
            insight.gradients(uncompiled(), x, np.zeros((5, 3, 1)), 3)
