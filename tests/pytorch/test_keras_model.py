"""PyTorch's recurrent modules against the Keras models made of their weights, and what is refused."""

import json
import os
import pickle
import re
import sys

import numpy as np
import pytest
import torch
from helpers import run

from keras_rnn import from_torch, to_litert
from keras_rnn.core.backend import keras
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.pytorch.files import read_torch_file
from keras_rnn.pytorch.state_dict import parts_of

KINDS = [("RNN", "tanh"), ("RNN", "relu"), ("GRU", None), ("LSTM", None)]
SIZES = {"input_size": 3, "hidden_size": 5}


def module(kind, nonlinearity=None, **options):
    torch.manual_seed(len(kind) + options.get("num_layers", 1))
    extra = {"nonlinearity": nonlinearity} if nonlinearity else {}
    return getattr(torch.nn, kind)(**SIZES | {"batch_first": True} | extra | options)


def values(batch=4, steps=5, features=3):
    return np.random.default_rng(0).normal(size=(batch, steps, features)).astype(np.float32)


def outputs_of(net, x):
    """PyTorch's output of all steps and h_n, as arrays."""
    with torch.no_grad():
        output, state = net(torch.tensor(x).to(next(net.parameters()).dtype))
    return output.numpy(), (state[0] if isinstance(state, tuple) else state).numpy()


def largest(model, x, expected):
    answer = np.asarray(model(x))
    assert answer.shape == expected.shape
    assert answer.dtype == np.float32
    return np.abs(answer - expected).max()


def changed(state, **tensors):
    """A copy of a state_dict as arrays, with some replaced, or left out where None is given."""
    arrays = {name: tensor.detach().numpy().copy() for name, tensor in state.items()} | tensors
    return {name: array for name, array in arrays.items() if array is not None}


# equal to PyTorch


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("both", [False, True], ids=["one", "both"])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize(("kind", "nonlinearity"), KINDS, ids=str)
def test_every_step_equals_pytorch(kind, nonlinearity, layers, both, bias):
    net, x = module(kind, nonlinearity, num_layers=layers, bidirectional=both, bias=bias), values()
    answer = np.asarray(from_torch(net.state_dict(), kind.lower(), nonlinearity, return_sequences=True)(x))
    assert answer.dtype == np.float32
    for expected in (outputs_of(net, x)[0], outputs_of(net.double(), x)[0]):  # in float32, and in float64
        assert answer.shape == expected.shape
        assert np.abs(answer - expected).max() <= 1e-6


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize(("kind", "nonlinearity"), KINDS, ids=str)
def test_last_step_equals_pytorch(kind, nonlinearity, layers):
    net, x = module(kind, nonlinearity, num_layers=layers), values()
    output, state = outputs_of(net, x)
    np.testing.assert_array_equal(output[:, -1], state[-1])
    assert largest(from_torch(net), x, output[:, -1]) <= 1e-6


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("kind", "nonlinearity"), KINDS, ids=str)
def test_both_last_steps_of_both_directions(kind, nonlinearity, layers):
    net, x = module(kind, nonlinearity, num_layers=layers, bidirectional=True), values()
    output, state = outputs_of(net, x)
    both = np.concatenate([state[-2], state[-1]], axis=1)
    assert np.abs(output[:, -1] - both).max() > 1e-2
    assert largest(from_torch(net, last="output"), x, output[:, -1]) <= 1e-6
    assert largest(from_torch(net, last="state"), x, both) <= 1e-6


def test_the_layers_are_keras_own():
    model = from_torch(module("GRU", num_layers=2, bidirectional=True), steps=6, last="state")
    given, first, second = model.layers
    assert (type(first), type(first.forward_layer)) == (keras.layers.Bidirectional, keras.layers.GRU)
    assert first.forward_layer.reset_after
    assert first.backward_layer.go_backwards
    assert (first.return_sequences, second.return_sequences) == (True, False)
    assert (given.batch_shape, model.output_shape) == ((None, 6, 3), (None, 10))
    assert first.forward_layer.cell.bias.shape == (2, 15)


def test_weights_come_over_exactly():
    state = module("LSTM").state_dict()
    cell = from_torch(state).layers[1].cell
    np.testing.assert_array_equal(np.asarray(cell.kernel), state["weight_ih_l0"].numpy().T)
    np.testing.assert_array_equal(np.asarray(cell.recurrent_kernel), state["weight_hh_l0"].numpy().T)
    gru = module("GRU").state_dict()
    r, z, n = np.split(gru["bias_hh_l0"].numpy(), 3)
    np.testing.assert_array_equal(np.asarray(from_torch(gru).layers[1].cell.bias)[1], np.concatenate([z, r, n]))


def test_biases_are_summed_before_they_are_rounded():
    a, b = np.full(5, 1 + 4e-8), np.full(5, 4e-8)  # half a unit in the last place is 6e-8
    state = changed(module("RNN").double().state_dict(), bias_ih_l0=a, bias_hh_l0=b)
    bias = np.asarray(from_torch(state, nonlinearity="tanh").layers[1].cell.bias)
    np.testing.assert_array_equal(bias, (a + b).astype(np.float32))
    assert (bias != a.astype(np.float32) + b.astype(np.float32)).all()


def test_batch_first_is_no_part_of_the_weights():
    net, x = module("GRU", batch_first=False), values()
    expected = outputs_of(net, x.transpose(1, 0, 2))[0].transpose(1, 0, 2)
    assert largest(from_torch(net, return_sequences=True), x, expected) <= 1e-6


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16], ids=str)
def test_other_precisions(dtype):
    net, x = module("LSTM", num_layers=2).to(dtype), values()
    assert largest(from_torch(net), x, outputs_of(net.double(), x)[0][:, -1]) <= 1e-6


def test_numpy_arrays_of_bfloat16():
    import ml_dtypes

    state = module("GRU").bfloat16().state_dict()
    arrays = {name: tensor.float().numpy().astype(ml_dtypes.bfloat16) for name, tensor in state.items()}
    assert largest(from_torch(arrays), values(), np.asarray(from_torch(state)(values()))) == 0


# modules of the reader's own


class Tagger(torch.nn.Module):
    """Ids → both directions → a head at every step."""

    def __init__(self, kind="LSTM", bias=True):
        super().__init__()
        torch.manual_seed(1)
        self.embedding = torch.nn.Embedding(11, 3, padding_idx=0)
        self.rnn = getattr(torch.nn, kind)(3, 5, 2, batch_first=True, bidirectional=True, dropout=0.5)
        self.fc = torch.nn.Linear(10, 4, bias=bias)

    def forward(self, ids):
        output, state = self.rnn(self.embedding(ids))
        return self.fc(output), state


class Forecaster(torch.nn.Module):
    """Values → ReLU RNN → a head at the last step."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.rnn = torch.nn.RNN(1, 6, nonlinearity="relu", batch_first=True)
        self.head = torch.nn.Linear(6, 1)

    def forward(self, x):
        output, state = self.rnn(x)
        return self.head(output[:, -1]), state


IDS = np.random.default_rng(3).integers(0, 11, (4, 6)).astype(np.int32)


def tags(net, ids=IDS):
    with torch.no_grad():
        return net(torch.tensor(ids))[0].numpy()


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("bias", [True, False])
def test_embedding_and_head_come_along(kind, bias):
    net = Tagger(kind, bias).eval()
    for given in (net, net.state_dict()):
        model = from_torch(given, nonlinearity="tanh" if kind == "RNN" else None, return_sequences=True)
        assert largest(model, IDS, tags(net)) <= 1e-6
    assert model.layers[-1].use_bias == bias


def test_the_module_knows_its_nonlinearity_and_a_state_dict_does_not():
    net, x = Forecaster(), values(features=1)
    expected = outputs_of(net, x)[0]
    assert largest(from_torch(net), x, expected) <= 1e-6
    assert largest(from_torch(net.state_dict(), nonlinearity="relu"), x, expected) <= 1e-6
    with pytest.warns(UserWarning, match="^A state_dict does not tell .* Assumed: tanh in rnn, which can be a relu$"):
        assert largest(from_torch(net.state_dict()), x, expected) > 1e-3
    with pytest.raises(ValueError, match=r"`nonlinearity` must be 'relu', the module's. Received: 'tanh'"):
        from_torch(net, nonlinearity="tanh")


@pytest.mark.parametrize("wrap", ["state_dict", "model_state_dict", "module", "compiled", "lightning"])
def test_checkpoints_and_wrappers(wrap):
    net = Forecaster()
    state = net.state_dict()
    given = {
        "state_dict": {"epoch": 3, "state_dict": state, "optimizer": {}},
        "model_state_dict": {"model_state_dict": {f"module.{name}": tensor for name, tensor in state.items()}},
        "module": {f"module.{name}": tensor for name, tensor in state.items()},
        "compiled": {f"_orig_mod.{name}": tensor for name, tensor in state.items()},
        "lightning": {"state_dict": {f"model.{name}": tensor for name, tensor in state.items()}},
    }[wrap]
    x = values(features=1)
    assert largest(from_torch(given, nonlinearity="relu"), x, outputs_of(net, x)[0]) <= 1e-6
    before = "model." if wrap == "lightning" else ""
    assert [part.name for part in parts_of(given)[0]] == [f"{before}rnn", f"{before}head"]


@pytest.mark.parametrize(
    "wrap", [torch.nn.DataParallel, lambda net: torch.compile(net, backend="eager")], ids=["parallel", "compiled"]
)
def test_wrapped_modules_know_their_nonlinearity_too(wrap):
    net, x = Forecaster(), values(features=1)
    assert largest(from_torch(wrap(net)), x, outputs_of(net, x)[0]) <= 1e-6


class Ambiguous(torch.nn.Module):
    """A head without bias that could be an embedding, by its shape."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.rnn = torch.nn.GRU(5, 5, batch_first=True)
        self.out = torch.nn.Linear(5, 7, bias=False)

    def forward(self, x):
        output, state = self.rnn(x)
        return self.out(output), state


def test_a_module_tells_a_head_from_an_embedding_where_shapes_do_not():
    net, x = Ambiguous(), values(features=5)
    assert largest(from_torch(net, return_sequences=True), x, outputs_of(net, x)[0]) <= 1e-6
    with pytest.raises(ValueError, match=r"must be the module.* Received: out.weight \(7, 5\)"):
        from_torch(net.state_dict())
    named = {"out.bias": np.zeros(7, np.float32)}  # an embedding has none
    assert largest(from_torch(net.state_dict() | named, return_sequences=True), x, outputs_of(net, x)[0]) <= 1e-6


# to the phone


@pytest.mark.parametrize(
    ("net", "options"),
    [
        (module("RNN", "relu"), {}),
        (module("GRU"), {"return_sequences": True}),
        (module("LSTM", num_layers=2), {}),
        (module("LSTM", num_layers=2, bidirectional=True), {"last": "output"}),
        (module("GRU", bidirectional=True), {"last": "state"}),
    ],
    ids=["rnn", "gru-sequences", "lstm-2", "lstm-2-both-output", "gru-both-state"],
)
def test_litert_equals_pytorch(tmp_path, net, options):
    x = values(batch=3)
    output, state = outputs_of(net, x)
    expected = np.concatenate([state[-2], state[-1]], axis=1) if options.get("last") == "state" else output[:, -1]
    expected = output if options.get("return_sequences") else expected
    to_litert(from_torch(net, steps=5, **options), tmp_path / "m.tflite")
    file = LiteRTFile(tmp_path / "m.tflite")
    assert ("step" in file.signatures) == (not net.bidirectional)
    for window, answer in zip(x, expected, strict=True):
        np.testing.assert_allclose(file.run("serving_default", {"x": window[None]})["output"][0], answer, atol=1e-5)


def test_litert_takes_ids(tmp_path):
    net = Tagger().eval()
    to_litert(from_torch(net, return_sequences=True), tmp_path / "m.tflite", window=6)
    file = LiteRTFile(tmp_path / "m.tflite")
    for ids, answer in zip(IDS, tags(net), strict=True):
        np.testing.assert_allclose(file.run("serving_default", {"ids": ids[None]})["output"][0], answer, atol=1e-5)


# files


def write_safetensors(path, state):
    """As the format's description has it, by hand: the package that reads it is not to be held against itself."""
    header, numbers = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in state.items():
        dtype = {torch.float32: "F32", torch.float64: "F64", torch.bfloat16: "BF16", torch.float16: "F16"}[tensor.dtype]
        content = tensor.contiguous().view(torch.uint8).numpy().tobytes()
        offsets = [len(numbers), len(numbers) + len(content)]
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": offsets}
        numbers += content
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + numbers)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64], ids=str)
def test_safetensors(tmp_path, dtype):
    state = module("LSTM", bidirectional=True).to(dtype).state_dict()
    write_safetensors(tmp_path / "m.safetensors", state)
    arrays = read_torch_file(tmp_path / "m.safetensors")
    assert arrays.keys() == state.keys()
    for name, tensor in state.items():
        np.testing.assert_array_equal(arrays[name].astype(np.float64), tensor.double().numpy())


@pytest.mark.parametrize("name", ["m.pt", "m.pth", "m.npz", "m.safetensors"])
def test_from_a_file(tmp_path, name):
    net, x = module("GRU"), values()
    if name == "m.npz":
        np.savez(tmp_path / name, **changed(net.state_dict()))
    elif name == "m.safetensors":
        write_safetensors(tmp_path / name, net.state_dict())
    else:
        torch.save(net.state_dict(), tmp_path / name, _use_new_zipfile_serialization=name == "m.pt")
    assert largest(from_torch(tmp_path / name), x, outputs_of(net, x)[0][:, -1]) <= 1e-6


@pytest.mark.slow
def test_command_then_keras_alone(tmp_path, command, fresh):
    """The command in a process of its own; its file in one that has never heard of this package or PyTorch."""
    net = Tagger().eval()
    torch.save({"epoch": 1, "model_state_dict": net.state_dict()}, tmp_path / "tagger.pt")
    assert command("import-torch", "tagger.pt", "tagger.keras", "--last", "output") == (
        0,
        "embedding: nn.Embedding, ids 11, features 3\n"
        "rnn: nn.LSTM, layers 2, directions 2, features 3, units 5, bias yes\n"
        "fc: nn.Linear, features 10, outputs 4, bias yes\nparameters: 1,077\n"
        "input: (any, any)\noutput: (any, 4)\nfile: tagger.keras\n"
        "for a phone: keras-rnn export tagger.keras tagger.tflite --window N\n",
        "",
    )
    code = f"""
import sys, keras, numpy as np
ids = np.array({IDS.tolist()}, dtype="int32")
np.save("answers.npy", keras.models.load_model("tagger.keras").predict(ids, verbose=0))
print({{"keras_rnn", "torch"}} & set(sys.modules))
"""
    assert fresh(code) == "set()\n"
    np.testing.assert_allclose(np.load(tmp_path / "answers.npy"), tags(net)[:, -1], atol=1e-6)


def import_torch(capsys, *arguments):
    return run(capsys, "import-torch", *arguments)


def test_command_for_programs(tmp_path, capsys):
    net, x = Forecaster(), values(features=1)
    torch.save(net.state_dict(), tmp_path / "m.pt")
    options = ["--nonlinearity", "relu", "--sequences", "--steps", "5", "--json"]
    code, out, err = import_torch(capsys, tmp_path / "m.pt", tmp_path / "m.keras", *options)
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "parts": [
            {"name": "rnn", "kind": "nn.RNN", "nonlinearity": "relu", "layers": 1, "directions": 1, "features": 1,
             "units": 6, "bias": True},
            {"name": "head", "kind": "nn.Linear", "features": 6, "outputs": 1, "bias": True},
        ],
        "parameters": 55, "input": [None, 5, 1], "output": [None, 5, 1], "file": str(tmp_path / "m.keras"),
    }  # fmt: skip
    model = keras.models.load_model(tmp_path / "m.keras")
    expected = net.head(net.rnn(torch.tensor(x))[0]).detach().numpy()
    assert largest(model, x, expected) <= 1e-6
    code, out, err = import_torch(capsys, tmp_path / "m.pt", tmp_path / "m.keras", "--steps", "5")
    assert err == "A state_dict does not tell what forward computes. Assumed: tanh in rnn, which can be a relu\n"
    assert "rnn: nn.RNN, nonlinearity tanh, layers 1" in out
    assert out.endswith(f"keras-rnn export {tmp_path / 'm.keras'} {tmp_path / 'm.tflite'}\n")


class Marker:
    """What a hostile pickle holds: a call, made when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def hostile(kind, path, marker):
    state = {**module("RNN").state_dict(), "rnn.extra": Marker(marker)}
    if kind == "zip":
        torch.save(state, path)
    elif kind == "legacy":
        torch.save(state, path, _use_new_zipfile_serialization=False)
    else:
        path.write_bytes(pickle.dumps(state["rnn.extra"], protocol=2))


@pytest.mark.parametrize("kind", ["zip", "legacy", "pickle"])
def test_no_code_of_a_file_is_run(tmp_path, capsys, kind):
    marker, path = tmp_path / "marker", tmp_path / "m.pt"
    hostile(kind, path, marker)
    code, out, err = import_torch(capsys, path, tmp_path / "m.keras")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert re.search(rf"state_dict\(\)`, not the model. .*, which holds {os.name}.mkdir and was not run$", err)
    assert os.listdir(tmp_path) == ["m.pt"]
    if kind != "pickle":
        torch.load(path, weights_only=False)  # the file does what it is said to
    else:
        pickle.loads(path.read_bytes())
    assert marker.exists()


def test_hostile_npz(tmp_path, capsys):
    np.savez(tmp_path / "m.npz", weight_ih_l0=np.array([Marker(tmp_path / "marker")], dtype=object))
    code, out, err = import_torch(capsys, tmp_path / "m.npz", tmp_path / "m.keras")
    assert (code, out) == (2, "")
    assert "not objects. Received: " in err
    assert os.listdir(tmp_path) == ["m.npz"]


def a_whole_module(path):
    torch.save(Forecaster(), path)


def a_script(path):
    torch.jit.script(torch.nn.Linear(2, 2)).save(path)


def half_a_file(path):
    torch.save(Forecaster().state_dict(), path)
    path.write_bytes(path.read_bytes()[:1000])


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("m.pt", a_whole_module, r"save `model.state_dict\(\)`, not the model. .*holds .*Forecaster and was not run"),
        ("m.pt", a_script, r"save `model.state_dict\(\)`, not the model. .*holds TorchScript and was not run"),
        ("m.pt", half_a_file, "must be whole, as torch.save wrote it"),
        ("m.pt", lambda path: path.touch(), "must be whole, as torch.save wrote it"),
        ("m.pt", lambda path: path.write_text("weights, honestly\n" * 9), "must be whole, as torch.save wrote it"),
        ("m.pt", lambda path: torch.save([1, 2], path), r"its state_dict, .*Received: \[1, 2\]"),
        ("m.pt", lambda path: torch.save({}, path), "Received: none"),
        ("m.pt", lambda path: None, "must be a file with a state_dict"),
        ("m.pt", lambda path: path.mkdir(), "must be a file with a state_dict"),
        ("m.npz", lambda path: path.write_text("no zip"), "must hold arrays by name"),
        ("m.npz", lambda path: path.write_bytes(np.zeros(3).data), "must hold arrays by name"),
        ("m.safetensors", lambda path: path.write_bytes(b"\5\0\0\0\0\0\0\0hello"), "safetensors file must be whole"),
        ("m.safetensors", lambda path: path.write_bytes(b""), "safetensors file must be whole"),
    ],
)
def test_files_that_are_refused(tmp_path, capsys, name, write, message):
    write(tmp_path / name)
    code, out, err = import_torch(capsys, tmp_path / name, tmp_path / "m.keras")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert re.search(message, err), err
    assert "Received: " in err
    assert not (tmp_path / "m.keras").exists()


def test_a_safetensors_file_cut_short(tmp_path):
    write_safetensors(tmp_path / "m.safetensors", module("RNN").state_dict())
    whole = (tmp_path / "m.safetensors").read_bytes()
    (tmp_path / "m.safetensors").write_bytes(whole[:-1])
    with pytest.raises(ValueError, match="safetensors file must be whole"):
        from_torch(tmp_path / "m.safetensors")


def test_without_pytorch(tmp_path, monkeypatch, capsys):
    torch.save(module("RNN").state_dict(), tmp_path / "m.pt")
    monkeypatch.setitem(sys.modules, "torch", None)
    code, _, err = import_torch(capsys, tmp_path / "m.pt", tmp_path / "m.keras")
    assert code == 2
    assert "PyTorch must be installed for 'm.pt': pip install torch; or save the tensors as .npz or .safetensors" in err


def test_a_pytorch_that_can_be_made_to_run_code(tmp_path, monkeypatch):
    torch.save(module("RNN").state_dict(), tmp_path / "m.pt")
    monkeypatch.setattr(torch, "__version__", "2.9.1+cpu")
    with pytest.raises(ValueError, match=r"PyTorch must be 2.10 or newer, .* Received: PyTorch 2.9.1\+cpu"):
        from_torch(tmp_path / "m.pt")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--last", "sideways"], "'--last': 'sideways' is not one of 'output', 'state'"),
        (["--steps", "0"], "'--steps': 0 is not in the range x>=1"),
        (["--sequences", "--last", "state"], "--last must not be given with --sequences, .* Received: 'state'"),
        ([], "--last must be 'output' .* or 'state' .* unless --sequences is given. Received: None"),
        (["--last", "state", "--nonlinearity", "relu"], "--nonlinearity must be tanh for an nn.LSTM"),
    ],
)
def test_options_that_are_refused(tmp_path, capsys, options, message):
    torch.save(Tagger().state_dict(), tmp_path / "m.pt")
    code, out, err = import_torch(capsys, tmp_path / "m.pt", tmp_path / "m.keras", *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert re.search(message, err), err
    assert os.listdir(tmp_path) == ["m.pt"]


def test_what_is_written_must_end_in_keras(tmp_path, capsys):
    torch.save(module("RNN").state_dict(), tmp_path / "m.pt")
    assert "OUT.keras must end in .keras. Received: " in import_torch(capsys, tmp_path / "m.pt", tmp_path / "m.h5")[2]
    (tmp_path / "m.keras").mkdir()
    code, _, err = import_torch(capsys, tmp_path / "m.pt", tmp_path / "m.keras")
    assert (code, err.count("\n")) == (2, 1)
    assert sorted(os.listdir(tmp_path)) == ["m.keras", "m.pt"]


# state dicts that are refused

LSTM = module("LSTM", num_layers=2, bidirectional=True).state_dict()
TAGGER = Tagger().state_dict()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (changed(LSTM, weight_hh_l1=None), r"Missing: weight_hh_l1. Received: weight_ih_l0, .*\(15 in all\)"),
        (changed(LSTM, bias_hh_l0_reverse=None), "Missing: bias_hh_l0_reverse"),
        (changed(LSTM, weight_ih_l1_reverse=None, bias_ih_l1=None), "Missing: bias_ih_l1, weight_ih_l1_reverse"),
        (changed(LSTM, weight_hr_l0=np.ones((2, 5))), r"projections \(proj_size=0\).* Received: weight_hr_l0"),
        (module("LSTM", proj_size=2).state_dict(), r"projections \(proj_size=0\).* Received: weight_hr_l0"),
        (changed(LSTM, weight_ih_l3=np.ones((20, 10))), "numbered from 0 without a gap. Received: 0, 1, 3"),
        (changed(LSTM, weight_ih_l01=np.ones((20, 10))), "Received: weight_ih_l01$"),
        (changed(LSTM, weight_ih_l0=np.ones((19, 3))), r"`weight_ih_l0` must have shape \(20, features\).*\(19, 3\)"),
        (changed(LSTM, weight_ih_l0=np.ones((20, 0))), r"`weight_ih_l0` must have shape \(20, features\).*\(20, 0\)"),
        (changed(LSTM, weight_hh_l0=np.ones((10, 5))), r"`weight_hh_l0` must have shape \(gates · units.*\(10, 5\)"),
        (changed(LSTM, weight_hh_l0=np.ones(5)), r"`weight_hh_l0` must have shape \(gates · units.*\(5,\)"),
        (changed(LSTM, weight_hh_l0=np.ones((0, 0))), r"`weight_hh_l0` must have shape \(gates · units.*\(0, 0\)"),
        (changed(LSTM, weight_ih_l1=np.ones((20, 5))), r"`weight_ih_l1` must have shape \(20, 10\).*\(20, 5\)"),
        (changed(LSTM, weight_hh_l1_reverse=np.ones((5, 5))), r"`weight_hh_l1_reverse` must have shape \(20, 5\)"),
        (changed(LSTM, bias_hh_l0=np.ones((20, 1))), r"`bias_hh_l0` must have shape \(20,\). Received: shape \(20, 1"),
        (changed(LSTM, bias_ih_l0=np.full(20, np.nan)), r"`bias_ih_l0` must be finite.* Received: nan at position 0"),
        (changed(LSTM, bias_ih_l0=np.array([0.0] * 19 + [np.inf])), "Received: inf at position 19"),
        (changed(LSTM, bias_ih_l0=np.full(20, 1e39)), r"finite in float32. Received: 1e\+39 at position 0"),
        (changed(TAGGER) | {"rnn.weight_ih_l0": np.ones((19, 3))}, r"`rnn.weight_ih_l0` must have shape \(20, feat"),
        (changed(TAGGER) | {"norm.running_mean": np.ones(3)}, r"Unknown: .*norm.running_mean. Received: shape \(3,\)"),
        (changed(TAGGER) | {"steps": 3}, r"Unknown: .*steps. Received: shape \(\) of 'steps'"),
        (changed(TAGGER) | {"fc2.weight": np.ones((2, 5))}, r"each of which reads .*fc2.weight \(2, 5\)"),
        (changed(TAGGER) | {"fc.weight": np.ones((4, 9))}, r"each of which reads .*fc.weight \(4, 9\)"),
        (changed(TAGGER) | {"fc.bias": np.ones(3)}, r"Received: .*fc.bias \(3,\)"),
        (changed(TAGGER) | {"embedding.weight": np.ones((11, 4))}, r"of which reads .* embedding.weight \(11, 4\)"),
        (changed(TAGGER) | {"embedding.bias": np.ones(11)}, r"each of which reads .* embedding.bias \(11,\)"),
        (changed(TAGGER) | {"fc.weight": np.full((4, 10), np.nan)}, "`fc.weight` must be finite"),
        ({f"{k}.{n}": t for k in ("encoder", "decoder") for n, t in LSTM.items()}, "encoder 3 → 10, decoder"),
        (torch.nn.Linear(2, 2).state_dict(), r"\(weight_ih_l0, weight_hh_l0, …\).* Received: weight, bias"),
        (changed(torch.nn.LSTMCell(2, 2).state_dict(), bias_hh=None), "Missing: bias_hh. Received: weight_ih"),
        (changed(torch.nn.LSTMCell(2, 2).state_dict(), bias_hh=np.ones(3)), r"`bias_hh` must have shape \(8,\)"),
        ({}, "Received: none"),
        (changed(LSTM, weight_hh_l0=torch.ones(20, 5).to_sparse()), "`weight_hh_l0` must be a dense tensor"),
        (changed(LSTM, weight_hh_l0=torch.ones(20, 5, device="meta")), "`weight_hh_l0` must be a dense tensor"),
        (changed(TAGGER) | {"fc.weight": [[1.0], [1.0, 2.0]]}, "`fc.weight` must be a dense tensor of numbers"),
        (changed(LSTM, weight_hh_l0=[[1.0], [1.0, 2.0]]), "`weight_hh_l0` must be a dense tensor"),
    ],
)  # fmt: skip
def test_state_dicts_that_are_refused(state, message):
    with pytest.raises(ValueError, match=message) as refused:
        from_torch(state, return_sequences=True)
    assert "Received: " in str(refused.value)


@pytest.mark.parametrize("dtype", [np.int64, np.complex64, np.bool_, object])
def test_other_numbers_are_refused(dtype):
    message = f"`weight_ih_l0` must be floating-point numbers. Received: {np.dtype(dtype)}"
    with pytest.raises(TypeError, match=message):
        from_torch(changed(LSTM, weight_ih_l0=np.ones((20, 3)).astype(dtype)))


@pytest.mark.parametrize("state", [None, 3, [1.0], {1: np.ones(3)}, b"m.pt"])
def test_what_is_no_state_dict(state):
    with pytest.raises(TypeError, match="module or its state_dict, tensors by name. Received: "):
        from_torch(state)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"kind": "gru"}, ValueError, "`kind` must be 'lstm', as the shapes of the tensors say. Received: 'gru'"),
        ({"kind": "transformer"}, ValueError, "`kind` must be one of 'rnn', 'gru', 'lstm'. Received: 'transformer'"),
        ({"nonlinearity": "gelu"}, ValueError, "`nonlinearity` must be one of 'tanh', 'relu'. Received: 'gelu'"),
        ({"nonlinearity": "relu"}, ValueError, "`nonlinearity` must be tanh for an nn.LSTM, .* Received: 'relu'"),
        ({"steps": 0}, ValueError, "`steps` must be at least 1"),
        ({"steps": 2.0}, TypeError, "`steps` must be an integer"),
        ({"return_sequences": 1}, ValueError, "`return_sequences` must be one of False, True. Received: 1"),
        ({"last": "first"}, ValueError, "`last` must be one of 'output', 'state'. Received: 'first'"),
        ({"last": "state", "return_sequences": True}, ValueError, "`last` must be None with `return_sequences`"),
        ({}, ValueError, "`last` must be 'output' .* Received: None"),
    ],
)
def test_arguments_that_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        from_torch(LSTM, **options)


def test_without_safetensors(tmp_path, monkeypatch, capsys):
    write_safetensors(tmp_path / "m.safetensors", module("RNN").state_dict())
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    code, _, err = import_torch(capsys, tmp_path / "m.safetensors", tmp_path / "m.keras")
    assert code == 2
    assert "must be installed for 'm.safetensors': pip install 'keras-rnn[torch]'; or save the tensors as .npz" in err
