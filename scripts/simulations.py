# %% [markdown]
# # Learning to forecast from simulations
#
# `series_model()` has never seen a real series. It read some two million simulated ones, each once, and what it learned
# is not how they go on, but how to find out. Here: what they look like, what the network infers from a series while it
# reads it, how near that comes to the best forecast there is, and what each knob of the simulator is worth.

# %% [markdown]
# ## The simulator's knobs
#
# Each knob is a share of the series: 0.6 of them have a local trend, 0.4 a cycle, and so on. With all knobs at 0 a
# level reverts to its mean under noise; then some of them at 1, with everything else as it was.

# %%
# %matplotlib inline
import numpy as np
from matplotlib.figure import Figure

from keras_rnn import load_gs10, series_model
from keras_rnn.zero_shot.simulator import KNOBS, simulate

nothing = dict.fromkeys(KNOBS, 0.0) | {"no_season": 1.0}
shown = {
    "nothing": {},
    "a walk": {"walk": 1.0},
    "a trend": {"walk": 1.0, "trend": 1.0},
    "a calm trend": {"calm": 1.0},
    "a cycle": {"cycle": 1.0},
    "a season": {"no_season": 0.0},
    "that drifts": {"no_season": 0.0, "drift": 1.0},
    "jumps": {"jump": 1.0},
    "exponential": {"walk": 1.0, "no_season": 0.0, "exponential": 1.0},
}
for name, knobs in shown.items():
    values = simulate(1, 120, seed=5, knobs=nothing | knobs).values[0]
    print(f"{name:13} from {values.min():6.1f} to {values.max():6.1f}, changes of {np.abs(np.diff(values)).mean():.2f}")

# %% Nine simulated series, one for each knob
figure = Figure(figsize=(9, 5), layout="constrained")
axes = figure.subplots(3, 3, sharex=True)
for axis, (name, knobs) in zip(axes.flat, shown.items(), strict=True):
    axis.plot(simulate(1, 120, seed=5, knobs=nothing | knobs).values[0], linewidth=1)
    axis.set_title(name, fontsize=10)
    axis.set_yticks([])
figure

# %% [markdown]
# ## It infers what it was not told
#
# A series that reverts to its mean, x = φ·x + noise, is forecast best by φ times its last deviation: nothing of it for
# φ = 0, all of it for a walk, φ = 1. Nobody tells the network φ. It has 150 values to read, with weights that do not
# change; its state must find out. How much of the last deviation its forecast keeps, by regression over 60 series for
# each φ:

# %%
model, random = series_model(), np.random.default_rng(0)
strengths = np.array([0.0, 0.25, 0.5, 0.75, 0.9, 1.0])
kept, one_error, best_error = [], [], []
for strength in strengths:
    noise = random.normal(size=(60, 300))
    x = np.zeros_like(noise)
    for t in range(1, 300):
        x[:, t] = strength * x[:, t - 1] + noise[:, t]
    x = x[:, 149:]  # (60, 151), the beginning forgotten
    rows = np.full((60, model.window), np.nan, np.float32)
    rows[:, -150:] = x[:, :150]
    forecast = model.quantiles(rows, 1)[:, -1, 4]  # the median of what follows, (60,)
    # a walk has no mean to deviate from: its forecast is measured from its middle
    middle = x[:, :150].mean(axis=1) if strength == 1 else 0.0
    last = x[:, 149] - middle
    kept.append(((forecast - middle) @ last) / (last @ last))
    one_error.append(np.abs(forecast - x[:, 150]).mean())
    best_error.append(np.abs(strength * x[:, 149] - x[:, 150]).mean())
for strength, share, mine, best in zip(strengths, kept, one_error, best_error, strict=True):
    print(f"φ {strength:.2f}: keeps {share:.2f}; errs by {mine:.2f}, who knows φ by {best:.2f}")

# %% The share of the last deviation that the forecast keeps, and that which is best
figure = Figure(figsize=(6, 3.2), layout="constrained")
axis = figure.subplots()
axis.plot(strengths, strengths, "--", color="gray", label="best, φ known")
axis.plot(strengths, kept, "o-", label="network, φ inferred")
axis.set(xlabel="φ of the series", ylabel="share of the last deviation kept")
axis.legend(frameon=False)
figure

# %% [markdown]
# That is learning without training: the weights hold the rule by which the state learns. A filter with the right
# equation, such as Kalman's, does the same for one kind of series; the network does it for all kinds that were
# simulated, and for what lies between them.

# %% [markdown]
# ## A season it must notice
#
# It is told how long a season is, not whether there is one. The same noise with and without a pattern of twelve places:

# %%
t = np.arange(96)
pattern = np.array([0, 2, 5, 3, -1, -4, -6, -3, 0, 1, 2, 1.0])
for size in (0.0, 1.0):
    series = 50 + random.normal(size=96) + size * pattern[t % 12]
    forecast = model.forecast(series, steps=12, season=12)["mean"].to_numpy()
    print(f"forecasts spread over {np.ptp(forecast):4.1f}, the pattern over {np.ptp(size * pattern):4.1f}")

# %% [markdown]
# ## A series that nobody simulated
#
# The 10-year Treasury yield by months: three years ahead from three origins, each from the values before it alone.

# %% Forecasts of the Treasury yield from three origins, with their 80 % intervals
months = load_gs10("monthly", "packaged").to_timestamp()
figure = Figure(figsize=(8, 3.5), layout="constrained")
axis = figure.subplots()
recent = months["1990":]
axis.plot(recent.index, recent, color="black", linewidth=1, label="GS10")
for origin in ("1999-12", "2009-12", "2019-12"):
    ahead = model.forecast(months[:origin], steps=36, levels=80)
    axis.plot(ahead.index, ahead["mean"], color="C0")
    axis.fill_between(ahead.index, ahead["lo_80"], ahead["hi_80"], color="C0", alpha=0.2, linewidth=0)
axis.set_ylabel("percent")
figure

# %% [markdown]
# It says "no change", as one should of such a series. And yet each time the yield left the interval of 80 % within the
# three years: where a series changes its ways, intervals that were made from its past are too narrow.
#
# ## What each knob is worth
#
# `python benchmarks/knobs.py` trains small networks, one without each knob, and judges them on 21 real series. Errors
# over those of "no change":
#
# | | one step | a season ahead |
# |---|---|---|
# | all knobs | 0.613 | 0.856 |
# | all knobs, another seed | 0.616 | 0.882 |
# | without cycles | 0.631 | 0.865 |
# | without calm series | 0.605 | 0.907 |
# | without any single other | 0.608 to 0.620 | 0.853 to 0.863 |
# | all of them at 0 | 0.736 | 1.038 |
#
# Nearly every knob alone could go: it is the variety that is worth a fifth of the error. That agrees with what was seen
# above. The network does not know kinds of series, it learned to find out, and for that it matters less what exactly it
# practiced on than that no two series were alike.
