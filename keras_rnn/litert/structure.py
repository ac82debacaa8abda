"""Whether a `.tflite` file's parts fit each other: what native code takes on trust, and crashes on.

The interpreter verifies that all offsets lie within the file, but few of the indices: of tensors, buffers, operators,
subgraphs and signatures. Checked besides: each tensor is written once, before it is read, or is a constant or an input;
constants are as large as their shapes say; what is computed is no larger than a file of that size has use for; no
subgraph runs itself; a loop's subgraphs take and give what the loop does, and one that counts comes to its end; a slice
that takes one place of an axis takes one that is there, which no kernel looks at; and operators have the inputs and
options that kernels or XNNPACK do not look for.
"""

import math
import struct

from keras_rnn.litert.tables import Table, root_of

BITS = {0: 32, 1: 16, 2: 32, 3: 8, 4: 64, 6: 8, 7: 16, 8: 64, 9: 8, 10: 64, 11: 128, 12: 64, 15: 32, 16: 16, 18: 16}
RANKS = 8  # more axes than any kernel takes
UNSIZED = (5, 13, 14, 17, 19)  # strings, resources, variants, and the packed ones of 4 and 2 bits
INT32, BOOL, RESOURCE = 2, 6, 13
STRIDED_SLICE, SPLIT, SLICE, IF, WHILE, CALL_ONCE, VAR_HANDLE = 45, 49, 65, 118, 119, 129, 142
ADD, MUL, LESS, COMPARISONS = 0, 18, 58, (58, 61, 62, 63, 71, 72)
RELU = 1  # the one activation that leaves a rising counter alone
INPUTS = {STRIDED_SLICE: 4, SPLIT: 2, SLICE: 3}
LSTMS = (16, 44, 52)  # whose second input may be left out
OPTIONAL = (*LSTMS, 3, 4, 9, 27, 32, 46, 67, 132, 141)  # kinds of which a later one may: biases, and custom ones'
SPLIT_OPTIONS = 35
# StableHLO's and others, whose kernels read their options from a second place, whether they are there or not
WITH_OPTIONS_2 = {*range(169, 175), 190, 191, 193, *range(195, 207), 209}
MOST_ROUNDS = 2**20  # of a loop
LARGEST, LARGEST_BY_FILE = 2**27, 50  # bytes of a tensor: so many, and so many for each of the file's


Spec = tuple[int, tuple[int, ...] | None]


class Subgraph:
    """A subgraph's inputs, outputs and tensors, each checked to be there.

    Attributes:
        specs: type and shape by tensor, None where it is free.
        largest: bytes of a tensor.
        kinds: of its operators.
        runs: subgraphs that they run.
    """

    def __init__(self, table: Table, codes: list[int], buffers: list[Table], sizes: list[int]) -> None:
        self.tensors = table.tables(0)
        self.inputs, self.outputs = table.numbers(1), table.numbers(2)
        self.operators = table.tables(3)
        self.kinds = [codes[operator.number(0, "I")] for operator in self.operators]
        self.runs: set[int] = set()
        self.specs: list[Spec] = []
        self.largest = 0
        count, self._constant = len(self.tensors), set()
        self._buffers = buffers
        for i, tensor in enumerate(self.tensors):
            shape, kind, buffer = tensor.numbers(0), tensor.number(1, "B"), tensor.number(2, "I")
            tensor.string(3).decode()
            self.specs.append((kind, None if -1 in tensor.numbers(7) else shape))
            if buffer >= len(buffers):
                raise ValueError(f"a tensor in buffer {buffer} of {len(buffers)}")
            if (kind not in BITS and kind not in UNSIZED) or len(shape) > RANKS or (shape and min(shape) < 0):
                raise ValueError(f"a tensor of type {kind} and shape {shape[:RANKS]}")
            size = math.prod(shape) * BITS.get(kind, 0) // 8
            if sizes[buffer] or tensor.number(5, "?"):  # or a variable, which lasts from call to call
                self._constant.add(i)
                if sizes[buffer] not in (0, size) and kind in BITS and tensor.table(6) is None:  # of sparse ones
                    raise ValueError(f"a constant of {sizes[buffer]:,} bytes, whose shape takes {size:,}")
            if size > self.largest:
                self.largest = size
        for i in (*self.inputs, *self.outputs):
            if not 0 <= i < count:
                raise ValueError(f"an input or output that is tensor {i} of {count}")

    def check(self, subgraphs: "list[Subgraph]") -> None:
        """Its operators: what they take and give, and what they run."""
        count, known = len(self.tensors), self._constant | {-1}  # -1: an input that may be left out is
        for i in self.inputs:
            if i in known:
                raise ValueError(f"tensor {i} as an input twice, or a constant")
            known.add(i)
        for kind, operator in zip(self.kinds, self.operators, strict=True):
            takes, gives = operator.numbers(1), operator.numbers(2)
            if not known.issuperset(takes):
                raise ValueError(f"an operator that reads tensors {takes} of {count} before they are written")
            for i in gives:
                if not 0 <= i < count or i in known:
                    raise ValueError(f"an operator that writes tensor {i} of {count}, a constant or written already")
                known.add(i)
            if any(not -1 <= i < count for i in operator.numbers(8)):
                raise ValueError("an operator's intermediate tensor that is not there")
            left_out = -1 in takes and (kind not in OPTIONAL or (-1 in takes[:2] and kind not in LSTMS))
            if left_out or len(takes) != INPUTS.get(kind, len(takes)):
                raise ValueError(f"an operator that reads tensors {takes}, too few")
            if kind in WITH_OPTIONS_2 and not operator.number(11, "B"):
                raise ValueError(f"an operator of kind {kind} without options")
            if kind == STRIDED_SLICE:
                self._check_slice(operator, takes)
            elif kind == SPLIT:
                options = operator.table(4) if operator.number(3, "B") == SPLIT_OPTIONS else None
                if options is None or options.number(0, "i") != len(gives):
                    raise ValueError(f"a split into another number of tensors than {len(gives)}")
            elif kind in COMPARISONS and any(self.specs[i][0] != BOOL for i in gives):
                raise ValueError("a comparison that gives no booleans")
            elif kind == VAR_HANDLE and any(self.specs[i][0] != RESOURCE for i in gives):  # an address, as numbers
                raise ValueError("a variable that is none")
            elif kind in (IF, WHILE, CALL_ONCE):
                self._check_control(kind, operator, takes, gives, subgraphs)
        if not known.issuperset(self.outputs):
            raise ValueError(f"outputs {self.outputs} that nothing writes")

    def _check_slice(self, operator: Table, takes: tuple[int, ...]) -> None:
        options = operator.table(4)
        if options is None:
            raise ValueError(f"a slice of tensors {takes} without options")
        shape, places = self.specs[takes[0]][1], self.integers(takes[1])
        begin_mask, end_mask, ellipsis, new_axis, shrink = (options.number(field, "i") for field in range(5))
        if options.number(5, "?"):  # ends are lengths, which no kernel holds against the axis
            ends = zip(places, self.integers(takes[2]), shape or (), strict=False)
            if begin_mask or end_mask or any(place < 0 or place + length > size for place, length, size in ends):
                raise ValueError("a slice by lengths that go beyond their axes")
        taken = 0 if ellipsis or new_axis else shrink & ~begin_mask  # by axis
        for axis, (place, size) in enumerate(zip(places, shape or (), strict=False)):
            if taken >> axis & 1 and not -size <= place < size:
                raise ValueError(f"a slice that takes place {place} of {size}")

    def integers(self, place: int) -> tuple[int, ...]:
        """The values of an int32 constant; none of another tensor."""
        if place not in self._constant or self.specs[place][0] != INT32:
            return ()
        data = self._buffers[self.tensors[place].number(2, "I")].string(0)
        return struct.unpack(f"<{len(data) // 4}i", data)

    def _check_control(
        self, kind: int, operator: Table, takes: tuple[int, ...], gives: tuple[int, ...], subgraphs: "list[Subgraph]"
    ) -> None:
        options = operator.table(4)
        places = [options.number(i, "i") for i in range(1 if kind == CALL_ONCE else 2)] if options else []
        if not places or not all(0 <= place < len(subgraphs) for place in places):
            raise ValueError(f"an operator that runs subgraphs {places} of {len(subgraphs)}")
        self.runs.update(places)
        given, wanted = self._of(takes), self._of(gives)
        for number, place in enumerate(places):
            other = subgraphs[place]
            into, out = other._of(other.inputs), other._of(other.outputs)
            if kind == WHILE:
                gives_right = _fit(out, given) if number else [one for one, _ in out] == [BOOL]
                fits = _fit(into, given) and _fit(given, wanted) and gives_right
            elif kind == IF:
                fits = given[0][0] == BOOL and _fit(into, given[1:]) and _fit(out, wanted)
            else:
                fits = not (into or out)
            if not fits:
                raise ValueError(f"a loop or branch whose subgraph {place} takes or gives something else")
        if kind == WHILE:
            _check_count(subgraphs[places[0]], subgraphs[places[1]])

    def _of(self, places: tuple[int, ...]) -> list[Spec]:
        return [self.specs[i] for i in places]


def _fit(some: list[Spec], others: list[Spec]) -> bool:
    return len(some) == len(others) and all(
        one == other and (shape == wanted or shape is None or wanted is None)
        for (one, shape), (other, wanted) in zip(some, others, strict=True)
    )


def check_structure(content: bytes, bounded: bool = True) -> None:
    """Raise a ValueError that says what does not fit; where reading goes astray, a struct.error or an IndexError.

    `bounded`: whether to hold the tensors' sizes against the file's, too.
    """
    root = root_of(content)
    codes = [max(code.number(0, "b"), code.number(3, "i")) for code in root.tables(1)]
    buffers = root.tables(4)
    sizes = [_size(buffer, len(content)) for buffer in buffers]
    subgraphs = [Subgraph(table, codes, buffers, sizes) for table in root.tables(2)]
    if bounded and any(subgraph.largest > LARGEST + LARGEST_BY_FILE * len(content) for subgraph in subgraphs):
        raise ValueError(f"{len(content):,} bytes for a tensor of {max(one.largest for one in subgraphs):,}")
    for subgraph in subgraphs:
        subgraph.check(subgraphs)
    _check_runs(subgraphs)
    _check_signatures(root.tables(7), subgraphs)
    metadata = root.tables(6)
    _check_names("metadata", metadata, 0)
    if any(entry.number(1, "I") >= len(buffers) for entry in metadata):
        raise ValueError("metadata in a buffer that is not there")


def _size(buffer: Table, most: int) -> int:
    """A buffer's bytes, which may lie behind the flatbuffer in large files."""
    offset, size = buffer.number(1, "Q"), buffer.number(2, "Q")
    if offset + size > most:
        raise IndexError
    return size if offset > 1 else buffer.length(0)


def _check_count(condition: Subgraph, body: Subgraph) -> None:
    """A loop that counts, as all of this package's do: while i < bound, i + step. It must come to an end, and soon."""
    if condition.kinds != [LESS]:
        return
    counter, end = condition.operators[0].numbers(1)
    bounds = condition.integers(end)
    if counter not in condition.inputs or not bounds:
        return
    place = condition.inputs.index(counter)
    own, new = body.inputs[place], body.outputs[place]
    for kind, operator in zip(body.kinds, body.operators, strict=True):
        if operator.numbers(2) == (new,):
            takes = operator.numbers(1)
            others = [i for i in takes if i != own]
            steps = [step for i in others for step in body.integers(i)]
            options = operator.table(4)
            clipped = kind == ADD and options is not None and options.number(0, "b") > RELU
            if kind == ADD and steps and (steps[0] < 1 or bounds[0] > MOST_ROUNDS * steps[0]):
                raise ValueError(f"a loop up to {bounds[0]:,} by steps of {steps[0]}")
            rises = own in takes and not clipped and (kind == ADD or (kind == MUL and steps > [1]))
            if len(steps) == len(others) and not rises:
                raise ValueError(f"a loop up to {bounds[0]:,} whose counter does not rise")
    if own == new:
        raise ValueError(f"a loop up to {bounds[0]:,} whose counter stays")


def _check_runs(subgraphs: list[Subgraph]) -> None:
    """No subgraph runs one that runs it."""
    done: set[int] = set()
    while len(done) < len(subgraphs):
        ready = {i for i, subgraph in enumerate(subgraphs) if i not in done and subgraph.runs <= done}
        if not ready:
            raise ValueError("a subgraph that runs itself")
        done |= ready


def _check_signatures(signatures: list[Table], subgraphs: list[Subgraph]) -> None:
    _check_names("signatures", signatures, 2)
    for signature in signatures:
        place = signature.number(4, "I")
        if place >= len(subgraphs):
            raise ValueError(f"a signature of subgraph {place} of {len(subgraphs)}")
        for field, wanted in enumerate((subgraphs[place].inputs, subgraphs[place].outputs)):
            entries = signature.tables(field)
            _check_names("inputs or outputs", entries, 0)
            if {entry.number(1, "I") for entry in entries} != set(wanted):
                raise ValueError("a signature of other inputs or outputs than its subgraph's")


def _check_names(what: str, tables: list[Table], field: int) -> None:
    names = [table.string(field).decode() for table in tables]
    if len(set(names)) < len(names) or not all(names):
        raise ValueError(f"{what} called {', '.join(map(repr, names))}")
