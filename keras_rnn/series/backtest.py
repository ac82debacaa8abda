"""How well a forecaster would have done: forecasts from the past alone, and a table of several.

A forecaster is called with a history, float64 (periods,), and a number of steps, and gives that many values. Of a
series of several features, (periods, features), it forecasts the first.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_rnn.core.arrays import Floats
from keras_rnn.core.checks import check_choice, check_integer, received
from keras_rnn.series.history import check_history, features_of, first_column
from keras_rnn.series.intervals import conformal_rank
from keras_rnn.series.metrics import diebold_mariano, mae, mase, rmse, skill, skill_interval

PERSISTENCE, SEASONAL_NAIVE = "persistence", "seasonal naive"  # in tables
Forecaster = Callable[[Floats, int], ArrayLike]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts from every origin, and what came.

    Attributes:
        origins: index of the last value known, rising, int64 (n,).
        horizons: periods ahead, 1 to this.
        predicted: float64 (n, horizons).
        actual: float64 (n, horizons), NaN beyond the end of the series.
        last: the value at each origin, float64 (n,).
        seconds: that fitting and forecasting took.
    """

    origins: Integers
    horizons: int
    predicted: Floats
    actual: Floats
    last: Floats
    seconds: float

    def at(self, horizon: int = 1) -> tuple[Integers, Floats, Floats]:
        """Origins, actual values and predictions of one horizon, (known,) each, where the actual value is known."""
        column = check_integer("horizon", horizon, 1, self.horizons) - 1
        known = ~np.isnan(self.actual[:, column])  # (n,)
        return self.origins[known], self.actual[known, column], self.predicted[known, column]

    def errors(self, horizon: int = 1) -> Floats:
        """Actual − predicted, (known,)."""
        _, actual, predicted = self.at(horizon)
        return actual - predicted


def forecast_from(forecaster: Forecaster, values: Floats, origin: int, steps: int) -> Floats:
    """What a forecaster says at an origin, given a copy of the past alone: (steps,), checked."""
    name = f"forecast at origin {origin}"
    forecast = check_history(forecaster(_past(values, origin), steps), 1, name)
    if len(forecast) != steps:
        raise ValueError(f"`{name}` must hold {steps} values. Received: {len(forecast)}")
    return forecast


def _past(values: Floats, origin: int) -> Floats:
    """The values up to an origin, copied: a view would let the future be reached through its `base`."""
    past = values[: origin + 1].copy()
    past.flags.writeable = False
    return past


def walk_forward(
    forecaster: Forecaster,
    series: ArrayLike,
    first: int,
    horizons: int = 1,
    window: int = 1,
    refit: int | None = None,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Backtest:
    """Forecast from every origin with nothing but the values up to it, the window growing from origin to origin.

    A forecaster that was fitted on later values before it came here still knows them: give it a `fit`.

    Args:
        forecaster: (history, steps) → (steps,); if it has a method `fit`, that is called with the history before
            the first forecast.
        series: values of shape (periods,), or (periods, features).
        first: the first origin, an index; the last is the last but one value.
        horizons: periods ahead.
        window: values that the forecaster needs.
        refit: call `fit` again every so many origins; None: once only.
        progress: wraps the origins, such as `tqdm.tqdm`.

    Raises:
        TypeError: not numbers; `refit` for a forecaster without `fit`.
        ValueError: a series too short; arguments out of range; forecasts of another number or not finite.
    """
    check_integer("window", window, 1)
    check_integer("horizons", horizons, 1)
    values = check_history(series, window + 1, "series", features_of(series))
    n = len(values)
    check_integer("first", first, window - 1, n - 2)
    fit = getattr(forecaster, "fit", None)
    every = n if refit is None else check_integer("refit", refit, 1)
    if refit is not None and fit is None:
        raise TypeError(f"`refit` needs a forecaster with a method `fit`. {received(forecaster)}")
    start = time.perf_counter()
    predicted = []
    for origin in progress(range(first, n - 1)):
        if fit is not None and (origin - first) % every == 0:
            fit(_past(values, origin))
        predicted.append(forecast_from(forecaster, values, origin, horizons))
    seconds = time.perf_counter() - start
    origins = np.arange(first, n - 1, dtype=np.int64)
    own = first_column(values)
    padded = np.concatenate([own, np.full(horizons, np.nan)])
    actual = padded[origins[:, None] + np.arange(1, horizons + 1)]  # (n, horizons)
    return Backtest(origins, horizons, np.array(predicted), actual, own[origins], seconds)


def persistence_forecaster(history: Floats, steps: int) -> Floats:
    """No change: the last value, (steps,)."""
    return np.full(steps, history[-1])


def seasonal_naive_forecaster(season: int) -> Forecaster:
    """A forecaster that gives the values of the last season again, (steps,)."""
    check_integer("season", season, 2)

    def forecaster(history: Floats, steps: int) -> Floats:
        return np.resize(check_history(history, season)[-season:], steps)

    return forecaster


def drift_forecaster(history: Floats, steps: int) -> Floats:
    """The line from the first value to the last, continued, (steps,).

    Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, section 5.2.
    """
    values = check_history(history, 2)
    slope = (values[-1] - values[0]) / (len(values) - 1)
    return np.asarray(values[-1] + slope * np.arange(1, steps + 1))


def window_mean_forecaster(window: int = 6) -> Forecaster:
    """A forecaster that gives the mean of the last `window` values, the same for every step."""
    check_integer("window", window, 1)
    return lambda history, steps: np.full(steps, check_history(history, window)[-window:].mean())


def compare(
    backtests: Mapping[str, Backtest],
    reference: str,
    horizon: int = 1,
    since: int = 0,
    until: int | None = None,
    history: ArrayLike | None = None,
    level: float = 95,
) -> list[dict[str, Any]]:
    """One row per method, all over the origins that they share.

    Args:
        backtests: by the method's name, of one series.
        reference: the method that skill is measured against.
        horizon: periods ahead.
        since, until: the first and the last origin counted.
        history: the values that `mase` scales by; None leaves it out.
        level: of the skill's interval, in percent.

    Returns:
        Rows with `method`, `n`, `mae`, `rmse`, `mase`, `skill`, `skill_low`, `skill_high`, `dm_p`.

    Raises:
        ValueError: no such reference, no more shared origins than the horizon, backtests of different series.
    """
    check_choice("reference", reference, backtests)
    forecasts = {name: backtest.at(horizon) for name, backtest in backtests.items()}
    shared = reduce(np.intersect1d, [origins for origins, _, _ in forecasts.values()])
    shared = shared[(shared >= since) & (shared <= (np.inf if until is None else until))]  # (n,)
    if len(shared) <= horizon:
        raise ValueError(f"`backtests` must share more than {horizon} origins. Received: {len(shared)}")
    chosen = {name: (a[np.isin(o, shared)], p[np.isin(o, shared)]) for name, (o, a, p) in forecasts.items()}
    actual, base = chosen[reference]
    block = max(horizon, round(len(shared) ** (1 / 3)))  # errors of h steps depend on each other over h − 1 periods
    rows = []
    for name, (own, predicted) in chosen.items():
        if (own != actual).any():
            raise ValueError(f"`backtests` must be of one series. Received: {name!r} with other values")
        low, high = skill_interval(actual - predicted, actual - base, level, block)
        row = {"method": name, "n": len(shared), "mae": mae(actual, predicted), "rmse": rmse(actual, predicted)}
        row |= {} if history is None else {"mase": mase(actual, predicted, history)}
        row |= {"skill": skill(actual, predicted, base), "skill_low": low, "skill_high": high}
        rows.append(row | {"dm_p": diebold_mariano(actual - predicted, actual - base, horizon)[1]})
    return rows


def walk_forward_intervals(backtest: Backtest, level: float, count: int) -> tuple[Floats, Floats]:
    """Intervals as wide as the latest absolute residuals say that were known at each origin.

    Args:
        backtest: the forecasts.
        level: in percent.
        count: residuals of the same horizon, the latest whose targets are not after the origin.

    Returns:
        `low, high` float64 (n, horizons): predicted ± the `conformal_rank`-th smallest, and never less than one step
        before; NaN while there are fewer.

    Raises:
        ValueError: as `conformal_rank`.
    """
    rank = conformal_rank(count, level)
    half = np.full(backtest.predicted.shape, np.nan)  # (n, horizons)
    residuals = np.abs(backtest.actual - backtest.predicted)  # (n, horizons)
    for column in range(backtest.horizons if len(residuals) >= count else 0):
        windows = np.lib.stride_tricks.sliding_window_view(residuals[:, column], count)  # (n - count + 1, count)
        widths = np.partition(windows, rank - 1, axis=1)[:, rank - 1]
        # (n,) how many forecasts of this horizon have their targets at or before each origin
        known = np.searchsorted(backtest.origins, backtest.origins - (column + 1), side="right")
        enough = known >= count
        half[enough, column] = widths[known[enough] - count]
    half = np.maximum.accumulate(half, axis=1)  # as a model's own intervals: never narrower further ahead
    return backtest.predicted - half, backtest.predicted + half


def latest_residuals(backtest: Backtest, count: int) -> Floats:
    """The last `count` absolute residuals of each horizon, rising, float64 (horizons, count)."""
    check_integer("count", count, 1)
    rows = [np.abs(backtest.errors(horizon + 1))[-count:] for horizon in range(backtest.horizons)]
    if len(rows[-1]) < count:  # the longest horizon has the fewest
        raise ValueError(f"`count` must be at most {len(rows[-1])}, the residuals there are. Received: {count}")
    return np.sort(np.array(rows), axis=1)
