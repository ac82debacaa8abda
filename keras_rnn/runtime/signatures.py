"""What a file's signatures must take and give."""

from typing import Any

import numpy as np

from keras_rnn.litert.file import LiteRTFile

INT32, FLOAT32 = np.dtype(np.int32), np.dtype(np.float32)  # of which NumPy has one object each


def expect(
    file: LiteRTFile, signature: str, inputs: dict[str, Any], outputs: dict[str, tuple[tuple[int, ...], ...]]
) -> None:
    """Refuse a file whose metadata and graph differ."""
    takes = {k: shape for k, (shape, _) in file.inputs.get(signature, {}).items()}
    gives = {k: shape for k, (shape, _) in file.outputs.get(signature, {}).items()}
    specs = [*file.inputs.get(signature, {}).items(), *file.outputs.get(signature, {}).items()]
    typed = all(dtype == (INT32 if name == "ids" else FLOAT32) for name, (_, dtype) in specs)
    if not typed or takes != inputs or set(gives) != set(outputs) or any(gives[k] not in outputs[k] for k in outputs):
        raise ValueError(
            f"The signature {signature} must take {inputs} and give {outputs}, as the file's metadata says. "
            f"Received: one that takes {takes} and gives {gives}{'' if typed else ', of other types'}"
        )
