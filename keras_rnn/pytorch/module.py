"""A PyTorch module run on random input, its parts, and whether a Keras model of them answers as it does."""

import copy
import inspect
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import pairwise, permutations, product
from typing import Any

import numpy as np
import torch

from keras_rnn.core.arrays import Array
from keras_rnn.core.backend import keras
from keras_rnn.core.checks import received
from keras_rnn.core.parity import TOLERANCE
from keras_rnn.pytorch.forward import Recorder, Refused
from keras_rnn.pytorch.keras_layers import build
from keras_rnn.pytorch.parts import CONCATENATING, Activation, LeftOut, Part, Recurrent, is_chain, order, recurrent
from keras_rnn.pytorch.state_dict import parts_of

STEPS, BATCH = 5, 2  # of the random input
SMALLEST = 0.1  # a largest answer below this counts as this: float32 rounds what was added up on the way to it
_WRAPPERS = ("DataParallel", "DistributedDataParallel", "OptimizedModule")  # their only child is the module

Call = Callable[[Any, int], Any]  # input and batch → the answer


class NotRun(Exception):
    """A module that takes none of the inputs that were tried: why not."""


def compared_parts(module: Any, steps: int | None = None) -> tuple[list[Part], str | None]:
    """A module's parts, of which a Keras model answers as the module does.

    Args:
        steps: of the random input, if the module takes no other; None: `STEPS`.

    Returns:
        The parts, and which last step the module's forward takes, `"output"` or `"state"`, or None for all steps or
        where both are the same.

    Raises:
        NotRun: it needs other arguments, or gives no tensor.
        TypeError, ValueError: weights that are not taken; answers that differ, with what is left out.
    """
    while type(module).__name__ in _WRAPPERS:
        (module,) = module.children()
    parts, x, answers = _run(module, steps or STEPS)
    left = [part.name for part in parts if isinstance(part, LeftOut)]
    left += [name for name in _holders(module) if name not in ("", *(part.name for part in parts))]
    without = f"; left out: {', '.join(dict.fromkeys(left))}" if left else ""
    closest = np.inf
    for reading in filter(is_chain, _readings(parts)):
        every = _answers(build(reading, return_sequences=True), x)  # (batch, steps, outputs)
        forms: dict[str | None, Array] = {None: every, "output": every[:, -1]}
        if recurrent(reading)[-1].directions == 2:
            forms["state"] = _answers(build(reading, last="state"), x)
        for taken, ours in forms.items():
            difference = min(_difference(ours, theirs) for theirs in answers)
            if difference <= TOLERANCE:
                if left:
                    remark = f"A Keras model of {order(reading)} answers random input as `state` does{without}"
                    warnings.warn(remark, UserWarning, stacklevel=4)
                return reading, taken
            closest = min(closest, difference)
    found = f"differs by {closest:.2g} of the largest answer"
    if not np.isfinite(closest):
        found = "has answers of another size" if is_chain(parts) else "cannot be: their sizes do not fit"
    if not recurrent(parts):
        found = "has no recurrent part"
    raise ValueError(
        f"`state` must be a module that computes its parts one after the other. A Keras model of {order(parts)} "
        f"{found}{without}. Give its "
        f"recurrent part and write the rest in Keras; or its state_dict(), which is taken without a look at forward. "
        f"{received(type(module).__name__)}"
    )


def _holders(module: Any) -> list[str]:
    """The names of the modules that hold weights themselves."""
    names = (re.sub(r"\.parametrizations\..*", ".", name) for name, _ in module.named_parameters())
    return [name.rpartition(".")[0] for name in names]


def own_nonlinearity(module: Any) -> str | None:
    """What all of a module's nn.RNN and nn.RNNCell apply, if they say one and the same."""
    said = {part.nonlinearity for part in module.modules() if isinstance(part, torch.nn.RNN | torch.nn.RNNCell)}
    return said.pop() if len(said) == 1 else None


def _run(module: Any, steps: int) -> tuple[list[Part], Array, list[Array]]:
    """Parts, random input as Keras takes it, and the module's answers to it with either axis first."""
    failed: list[Exception] = []
    found: list[tuple[list[Part], Array, list[Array]]] = []
    with torch.no_grad(), torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        torch.manual_seed(0)
        warnings.simplefilter("ignore")  # the module's own, such as of softmax without dim
        try:
            module = copy.deepcopy(module).to("cpu", torch.float32).eval()
        except (RuntimeError, NotImplementedError, TypeError) as error:  # tensors of a training in it; "meta"
            raise NotRun(_in_words(error)) from error
        ways = product((BATCH, 1), (_whole(module), _stepwise(module)), _samples(module))
        for batch, call, sample in ways:
            try:
                one, x = sample(1, 1), sample(batch, steps)
                with Recorder(one, module) as recorder:
                    answer = call(one, 1)
                answers = list(_both_ways(call, x, batch))
            except Refused as refused:
                raise refused.__cause__ or refused from None
            except Exception as error:  # whatever a forward raises that was not written for this input
                failed.append(error)
                continue
            parts = recorder.parts(answer)
            if not all(map(np.array_equal, answers, _both_ways(call, x, batch))):
                parts.append(LeftOut("random numbers, two answers to one input being different"))
            array = x.numpy()
            found.append((parts, array.astype(np.int32) if array.dtype.kind == "i" else array, answers))
            if recurrent(parts):
                return found[-1]
    if not found:
        why = _in_words(failed[0]) if failed else "it has no weights that tell what it takes"
        raise NotRun(f"forward({', '.join(_arguments(module))}): {why}")
    recorded, x, answers = found[0]  # nothing recurrent is on the way to its answer, or nothing is seen, as of a script
    with suppress(ValueError):  # its own error is of what a state_dict holds
        parts, _ = parts_of(module, own_nonlinearity(module))
        recorded = [*parts, *(part for part in recorded if isinstance(part, LeftOut))]
    return recorded, x, answers


def _samples(module: Any) -> Iterator[Callable[[int, int], Any]]:
    """Random inputs that a module may take, by batch and steps: ids, or values of the widths that its weights have."""
    widths: list[int] = []
    for part in module.modules():
        if isinstance(part, torch.nn.Embedding):
            yield partial(_ids, part.num_embeddings)
        for name in ("input_size", "in_features"):
            if isinstance(width := getattr(part, name, None), int):
                widths += [width, width - getattr(part, "out_features", width)]  # of x alone, where it is [x, h]
        if isinstance(part, torch.nn.LayerNorm):
            widths.append(part.normalized_shape[-1])
    for width in dict.fromkeys(widths):
        if width > 0:
            yield partial(_values, width)


def _ids(count: int, batch: int, steps: int) -> Any:
    return torch.randint(count, (batch, steps))


def _values(width: int, batch: int, steps: int) -> Any:
    return torch.randn(batch, steps, width)


def _whole(module: Any) -> Call:
    """The module on a sequence at once, with states of zero if it asks for some."""
    needed = sum(_arguments(module).values())

    def call(x: Any, batch: int) -> Any:
        return _first(module(x, *([_zeros(module, batch)] if needed == 2 else [])))

    return call


def _stepwise(module: Any) -> Call:
    """The module on one step after the other, its state carried on."""

    def call(x: Any, batch: int) -> Any:
        state, outputs = _zeros(module, batch), []
        for t in range(x.shape[1]):
            result = module(x[:, t], state)
            if isinstance(result, torch.Tensor):  # a cell's output is its state
                output = state = result
            elif isinstance(module, torch.nn.LSTMCell):
                output, state = result[0], result
            else:
                output, state = result
            outputs.append(output)
        return outputs[0] if len(outputs) == 1 else torch.stack(outputs, 1)  # (batch, steps, outputs)

    return call


def _arguments(module: Any) -> dict[str, bool]:
    """Forward's positional arguments by name, and whether it cannot do without; of a script that tells none, none."""
    try:
        given = inspect.signature(module.forward).parameters.values()
    except ValueError:
        return {}
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return {each.name: each.default is inspect.Parameter.empty for each in given if each.kind in kinds}


def _zeros(module: Any, batch: int) -> Any:
    """States of zero, as the module's recurrent part has them; an LSTM has two."""
    for part in module.modules():
        if isinstance(part, torch.nn.RNNBase):
            zeros = torch.zeros(part.num_layers * (1 + part.bidirectional), batch, part.hidden_size)
            return (zeros, zeros) if isinstance(part, torch.nn.LSTM) else zeros
        if isinstance(part, torch.nn.RNNCellBase):
            zeros = torch.zeros(batch, part.hidden_size)
            return (zeros, zeros) if isinstance(part, torch.nn.LSTMCell) else zeros
    linear = [part for part in module.modules() if isinstance(part, torch.nn.Linear)]
    return torch.zeros(batch, linear[0].out_features)  # of the tutorial's i2h


def _both_ways(call: Call, x: Any, batch: int) -> Iterator[Array]:
    """Answers to (batch, steps, …) and to (steps, batch, …): which of them is meant, the comparison tells."""
    failed: list[Exception] = []
    for given in (x, x.swapaxes(0, 1)):
        try:
            answer = call(given, batch).numpy()
            if not np.isfinite(answer).all():
                raise ValueError("its answers to random numbers are not finite")
        except Exception as error:
            failed.append(error)
            continue
        yield from (answer, answer[-1]) if answer.ndim == 3 else (answer,)  # it could be h_n: its last layer
    if len(failed) == 2:
        raise failed[0]


def _first(result: Any) -> Any:
    while isinstance(result, list | tuple) and result:
        result = result[0]
    if not isinstance(result, torch.Tensor):
        raise TypeError(f"forward gives no tensor, but {type(result).__name__}")
    return result


def _readings(parts: list[Part]) -> Iterator[list[Part]]:
    """A function after a linear layer on [x, h] may be that of the state, or of what comes of it alone."""
    for place, (part, after) in enumerate(pairwise(parts)):
        if isinstance(part, Recurrent) and part.kind == CONCATENATING and isinstance(after, Activation):
            yield [*parts[:place], replace(part, nonlinearity=after.name), *parts[place + 2 :]]
    yield parts


def _answers(model: Any, x: Array) -> Array:
    return np.asarray(keras.ops.convert_to_numpy(model(x, training=False)))


def _difference(ours: Array, theirs: Array) -> float:
    """The largest, as a part of the largest answer; the axes may stand in another order, or be joined."""
    if ours.size != theirs.size:
        return float("inf")
    largest = max(float(np.abs(theirs).max()), SMALLEST)
    orders = (ours.transpose(axes) for axes in permutations(range(ours.ndim)))
    return min(float(np.nan_to_num(np.abs(our.ravel() - theirs.ravel()).max(), nan=np.inf)) for our in orders) / largest


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
