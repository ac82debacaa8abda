"""Small `.keras` files that ask for much memory are refused before Keras takes it."""

import io
import json
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import architectures
import h5py
import keras
import numpy as np
import pytest

from keras_rnn import char_model, load
from keras_rnn.catalog.names import find
from keras_rnn.rnn.archive import WEIGHTS, check_sizes

SHIPPED = {"char": find("char") / "model.keras", "gs10": find("gs10") / "model.keras"}


def changed(path, source, compression=zipfile.ZIP_STORED, **members):
    """An archive with some of its members changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", compression) as new:
        for name in old.namelist():
            change = members.get(name.split(".")[0], lambda content: content)
            new.writestr(name, change(old.read(name)))
    return path


def setting(name, value):
    def change(content):
        config = json.loads(content)
        config["config"][name] = value
        return json.dumps(config)

    return change


@pytest.mark.parametrize("name", SHIPPED)
def test_units(tmp_path, name):
    path = changed(tmp_path / "m.keras", SHIPPED[name], config=setting("units", 9_999))
    with pytest.raises(ValueError, match=r"its configuration asks for \d+,\d+,\d+ weights, and it holds "):
        load(path)


@pytest.mark.parametrize(("name", "setting_", "most"), [
    ("char", "units", "10,000"), ("gs10", "units", "10,000"), ("char", "window", "10,000"), ("gs10", "window", "10,000")
])  # fmt: skip
def test_bounds(tmp_path, name, setting_, most):
    path = changed(tmp_path / "m.keras", SHIPPED[name], config=setting(setting_, 10**9))
    with pytest.raises(ValueError, match=f"`{setting_}` must be from 1 to {most}. Received: 1000000000"):
        load(path)
    with pytest.raises(ValueError, match="`layers` must be from 1 to 100"):
        char_model(weights=None, vocabulary="ab", layers=10**6)


def test_a_model_of_keras(tmp_path):
    keras.Sequential([keras.Input((3, 2)), keras.layers.LSTM(4)]).save(tmp_path / "small.keras")
    check_sizes(tmp_path / "small.keras")

    def larger(content):
        return content.replace(b'"units": 4', b'"units": 40000')

    with pytest.raises(ValueError, match=r"asks for 6,400,\d+,\d+ weights"):
        load(changed(tmp_path / "large.keras", tmp_path / "small.keras", config=larger))


def test_packed_weights(tmp_path):
    path = changed(tmp_path / "m.keras", SHIPPED["char"], zipfile.ZIP_DEFLATED, model=lambda w: w + bytes(2**25))
    with pytest.raises(ValueError, match="unpack to at most ten times its size, or 16 MiB: save it without"):
        load(path)


def test_a_table_of_weights_that_are_not_there(tmp_path):
    def empty(content):
        file = io.BytesIO(content)
        with h5py.File(file, "r+") as weights:
            weights.create_dataset("vars/0", (10**5, 10**5), np.float32, chunks=(100, 100), compression="gzip")
        return file.getvalue()

    with pytest.raises(ValueError, match=f"its {WEIGHTS} of .* bytes tells of weights of 40,000,0"):
        load(changed(tmp_path / "m.keras", SHIPPED["char"], model=empty))


@pytest.mark.filterwarnings("ignore:Skipping nested container")
def test_weights_that_are_missing_or_of_another_shape(tmp_path):
    def head(change):
        def changed_head(content):
            file = io.BytesIO(content)
            with h5py.File(file, "r+") as weights:
                places: list[str] = []
                weights.visititems(lambda name, item: places.append(name) if item.name.endswith("vars/0") else None)
                (place,) = [place for place in places if weights[place].shape == (20, 8)]
                array = weights[place][...]
                del weights[place]
                if change:
                    weights[place] = array.T
            return file.getvalue()

        return changed_head

    with pytest.raises(ValueError, match="Dense name=head: Layer 'head' expected"):
        load(changed(tmp_path / "m.keras", SHIPPED["char"], model=head(False)))
    message = r"(The shape .* value.shape=\(8, 20\).|Layer 'head' expected 2 variables.*\['kernel', 'bias'\])$"
    with pytest.raises(ValueError, match=r"Received: '.*m.keras', Dense name=head: " + message):
        load(changed(tmp_path / "m.keras", SHIPPED["char"], model=head(True)))


def test_texts_that_are_no_utf8(tmp_path):
    with pytest.raises(ValueError, match=r"m.keras', whose texts are not UTF-8"):
        load(changed(tmp_path / "m.keras", SHIPPED["char"], config=lambda content: content.replace(b"keras", b"\xff")))


def test_deep_json(tmp_path):
    with pytest.raises(ValueError, match="must be one that can be loaded. Received: "):
        load(changed(tmp_path / "m.keras", SHIPPED["char"], config=lambda _: "[" * 10**6))


@pytest.mark.parametrize("name", architectures.MODELS)
def test_any_model_is_let_through(tmp_path, name):
    architectures.MODELS[name]().save(tmp_path / "m.keras")
    try:
        keras.saving.load_model(tmp_path / "m.keras")
    except (TypeError, ValueError) as error:
        pytest.skip(f"a class that Keras does not know, or a layer that it cannot build: {str(error)[:80]}")
    check_sizes(tmp_path / "m.keras")


def test_what_was_looked_at_is_not_built_later(tmp_path):
    """Keras keeps a list of variables to be filled when the next scope ends."""
    path = changed(tmp_path / "m.keras", SHIPPED["char"], config=setting("units", 9_999))
    with pytest.raises(ValueError, match="asks for"):
        load(path)
    before = time.process_time()
    char_model(weights=None, vocabulary="ab")
    with keras.StatelessScope():
        pass
    assert time.process_time() - before < 5


def test_a_class_that_the_callers_scope_names(tmp_path):
    class Double(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    keras.Sequential([keras.Input((4, 2)), Double(), keras.layers.SimpleRNN(3)]).save(tmp_path / "m.keras")
    with keras.saving.custom_object_scope({"Double": Double}):
        check_sizes(tmp_path / "m.keras")
    with pytest.raises(TypeError, match="Double"):
        check_sizes(tmp_path / "m.keras")


def test_code_runs_only_when_the_caller_says_so(tmp_path):
    keras.Sequential([keras.Input((4, 2)), keras.layers.Lambda(lambda x: 2 * x)]).save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="unsafe_deserialization|safe_mode=False"):
        load(tmp_path / "m.keras")

    def allowed():  # in a thread, as Keras has no way back
        keras.config.enable_unsafe_deserialization()
        return load(tmp_path / "m.keras")

    with ThreadPoolExecutor(1) as thread:
        np.testing.assert_array_equal(thread.submit(allowed).result()(np.ones((1, 4, 2))), np.full((1, 4, 2), 2))
