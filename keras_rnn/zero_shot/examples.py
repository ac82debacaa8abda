"""Training examples: simulated series as the network reads them, in blocks."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from keras_rnn.core.arrays import Array
from keras_rnn.zero_shot import reading
from keras_rnn.zero_shot.simulator import Simulated

FIRST = 8  # targets count from here on: before, little is known of a scale


@dataclass(frozen=True)
class Examples:
    """Everything over each target's scale sigma, which makes series of all sizes alike.

    Attributes:
        features: float32 (series, length − 1, FEATURES), of the targets from the second value on.
        candidates: (series, length − 1, CANDIDATES).
        targets: (series, length − 1, 3): value less the newest known one; its weight among the series' forecasts one
            step ahead; and among those further ahead. A weight is sigma over what the better of the two naive
            forecasts is off by there, over their number: the sum of weighted errors is relative to it.
    """

    features: Array
    candidates: Array
    targets: Array


def readings(values: Array, seasons: Array) -> Iterator[list[Array]]:
    """What is read of series (series, length), value by value: features, candidates, newest value and sigma.

    In float32, as in the model's graph.
    """
    rows, season = np.arange(len(values)), seasons[:, None].astype(np.float32)

    def pick(by_place: Array, place: Array) -> Array:
        return by_place[rows, :, place[:, 0].astype(np.int64)]

    def put(by_place: Array, place: Array, new: Array) -> Array:
        by_place[rows, :, place[:, 0].astype(np.int64)] = new
        return by_place

    by_place, numbers = reading.nothing_read(len(values), int(seasons.max()))
    for value in values.astype(np.float32).T[:, :, None]:
        *read, by_place, numbers = reading.read(np, by_place, numbers, value, season, pick, put)
        yield read


def examples_of(simulated: Simulated) -> Examples:
    values, seasons, observed = simulated.values, simulated.seasons, simulated.observed
    length = values.shape[1]
    given = np.where(observed, values, np.float32(np.nan))
    features, candidates, last, sigma = (
        np.stack(each, axis=1).astype(np.float32) for each in zip(*readings(given[:, :-1], seasons), strict=True)
    )
    last, sigma = last[..., 0], sigma[..., 0]  # (series, length - 1)
    y = values[:, 1:] - last
    single = features[..., reading.ONE_STEP] > 0.5
    late = np.arange(1, length)[None] >= FIRST
    floor = 1e-3 * values.std(axis=1, keepdims=True) + 1e-6
    weights = []
    for chosen in (single & late, ~single & late):
        n = np.maximum(chosen.sum(axis=1, keepdims=True), 1)
        naive = [(chosen * np.abs(e)).sum(axis=1, keepdims=True) / n for e in (y, y - candidates[..., 0])]
        weights.append(chosen * sigma / (np.minimum(*naive) + floor) / n)
    return Examples(
        features,
        candidates / sigma[..., None],
        np.stack([y / sigma, *weights], axis=-1).astype(np.float32),
    )
