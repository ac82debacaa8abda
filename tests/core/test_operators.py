"""A SavedModel that reads or writes files is refused before any of it runs."""

import pytest

from keras_rnn.artifacts.saved_model import SavedModelFolder
from keras_rnn.catalog.names import model_folder, zoo_names
from keras_rnn.core.backend import tf
from keras_rnn.core.operators import check_operators
from keras_rnn.rnn.graph import write_saved_model

WINDOW = tf.TensorSpec((None, 2), tf.int32, name="ids")


def written(folder, body, **kept):
    module = tf.Module()
    for name, value in kept.items():
        setattr(module, name, value)
    function = tf.function(lambda ids: {"logits": body(ids)}, input_signature=[WINDOW])
    write_saved_model(module, {"serving_default": function}, folder / "1")
    return folder / "1"


@pytest.mark.parametrize("name", [str(name) for name in zoo_names()])
def test_the_zoo_computes_only(name):
    from keras_rnn.catalog.names import resolve

    check_operators(model_folder(resolve(name)) / "1")


def test_reading_and_writing_files(tmp_path):
    secret, stolen = tmp_path / "secret", tmp_path / "stolen"
    secret.write_text("word")

    def body(ids):
        text = tf.io.read_file(str(secret))
        tf.io.write_file(str(stolen), text)
        return tf.cast(ids, tf.float32) + tf.cast(tf.strings.length(text), tf.float32)

    with pytest.raises(ValueError, match="operators that compute only.* with ReadFile, StringLength, WriteFile"):
        SavedModelFolder(written(tmp_path, body))
    assert not stolen.exists()


@pytest.mark.parametrize(("what", "op"), [
    (lambda x: tf.py_function(lambda y: y, [x], tf.float32), "EagerPyFunc"),
    (lambda x: tf.cond(x[0, 0] > 0, lambda: tf.io.matching_files("/*"), lambda: tf.constant(["a"])), "MatchingFiles"),
    (lambda x: tf.raw_ops.ImmutableConst(dtype=tf.float32, shape=[1], memory_region_name="/etc/passwd"),
     "ImmutableConst"),
    (lambda x: tf.raw_ops.RestoreV2(prefix="/x", tensor_names=["a"], shape_and_slices=[""], dtypes=[tf.float32])[0],
     "RestoreV2"),
    (lambda x: (tf.print("word"), x)[1], "PrintV2"),
])  # fmt: skip
def test_others_that_do_more_than_compute(tmp_path, what, op):
    with pytest.raises(ValueError, match=f"with .*{op}"):
        check_operators(written(tmp_path, lambda ids: what(tf.cast(ids, tf.float32))))


def test_a_table_read_from_a_file(tmp_path):
    (tmp_path / "words").write_text("a\nb\n")
    number, line = tf.lookup.TextFileIndex.LINE_NUMBER, tf.lookup.TextFileIndex.WHOLE_LINE
    reader = tf.lookup.TextFileInitializer(str(tmp_path / "words"), tf.int64, number, tf.string, line)
    table = tf.lookup.StaticHashTable(reader, "")
    folder = written(tmp_path, lambda ids: table.lookup(tf.cast(ids, tf.int64)), table=table)
    with pytest.raises(ValueError, match="InitializeTableFromTextFileV2"):
        check_operators(folder)


def test_what_is_none(tmp_path):
    with pytest.raises(ValueError, match="one that can be read"):
        check_operators(tmp_path)
    folder = written(tmp_path, lambda ids: tf.cast(ids, tf.float32))
    (folder / "saved_model.pbtxt").write_text("")
    with pytest.raises(ValueError, match=r"one graph in saved_model.pb.* with saved_model.pbtxt"):
        check_operators(folder)
    (folder / "saved_model.pbtxt").unlink()
    (folder / "saved_model.pb").write_bytes(b"")
    with pytest.raises(ValueError, match="one graph"):
        check_operators(folder)
