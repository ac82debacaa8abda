"""A `.tflite` file run by `ai_edge_litert` and NumPy alone: its signatures, called by name with named inputs."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_rnn.core.arrays import Array
from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath
from keras_rnn.core.quiet import quiet_stderr
from keras_rnn.litert.flatbuffer import (
    dynamic_tensors,
    operators,
    primary_and_metadata,
    read_flatbuffer,
    read_litert,
    tensor_bytes,
)

Call = Callable[[Mapping[str, Array]], dict[str, Array]]  # inputs by name → outputs by name
Specs = dict[str, tuple[tuple[int, ...], np.dtype[Any]]]  # name → shape, dtype


class LiteRTFile:
    """A `.tflite` file's signatures, to be called by name with named inputs.

    Its interpreters' buffers are overwritten by each call: give each thread an object of its own.

    Attributes:
        signatures: their names.
        inputs, outputs: signature → name → (shape, dtype).
        primary: the signature that code without signatures gets.
        operators, dynamic_tensors, tensor_bytes: of all its subgraphs, as the functions of these names give them.
        run_primary: from the primary signature's one input, of the right shape and dtype, to its one output: cheaper
            than `run`.
        metadata: name → bytes, of what the file keeps beside the model.
    """

    def __init__(self, path: FilePath) -> None:
        self.path = Path(path)
        self._content = read_litert(self.path)
        self._interpreter = self._new_interpreter()  # which looks the whole file over before anything else reads it
        self.signatures: list[str] = list(self._interpreter.get_signature_list())
        runners = {name: self._interpreter.get_signature_runner(name) for name in self.signatures}
        self.inputs = {name: _specs(runner.get_input_details()) for name, runner in runners.items()}
        self.outputs = {name: _specs(runner.get_output_details()) for name, runner in runners.items()}
        self._callers: dict[str, Call] = {}
        if not self._interpreter.get_input_details() or not self._interpreter.get_output_details():
            raise ValueError(f"A LiteRT model must have inputs and outputs. {received(str(path))}")
        self.run_primary = _primary_call(self._interpreter)
        try:
            self.primary, self.metadata = primary_and_metadata(self._content)
        except Exception as error:
            raise ValueError(f"A .tflite file must hold a LiteRT model. {received(str(path))}") from error

    @functools.cached_property
    def _tree(self) -> Any:
        return read_flatbuffer(self.path)[1]

    @functools.cached_property
    def operators(self) -> list[str]:
        return operators(self._tree)

    @functools.cached_property
    def dynamic_tensors(self) -> list[str]:
        return dynamic_tensors(self._tree)

    @functools.cached_property
    def tensor_bytes(self) -> list[tuple[str, int]]:
        return tensor_bytes(self._tree)

    def _new_interpreter(self) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        try:
            with quiet_stderr():
                interpreter = Interpreter(model_content=self._content, num_threads=1)
                interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[0]
            raise ValueError(f"A LiteRT model must be one that can be run. Received: {self.path}, {reason}") from error
        return interpreter

    def run(self, signature: str, inputs: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Outputs of a signature by name.

        Raises:
            ValueError: no such signature; other inputs, shapes or dtypes than it takes.
        """
        if signature not in self.inputs:
            raise ValueError(f"`signature` must be one of {', '.join(self.inputs)}. {received(signature)}")
        expected = self.inputs[signature]
        if set(inputs) != set(expected):
            takes = f"`inputs` of {self.path.name}, {signature}, must be {', '.join(expected)}"
            raise ValueError(f"{takes}. Received: {', '.join(inputs) or 'none'}")
        try:
            arrays = {name: np.asarray(value) for name, value in inputs.items()}
        except ValueError as error:  # rows of different lengths
            raise ValueError(f"`inputs` must be arrays. {received(inputs)}") from error
        for name, (shape, dtype) in expected.items():
            if arrays[name].shape != shape or arrays[name].dtype != dtype:
                raise ValueError(
                    f"`{name}` of {self.path.name}, {signature}, must be {dtype} of shape {shape}. "
                    f"Received: {arrays[name].dtype} of shape {arrays[name].shape}"
                )
        return self.caller(signature)(arrays)

    def caller(self, signature: str) -> Call:
        """`run` of a signature without its checks, for inputs of the right names, shapes and dtypes: less than the time
        of the interpreter's own runner, which plans its memory anew each time."""
        if not self._callers:  # an interpreter of their own: who keeps a runner cannot call `invoke` any more
            interpreter = self._new_interpreter()
            self._callers = {
                name: _signature_call(interpreter.get_signature_runner(name), self.inputs[name])
                for name in self.signatures
            }
        return self._callers[signature]


def _signature_call(runner: Any, inputs: Specs) -> Call:
    """What a signature's runner does, with its memory planned once."""
    try:  # private, and quicker than what is public
        wrapper, subgraph = runner._interpreter_wrapper, runner._subgraph_index
        places, outputs = runner._inputs, runner._outputs
    except AttributeError:
        return lambda arrays: dict(runner(**arrays))
    runner(**{name: np.zeros(shape, dtype) for name, (shape, dtype) in inputs.items()})
    set_tensor, invoke, get_tensor = wrapper.SetTensor, wrapper.Invoke, wrapper.GetTensor

    def call(arrays: Mapping[str, Array], _alive: Any = runner) -> dict[str, Array]:  # it owns the interpreter
        for name, array in arrays.items():
            set_tensor(places[name], array, subgraph)
        invoke(subgraph)
        return {name: get_tensor(place, subgraph) for name, place in outputs}

    return call


def _primary_call(interpreter: Any) -> Callable[[Array], Any]:
    """The primary signature's function, from its one input to a copy of its one output.

    A call of a small model takes hardly longer than finding its methods, so these are found once, and those of the C
    wrapper itself where it is: the public ones only look, each time, for views of tensors, which nobody here holds.
    """
    spec, output_index = interpreter.get_input_details()[0], interpreter.get_output_details()[0]["index"]
    input_index, wrapper = spec["index"], getattr(interpreter, "_interpreter", interpreter)
    if hasattr(wrapper, "SetTensor"):
        set_tensor, invoke, get_tensor = wrapper.SetTensor, wrapper.Invoke, wrapper.GetTensor
    else:
        set_tensor, invoke, get_tensor = interpreter.set_tensor, interpreter.invoke, interpreter.get_tensor

    def run_primary(x: Array, _alive: Any = interpreter) -> Any:  # it owns the file's bytes
        try:
            set_tensor(input_index, x)  # it looks at shape and dtype, quicker than Python could
        except ValueError as error:
            expected = f"{np.dtype(spec['dtype'])} of shape {tuple(spec['shape'].tolist())}"
            raise ValueError(f"`{spec['name']}` must be {expected}. Received: {x.dtype} of shape {x.shape}") from error
        invoke()
        return get_tensor(output_index, 0)

    return run_primary


def _specs(details: Mapping[str, Any]) -> Specs:
    return {name: (tuple(int(n) for n in d["shape"]), np.dtype(d["dtype"])) for name, d in sorted(details.items())}
