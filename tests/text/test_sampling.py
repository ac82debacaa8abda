"""Drawing characters: against the probabilities that the definition gives, and through a model made of a table."""

import numpy as np
import pytest

from keras_rnn.text.generation import TextGeneration
from keras_rnn.text.sampling import MAXIMUM_LENGTH, Sampling, softmax

LOGITS = np.log([0.5, 0.3, 0.15, 0.05])


def frequencies(sampling, draws=20_000):
    random = np.random.default_rng(0)
    return np.bincount([sampling.draw(LOGITS, random) for _ in range(draws)], minlength=4) / draws


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(1.0), [0.5, 0.3, 0.15, 0.05]),
        (Sampling(0.5), np.array([0.25, 0.09, 0.0225, 0.0025]) / 0.365),
        (Sampling(1.0, top_k=2), [0.625, 0.375, 0, 0]),
        (Sampling(1.0, top_k=99), [0.5, 0.3, 0.15, 0.05]),
        (Sampling(1.0, top_p=0.7), [0.625, 0.375, 0, 0]),
        (Sampling(1.0, top_p=0.81), [0.5 / 0.95, 0.3 / 0.95, 0.15 / 0.95, 0]),
        (Sampling(1.0, top_p=1.0), [0.5, 0.3, 0.15, 0.05]),
        (Sampling(1.0, top_p=0.0), [1, 0, 0, 0]),
        (Sampling(1.0, top_k=3, top_p=0.7), [0.625, 0.375, 0, 0]),
        (Sampling(0.0), [1, 0, 0, 0]),
        (Sampling(1e-300), [1, 0, 0, 0]),
    ],
)
def test_draws_follow_the_definition(sampling, expected):
    drawn = frequencies(sampling)
    error = 5 * np.sqrt(np.array(expected) * (1 - np.array(expected)) / 20_000)  # five standard errors
    assert (np.abs(drawn - expected) <= error).all()


def test_softmax_of_large_logits():
    np.testing.assert_allclose(softmax([1000.0, 1000.0, -1000.0]), [0.5, 0.5, 0.0])


class Table(TextGeneration):
    """After "a" comes b, after "b" c, after "c" a, nine times of ten."""

    vocabulary, window = "abc", 1

    def next_logits(self, ids):
        following = np.full((len(ids), 3), np.log(0.05))
        following[np.arange(len(ids)), (ids[:, -1] + 1) % 3] = np.log(0.9)
        return following


def test_generate_and_predict_next():
    assert Table().generate("a", 5) == "abcabc"
    assert Table().generate("ca", 0) == "ca"
    probabilities = Table().predict_next("ca")
    assert list(probabilities) == ["b", "a", "c"]
    assert probabilities == pytest.approx({"b": 0.9, "a": 0.05, "c": 0.05})


def test_a_seed_repeats_and_another_differs():
    def draw(seed):
        return Table().generate("a", 200, temperature=1.0, seed=seed)

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    assert draw(None) != draw(None)
    assert Table().generate("a", 9, seed=1) == Table().generate("a", 9, seed=2)  # temperature 0 draws nothing


@pytest.mark.parametrize(
    ("stop", "text"),
    [("c", "ab"), ("ca", "ab"), (["x", "bc"], "a"), (["c", "bc"], "a"), ((), "abcabc"), ("aa", "abcabc")],
)
def test_stop_is_kept_out(stop, text):
    assert Table().generate("a", 5, stop=stop) == text


def test_stop_does_not_look_into_the_prompt():
    assert Table().generate("abc", 2, stop="cab") == "abcab"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"prompt": ""}, ValueError),
        ({"prompt": None}, TypeError),
        ({"prompt": ["a"]}, TypeError),
        ({"prompt": "ax"}, ValueError),
        ({"length": -1}, ValueError),
        ({"length": MAXIMUM_LENGTH + 1}, ValueError),
        ({"length": 10**30}, ValueError),
        ({"length": 1.5}, TypeError),
        ({"temperature": -0.1}, ValueError),
        ({"temperature": float("nan")}, ValueError),
        ({"temperature": float("inf")}, ValueError),
        ({"temperature": "hot"}, TypeError),
        ({"top_k": 0}, ValueError),
        ({"top_p": 1.1}, ValueError),
        ({"stop": 3}, TypeError),
        ({"stop": [3]}, TypeError),
        ({"stop": ""}, ValueError),
        ({"seed": -1}, ValueError),
        ({"seed": "a"}, TypeError),
    ],
)
def test_bad_input(arguments, error):
    with pytest.raises(error, match="Received: "):
        Table().generate(**({"prompt": "a", "length": 1} | arguments))


def test_prompt_shorter_than_the_window():
    wide = Table()
    wide.window = 3
    with pytest.raises(ValueError, match="at least 3 characters, the window. Received: 'ab'"):
        wide.generate("ab", 1)
