"""What a Keras model of the user's own is for: a text's next character, or a series' next values.

Its files then have the signatures' names and the settings of this package's own models, so that the runtime knows what
to do with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from keras_rnn.core.checks import check_choice, received
from keras_rnn.litert.names import Names
from keras_rnn.series.dates import FREQUENCIES
from keras_rnn.series.history import check_residuals
from keras_rnn.text.vocabulary import check_characters

if TYPE_CHECKING:  # the purpose itself is checked before TensorFlow starts
    from keras_rnn.litert.convert import Conversion
    from keras_rnn.rnn.model import RecurrentModel


@dataclass(frozen=True)
class Purpose:
    """What a model is for.

    Attributes:
        kind: as in a file's metadata, or None for any other model.
        names: of its input and output.
        settings: as in the metadata.
    """

    kind: str | None = None
    names: Names = field(default_factory=Names)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def settings_of(self, conversion: Conversion) -> dict[str, Any]:
        """All settings, once the model's shapes are known.

        Raises:
            ValueError: a model of other inputs or outputs than the purpose has.
        """
        inputs, outputs = conversion.inputs.inputs, conversion.traced.outputs
        takes = ", ".join(f"{one.name} {one.dtype} {one.shape}" for one in inputs)
        found = f"Received: {takes} → {', '.join(f'{name} {shape}' for name, shape in outputs.items())}"
        if self.kind == "zero_shot":
            return dict(self.settings)
        given, answer = inputs[0].shape, next(iter(outputs.values()))
        one_each = len(inputs) == len(outputs) == 1
        if self.kind == "char":
            size = len(self.settings["vocabulary"])
            if (
                not one_each
                or inputs[0].ids is None
                or len(given) != 2
                or answer[1:] not in ((size,), (given[1], size))
            ):
                raise ValueError(
                    f"`model` must take ids (batch, steps) and give logits (batch, {size}), or (batch, steps, {size}), "
                    f"for a `vocabulary` of {size} characters. {found}"
                )
            has_step = "step" in conversion.signatures
            if self.settings.get("carried") and not has_step:
                why = conversion.traced.why_no_step or f"signatures {', '.join(conversion.signatures)}"
                raise ValueError(f"`model` must have the signature step to carry its state on. Received: {why}")
            return {"carried": has_step, **self.settings}
        stepping = conversion.traced.stepping  # which has shown that a longer answer is one for every step
        every_step = stepping is not None and stepping.outputs.get(self.names.output) is not None
        if (
            not one_each
            or inputs[0].dtype != "float32"
            or len(given) not in (2, 3)
            or not (len(answer) == 2 or (every_step and answer[1:] == (given[1], 1)))
        ):
            raise ValueError(
                f"`model` must take float32 values (batch, window[, features]) and give the next, (batch, periods) "
                f"or step by step (batch, window, 1), with a `unit` and the like. {found}"
            )
        features, columns = (given[2] if len(given) == 3 else 1), self.settings["columns"]
        if columns is not None and len(columns) != features:
            raise ValueError(f"`columns` must be {features}, the model's features. {received(columns)}")
        return {**self.settings, "features": features}


def purpose_of(
    vocabulary: Any = None,
    unit: str | None = None,
    frequency: str | None = None,
    columns: Sequence[str] | None = None,
    residuals: ArrayLike | None = None,
) -> Purpose:
    """The purpose that the arguments of `to_litert` and `export` name.

    Raises:
        TypeError, ValueError: an argument of the wrong kind, or a vocabulary with any of the others.
    """
    series = {"unit": unit, "frequency": frequency, "columns": columns, "residuals": residuals}
    named = [name for name, value in series.items() if value is not None]
    if vocabulary is not None:
        if named:
            raise ValueError(
                f"`vocabulary` must be None with {', '.join(named)}, of a forecaster. {received(vocabulary)}"
            )
        characters = check_characters(vocabulary)
        return Purpose("char", Names("ids", "ids", "logits", len(characters)), {"vocabulary": characters})
    if not named:
        return Purpose()
    check_choice("frequency", frequency, (None, *FREQUENCIES))
    if not isinstance(unit, str | None):
        raise TypeError(f"`unit` must be a string. {received(unit)}")
    if columns is not None and (isinstance(columns, str) or not all(isinstance(name, str) for name in columns)):
        raise TypeError(f"`columns` must be names. {received(columns)}")
    settings = {
        "unit": unit,
        "frequency": frequency,
        "scaling": "none",  # whatever there is of it is inside the model
        "low": None,
        "high": None,
        "residuals": None if residuals is None else check_residuals(residuals).tolist(),
        "columns": None if columns is None else list(columns),
        "trained_to": None,
    }
    return Purpose("series", Names("history", "x", "prediction"), settings)


def purpose_of_own(model: RecurrentModel) -> Purpose:
    """That of a model of this package."""
    if model.kind == "char":
        settings = {"carried": model.carried, **model.settings()}
        return Purpose("char", Names("ids", "ids", "logits", model.id_count), settings)
    if model.kind == "zero_shot":
        return Purpose(model.kind, Names(output="quantiles"), model.settings())
    return Purpose(model.kind, Names("history", "x", "prediction"), model.settings())


def purpose_in(document: Mapping[str, Any] | None) -> Purpose:
    """The purpose that a file's metadata name."""
    if document is None:
        return Purpose()
    names = ("vocabulary",) if document["kind"] == "char" else ("unit", "frequency", "columns", "residuals")
    given = {name: document["settings"][name] for name in names}
    if document["kind"] != "char" and all(value is None for value in given.values()):
        given["unit"] = ""
    return purpose_of(**given)
