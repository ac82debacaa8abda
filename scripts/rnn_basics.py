# %% [markdown]
# # RNN basics
#
# A recurrent network reads a sequence one step at a time and keeps what it has read in a state:
#
# - h_t = f(x_t, h_{t−1}): the new state, from the step's input and the state before;
# - o_t = g(h_t): the output, from the state.
#
# f and g are the same at every step. So one small set of weights reads a sequence of any length, and h_t is all that
# the network knows of x_1 … x_t.

# %% [markdown]
# ## The component by hand
#
# In the component that RNN tutorials write by hand (this package grew out of such a one, in PyTorch) f and g are one
# matrix each:
#
#     combined = concat([x, h])
#     h'       = i2h(combined)
#     o        = i2o(h')
#
# with input 1, hidden 20, output 1. `RNNCell` is that component; `activation=None` leaves out the tanh, as the tutorial
# does. Ten rows go in, and the tutorial feeds them side by side. Then they are a batch: ten sequences of one step, each
# from a zero state.

# %%
import textwrap

import numpy as np

from keras_rnn import RNNCell, insight, read_weights
import keras  # after keras_rnn, which holds TensorFlow's start-up messages back

cell = RNNCell(
    20,
    output_size=1,
    activation=None,
    kernel_initializer=keras.initializers.GlorotUniform(seed=1),
    recurrent_initializer=keras.initializers.Orthogonal(seed=2),
    output_initializer=keras.initializers.GlorotUniform(seed=3),
)
x = np.arange(1, 11, dtype=np.float32)[:, None] / 10  # (10, 1): ten rows of one feature
side_by_side, [states] = cell(x, [np.zeros((10, 20), dtype=np.float32)])  # (10, 1), (10, 20)
print(f"   side by side: input {x.shape} -> output {tuple(side_by_side.shape)}, state {tuple(states.shape)}")

# %% [markdown]
# What a sequence means is the other way: f(x_1, h_0), f(x_2, h_1), … one after the other, the state handed on. A loop
# says it clearly.

# %%
h = np.zeros((1, 20), dtype=np.float32)
outputs = []
for x_t in x:  # (1,)
    o, [h] = cell(x_t[None], [h])  # (1, 1), (1, 20)
    outputs.append(np.asarray(o))
in_a_loop = np.concatenate(outputs)  # (10, 1)

print("   step     x   side by side   in a loop")
for t in range(10):
    print(f"   {t + 1:4d}  {x[t, 0]:4.1f}   {side_by_side[t, 0]:12.4f}   {in_a_loop[t, 0]:9.4f}")

# %% [markdown]
# The first row agrees: both start from zero. Side by side, ten times the input gives ten times the output, for no row
# knows of the others. In the loop each row answers for all that came before.
#
# `keras.layers.RNN` is that loop, around any cell:


# %%
def difference(a, b):
    """The largest difference between two arrays, in words where it is only float32's rounding."""
    largest = np.abs(np.asarray(a) - np.asarray(b)).max()
    return "below 1e-6" if largest < 1e-6 else f"{largest:.1e}"


sequence = keras.layers.RNN(cell, return_sequences=True)(x[None])[0]  # (1, 10, 1) -> (10, 1)
print(f"keras.layers.RNN(cell) does the loop: largest difference {difference(sequence, in_a_loop)}")

# %% [markdown]
# ## Keras' own layer
#
# `SimpleRNN` has the tanh, h' = tanh(x·W + h·U + b), and no output of its own: o is h'. It takes an initial state, and
# gives the output of every step and the last state when asked.

# %%
x = np.random.default_rng(0).normal(size=(5, 3, 10)).astype(np.float32)  # 5 samples, 3 steps, 10 features
h0 = np.random.default_rng(1).normal(size=(5, 20)).astype(np.float32)  # a state for each sample
rnn = keras.layers.SimpleRNN(
    20,
    return_sequences=True,
    return_state=True,
    kernel_initializer=keras.initializers.GlorotUniform(seed=4),
    recurrent_initializer=keras.initializers.Orthogonal(seed=5),
)
output, last = rnn(x, initial_state=h0)  # (5, 3, 20), (5, 20)
print(f"input {x.shape}, state {h0.shape} -> output {tuple(output.shape)}, last state {tuple(last.shape)}")
print(f"the last output is the last state: largest difference {difference(output[:, -1], last)}")

weights = read_weights(rnn)  # as arrays, which the hand-written cell, PyTorch and NumPy can take
expected, _ = weights.forward(x, h0)
print(f"the equation in NumPy, float64: largest difference {difference(output, expected)}")

# %% [markdown]
# ## PyTorch, with the same weights
#
# PyTorch keeps its matrices transposed. `to_linears` gives the hand-written component's two `nn.Linear`, `to_torch_rnn`
# the arrays of `nn.RNN`. PyTorch is not needed for this package; where it is missing, this step says so.

# %%
try:
    import torch
except ImportError:
    print("PyTorch is not installed: pip install 'keras-rnn[torch]'")
else:
    linears = {name: torch.tensor(array) for name, array in read_weights(cell).to_linears().items()}
    i2h, i2o = torch.nn.Linear(1 + 20, 20), torch.nn.Linear(20, 1)
    i2h.load_state_dict({name: linears[f"i2h.{name}"] for name in ("weight", "bias")})
    i2o.load_state_dict({name: linears[f"i2o.{name}"] for name in ("weight", "bias")})
    hidden, theirs = torch.zeros(1, 20), []
    with torch.no_grad():
        for x_t in torch.arange(1, 11)[:, None] / 10:
            combined = torch.cat([x_t[None], hidden], 1)  # (1, 21)
            hidden = i2h(combined)  # (1, 20)
            theirs.append(i2o(hidden))
        looped = torch.cat(theirs).numpy()  # (10, 1)

        torch_rnn = torch.nn.RNN(10, 20, batch_first=True)
        torch_rnn.load_state_dict({name: torch.tensor(array) for name, array in weights.to_torch_rnn().items()})
        their_output, h_n = torch_rnn(torch.tensor(x), torch.tensor(h0)[None])  # (5, 3, 20), (1, 5, 20)

    print("step     x     Keras   PyTorch")
    for t in range(10):
        print(f"{t + 1:4d}  {(t + 1) / 10:4.1f}  {in_a_loop[t, 0]:8.4f}  {looped[t, 0]:8.4f}")
    print(f"the component in a loop: largest difference {difference(in_a_loop, looped)}")
    print(f"nn.RNN and SimpleRNN, every step: largest difference {difference(output, their_output.numpy())}")
    print(f"h_n {tuple(h_n.shape)} and the last state: largest difference {difference(last, h_n[0].numpy())}")

# %% [markdown]
# ## Shapes
#
# Keras takes (samples, steps, features), PyTorch's `batch_first=True`. An input without the batch axis, which `nn.RNN`
# takes, gets one by `[None]`. `SimpleRNN` has no output size of its own: a `Dense` head gives it one, on every step or
# on the last.

# %%
generator = np.random.default_rng(2)
batched = generator.normal(size=(5, 3, 10)).astype(np.float32)
unbatched = batched[0]  # (3, 10)
one_feature = batched[:, :, :1]  # (5, 3, 1)


def with_head(steps, features, return_sequences):
    layers = [keras.layers.SimpleRNN(20, return_sequences=return_sequences, name="rnn")]
    return keras.Sequential([keras.Input((steps, features)), *layers, keras.layers.Dense(1, name="head")])


states = keras.Sequential([keras.Input((3, 10)), keras.layers.SimpleRNN(20, return_sequences=True, name="rnn")])
every, last_only = with_head(3, 1, True), with_head(3, 1, False)
rows = [
    ("batched", batched, "SimpleRNN(20)(x)", states(batched)),
    ("unbatched", unbatched, "SimpleRNN(20)(x[None])[0]", states(unbatched[None])[0]),
    ("regression, a head on every step", one_feature, "Dense(1) on all outputs", every(one_feature)),
    ("regression, last step only", one_feature, "Dense(1) on output[:, -1, :]", every(one_feature)[:, -1, :]),
    ("the same, as Keras spells it", one_feature, "return_sequences=False", last_only(one_feature)),
]
print(f"{'case':34}{'input':12}{'how':30}output")
for case, x, how, y in rows:
    print(f"{case:34}{x.shape!s:12}{how:30}{tuple(y.shape)}")

# %% [markdown]
# The hand-written cell says what is missing when the batch axis is forgotten, and `insight.shapes` walks a model with
# an input, with that axis or without:

# %%
try:
    keras.layers.RNN(RNNCell(20))(unbatched)
except ValueError as error:
    print(textwrap.fill(str(error), 100), end="\n\n")
print(insight.shapes(states, unbatched))

# %% [markdown]
# The target must be shaped like the output: (5, 3, 1) for every step, (5, 1) for the last one. This is where a mistake
# is easily made and hard to see, because a loss may broadcast one against the other. Given the target, `shapes` says
# whether it fits, and what is to be done:

# %%
print(insight.shapes(every, one_feature, y=np.zeros((5, 3, 1))), end="\n\n")
print(insight.shapes(every, one_feature, y=np.zeros((5, 1))), end="\n\n")
print(insight.shapes(last_only, one_feature, y=np.zeros((5, 3, 1))))
