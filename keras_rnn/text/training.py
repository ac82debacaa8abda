"""`train_text`: a character model on a text of any size, watched, kept and resumed."""

from collections.abc import Callable
from typing import Any

from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath
from keras_rnn.text.budget import budget_of
from keras_rnn.text.checkpoint import read_checkpoint
from keras_rnn.text.corpus import Corpus
from keras_rnn.text.model import CharModel
from keras_rnn.text.optimizer import CLIP_NORM, LEARNING_RATE, WEIGHT_DECAY
from keras_rnn.text.run import Run, TextTraining

PATIENCE = 8  # validations without a better one


def train_text(
    model: CharModel,
    corpus: Corpus,
    updates: int | None = None,
    epochs: float | None = None,
    minutes: float | None = None,
    batch: int | None = None,
    learning_rate: float = LEARNING_RATE,
    weight_decay: float = WEIGHT_DECAY,
    clip_norm: float = CLIP_NORM,
    patience: int | None = PATIENCE,
    seed: int = 0,
    precision: str = "float32",
    checkpoint: FilePath | None = None,
    resume: bool = False,
    callbacks: Any = (),
    verbose: bool = True,
    sample: Callable[[str], None] | None = None,
) -> TextTraining:
    """Train a character model on a text, keeping the weights that do best on its validation part.

    Muon, its rate rising to `learning_rate` and falling to 0 by a cosine, gradients clipped by their norm. A `carried`
    model reads the text in `batch` rows side by side, each from the state that it was left in; any other shuffled
    windows. A round whose loss is not finite, or far above the best, is taken back, and the rate halved.

    Args:
        model: with the corpus' vocabulary.
        corpus: the text.
        updates, epochs, minutes: the budget, one of them: gradient updates, passes through the text, or time, which
            does not repeat exactly; none: as many updates as read 9 million characters.
        batch: rows or windows an update; None: 64, of a text under a million characters fewer, down to 16.
        learning_rate: at its highest. The default suits short trainings; the preset `shakespeare`, of 20 passes,
            has half of it.
        weight_decay: the share of the matrices that an update takes off, times the rate.
        clip_norm: of all gradients together.
        patience: validations without a better one after which to stop, of some 20 in all; None never stops.
        seed: of the order of the text. The same one gives the same weights on one machine, but for a time budget.
        precision: `"mixed_bfloat16"` computes the layers in bfloat16, which is quicker on processors with instructions
            for it; weights, optimizer, loss and validation are float32 either way, and so is the model.
        checkpoint: a `.npz` file, written about once a minute and when stopped by Ctrl-C.
        resume: go on from `checkpoint`, to the same weights as without a break.
        callbacks: of Keras, for `fit`; an epoch of theirs is a round of 50 updates.
        verbose: whether to show a progress bar.
        sample: gets a text that the model writes after each validation.

    Returns:
        A `TextTraining`; the model has the weights that were best.

    Raises:
        TypeError, ValueError: an argument out of range; a corpus of another vocabulary, or too short for a batch; a
            checkpoint of another training; a loss that is not finite whatever the rate.
        OSError: the checkpoint cannot be written.
        KeyboardInterrupt: with the words that say how far it was.
    """
    if not isinstance(model, CharModel):
        raise TypeError(f"`model` must be a CharModel. {received(model)}")
    if not isinstance(corpus, Corpus):
        raise TypeError(f"`corpus` must be a Corpus. {received(corpus)}")
    if corpus.vocabulary != model.vocabulary:
        raise ValueError(
            f"`corpus` must have the model's vocabulary: give it as `vocabulary` there. "
            f"Received: {len(corpus.vocabulary)} characters, the model {len(model.vocabulary)}"
        )
    if len(model.vocabulary) < 2:
        raise ValueError(f"`corpus` must have two different characters at least. Received: {model.vocabulary!r} only")
    budget = budget_of(updates, epochs, minutes)
    run = Run(model, corpus, budget, batch, learning_rate, weight_decay, clip_norm, patience, seed, precision)
    run.checkpoint, run.sample = checkpoint, sample
    if resume:
        if checkpoint is None:
            raise ValueError("`checkpoint` must be given to resume from. Received: None")
        run.resume(*read_checkpoint(checkpoint))
    return run.train(list(callbacks), verbose)
