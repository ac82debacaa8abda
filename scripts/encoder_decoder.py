# %% [markdown]
# # Encoder and decoder: the state as the summary of a sequence
#
# The last state of a recurrent network has seen the whole sequence. So it can stand for it. Two networks make use of
# that (Sutskever, Vinyals and Le 2014; Cho et al. 2014): the encoder reads a sequence and gives nothing but its last
# state; the decoder begins with that state and writes another sequence. Translation began so. Here four letters,
# from an alphabet of five, are read, and written backwards. Both networks are the hand-written `RNNCell`.

# %%
# %matplotlib inline
import itertools

import numpy as np
from matplotlib.figure import Figure

from keras_rnn import RNNCell, train
import keras  # after keras_rnn, which holds TensorFlow's start-up messages back

LETTERS, STEPS, UNITS = "abcde", 4, 64
START = len(LETTERS)  # one id more: what the decoder is given before there is a letter
start, orthogonal = keras.initializers.GlorotUniform, keras.initializers.Orthogonal

reads = RNNCell(UNITS, kernel_initializer=start(seed=1), recurrent_initializer=orthogonal(seed=2))
writes = RNNCell(
    UNITS,
    output_size=len(LETTERS),
    kernel_initializer=start(seed=3),
    recurrent_initializer=orthogonal(seed=4),
    output_initializer=start(seed=5),
)
encoder = keras.layers.RNN(reads, return_state=True, unroll=True, name="encoder")
decoder = keras.layers.RNN(writes, return_sequences=True, unroll=True, name="decoder")

ids = keras.Input((2 * STEPS,), dtype="int32")  # (batch, 8): what is read, and what the decoder is given
x = keras.ops.one_hot(ids, len(LETTERS) + 1)  # (batch, 8, 6)
_, summary = encoder(x[:, :STEPS])  # (batch, 64): its output is not needed
logits = decoder(x[:, STEPS:], initial_state=summary)  # (batch, 4, 5)
model = keras.Model(ids, logits)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer=keras.optimizers.Adam(0.003), loss=loss)
print(f"summary {tuple(summary.shape)}, logits {tuple(logits.shape)}, {model.count_params():,} weights")

# %% [markdown]
# ## Training: the right letters are given
#
# There are 5⁴ = 625 sequences. 500 are for training, 125 are kept out of it. In training the decoder is given the right
# letter before each one that it has to write, not the one that it would have written: teacher forcing. So all steps can
# be learned from the start, even while the first letters are still wrong.

# %%
every = np.array(list(itertools.product(range(len(LETTERS)), repeat=STEPS)), dtype=np.int32)  # (625, 4)
order = np.random.default_rng(0).permutation(len(every))
training, kept_out = every[order[:500]], every[order[500:]]


def text(row):
    return "".join(LETTERS[i] for i in row)


backwards = training[:, ::-1]
given = np.concatenate([np.full((len(training), 1), START), backwards[:, :-1]], axis=1)  # one step behind
print(f"read {text(training[0])!r}, given '·{text(given[0, 1:])}', to be written {text(backwards[0])!r}")
history = train(
    model, np.concatenate([training, given], axis=1), backwards, updates=1500, batch_size=100, seed=0, verbose=False
)
print("loss below 0.01 at last:", history.history["loss"][-1] < 0.01)

# %% [markdown]
# ## Writing: its own letters are fed back
#
# Afterwards nobody knows the right letters. The decoder is given what it has just written. It has the summary, and
# nothing else of what was read:


# %%
def summarize(rows):
    """Read (batch, steps) ids: the last state (batch, units)."""
    h = np.zeros((len(rows), UNITS), dtype=np.float32)
    for t in range(rows.shape[1]):
        _, [h] = reads(np.eye(len(LETTERS) + 1, dtype=np.float32)[rows[:, t]], [h])
    return np.asarray(h)


def write(h, steps=STEPS):
    """Write from a state (batch, units), the most likely letter each time: ids (batch, steps)."""
    last, written = np.full(len(h), START), []
    for _ in range(steps):
        logits, [h] = writes(np.eye(len(LETTERS) + 1, dtype=np.float32)[last], [h])  # (batch, 5)
        last = np.asarray(logits).argmax(axis=-1)
        written.append(last)
    return np.stack(written, axis=1)


def right(written, wanted):
    """The share of sequences without a wrong letter."""
    return (written == wanted).all(axis=1).mean()


states = summarize(kept_out)  # (125, 64)
print("seen in training:", len({*map(text, training)} & {*map(text, kept_out)}), "of the 125 kept out")
for row, written in zip(kept_out[:3], write(states), strict=False):
    print(f"{text(row)} → {text(written)}")
print("right from the first letter to the last, at least 0.98:", right(write(states), kept_out[:, ::-1]) >= 0.98)

# %% [markdown]
# ## It is in the summary
#
# Whether the decoder lives by the summary can be seen by taking it away, or by exchanging it. With zeros it writes the
# same for all. With the summary of another sequence it writes that one backwards.

# %%
erased = write(np.zeros_like(states))
print(f"with zeros: {len(np.unique(erased, axis=0))} text for all, right: {right(erased, kept_out[:, ::-1]):.1f}")
other = np.roll(kept_out, 1, axis=0)  # each gets its neighbor's
swapped = write(np.roll(states, 1, axis=0))
print(f"with its neighbor's summary: its own backwards {right(swapped, kept_out[:, ::-1]):.1f},", end=" ")
print(f"its neighbor's at least 0.98: {right(swapped, other[:, ::-1]) >= 0.98}")

# %% [markdown]
# Which letter is where? One of the letters read is changed to another, and it is counted which of the letters written
# change. Each place read decides one place written, in reverse order:

# %%
plain = write(states)
print("share of letters changed, by place written")
print("changed when read" + "".join(f"{place:6}." for place in range(1, STEPS + 1)))
for place in range(STEPS):
    changed = kept_out.copy()
    changed[:, place] = (changed[:, place] + 1) % len(LETTERS)
    shares = (write(summarize(changed)) != plain).mean(axis=0)
    print(f"{place + 1:16}." + "".join(f"{share:7.1f}" for share in shares))

# %% [markdown]
# The same in the states. Two sequences that differ in one letter are read and written; how far apart are their states
# after each step? They part when that letter is read, stay apart in the summary, and are farthest apart when it is to
# be written:


# %%
def states_of(rows):
    """The states after each step of reading and writing: (8, batch, units)."""
    h, states = np.zeros((len(rows), UNITS), dtype=np.float32), []
    for t in range(STEPS):
        _, [h] = reads(np.eye(len(LETTERS) + 1, dtype=np.float32)[rows[:, t]], [h])
        states.append(np.asarray(h))
    last = np.full(len(rows), START)
    for _ in range(STEPS):
        logits, [h] = writes(np.eye(len(LETTERS) + 1, dtype=np.float32)[last], [h])
        last = np.asarray(logits).argmax(axis=-1)
        states.append(np.asarray(h))
    return np.stack(states)


apart = np.empty((STEPS, 2 * STEPS))  # mean distance between states, by the place that differs and by step
for place in range(STEPS):
    changed = kept_out.copy()
    changed[:, place] = (changed[:, place] + 1) % len(LETTERS)
    apart[place] = np.linalg.norm(states_of(changed) - states_of(kept_out), axis=-1).mean(axis=1)
print("0 before the letter is read:", all((apart[place, :place] == 0).all() for place in range(STEPS)))
print("in the summary, whichever letter it is, more than 1:", (apart[:, STEPS - 1] > 1).all())
print("farthest apart when it is written:", (apart.argmax(axis=1) == 2 * STEPS - 1 - np.arange(STEPS)).all())

# %% The distance between states, a line for each place that differs: 0 until it is read, largest when it is written
figure = Figure(figsize=(8, 4), layout="constrained")
axes = figure.add_subplot()
for place in range(STEPS):
    axes.plot(apart[place], "o-", markersize=4, label=f"letter {place + 1} differs")
axes.axvspan(-0.3, STEPS - 0.5, color="tab:gray", alpha=0.12, linewidth=0)
axes.axvline(STEPS - 1, color="black", linewidth=1, linestyle=":", label="the summary is handed over")
axes.set_xticks(range(2 * STEPS), [f"{verb} {t}" for verb in ("read", "wrote") for t in range(1, STEPS + 1)])
axes.set_xlim(-0.3, 2 * STEPS - 0.7)
axes.set_ylim(bottom=0)
axes.set_ylabel("mean distance between the two states")
axes.set_title("two sequences that differ in one letter", fontsize=11)
axes.grid(alpha=0.25)
figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9)
figure

# %% [markdown]
# ## What it does not do
#
# The summary has a fixed size, and the network has learned sequences of four. With five letters it mostly fails; more
# letters need training on them, more units, or a look back at all states instead of the last, which is what attention
# is for (Bahdanau, Cho and Bengio 2015).

# %%
five = np.random.default_rng(1).integers(0, len(LETTERS), (125, 5))
print("five letters, all of them right, below 0.5:", right(write(summarize(five), 5), five[:, ::-1]) < 0.5)
