"""What computes in bfloat16, and on which machines that is known to be slow."""

import pytest

from keras_rnn import char_model
from keras_rnn.core.backend import keras
from keras_rnn.rnn import precision


def test_for_a_while_only():
    model = char_model(None, layers=2, dropout=0.1, seed=0)
    ids = keras.ops.zeros((1, 2), "int32")
    with precision.computing_in(model, "mixed_bfloat16"):
        assert model(ids).dtype == "bfloat16"
    with pytest.raises(ValueError, match="takes character ids"), precision.computing_in(model, "mixed_bfloat16"):
        model(ids[0])
    assert model(ids).dtype == "float32"
    assert model.get_layer("rnn").cell.compute_dtype == "float32"


@pytest.mark.parametrize(
    ("text", "lacks"),
    [("processor : 0\nflags\t\t: fpu avx512f avx512_bf16\n", False), ("flags : fpu avx512f\n", True),
     ("Features\t: fp asimd bf16\n", False), ("Features : fp asimd\n", True), ("cpu : POWER9\n", False)],
)  # fmt: skip
def test_machines(tmp_path, monkeypatch, text, lacks):
    (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(precision.platform, "system", lambda: "Linux")
    assert precision.lacks_bfloat16(tmp_path / "cpuinfo") is lacks
    assert precision.lacks_bfloat16(tmp_path / "absent") is False
