"""Names for what Keras and TensorFlow have no types for: to a type checker `Any`, to a reader what it is."""

from typing import Any

Tensor = Any  # TensorFlow's or Keras', with a value or symbolic
Layer = Any  # a keras.layers.Layer
Cell = Any  # of a recurrent layer
Model = Any  # a keras.Model
Operation = Any  # of a functional model: a layer, or a plain operation
Function = Any  # a tf.function
Initializer = Any  # a Keras initializer, its name or its config; so the next three
Regularizer = Any
Constraint = Any
Activation = Any
