"""Modules read by running them: what their forward calls becomes the model, and what does not is refused or said."""

import re
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from keras_rnn import from_torch, to_litert
from keras_rnn.core.backend import keras
from keras_rnn.rnn.cell import RNNCell

X = np.random.default_rng(0).normal(size=(4, 6, 3)).astype(np.float32)  # (batch, steps, features)
torch.manual_seed(0)  # of the modules below
IDS = np.random.default_rng(1).integers(0, 11, (4, 6)).astype(np.int32)


class Net(nn.Module):
    """Parts by name, and a forward of them."""

    def __init__(self, forward, **parts):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self._forward = forward

    def forward(self, x):
        return self._forward(self, x)


class StateNet(Net):
    """One whose forward asks for a state."""

    def forward(self, x, h):
        return self._forward(self, x, h)


def gru(features=3, units=5, **options):
    return nn.GRU(features, units, batch_first=True, **options)


def in_pytorch(net, x):
    with torch.no_grad():
        return net(torch.tensor(x)).numpy()


def layers(model):
    return [layer.name for layer in model.layers[1:]]


def largest(ours, theirs):
    assert ours.shape == theirs.shape
    return np.abs(ours - theirs).max()


def looped(net, x, state):
    """A cell, or a module of one step, over a sequence, from a state."""
    outputs = []
    with torch.no_grad():
        for t in range(x.shape[1]):
            result = net(torch.tensor(x[:, t]), state)
            if isinstance(net, nn.LSTMCell):
                output, state = result[0], result
            else:
                output, state = result if isinstance(result, tuple) else (result, result)
            outputs.append(output.numpy())
    return np.stack(outputs, 1)


# what is taken


def over_steps(net, x):
    h, outputs = torch.zeros(len(x), 5), []
    for t in range(x.shape[1]):
        h = net.cell(x[:, t], h)
        outputs.append(net.head(torch.relu(h)))
    return torch.stack(outputs, 1)


def over_steps_first(net, x):
    x = x.transpose(0, 1)
    c = h = x.new_zeros(x.shape[1], 5)
    outputs = torch.zeros(len(x), x.shape[1], 5)
    for t, x_t in enumerate(x):
        h, c = net.cell(x_t, (h, c))
        outputs[t] = h
    return outputs.transpose(0, 1)


def tutorial(net, x):
    h, outputs = torch.zeros(len(x), 5), []
    for x_t in x.unbind(1):
        h = torch.tanh(net.i2h(torch.cat([x_t, h], dim=1)))
        outputs.append(net.i2o(h))
    return torch.stack(outputs, 1)


def both_states(net, x):
    return net.head(torch.cat(tuple(net.rnn(x)[1][-2:]), 1))


HEAD = {"head": nn.Linear(5, 2)}
TAKEN = {
    "embedding, log_softmax": (
        Net(lambda n, x: F.log_softmax(n.fc(n.rnn(n.emb(x))[0]), -1), emb=nn.Embedding(11, 3), rnn=gru(),
            fc=nn.Linear(5, 4)),
        ["embedding", "gru_l0", "head", "log_softmax_3"]),
    "a relu after the embedding": (
        Net(lambda n, x: n.rnn(torch.relu(n.emb(x)))[0], emb=nn.Embedding(11, 3), rnn=gru()),
        ["embedding", "relu_1", "gru_l0"]),
    "a sequence of modules": (
        Net(lambda n, x: n.after(n.rnn(n.before(x))[0]),
            before=nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.3), nn.Dropout(), nn.Linear(4, 6), nn.ELU(0.5)),
            rnn=gru(6), after=nn.Sequential(nn.LayerNorm(5, 0.1), nn.Linear(5, 4), nn.GELU(), nn.Identity(),
                                            nn.Linear(4, 2, bias=False), nn.Softmax(-1))),
        ["linear_0", "leaky_relu_1", "linear_2", "elu_3", "gru_l0", "norm_5", "linear_6", "gelu_7", "head",
         "softmax_9"]),
    "functions of tensors": (
        Net(lambda n, x: n.rnn(F.silu(x.tanh()).sigmoid_())[0].relu(), rnn=gru()),
        ["tanh_0", "silu_1", "sigmoid_2", "gru_l0", "relu_4"]),
    "GRU, LSTM, RNN": (
        Net(lambda n, x: n.c(n.b(n.a(x)[0])[0])[0], a=gru(), b=nn.LSTM(5, 4, 2, batch_first=True),
            c=nn.RNN(4, 6, nonlinearity="relu", batch_first=True)),
        ["gru_l0", "lstm_l1", "lstm_l2", "rnn_l3"]),
    "norms without weights": (
        Net(lambda n, x: n.b(n.rnn(n.a(x))[0]), a=nn.LayerNorm(3, elementwise_affine=False), rnn=gru(),
            b=nn.LayerNorm(5, bias=False)),
        ["norm_0", "gru_l0", "norm_2"]),
    "the batch second": (
        Net(lambda n, x: n.head(n.rnn(x.transpose(0, 1))[0]).transpose(0, 1), rnn=nn.LSTM(3, 5), **HEAD),
        ["lstm_l0", "head"]),
    "a cell over steps": (Net(over_steps, cell=nn.GRUCell(3, 5), **HEAD), ["gru_l0", "relu_1", "head"]),
    "a cell over the first axis": (Net(over_steps_first, cell=nn.LSTMCell(3, 5)), ["lstm_l0"]),
    "the tutorial over steps": (Net(tutorial, i2h=nn.Linear(8, 5), i2o=nn.Linear(5, 2)), ["rnn_cell_l0"]),
    "normed weights": (
        Net(lambda n, x: n.fc(n.rnn(x)[0]), rnn=gru(), fc=nn.utils.parametrizations.weight_norm(nn.Linear(5, 2))),
        ["gru_l0", "head"]),
}  # fmt: skip


@pytest.mark.parametrize("case", TAKEN)
def test_every_step_of_a_module(case):
    net, names = TAKEN[case]
    model = from_torch(net, return_sequences=True)
    x = IDS if names[0] == "embedding" else X
    net.eval()
    assert largest(np.asarray(model(x)), in_pytorch(net, x)) <= 1e-6
    assert layers(model) == names
    assert largest(np.asarray(from_torch(net)(x)), in_pytorch(net, x)[:, -1]) <= 1e-6


@pytest.mark.parametrize(
    ("last", "forward"),
    [
        ("output", lambda n, x: n.head(n.rnn(x)[0][:, -1])),
        ("state", both_states),
        ("state", lambda n, x: both_states(n, x).squeeze(1)),
    ],
)
def test_the_module_knows_which_last_step_it_takes(last, forward):
    net = Net(forward, rnn=gru(num_layers=2, bidirectional=True), head=nn.Linear(10, 1))
    expected = in_pytorch(net, X).reshape(4, 1)
    for given in (None, last):
        assert largest(np.asarray(from_torch(net, last=given)(X)), expected) <= 1e-6
    other = "state" if last == "output" else "output"
    with pytest.raises(ValueError, match=f"`last` must be '{last}', which the module's forward takes. Received: "):
        from_torch(net, last=other)


@pytest.mark.parametrize(
    "cell",
    [nn.RNNCell(3, 5), nn.RNNCell(3, 5, nonlinearity="relu", bias=False), nn.GRUCell(3, 5), nn.LSTMCell(3, 5)],
    ids=str,
)
def test_cells(cell):
    relu = getattr(cell, "nonlinearity", None)
    for given in (cell, cell.state_dict()):
        model = from_torch(given, nonlinearity=relu, return_sequences=True)
        assert largest(np.asarray(model(X)), looped(cell, X, None)) <= 1e-6


def step(activation):
    """The tutorial's forward, of one step."""

    def forward(net, x, h):
        h = activation(net.i2h(torch.cat((x, h), 1)))
        return net.softmax(net.i2o(h)), h

    return StateNet(forward, i2h=nn.Linear(8, 5), i2o=nn.Linear(5, 2), softmax=nn.LogSoftmax(dim=1))


@pytest.mark.parametrize(
    ("activation", "name"),
    [(lambda h: h, "linear"), (torch.tanh, "tanh"), (F.relu, "relu")],
    ids=["none", "tanh", "relu"],
)
def test_the_tutorial_is_this_packages_cell(activation, name):
    net = step(activation)
    model = from_torch(net, return_sequences=True)
    assert largest(np.asarray(model(X)), looped(net, X, torch.zeros(4, 5))) <= 1e-6
    cell = model.layers[1].cell
    assert (type(cell), cell.units, cell.output_size, cell.activation.__name__) == (RNNCell, 5, 2, name)
    wrong = "tanh" if name == "relu" else "relu"
    with pytest.raises(ValueError, match=f"`nonlinearity` must be '{name}', the module's. Received: '{wrong}'"):
        from_torch(net, nonlinearity=wrong)


def test_the_tutorials_state_dict():
    net = step(torch.tanh)
    logits = from_torch(net.state_dict(), nonlinearity="tanh", return_sequences=True)
    expected = looped(net, X, torch.zeros(4, 5))
    assert largest(np.asarray(keras.ops.log_softmax(logits(X))), expected) <= 1e-6
    with pytest.warns(UserWarning, match="Assumed: no activation after i2h$"):
        assert largest(np.asarray(keras.ops.log_softmax(from_torch(net.state_dict())(X))), expected[:, -1]) > 1e-3


def test_a_forward_that_asks_for_a_state():
    def decode(net, ids, h):  # as the tutorial's decoder, one id at a time
        output, h = net.rnn(F.relu(net.emb(ids).view(1, 1, -1)), h)
        return F.log_softmax(net.out(output[0]), dim=1), h

    net = StateNet(decode, emb=nn.Embedding(11, 3), rnn=nn.GRU(3, 5), out=nn.Linear(5, 11))
    model, h, outputs = from_torch(net, return_sequences=True), torch.zeros(1, 1, 5), []
    for i in IDS[0]:
        output, h = net(torch.tensor([[i]]), h)
        outputs.append(output.detach().numpy()[0])
    assert largest(np.asarray(model(IDS[:1]))[0], np.stack(outputs)) <= 1e-6
    whole = StateNet(lambda n, x, h: n.rnn(x, h), rnn=nn.LSTM(3, 5, 2))
    expected = whole.rnn(torch.tensor(X.swapaxes(0, 1)))[0][-1].detach().numpy()
    assert largest(np.asarray(from_torch(whole)(X)), expected) <= 1e-6


# states to begin with


def states(kind, layers=2, directions=2, batch=1):
    h = torch.tensor(np.random.default_rng(2).normal(size=(layers * directions, batch, 5)), dtype=torch.float32)
    return (h, -2 * h) if kind == "LSTM" else h


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_an_initial_state(tmp_path, kind, batch):
    torch.manual_seed(0)
    net = getattr(nn, kind)(3, 5, 2, bidirectional=True, batch_first=True)
    given = states(kind, batch=batch)
    begin = tuple(h.expand(-1, 4, -1).contiguous() for h in given) if kind == "LSTM" else given.expand(-1, 4, -1)
    with torch.no_grad():
        expected = net(torch.tensor(X), begin if kind == "LSTM" else begin.contiguous())[0].numpy()
    model = from_torch(net, return_sequences=True, initial_state=given)
    assert model.input_shape == ((4 if batch == 4 else None), None, 3)
    assert largest(np.asarray(model(X)), expected) <= 1e-6
    model.save(tmp_path / "m.keras")
    assert largest(np.asarray(keras.models.load_model(tmp_path / "m.keras")(X)), expected) <= 1e-6


def test_the_initial_state_of_cells():
    h = np.random.default_rng(2).normal(size=(1, 5)).astype(np.float32)
    for net in (nn.GRUCell(3, 5), step(torch.tanh)):
        expected = looped(net, X, torch.tensor(h).expand(4, -1))
        assert largest(np.asarray(from_torch(net, return_sequences=True, initial_state=h)(X)), expected) <= 1e-6


def test_a_learned_initial_state_comes_along():
    def forward(net, x):
        return net.rnn(x, net.start.expand(-1, len(x), -1).contiguous())[0]

    net = Net(forward, rnn=gru(num_layers=2))
    net.start = nn.Parameter(states("GRU", directions=1))
    assert largest(np.asarray(from_torch(net)(X)), in_pytorch(net, X)[:, -1]) <= 1e-6


@pytest.mark.parametrize(
    ("net", "initial", "message"),
    [
        (gru(), np.zeros((2, 1, 5)), r"of shape \(1, batch, 5\). Received: float64 of shape \(2, 1, 5\)"),
        (gru(), np.full((1, 1, 5), np.nan), "must be finite"),
        (nn.LSTM(3, 5), np.zeros((1, 1, 5)), "must be a pair of h_0 and c_0 for an LSTM. Received: "),
        (nn.LSTM(3, 5), [np.zeros((1, 1, 5)), np.zeros((1, 2, 5))], "must be a pair of one shape. Received: "),
        (TAKEN["GRU, LSTM, RNN"][0], np.zeros((1, 1, 5)), "must be None for several .*: it and a, b, c$"),
    ],
)
def test_initial_states_that_are_refused(net, initial, message):
    with pytest.raises(ValueError, match=f"`initial_state` {message}" if "must" in message else message):
        from_torch(net, initial_state=initial)


# what is refused, and what is said


def seq2seq(net, x):
    _, h = net.encoder(x)
    return net.decoder(x, h)[0]


def made_up(net, x):
    return net.rnn(x, torch.randn(1, len(x), 5))[0]


def old_tutorial(net, x, h):
    combined = torch.cat((x, h), 1)
    return net.i2o(combined), net.i2h(combined)


REFUSED = {
    "a function": (Net(lambda n, x: n.rnn(x)[0].mean(1), rnn=gru()), "of rnn differs by 0.* left out: mean. Give"),
    "a sum": (Net(lambda n, x: x + n.rnn(x)[0], rnn=gru(3, 3)), "differs by .* left out: add. Give"),
    "other weights": (
        Net(lambda n, x: n.rnn(x)[0] * n.scale, rnn=gru(), scale=nn.Parameter(torch.tensor(3.0))),
        "differs by .* left out: mul. Give"),
    "a softmax over the steps": (Net(lambda n, x: F.softmax(n.rnn(x)[0], 1), rnn=gru()), "of rnn → softmax differs"),
    "seq2seq": (Net(seq2seq, encoder=gru(3, 5), decoder=gru(3, 5)), "cannot be: .* state of decoder, which"),
    "seq2seq, 3": (Net(seq2seq, encoder=gru(3, 3), decoder=gru(3, 3)), "differs by .*state of decoder, which"),
    "a state made up": (Net(made_up, rnn=gru()), "differs by .* left out: random numbers, two answers to one input"),
    "the older tutorial": (StateNet(old_tutorial, i2h=nn.Linear(8, 5), i2o=nn.Linear(8, 2)), "of i2o has no .* left out: cat, i2h. G"),
    "a cell by hand": (
        StateNet(lambda n, x, h: torch.tanh(n.a(x) + n.b(h)), a=nn.Linear(3, 5), b=nn.Linear(5, 5)),
        "of a → tanh has no recurrent part; left out: add, b. Give"),
    "another size": (Net(lambda n, x: n.rnn(x)[0][..., :3], rnn=gru()), "has answers of another size. Give"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_modules_that_are_refused(case):
    net, message = REFUSED[case]
    with pytest.raises(ValueError, match=message) as refused:
        from_torch(net)
    assert "Received: " in str(refused.value)


class Asking(nn.Module):
    """One that wants to know more than its input."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(3, 5, nonlinearity="relu", batch_first=True)

    def forward(self, x, lengths, mask):
        return self.rnn(x)[0]


SAID = {
    "arguments": (Asking(), r"^`state` could not be run, .*: forward\(x, lengths, mask\): .*'lengths' and 'mask'$"),
    "no tensor": (Net(lambda n, x: {"y": n.rnn(x)[0]}, rnn=gru()), "be run, .*: forward gives no tensor, but dict$"),
    "a function": (Net(lambda n, x: n.rnn(x)[0].clamp(-9, 9), rnn=gru()), "of rnn answers .* left out: clamp$"),
    "weights": (Net(lambda n, x: n.rnn(x)[0], rnn=gru(), aside=nn.Linear(5, 1)), "answers .* left out: aside$"),
}


@pytest.mark.parametrize("case", SAID)
def test_what_is_said(case):
    net, message = SAID[case]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = from_torch(net, return_sequences=True)
    said = [warning for warning in caught if warning.category is UserWarning]
    assert re.search(message, str(said[0].message)), said[0].message
    assert {warning.filename for warning in said} == {__file__}
    expected = net.rnn(torch.tensor(X))[0].detach().numpy()
    if case != "weights":
        assert largest(np.asarray(model(X)), expected) <= 1e-6


def test_the_module_is_left_as_it_was():
    net = Net(lambda n, x: n.drop(n.rnn(x)[0]), rnn=gru(), drop=nn.Dropout()).double()
    random, state = torch.random.get_rng_state(), {k: v.clone() for k, v in net.state_dict().items()}
    from_torch(net)
    assert net.training
    assert torch.equal(random, torch.random.get_rng_state())
    assert all(torch.equal(net.state_dict()[k], v) and v.dtype == torch.float64 for k, v in state.items())


# state dicts with more in them


@pytest.mark.parametrize(
    ("parts", "assumed"),
    [
        ({"a": gru(), "b": nn.LSTM(5, 4, batch_first=True)}, "a → b, with no function in between"),
        ({"before": nn.Linear(3, 4), "rnn": gru(4)}, "before → rnn, with no function in between"),
        ({"rnn": gru(), "x": nn.Linear(5, 4), "y": nn.Linear(4, 4), "z": nn.Linear(4, 1)}, "rnn → x → y → z, with"),
        ({"rnn": gru(), "norm": nn.LayerNorm(5), "fc": nn.Linear(5, 2)}, "eps 1e-05 in norm; rnn → norm → fc, with"),
    ],
    ids=["two", "before", "three", "norm"],
)
def test_the_order_of_registration(parts, assumed):
    def forward(net, x):
        for part in net.children():
            x = part(x)[0] if isinstance(part, nn.RNNBase) else part(x)
        return x

    net = Net(forward, **parts)
    with pytest.warns(UserWarning, match=f"Assumed: {assumed}"):
        model = from_torch(net.state_dict(), return_sequences=True)
    assert largest(np.asarray(model(X)), in_pytorch(net, X)) <= 1e-6


def test_an_embedding_and_a_head_may_be_registered_anywhere():
    net = Net(lambda n, x: n.fc(n.rnn(n.emb(x))[0]), fc=nn.Linear(5, 2), rnn=gru(), emb=nn.Embedding(11, 3))
    assert largest(np.asarray(from_torch(net.state_dict(), return_sequences=True)(IDS)), in_pytorch(net, IDS)) <= 1e-6


# to the phone


@pytest.mark.parametrize("case", ["a sequence of modules", "the tutorial over steps"])
def test_litert(tmp_path, case):
    report = to_litert(from_torch(TAKEN[case][0], steps=6), tmp_path / "m.tflite")
    assert report.signatures == ("serving_default", "step")
