"""Training on simulated series alone."""

import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from keras_rnn.core.backend import keras, tf
from keras_rnn.core.types import Model, Tensor
from keras_rnn.rnn.training import fit_batches
from keras_rnn.zero_shot.examples import Examples, examples_of
from keras_rnn.zero_shot.network import quantile_loss, training_network
from keras_rnn.zero_shot.reading import CANDIDATES, FEATURES, MEDIAN
from keras_rnn.zero_shot.simulator import KNOBS, simulate

ops = keras.ops
BATCH, LENGTH = 40, 256
PER_BLOCK = 20  # batches simulated together
MOST = 5.0  # times the naive forecasts' error, beyond which a series counts a tenth
AVERAGED = 0.998  # the weights kept are a running mean with this memory
ROUND = 100  # updates


def relative_pinball(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The pinball loss of the quantiles over the better naive forecast's absolute error, one step ahead and further."""
    loss = 2 * quantile_loss(y_true[..., :1] - y_pred)[..., None]
    ratios = ops.sum(y_true[..., 1:] * loss, axis=1)  # (batch, 2)
    return ops.sum(ops.minimum(ratios, MOST + 0.1 * (ratios - MOST)), axis=-1)


def train_on_simulations(
    model: Model,
    updates: int,
    learning_rate: float,
    seed: int,
    title: str | None = None,
    knobs: Mapping[str, float] = KNOBS,
) -> None:
    """Train a `ZeroShotModel`, each simulated series seen once; Adam, its rate falling to 0 by a cosine.

    The weights kept are a running mean of those of the last updates. `knobs` are the simulator's.
    """
    network = _network_of(model)
    schedule = keras.optimizers.schedules.CosineDecay(0.0, updates, warmup_target=learning_rate, warmup_steps=200)
    optimizer = keras.optimizers.Adam(schedule, beta_2=0.99, global_clipnorm=1.0, use_ema=True, ema_momentum=AVERAGED)
    network.compile(optimizer, relative_pinball, jit_compile=True)
    shapes = ((BATCH, LENGTH - 1, FEATURES), (BATCH, LENGTH - 1, CANDIDATES)), (BATCH, LENGTH - 1, 3)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        batches = tf.data.Dataset.from_generator(
            lambda: _batches(pool, updates, seed, dict(knobs)),
            output_signature=keras.tree.map_shape_structure(tf.TensorSpec, shapes),
        )
        fit_batches(network, batches.prefetch(2), updates, [], title=title, steps_per_call=ROUND)


def figures_on_simulations(model: Model, count: int = 2000, seed: int = 1) -> dict[str, float]:
    """How well a `ZeroShotModel` does on series that it was not trained on, one step ahead and up to a season.

    Errors are absolute, over those of the better naive forecast on the same series; intervals hold such a share.
    """
    examples = examples_of(simulate(count, LENGTH, [seed, 0, 0]))
    given = examples.features, examples.candidates
    quantiles = np.asarray(_network_of(model).predict(given, batch_size=BATCH, verbose=0))  # (series, length - 1, …)
    figures = {}
    for i, where in ((1, "one_step"), (2, "ahead")):
        value, weight = examples.targets[..., 0], examples.targets[..., i]
        ratios = (np.abs(value - quantiles[..., MEDIAN]) * weight).sum(axis=1)
        figures[f"error_over_better_naive_{where}"] = float(np.median(ratios[weight.any(axis=1)]))
        for low, high, level in ((1, -2, 80), (0, -1, 95)):
            held = (value >= quantiles[..., low]) & (value <= quantiles[..., high])
            figures[f"in_{level}_percent_interval_{where}"] = float(held[weight > 0].mean())
    return figures


def _network_of(model: Model) -> Model:
    cell = model.get_layer("rnn").cell
    return training_network(cell.cell, cell.head, LENGTH - 1)


def _batches(pool: Any, updates: int, seed: int, knobs: dict[str, float]) -> Iterator[Any]:
    """Simulated in another process, two blocks ahead of what is trained on."""
    blocks = -(-updates // PER_BLOCK) + 5  # some may be asked for beyond the last
    waiting = []
    for i in range(blocks + 2):
        if i < blocks:
            waiting.append(pool.submit(_block, LENGTH, [seed, i], knobs))
        if i >= 2:
            examples = waiting.pop(0).result()
            for j in range(0, PER_BLOCK * BATCH, BATCH):
                x = examples.features[j : j + BATCH], examples.candidates[j : j + BATCH]
                yield x, examples.targets[j : j + BATCH]


def _block(length: int, seed: list[int], knobs: dict[str, float]) -> Examples:
    return examples_of(simulate(PER_BLOCK * BATCH, length, seed, knobs))
