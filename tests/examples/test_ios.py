"""`examples/ios`: nothing here compiles Swift for a phone. Its grammar is checked, and the names of what it calls."""

import re

import tree_sitter
import tree_sitter_swift
from helpers import CHECKOUT

from keras_rnn import runtime

SOURCE = (CHECKOUT / "examples" / "ios" / "KerasRNN.swift").read_text(encoding="utf-8")
# public names of TensorFlowLiteSwift, in tensorflow/lite/swift/Sources
PUBLISHED = {
    "signatureRunner(with:", "allocateTensors(", "input(named:", "output(named:", "invoke(with:",
}  # fmt: skip


def test_its_grammar_is_swift():
    tree = tree_sitter.Parser(tree_sitter.Language(tree_sitter_swift.language())).parse(SOURCE.encode())
    assert not tree.root_node.has_error
    broken = tree_sitter.Parser(tree_sitter.Language(tree_sitter_swift.language())).parse(SOURCE[:-5].encode() + b"} (")
    assert broken.root_node.has_error


def test_litert_has_what_it_calls():
    calls = set(re.findall(r"(?:step|signature|interpreter\(file\))\.(\w+\((?:\w+:)?)", SOURCE))
    assert len(calls) >= 5
    assert calls <= PUBLISHED
    assert "try Interpreter(modelPath: path)" in SOURCE


def test_the_models_have_what_it_names():
    """Files, signatures, inputs, outputs, window and vocabulary are those of the files that ship."""
    char, gs10 = runtime.load("char"), runtime.load("gs10")
    for path in re.findall(r"saved_models/\S+\.tflite", SOURCE):
        assert (CHECKOUT / path).is_file()
    signatures = char.metadata["signatures"] | gs10.metadata["signatures"]
    for signature in re.findall(r'signatureRunner\(with: "(\w+)"\)', SOURCE):
        ends = signatures[signature]["inputs"] + signatures[signature]["outputs"]
        assert all(f'"{name}"' in SOURCE for name in ends)
    assert f'private let vocabulary = "{char.vocabulary}"' in SOURCE
    assert f"vocabulary: vocabulary, window: {char.window})" in SOURCE
    assert f"means.count == {gs10.window}" in SOURCE
