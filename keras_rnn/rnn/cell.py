"""The recurrent cell, written by hand from its equation."""

from typing import Any

from keras_rnn.core.backend import keras
from keras_rnn.core.checks import check_integer, check_number, check_seed
from keras_rnn.core.types import Activation, Constraint, Initializer, Regularizer, Tensor
from keras_rnn.rnn.introspection import DropoutRNNCell

ops = keras.ops


@keras.saving.register_keras_serializable(package="keras_rnn")
class RNNCell(keras.layers.Layer, DropoutRNNCell):
    """The plain recurrent cell: one matrix from input and state to the new state, one from there to the output.

        combined = concat([x, h]);  h' = activation(i2h(combined));  o = i2o(h')

    With `activation=None` this is the hand-written component of RNN tutorials to the letter (PyTorch's
    `i2h = nn.Linear(features + units, units)`, `i2o = nn.Linear(units, output_size)`); with `"tanh"` and without
    `output_size` it computes what `keras.layers.SimpleRNN` and `torch.nn.RNN` do (Elman, 1990). Used as
    `keras.layers.RNN(RNNCell(20, output_size=1))`.

    Args:
        units: size of the state.
        output_size: size of the output; None: the output is the new state itself, and `i2o` does not exist.
        activation: of the new state; None is linear. With `"relu"` and `recurrent_initializer=ScaledIdentity()` it can
            learn to remember over hundreds of steps, if gradients are clipped: `optimizer=Adam(global_clipnorm=1)`.
        use_bias: whether `i2h` and `i2o` have biases.
        kernel_initializer: of the rows of `i2h` that take the input.
        recurrent_initializer: of the rows of `i2h` that take the state.
        output_initializer: of the kernel of `i2o`.
        bias_initializer: of both biases.
        kernel_regularizer, recurrent_regularizer, output_regularizer, bias_regularizer: of the same weights.
        kernel_constraint, recurrent_constraint, output_constraint, bias_constraint: of the same weights, after updates.
        dropout: share of the input's values that are dropped in training, the same ones at every step of a sequence.
        recurrent_dropout: the same of the state, where it goes into `i2h`.
        seed: of what is dropped.

    Weights:
        `i2h_kernel` (features + units, units), input rows first; `i2h_bias` (units,); `i2o_kernel`
        (units, output_size); `i2o_bias` (output_size,).

    Call arguments:
        inputs: one step, (batch, features).
        states: `[h]`, h of shape (batch, units).
        Returns the output (batch, output_size) and `[h']`.

    Attributes:
        state_size: `units`.
        output_size: what `keras.layers.RNN` asks for; equals `units` where the argument was None.

    Raises:
        TypeError, ValueError: sizes that are not positive integers; a share outside of 0 to 1; inputs without a
            batch axis or a known number of features.
    """

    def __init__(
        self,
        units: int,
        output_size: int | None = None,
        activation: Activation = "tanh",
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal",
        output_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        recurrent_regularizer: Regularizer = None,
        output_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        recurrent_constraint: Constraint = None,
        output_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = check_integer("units", units, 1)
        self._has_i2o = output_size is not None
        self.output_size = check_integer("output_size", output_size, 1) if self._has_i2o else self.units
        self.state_size = self.units
        self.activation = keras.activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.output_initializer = keras.initializers.get(output_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = keras.regularizers.get(recurrent_regularizer)
        self.output_regularizer = keras.regularizers.get(output_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.recurrent_constraint = keras.constraints.get(recurrent_constraint)
        self.output_constraint = keras.constraints.get(output_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)
        self.dropout = check_number("dropout", dropout, 0.0, 1.0)
        self.recurrent_dropout = check_number("recurrent_dropout", recurrent_dropout, 0.0, 1.0)
        self.seed = check_seed(seed)
        # none where nothing is drawn: its state would be one more variable in the file
        self.seed_generator = keras.random.SeedGenerator(seed) if dropout or recurrent_dropout else None

    def build(self, input_shape: Any) -> None:
        if len(input_shape) != 2 or input_shape[-1] is None:
            raise ValueError(_INPUTS_EXPECTED.format(tuple(input_shape)))
        features, units = int(input_shape[-1]), self.units

        def initial_i2h(shape: Any, dtype: Any = None) -> Tensor:
            kernel = self.kernel_initializer((features, units), dtype=dtype)
            recurrent = self.recurrent_initializer((units, units), dtype=dtype)
            return ops.concatenate([kernel, recurrent], axis=0)  # (features + units, units)

        self.i2h_kernel = self.add_weight(
            name="i2h_kernel",
            shape=(features + units, units),
            initializer=initial_i2h,
            regularizer=self._i2h_regularizer(features),
            constraint=self._i2h_constraint(features),
        )
        self.i2h_bias = self._add_bias("i2h_bias", units)
        self.i2o_kernel = self.i2o_bias = None
        if self._has_i2o:
            self.i2o_kernel = self.add_weight(
                name="i2o_kernel",
                shape=(units, self.output_size),
                initializer=self.output_initializer,
                regularizer=self.output_regularizer,
                constraint=self.output_constraint,
            )
            self.i2o_bias = self._add_bias("i2o_bias", self.output_size)

    def _add_bias(self, name: str, size: int) -> Any:
        if not self.use_bias:
            return None
        return self.add_weight(
            name=name,
            shape=(size,),
            initializer=self.bias_initializer,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
        )

    def _i2h_regularizer(self, features: int) -> Any:
        """One penalty for the one matrix: each part's own regularizer on its rows."""
        if self.kernel_regularizer is None and self.recurrent_regularizer is None:
            return None

        def penalty(i2h: Tensor) -> Tensor:
            parts = [(self.kernel_regularizer, i2h[:features]), (self.recurrent_regularizer, i2h[features:])]
            return sum(regularizer(rows) for regularizer, rows in parts if regularizer is not None)

        return penalty

    def _i2h_constraint(self, features: int) -> Any:
        """One constraint for the one matrix: each part's own on its rows."""
        if self.kernel_constraint is None and self.recurrent_constraint is None:
            return None

        def constrained(i2h: Tensor) -> Tensor:
            i2h = ops.convert_to_tensor(i2h)
            parts = [(self.kernel_constraint, i2h[:features]), (self.recurrent_constraint, i2h[features:])]
            rows = [part if constraint is None else constraint(part) for constraint, part in parts]
            return ops.concatenate(rows, axis=0)  # (features + units, units)

        return constrained

    def call(self, inputs: Tensor, states: Tensor, training: bool = False) -> tuple[Tensor, Tensor]:
        if len(inputs.shape) != 2:
            raise ValueError(_INPUTS_EXPECTED.format(tuple(inputs.shape)))
        h = states[0] if isinstance(states, list | tuple) else states  # (batch, units)
        if training and self.dropout:
            inputs = inputs * self.get_dropout_mask(inputs)
        if training and self.recurrent_dropout:
            h = h * self.get_recurrent_dropout_mask(h)
        combined = ops.concatenate([inputs, h], axis=-1)  # (batch, features + units)
        h = ops.matmul(combined, self.i2h_kernel)  # (batch, units)
        if self.i2h_bias is not None:
            h = h + self.i2h_bias
        h = self.activation(h)
        output = h
        if self.i2o_kernel is not None:
            output = ops.matmul(h, self.i2o_kernel)  # (batch, output_size)
            if self.i2o_bias is not None:
                output = output + self.i2o_bias
        return output, [h] if isinstance(states, list | tuple) else h

    def get_initial_state(self, batch_size: Any = None) -> list[Tensor]:
        """Zeros, one state of shape (batch, units)."""
        return [ops.zeros((batch_size, self.units), dtype=self.compute_dtype)]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "output_size": self.output_size if self._has_i2o else None,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **{
                f"{part}_{kind}": library.serialize(getattr(self, f"{part}_{kind}"))
                for kind, library in (
                    ("initializer", keras.initializers),
                    ("regularizer", keras.regularizers),
                    ("constraint", keras.constraints),
                )
                for part in ("kernel", "recurrent", "output", "bias")
            },
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "seed": self.seed,
        }


_INPUTS_EXPECTED = (
    "`RNNCell` takes one step of shape (batch, features), through `keras.layers.RNN` a sequence of shape "
    "(batch, steps, features); a sequence without a batch axis is given as `x[None]`, and its result read as "
    "`[0]`. Received: shape {}"
)
