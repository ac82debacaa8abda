"""One training of a character model: what happens between two rounds of updates, and what a checkpoint holds of it."""

import functools
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from keras_rnn.core.arrays import Array
from keras_rnn.core.backend import keras, load_tensorflow
from keras_rnn.core.checks import check_choice, check_integer, check_number, received
from keras_rnn.core.files import FilePath
from keras_rnn.rnn.cells import PRECISIONS
from keras_rnn.rnn.processes import processes
from keras_rnn.text.checkpoint import check_same_training, write_checkpoint
from keras_rnn.text.corpus import Corpus
from keras_rnn.text.model import CharModel
from keras_rnn.text.optimizer import optimizer_of
from keras_rnn.text.trainer import Evaluator, Trainer, batches_of, dataset_of

BATCHES = (16, 64)  # rows of short texts and of long ones
PER_ROW = 16_000  # characters of a text for each row, between these
CHARACTERS = 9_000_000  # that a training reads where no budget is given
WARM_UP = 0.02  # share of the training over which the rate rises
WARM_UP_UPDATES = 100  # at least
ROUND = 50  # updates between two looks at the loss
VALIDATIONS = 20  # in a training
VALIDATED = 200_000  # characters, at the most
BLOW_UP = {"tanh": 0.5, "relu": 3.0}  # nats above the best round; ReLU has to learn to bound its states
SAVED_EVERY = 60.0  # seconds between two checkpoints
MOST_RETURNS = 8  # to the last good weights
# in a checkpoint
KEPT = "rounds", "lowered", "returns", "returned", "history", "best", "best_at", "since", "lowest", "stopped"
ARRAYS = "good", "earlier", "best_weights"


@dataclass(frozen=True)
class TextTraining:
    """What `train_text` did.

    Attributes:
        history: a row for each round: `updates`, `characters`, `bits` (a character, of the training), `learning_rate`,
            `seconds`, and where it was validated `validation_bits`.
        bits: a character, of the validation part under the weights that were kept; None without such a part.
        updates: that the kept weights have seen.
        stopped: why it ended before its budget, or None.
    """

    history: list[dict[str, float]]
    bits: float | None
    updates: int
    stopped: str | None


class Run(keras.callbacks.Callback):
    """One training: the callback that `fit` tells of each round."""

    def __init__(
        self,
        model: CharModel,
        corpus: Corpus,
        budget: tuple[str, float] | None,
        batch: int | None,
        learning_rate: float,
        weight_decay: float,
        clip_norm: float,
        patience: int | None,
        seed: int,
        precision: str,
    ) -> None:
        super().__init__()
        load_tensorflow()
        self.net, self.part = model, corpus.training
        most = len(self.part) // (2 * model.window) if model.carried else self.part.windows(model.window)
        rows = min(most, max(BATCHES[0], min(BATCHES[1], len(self.part) // PER_ROW)))
        self.batch = max(1, rows) if batch is None else check_integer("batch", batch, 1)
        count, self.process = processes()
        if batch is None:
            self.batch = max(count, self.batch // count * count)
        if self.batch % count or (count > 1 and not model.carried):
            raise ValueError(
                f"`batch` must be a multiple of the {count} processes, of a carried model. {received(self.batch)}"
            )
        if count > 1 and budget and budget[0] == "minutes":
            raise ValueError(
                f"`minutes` must be None with several processes, whose clocks differ. {received(budget[1])}"
            )
        each = self.batch * (model.window if model.return_sequences else 1)  # characters an update
        if model.carried:
            self.part.carried_batches(self.batch, model.window)  # or it is too short
        self.rate = check_number("learning_rate", learning_rate, 1e-9)
        self.weight_decay = check_number("weight_decay", weight_decay, 0)
        self.budget = budget or ("updates", math.ceil(CHARACTERS / each))
        self.clip_norm, self.patience = check_number("clip_norm", clip_norm, 1e-9), patience
        self.seed, self.each = check_integer("seed", seed, 0), each
        self.precision = check_choice("precision", precision, PRECISIONS)
        kind, size = self.budget
        an_epoch = len(self.part) / each
        self.updates = {"updates": size, "epochs": math.ceil(size * an_epoch), "minutes": math.inf}[kind]
        self.round = int(min(ROUND, max(1, self.updates // VALIDATIONS))) if kind != "minutes" else ROUND
        held_out = corpus.validating(model.window)
        self.evaluator = None if held_out is None else Evaluator(model, held_out, VALIDATED)
        self.prompt_of = held_out or self.part
        self.rounds, self.lowered, self.before = 0, 1.0, 0.0  # rounds so far, …, seconds so far
        self.returns, self.returned = 0, False  # in all, just now
        self.history: list[dict[str, float]] = []
        self.best, self.best_at, self.since = math.inf, 0, 0
        self.best_weights: list[Array] = []
        self.good: list[Array] = []  # at the end of the last good round, and of the one before it
        self.earlier: list[Array] = []
        self.lowest = math.log(len(model.vocabulary))  # nats: what knowing nothing costs
        self.checkpoint: FilePath | None = None
        self.sample: Callable[[str], None] | None = None
        self.stopped: str | None = None

    # the budget

    def progress(self) -> float:
        """The share of the budget that is used."""
        if self.budget[0] == "minutes":
            return self.seconds() / (60 * self.budget[1])
        return self.rounds * self.round / self.updates

    def seconds(self) -> float:
        return self.before + time.monotonic() - self.start

    def _rate(self) -> float:
        used = self.progress()
        warm_up = min(0.2, max(WARM_UP, WARM_UP_UPDATES / self.updates))
        rising = min(1.0, (used + 1e-3) / warm_up)
        return self.rate * self.lowered * rising * 0.5 * (1 + math.cos(math.pi * min(1.0, used)))

    # the training

    def train(self, callbacks: list[Any], verbose: bool) -> TextTraining:
        trainer = self.trainer = Trainer(self.net, self.batch, self.precision, name="trainer")
        trainer.compile(
            optimizer_of(self.net, self.rate, self.weight_decay, self.clip_norm),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            steps_per_execution=self.round,
        )
        trainer.optimizer.build(trainer.trainable_variables)
        if self.good:
            trainer.set_everything(self.good)
        else:
            self.good = self.earlier = trainer.everything()
        rounds = 10**9 if self.budget[0] == "minutes" else math.ceil(self.updates / self.round)
        self.validate_every = max(1, rounds // VALIDATIONS) if rounds < 10**9 else 4
        self.start = self.saved = time.monotonic()
        if self.history and self._is_to_be_validated(self.history[-1]):  # where Ctrl-C came
            self._validate(self.history[-1])
        title, characters = self.net.name, self.rounds * self.round * self.each
        self.bar = tqdm(
            total=None if self.budget[0] == "minutes" else rounds * self.round * self.each, initial=characters,
            desc=title, unit=" characters", unit_scale=True, dynamic_ncols=True, disable=not verbose, mininterval=0.5,
        )  # fmt: skip
        try:
            if self.rounds < rounds and self.progress() < 1 and not self._is_over():
                batches = batches_of(self.part, self.net, self.batch, self.seed, self.rounds * self.round)
                trainer.fit(
                    dataset_of(batches, self.batch, self.net.window, self.net.return_sequences),
                    epochs=rounds,
                    initial_epoch=self.rounds,
                    steps_per_epoch=self.round,
                    shuffle=False,
                    verbose=0,
                    callbacks=[self, *callbacks],
                )
        except KeyboardInterrupt as stop:
            self.save()
            kept = "" if self.checkpoint is None else f"; {self.checkpoint} has it, to resume from"
            raise KeyboardInterrupt(f"interrupted after {self.rounds * self.round:,} updates{kept}") from stop
        finally:
            self.bar.close()
        if self.evaluator is not None and not (self.history and "validation_bits" in self.history[-1]):
            self._validate(self.history[-1] if self.history else {})
        self.save()
        if self.best_weights:
            self.net.set_weights(self.best_weights)
        return TextTraining(
            self.history,
            None if self.evaluator is None else self.best,
            self.best_at if self.evaluator is not None else self.rounds * self.round,
            self.stopped,
        )

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.trainer.optimizer.learning_rate = self._rate()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        loss = float((logs or {})["loss"])
        self.rounds += 1
        row = {
            "updates": self.rounds * self.round,
            "characters": self.rounds * self.round * self.each,
            "bits": loss / math.log(2),
            "learning_rate": float(self.trainer.optimizer.learning_rate),
            "seconds": self.seconds(),
        }
        if logs is not None:  # for loggers after this one
            logs |= {"validation_bits": math.nan} | row
        if not loss <= self.lowest + BLOW_UP[self.net.activation]:
            self._return(loss)
            return
        self.lowest = min(self.lowest, loss)
        self.earlier, self.good, self.returned = self.good, self.trainer.everything(), False
        self.history.append(row)
        if self._is_to_be_validated(row):
            self._validate(row)
            if logs is not None:
                logs |= row
        told = {"bits": f"{row['bits']:.3f}"} | ({"validation": f"{self.best:.3f}"} if self.best < math.inf else {})
        self.bar.set_postfix(told, refresh=False)
        self.bar.update(self.round * self.each)
        if time.monotonic() - self.saved > SAVED_EVERY:
            self.save()
        if self._is_over() or self.progress() >= 1:
            self.trainer.stop_training = True

    def _is_to_be_validated(self, row: dict[str, float]) -> bool:
        number = round(row["updates"]) // self.round
        return self.evaluator is not None and number % self.validate_every == 0 and "validation_bits" not in row

    def _is_over(self) -> bool:
        if self.patience is not None and self.since >= self.patience:
            self.stopped = f"no better validation in {self.patience}"
        return self.stopped is not None

    def _return(self, loss: float) -> None:
        """Back to the last good weights, at half the rate; if they were no good, for no loss has told yet what a
        round's last update did, to those a round earlier."""
        self.returns += 1
        if self.returns > MOST_RETURNS:
            raise ValueError(
                f"The loss must stay finite and near its best: try a lower `learning_rate` or `clip_norm`. "
                f"Received: {loss:.3g} nats at a rate of {self.rate * self.lowered:.2g}"
            )
        if self.returned:
            self.good = self.earlier
        self.returned = True
        self.trainer.set_everything(self.good)
        self.lowered /= 2
        self.bar.write(
            f"a loss of {loss / math.log(2):.2f} bits after {self.rounds * self.round:,} updates: back to the last "
            f"good weights, with half the learning rate",
            file=sys.stderr,
        )

    def _validate(self, row: dict[str, float]) -> None:
        assert self.evaluator is not None
        row["validation_bits"] = bits = self.evaluator()
        if bits < self.best:
            self.best, self.best_at, self.since = bits, self.rounds * self.round, 0
            self.best_weights = self.net.get_weights()
        else:
            self.since += 1
        if self.sample is not None:
            prompt = self.prompt_of.text(self.net.vocabulary, self.net.window)
            self.sample(self.net.generate(prompt, 120, temperature=0.7, seed=0)[len(prompt) :])

    # the checkpoint

    @functools.cached_property  # which reads the whole text
    def _about(self) -> dict[str, Any]:
        """What a checkpoint must have in common with the training that goes on from it."""
        return {
            "model": {k: v for k, v in self.net.get_config().items() if k not in ("name", "trainable", "seed")},
            "text": [len(self.part), self.part.crc32()],
            "budget": list(self.budget),
            "batch": self.batch,
            "learning_rate": self.rate,
            "weight_decay": self.weight_decay,
            "clip_norm": self.clip_norm,
            "seed": self.seed,
            "precision": self.precision,
        }

    def save(self) -> None:
        if self.checkpoint is None or self.process:
            return
        about = {"training": self._about, "before": self.seconds(), **{name: getattr(self, name) for name in KEPT}}
        write_checkpoint(self.checkpoint, about, {name: getattr(self, name) for name in ARRAYS})
        self.saved = time.monotonic()

    def resume(self, about: dict[str, Any], arrays: dict[str, list[Array]]) -> None:
        check_same_training(about, arrays, self._about, ("before", *KEPT), ARRAYS[:2])
        for name in ("before", *KEPT):
            setattr(self, name, about[name])
        for name in ARRAYS:
            setattr(self, name, arrays.get(name, []))
