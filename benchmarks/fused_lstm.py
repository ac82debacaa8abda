"""`to_litert` beside the fused `UNIDIRECTIONAL_SEQUENCE_LSTM`, which TensorFlow makes of Keras 2's LSTM: µs and bytes.

    python benchmarks/fused_lstm.py [--rounds 9]

The same sizes in Keras 3 and in Keras 2 (`tf-keras`, of the extra `bench`); one core, the two in turn in each round.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import tf_keras
from conversion import chain, measured, runner

from keras_rnn import to_litert
from keras_rnn.core.backend import keras, tf
from keras_rnn.core.quiet import quiet_stderr
from keras_rnn.litert.flatbuffer import operators, read_flatbuffer

SIZES = [(10, 20, 28, 1), (1, 32, 30, 1), (1, 32, 120, 1), (1, 64, 40, 2), (3, 50, 60, 2), (8, 128, 100, 1)]


def layers_of(library, units, count):
    return [library.layers.LSTM(units, return_sequences=i < count - 1) for i in range(count)]


def fused(features, units, steps, count, path):
    inputs = tf_keras.Input((steps, features), batch_size=1)
    model = tf_keras.Sequential([inputs, *layers_of(tf_keras, units, count), tf_keras.layers.Dense(1)])
    function = tf.function(model).get_concrete_function(tf.TensorSpec((1, steps, features), tf.float32))
    with quiet_stderr():
        path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([function], model).convert())
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in operators(read_flatbuffer(path)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    print(f"{'LSTM':30}{'fused µs':>10}{'ours µs':>10}{'faster':>9}{'size':>7}")
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.tflite" for name in ("fused", "ours")}
        for features, units, steps, count in SIZES:
            name = f"{count} × LSTM({units}), {steps} steps"
            fused(features, units, steps, count, paths["fused"])
            to_litert(
                chain(*layers_of(keras, units, count), keras.layers.Dense(1), shape=(steps, features)), paths["ours"]
            )
            given = {"x": np.random.default_rng(0).normal(size=(1, steps, features)).astype(np.float32)}
            µs = measured({key: runner(path, given) for key, path in paths.items()}, options.rounds, name)
            size = paths["ours"].stat().st_size / paths["fused"].stat().st_size
            print(f"{name:30}{µs['fused']:10.1f}{µs['ours']:10.1f}{µs['fused'] / µs['ours']:8.2f}×{size:7.2f}")


if __name__ == "__main__":
    main()
