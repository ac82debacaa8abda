"""The shapes that a batch has on its way through a recurrent model, and whether a target fits what comes out."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from keras_rnn.core.arrays import as_array
from keras_rnn.core.backend import keras
from keras_rnn.core.tables import plain_table
from keras_rnn.core.types import Model, Operation, Tensor
from keras_rnn.insight._inputs import checked_input, fit_of_target
from keras_rnn.insight._run import Float64Model

Shape = tuple[int, ...]
LAST_AXIS = dict.fromkeys(("OneHot", "Embedding"), "feature")
LAST_AXIS |= dict.fromkeys(("Dense", "EinsumDense", "TimeDistributed"), "output")


@dataclass(frozen=True)
class ShapeStep:
    """What comes out of one operation.

    Attributes:
        name: the layer's; the first is the input's.
        kind: its class, such as "SimpleRNN".
        shape: sizes of the axes.
        meaning: of the axes, "5 samples, 3 steps, 20 units".
    """

    name: str
    kind: str
    shape: Shape
    meaning: str


@dataclass(frozen=True)
class Shapes:
    """A walk of shapes; as a string a table for people.

    Attributes:
        steps: the input and what comes out of each operation, in order.
        batched: whether `x` had a batch axis; without one the walk is that of `x[None]`.
        target: the target's shape, or None where none was given.
        fits: whether the target fits the output; None where none was given.
        remarks: what is to be done, in words.
    """

    steps: tuple[ShapeStep, ...]
    batched: bool
    target: Shape | None
    fits: bool | None
    remarks: tuple[str, ...]

    @property
    def output(self) -> Shape:
        """Of the model."""
        return self.steps[-1].shape

    def __str__(self) -> str:
        rows = [[step.name, step.kind, str(step.shape), step.meaning] for step in self.steps]
        if self.target is not None:
            rows.append(["y", "target", str(self.target), "fits the output" if self.fits else "does not fit"])
        return "\n".join([plain_table(["layer", "kind", "shape", "meaning"], rows), *self.remarks])


def shapes(model: Model, x: ArrayLike, y: ArrayLike | None = None) -> Shapes:
    """The shapes from layer to layer, with the meaning of each axis, and whether a target fits.

    Args:
        model: a built Keras model of one input and one output, with recurrent layers.
        x: (batch, steps, features), or (batch, steps) for a model that takes ids or a plain window; or one sample
            without the batch axis, which is walked as `x[None]` with a remark.
        y: targets to compare with the output; None for none. They are taken as class ids where the model is compiled
            with a sparse loss, or where they are integers and the output has more than one value.

    Raises:
        TypeError: no Keras model, or `x` or `y` no numbers.
        ValueError: as `trace`.
    """
    double = Float64Model(model)
    rank, wanted = len(double.input_shape), double.input_shape[1:]
    array = as_array("x", x, kinds="biuf")
    fitting = array.ndim == rank - 1 and all(n in (None, m) for n, m in zip(wanted, array.shape, strict=True))
    advice = "give `x[None]`, as is walked here, and read the result as `[0]`"
    remarks = [f"x has no batch axis, shape {array.shape}: {advice}"] if fitting else []
    array = checked_input(double, array[None] if fitting else array)
    walk = _Walk(array.shape)
    double.run(array, seen=walk.add)
    output, target, fits = walk.steps[-1].shape, None, None
    if y is not None:
        targets = as_array("y", y, kinds="biuf")
        target = targets.shape
        misfit = fit_of_target(target, output, _sparse(model, targets, output), array.shape[1])
        fits = not misfit
        remarks += [f"{misfit}; it has shape {target}"] if misfit else []
    return Shapes(tuple(walk.steps), not fitting, target, fits, tuple(remarks))


def _sparse(model: Model, y: Any, output: Shape) -> bool:
    loss = getattr(model, "loss", None)
    if loss is not None:
        return "sparse" in str(getattr(loss, "name", getattr(loss, "__name__", loss))).lower()
    return bool(y.dtype.kind in "iu" and output[-1] > 1 and y.shape != output)


class _Walk:
    """The shapes so far, and what their axes mean."""

    def __init__(self, input_shape: Shape) -> None:
        self.time = input_shape[1]  # steps, while there are any
        self.steps: list[ShapeStep] = []
        self.last = "feature"
        self._add("x", "input", input_shape)

    def add(self, op: Operation, result: Tensor) -> None:
        shape = tuple(int(n) for n in result.shape)
        if isinstance(op, keras.layers.RNN | keras.layers.Bidirectional):
            inner = op.forward_layer if isinstance(op, keras.layers.Bidirectional) else op
            has_head = getattr(inner.cell, "output_size", None) not in (None, getattr(inner.cell, "units", None))
            self.last = "output" if has_head else "unit"
            self.time = shape[1] if inner.return_sequences else 0
        self.last = LAST_AXIS.get(type(op).__name__, self.last)
        self._add(op.name, type(op).__name__, shape)

    def _add(self, name: str, kind: str, shape: Shape) -> None:
        words = ["sample", "step", self.last]
        if len(shape) == 2:
            words = words[:2] if self.time and shape[1] == self.time else ["sample", self.last]
        words += ["value"] * (len(shape) - len(words))
        meaning = ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in zip(shape, words, strict=False))
        self.steps.append(ShapeStep(name, kind, shape, meaning))
