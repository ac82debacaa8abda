"""Layers whose weights are float32 and whose products are computed in bfloat16."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keras_rnn.core.backend import keras
from keras_rnn.core.types import Model

BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # of x86 and of ARM processors


@contextmanager
def computing_in(model: Model, precision: str) -> Iterator[None]:
    """While it lasts, what is traced of the model computes in this policy; its variables stay as they are."""
    layers = [part for layer in model.layers for part in (layer, getattr(layer, "cell", None)) if part is not None]
    policies = [layer.dtype_policy for layer in layers]
    try:
        for layer in layers:
            layer.dtype_policy = precision
        yield
    finally:
        for layer, policy in zip(layers, policies, strict=True):
            layer.dtype_policy = policy


def lacks_bfloat16(cpu_info: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this machine is known to compute without instructions for bfloat16, slower than in float32."""
    if keras.backend.backend() == "jax":
        import jax

        if jax.default_backend() != "cpu":
            return False
    if platform.system() != "Linux" or not cpu_info.is_file():
        return False
    names = {"flags", "Features"}
    lines = (line.partition(":") for line in cpu_info.read_text(encoding="utf-8").splitlines())
    flags = next((set(value.split()) for name, _, value in lines if name.strip() in names), BFLOAT16_FLAGS)
    return not flags & BFLOAT16_FLAGS
