"""How a series is judged, and AutoARIMA, AutoETS and AutoTheta judged so; `series.py` sets our net beside them.

They are given the true season, and the logarithm where one rule says so. AutoETS and AutoTheta are chosen and fitted
anew at every origin. A fit of AutoARIMA takes up to minutes: it is chosen and fitted anew at as many origins, evenly
spaced, as `REFITTING` seconds allow, the first at any rate, and brought up to date at the others. Where it takes more
than `LIMIT` seconds, its own approximation is tried.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from public_series import Loader
from tqdm import tqdm

from keras_rnn.series.seasons import takes_logarithm

MOST, TARGETS, AHEAD = 584, 60, 6  # values read, forecasts judged, horizon where there is no season
LIMIT, REFITTING = 300, 60  # seconds of CPU: a method on a series, refits of AutoARIMA
PEERS = ("AutoARIMA", "AutoETS", "AutoTheta")
HORIZONS = ("one", "season")


@dataclass(frozen=True)
class Task:
    """A series (n,) to be forecast one step and `ahead` steps before each of the last fifth's places, `targets`."""

    values: np.ndarray
    season: int
    ahead: int
    targets: np.ndarray

    @cached_property
    def origins(self) -> list[int]:
        """How many values are known to each forecast, ascending."""
        return sorted({int(target) - steps + 1 for target in self.targets for steps in (1, self.ahead)})

    @cached_property
    def logarithm(self) -> bool:
        """For the peers; decided on what lies before the first origin."""
        return takes_logarithm(self.values[: self.origins[0]], self.season)

    @cached_property
    def fingerprint(self) -> str:
        """Of all that the peers' results depend on."""
        told = f"{self.season} {self.ahead} {self.targets.tolist()} {self.logarithm} {self.values.tolist()}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def pick(self, forecasts: dict[int, np.ndarray], horizon: str) -> np.ndarray:
        """From origin → rows for each step ahead (ahead, …), those for the targets at this horizon: (targets, …)."""
        steps = {"one": 1, "season": self.ahead}[horizon]
        return np.array([forecasts[int(target) - steps + 1][steps - 1] for target in self.targets])

    def rmse(self, forecasts: dict[int, np.ndarray]) -> dict[str, float]:
        """By horizon, in the unit of the series, of origin → values (ahead,)."""
        actual = self.values[self.targets]
        errors = {horizon: self.pick(forecasts, horizon) - actual for horizon in HORIZONS}
        return {horizon: float(np.sqrt(np.mean(error**2))) for horizon, error in errors.items()}

    def inside(self, ends: dict[int, np.ndarray], horizon: str) -> int:
        """How many targets lie within the ends of their intervals: origin → (ahead, 2)."""
        low, high = self.pick(ends, horizon).T
        actual = self.values[self.targets]
        return int(np.sum((low <= actual) & (actual <= high)))

    def naive(self) -> dict[str, dict[str, float]]:
        """Persistence and seasonal naive: name → RMSE by horizon."""
        last = {n: np.repeat(self.values[n - 1], self.ahead) for n in self.origins}
        periods = np.arange(self.ahead) % self.season - self.season
        seasonal = {n: self.values[n + periods] for n in self.origins}
        return {"persistence": self.rmse(last), "seasonal naive": self.rmse(seasonal)}


def task_of(loader: Loader) -> Task:
    """Its last values, ends without a value left out; ValueError where one is missing within."""
    values, season = loader()
    known = np.flatnonzero(np.isfinite(values))
    values = values[known[0] : known[-1] + 1][-MOST:]
    if not np.isfinite(values).all():
        raise ValueError("the series must have no gaps")
    n, ahead = len(values), season if season > 1 else AHEAD
    targets = np.arange(n - max(n // 5, 1), n)
    if len(targets) > TARGETS:
        targets = targets[np.linspace(0, len(targets) - 1, TARGETS).astype(int)]
    return Task(values, season, ahead, targets)


class OutOfTimeError(BaseException):
    """Not an Exception: statsforecast takes those for a model that does not suit, and goes on."""


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """OutOfTimeError after so many seconds of CPU. Not on Windows, nor outside the main thread."""

    def stop(*_):
        raise OutOfTimeError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def refits(origins: list[int], seconds: float) -> set[int]:
    """The origins to fit at, the first among them, if a fit takes so long."""
    count = int(np.clip(REFITTING / max(seconds, 1e-9), 1, len(origins)))
    return {origins[i * len(origins) // count] for i in range(count)}


def forecasts_of(make: Callable, task: Task, every: bool) -> tuple[dict[int, np.ndarray], int]:
    """Origin → values (ahead,) of one of statsforecast's models, and how often it was fitted."""
    read, back = (np.log, np.exp) if task.logarithm else (np.array, np.array)
    known, chosen, found = read(task.values), set(task.origins), {}
    model = make(season_length=task.season)
    for n in task.origins:
        if n in chosen:
            began = time.process_time()
            model.fit(known[:n].copy())
            if n == task.origins[0] and not every:
                chosen = refits(task.origins, time.process_time() - began)
        found[n] = back(model.forward(known[:n].copy(), h=task.ahead)["mean"])
    return found, len(chosen)


def judge_peer(name: str, task: Task) -> dict:
    """RMSE by horizon, number of fits and seconds; {"error": …} where a package fails, which is a result too."""
    from statsforecast import __version__, models

    ways = [{}, {"approximation": True}] if name == "AutoARIMA" else [{}]
    began = time.process_time()
    for options in ways:
        try:
            with quiet(), at_most(LIMIT):
                make = lambda options=options, **season: getattr(models, name)(**season, **options)  # noqa: E731
                found, fits = forecasts_of(make, task, every=name != "AutoARIMA")
        except OutOfTimeError:
            result = {"error": f"more than {LIMIT} seconds"}
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {error}"[:200]}
        else:
            rmse = task.rmse(found)
            if np.isfinite(list(rmse.values())).all():
                result = rmse | {"fits": fits, "origins": len(task.origins), "statsforecast": __version__} | options
                break
            result = {"error": "forecasts that are not finite"}
    return result | {"seconds": round(time.process_time() - began, 1)}


def judge_peers(tasks: dict[str, Task], file: Path | None, skip: bool = False) -> dict[str, dict]:
    """Series → peer → result: what `file` has, and the others, added to it one by one or skipped."""
    kept = json.loads(file.read_text(encoding="utf-8")) if file and file.exists() else {}
    for name, task in tasks.items():
        if kept.get(name, {}).get("fingerprint") != task.fingerprint:
            kept[name] = {"fingerprint": task.fingerprint}
    missing = [(name, peer) for name in tasks for peer in PEERS if peer not in kept[name] and not skip]
    missing.sort(key=lambda pair: (pair[1] == "AutoARIMA", tasks[pair[0]].season))  # the quick ones first
    if missing:
        compile_peers()
    for name, peer in tqdm(missing, desc="peers"):
        kept[name][peer] = judge_peer(peer, tasks[name])
        if file:
            whole = file.with_suffix(".unfinished")
            whole.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
            whole.replace(file)
    return {name: {peer: kept[name].get(peer, {"error": "skipped"}) for peer in PEERS} for name in tasks}


def compile_peers() -> None:
    """numba's compilation must not count as a fit's time, by which AutoARIMA's refits are spaced."""
    from statsforecast import models

    walk = np.random.default_rng(0).normal(size=60).cumsum()
    for name in PEERS:
        getattr(models, name)(season_length=4).fit(walk.copy()).forward(walk.copy(), h=1)
