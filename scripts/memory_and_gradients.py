# %% [markdown]
# # Memory and gradients
#
# A recurrent network forgets, and its gradients vanish or explode on their way back. Both are the same thing, seen from
# either end: from one step to the next the state goes through the Jacobian ∂h_t/∂h_{t−1}, and over k steps through a
# product of k of them. Here it is measured, by `keras_rnn.insight`, in float64 and by automatic differentiation.

# %% [markdown]
# ## A cell where one can do the sum in one's head
#
# Linear, with the recurrent matrix 0.5·I: each step keeps half. So ‖∂h_t/∂h_{t−k}‖ is 0.5^k, and the half-life 1 step.
# With any other matrix W it is ‖W^k‖, which NumPy can check:

# %%
# %matplotlib inline
import numpy as np

from keras_rnn import ScaledIdentity, gs10_model, insight, load_gs10
from keras_rnn.plots.insight import plot_gradients, plot_memory, plot_unrolled
import keras  # after keras_rnn, which holds TensorFlow's start-up messages back

layers, start = keras.layers, keras.initializers.GlorotUniform


def network(layer, steps):
    """A recurrent layer over windows of one feature, and a head on its last state."""
    return keras.Sequential([keras.Input((steps, 1)), layer, layers.Dense(1, kernel_initializer=start(seed=1))])


def plain(recurrent, units=20, activation="tanh", name="rnn"):
    """An untrained SimpleRNN with this recurrent matrix to begin with."""
    return layers.SimpleRNN(
        units,
        activation=activation,
        kernel_initializer=start(seed=2),
        recurrent_initializer=recurrent,
        name=name,
    )


x = np.random.default_rng(0).uniform(size=(16, 40, 1))  # 16 windows of 40 steps
half = plain(keras.initializers.Identity(0.5), 3, None)
other = plain(keras.initializers.RandomNormal(stddev=0.6, seed=3), 3, None)
found = {
    name: insight.memory(network(layer, 9), x[:1, :9]).layers[0] for name, layer in (("half", half), ("other", other))
}
W = np.asarray(other.cell.recurrent_kernel, dtype=np.float64)
print("k  with 0.5·I  0.5^k       with another W   ‖W^k‖")
for k in range(9):
    power = np.linalg.norm(np.linalg.matrix_power(W, k), 2)
    print(f"{k}  {found['half'].norms[0, k]:<10.6g}  {0.5**k:<10.6g}  {found['other'].norms[0, k]:14.4f}  {power:6.4f}")
print(f"half-life with 0.5·I: {found['half'].half_life[0]:.2f} steps")

# %% [markdown]
# ## Vanish, hold, explode
#
# Untrained tanh networks of 20 units over 40 steps, whose recurrent matrices differ in one number only, their spectral
# radius ρ (orthogonal matrices times ρ). `gradients` follows the loss' gradient from the last step to the first. The
# inputs are small, so that tanh is nearly the identity, and what is seen is W: a step back multiplies by about ρ. With
# ρ = 1.5 the states grow until tanh bends, which is why it is less than 1.5 a step.

# %%
small = 0.01 * x
y = np.ones((16, 1))
seen = {}
for radius in 0.5, 1.0, 1.5:
    layer = plain(keras.initializers.Orthogonal(radius, seed=4), name=f"radius_{radius}")
    seen[radius] = insight.gradients(network(layer, 40), small, y, "mse").layers[0]
    print(f"ρ = {seen[radius].spectral_radius['h']:.2f} {seen[radius].verdict}")

# %% The gradient by step: read from the last step back, it falls by twelve powers of ten, stays level, or rises
plot_gradients(insight.Gradients(0.0, tuple(seen.values()), "float64"), "‖∂loss/∂h‖, to be read from right to left")

# %% [markdown]
# With larger inputs tanh bends, its slope is below 1, and every unit multiplies by less. So even ρ = 1 vanishes:

# %%
for scale in 0.01, 1.0, 10.0:
    layer = plain(keras.initializers.Orthogonal(1.0, seed=4))
    large = insight.gradients(network(layer, 40), scale * x, y, "mse").layers[0]
    slope = np.exp(large.log_activation_derivative)
    word = large.verdict.partition(":")[0]
    print(f"inputs up to {scale:5.2f}: mean slope of tanh {slope:.2f}, {large.factor:.2f} times a step: {word}")

# %% [markdown]
# ## What each step remembers
#
# The same from the other end: how much of each input is in the state, k steps later. With ρ = 0.5 a step is forgotten
# before the next few have come. With ρ = 1 it stays.

# %% Shades near the diagonal only: with radius 0.5 each step is forgotten after a few
forgetful = network(plain(keras.initializers.Orthogonal(0.5, seed=4)), 10)
plot_memory(insight.memory_map(forgetful, small[:1, :10]).layers[0].input_norms[0], title="ρ = 0.5: soon forgotten")

# %%
for radius in 0.5, 0.9, 1.0:
    model = network(plain(keras.initializers.Orthogonal(radius, seed=4)), 40)
    layer = insight.memory(model, small).layers[0]
    life = layer.half_life.mean()
    words = f"{life:.1f} steps" if np.isfinite(life) else "not within the 40 steps"
    print(f"ρ = {radius}: of h 10 steps ago {layer.norms[:, 10].mean():.3f} is left, half-life {words}")

# %% [markdown]
# A trained network: what the pretrained GS10 model has of each of the last six years in its forecast. The newest
# yield counts most, and what lies three years back hardly any more, as theory wants (see the lesson on GS10).

# %% The unrolled graph of six steps, shaded by the derivative: strong in the last year, pale before
last_six = load_gs10("annual", source="packaged").iloc[-6:]
forecast = insight.memory(gs10_model(), last_six.to_numpy()[None])
plot_unrolled(forecast, labels=list(last_six.index.year))

# %%
for year, norm in zip(last_six.index.year[::-1], forecast.output_norms[0], strict=True):
    print(f"{year}: {norm:.3f}")

# %% [markdown]
# ## Over 200 steps: tanh, LSTM, ReLU with 0.99·I
#
# An LSTM carries a second state, c, that is added to and not multiplied by a matrix. Untrained, with forget gates at
# 0.7 or so, it forgets all the same; it has to learn to keep them open. ReLU with `ScaledIdentity()`, 0.99 times the
# identity, starts the other way, and carries a gradient over 200 steps before any training. All three untrained:

# %%
x = np.random.default_rng(0).uniform(size=(16, 200, 1))
candidates = {
    "tanh, orthogonal": plain(keras.initializers.Orthogonal(1.0, seed=4)),
    "LSTM": layers.LSTM(
        20, kernel_initializer=start(seed=2), recurrent_initializer=keras.initializers.Orthogonal(seed=4), name="lstm"
    ),
    "ReLU, 0.99·I": plain(ScaledIdentity(), activation="relu"),
}
print(f"{'gradient by h, steps back:':28}{0:>9}{50:>9}{100:>9}{199:>9}")
verdicts = []
for name, layer in candidates.items():
    found = insight.gradients(network(layer, 200), x, y, "mse").layers[0]
    norms = np.linalg.norm(found.norms["h"], axis=0)[::-1]  # (200,), the last step first
    print(f"{name:28}" + "".join(f"{norms[back]:9.0e}" for back in (0, 50, 100, 199)))
    verdicts.append(f"{name}: {found.verdict.partition(':')[0]}, {found.factor:.2f} times a step")
print("\n" + "\n".join(verdicts))

# %% [markdown]
# With that start a plain network can learn what lies 200 steps back; gradients must be clipped, for they may also
# explode. `keras_rnn.rnn.model.long_memory_optimizer()` is an Adam that does so, with a rate of at most 0.001 and a
# large ε; `char_model(…, activation="relu")` has it from the start.
#
# ## The third drawback: it is slow
#
# The steps wait for each other, so that time grows with the window, and for training every state has to be kept. A
# dense layer takes the window at once and keeps one row, but has weights for every step of it. `insight.cost` measures
# the times on your machine and `plot_cost` draws them; weights and bytes are the same everywhere:

# %%
rows = insight.cost(steps=(8, 32, 128), units=(20,), rounds=1)
print(f"{'':8}{'weights':>18}{'bytes kept':>20}")
print(f"{'steps':8}{'recurrent':>10}{'dense':>8}{'recurrent':>12}{'dense':>8}")
for row in rows:
    print(f"{row.steps:<8}{row.rnn_parameters:10}{row.dense_parameters:8}{row.rnn_bytes:12}{row.dense_bytes:8}")
