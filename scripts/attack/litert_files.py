"""Damaged `.tflite` files: with their checksum, without one, and with one made to fit."""

from __future__ import annotations

import functools
import itertools
import json
import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from trees import document, older, packed, set_data, set_document
from workers import Workers

OUTCOMES = ("refused", "same answer", "changed answer", "unstable answer", "undeclared", "crash", "hang", "memory")
BAD = OUTCOMES[OUTCOMES.index("unstable answer") :]
MEMORY = 500  # MB more than before
NAMES = ("char", "gs10/annual", "gs10/levels", "gs10/monthly")
STRANGE = (-(2**31), -(2**15), -2, -1, 0, 1, 2, 3, 5, 7, 64, 255, 2**15, 2**24, 2**31 - 1)
LIES = (None, True, "", "x", -1, 0, 1, 2, 1.5, 10**9, 10**400, [], [1.0], [[]], {}, "\ud800", "a" * 100_000)


def attacks(count: int, seed: int) -> Iterator[tuple[str, tuple[str], str]]:
    """So many damaged files, the kinds of damage in turn."""
    expected: dict[bytes, tuple[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder, Workers("litert_files", folder) as workers:
        for number in range(count):
            kind, content, sound = case(number, seed)
            if sound not in expected:
                (Path(folder) / "sound.tflite").write_bytes(sound)
                expected[sound] = workers.ask("sound.tflite")
                assert expected[sound][0] == "answer", expected[sound]
            path = Path(folder) / f"{number}.tflite"
            path.write_bytes(content)
            outcome, detail = workers.ask(path.name)
            path.unlink()
            if outcome == "answer":
                outcome, detail = ("same" if detail == expected[sound][1] else "changed") + " answer", ""
            yield kind, (outcome,), detail


def answers() -> Callable[[str], tuple[str, str]]:
    """A worker's: from a file's path."""
    from keras_rnn import runtime

    runtime.load(NAMES[0]).generate("he", 1)
    return _outcome


def _outcome(path: str) -> tuple[str, str]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        said = answer(path)
        outcome, detail = ("answer", said) if answer(path) == said else ("unstable answer", "")
    except ValueError as error:
        named = os.path.basename(path) in str(error) and type(error) is ValueError
        outcome, detail = ("refused" if named else "undeclared"), f"{type(error).__name__}: {str(error)[:150]}"
    except BaseException as error:
        outcome, detail = "undeclared", f"{type(error).__name__}: {str(error)[:150]}"
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    return ("memory", f"{grown} MB, {detail}"[:150]) if grown > MEMORY else (outcome, detail)


def replay(number: int, seed: int) -> str:
    """A case's answer, or what it raises."""
    _, content, _ = case(number, seed)
    Path("damaged.tflite").write_bytes(content)
    return answer("damaged.tflite")


def answer(path: str) -> str:
    """Every verb of a file, as text; what it depends on to some digits."""
    from keras_rnn import runtime

    model = runtime.load(path)
    found: list[Any] = [model.file.operators, model.file.dynamic_tensors, model.file.tensor_bytes]
    for name, specs in model.file.inputs.items():
        found.append(model.file.run(name, {key: np.zeros(shape, dtype) for key, (shape, dtype) in specs.items()}))
    if model.kind == "char":
        prompt = "hello world"[: max(2, model.window)]
        found += [model.generate(prompt, 20), model.generate(prompt, 9, temperature=2.0, seed=1)]
        stream = model.stream()
        found += [model.predict_next(prompt), [stream.push(character) for character in "world"]]
    else:
        values = [2.14, 0.89, 1.44, 2.95, 3.96, 4.21, 4.29][: model.window + 1]
        few = model.residuals is None or model.residuals.shape[1] < 5 or len(model.residuals) < 10
        forecast = model.forecast(values, 10, None if few else 80)
        found += [forecast.mean, dict(forecast.intervals)]
    return repr(_rounded(found))


def _rounded(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.floating | float):
        return np.round(np.asarray(value, np.float64), 4).tolist()
    if isinstance(value, dict):
        return sorted((str(key), _rounded(one)) for key, one in value.items())
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value


def case(number: int, seed: int) -> tuple[str, bytes, bytes]:
    """(kind, damaged file, sound file), which follow from a number and the seed."""
    kinds = list(itertools.product(_bases(), DAMAGES))
    protection, damage = kinds[number % len(kinds)]
    random = np.random.default_rng((seed, number))
    sound = _bases()[protection][random.integers(len(NAMES))]
    content = None
    while content is None or content == sound:
        content = DAMAGES[damage](sound, random)
    return f"{protection}: {damage}", _sealed(content) if protection == "forged" else content, sound


@functools.cache
def _bases() -> dict[str, list[bytes]]:
    """Sound files by how they are protected."""
    from keras_rnn.catalog.names import find

    sealed = [(find(name) / "model.tflite").read_bytes() for name in NAMES]
    return {"checksum": sealed, "none": [packed(older(one)) for one in sealed], "forged": sealed}


def _sealed(content: bytes) -> bytes:
    from keras_rnn.core.checksum import MARK, SIZE, with_checksum

    at = content.find(MARK) + len(MARK)
    return with_checksum(content[:at] + bytes(SIZE) + content[at + SIZE :]) if at >= len(MARK) else content


# bytes


def _bit(content: bytes, random: Any) -> bytes:
    return _bits(content, random, 1)


def _bits(content: bytes, random: Any, count: int = 8) -> bytes:
    data = bytearray(content)
    for place in random.integers(len(data) * 8, size=count):
        data[place // 8] ^= 1 << int(place % 8)
    return bytes(data)


def _run(content: bytes, random: Any) -> bytes:
    at, length = random.integers(len(content)), random.integers(1, 65)
    filler = random.bytes(length) if random.random() < 0.5 else bytes([random.choice([0, 255])]) * length
    return (content[:at] + filler + content[at + length :])[: len(content)]


def _cut(content: bytes, random: Any) -> bytes:
    return content[: random.integers(len(content))]


def _swap(content: bytes, random: Any) -> bytes:
    length = int(random.integers(4, 257))
    a, b = sorted(random.integers(0, len(content) - 2 * length, size=2).tolist())
    b = max(b, a + length)
    one, other = content[a : a + length], content[b : b + length]
    return content[:a] + other + content[a + length : b] + one + content[b + length :]


def _header(content: bytes, random: Any) -> bytes:
    data = bytearray(content)
    data[random.integers(64)] = random.integers(256)
    return bytes(data)


# what the file says, through its object tree


def _tree(change: Any) -> Any:
    def damage(content: bytes, random: Any) -> bytes | None:
        from keras_rnn.litert.flatbuffer import tree_of

        model = tree_of(content)
        try:
            change(model, random)
            return packed(model)
        except Exception:  # what cannot be written is no file
            return None

    return damage


def _pick(random: Any, some: Any) -> Any:
    return some[random.integers(len(some))]


def _subgraph(model: Any, random: Any) -> Any:
    return _pick(random, model.subgraphs)


def _number(random: Any, size: int) -> int:
    """An index that may be there, may be near, or is strange."""
    return int(random.integers(-2, size + 2)) if random.random() < 0.7 else int(_pick(random, STRANGE))


def _constants(model: Any, kind: int) -> list[int]:
    tensors = [tensor for subgraph in model.subgraphs for tensor in subgraph.tensors if tensor.type == kind]
    return sorted({int(t.buffer) for t in tensors if model.buffers[t.buffer].data is not None})


def _weights(model: Any, random: Any) -> None:
    buffer = _pick(random, _constants(model, 0))
    values = np.frombuffer(bytes(model.buffers[buffer].data), np.float32).copy()
    values[random.integers(len(values))] = _pick(random, [np.nan, np.inf, -np.inf, 0, 1e38, -1, random.normal()])
    set_data(model, buffer, (values if random.random() < 0.7 else -values).tobytes())


def _integers(model: Any, random: Any) -> None:
    buffer = _pick(random, _constants(model, 2))
    values = np.frombuffer(bytes(model.buffers[buffer].data), np.int32).copy()
    values[random.integers(len(values))] = _number(random, 8)
    set_data(model, buffer, values.tobytes())


def _options(model: Any, random: Any) -> None:
    operator = _pick(random, [o for s in model.subgraphs for o in s.operators if o.builtinOptions is not None])
    if random.random() < 0.2:
        operator.builtinOptionsType = int(random.integers(127))
    elif random.random() < 0.1:
        operator.builtinOptions, operator.builtinOptionsType = None, 0
    else:
        field = _pick(random, sorted(vars(operator.builtinOptions)))
        setattr(operator.builtinOptions, field, _number(random, 8))


def _types(model: Any, random: Any) -> None:
    if random.random() < 0.5:
        _pick(random, _subgraph(model, random).operators).opcodeIndex = abs(_number(random, len(model.operatorCodes)))
    else:
        code = _pick(random, model.operatorCodes)
        code.builtinCode = int(random.integers(210))
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)


def _wiring(model: Any, random: Any) -> None:
    subgraph = _subgraph(model, random)
    operator = _pick(random, subgraph.operators)
    places = [int(i) for i in (operator.inputs if random.random() < 0.6 else operator.outputs)]
    changed = list(places)
    if random.random() < 0.2:
        del changed[random.integers(len(changed))]
    elif random.random() < 0.1:
        changed.append(_number(random, len(subgraph.tensors)))
    else:
        changed[random.integers(len(changed))] = _number(random, len(subgraph.tensors))
    if places == [int(i) for i in operator.inputs]:
        operator.inputs = changed
    else:
        operator.outputs = changed


def _tensors(model: Any, random: Any) -> None:
    tensor = _pick(random, _subgraph(model, random).tensors)
    what = random.random()
    if what < 0.5:
        shape = [] if tensor.shape is None else [int(n) for n in tensor.shape]
        if shape and random.random() < 0.7:
            shape[random.integers(len(shape))] = _number(random, 25)
        else:
            shape = [int(n) for n in random.integers(0, 9, size=random.integers(12))]
        tensor.shape = shape
    elif what < 0.7:
        tensor.type = int(random.integers(22))
    elif what < 0.9:
        tensor.buffer = abs(_number(random, len(model.buffers)))
    else:
        tensor.isVariable = True


def _buffers(model: Any, random: Any) -> None:
    buffer = _pick(random, [b for b in model.buffers if b.data is not None])
    data = bytes(buffer.data)
    changed = _pick(random, [data[:-1], data[: len(data) // 2], data + bytes(4), data[::-1], b"\0"])
    buffer.data = np.frombuffer(changed, np.uint8)


def _subgraphs(model: Any, random: Any) -> None:
    signature, subgraph = _pick(random, model.signatureDefs), _subgraph(model, random)
    what = random.random()
    if what < 0.25:
        signature.subgraphIndex = abs(_number(random, len(model.subgraphs)))
    elif what < 0.5:
        entry = _pick(random, [*signature.inputs, *signature.outputs])
        entry.tensorIndex = abs(_number(random, len(subgraph.tensors)))
    elif what < 0.65:
        _pick(random, [*signature.inputs, *signature.outputs]).name = _pick(random, [b"\xff", b"", b"x", None])
    elif what < 0.85:
        side = "inputs" if random.random() < 0.5 else "outputs"
        places = [int(i) for i in getattr(subgraph, side)]
        places[random.integers(len(places))] = _number(random, len(subgraph.tensors))
        setattr(subgraph, side, places)
    else:
        del model.subgraphs[random.integers(len(model.subgraphs))]


def _loops(model: Any, random: Any) -> None:
    whiles = [o for s in model.subgraphs for o in s.operators if hasattr(o.builtinOptions, "bodySubgraphIndex")]
    if whiles and random.random() < 0.5:
        field = _pick(random, ["condSubgraphIndex", "bodySubgraphIndex"])
        setattr(_pick(random, whiles).builtinOptions, field, _number(random, len(model.subgraphs)))
    else:
        body = _pick(random, model.subgraphs[1:])
        side = "inputs" if random.random() < 0.5 else "outputs"
        setattr(body, side, [int(i) for i in random.permutation([*getattr(body, side), random.integers(8)])])


def _values(model: Any, random: Any) -> None:
    told = json.loads(document(model))
    place = _pick(random, [told, told["settings"], told["card"]])
    key = _pick(random, sorted(place))
    if random.random() < 0.2:
        del place[key]
    else:
        place[key] = _pick(random, LIES)
    set_document(model, json.dumps(told).encode())


def _lies(model: Any, random: Any) -> None:
    told = json.loads(document(model))
    settings = told["settings"]
    what = random.integers(4)
    if what == 0:
        told["window"] = int(random.integers(1, 12))
    elif what == 1:
        told["kind"] = _pick(random, ["char", "gs10", "series"])
    elif what == 2:
        told["ahead"] = _pick(random, [None, 1, 8, 9, 10, 16])
    elif "vocabulary" in settings:
        known = settings["vocabulary"]
        settings["vocabulary"] = _pick(random, [known[::-1], "ab", "\ufffd" + known[1:]])
        settings["carried"] = bool(random.random() < 0.5)
    else:
        settings["residuals"] = _pick(random, [[[0.1]], [[1e308] * 20], [[-1.0]], None])
        settings["low"] = _pick(random, [None, 2.0, [1.0]])
    set_document(model, json.dumps(told).encode())


def _document_bytes(model: Any, random: Any) -> None:
    data = document(model)
    deep = b'{"schema":1,"settings":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    changed = _pick(random, [_bits(data, random, 3), _run(data, random), _cut(data, random), deep, b"", b"\xff\xfe"])
    set_document(model, changed)


DAMAGES: dict[str, Any] = {
    "bit": _bit, "bits": _bits, "run of bytes": _run, "truncated": _cut, "blocks swapped": _swap, "header": _header,
    "weights": _tree(_weights), "indices": _tree(_integers), "options": _tree(_options), "operators": _tree(_types),
    "wiring": _tree(_wiring), "tensors": _tree(_tensors), "buffers": _tree(_buffers), "subgraphs": _tree(_subgraphs),
    "loops": _tree(_loops), "metadata values": _tree(_values), "metadata lies": _tree(_lies),
    "metadata bytes": _tree(_document_bytes),
}  # fmt: skip
