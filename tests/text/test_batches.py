"""Windows from ids on disk: every character met, none across the cut, and batch k the same whatever came before."""

import itertools
import os
from collections import Counter

import numpy as np
import pytest

from keras_rnn.text.batches import IdFile, TextPart, shuffled


def part(size, first=0, after=0):
    """A stretch of ids that are their own places, so that a window tells where it is from."""
    ids = np.arange(first + size + after, dtype=np.int32)
    return TextPart(IdFile(np.array_split(ids, 3), max(2, len(ids))), first, size)


def take(batches, count):
    return list(itertools.islice(batches, count))


def same(one, other):
    return all(np.array_equal(a, b) for x, y in zip(one, other, strict=True) for a, b in zip(x, y, strict=True))


@pytest.mark.parametrize("count", [1, 2, 3, 7, 64, 1000, 4097])
def test_a_shuffle_moves_each_elsewhere(count):
    keys = np.random.default_rng(count).integers(2**64, size=6, dtype=np.uint64)
    moved = shuffled(np.arange(count), count, keys)
    assert sorted(moved.tolist()) == list(range(count))
    if count >= 1000:  # neighbors are not kept together: no step is frequent
        assert Counter(np.diff(moved).tolist()).most_common(1)[0][1] < count / 100
        assert abs(np.corrcoef(moved, np.arange(count))[0, 1]) < 0.1


def test_a_shuffle_puts_each_anywhere():
    found = np.zeros((5, 5))
    for seed in range(2000):
        keys = np.random.default_rng(seed).integers(2**64, size=6, dtype=np.uint64)
        found[np.arange(5), shuffled(np.arange(5), 5, keys)] += 1
    assert (np.abs(found / 2000 - 0.2) < 0.06).all()


@pytest.mark.parametrize("batch", [1, 4, 50])
@pytest.mark.parametrize(("size", "window"), [(6, 5), (11, 2), (11, 5), (100, 7), (101, 10), (64, 9)])
def test_an_epoch_of_all_meets_each_character_once_but_for_the_ends(size, window, batch):
    text, epochs = part(size, first=5, after=5), 40
    count = text.windows(window, "all")
    windows = [
        row.tolist() for ids, _ in take(text.batches(batch, window, "all", seed=1), epochs * count) for row in ids
    ]
    ever = Counter()
    for epoch in range(epochs):
        targets = [i + 1 for row in windows[epoch * count : (epoch + 1) * count] for i in row]
        assert len(set(targets)) == len(targets) == count * window
        assert max(targets) - min(targets) == len(targets) - 1  # side by side
        assert len(targets) > size - 1 - 2 * window
        ever.update(targets)
    assert set(ever) == set(range(6, 5 + size)) or count == 1  # of one window, offsets enough are a matter of chance
    assert min(ever) >= 6
    assert max(ever) < 5 + size


def test_an_epoch_of_last_meets_each_character_once():
    text = part(50, first=3, after=9)
    count = text.windows(2)
    assert count == 48
    targets = np.concatenate([y for _, y in take(text.batches(4, 2, seed=0), 24)])  # two epochs
    assert sorted(targets[:48].tolist()) == sorted(targets[48:].tolist()) == list(range(5, 53))
    assert targets[:48].tolist() != targets[48:].tolist() != sorted(targets[48:].tolist())


@pytest.mark.parametrize(("window", "targets", "shape"), [(4, None, (3,)), (5, None, (3, 5)), (2, "all", (3, 2))])
def test_targets(window, targets, shape):
    ids, y = next(part(50).batches(3, window, targets, seed=0))
    assert ids.dtype == y.dtype == np.int32
    assert (ids.shape, y.shape) == ((3, window), shape)
    np.testing.assert_array_equal(y, ids + 1 if len(shape) == 2 else ids[:, -1] + 1)
    ids[:] = 0  # an array of its own
    assert y.all()


def test_batches_go_on_from_anywhere():
    text = part(500, first=7)
    for make in (
        lambda start, seed=3: text.batches(6, 9, seed=seed, start=start),
        lambda start, seed=3: text.batches(6, 3, seed=seed, start=start),
        lambda start, seed=3: text.carried(6, 9, seed=seed, start=start),
    ):
        whole = take(make(0), 60)
        for start in (1, 8, 9, 10, 37):
            assert same(whole[start:], take(make(start), 60 - start))
        assert not same(whole, take(make(0, seed=4), 60))
        assert not same(take(make(0, seed=None), 60), take(make(0, seed=None), 60))


@pytest.mark.parametrize(("size", "batch", "window"), [(11, 2, 5), (101, 3, 7), (965, 4, 10)])
def test_rows_go_on_where_they_stood(size, batch, window):
    text = part(size, first=5, after=5)
    count = text.carried_batches(batch, window)
    found = take(text.carried(batch, window, seed=2), 30 * count)
    for k, (ids, targets, starts) in enumerate(found):
        assert ids.dtype == targets.dtype == np.int32
        assert (ids.shape, targets.shape, starts.shape) == ((batch, window), (batch, window), (batch,))
        np.testing.assert_array_equal(targets, ids + 1)
        assert starts.tolist() == batch * [k % count == 0]
        if k % count:
            np.testing.assert_array_equal(ids[:, 0], found[k - 1][1][:, -1])
    for epoch in range(30):
        targets = np.concatenate([y for _, y, _ in found[epoch * count : (epoch + 1) * count]], axis=1)
        assert len(np.unique(targets)) == targets.size > size - 1 - batch * window
    ever = np.unique([y for _, y, _ in found])
    assert (ever.min(), ever.max()) == (6, 4 + size)


def test_rows_of_part_of_a_text():
    text = part(1001)
    assert text.carried_batches(4, 10, most=200) == 5
    assert text.carried_batches(4, 10, most=1) == 1
    assert text.carried_batches(4, 10, most=10**9) == 25
    found = take(text.carried(4, 10, seed=0, most=200), 6)
    assert found[0][0][:, 0].tolist() == found[5][0][:, 0].tolist() == [0, 250, 500, 750]
    assert found[4][0][:, -1].tolist() == [49, 299, 549, 799]


def test_a_sample_is_spread_evenly():
    text = part(1001, first=4)
    ids, targets = text.sample(10)
    np.testing.assert_array_equal(ids.reshape(-1), 4 + np.arange(1000))
    np.testing.assert_array_equal(targets, ids + 1)
    ids, targets = text.sample(10, "last", most=45)
    assert ids[:, 0].tolist() == [4, 254, 504, 754]
    assert targets.tolist() == [14, 264, 514, 764]
    for most in range(10, 1000, 7):
        starts = text.sample(10, most=most)[0][:, 0]
        assert len(np.unique(starts)) == most // 10
    assert text.sample(10, most=1)[0].shape == (1, 10)


def test_without_pread(monkeypatch):
    text = part(500)
    expected = take(text.batches(6, 9, seed=0), 5)
    monkeypatch.delattr(os, "pread")
    assert same(expected, take(text.batches(6, 9, seed=0), 5))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda p: p.batches(4, 20), ValueError, "longer than the window of 20 characters. Received: 20 characters"),
        (lambda p: p.sample(20), ValueError, "longer than the window of 20 characters. Received: 20 characters"),
        (lambda p: p.carried(4, 5), ValueError, "21 characters at least, for 4 rows .* Received: 20 characters"),
        (lambda p: p.batches(0, 2), ValueError, "`batch` must be at least 1"),
        (lambda p: p.batches(4, 0), ValueError, "`window` must be at least 1"),
        (lambda p: p.batches(4, 2.0), TypeError, "`window` must be an integer"),
        (lambda p: p.batches(4, 2, "each"), ValueError, "`targets` must be one of"),
        (lambda p: p.batches(4, 2, seed=-1), ValueError, "`seed` must be"),
        (lambda p: p.batches(4, 2, start=-1), ValueError, "`start` must be"),
        (lambda p: p.carried(4, 2, start=-1), ValueError, "`start` must be"),
        (lambda p: p.carried(4, 2, most=0), ValueError, "`most` must be"),
        (lambda p: p.carried(4, 2, seed="a"), TypeError, "`seed` must be"),
        (lambda p: p.sample(4, most=0), ValueError, "`most` must be"),
    ],
)
def test_bad_input_is_told_at_once(call, error, message):
    with pytest.raises(error, match=message):
        call(part(20))
