"""A trained character model for a larger vocabulary."""

import numpy as np

from keras_rnn.core.checks import received
from keras_rnn.text.model import CharModel
from keras_rnn.text.vocabulary import check_vocabulary


def extend_vocabulary(model: CharModel, vocabulary: str, seed: int | None = None) -> CharModel:
    """The model with further characters, whose weights begin as those of a new model; all others stay as they are.

    Args:
        model: trained.
        vocabulary: all of the model's and the new ones, sorted by code point.
        seed: of the new weights.

    Returns:
        A new model, compiled.

    Raises:
        ValueError: a vocabulary that is none, or lacks characters of the model's.
    """
    check_vocabulary(vocabulary)
    places = [vocabulary.find(character) for character in model.vocabulary]
    if -1 in places:
        raise ValueError(f"`vocabulary` must have all characters of the model. {received(vocabulary)}")
    larger: CharModel = CharModel.from_config(model.get_config() | {"vocabulary": vocabulary, "seed": seed})
    arrays = []
    for old, new in zip(model.get_weights(), larger.get_weights(), strict=True):
        index = [np.arange(size) for size in old.shape]
        for axis, size in enumerate(old.shape):
            if size != new.shape[axis]:  # by characters; of the hand-written cell's kernel the state's rows come after
                index[axis] = np.concatenate([places, np.arange(len(places), size) + new.shape[axis] - size])
        new[np.ix_(*index)] = old
        arrays.append(new)
    larger.set_weights(arrays)
    larger.compile_recipe()
    return larger
