"""What a character model is trained with."""

import re
from typing import Any

from keras_rnn.core.backend import keras
from keras_rnn.rnn.cell import RNNCell
from keras_rnn.text.model import CharModel

LEARNING_RATE = 0.02  # at its highest
WEIGHT_DECAY = 0.1  # times the rate, at each update
CLIP_NORM = 1.0  # of all gradients together
MOMENTUM = 0.9


def optimizer_of(model: CharModel, rate: float, weight_decay: float, clip_norm: float) -> Any:
    """Muon (Jordan et al. 2024, scaled as by Liu et al., arXiv 2502.16982) for the matrices between states and to the
    logits; Adam for biases, and for the first layer's input kernel, whose rows are looked up as an embedding's are. An
    `RNNCell` has that in one matrix with the recurrent kernel, which is Muon's.
    """
    first = model.get_layer("rnn").cell
    looked_up = [] if isinstance(first, RNNCell) else [re.escape(first.kernel.path) + "$"]
    optimizer = keras.optimizers.Muon(
        rate, weight_decay=weight_decay, adam_weight_decay=weight_decay, momentum=MOMENTUM, global_clipnorm=clip_norm,
        exclude_layers=["bias$", *looked_up],
    )  # fmt: skip
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer
