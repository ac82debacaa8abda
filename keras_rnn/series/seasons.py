"""What is found of a series before it is forecast: its season's length, whether its spread grows with its level."""

from statistics import NormalDist

import numpy as np

from keras_rnn.core.arrays import Floats

# places in a season by how values follow each other: the year, the week, the day, the hour
SEASONS = {
    "annual": (), "quarterly": (4,), "monthly": (12,), "weekly": (52,), "business-daily": (5,), "daily": (7,),
    "hourly": (24, 168), "half-hourly": (48,), "quarter-hourly": (96,), "minutely": (60,),
}  # fmt: skip
SURE = 1.645  # standard errors, one-sided 5 %
SURE_OF_ANY = 0.01  # chance that any of many lengths is found where there is no season
STEEP, CLOSE = 0.5, 0.5  # of the spread on the level, in logarithms: slope, correlation


def correlations(values: Floats, most: int) -> tuple[Floats, Floats]:
    """Autocorrelations of a series' changes at lags 1 to `most`; and which of them chance gives, in standard errors.

    These are 0 but where a correlation is larger than those of the lags beside it: smooth changes resemble the ones
    just before, too. Changes to or from values that are not known are left out.
    """
    changes = np.diff(values)
    known = np.isfinite(changes)
    if not known.any():
        return np.zeros(most), np.zeros(most)
    changes = np.where(known, changes - changes[known].mean(), 0.0)
    power = float(changes @ changes)
    if not power:
        return np.zeros(most), np.zeros(most)
    lags = np.array([changes[lag:] @ changes[:-lag] for lag in range(1, most + 2)]) / power
    peaks = (lags[1:-1] > lags[:-2]) & (lags[1:-1] >= lags[2:])
    smooth = lags[: int(np.argmax(lags <= 0))]  # Bartlett (1946): of changes that go on for a while, chance gives more
    error = np.sqrt((1 + 2 * (smooth**2).sum()) / known.sum())
    return lags[:most], np.concatenate([[0.0], np.where(peaks, lags[1:-1], 0.0)]) / error


def shows_season(values: Floats, season: int) -> bool:
    """Whether changes resemble those of a season before more than by chance."""
    if season < 2 or 2 * season > len(values):
        return False
    return bool(correlations(values, season)[1][-1] > SURE)


def found_season(values: Floats, places: int) -> int:
    """The length of the season that the values show most of, of any, if that is more than chance would give; or 1."""
    longest = min(places, len(values) // 3)
    if longest < 3:
        return 1
    sizes = correlations(values, longest)[1]
    found = int(np.argmax(sizes)) + 1
    return found if sizes[found - 1] > NormalDist().inv_cdf(1 - SURE_OF_ANY / longest) else 1


def takes_logarithm(values: Floats, season: int) -> bool:
    """Whether the changes grow with the level, as block by block of a season, or of eight values, they show."""
    values = values[np.isfinite(values)]
    if not (values > 0).all():
        return False
    size = season * -(-6 // season) if season > 1 else 8
    blocks = values[len(values) % size :].reshape(-1, size)  # (blocks, size)
    if len(blocks) < 4:
        return False
    level = np.log(blocks.mean(axis=1))
    spread = np.log(np.abs(np.diff(blocks, axis=1)).mean(axis=1) + 1e-12 * blocks.mean(axis=1))
    if level.std() < 0.05 or not spread.std():
        return False
    slope = float(np.polyfit(level, spread, 1)[0])
    return slope > STEEP and float(np.corrcoef(level, spread)[0, 1]) > CLOSE
