"""A preset trained anew from its data by its recipe."""

from typing import Any

from keras_rnn.catalog.names import ModelName
from keras_rnn.core.checks import check_seed
from keras_rnn.forecaster.training import train_on_walks
from keras_rnn.rnn.training import train
from keras_rnn.zoo.tasks import latest_errors, task_of


def train_preset(name: ModelName, verbose: bool = True, seed: int | None = None) -> Any:
    """A model of the zoo, trained anew from its data by its recipe: the same weights to the bit on one machine.

    Args:
        seed: instead of the recipe's.

    Returns:
        A `CharModel` or `GS10Model`.
    """
    task, title = task_of(name), str(name)
    recipe = task.preset.recipe
    chosen = recipe.seed if seed is None else int(check_seed(seed) or 0)
    model: Any = task.model(name.cell, chosen)
    if recipe.walks:
        train_on_walks(model, recipe, chosen, title if verbose else None)
    else:
        windows = task.inputs[task.training], task.targets[task.training]
        train(model, *windows, updates=recipe.updates, min_delta=recipe.min_delta, verbose=verbose, title=title)
    if task.preset.residuals:
        model.residuals = latest_errors(model, *task.preset.residuals)
    return model
