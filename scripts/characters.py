# %% [markdown]
# # Characters: "hello world"
#
# A network reads some characters of a text and names the next one. "hello world" has 11 characters, 8 of them
# different. So the input has 8 features, one-hot, and the output 8 logits. How many characters does it have to read?

# %% [markdown]
# ## One character does not suffice, two do
#
# Before any network: what follows what in the text? After "l" come l, o and d, once each. Whoever sees "l" alone can be
# right in one case of three. With the character before it there is no doubt.

# %%
# %matplotlib inline
from collections import Counter, defaultdict

import numpy as np

from keras_rnn import CharModel, char_model, insight, text_windows, train
from keras_rnn.plots.insight import plot_memory
from keras_rnn.plots.training import plot_generated

text = "hello world"


def followers(window):
    """What comes after each window of the text, counted, at the nine places that have two characters before them."""
    found = defaultdict(Counter)
    for place in range(2, len(text)):
        found[text[place - window : place]][text[place]] += 1
    return found


for window in 1, 2:
    found = followers(window)
    print(("\n" if window > 1 else "") + f"after {window} character{'s' if window > 1 else ''}:")
    print("  " + ",  ".join(f"{seen!r} → {' '.join(map(repr, after))}" for seen, after in found.items()))
    right = sum(max(after.values()) for after in found.values())
    print(f"  best that can be had: {right} of 9, {right / 9:.2f}")

# %% [markdown]
# ## Trained with 1 and with 2
#
# `text_windows` cuts the text, `char_model` builds the network, `train` goes through Keras' `fit`. With two characters
# once with the hand-written `RNNCell` and once with Keras' own `SimpleRNN`:

# %%
ids, targets, vocabulary = text_windows(text, window=2)
print(f"vocabulary {vocabulary!r}; ids {ids.shape}, targets {targets.shape}")
models = {}
for window, cell in (1, "simple_rnn"), (2, "rnn_cell"), (2, "simple_rnn"):
    ids, targets, _ = text_windows(text, window)
    model = char_model(weights=None, cell=cell, vocabulary=vocabulary, window=window, seed=0)
    train(model, ids, targets, updates=800, verbose=False)
    models[window, cell] = model

for (window, cell), model in models.items():
    p = [model.predict_next(text[:place])[text[place]] for place in range(2, len(text))]
    sure = sum(each > 0.9 for each in p)
    print(f"window {window}, {cell:10}  places where the right character has more than 0.9: {sure} of 9")

# %% [markdown]
# With one character the network has learned just the counts: after "l" a third each, after "o" a half each. More
# training does not help, for it cannot see what would tell them apart. With two it knows, and from "he" it writes the
# text:

# %%
for seen in "l", "o", "h":
    p = models[1, "simple_rnn"].predict_next(seen)
    likely = {character: round(p[character], 1) for character in vocabulary if p[character] > 0.05}
    print(f"window 1, after {seen!r}: {likely}")
for seen in "el", "ll", "rl":
    p = models[2, "simple_rnn"].predict_next(seen)
    print(f"window 2, after {seen!r}: {next(iter(p))!r}, more than 0.9: {next(iter(p.values())) > 0.9}")
for cell in "rnn_cell", "simple_rnn":
    print(f"{cell:10}", repr(models[2, cell].generate("he", 5)), repr(models[2, cell].generate("he", 9)))

# %% [markdown]
# ## Sure, and how sure
#
# The rest is with the pretrained `char_model()`. It gives the most likely character each time; beside its probability
# the picture shows that of the next most likely.

# %% Each character of "hello world" is written with a probability near 1, the next most likely is near 0
pretrained = char_model()
plot_generated(pretrained, "he", 9)

# %% [markdown]
# ## A pair it has never seen
#
# The text has 9 pairs with a follower; 8 characters make 64. Asked after one of the others the network answers all the
# same, and it does not say that it is guessing. Its probabilities are about the text it has read; about other pairs
# they mean nothing.

# %%
pairs = [a + b for a in vocabulary for b in vocabulary]
known = {text[place - 2 : place] for place in range(2, len(text))}
for pair in "lo", "wl", "dd":
    p = pretrained.predict_next(pair)
    answer = ", ".join(f"{character!r} {probability:.2f}" for character, probability in list(p.items())[:3])
    print(f"after {pair!r}, {'seen' if pair in known else 'never seen'}: {answer}")
best = {pair: max(pretrained.predict_next(pair).values()) for pair in pairs}
surest = [pair for pair in pairs if pair not in known and best[pair] > 0.9]
print(f"\n{len(known)} pairs seen, least sure of them {min(best[pair] for pair in known):.3f}")
print(f"{len(pairs) - len(known)} never seen, and of {len(surest)} it is surer than 0.9, such as {surest[:3]}")

# %% [markdown]
# ## What the state remembers
#
# The network re-reads the last two characters from a zero state for every new one. If the state is carried on over the
# text instead, how much of each character is still in it later? `memory_map` measures ‖∂h_t/∂x_u‖. Right of the dots
# are the two characters that count, and the one before weighs more than the newest: it is the one to be kept for the
# next step. What lies left of the dots is still there as well, "h" above all, and the network was never taught what to
# make of it.

# %% A triangle of numbers, step by step: the character before weighs more than the newest, and older ones remain
longer = CharModel.from_config(pretrained.get_config() | {"window": len(text)})  # the same network, a longer window
longer.set_cell_weights(pretrained.get_cell_weights())
ids = np.array([[vocabulary.index(character) for character in text]])  # (1, 11)
remembered = insight.memory_map(longer, ids).layers[0].input_norms[0]  # (11, 11)
plot_memory(remembered, list(text), window=2, title="what each character leaves in the state")

# %%
newest, before = np.diag(remembered)[1:], np.diag(remembered, k=-1)  # (10,) each
print(f"steps at which the character before weighs more than the newest: {(before > newest).sum()} of {len(newest)}")
memory = insight.memory(pretrained, np.array([[vocabulary.index(character) for character in "el"]]))
for lag, norm in zip(memory.lags, memory.output_norms[0], strict=True):
    print(f"after 'el', ‖∂logits/∂x‖ of {'el'[1 - lag]!r}, {lag} back: {norm:.1f}")

# %% [markdown]
# In the answer too: "l" says that l, o or d may come, and "e" before it says which.
#
# ## Character by character
#
# `stream` answers after every character, with the same answers. What it remembers is in the open: the characters that
# the next answer depends on.

# %%
stream = pretrained.stream()
for character in "hello":
    p = stream.push(character)
    answer = "no whole window yet" if p is None else f"next {next(iter(p))!r}"
    print(f"{character!r}: {answer}, remembers {stream.state!r}")
