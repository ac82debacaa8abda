"""Training on simulations: examples, the network beside the model, seeds, and that it learns."""

import numpy as np
import pytest
from zero_shot_reference import told

from keras_rnn.core.backend import keras
from keras_rnn.zero_shot import training
from keras_rnn.zero_shot.examples import FIRST, examples_of
from keras_rnn.zero_shot.model import ZeroShotModel
from keras_rnn.zero_shot.network import CELLS, training_network
from keras_rnn.zero_shot.reading import ONE_STEP
from keras_rnn.zero_shot.simulator import Simulated, simulate


def test_examples():
    simulated = simulate(6, 50, 2)
    examples = examples_of(simulated)
    for i in range(6):
        values = np.where(simulated.observed[i], simulated.values[i].astype(float), np.nan)
        for end in (1, 2, 9, 30, 49):
            features, candidates, last, sigma = told(values, int(simulated.seasons[i]), end)
            np.testing.assert_allclose(examples.features[i, end - 1], features, atol=2e-4)
            np.testing.assert_allclose(examples.candidates[i, end - 1], candidates / sigma, rtol=1e-3, atol=1e-3)
            y = (simulated.values[i, end] - last) / sigma
            np.testing.assert_allclose(examples.targets[i, end - 1, 0], y, rtol=1e-3, atol=1e-3)
    single = examples.features[..., ONE_STEP] > 0.5
    assert not (examples.targets[..., 1] * ~single).any()
    assert not (examples.targets[..., 2] * single).any()
    assert not examples.targets[:, : FIRST - 1, 1:].any()


def test_weights_make_the_better_naive_forecast_one():
    values = np.cumsum(np.random.default_rng(0).normal(size=(3, 80)), axis=1).astype(np.float32)
    targets = examples_of(Simulated(values, np.array([1, 1, 1]), np.ones((3, 80), bool))).targets
    np.testing.assert_allclose((np.abs(targets[..., 0]) * targets[..., 1]).sum(axis=1), 1, atol=0.01)


@pytest.mark.parametrize("cell", CELLS)
def test_the_network_is_the_model(cell):
    model = ZeroShotModel(60, 6, 24, cell, seed=0)
    random = np.random.default_rng(0)
    model.set_weights([random.normal(scale=0.3, size=w.shape) for w in model.get_weights()])
    simulated = simulate(5, 60, 4)
    simulated = Simulated(simulated.values, np.full(5, 12), simulated.observed)
    examples, cells = examples_of(simulated), model.get_layer("rnn").cell
    network = training_network(cells.cell, cells.head, 59)
    of_network = network.predict((examples.features, examples.candidates), verbose=0)
    given = np.where(simulated.observed, simulated.values, np.float32(np.nan))
    of_model = model.quantiles(given, 12)[:, :-1]
    y = simulated.values[:, 1:]
    for i in range(5):  # the network's are over sigma, from the newest known value
        sigma = [told(np.where(simulated.observed[i], simulated.values[i].astype(float), np.nan), 12, t)[2:]
                 for t in range(1, 60)]  # fmt: skip
        last, scale = np.array(sigma).T
        np.testing.assert_allclose(
            of_network[i] * scale[:, None] + last[:, None], of_model[i], atol=1e-3 * np.ptp(y[i])
        )


@pytest.mark.parametrize("cell", ["gru", "simple_rnn"])
def test_gradients(cell):
    """The loop of our own beside Keras' own."""
    model = ZeroShotModel(40, 5, 12, cell, seed=0)
    cells, length = model.get_layer("rnn").cell, 30
    cells.head.set_weights([np.random.default_rng(0).normal(size=w.shape) for w in cells.head.get_weights()])
    examples = examples_of(simulate(4, length + 1, 0))
    ours = training_network(cells.cell, cells.head, length)
    features, candidates = (keras.Input(x.shape[1:]) for x in (examples.features, examples.candidates))
    states = keras.layers.RNN(cells.cell, return_sequences=True)(features)
    from keras_rnn.zero_shot.network import quantiles_of

    theirs = keras.Model([features, candidates], quantiles_of(cells.head(states), candidates))
    from keras_rnn.core.backend import tf

    found = []
    for network in (ours, theirs):
        with tf.GradientTape() as tape:
            answers = network([examples.features, examples.candidates])
            loss = tf.reduce_sum(training.relative_pinball(examples.targets, answers))
        found.append(tape.gradient(loss, [w.value for w in cells.trainable_variables]))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4 * float(np.abs(b).max()))


@pytest.mark.slow
def test_it_learns_and_repeats(monkeypatch):
    monkeypatch.setattr(training, "LENGTH", 32)
    monkeypatch.setattr(training, "ROUND", 20)
    models = [ZeroShotModel(120, 8, 60, "gru", seed=seed) for seed in (0, 0)]
    before = training.figures_on_simulations(models[0], 100)
    for model in models:
        training.train_on_simulations(model, 60, 0.01, seed=0)
    for x, y in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(x, y)
    after = training.figures_on_simulations(models[0], 100)
    assert after["error_over_better_naive_one_step"] < before["error_over_better_naive_one_step"]
