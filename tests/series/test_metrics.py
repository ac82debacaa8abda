"""Measures against their textbook formulas written as loops, and Student's t against its finite sums."""

import math

import numpy as np
import pytest

from keras_rnn.series.intervals import level_share
from keras_rnn.series.metrics import coverage, diebold_mariano, mase, skill, skill_interval, winkler

RANDOM = np.random.default_rng(1)
ACTUAL, PREDICTED, REFERENCE = RANDOM.normal(size=(3, 41))
LOW, HIGH = PREDICTED - RANDOM.random(41), PREDICTED + 2 * RANDOM.random(41)
ROWS = list(zip(ACTUAL.tolist(), LOW.tolist(), HIGH.tolist(), strict=True))
EXACT = {"rel": 1e-12, "abs": 0}


def test_mase():
    history = RANDOM.normal(size=30).tolist()
    error = sum(abs(a - p) for a, p in zip(ACTUAL, PREDICTED, strict=True)) / 41
    for period in (1, 12):
        scale = sum(abs(history[t] - history[t - period]) for t in range(period, 30)) / (30 - period)
        assert mase(ACTUAL, PREDICTED, history, period) == pytest.approx(error / scale, **EXACT)
    with pytest.raises(ValueError, match="must change within 2 periods. Received: 4 values"):
        mase([1.0], [2.0], [1.0, 5.0, 1.0, 5.0], 2)


def test_skill():
    def root(predicted):
        return math.sqrt(sum((a - p) ** 2 for a, p in zip(ACTUAL, predicted, strict=True)) / 41)

    expected = 1 - root(PREDICTED) / root(REFERENCE)
    assert skill(ACTUAL, PREDICTED, REFERENCE) == pytest.approx(expected, **EXACT)
    assert skill(ACTUAL, PREDICTED, PREDICTED) == 0
    assert skill(ACTUAL, ACTUAL, PREDICTED) == 1
    with pytest.raises(ValueError, match="Received: errors that are all 0"):
        skill(ACTUAL, PREDICTED, ACTUAL)


def test_winkler_and_coverage():
    for level in (80, 95):
        scores, inside = [], 0
        for actual, low, high in ROWS:
            score = high - low
            if actual < low:
                score += 2 / (1 - level / 100) * (low - actual)
            elif actual > high:
                score += 2 / (1 - level / 100) * (actual - high)
            else:
                inside += 1
            scores.append(score)
        assert 0 < inside < 41
        assert winkler(ACTUAL, LOW, HIGH, level) == pytest.approx(sum(scores) / 41, **EXACT)
        assert coverage(ACTUAL, LOW, HIGH) == pytest.approx(100 * inside / 41, **EXACT)
    assert coverage([1.0, 2.0], [1.0, 1.0], [1.5, 2.0]) == 100  # ends are inside
    for measure in (lambda *rows: winkler(*rows, 80), coverage):
        with pytest.raises(ValueError, match="Received: 2.0 above 1.0 at position 1"):
            measure([1.0, 2.0], [0.0, 2.0], [1.0, 1.0])


@pytest.mark.parametrize("block", [1, 4, 7, 11])
def test_the_bootstrap_draws_pairs_in_circular_blocks(block):
    """Against the same draws made index by index; 4 and 7 do not divide 11."""
    errors, reference = RANDOM.normal(size=(2, 11))
    draws = 200
    blocks = math.ceil(11 / block)
    skills = []
    for starts in np.random.default_rng(5).integers(11, size=(draws, blocks)):
        places = [(start + i) % 11 for start in starts for i in range(block)][:11]
        own, base = (sum(row[i] ** 2 for i in places) for row in (errors, reference))
        skills.append(1 - math.sqrt(own / base))
    skills.sort()
    low, high = skill_interval(errors, reference, 80, block, draws, 5)
    assert low == pytest.approx(skills[19], abs=1e-12)  # the 20th of 200, and the 180th
    assert high == pytest.approx(skills[179], abs=1e-12)


def test_the_bootstrap_block_is_the_cube_root():
    errors, reference = RANDOM.normal(size=(2, 200))
    assert skill_interval(errors, reference) == skill_interval(errors, reference, block=6)
    assert skill_interval(errors, reference) != skill_interval(errors, reference, block=5)
    assert skill_interval(errors, reference) != skill_interval(errors, reference, seed=1)
    assert skill_interval([1.0], [2.0]) == (0.5, 0.5)


def test_the_bootstrap_finds_what_there_is():
    errors = RANDOM.normal(size=400)
    low, high = skill_interval(errors, 2 * RANDOM.normal(size=400))
    assert 0.4 < low < 0.5 < high < 0.6
    assert skill_interval(errors, 2 * errors) == (0.5, 0.5)  # pairs stay pairs


def test_the_bootstrap_where_the_reference_is_perfect():
    assert skill_interval(np.zeros(8), np.zeros(8)) == (0, 0)
    low, high = skill_interval([1.0, 1, 1, 1], [0.0, 0, 0, 1], block=1)
    assert low == -math.inf
    assert math.isfinite(high)


def test_identical_errors_are_no_difference():
    assert skill_interval(ACTUAL, ACTUAL) == (0, 0)
    assert diebold_mariano(ACTUAL, ACTUAL, 3) == (0, 1)
    assert diebold_mariano(ACTUAL, -ACTUAL) == (0, 1)


def test_diebold_mariano_by_hand():
    """Differences of losses 3, 0, 3, 0, 0: mean 1.2, autocovariances 2.16 and -1.008."""
    errors, reference = [2.0, 1.0, 2.0, 0.0, 1.0], [1.0, 1.0, 1.0, 0.0, 1.0]
    # h = 1: variance 2.16 / 5, factor (5 + 1 - 2) / 5
    statistic, p = diebold_mariano(errors, reference)
    assert statistic == pytest.approx(1.2 / math.sqrt(0.432) * math.sqrt(0.8), **EXACT)
    assert p == pytest.approx(student_by_sums(statistic, 4), abs=1e-12)
    assert diebold_mariano(reference, errors) == pytest.approx((-statistic, p), **EXACT)
    # h = 2: variance (2.16 - 2 · 1.008) / 5, factor (5 + 1 - 4 + 2 / 5) / 5
    statistic, _ = diebold_mariano(errors, reference, 2)
    assert statistic == pytest.approx(1.2 / math.sqrt(0.0288) * math.sqrt(0.48), **EXACT)
    # 3, 0, 3, 0: 2.25 - 2 · 1.6875 is below 0, no test
    assert all(math.isnan(value) for value in diebold_mariano(errors[:4], reference[:4], 2))
    # a constant difference has no variance either, but for rounding
    assert all(math.isnan(value) for value in diebold_mariano([0.3] * 7, [0.1] * 7))


@pytest.mark.parametrize("horizon", [1, 2, 5])
def test_diebold_mariano_by_loops(horizon):
    smooth = np.convolve(RANDOM.normal(size=64), np.ones(5), "valid")  # autocorrelated: variances above 0
    losses = [float(e**2 - r**2) for e, r in zip(smooth, 0.5 * smooth[::-1], strict=True)]
    n, mean = len(losses), sum(losses) / len(losses)
    variance = 0.0
    for lag in range(-horizon + 1, horizon):
        variance += sum((losses[t] - mean) * (losses[t - abs(lag)] - mean) for t in range(abs(lag), n)) / n
    original = mean / math.sqrt(variance / n)
    expected = original * math.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    statistic, p = diebold_mariano(smooth, 0.5 * smooth[::-1], horizon)
    assert statistic == pytest.approx(expected, **EXACT)
    assert p == pytest.approx(student_by_sums(expected, n - 1), abs=1e-12)


def student_by_sums(t, degrees):
    """Two-sided p by the finite sums for whole degrees, Abramowitz & Stegun 26.7.3 and 26.7.4."""
    angle = math.atan(abs(t) / math.sqrt(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    if degrees == 1:
        return 1 - 2 / math.pi * angle
    first = 2 if degrees % 2 == 0 else 3
    term = total = 1.0 if first == 2 else cosine
    for k in range(first, degrees - 1, 2):
        term *= (k - 1) / k * cosine**2
        total += term
    return 1 - (sine * total if first == 2 else 2 / math.pi * (angle + sine * total))


MEASURES = {
    "mase": lambda a, p: mase(a, p, [1.0, 2.0]),
    "skill": lambda a, p: skill(a, p, p),
    "skill of": lambda a, p: skill(a, a, p),
    "winkler": lambda a, p: winkler(a, p, p, 80),
    "coverage": lambda a, p: coverage(a, p, p),
    "skill_interval": skill_interval,
    "diebold_mariano": diebold_mariano,
}


@pytest.mark.parametrize("name", MEASURES)
def test_pairs_that_are_none(name):
    good = [1.0, 2.0, 4.0]
    for bad in ([1.0, 2.0], [[1.0], [2.0], [4.0]], [1.0, math.nan, 4.0], [1.0, math.inf, 4.0], [], 3.0):
        for pair in ((good, bad), (bad, good)):
            with pytest.raises((ValueError, TypeError), match="Received: "):
                MEASURES[name](*pair)
    with pytest.raises(TypeError, match="Received: "):
        MEASURES[name](good, ["1", "2", "4"])
    with pytest.raises(ValueError, match=r"must have one shape. Received: .*\(3,\) and \(2,\)"):
        MEASURES[name](good, [1.0, 2.0])


def test_arguments_out_of_range():
    good = [1.0, 2.0, 4.0]
    assert level_share(95) == 0.95
    for level in (0, 100, -5, 101, math.nan):
        for call in (level_share, lambda v: winkler(good, good, good, v), lambda v: skill_interval(good, good, v)):
            with pytest.raises(ValueError, match="`level` must be .*Received: "):
                call(level)
    with pytest.raises(TypeError, match="`level`"):
        level_share("95")
    for arguments in ({"block": 0}, {"block": 4}, {"draws": 0}, {"seed": -1}):
        with pytest.raises(ValueError, match="Received: "):
            skill_interval(good, good, **arguments)
    for horizon in (0, 3):
        with pytest.raises(ValueError, match="Received: "):
            diebold_mariano(good, good, horizon)
    with pytest.raises(ValueError, match="at least 3 values. Received: 2"):
        mase(good, good, [1.0, 2.0], 2)
