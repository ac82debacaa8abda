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
    read_litert,
    tensor_bytes,
    tree_of,
)

Call = Callable[[Mapping[str, Array]], dict[str, Array]]  # inputs by name → outputs by name
Specs = dict[str, tuple[tuple[int, ...], np.dtype[Any]]]  # name → shape, dtype


class LiteRTFile:
    """A `.tflite` file's signatures, to be called by name with named inputs, from any threads.

    An interpreter's buffers are overwritten by each call: whoever calls while others do gets an interpreter of its own,
    which is kept for the next. One whose call failed is not.

    Attributes:
        signatures: their names.
        inputs, outputs: signature → name → (shape, dtype).
        primary: the signature that code without signatures gets.
        operators, dynamic_tensors, tensor_bytes: of all its subgraphs, as the functions of these names give them.
        run_primary: from the primary signature's one input, of the right shape and dtype, to its one output: cheaper
            than `run`.
        metadata: name → bytes, of what the file keeps beside the model.
        has_checksum: whether it holds one, which is right.

    Raises:
        ValueError: no such file; one that is damaged, or that the interpreter refuses.
    """

    def __init__(self, path: FilePath) -> None:
        self.path = Path(path)
        self._content, self.has_checksum = read_litert(self.path)
        self.primary, self.metadata = primary_and_metadata(self._content)
        interpreter = self._new_interpreter()
        self.signatures: list[str] = list(interpreter.get_signature_list())
        try:
            runners = {name: interpreter.get_signature_runner(name) for name in self.signatures}
            self.inputs = {name: _specs(runner.get_input_details()) for name, runner in runners.items()}
            self.outputs = {name: _specs(runner.get_output_details()) for name, runner in runners.items()}
        except (ValueError, RuntimeError) as error:  # of types that NumPy does not have
            raise self._unusable(error) from error
        if not interpreter.get_input_details() or not interpreter.get_output_details():
            raise ValueError(f"A LiteRT model must have inputs and outputs. {received(str(path))}")
        self._idle: list[dict[str, Call]] = []  # by signature, an interpreter's to each
        self.run_primary = self._primary_call(interpreter)

    @functools.cached_property
    def _tree(self) -> Any:
        return tree_of(self._content)

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
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        # XNNPACK takes a graph on trust, where the built-in kernels look: it is for files known to be whole
        kernels = OpResolverType.AUTO if self.has_checksum else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        try:
            with quiet_stderr():
                interpreter = Interpreter(
                    model_content=self._content, num_threads=1, experimental_op_resolver_type=kernels
                )
                interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise self._unusable(error) from error
        return interpreter

    def _new_calls(self) -> dict[str, Call]:
        # an interpreter of their own: who keeps a runner cannot call `invoke` any more
        interpreter = self._new_interpreter()
        runners = ((name, interpreter.get_signature_runner(name)) for name in self.signatures)
        try:
            return {name: _signature_call(runner, self.inputs[name]) for name, runner in runners}
        except (ValueError, RuntimeError) as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> ValueError:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        return ValueError(f"A LiteRT model must be one that can be run. Received: {self.path}, {reason}")

    def run(self, signature: str, inputs: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Outputs of a signature by name.

        Raises:
            ValueError: no such signature; other inputs, shapes or dtypes than it takes; a file that cannot be run.
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
        return self.call(signature, arrays)

    def call(self, signature: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """`run` without the checks of its arguments.

        Raises:
            ValueError: a file that cannot be run.
        """
        try:
            calls = self._idle.pop()
        except IndexError:  # the first call, or other threads have them all
            calls = self._new_calls()
        try:
            answer = calls[signature](arrays)
        except (ValueError, RuntimeError) as error:
            raise self._unusable(error) from error
        self._idle.append(calls)
        for name, (shape, _) in self.outputs[signature].items():
            if answer[name].shape != shape:
                raise self._unusable(ValueError(f"`{name}` of shape {answer[name].shape}, not {shape}"))
        return answer

    def _primary_call(self, interpreter: Any) -> Callable[[Array], Any]:
        """The primary signature's function, from its one input to a copy of its one output.

        A call of a small model takes hardly longer than finding its methods, so these are found once, and those of the
        C wrapper itself where it is: the public ones only look, each time, for views of tensors, which nobody here
        holds.
        """
        spec, output = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
        input_index, output_index, output_shape = spec["index"], output["index"], tuple(output["shape"].tolist())

        def calls(interpreter: Any) -> tuple[Any, ...]:
            wrapper = getattr(interpreter, "_interpreter", interpreter)
            if hasattr(wrapper, "SetTensor"):
                return wrapper.SetTensor, wrapper.Invoke, wrapper.GetTensor, interpreter  # which owns the file's bytes
            return interpreter.set_tensor, interpreter.invoke, interpreter.get_tensor, interpreter

        idle = [calls(interpreter)]

        def run_primary(x: Array) -> Any:
            try:
                mine = idle.pop()
            except IndexError:  # other threads have them all
                mine = calls(self._new_interpreter())
            set_tensor, invoke, get_tensor, _ = mine
            try:
                set_tensor(input_index, x)  # it looks at shape and dtype, quicker than Python could
            except ValueError as error:
                idle.append(mine)
                expected = f"{np.dtype(spec['dtype'])} of shape {tuple(spec['shape'].tolist())}"
                raise ValueError(
                    f"`{spec['name']}` must be {expected}. Received: {x.dtype} of shape {x.shape}"
                ) from error
            try:
                invoke()
                answer = get_tensor(output_index, 0)
            except (ValueError, RuntimeError) as error:
                raise self._unusable(error) from error
            idle.append(mine)
            if answer.shape != output_shape:
                raise self._unusable(ValueError(f"an answer of shape {answer.shape}, not {output_shape}"))
            return answer

        return run_primary


def _signature_call(runner: Any, inputs: Specs) -> Call:
    """What a signature's runner does in less than its time: it plans its memory anew at each call, this one once."""
    try:  # private
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


def _specs(details: Mapping[str, Any]) -> Specs:
    return {name: (tuple(int(n) for n in d["shape"]), np.dtype(d["dtype"])) for name, d in sorted(details.items())}
