"""Files that do not fit together are refused before native code reads them; each of these crashed it, or worse."""

import numpy as np
import pytest
from helpers import older_tree, operator, write_tree

from keras_rnn.catalog.names import find, zoo_names
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.litert.structure import check_structure
from keras_rnn.runtime import load

CONCATENATION, FULLY_CONNECTED = 2, 9
SUB, STRIDED_SLICE, SPLIT, LESS, WHILE, VAR_HANDLE, STABLEHLO_GATHER, RELU6 = 41, 45, 49, 58, 119, 142, 201, 3


@pytest.mark.parametrize("name", [str(name) for name in zoo_names()])
def test_the_zoos_files_are_sound(name):
    for path in find(name).glob("*.tflite"):
        check_structure(path.read_bytes())


def test_a_file_without_a_checksum_answers_the_same(tmp_path):
    for name in ("gs10/annual/simple_rnn", "char/hello_world/simple_rnn"):
        path = write_tree(older_tree(name), tmp_path / "older.tflite")
        older, shipped = load(path), load(name)
        assert not older.file.has_checksum
        assert shipped.file.has_checksum
        if shipped.kind == "char":
            assert older.generate("he", 20) == shipped.generate("he", 20)
            assert older.predict_next("he") == pytest.approx(shipped.predict_next("he"), abs=1e-6)
        else:
            history = [2.14, 0.89, 1.44, 2.95, 3.96, 4.21]
            np.testing.assert_allclose(older.forecast(history, 12).mean, shipped.forecast(history, 12).mean, atol=1e-5)


def output_of_no_tensor(model):
    model.subgraphs[0].outputs = [-1]


def operator_of_no_kind(model):
    model.subgraphs[0].operators[0].opcodeIndex = 200


def tensor_read_before_it_is_written(model):
    first = model.subgraphs[0].operators[0]
    first.inputs = [int(model.subgraphs[0].outputs[0]), *first.inputs[1:]]


def tensor_written_twice(model):
    model.subgraphs[0].operators[2].outputs = model.subgraphs[0].operators[1].outputs


def tensor_of_no_buffer(model):
    model.subgraphs[0].tensors[1].buffer = 10_000


def tensor_of_three_gigabytes(model):
    place = model.subgraphs[0].operators[0].outputs[0]
    model.subgraphs[0].tensors[place].shape = [3 * 2**28, 1]


def constant_longer_than_its_buffer(model):
    place = next(i for i, t in enumerate(model.subgraphs[0].tensors) if model.buffers[t.buffer].data is not None)
    model.subgraphs[0].tensors[place].shape = [10_000]


def signature_of_no_subgraph(model):
    model.signatureDefs[0].subgraphIndex = 99


def signature_of_another_tensor(model):
    model.signatureDefs[0].inputs[0].tensorIndex = 5


def name_that_is_no_text(model):
    model.signatureDefs[0].outputs[0].name = b"pre\xe4iction"


def name_that_is_not_there(model):
    model.signatureDefs[0].outputs[0].name = None


def loop_of_no_subgraph(model):
    operator(model, WHILE)[0].builtinOptions.bodySubgraphIndex = 44


def loop_that_runs_itself(model):
    one, subgraph = operator(model, WHILE)
    place = next(i for i, other in enumerate(model.subgraphs) if other is subgraph)
    one.builtinOptions.bodySubgraphIndex = place


def loop_whose_body_gives_less(model):
    body = model.subgraphs[operator(model, WHILE)[0].builtinOptions.bodySubgraphIndex]
    body.outputs = body.outputs[:1]


def loops_that_run_each_other(model):
    one, _ = operator(model, WHILE)
    body = model.subgraphs[one.builtinOptions.bodySubgraphIndex]
    inputs, outputs = list(body.inputs), list(range(len(body.tensors), len(body.tensors) + len(body.inputs)))
    body.tensors += [body.tensors[i] for i in inputs]
    again = type(one)()
    vars(again).update(vars(one) | {"inputs": inputs, "outputs": outputs})
    body.operators = [*body.operators, again]


def counter(model):
    """What adds 1 in the body of a loop, and the body."""
    body = model.subgraphs[operator(model, WHILE)[0].builtinOptions.bodySubgraphIndex]
    return next(one for one in body.operators if int(body.outputs[0]) in one.outputs), body


def counter_that_does_not_rise(model):
    counter(model)[0].opcodeIndex = next(i for i, code in enumerate(model.operatorCodes) if code.builtinCode == SUB)


def counter_that_is_clipped(model):
    counter(model)[0].builtinOptions.fusedActivationFunction = RELU6


def counter_that_stays(model):
    _, body = counter(model)
    body.outputs = [int(body.inputs[0]), *body.outputs[1:]]


def counter_that_is_a_constant(model):
    one, _ = counter(model)
    step = next(i for i in one.inputs if i != 0)
    one.inputs = [step, step]


def split_into_another_number(model):
    operator(model, SPLIT)[0].builtinOptions.numSplits = 4


def split_without_options(model):
    one, _ = operator(model, SPLIT)
    one.builtinOptionsType, one.builtinOptions = 0, None


def slice_of_nothing(model):
    operator(model, STRIDED_SLICE)[0].inputs = []


def slice_that_became_a_variable(model):
    """It wrote an address, another one at each start."""
    code = next(code for code in model.operatorCodes if code.builtinCode == STRIDED_SLICE)
    code.builtinCode, code.deprecatedBuiltinCode = VAR_HANDLE, 127


def comparison_that_became_a_gather(model):
    """StableHLO's, whose options are read though there are none."""
    code = next(code for code in model.operatorCodes if code.builtinCode == LESS)
    code.builtinCode, code.deprecatedBuiltinCode = STABLEHLO_GATHER, 127


def slice_by_lengths(model):
    """Its ends lay beyond what it slices then."""
    operator(model, STRIDED_SLICE)[0].builtinOptions.offset = True


def product_that_became_a_concatenation(model):
    """Of an input that is left out, as a bias may be."""
    for code in model.operatorCodes:
        if code.builtinCode == FULLY_CONNECTED:
            code.builtinCode = code.deprecatedBuiltinCode = CONCATENATION


GS10 = (
    output_of_no_tensor, operator_of_no_kind, tensor_read_before_it_is_written, tensor_written_twice,
    tensor_of_no_buffer, tensor_of_three_gigabytes, constant_longer_than_its_buffer, signature_of_no_subgraph,
    signature_of_another_tensor, name_that_is_no_text, name_that_is_not_there, loop_of_no_subgraph,
    loop_that_runs_itself, loop_whose_body_gives_less, loops_that_run_each_other, split_into_another_number,
    split_without_options, slice_of_nothing, counter_that_does_not_rise, counter_that_is_clipped, counter_that_stays,
    counter_that_is_a_constant, slice_that_became_a_variable, comparison_that_became_a_gather,
    slice_by_lengths, product_that_became_a_concatenation,
)  # fmt: skip


@pytest.mark.parametrize("damage", GS10, ids=lambda damage: damage.__name__)
def test_what_does_not_fit_is_refused(tmp_path, damage):
    model = older_tree()
    damage(model)
    path = write_tree(model, tmp_path / "damaged.tflite")
    with pytest.raises(ValueError, match="must be whole. Received: .*damaged.tflite"):
        LiteRTFile(path)


def test_a_slice_past_the_end_which_answered_otherwise_from_call_to_call(tmp_path):
    """It read what lay behind the tensor: two ids, of which it took the hundredth."""
    model = older_tree("char/hello_world/simple_rnn")
    one, subgraph = operator(model, STRIDED_SLICE)
    begin = subgraph.tensors[one.inputs[1]]
    model.buffers[begin.buffer].data = np.frombuffer(np.array([0, 100], np.int32).tobytes(), np.uint8)
    with pytest.raises(ValueError, match="place 100 of 2"):
        load(write_tree(model, tmp_path / "m.tflite"))


def test_every_single_bit_of_the_graph_is_looked_at_by_the_checksum(tmp_path):
    content = (find("gs10") / "model.tflite").read_bytes()
    path = tmp_path / "m.tflite"
    for place in np.random.default_rng(0).integers(len(content) * 8, size=200).tolist():
        changed = bytearray(content)
        changed[place // 8] ^= 1 << place % 8
        path.write_bytes(changed)
        with pytest.raises(ValueError, match="m.tflite"):
            load(path)


def test_weights_that_are_no_numbers_are_an_error_where_nothing_else_tells(tmp_path):
    for name in ("gs10/annual/simple_rnn", "char/hello_world/simple_rnn"):
        model = older_tree(name)
        for buffer in model.buffers[1:]:
            if buffer.data is not None and len(buffer.data) in (20 * 20 * 4, 8 * 20 * 4):
                buffer.data = np.frombuffer(np.full(len(buffer.data) // 4, np.nan, np.float32).tobytes(), np.uint8)
        loaded = load(write_tree(model, tmp_path / "nan.tflite"))
        calls = [lambda m: m.forecast(range(6)), lambda m: m.predict_window(np.ones((1, 6), np.float32))]
        if loaded.kind == "char":
            calls = [
                lambda m: m.generate("he", 5),
                lambda m: m.generate("he", 5, temperature=1.0),
                lambda m: m.stream("h").push("e"),
                lambda m: m.predict_next("he"),
                lambda m: m.next_logits(np.zeros((1, 2), np.int32)),
            ]
        for call in calls:
            with pytest.raises(ValueError, match="answer must be finite. Received: .*nan.tflite"):
                call(loaded)
