"""What quantizing a model of the zoo saves and costs, measured: whether a variant earns its place beside float32."""

from typing import Any

import numpy as np

from keras_rnn.artifacts.litert import litert_bytes
from keras_rnn.core.arrays import Array
from keras_rnn.core.scratch import temporary_folder
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.litert.quantization import QUANTIZE
from keras_rnn.rnn.model import RecurrentModel

WORTH_SHIPPING = 0.75  # of float32's bytes, with answers as good


def measure_variants(model: RecurrentModel, windows: Array) -> list[dict[str, Any]]:
    """Each kind of quantization on these windows, with full int8 calibrated on them.

    Returns:
        By kind: `quantize`; `bytes` of the file, and of float32's, `float32_bytes`; `largest_error`, in the output's
        unit; for characters the part of windows with the same most likely one, `agreement`; `quantized`, whether any
        weight was; and `ships`, whether it is at most three quarters of the size with the same characters, or within
        0.01 percentage points.
    """
    exact = model.predict_windows(windows)  # (windows, …)
    plain = len(litert_bytes(model, None, {}))
    variants = []
    with temporary_folder() as folder:
        for quantize in QUANTIZE:
            path = folder / f"{quantize}.tflite"
            path.write_bytes(litert_bytes(model, None, {}, quantize, windows if quantize == "int8" else None))
            file = LiteRTFile(path)
            answers = np.concatenate([file.run_primary(window[None]) for window in windows])
            error = float(np.abs(answers - exact).max())
            variant: dict[str, Any] = {
                "quantize": quantize,
                "bytes": path.stat().st_size,
                "float32_bytes": plain,
                "largest_error": error,
                "quantized": any(kind.startswith(("int8", "float16")) for kind, _ in file.tensor_bytes),
            }
            good = error <= 0.01
            if exact.shape[-1] > 1:  # logits: the most likely class counts
                same = answers.argmax(axis=-1) == exact.argmax(axis=-1)
                variant["agreement"] = float(same.mean())
                good = bool(same.all())
            variants.append({**variant, "ships": good and variant["bytes"] <= WORTH_SHIPPING * plain})
    return variants
