"""The operators that a phone must have for the files that ship: built-in ones, as `docs/devices.md` lists them."""

import re

import pytest
from helpers import CHECKOUT

from keras_rnn.litert.flatbuffer import operators, read_flatbuffer

FILES = sorted((CHECKOUT / "saved_models").glob("*/*/*/*.tflite"))
PAGE = (CHECKOUT / "docs" / "devices.md").read_text(encoding="utf-8")


def listed():
    """File, as the page writes it, → its operators."""
    return {
        name.strip("`"): set(found.split(", "))
        for name, found in re.findall(r"^\| (`[\w/. ]+`) \| ([A-Z_0-9]+(?:, [A-Z_0-9]+)*) \|$", PAGE, re.M)
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-4:]))
def test_built_in_operators_as_documented(path):
    _, model, preset, _, file = ["", *path.parts[-4:]]
    found = set(operators(read_flatbuffer(path)[1]))
    assert not {one for one in found if one.startswith(("custom", "Flex"))}
    assert found == listed()[f"{model}/{preset}" + ("" if file == "model.tflite" else f" {file}")]


def test_the_page_lists_no_other():
    names = {"/".join(path.parts[-4:-2]) + ("" if path.name == "model.tflite" else f" {path.name}") for path in FILES}
    assert set(listed()) == names
