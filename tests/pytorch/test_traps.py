"""Files of weights that are small and would be large, deep or slow to read are refused within a second."""

import struct
import time
import zipfile

import numpy as np
import pytest
import torch

from keras_rnn.core.checks import received
from keras_rnn.pytorch.files import read_torch_file
from keras_rnn.pytorch.state_dict import parts_of

RNN = {name: np.ones(shape, np.float32) for name, shape in (
    ("rnn.weight_ih_l0", (4, 3)), ("rnn.weight_hh_l0", (4, 4)), ("rnn.bias_ih_l0", (4,)), ("rnn.bias_hh_l0", (4,)),
)}  # fmt: skip


@pytest.fixture(autouse=True)
def _within_a_second():
    begun = time.process_time()
    yield
    assert time.process_time() - begun < 1


def nested(depth, width=10):
    """A list that has the list before it so many times: 10 ** depth numbers in some bytes."""
    found = [1.0] * width
    for _ in range(depth):
        found = [found] * width
    return found


def deep(depth):
    found = []
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize("place", [lambda state: state, lambda state: {"state_dict": state}])
def test_one_number_as_a_large_tensor(tmp_path, place):
    state = {name: torch.tensor(array) for name, array in RNN.items()}
    state["rnn.weight_hh_l0"] = torch.zeros(1).expand(50_000, 50_000)
    torch.save(place(state), tmp_path / "m.pt")
    assert (tmp_path / "m.pt").stat().st_size < 5_000
    with pytest.raises(ValueError, match=r"ten times its file's size.* with tensors of 10,000,000,\d+"):
        read_torch_file(tmp_path / "m.pt")


def test_tied_weights_are_taken(tmp_path):
    weight = torch.ones(2_000, 1_000)
    torch.save({"a.weight": weight, "b.weight": weight}, tmp_path / "m.pt")
    assert set(read_torch_file(tmp_path / "m.pt")) == {"a.weight", "b.weight"}


@pytest.mark.parametrize("value", [nested(9), deep(300)])
def test_lists_in_lists(tmp_path, value):
    state = {name: torch.tensor(array) for name, array in RNN.items()} | {"fc.weight": value}
    torch.save(state, tmp_path / "m.pt")
    with pytest.raises(ValueError, match=r"`fc.weight` must be a dense tensor of numbers. Received: \[\[\["):
        parts_of(read_torch_file(tmp_path / "m.pt"))
    torch.save(value, tmp_path / "m.pt")
    with pytest.raises(TypeError, match="tensors by name"):
        read_torch_file(tmp_path / "m.pt")


def test_any_value_is_quoted_in_short():
    for value in (nested(12), deep(100_000), {"a": nested(12)}, [deep(500)] * 500, "x" * 10**7, 10**4000):
        assert len(received(value)) < 120


@pytest.mark.parametrize("name", ["layer{}.weight", "layer{}.other", "weight_ih_l{}", "layer{}.weight_ih"])
def test_thousands_of_names(name):
    with pytest.raises(ValueError, match="Received: ") as caught:
        parts_of(RNN | {name.format(i): np.ones((5, 5), np.float32) for i in range(1, 3001)})
    assert len(str(caught.value)) < 1_000


def test_thousands_of_matrices_in_a_row():
    parts, _ = parts_of(RNN | {f"layer{i}.weight": np.ones((4, 4), np.float32) for i in range(1000)})
    assert len(parts) == 1001


@pytest.mark.parametrize("name", ["m.npz", "m.pt"])
def test_an_archive_that_unpacks_to_far_more(tmp_path, name):
    with open(tmp_path / name, "wb") as file:
        np.savez_compressed(file, **RNN | {"fc.weight": np.zeros((5_000, 1_000), np.float32)})
    with pytest.raises(ValueError, match=r"ten times its size, or 16 MiB.* that unpack to 20,00\d,\d+"):
        read_torch_file(tmp_path / name)


@pytest.mark.parametrize("name", ["m.npz", "m.pt"])
def test_an_archive_with_names_that_are_no_text(tmp_path, name):
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("é" * 5, b"")
    content = (tmp_path / name).read_bytes().replace("é".encode(), b"\xe9\xe9")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"whole zip file. Received: '.*{name}', whose members' names are no text"):
        read_torch_file(tmp_path / name)


@pytest.mark.parametrize("name", ["m.npz", "m.pt"])
def test_an_archive_that_says_it_is_one_of_several(tmp_path, name):
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("a", b"")
    content, end = (tmp_path / name).read_bytes(), b"PK\5\6"
    (tmp_path / name).write_bytes(content.replace(end, struct.pack("<4sLQL", b"PK\6\7", 1, 0, 2) + end))
    with pytest.raises(ValueError, match=f"whole zip file. Received: '.*{name}', zipfiles that span multiple disks"):
        read_torch_file(tmp_path / name)
