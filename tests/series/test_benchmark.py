"""`benchmarks/series.py`: who is judged on which series, from what, and how results are put together."""

import json
import time

import numpy as np
import pytest
import series
import series_peers
from public_series import DEVELOPMENT, REPORT
from series import OURS, best_of, judge_ours, judged, series_table, summary, summary_table
from series_peers import OutOfTimeError, Task, at_most, forecasts_of, judge_peers, refits, task_of

from keras_rnn.zero_shot.forecasting import SeasonalForecast

VALUES = np.arange(40.0) ** 2


def test_no_series_is_on_both_sides():
    assert not set(DEVELOPMENT) & set(REPORT)


def test_the_last_fifth_is_forecast():
    task = task_of(lambda: (np.r_[np.nan, VALUES, np.nan], 4))
    assert task.values.tolist() == VALUES.tolist()
    assert (task.season, task.ahead, task.targets.tolist()) == (4, 4, list(range(32, 40)))
    assert task.origins == list(range(29, 40))
    assert task_of(lambda: (VALUES, 1)).ahead == 6


def test_of_a_long_series_the_last_values_and_sixty_targets():
    task = task_of(lambda: (np.arange(1000.0), 24))
    assert (len(task.values), task.values[-1], len(task.targets)) == (584, 999, 60)
    assert (task.targets[0], task.targets[-1]) == (584 - 116, 583)


def test_a_gap_is_refused():
    with pytest.raises(ValueError, match="no gaps"):
        task_of(lambda: (np.r_[VALUES, np.nan, VALUES], 4))


def test_errors_are_those_of_the_step_ahead():
    task = Task(VALUES, 4, 4, np.array([38, 39]))
    naive = task.naive()
    assert naive["persistence"]["one"] == pytest.approx(np.sqrt(np.mean([(38**2 - 37**2) ** 2, (39**2 - 38**2) ** 2])))
    ahead = np.sqrt(np.mean([(38**2 - 34**2) ** 2, (39**2 - 35**2) ** 2]))
    assert naive["persistence"]["season"] == naive["seasonal naive"]["season"] == pytest.approx(ahead)
    assert naive["seasonal naive"]["one"] == pytest.approx(ahead)


def test_refits_are_as_many_as_the_time_allows():
    origins = list(range(20, 60))
    assert refits(origins, 0.5) == set(origins)
    assert refits(origins, 15) == {20, 30, 40, 50}
    assert refits(origins, 1000) == {20}


class Last:
    """Fitted: remembers how many values; forecasts the last one."""

    fitted: list[int]

    def __init__(self, season_length):
        self.fitted = Last.fitted = []

    def fit(self, known):
        self.fitted.append(len(known))

    def forward(self, known, h):
        return {"mean": np.repeat(known[-1], h)}


@pytest.mark.parametrize("every", [True, False])
def test_a_peer_reads_no_further_than_its_origin(monkeypatch, every):
    monkeypatch.setattr(series_peers, "refits", lambda origins, seconds: {origins[0], origins[3]})
    task = task_of(lambda: (VALUES + 1, 4))
    found, fits = forecasts_of(Last, task, every)
    assert {n: row.tolist() for n, row in found.items()} == {
        n: pytest.approx([(n - 1) ** 2 + 1] * 4) for n in range(29, 40)
    }
    assert Last.fitted == (list(range(29, 40)) if every else [29, 32])
    assert fits == len(Last.fitted)


def test_time_is_up():
    def work(seconds):
        until = time.process_time() + seconds
        with at_most(0.05):
            while time.process_time() < until:
                pass

    with pytest.raises(OutOfTimeError):
        work(60)
    work(0.001)


def test_results_of_peers_are_kept(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(series_peers, "compile_peers", lambda: None)
    monkeypatch.setattr(
        series_peers, "judge_peer", lambda name, task: asked.append((task.season, name)) or {"one": 1.0}
    )
    file = tmp_path / "peers.json"
    tasks = {"a": task_of(lambda: (VALUES, 12)), "b": task_of(lambda: (VALUES, 4))}
    found = judge_peers(tasks, file)
    quick = [(season, name) for season in (4, 12) for name in ("AutoETS", "AutoTheta")]
    assert asked == [*quick, (4, "AutoARIMA"), (12, "AutoARIMA")]
    assert set(json.loads(file.read_text())) == {"a", "b"}
    assert judge_peers(tasks, file) == found
    assert len(asked) == 6
    assert judge_peers({"c": task_of(lambda: (VALUES, 1))}, file, skip=True)["c"]["AutoETS"] == {"error": "skipped"}
    assert len(asked) == 6
    judge_peers(tasks | {"a": task_of(lambda: (VALUES + 1, 12))}, file)  # another series of that name
    assert asked[6:] == [one for one in asked[:6] if one[0] == 12]


class Ours:
    """Forecasts the last value, with an 80 % interval that reaches 76 up from there and a wide one of 95 %."""

    def forecast(self, values, steps, levels, frequency):
        assert (levels, frequency) == ((80, 95), "quarterly")
        last = np.repeat(values[-1], steps)
        return SeasonalForecast(last, {80: (last, last + 76), 95: (last - 1e4, last + 1e4)}, 4, True, False)


def test_ours():
    task = Task(VALUES, 4, 4, np.array([38, 39]))  # steps of 75 and 77
    found = judge_ours(Ours(), task)
    assert {horizon: found[horizon] for horizon in ("one", "season")} == task.naive()["persistence"]
    assert found["inside"] == {"80": {"one": 1, "season": 0}, "95": {"one": 2, "season": 2}}


def test_a_refusal_is_a_result():
    def refuse(task):
        raise ValueError("too short")

    assert judged(refuse, None) == {"error": "too short"}


def row(ours, persistence, seasonal, arima, ets, inside=9):
    both = lambda value: {"one": value, "season": 2 * value}  # noqa: E731
    results = {
        OURS: both(ours) | {"inside": {level: {"one": inside, "season": 5} for level in ("80", "95")}},
        "persistence": both(persistence), "seasonal naive": both(seasonal),
        "AutoARIMA": both(arima) if arima else {"error": "failed"}, "AutoETS": both(ets), "AutoTheta": both(1.0),
    }  # fmt: skip
    return {"values": 50, "season": 4, "ahead": 4, "logarithm": False, "targets": 10, "results": results}


def test_the_summary():
    rows = {"a": row(1.0, 2.0, 1.0, 4.0, 2.0), "b": row(8.0, 4.0, 16.0, None, 1.0, inside=7)}
    assert best_of(rows["b"]["results"], ("AutoARIMA", "AutoETS"), "one") is None
    found = summary(rows, OURS, "one")
    means = {rival: (pytest.approx(over["mean"]), over["series"]) for rival, over in found["over"].items()}
    assert means == {
        "persistence": (1.0, 2), "better naive": (2**0.5, 2), "AutoARIMA": (0.25, 1), "AutoETS": (2.0, 2),
        "AutoTheta": (8**0.5, 2), "better of AutoARIMA and AutoETS": (0.5, 1),
    }  # fmt: skip
    assert (found["over"]["better naive"]["worst"], found["over"]["better naive"]["at worst"]) == ("b", 2.0)
    assert found["inside"] == {"80": 80.0, "95": 80.0}
    summaries = {OURS: {"one": found, "season": summary(rows, OURS, "season")}}
    line = summary_table(summaries).splitlines()[1]
    assert line.split("  ")[0] == "series_model, one step"
    assert line.endswith("2.00 b")
    assert "1.414 (2)" in line
    table = series_table(rows, [OURS, "AutoARIMA"]).splitlines()
    assert " ".join(table[1].split()) == "a 50 4 10 0.500 / 0.500 2.000 / 2.000 90 / 50 90 / 50"
    assert "–" in table[2]


def test_both_sides_are_offered():
    assert series.SPLITS == {"development": DEVELOPMENT, "report": REPORT}
