"""RNN basics, run: the hand-written cell, row by row and in a loop; `SimpleRNN`; and the shapes one meets."""

from __future__ import annotations

import textwrap

import numpy as np

from keras_rnn import RNNCell
from keras_rnn.backend import keras  # Keras, without its start-up chatter
from keras_rnn.exchange import read_weights

UNITS = 20


def by_hand() -> None:
    print("1. The component by hand: input 1, hidden 20, output 1")
    print("   combined = concat([x, h]);  h' = i2h(combined);  o = i2o(h')   (no activation, as written)\n")
    cell = RNNCell(
        UNITS,
        output_size=1,
        activation=None,
        kernel_initializer=keras.initializers.GlorotUniform(seed=1),
        recurrent_initializer=keras.initializers.Orthogonal(seed=2),
        output_initializer=keras.initializers.GlorotUniform(seed=3),
    )
    x = np.arange(1, 11, dtype=np.float32)[:, None] / 10  # (10, 1): ten steps of one feature

    # The ten rows given at once are a batch: ten sequences of one step, each from a zero state.
    side_by_side, [states] = cell(x, [np.zeros((10, UNITS), dtype=np.float32)])  # (10, 1), (10, 20)

    # What a sequence means: f(x1, h0), f(x2, h1), … one after the other, the state handed on.
    h = np.zeros((1, UNITS), dtype=np.float32)
    in_a_loop = []
    for x_t in x:  # (1,)
        o, [h] = cell(x_t[None], [h])  # (1, 1), (1, 20)
        in_a_loop.append(o)
    looped = np.concatenate([np.asarray(o) for o in in_a_loop])  # (10, 1)

    print("   step     x   side by side   in a loop")
    for t in range(10):
        print(f"   {t + 1:4d}  {x[t, 0]:4.1f}   {side_by_side[t, 0]:12.4f}   {looped[t, 0]:9.4f}")
    print(f"\n   side by side: input {x.shape} -> output {tuple(side_by_side.shape)}, state {tuple(states.shape)}")
    print("   The first row agrees: both start from zero. Side by side, ten times the input gives ten times the")
    print("   output, for no row knows of the others. In the loop each row answers for all that came before.")

    # keras.layers.RNN is that loop.
    sequence = keras.layers.RNN(cell, return_sequences=True)(x[None])[0]  # (1, 10, 1) -> (10, 1)
    print(f"   keras.layers.RNN(cell) does the loop: largest difference {_difference(sequence, looped)}\n")


def layer() -> None:
    print("2. Keras' own layer, SimpleRNN: h' = tanh(x·W + h·U + b), and the output is h' itself\n")
    x = np.random.default_rng(0).normal(size=(5, 3, 10)).astype(np.float32)  # 5 samples, 3 steps, 10 features
    h0 = np.random.default_rng(1).normal(size=(5, UNITS)).astype(np.float32)  # a state per sample
    rnn = keras.layers.SimpleRNN(UNITS, return_sequences=True, return_state=True)
    output, last = rnn(x, initial_state=h0)  # (5, 3, 20), (5, 20)
    print(f"   input {x.shape}, state {h0.shape} -> output {tuple(output.shape)}, last state {tuple(last.shape)}")
    print(f"   the last output is the last state: largest difference {_difference(output[:, -1], last)}")

    weights = read_weights(rnn)  # as arrays, which the hand-written cell, PyTorch and NumPy can take
    expected, _ = weights.forward(x, h0)
    print(f"   the equation in NumPy, float64: largest difference {_difference(output, expected)}\n")


def shapes() -> None:
    print("3. Shapes: (samples, steps, features) in\n")
    generator = np.random.default_rng(2)
    batched = generator.normal(size=(5, 3, 10)).astype(np.float32)
    unbatched = batched[0]  # (3, 10)
    one_feature = batched[:, :, :1]  # (5, 3, 1)
    states = keras.layers.SimpleRNN(UNITS, return_sequences=True)
    head = keras.Sequential([keras.layers.SimpleRNN(UNITS, return_sequences=True), keras.layers.Dense(1)])
    last = keras.Sequential([keras.layers.SimpleRNN(UNITS), keras.layers.Dense(1)])
    rows = [
        ("batched", batched, "SimpleRNN(20)(x)", states(batched)),
        ("unbatched", unbatched, "SimpleRNN(20)(x[None])[0]", states(unbatched[None])[0]),
        ("regression, a head on every step", one_feature, "Dense(1) on all outputs", head(one_feature)),
        ("regression, last step only", one_feature, "Dense(1) on output[:, -1, :]", head(one_feature)[:, -1, :]),
        ("the same, as Keras spells it", one_feature, "return_sequences=False", last(one_feature)),
    ]
    print(f"   {'case':34}{'input':12}{'how':30}output")
    for case, x, how, y in rows:
        print(f"   {case:34}{x.shape!s:12}{how:30}{tuple(y.shape)}")
    try:
        keras.layers.RNN(RNNCell(UNITS))(unbatched)
    except ValueError as error:
        print("\n   Without [None]:")
        print(textwrap.fill(str(error), 100, initial_indent="   ", subsequent_indent="   "))
    print("\n   The target must have the output's shape: (5, 3, 1) for every step, (5, 1) for the last one.")


def _difference(a: object, b: object) -> str:
    largest = np.abs(np.asarray(a) - np.asarray(b)).max()
    return "below 1e-6" if largest < 1e-6 else f"{largest:.1e}"


if __name__ == "__main__":
    by_hand()
    layer()
    shapes()
