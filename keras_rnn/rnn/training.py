"""Training through `fit`, many updates to a call, so that small models do not wait for Python."""

import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from tqdm import tqdm

from keras_rnn.core.arrays import as_array
from keras_rnn.core.backend import keras, tf
from keras_rnn.core.checks import check_integer, check_number, check_seed, received
from keras_rnn.core.types import Model

ROUND = 100  # updates between two looks at the loss
EVALUATION_BATCH = 1024  # windows


class _ProgressBar(keras.callbacks.Callback):
    """One bar over all updates, on standard error."""

    def __init__(self, title: str, updates: int, per_round: int) -> None:
        super().__init__()
        seconds = 0.1 if sys.stderr.isatty() else 10.0  # between two lines: a log file is not to be flooded
        self.bar = tqdm(total=updates, desc=title, unit=" updates", dynamic_ncols=True, mininterval=seconds)
        self.per_round = per_round

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.bar.set_postfix({name: f"{value:.4f}" for name, value in (logs or {}).items()}, refresh=False)
        self.bar.update(self.per_round)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self.bar.n < self.bar.total:
            self.bar.set_description(f"{self.bar.desc.removesuffix(': ')} (stopped early)", refresh=False)
            self.bar.total = self.bar.n
        self.bar.refresh()
        self.bar.close()


def train(
    model: Model,
    x: Any,
    targets: Any,
    updates: int = 1000,
    batch_size: int | None = None,
    min_delta: float | None = None,
    seed: int | None = None,
    validation_data: tuple[Any, Any] | None = None,
    callbacks: Any = None,
    verbose: bool = True,
    title: str | None = None,
) -> Any:
    """Train a compiled model by `fit`, up to 100 updates to a call: on small data much quicker than epoch by epoch.

    How much: `python benchmarks/training.py`.

    An "epoch" of the returned history and of callbacks is one round of up to 100 updates, its loss their mean.

    Args:
        model: a compiled `keras.Model` on the TensorFlow backend, such as `char_model(weights=None, …)`.
        x, targets: arrays of the same length.
        updates: gradient updates, rounded up to whole rounds.
        batch_size: windows an update; None: all of them every time.
        min_delta: stop once a round has lowered the loss by less; None runs all updates.
        seed: of the order of batches; full batches have none.
        validation_data, callbacks: as in `fit`, looked at after each round.
        verbose: whether to show a progress bar.
        title: in front of the bar; None: the model's name.

    Returns:
        Keras' `History`.

    Raises:
        TypeError, ValueError: an argument out of range; no windows; x and targets of different length; a model that
            is not compiled.
    """
    if not isinstance(model, keras.Model) or not model.compiled:
        raise ValueError(f"`model` must be a compiled keras.Model. {received(model)}")
    x, targets = (as_array(name, value, kinds="biuf") for name, value in (("x", x), ("targets", targets)))
    if x.ndim == 0 or targets.ndim == 0 or len(x) != len(targets) or not len(x):
        raise ValueError(
            "`x` and `targets` must be arrays of the same length, at least 1. "
            f"Received: shapes {x.shape} and {targets.shape}"
        )
    callbacks = [] if callbacks is None else list(callbacks) if isinstance(callbacks, Sequence) else [callbacks]
    check_integer("updates", updates, 1)
    check_seed(seed)
    if min_delta is not None:
        check_number("min_delta", min_delta, 0.0)
        callbacks.append(keras.callbacks.EarlyStopping(monitor="loss", min_delta=min_delta, patience=1))
    if batch_size is None:
        dataset = tf.data.Dataset.from_tensors((x, targets))
    else:
        check_integer("batch_size", batch_size, 1)
        dataset = tf.data.Dataset.from_tensor_slices((x, targets)).shuffle(len(x), seed=seed).repeat()
        dataset = dataset.batch(min(batch_size, len(x)), drop_remainder=True)
    return fit_batches(model, dataset, updates, callbacks, validation_data, (title or model.name) if verbose else None)


def evaluate(model: Model, x: Any, targets: Any, most: int, seed: int | None, verbose: bool = True) -> dict[str, float]:
    """A model's loss and metrics on windows, or where there are many on a sample of them; with a bar.

    Args:
        most: windows of the sample.
        seed: of the sample.
        verbose: whether to show the bar, where there are windows for more than one batch.
    """
    if len(x) > most:
        chosen = np.sort(np.random.default_rng(seed).choice(len(x), most, replace=False))
        x, targets = x[chosen], targets[chosen]
    hidden = not verbose or len(x) <= EVALUATION_BATCH
    with tqdm(total=len(x), desc="evaluation", unit=" windows", dynamic_ncols=True, disable=hidden) as bar:

        def seen(batch: int, logs: Any = None) -> None:
            bar.update(min(EVALUATION_BATCH, len(x) - bar.n))

        figures = model.evaluate(
            x,
            targets,
            batch_size=EVALUATION_BATCH,
            verbose=0,
            callbacks=[keras.callbacks.LambdaCallback(on_test_batch_end=seen)],
            return_dict=True,
        )
    return {name: float(value) for name, value in figures.items()}


def fit_batches(
    model: Model,
    dataset: Any,
    updates: int,
    callbacks: list[Any],
    validation_data: Any = None,
    title: str | None = None,
    steps_per_call: int = ROUND,
) -> Any:
    """`fit` on a data set of batches, so many of them to a call; `title` is of the progress bar, None for none."""
    rounds = math.ceil(updates / steps_per_call)
    per_round = math.ceil(updates / rounds)
    options = tf.data.Options()
    options.autotune.enabled = False  # its thread makes `fit` return late
    bar = None if title is None else _ProgressBar(title, rounds * per_round, per_round)
    done_before = int(model.optimizer.iterations)
    before = model.steps_per_execution, model.train_function, model.test_function
    model.steps_per_execution, model.train_function, model.test_function = per_round, None, None  # None: made anew
    try:
        return model.fit(
            dataset.repeat().with_options(options),
            epochs=rounds,
            steps_per_epoch=per_round,
            shuffle=False,
            validation_data=validation_data,
            callbacks=callbacks if bar is None else [*callbacks, bar],
            verbose=0,
        )
    except KeyboardInterrupt as stop:
        done = int(model.optimizer.iterations) - done_before
        raise KeyboardInterrupt(f"interrupted after {done} of {rounds * per_round} updates") from stop
    finally:
        if bar is not None:
            bar.bar.close()
        model.steps_per_execution, model.train_function, model.test_function = before
