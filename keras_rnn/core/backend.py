"""Keras, and TensorFlow where a room needs it, imported without their start-up chatter."""

import os
import sys
from typing import Any

from keras_rnn.core.quiet import quiet_stderr

LOG_LEVEL = "3"  # C++ errors come as exceptions too; a level less, and some machines print one at every new op

if "tensorflow" in sys.modules:
    import keras
else:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", LOG_LEVEL)
    with quiet_stderr():
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow

            # The first look for devices is what complains of missing CUDA. It lists them only, so that a program
            # can still choose its devices and threads afterwards.
            tensorflow.config.list_physical_devices()

__all__ = ["keras", "load_tensorflow", "tf"]  # noqa: F822  tf comes from __getattr__


def __getattr__(name: str) -> Any:
    if name == "tf":  # rooms that export need TensorFlow whichever backend trains
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", LOG_LEVEL)
        with quiet_stderr():
            import tensorflow as tf
        return tf
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_tensorflow() -> None:
    """Load TensorFlow, if it is installed, without its start-up chatter: on other backends Keras' `fit` does it."""
    try:
        __getattr__("tf")
    except ImportError:
        return
