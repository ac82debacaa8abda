# %% [markdown]
# # Your own text
#
# A text in a file, a network that learns to go on with it, a file for the phone: first all of it in twenty lines, then
# what learning rate, clipping and window do to the training, and how to see from two curves whether the network is too
# small or the text.

# %% [markdown]
# ## A text
#
# Any UTF-8 file will do. This one can be made anywhere and is always the same: the names of the characters of Unicode
# 3.2, which Python has with it, one to a line, in random order. (Without those of Chinese and Korean characters and of
# mathematical letters, which repeat themselves.)

# %%
# %matplotlib inline
import contextlib
import io
import math
import random
import tempfile
import unicodedata
from pathlib import Path

from keras_rnn import Corpus, char_model, export, runtime, train_text
from keras_rnn.plots.training import plot_bits, plot_generated

names = [unicodedata.ucd_3_2_0.name(chr(point), "") for point in range(0x30000)]
names = [name for name in names if name and not name.startswith(("CJK", "HANGUL SYLLABLE", "MATHEMATICAL"))]
random.Random(0).shuffle(names)
folder = tempfile.TemporaryDirectory()
file = Path(folder.name, "names.txt")
file.write_text("\n".join(names) + "\n", encoding="utf-8")
print(f"{len(names):,} names, such as", ", ".join(names[:3]))

# %% [markdown]
# ## From a file to a phone
#
# `Corpus` reads the text, keeps its end to validate with, here a fiftieth, and finds its characters. `train_text` goes
# through it in rows side by side, each from the state that it was left in (`carried=True`), and keeps the weights that
# do best on the part kept out. `export` writes the folder; `runtime` needs the `.tflite` file in it, and neither Keras
# nor TensorFlow.

# %%
corpus = Corpus(file, validation=0.02)
model = char_model(None, cell="gru", vocabulary=corpus.vocabulary, window=32, units=64, carried=True, seed=0)
result = train_text(model, corpus, updates=300, batch=32, learning_rate=0.03, verbose=False)
export(model, f"{folder.name}/phone")
phone = runtime.load(f"{folder.name}/phone")
stream = phone.stream()  # on the phone: character by character
stream.read("LATIN SMALL LETTER ")
written = "".join(stream.write(30, temperature=0.5, seed=0))

print(f"{len(corpus.training):,} characters to learn from, {len(corpus.validation):,} to validate with")
print(f"bits a character: {math.log2(len(corpus.vocabulary)):.1f} for one who knows only which characters there are,")
print(f"{result.bits:.1f} for the network, on names that it has not seen; {len(written)} characters written")

# %% [markdown]
# Bits a character are what it costs to be told the next one by somebody who shares the network's guesses: with 1 bit
# less it is twice as sure. Read the two curves together. Here validation follows training closely: what it learns is
# true of other names, too.

# %% Bits a character by characters read: training and validation fall together, steeply and then slowly
plot_bits(result)

# %% [markdown]
# What it writes, the most likely character each time. The beginning of a word is a guess, the rest of it nearly
# certain:

# %% Bars of probability under the characters of a name: low at the beginnings of words, near 1 within them
plot_generated(phone, "LATIN SMALL LETTER ", 30)

# %% [markdown]
# ## The learning rate
#
# The optimizer, Muon, turns a matrix by about the learning rate at each update, whatever the gradient's size. So with a
# small one 200 updates lead nowhere near; with a large one each step undoes the one before. A plain tanh network with
# three rates, everything else the same. `train_text` lets the rate rise at first and then fall to 0 by a cosine, which
# forgives a rate that is somewhat large. Should the loss jump all the same, it goes back to the last good weights and
# takes half the rate, and says so.


# %% Three pairs of curves: rate 0.003 falls far too slowly, 1 jumps and stays higher, 0.1 is best
def trained(text=corpus, cell="simple_rnn", units=48, window=32, activation="tanh", **settings):
    """A training of a new network, every time from the same beginning."""
    model = char_model(None, cell, text.vocabulary, window, units, activation=activation, carried=True, seed=0)
    given = {"updates": 200, "batch": 32, "learning_rate": 0.1, "patience": None, "verbose": False} | settings
    with contextlib.redirect_stderr(io.StringIO()) as said:
        result = train_text(model, text, **given)
    if "back to the last good weights" in said.getvalue():
        print("blown up, and taken back:", settings)
    return result


rates = {f"rate {rate}": trained(learning_rate=rate) for rate in (0.003, 0.1, 1.0)}
plot_bits(rates, "three learning rates")

# %%
for rate, found in rates.items():
    print(f"{rate:12} {found.bits:.1f} bits")

# %% [markdown]
# ## Clipping
#
# The gradient goes back through the window, step by step, and may grow on its way (see the lesson on memory and
# gradients). `clip_norm` shortens it where it is longer than that, in the same direction. Muon and Adam remember the
# gradients before and take their size out, so what counts is not the size but jumps of it: one that is a thousand times
# longer than usual drowns all others in that memory, for ten updates of Muon and for a thousand of Adam, which trains
# the biases and the rows of characters. A tanh network hardly has such jumps; its states are bounded. One with ReLU
# has:

# %%
clipped, free = (
    trained(activation="relu", window=64, batch=16, learning_rate=0.02, clip_norm=norm) for norm in (1.0, 1e9)
)
worse = "worse" if free.bits > clipped.bits + 0.1 else "the same within 0.1"
print(f"{clipped.bits:.1f} bits clipped to a norm of 1; without clipping {worse}")

# %% [markdown]
# ## The window
#
# A `carried` network reads all of the text whatever the window: the state goes on. The window says how far gradients
# go back, that is, over how many characters it can learn what was worth keeping. The same number of characters read at
# each update, in windows of 2 and of 32:

# %%
for window, found in (2, trained(window=2, batch=512)), (32, rates["rate 0.1"]):
    print(f"window {window:2}: {found.bits:.1f} bits")

# %% [markdown]
# Two characters are too few, though not by much: the state is carried on, and what it holds without having been taught
# can be made use of; and most of what decides the next character of such a name lies in its own word. A longer window
# costs steps that wait for each other; where a text has longer ties, as prose has, 64 to 256 pay.
#
# ## Too small a network, too small a text
#
# The loss on the text that it trains on falls in any case. Only a part that was kept out tells what that is worth:
#
# - **Underfitting**: both curves stay high and close together. The network cannot hold what there is to learn: more
#   units, another cell, more updates.
# - **Overfitting**: the training's curve falls on, the validation's turns level, or even up. The network has begun to
#   learn the text by heart: more text, dropout, fewer units, or to stop there. `train_text` keeps the weights of the
#   best validation, and with `patience` it stops.

# %% 4 units: both curves high; 300 names: training falls far below validation; all names: both fall together
few = "\n".join(names[:300] + names[-300:])
little = Corpus(text=few, vocabulary=corpus.vocabulary, validation=0.5)
fits = {
    "4 units": trained(units=4),
    "GRU of 128, 300 names": trained(little, "gru", 128, batch=8),
    "48 units, all names": rates["rate 0.1"],
}
plot_bits(fits, "too small a network, too small a text, and neither")

# %%
for name, found in fits.items():
    last = found.history[-1]
    print(f"{name:22} training {last['bits']:.1f}, validation {last['validation_bits']:.1f}")

# %% [markdown]
# Dropout would narrow the gap; what is missing in 300 names it cannot invent. The cure for too little text is text.
#
# ## The same by the command
#
# `keras-rnn train char names.txt --cell gru --units 64 --window 32 --out phone` does all of the first part, shows the
# two figures and a sample of text while it trains, and keeps the curves in its folder, as `training.csv` and
# `training.png`. Ctrl-C keeps how far it was; the same line with `--resume` goes on.

# %%
folder.cleanup()
