"""Jacobians of a recurrent layer's steps, their running product, and its norm."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from keras_rnn.core.arrays import Floats
from keras_rnn.core.backend import tf
from keras_rnn.insight._run import LayerRun
from keras_rnn.insight._vjp import step_vjp

NORMS = ("spectral", "frobenius")
BUDGET = 2**26  # bytes of one array of Jacobians; a longer batch is done in parts
SVD_UP_TO = 64  # rows or columns; beyond, ARPACK is quicker
TOLERANCE = 1e-10  # of the residual, relative to the eigenvalue: the norm's relative error is at most half of it


def step_jacobians(layer_run: LayerRun, sample: int) -> tuple[Floats, Floats]:
    """∂s_t/∂s_{t−1} (steps, states, states) and ∂s_t/∂x_t (steps, states, features) of one sample, all steps at once.

    `s` is all states side by side; steps in the layer's own order.
    """
    size = sum(layer_run.sizes)
    carry, part = step_vjp(layer_run.cell, layer_run.sizes), max(1, BUDGET // (8 * size * size))
    by_h, by_x = [], []
    for start in range(0, layer_run.steps, part):
        steps = range(start, min(start + part, layer_run.steps))
        x = tf.stack([layer_run.x[t][sample] for t in steps])  # (part, features): steps in the batch's place
        before = [layer_run.states[t] for t in steps]
        h = [tf.stack([states[i][sample] for states in before]) for i in range(len(layer_run.sizes))]
        m = tf.tile(tf.eye(size, dtype=h[0].dtype)[:, None], [1, len(steps), 1])  # (states, part, states)
        by_s, by_input = carry(m, x, h)
        by_h.append(np.swapaxes(np.asarray(by_s, np.float64), 0, 1))
        by_x.append(np.swapaxes(np.asarray(by_input, np.float64), 0, 1))
    return np.concatenate(by_h), np.concatenate(by_x)


def carried_back(layer_run: LayerRun, place: int, norm: str) -> dict[str, Floats]:
    """Natural logarithms of ‖∂s_t/∂s_{t−k}‖ at a place t of the layer's own order: (batch, t + 1), by k.

    Under `""` of all states side by side, and under each state's name, where there are several, of it by itself.
    """
    sizes, size = layer_run.sizes, sum(layer_run.sizes)
    batch = int(layer_run.x[0].shape[0])
    ends, blocks = np.cumsum(sizes).tolist(), {"": slice(0, size)}
    if len(sizes) > 1:
        blocks |= {name: slice(end - n, end) for name, end, n in zip(layer_run.names, ends, sizes, strict=True)}
    logs = {name: np.empty((batch, place + 1)) for name in blocks}
    carry, part = step_vjp(layer_run.cell, layer_run.sizes), max(1, BUDGET // (8 * size * size))
    together = max(1, part // 2)  # matrices whose norms are taken at once
    for start in range(0, batch, part):
        samples = slice(start, min(start + part, batch))
        products = _products(layer_run, carry, place, samples)
        for k in range(0, place + 1, together):
            ms, scales = zip(*(next(products) for _ in range(min(together, place + 1 - k))), strict=True)
            m = np.stack(ms, axis=1)  # (samples, together, states, states)
            scale = np.stack(scales, axis=1)  # (samples, together)
            for name, block in blocks.items():
                with np.errstate(divide="ignore"):  # the logarithm of a derivative that is 0 is −inf
                    logs[name][samples, k : k + m.shape[1]] = np.log(norms(m[..., block, block], norm)) + scale
    return logs


def _products(layer_run: LayerRun, carry: Any, place: int, samples: slice) -> Iterator[tuple[Floats, Floats]]:
    """∂s_t/∂s_{t−k} for k = 0, 1, …: (samples, states, states), each to be multiplied by e to its scale (samples,)."""
    size, count = sum(layer_run.sizes), samples.stop - samples.start
    m = tf.tile(tf.eye(size, dtype=layer_run.x[0].dtype)[:, None], [1, count, 1])  # (states, samples, states)
    scale = np.zeros(count)
    for k in range(place + 1):
        yield np.swapaxes(np.asarray(m, np.float64), 0, 1), scale
        if k == place:
            return
        t = place - k
        m, _ = carry(m, layer_run.x[t][samples], [state[samples] for state in layer_run.states[t]])
        # powers of two keep every digit, and products of a thousand steps within range
        largest = np.abs(np.asarray(m)).max(axis=(0, 2))
        powers = np.where((largest > 0) & np.isfinite(largest), np.frexp(largest)[1], 0)
        m = m * tf.constant(np.ldexp(1.0, -powers)[:, None], m.dtype)
        scale = scale + powers * np.log(2.0)


def norms(m: Floats, norm: str) -> Floats:
    """Norms of matrices (…, rows, columns): the largest singular value, or Frobenius; inf of infinite ones."""
    largest = np.abs(m).max(axis=(-2, -1), initial=0.0)
    finite = np.isfinite(largest)
    powers = np.where(finite & (largest > 0), np.frexp(largest)[1], 0)  # of two, so that no square leaves the range
    m = np.where(finite[..., None, None], np.ldexp(m, -powers[..., None, None]), 0.0)
    if norm == "frobenius":
        values = np.sqrt((m * m).sum(axis=(-2, -1)))
    elif min(m.shape[-2:]) <= SVD_UP_TO:
        values = np.linalg.svd(m, compute_uv=False)[..., 0]
    else:
        values = np.array([_largest(matrix) for matrix in m.reshape(-1, *m.shape[-2:])]).reshape(m.shape[:-2])
    return np.asarray(np.where(finite, np.ldexp(values, powers), np.inf))


def _largest(m: Floats) -> float:
    """The largest singular value of a matrix (rows, columns): ARPACK on mᵀm, from a fixed start so that it repeats."""
    if not m.any():
        return 0.0
    columns = m.shape[1]
    gram = LinearOperator((columns, columns), matvec=lambda v: (m @ v) @ m, dtype=m.dtype)
    start = np.random.default_rng(0).standard_normal(columns)
    return float(np.sqrt(eigsh(gram, k=1, v0=start, tol=TOLERANCE, return_eigenvectors=False)[0]))
