"""Damaged `.tflite` files: with their checksum, without one, and with one made to fit."""

from __future__ import annotations

import functools
import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from workers import OUTCOMES, attacked

BAD = OUTCOMES[OUTCOMES.index("unstable answer") :]
NAMES = ("char", "gs10/annual", "gs10/levels", "gs10/monthly")
STRANGE = (-(2**31), -(2**15), -2, -1, 0, 1, 2, 3, 5, 7, 64, 255, 2**15, 2**24, 2**31 - 1)
LIES = (None, True, "", "x", -1, 0, 1, 2, 1.5, 10**9, 10**400, [], [1.0], [[]], {}, "\ud800", "a" * 100_000)


def run(count: int, seed: int, keep: str | None = None) -> list[dict[str, Any]]:
    """So many damaged files; a row for each kind of damage."""
    found: dict[str, Counter[str]] = {}
    for kind, outcome, detail in attacked("litert_files", cases(count, seed), keep, BAD):
        found.setdefault(kind, Counter())[outcome] += 1
        if outcome in BAD:
            print(f"{kind}: {outcome} {detail}", file=sys.stderr)
    return [{"what": kind} | {one: counts[one] for one in OUTCOMES} for kind, counts in sorted(found.items())]


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


def cases(files: int, seed: int) -> Iterator[tuple[str, str, bytes, bytes]]:
    """(kind, ending, damaged file, sound file), the kinds in turn."""
    bases = _bases()
    turns = itertools.cycle(itertools.product(bases, DAMAGES))
    for number, (protection, damage) in zip(range(files), turns, strict=False):
        random = np.random.default_rng((seed, number))
        sound = bases[protection][random.integers(len(NAMES))]
        content = None
        while content is None or content == sound:
            content = DAMAGES[damage](sound, random)
        if protection == "forged":
            content = _sealed(content)
        yield f"{protection}: {damage}", ".tflite", content, sound


@functools.cache
def _bases() -> dict[str, list[bytes]]:
    """Sound files by how they are protected."""
    from keras_rnn.catalog.names import find

    sealed = [(find(name) / "model.tflite").read_bytes() for name in NAMES]
    return {"checksum": sealed, "none": [_without_checksum(one) for one in sealed], "forged": sealed}


def _without_checksum(content: bytes) -> bytes:
    """As an earlier version wrote it."""
    from keras_rnn.core.checksum import NAME

    model = _parsed(content)
    checksum = next(entry for entry in model.metadata if entry.name == NAME.encode())
    model.metadata.remove(checksum)
    model.buffers[checksum.buffer].data = None
    document = _document(model)
    _set_data(model, _document_buffer(model), json.dumps(json.loads(document) | {"schema": 1}).encode())
    return _packed(model)


def _sealed(content: bytes) -> bytes:
    from keras_rnn.core.checksum import MARK, SIZE, with_checksum

    at = content.find(MARK) + len(MARK)
    return with_checksum(content[:at] + bytes(SIZE) + content[at + SIZE :]) if at >= len(MARK) else content


def _parsed(content: bytes) -> Any:
    from ai_edge_litert.tools.flatbuffer_utils import read_model_from_bytearray

    return read_model_from_bytearray(bytearray(content))


def _packed(model: Any) -> bytes:
    from ai_edge_litert.tools.flatbuffer_utils import convert_object_to_bytearray

    return bytes(convert_object_to_bytearray(model))


def _document_buffer(model: Any) -> int:
    return int(next(entry.buffer for entry in model.metadata if entry.name == b"keras_rnn"))


def _document(model: Any) -> bytes:
    return bytes(model.buffers[_document_buffer(model)].data)


def _set_data(model: Any, buffer: int, data: bytes) -> None:
    model.buffers[buffer].data = np.frombuffer(data, np.uint8)


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
        model = _parsed(content)
        try:
            change(model, random)
            return _packed(model)
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
    _set_data(model, buffer, (values if random.random() < 0.7 else -values).tobytes())


def _integers(model: Any, random: Any) -> None:
    buffer = _pick(random, _constants(model, 2))
    values = np.frombuffer(bytes(model.buffers[buffer].data), np.int32).copy()
    values[random.integers(len(values))] = _number(random, 8)
    _set_data(model, buffer, values.tobytes())


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
    document = json.loads(_document(model))
    place = _pick(random, [document, document["settings"], document["card"]])
    key = _pick(random, sorted(place))
    if random.random() < 0.2:
        del place[key]
    else:
        place[key] = _pick(random, LIES)
    _set_data(model, _document_buffer(model), json.dumps(document).encode())


def _lies(model: Any, random: Any) -> None:
    document = json.loads(_document(model))
    settings = document["settings"]
    what = random.integers(4)
    if what == 0:
        document["window"] = int(random.integers(1, 12))
    elif what == 1:
        document["kind"] = _pick(random, ["char", "gs10", "series"])
    elif what == 2:
        document["ahead"] = _pick(random, [None, 1, 8, 9, 10, 16])
    elif "vocabulary" in settings:
        known = settings["vocabulary"]
        settings["vocabulary"] = _pick(random, [known[::-1], "ab", "\ufffd" + known[1:]])
        settings["carried"] = bool(random.random() < 0.5)
    else:
        settings["residuals"] = _pick(random, [[[0.1]], [[1e308] * 20], [[-1.0]], None])
        settings["low"] = _pick(random, [None, 2.0, [1.0]])
    _set_data(model, _document_buffer(model), json.dumps(document).encode())


def _document_bytes(model: Any, random: Any) -> None:
    data = _document(model)
    deep = b'{"schema":1,"settings":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    changed = _pick(random, [_bits(data, random, 3), _run(data, random), _cut(data, random), deep, b"", b"\xff\xfe"])
    _set_data(model, _document_buffer(model), changed)


DAMAGES: dict[str, Any] = {
    "bit": _bit, "bits": _bits, "run of bytes": _run, "truncated": _cut, "blocks swapped": _swap, "header": _header,
    "weights": _tree(_weights), "indices": _tree(_integers), "options": _tree(_options), "operators": _tree(_types),
    "wiring": _tree(_wiring), "tensors": _tree(_tensors), "buffers": _tree(_buffers), "subgraphs": _tree(_subgraphs),
    "loops": _tree(_loops), "metadata values": _tree(_values), "metadata lies": _tree(_lies),
    "metadata bytes": _tree(_document_bytes),
}  # fmt: skip
