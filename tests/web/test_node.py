"""The page's modules in Node: the same answers as Keras and LiteRT in Python, from every shipped file."""

import json

import numpy as np
import places
import pytest
from helpers import CHECKOUT
from trees import packed

from keras_rnn import load, runtime
from keras_rnn.catalog.metadata import document_of, parse
from keras_rnn.catalog.names import find, zoo_folder, zoo_names
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.litert.flatbuffer import primary_and_metadata, read_litert, tree_of
from keras_rnn.text.sampling import Sampling
from keras_rnn.text.vocabulary import BYTES, UNKNOWN, check_characters, encode, text_to_bytes

NAMES = [str(name) for name in zoo_names() if name.model in ("char", "gs10")]
FILES = [path for name in NAMES for path in sorted(find(name).glob("*.tflite"))]
IDS = [str(path.relative_to(zoo_folder()).with_suffix("")) for path in FILES]
HISTORY = [0.89, 1.44, 2.95, 3.96, 4.21, 4.29]
LEVELS = [80, 95, 99.9]
PROMPTS = {2: "hello w", 128: "O Romeo, Romeo, " * 9}


def models(requests):
    return places.in_node(CHECKOUT / "tests" / "web" / "models.mjs", requests)


def tolerance(path):
    """Of what is computed in less than float32, the kernels differ: int8 weights by their steps."""
    return 0.03 if "dynamic_range" in path.name else 1e-5


def inputs_of(file, signature):
    """Numbers that a signature may get."""
    random, inputs = np.random.default_rng(0), {}
    for name, (shape, dtype) in file.inputs[signature].items():
        low, high = (0, 8) if dtype == np.int32 else (-1.0, 1.0)
        inputs[name] = random.uniform(low, high, shape).astype(dtype)
    return inputs


@pytest.fixture(scope="module")
def answered():
    """Of each file and signature: the inputs, and what Node answers."""
    requests = [
        {
            "file": str(path),
            "signature": signature,
            "inputs": {k: v.tolist() for k, v in inputs_of(file, signature).items()},
        }
        for path in FILES
        for file in [LiteRTFile(path)]
        for signature in file.signatures
    ]
    answers = places.in_node(CHECKOUT / "examples" / "web" / "node.mjs", requests)
    found = {}
    for request, answer in zip(requests, answers, strict=True):
        found.setdefault(request["file"], {})[request["signature"]] = answer
    return found


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_every_signature_answers_as_in_python(path, answered):
    file = LiteRTFile(path)
    assert set(answered[str(path)]) == set(file.signatures) >= {"serving_default"}
    for signature, answer in answered[str(path)].items():
        assert 0 < answer["microseconds"] < 1e6
        for name, expected in file.run(signature, inputs_of(file, signature)).items():
            np.testing.assert_allclose(answer["outputs"][name], expected.ravel(), rtol=0, atol=10 * tolerance(path))


@pytest.mark.parametrize("name", NAMES)
def test_the_window_answers_as_in_keras(name, answered):
    path = find(name) / "model.tflite"
    (x,) = inputs_of(LiteRTFile(path), "serving_default").values()
    expected = np.asarray(load(name)(x)).ravel()
    (answer,) = answered[str(path)]["serving_default"]["outputs"].values()
    assert len(answer) == expected.size
    np.testing.assert_allclose(answer, expected, rtol=0, atol=1e-5 * max(1.0, np.abs(expected).max()))


class Draws:
    """What `numpy.random.Generator.random` gives, from a list."""

    def __init__(self, values):
        self.values = iter(values)

    def random(self):
        return next(self.values)


@pytest.fixture(scope="module")
def texts():
    """By file: at each temperature what Node writes, and the draws."""
    draws = np.random.default_rng(3).random(40).tolist()
    requests = [
        {"verb": "text", "file": str(path), "prompt": PROMPTS[runtime.load(path).window], "length": 40,
         "temperature": temperature, "random": draws}
        for path in FILES if "char" in path.parts for temperature in (0, 0.7)
    ]  # fmt: skip
    return list(zip(requests, models(requests), strict=True))


def test_texts(texts):
    """State carried from step to step, or the window read anew; the most likely, and drawn, as in Python."""
    for request, answer in texts:
        model, sampling = runtime.load(request["file"]), Sampling(request["temperature"])
        stream, rounded = model.stream(), tolerance(model.file.path)
        probabilities = None
        for character, found in zip(request["prompt"], answer["probabilities"], strict=True):
            probabilities = stream.push(character)
            assert (probabilities is None) == (found is None)
            if probabilities is not None:
                expected = [probabilities[c] for c in model.vocabulary]
                np.testing.assert_allclose(found, expected, rtol=0, atol=rounded)
        if model.carried:
            for name, state in stream.state.items():
                np.testing.assert_allclose(answer["states"][-1][name], state[0], rtol=0, atol=10 * rounded)
        if rounded < 1e-4:  # one that is drawn otherwise changes all that follow
            ids = stream._drawn(40, sampling, Draws(request["random"]))
            assert answer["text"] == request["prompt"] + "".join(ids)
    assert {
        answer["text"] for request, answer in texts if "hello" in request["file"] and not request["temperature"]
    } == {runtime.load("char").generate("hello w", 40)}


def test_a_window_read_at_once(tmp_path):
    """Of a model without `step`, or with a long window, the states between are not seen."""
    tree = tree_of((find("char") / "model.tflite").read_bytes())
    tree.signatureDefs = [one for one in tree.signatureDefs if one.signatureKey != b"step"]
    path = tmp_path / "m.tflite"
    path.write_bytes(places.repacked(tree))
    (answer,) = models([{"verb": "text", "file": str(path), "prompt": "he", "length": 9}])
    assert (answer["text"], answer["states"]) == ("hello world", [None, None])


@pytest.mark.parametrize(
    ("vocabulary", "text", "unknown"),
    [
        (" dehlorw", "hello", []),
        ("ab", "abcab😀c", ["c", "😀"]),
        ("ab\ufffd", "abcab😀", ["c", "😀"]),
        ("a😀", "😀a😀", []),
        (BYTES, "é床a😀", []),
    ],
)
def test_characters_and_ids(vocabulary, text, unknown):
    (answer,) = models([{"verb": "letters", "vocabulary": vocabulary, "text": text}])
    written = text_to_bytes(text) if vocabulary == BYTES else text
    if UNKNOWN not in vocabulary:
        written = "".join(c for c in written if c in vocabulary)
    assert answer["ids"] == encode(written, vocabulary).tolist()
    assert answer["unknown"] == unknown
    kept = "".join(c if c in vocabulary else UNKNOWN for c in written)
    assert answer["back"] == (text if vocabulary == BYTES else kept)
    assert answer["drawn"] == len(vocabulary) - 1 - (UNKNOWN in vocabulary)  # which is never written


def test_forecasts_and_intervals():
    paths = [path for path in FILES if "gs10" in path.parts]
    request = {"verb": "forecast", "history": [9.0, *HISTORY], "steps": 30, "levels": LEVELS}
    for path, answer in zip(paths, models([{**request, "file": str(path)} for path in paths]), strict=True):
        model = runtime.load(path)
        np.testing.assert_allclose(answer["mean"], model.forecast(HISTORY, 30).mean, rtol=0, atol=1e-5)
        for level, half in zip(LEVELS, answer["halves"], strict=True):
            if model.residuals is None or level > 99:
                assert half is None
                continue
            low, high = model.forecast(HISTORY, 30, levels=level).intervals[level]
            np.testing.assert_allclose(half, (high - low) / 2, rtol=1e-12)


def test_metadata_are_read_as_in_python():
    for path, said in zip(FILES, models([{"verb": "metadata", "file": str(path)} for path in FILES]), strict=True):
        assert said == document_of(LiteRTFile(path).metadata, path.name)


def refused_by_python(path):
    try:
        content, _ = read_litert(path)
        document_of(primary_and_metadata(content)[1], path.name)
    except ValueError:
        return True
    return False


def test_damaged_files(tmp_path):
    """Cut off, with changed bytes, with other lengths and offsets: refused, as in Python, and by no other error."""
    whole, random = (find("char") / "model.tflite").read_bytes(), np.random.default_rng(0)
    contents = [b"", b"TFL3", whole[:4], bytes(len(whole)), b"PK" + whole, whole[:-1], whole[: len(whole) // 2]]
    for _ in range(120):
        content = bytearray(whole)
        for place in random.integers(0, 2000 if random.random() < 0.5 else len(whole), random.integers(1, 9)):
            content[place] = random.integers(256)
        contents.append(bytes(content))
    contents = [content for content in contents if content != whole]
    paths = [tmp_path / f"{i}.tflite" for i in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    for path, answer in zip(paths, models([{"verb": "metadata", "file": str(path)} for path in paths]), strict=True):
        assert answer["refused"] in ("damaged", "no_model", "foreign", "invalid", "newer", "older", "kind"), path
        assert refused_by_python(path)


CHANGES = [
    {}, {"schema": 3}, {"schema": "2"}, {"schema": 0}, {"kind": "words"}, {"kind": "constructor"}, {"kind": 1},
    {"window": 0}, {"window": "2"}, {"window": 2.5}, {"window": None}, {"window": True}, {"units": None}, {"units": []},
    {"ahead": 0}, {"quantize": 1}, {"settings": None}, {"settings": []}, {"settings": {}}, {"card": {}}, {"name": 7},
    {"name": None}, {"later": {"a": 1}}, {"keras_rnn": None}, {"__proto__": {"window": 1}},
    {"settings": {"vocabulary": ""}}, {"settings": {"vocabulary": 5}}, {"settings": {"vocabulary": list("ab")}},
    {"settings": {"vocabulary": "ab", "carried": 1}}, {"settings": {"vocabulary": "ab", "carried": None}},
]  # fmt: skip
SERIES = {"scaling": "none", "low": None, "high": None, "unit": None, "frequency": None, "residuals": None,
          "features": 1, "columns": None, "trained_to": None}  # fmt: skip
CHANGES += [
    {"kind": "series", "settings": SERIES | change}
    for change in (
        {}, {"features": 0}, {"columns": ["a", "b"]}, {"columns": [1]}, {"columns": ["a"]}, {"low": []},
        {"low": [1.5, 2.5]}, {"low": "1"}, {"low": [None]}, {"high": 1e400}, {"unit": 5}, {"residuals": "x"},
        {"residuals": {}}, {"trained_to": 1}, {"scaling": None},
    )
]  # fmt: skip


def test_documents():
    """What is believed of a document is what Python believes."""
    said = document_of(LiteRTFile(find("char") / "model.tflite").metadata, "f")
    texts = [json.dumps(said | change) for change in CHANGES] + ["", "{", "[]", "null", "[" * 100_000, '"a"']
    for text, answer in zip(texts, models([{"verb": "parse", "text": text} for text in texts]), strict=True):
        try:
            expected = parse(text.encode(), "f")
            if expected["kind"] == "char":  # as the runtime does, once it has the document
                check_characters(expected["settings"]["vocabulary"])
        except ValueError:
            expected = None
        if "__proto__" in text:  # a key like any other there; and no way to change what it is an object of
            assert answer["window"] == said["window"]
        else:
            assert (None if "refused" in answer else answer) == expected, text[:200]
    (answer,) = models([{"verb": "parse", "latin1": "\xff\xfe{}"}])
    assert answer["refused"] == "invalid"


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({}, None),
        ({"window": 3}, "misfit"),
        ({"settings": {"vocabulary": " dehlorwx"}}, "misfit"),
        ({"settings": {"vocabulary": "hhello w"}}, "invalid"),
        ({"settings": {"vocabulary": "a\ud800bcdefg"}}, "invalid"),
        ({"settings": {"vocabulary": " dehlorw", "carried": True}}, None),
    ],
)
def test_whether_a_document_fits_its_graph(change, refused, tmp_path):
    path = tmp_path / "m.tflite"
    path.write_bytes(places.saying(change))
    (answer,) = models([{"verb": "text", "file": str(path), "prompt": "he", "length": 2}])
    assert answer.get("refused") == refused
    if refused:
        with pytest.raises(ValueError, match="Received"):
            runtime.load(path)
    else:
        assert answer["text"] == runtime.load(path).generate("he", 2)


def test_files_of_others(tmp_path):
    model = tree_of((find("char") / "model.tflite").read_bytes())
    model.metadata = []
    (tmp_path / "m.tflite").write_bytes(packed(model))
    early = CHECKOUT / "tests" / "fixtures" / "schema_1_char.tflite"
    wanted = {tmp_path / "m.tflite": "foreign", early: "older", find("series") / "model.tflite": "kind"}
    answers = models([{"verb": "metadata", "file": str(path)} for path in wanted])
    assert [answer["refused"] for answer in answers] == list(wanted.values())
