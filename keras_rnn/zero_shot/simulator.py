"""Simulated series: what the forecaster learned from, every one with a season's length of its own.

Each is a sum of a level that walks or reverts, a local trend, jumps, an AR(2) cycle, a seasonal pattern that drifts,
and noise, of sizes drawn anew; some are exponential of that, some rounded. Every knob is a share of the series.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from keras_rnn.core.arrays import Array, Floats

SEASONS = (1, 4, 7, 12, 24, 52)
MOST_PLACES = 60  # of a season that is none of these
HARMONICS = 26
KNOTS = 8  # of a drifting pattern's course, in a series
KNOBS: Mapping[str, float] = MappingProxyType({
    "odd_season": 0.06,  # with a season's length of 2 to 60, drawn evenly
    "no_season": 0.2,  # without a pattern, though a season's length is given
    "trend": 0.6,  # with a local trend, half of which last
    "walk": 0.75,  # whose level is a random walk; the others revert to a mean
    "plain_walk": 0.05,  # a random walk and nothing else
    "jump": 0.15,  # with shifts of the level
    "cycle": 0.4,  # with an AR(2) cycle
    "heavy": 0.4,  # with heavy-tailed noise
    "volatile": 0.4,  # whose spread wanders, and in half of them changes once for good
    "exponential": 0.2,  # whose spread grows with the level
    "calm": 0.25,  # smooth, ruled by a lasting trend, as prices and employment are
    "break": 0.35,  # of the calm ones, with a few turns of the trend
    "drift": 0.7,  # whose pattern drifts
    "rounded": 0.07,  # as counts are
})  # fmt: skip
SHARES = (0.22, 0.15, 0.10, 0.33, 0.10, 0.10)  # of the seasons' lengths


@dataclass(frozen=True)
class Simulated:
    """Series of one length.

    Attributes:
        values: float32 (series, length).
        seasons: places in a season (series,), 1 for none.
        observed: bool (series, length): whole, with gaps of up to a season as forecasts have them, or with holes.
    """

    values: Array
    seasons: Array
    observed: Array


def simulate(count: int, length: int, seed: Any, knobs: Mapping[str, float] = KNOBS) -> Simulated:
    """So many series; the same seed, the same series."""
    r = np.random.default_rng(seed)
    seasons = np.asarray(SEASONS)[r.choice(len(SEASONS), count, p=SHARES)]
    seasons = np.where(r.random(count) < knobs["odd_season"], r.integers(2, MOST_PLACES + 1, count), seasons)
    draw = _Draws(r, count, length, knobs)
    values = _series(draw, seasons)
    return Simulated(values.astype(np.float32), seasons, observed(r, seasons, length))


class _Draws:
    """Draws for every series at once: (series, 1), or (series, length) where they are noise."""

    def __init__(self, r: np.random.Generator, count: int, length: int, knobs: Mapping[str, float]) -> None:
        self.r, self.count, self.length, self.knobs = r, count, length, knobs

    def share(self, share: str | float) -> Floats:
        """1 for such a share of the series, 0 for the others."""
        p = self.knobs[share] if isinstance(share, str) else share
        return (self.r.random((self.count, 1)) < p).astype(float)

    def uniform(self, low: float, high: float) -> Floats:
        return self.r.uniform(low, high, (self.count, 1))

    def size(self, low: float, high: float) -> Floats:
        """Uniform in its logarithm."""
        return np.exp(self.uniform(np.log(low), np.log(high)))

    def noise(self) -> Floats:
        return self.r.standard_normal((self.count, self.length))

    def one(self) -> Floats:
        return self.r.standard_normal((self.count, 1))


def _series(d: _Draws, seasons: Array) -> Floats:
    walk_only = d.share("plain_walk")
    calm = d.share("calm") * (1 - walk_only)
    quiet = np.where(calm > 0, d.size(0.01, 0.3), 1.0)  # of everything but the trend
    spread = _spread(d)
    noise = _noise(d, spread) * d.size(0.02, 1.5) * quiet * (1 - walk_only)
    level = _level(d, spread, calm, quiet, walk_only)
    cycle = _cycle(d) * d.size(0.3, 10.0) * d.share("cycle") * quiet * (1 - walk_only)
    strength = d.size(0.15, 12.0) * (1 - d.share("no_season")) * (1 - walk_only)
    x = level + noise + cycle + _pattern(d, seasons) * strength * quiet
    # the spread grows with the level
    curve = d.uniform(0.5, 2.5) / np.maximum(np.ptp(x, axis=1, keepdims=True), 1e-3)
    exponential = np.expm1(np.clip((x - x.mean(1, keepdims=True)) * curve, -6, 6)) / curve
    x = np.where(d.share("exponential") > 0, exponential, x)
    grain = d.size(0.1, 1.5)
    return np.asarray(np.where(d.share("rounded") > 0, np.round(x / grain) * grain, x))


def _spread(d: _Draws) -> Floats:
    """What noise and steps are multiplied by: 1, or in some what wanders about it."""
    wander = np.cumsum(d.noise(), axis=1) * d.size(0.01, 0.15)
    late = np.arange(d.length) >= d.length * d.uniform(0.1, 1.0)
    wander = wander + late * d.one() * d.share(0.5)
    return np.exp(np.clip(wander, -1.5, 1.5) * d.share("volatile"))


def _noise(d: _Draws, spread: Array) -> Floats:
    """Of scale 1: AR(1) in half of them, heavy tails in some."""
    e = d.noise()
    freedom = d.size(2.2, 12.0)
    chi = d.r.standard_gamma(np.broadcast_to(freedom / 2, e.shape)) / (freedom / 2)
    e = np.where(d.share("heavy") > 0, np.clip(e / np.sqrt(np.maximum(chi, 1e-3)), -12, 12), e)
    e = e * spread
    phi = np.where(d.share(0.5) > 0, d.uniform(-0.4, 0.95), 0.0)[:, 0]
    out, state = np.empty_like(e), np.zeros(d.count)
    for t in range(d.length):
        state = phi * state + e[:, t]
        out[:, t] = state
    return np.asarray(out * np.sqrt(1 - phi[:, None] ** 2))


def _level(d: _Draws, spread: Array, calm: Array, quiet: Array, walk_only: Array) -> Floats:
    """A walk, of means over a period in some (Working 1960), or an AR(1) about a mean; a local trend; jumps."""
    steps = d.noise() * spread
    working = 0.27 * d.share(0.3)
    steps[:, 1:] += working * steps[:, :-1]
    wild = d.share(0.2)
    steps = np.where(wild > 0, steps * np.exp(0.8 * d.noise()), steps) * d.size(0.03, 1.2) * quiet
    walks = np.maximum(np.maximum(d.share("walk"), calm), walk_only)
    keep = np.where(walks > 0, 1.0, 1 - d.size(0.01, 0.5))[:, 0]
    size = np.where(calm > 0, d.size(0.05, 0.6), d.size(0.005, 0.5) * d.share("trend")) * (1 - walk_only)
    lasting = np.maximum(d.share(0.5), calm)
    rho = np.where(lasting > 0, 1.0, d.uniform(0.5, 0.97))
    turn = np.where(lasting > 0, d.size(0.003, 0.2), np.sqrt(1 - rho**2))
    turns = d.noise() * turn * size
    breaks = (d.r.random(turns.shape) < 3.0 / d.length) * d.share("break") * calm
    turns += breaks * d.noise() * size
    slope, value, out, rho = (d.one() * size)[:, 0], np.zeros(d.count), np.empty_like(steps), rho[:, 0]
    for t in range(d.length):
        slope = rho * slope + turns[:, t]
        value = keep * value + steps[:, t] + slope
        out[:, t] = value
    jumps = quiet * (d.r.random(out.shape) < 1.5 / d.length) * d.noise() * d.uniform(2.0, 15.0)
    return np.asarray(out + np.cumsum(jumps, axis=1) * d.share("jump") * (1 - walk_only))


def _cycle(d: _Draws) -> Floats:
    """AR(2) of standard deviation 1, of a period that has nothing to do with the season."""
    period, damping = d.size(4.0, 80.0), 1 - d.size(0.003, 0.3)
    a, b = (2 * damping * np.cos(2 * np.pi / period))[:, 0], -(damping[:, 0] ** 2)
    e, out = d.noise(), np.empty((d.count, d.length))
    one, two = d.one()[:, 0], d.one()[:, 0]
    for t in range(d.length):
        one, two = a * one + b * two + e[:, t], one
        out[:, t] = one
    return np.asarray(out / (out.std(axis=1, keepdims=True) + 1e-3))


def _pattern(d: _Draws, seasons: Array) -> Floats:
    """Harmonics whose sizes fall slowly (ragged) or fast (smooth), drifting; a spike in some; standard deviation 1."""
    k = np.arange(1, HARMONICS + 1)
    fall = np.where(d.share(0.4) > 0, 0.0, d.uniform(0.0, 3.0))
    used = (k <= seasons[:, None] // 2) * k**-fall  # (series, harmonics)
    first = d.r.standard_normal((d.count, 1, HARMONICS, 2))
    moves = np.cumsum(d.r.standard_normal((d.count, KNOTS - 1, HARMONICS, 2)), axis=1)
    rate = (d.size(0.02, 0.7) * d.share("drift"))[:, :, None, None]
    course = np.concatenate([first, first + rate * moves], axis=1) * used[:, None, :, None]
    # between two knots the amplitudes go straight, and of a season each place is computed once
    place = np.arange(d.length) % seasons[:, None]  # (series, length)
    angle = 2 * np.pi * np.arange(MOST_PLACES)[None, :, None] * k / seasons[:, None, None]
    waves = np.stack([np.cos(angle), np.sin(angle)], axis=-1).astype(np.float32)  # (series, places, harmonics, 2)
    shape = (d.count, MOST_PLACES, -1)
    at_knots = waves.reshape(shape) @ course.reshape(d.count, KNOTS, -1).transpose(0, 2, 1)  # (series, places, knots)
    where = np.linspace(0, KNOTS - 1, d.length)
    left = np.minimum(where.astype(int), KNOTS - 2)
    part, rows = where - left, np.arange(d.count)[:, None]
    pattern = (1 - part) * at_knots[rows, place, left] + part * at_knots[rows, place, left + 1]
    spot = (np.arange(d.length) + d.r.integers(0, 52, (d.count, 1))) % seasons[:, None] == 0
    pattern = pattern + spot * d.one() * 3.0 * d.share(0.15)
    return np.asarray(pattern / (pattern.std(axis=1, keepdims=True) + 1e-3) * (seasons[:, None] > 1))


def observed(r: np.random.Generator, seasons: Array, length: int) -> Array:
    """Which values are known of series with such seasons: all, all but gaps as forecasts have them, or but holes."""
    m = seasons[:, None].astype(float)
    col = m.shape
    gap = np.where(r.random(col) < 0.7, m, np.ceil(m * r.uniform(0.7, 1.0, col)))
    gap = np.where(m == 1, r.integers(1, 13, col), gap)
    start = np.ceil(np.maximum(10.0, m * r.uniform(1.0, 3.0, col)))
    between = np.ceil(m * r.uniform(1.0, 2.0, col)) + 3
    t = np.arange(length)[None]
    start = np.minimum(start, length - gap)
    gaps = (t >= start) & ((t - start) % (gap + between) < gap)
    kind, holes = r.random(col), (r.random((len(m), length)) < 0.12) & (t > 2)
    return np.asarray(~(((kind < 0.65) & gaps) | ((kind > 0.9) & holes)))
