"""Exchange of weights: every form there and back without a bit lost, and against PyTorch's own modules."""

import numpy as np
import pytest
import torch

from keras_rnn import CellWeights

FORMS = ["rnn_cell", "simple_rnn", "linears", "torch_rnn"]


def weights(bias=True, head=True, dtype="float32"):
    random = np.random.default_rng(0)
    arrays = [random.normal(size=shape).astype(dtype) for shape in [(3, 4), (4, 4), (4,), (4, 2), (2,)]]
    kernel, recurrent, b, output, output_b = arrays
    return CellWeights(kernel, recurrent, b if bias else None,
                       output if head else None, output_b if head and bias else None)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("head", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_there_and_back_is_exact(form, bias, head, dtype):
    w = weights(bias, head, dtype)
    again = getattr(CellWeights, f"from_{form}")(getattr(w, f"to_{form}")())
    assert again.sha256() == w.sha256()
    assert (again.features, again.units, again.outputs) == (3, 4, 2 if head else 4)
    assert again.kernel.dtype == dtype


def test_layouts():
    w = weights()
    np.testing.assert_array_equal(w.to_rnn_cell()["i2h_kernel"][:3], w.kernel)  # input rows first
    np.testing.assert_array_equal(w.to_rnn_cell()["i2h_kernel"][3:], w.recurrent_kernel)
    linears = w.to_linears()
    assert {k: v.shape for k, v in linears.items()} == {
        "i2h.weight": (4, 7), "i2h.bias": (4,), "i2o.weight": (2, 4), "i2o.bias": (2,)}  # fmt: skip
    np.testing.assert_array_equal(linears["i2h.weight"], w.to_rnn_cell()["i2h_kernel"].T)


def test_pytorch_modules_take_them_and_agree():
    w = weights(dtype="float64")
    rnn = torch.nn.RNN(3, 4, batch_first=True, dtype=torch.float64)
    head = torch.nn.Linear(4, 2, dtype=torch.float64)
    arrays = {k: torch.tensor(v) for k, v in w.to_torch_rnn().items()}
    head.load_state_dict({k.removeprefix("head."): arrays.pop(k) for k in ("head.weight", "head.bias")})
    rnn.load_state_dict(arrays)
    x, h = np.random.default_rng(1).normal(size=(5, 6, 3)), np.random.default_rng(2).normal(size=(5, 4))
    states, last = rnn(torch.tensor(x), torch.tensor(h[None]))
    ours, ours_last = w.forward(x, h)
    np.testing.assert_allclose(ours, head(states).detach(), rtol=1e-12)
    np.testing.assert_allclose(ours_last, last[0].detach(), rtol=1e-12)


def test_both_biases_of_nn_rnn_are_added():
    rnn = torch.nn.RNN(3, 4, dtype=torch.float64)
    w = CellWeights.from_torch_rnn({k: v.detach() for k, v in rnn.state_dict().items()})
    np.testing.assert_array_equal(w.bias, (rnn.bias_ih_l0 + rnn.bias_hh_l0).detach())


def test_forward_of_the_linear_cell_is_powers_of_its_matrix():
    w = weights(bias=False, head=False, dtype="float64")
    x = np.zeros((1, 5, 3))
    x[0, 0] = 1.0
    outputs, _ = w.forward(x, activation=None)
    for k in range(5):
        power = np.linalg.matrix_power(w.recurrent_kernel, k)
        np.testing.assert_allclose(outputs[0, k], x[0, 0] @ w.kernel @ power, rtol=1e-12)


def test_repr_is_shapes_not_numbers():
    assert repr(weights(bias=False)) == (
        "CellWeights(kernel=(3, 4), recurrent_kernel=(4, 4), output_kernel=(4, 2))"
    )  # fmt: skip


def test_fingerprint_tells_numbers_apart():
    w = weights()
    other = w.kernel.copy()
    other[0, 0] = np.nextafter(other[0, 0], 9)
    assert CellWeights(other, w.recurrent_kernel).sha256() != CellWeights(w.kernel, w.recurrent_kernel).sha256()


@pytest.mark.parametrize(
    "make",
    [
        lambda w: CellWeights(w.kernel[0], w.recurrent_kernel),
        lambda w: CellWeights(w.kernel, w.recurrent_kernel[:2]),
        lambda w: CellWeights(w.kernel, w.recurrent_kernel, w.bias[:2]),
        lambda w: CellWeights(w.kernel, w.recurrent_kernel, w.bias, w.output_kernel.T),
        lambda w: CellWeights(w.kernel, w.recurrent_kernel, w.bias, w.output_kernel, w.bias),
        lambda w: CellWeights(w.kernel, w.recurrent_kernel, w.bias, None, w.output_bias),
        lambda w: CellWeights.from_linears({"i2h.weight": w.kernel.T, "i2h.bias": w.bias}),
        lambda w: CellWeights.from_linears({"i2h.bias": w.bias}),
        lambda w: CellWeights.from_linears(w.to_linears() | {"extra": w.bias}),
        lambda w: CellWeights.from_torch_rnn(
            {k: v for k, v in w.to_torch_rnn().items() if k != "bias_hh_l0"}
        ),
        lambda w: CellWeights.from_simple_rnn({}),
        lambda w: CellWeights.from_torch_rnn(w.to_torch_rnn() | {"bias_hh_l0": [0.0]}),
        lambda w: CellWeights([[1.0], [1.0, 2.0]], w.recurrent_kernel),
        lambda w: w.forward(np.zeros((2, 0, 3))),
        lambda w: w.forward(np.zeros((2, 2, 3)), np.zeros((1, 4))),
        lambda w: w.forward(np.zeros((3, 3))),
        lambda w: w.forward(np.zeros((3, 2, 9))),
    ],
)  # fmt: skip
def test_wrong_shapes_and_names(make):
    with pytest.raises(ValueError, match="Received: "):
        make(weights())


@pytest.mark.parametrize(
    "make",
    [
        lambda w: CellWeights(w.kernel, None),
        lambda w: CellWeights(None, w.recurrent_kernel),
        lambda w: CellWeights(w.kernel.astype(str), w.recurrent_kernel),
        lambda w: CellWeights(w.kernel.astype(complex), w.recurrent_kernel),
        lambda w: CellWeights(w.kernel.astype(object), w.recurrent_kernel),
        lambda w: CellWeights.from_linears(None),
        lambda w: CellWeights.from_linears([("i2h.weight", w.kernel)]),
        lambda w: w.forward("text"),
    ],
)
def test_what_is_no_array_of_numbers(make):
    with pytest.raises(TypeError, match="Received: "):
        make(weights())


def test_the_arrays_are_its_own():
    kernel = np.ones((3, 4))
    w = CellWeights(kernel, np.ones((4, 4)))
    before = w.sha256()
    kernel[:] = 0
    assert w.sha256() == before
