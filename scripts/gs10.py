# %% [markdown]
# # GS10: why the usual recipe fails, and what works
#
# GS10 is the yield of the 10-year US Treasury, here as yearly means. Six years go in, the next comes out: a window of 6
# steps, 1 feature, 1 output. The usual recipe scales the yields to 0 … 1, trains a small network on the windows before
# 1990, and is judged on the years from then on, which it has not seen. That is the preset `levels`. The preset `annual`
# is a network of the same 20 units with another recipe.

# %%
# %matplotlib inline
import numpy as np

from keras_rnn import gs10_model, load_gs10, series_windows
from keras_rnn.forecaster.comparison import backtests, rows_since, verdict
from keras_rnn.gs10.model import training_range
from keras_rnn.plots.backtest import plot_skill_by_method
from keras_rnn.plots.forecast import plot_forecast, plot_predictions
from keras_rnn.series.history import recursive_forecast
from keras_rnn.series.walks import THETA, best_linear_weights

series = load_gs10("annual", source="packaged")  # percent
annual, levels = gs10_model(), gs10_model("levels")
print(f"{series.index[0]} to {series.index[-1]}, {len(series)} years, {series.min():.2f} to {series.max():.2f} percent")

# %% [markdown]
# ## The usual recipe
#
# On the years it was trained on it looks good. From 1990 on it does not. The measure is persistence, "next year will be
# like this year", which costs nothing:

# %% The usual recipe: close to the yields before 1990, where it was trained, and mostly above them after
plot_predictions(levels, series, test_from=1990, title="the preset levels")

# %%
histories, following = series_windows(series, 6)  # (windows, 6), (windows, 1)
years = np.array(series.index.year)[6:]  # of what follows
targets, last = following[:, 0], histories[:, -1]
from_levels, from_annual = (model.predict_windows(histories)[:, 0] for model in (levels, annual))


def rmse(errors):
    return np.sqrt(np.mean(errors**2))


print(f"{'RMSE':12}{'windows':>9}{'levels':>9}{'persistence':>13}")
for name, part in ("before 1990", years < 1990), ("from 1990", years >= 1990):
    print(f"{name:12}{part.sum():9}{rmse((from_levels - targets)[part]):9.2f}{rmse((last - targets)[part]):13.2f}")
print(f"\nweights: {levels.count_params()}")

# %% [markdown]
# ### Reason 1: it learns the years, not the rule
#
# Thirty windows cannot settle 461 weights. And in those thirty years yields rose, on average. The network has learned
# that, and goes on expecting it while they fall: too high by more than a percentage point on average, even where it has
# seen yields like these.

# %%
low, high = training_range()  # of the yearly means before 1990, in percent
seen = (histories.min(axis=1) >= low) & (histories.max(axis=1) <= high)
parts = {
    "before 1990": years < 1990,
    "from 1990, window seen": (years >= 1990) & seen,
    "from 1990, beyond": (years >= 1990) & ~seen,
}
print(f"{'':24}{'windows':>8}{'mean change':>13}{'levels too high by':>20}{'RMSE':>7}{'persistence':>13}")
for name, part in parts.items():
    changes, errors = (targets - last)[part], (from_levels - targets)[part]
    figures = f"{changes.mean():+13.2f}{errors.mean():+20.2f}{rmse(errors):7.2f}{rmse(changes):13.2f}"
    print(f"{name:24}{part.sum():8}{figures}")

# %% [markdown]
# ### Reason 2: it cannot say what it has not seen
#
# tanh ends at ±1, and what a head makes of twenty of them ends as well. Six equal years, at levels within the training
# range and beyond it: from 12 to 20 percent the answer of `levels` rises by 1.5. `annual` looks at changes only, so the
# level does not matter to it. From 2013 on this has cost little, as the last row above says: what `levels` makes of
# years below the range is only somewhat too high.

# %%
flat = np.array([0.5, 1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20])
windows = np.repeat(flat[:, None], 6, axis=1)  # (12, 6)
answers = [model.predict_windows(windows)[:, 0] for model in (levels, annual)]
print(f"trained on {low:.2f} to {high:.2f} percent\n")
print("six years at     levels     annual")
for level, a, b in zip(flat, *answers, strict=True):
    print(f"{level:12.1f} {a:10.1f} {b:10.1f}" + ("" if low <= level <= high else "   not seen in training"))

# %% [markdown]
# ### Reason 3: there is little to learn
#
# A yield moves nearly like a random walk: what it does next has little to do with what it did. Only the averaging over
# the year leaves a trace: the mean of a random walk over a year has changes with an autocorrelation of 0.25 (Working
# 1960). The best forecast from such means is known. It takes about a quarter of the last change, and gains at most 3.4
# percent over persistence.

# %%
changes = np.diff(series.to_numpy())
print(f"autocorrelation of the {len(changes)} changes: {np.corrcoef(changes[1:], changes[:-1])[0, 1]:.2f}")
print("best weights of the last five changes, oldest first:", best_linear_weights(6).round(3))
print(f"what they can gain: {100 * (1 - 1 / np.sqrt(1 + THETA**2)):.1f} percent of persistence's RMSE")

# %% [markdown]
# ## What works
#
# `annual` subtracts the window's last value, has no biases and a head that starts at zero. So it begins as persistence,
# at any level. It was trained on means of simulated random walks, as many as one likes, and never on a yield. A push of
# 0.1 in one of the five changes shows what it has learned of each: theory's weights, nearly.

# %%
push = 0.1 * np.eye(5)  # (5, 5): a change in one place each
pushed = 5 + np.concatenate([np.zeros((5, 1)), np.cumsum(push, axis=1)], axis=1)  # (5, 6)
learned = (annual.predict_windows(pushed)[:, 0] - pushed[:, -1]) / 0.1
print("change of        theory   learned")
for ago, theory, weight in zip(range(5, 0, -1), best_linear_weights(6).round(2) + 0, learned.round(2) + 0, strict=True):
    print(f"{ago} year{'s' if ago > 1 else ' '} ago {theory:12.2f} {weight:9.2f}")

# %% The preset annual: it stays close to persistence, before 1990 and after
plot_predictions(annual, series, test_from=1990, title="the preset annual")

# %% [markdown]
# ## Told straight
#
# Each year from 1990 on is forecast from the years before it. Skill is 1 − RMSE over persistence's, with its 95 %
# interval; p is of the Diebold-Mariano test.


# %%
def plain_recipe(history, steps):
    return recursive_forecast(levels.predict_windows, history, levels.window, steps)


results, dates = backtests(annual, series, since=1990, others={"levels": plain_recipe})
for since in 1990, 2005:
    rows = rows_since(results, dates, since)
    print(f"from {since}, {rows[0]['n']} years")
    for row in rows:
        interval = f"{100 * row['skill_low']:+7.1f} to {100 * row['skill_high']:+6.1f} %"
        figures = f"RMSE {row['rmse']:.3f}  skill {100 * row['skill']:+6.1f} % {interval}  p {row['dm_p']:.2f}"
        print(f"  {row['method']:12} {figures}  {verdict(row)}")

# %% Skill against persistence by method: levels and the mean of six years lie far left of 0, annual's interval holds 0
plot_skill_by_method(rows_since(results, dates, 1990), "GS10 from 1990, yearly; model is annual")

# %% [markdown]
# What can be said:
#
# - `levels` is worse than persistence from 1990 on, and by more than chance. From 2005 on alone this cannot be said.
# - `annual` is a little better, +2 % from 1990 and +8 % from 2005. Both intervals hold 0: thirty-six years cannot tell
#   a few percent from luck. That it is at theory's weights is the better argument.
# - Monthly, with 439 months instead of 36 years, the same weights beat persistence by more than chance: see
#   docs/results/gs10.md.
#
# ## Intervals
#
# A forecast of one number hides how little is known. The intervals of `annual` are as wide as its last twenty errors
# were, at each horizon.

# %%
forecast = annual.forecast(series, steps=3, levels=(80, 95))
print(forecast.round(2))

# %% The last twenty years and the forecast of three more, its intervals as a fan
plot_forecast(series, forecast, title="GS10: three more years, with 80 and 95 % intervals")

# %% [markdown]
# Not for investment or any other decision.
