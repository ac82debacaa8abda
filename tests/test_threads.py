"""One object of the runtime, called by several threads at once, answers each as it would alone."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from keras_rnn.runtime import load

THREADS = 8
WINDOWS = np.arange(64, dtype=np.float32).reshape(64, 1, 1) / 7 + np.sin(np.arange(6, dtype=np.float32))
H_0 = np.linspace(-1, 1, 20, dtype=np.float32)[None]


def forecasts(model, i):
    window = WINDOWS[i % 64]
    return model.predict_window(window), *(model.forecast(window[0], n, 80).mean for n in (1, 3))


def texts(model, i):
    ids = np.array([[i % 8, i // 8 % 8]], np.int32)
    stream = model.stream()
    return (
        model.next_logits(ids), model.generate("he", 20 + i % 5), model.generate("lo", 9, temperature=2.0, seed=i),
        *(stream.push(character) for character in "hello"[i % 4 :]),
        model.file.run("generate", {"ids": ids})["ids"],
        *model.file.run("step", {"ids": ids[:, :1], "h_0": H_0 * (i % 7)}).values(),
    )  # fmt: skip


def carried(model, i):
    stream = model.stream()
    stream.read("To be, or not"[: 3 + i % 8])
    return "".join(stream.write(8, temperature=1.0, seed=i)), *stream.state.values()


@pytest.mark.parametrize(
    ("name", "calls", "count"), [("gs10", forecasts, 200), ("char", texts, 60), ("char/shakespeare", carried, 6)]
)
def test_answers_are_those_of_one_thread(name, calls, count):
    alone, shared = load(name), load(name)
    expected = [calls(alone, i) for i in range(count)]
    together = Barrier(THREADS)

    def work(first):
        together.wait()
        return [(i % count, calls(shared, i % count)) for i in range(first, first + count)]

    with ThreadPoolExecutor(THREADS) as pool:
        found = [pair for pairs in pool.map(work, range(THREADS)) for pair in pairs]
    assert len(found) == THREADS * count
    for i, answers in found:
        for answer, wanted in zip(answers, expected[i], strict=True):
            np.testing.assert_array_equal(answer, wanted)


def test_threads_leave_nothing_behind(fresh):
    """Each has an interpreter while it calls, and the next thread has it afterwards: no more than call at once."""
    code = """
import threading
import numpy as np
from keras_rnn.runtime import load

def memory():
    with open("/proc/self/statm") as facts:
        return int(facts.read().split()[1]) * 4096

model, x = load("gs10"), np.ones((1, 6), np.float32)
def work():
    for _ in range(200):
        model.predict_window(x)
        model.file.run("forecast", {"history": x})

def run(times):
    for _ in range(times):
        threads = [threading.Thread(target=work) for _ in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]

run(10)
before = memory()
run(30)
print(memory() - before < 8_000_000)  # of 96,000 calls; an interpreter takes less than 1 MB
"""
    assert fresh(code) == "True\n"


def test_a_refused_call_leaves_the_interpreter_in_use():
    model = load("gs10")
    expected = model.file.run_primary(WINDOWS[0])
    for wrong in (WINDOWS[0].astype(np.float64), WINDOWS[0][:, :5]):
        with pytest.raises(ValueError, match="must be float32 of shape \\(1, 6\\). Received: "):
            model.file.run_primary(wrong)
    np.testing.assert_array_equal(model.file.run_primary(WINDOWS[0]), expected)
