"""The forecaster's equations in NumPy and float64, from its weights, by a plain reading of a list of values."""

import itertools

import numpy as np

from keras_rnn.zero_shot.reading import CANDIDATES, DECAYS, FORGET, PSEUDO


def told(values, season, end):
    """Features and candidates of the value that follows `values[:end]`, the newest known value and the scale sigma.

    Written by index over the whole past, not by a state that is carried; `values[0]` is known.
    """
    filled, known = [], [t for t in range(end) if not np.isnan(values[t])]
    for t in range(end):
        again = filled[t - season] if t >= season else last_known(values, t)
        filled.append(again if np.isnan(values[t]) else values[t])
    n = known[-1]

    def before(t, seasons, otherwise):
        return filled[t - seasons * season] if t >= seasons * season else otherwise

    def level(t):  # of the season before t
        return np.mean(filled[max(0, t - season) : t]) if t else 0.0

    def index(t, decay):
        places = range(t - season, -1, -season)
        counted = [u for u in places if not np.isnan(values[u]) and u >= min(season, 4)]
        weights = [decay**k for k in range(len(counted))]
        return np.dot(weights, [filled[u] - level(u) for u in counted]) / sum(weights) if counted else 0.0

    def scale(changes):
        weights = [FORGET**k for k in range(len(changes))][::-1]
        return (np.dot(weights, changes) / sum(weights), sum(weights)) if changes else (0.0, 0.0)

    last, earlier = values[n], values[known[-2]] if len(known) > 1 else values[n]
    plain = scale([abs(values[b] - values[a]) for a, b in itertools.pairwise(known)])[0]
    plain += 1e-6 + 1e-6 * abs(last)
    seasonal, weight = scale([abs(values[t] - filled[t - season]) for t in known if t >= season])
    seasonal = (weight * seasonal + PSEUDO * plain) / (weight + PSEUDO)
    sigma = min(plain, seasonal)
    one = before(end, 1, last)
    two = before(end, 2, one)
    three = before(end, 3, two)
    last_one = before(n, 1, last)
    last_two = before(n, 2, last_one)
    here = [index(n, decay) for decay in DECAYS[0]]
    there = [index(end, decay) for decay in DECAYS[0]]
    adjusted = level(n) + here[0] - last if n else 0.0
    candidates = [one - last, last - last_one, one - two, two - three, last - earlier,
                  there[0] - here[0], there[1] - here[1], adjusted]  # fmt: skip
    scaled = np.array([*candidates, last_one - last_two]) / sigma
    ahead = end - n
    features = [*np.sign(scaled) * np.log1p(np.abs(scaled)), float(ahead == 1), np.log(seasonal / plain),
                np.log(season) / 2, np.log(ahead), min(end / season, 4) / 4]  # fmt: skip
    return np.array(features), np.array(candidates), last, sigma


def last_known(values, t):
    known = [values[u] for u in range(t) if not np.isnan(values[u])]
    return known[-1] if known else 0.0


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def answers(model, values, season):
    """Quantiles of what follows each value of one series that begins with a known one: (n, 9)."""
    weights = [w.astype(np.float64) for w in model.get_weights()]
    *cell, kernel, bias = weights
    h, rows = np.zeros(model.units), []
    for end in range(1, len(values) + 1):
        features, candidates, last, sigma = told(values, season, end)
        if model.cell == "gru":
            w, u, b = cell
            x, s = features @ w + b[0], h @ u + b[1]
            n = model.units
            z, r = sigmoid(x[:n] + s[:n]), sigmoid(x[n : 2 * n] + s[n : 2 * n])
            h = z * h + (1 - z) * np.tanh(x[2 * n :] + r * s[2 * n :])
        elif model.cell == "simple_rnn":
            w, u, b = cell
            h = np.tanh(features @ w + h @ u + b)
        else:
            h = np.tanh(np.concatenate([features, h]) @ cell[0] + cell[1])
        o, c = h @ kernel + bias, candidates / sigma
        median = sigmoid(o[0]) * c[0] + o[1:CANDIDATES] @ c[1:] + o[CANDIDATES]
        widths = np.log1p(np.exp(o[CANDIDATES + 1 :]))
        below, above = -np.cumsum(widths[:4][::-1])[::-1], np.cumsum(widths[4:])
        rows.append(last + sigma * (median + np.concatenate([below, [0.0], above])))
    return np.array(rows)
