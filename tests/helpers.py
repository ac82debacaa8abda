"""What several test files need: the checkout, the environment for fresh processes, the command, pictures."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import trees

CHECKOUT = Path(__file__).resolve().parent.parent


def inherited():
    """The environment for other processes, without settings of TensorFlow, Keras and pytest."""
    dropped = ("TF_", "KERAS_", "PYTEST_")
    return {k: v for k, v in os.environ.items() if k == "KERAS_RNN_DATA" or not k.startswith(dropped)}


def script(name):
    """A script of the repository, which is no package."""
    spec = importlib.util.spec_from_file_location(name, CHECKOUT / "scripts" / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def run(capsys, *arguments):
    """`keras-rnn` in this process, which has TensorFlow loaded already: exit code, standard output, standard error."""
    from keras_rnn.cli.app import main

    code = main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


def ticks(axis):
    """The labels of a picture's axis."""
    return [label.get_text() for label in axis.get_ticklabels()]


def drawn(figure):
    """A picture's first axes, drawn as when saved: whatever matplotlib has to warn of it does here."""
    figure.canvas.draw()
    assert figure.get_size_inches()[0] == 8
    assert figure.dpi == 150
    return figure.axes[0]


def older_tree(name="gs10/annual/simple_rnn"):
    """A shipped `.tflite` file's object tree, as an earlier version wrote it: without a checksum."""
    return trees.older((CHECKOUT / "saved_models" / name / "model.tflite").read_bytes())


def write_tree(model, path):
    """Write an object tree as a `.tflite` file."""
    path.write_bytes(trees.packed(model))
    return path


def operator(model, code):
    """The first operator of a kind in an object tree, and its subgraph."""
    return next(
        (one, subgraph)
        for subgraph in model.subgraphs
        for one in subgraph.operators
        if model.operatorCodes[one.opcodeIndex].builtinCode == code
    )
