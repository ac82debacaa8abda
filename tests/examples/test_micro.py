"""`examples/micro`: GS10's network on the interpreter for microcontrollers."""

import contextlib
import importlib.util
import io
import re
import sys

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from helpers import CHECKOUT, script

from keras_rnn.litert.flatbuffer import operators, read_flatbuffer

micro = script("../examples/micro/micro")
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tflite_micro") is None, reason="nothing is run as on a microcontroller: no tflite-micro"
)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The folder that the program wrote, and what it printed."""
    folder = tmp_path_factory.mktemp("micro") / "out"
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as printed:
        patch.setattr(sys, "argv", ["micro.py", str(folder)])
        micro.main()
    return folder, printed.getvalue()


@pytest.fixture(scope="module")
def file(program):
    return program[0] / "gs10_int8.tflite"


def step_of(path):
    """What the last number of eight bits is worth: the scale of what becomes the answer."""
    tree = read_flatbuffer(path)[1]
    graph = tree.subgraphs[0]
    return float(graph.tensors[graph.operators[-1].inputs[0]].quantization.scale[0])


def test_one_graph_without_a_loop(file):
    tree = read_flatbuffer(file)[1]
    assert [one.signatureKey for one in tree.signatureDefs] == [b"serving_default"]
    assert len(tree.subgraphs) == 1


def test_int8_equals_litert_to_the_step(file, zoo):
    run, _ = micro.microcontroller(file)
    here = Interpreter(str(file), num_threads=1).get_signature_runner()
    (taken,), (given,) = here.get_input_details(), here.get_output_details()
    windows = micro.windows()
    found = np.array([run(one) for one in windows])
    expected = np.concatenate([here(**{taken: one[None]})[given] for one in windows])
    assert np.abs(found - expected).max() <= 1.01 * step_of(file)
    np.testing.assert_allclose(found, np.asarray(zoo["gs10/annual/simple_rnn"](windows)), atol=0.1)  # of 0.6 to 14


def test_float32_equals_keras(tmp_path, zoo):
    run, _ = micro.microcontroller(micro.convert(tmp_path / "gs10.tflite", quantize=None).path)
    windows = micro.windows()
    expected = np.asarray(zoo["gs10/annual/simple_rnn"](windows))
    np.testing.assert_allclose(np.array([run(one) for one in windows]), expected, atol=1e-5)


def test_what_the_page_says_of_memory_and_operators(file):
    page = (CHECKOUT / "docs" / "devices.md").read_text(encoding="utf-8")
    assert "an arena of 10 kB" in page  # what `microcontroller` has; one too small can end the process
    assert f"{file.stat().st_size / 1000:.1f} kB of int8" in page
    found = [f"`{one}`" for one in operators(read_flatbuffer(file)[1])]
    assert f"{', '.join(found[:-1])} and {found[-1]}" in " ".join(page.split())


def test_the_program(program, file, monkeypatch):
    folder, printed = program
    assert "gs10_int8.h: 6,0" in printed
    assert float(re.search(r"windows: ([\d.]+) percentage points", printed)[1]) < 0.1
    header = (folder / "gs10_int8.h").read_text(encoding="ascii")
    assert bytes(map(int, re.findall(r"\d+", header.split("{")[1]))) == file.read_bytes()
    monkeypatch.setattr(sys, "argv", ["micro.py"])
    with pytest.raises(SystemExit, match="usage"):
        micro.main()
