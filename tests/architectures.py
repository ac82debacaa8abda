"""Models of the kinds that people convert, each small: what the tests of conversion go through.

After published reports and scripts: masks, images and sound in front, several inputs and outputs, encoders and
decoders, attention, models inside models, subclassed ones.
"""

import numpy as np

from keras_rnn.core.backend import keras

L, ops = keras.layers, keras.ops


def sequential(*layers, shape=(6, 3), dtype=None, batch=None):
    return keras.Sequential([keras.Input(shape, batch, dtype), *layers])


def ids(*layers, steps=7):
    return sequential(*layers, shape=(steps,), dtype="int32")


def functional(build, *shapes, dtypes=None, names=None):
    inputs = [
        keras.Input(shape, dtype=dtype, name=name)
        for shape, dtype, name in zip(
            shapes, dtypes or [None] * len(shapes), names or [None] * len(shapes), strict=True
        )
    ]
    return keras.Model(inputs[0] if len(inputs) == 1 else inputs, build(*inputs))


@keras.saving.register_keras_serializable(package="tests")
class MatrixCell(L.Layer):
    """A state of rank 3 and a counter: a fast-weight memory."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.output_size = units
        self.state_size = [units, units]

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, self.units, self.units)), ops.ones((batch_size, self.units))]

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], self.units), name="w")
        self.built = True

    def call(self, inputs, states):
        memory, h = states
        key = ops.matmul(inputs, self.w)
        memory = 0.9 * memory + key[:, :, None] * h[:, None, :]
        h = ops.tanh(ops.einsum("bij,bj->bi", memory, key) + 0.5 * h)
        return h, [memory, h]


class TextGenerator(keras.Model):
    """As in TensorFlow's tutorial: its own call, states in and out, a method besides."""

    def __init__(self):
        super().__init__()
        self.embedding, self.gru, self.dense = (
            L.Embedding(11, 4),
            L.GRU(5, return_sequences=True, return_state=True),
            L.Dense(11),
        )

    def call(self, inputs, states=None, return_state=False, training=False):
        x = self.embedding(inputs)
        x, states = self.gru(x, initial_state=states, training=training)
        x = self.dense(x)
        return (x, states) if return_state else x


class FeedBack(keras.Model):
    """As in TensorFlow's tutorial on time series: warmed up on a window, then fed its own answers."""

    def __init__(self, units=4, out_steps=3, features=2):
        super().__init__()
        self.out_steps, self.cell = out_steps, L.LSTMCell(units)
        self.rnn, self.dense = L.RNN(self.cell, return_state=True), L.Dense(features)

    def call(self, inputs, training=None):
        x, *state = self.rnn(inputs)
        predictions = [self.dense(x)]
        for _ in range(1, self.out_steps):
            x, state = self.cell(predictions[-1], states=state, training=training)
            predictions.append(self.dense(x))
        return ops.stack(predictions, axis=1)


class Block(L.Layer):
    """A GRU inside a layer, with a residual join."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.norm, self.gru = L.LayerNormalization(), L.GRU(units, return_sequences=True)

    def build(self, shape):
        self.norm.build(shape)
        self.gru.build(shape)
        self.built = True

    def call(self, x):
        return x + self.gru(self.norm(x))


@keras.saving.register_keras_serializable(package="tests")
class ScaledLSTM(L.LSTM):
    """A layer with a call of its own."""

    def call(self, sequences, initial_state=None, mask=None, training=False):
        return 0.5 * super().call(2.0 * sequences, initial_state, mask, training)


class Static(keras.Model):
    """A dictionary in, a dictionary out."""

    def __init__(self):
        super().__init__()
        self.rnn, self.mean, self.spread = L.LSTM(4), L.Dense(1), L.Dense(1, "softplus")

    def call(self, inputs):
        h = ops.concatenate([self.rnn(inputs["series"]), inputs["static"]], axis=-1)
        return {"mean": self.mean(h), "spread": self.spread(h)}


def called(model, *arguments):
    model(*arguments)
    return model


def ctc():
    x = image = keras.Input((16, 8, 1))
    x = L.MaxPooling2D(2)(L.Conv2D(4, 3, padding="same", activation="relu")(x))
    x = L.Dense(6, "relu")(L.Reshape((8, 16))(x))
    x = L.Bidirectional(L.LSTM(5, return_sequences=True))(x)
    x = L.Bidirectional(L.LSTM(4, return_sequences=True))(x)
    return keras.Model(image, L.Dense(7, "softmax")(x))


def both_ways(x):
    forwards = L.LSTM(4, return_sequences=True)(x)
    backwards = L.LSTM(4, return_sequences=True, go_backwards=True)(x)
    return L.Dense(3)(L.Add()([forwards, backwards]))


def seq2seq(parts=False):
    source, target = keras.Input((6, 3), name="source"), keras.Input((4, 2), name="target")
    _, h, c = L.LSTM(5, return_state=True)(source)
    decoder, head = L.LSTM(5, return_sequences=True, return_state=True), L.Dense(2)
    y, _, _ = decoder(target, initial_state=[h, c])
    model = keras.Model([source, target], head(y))
    if not parts:
        return model
    one, h_in, c_in = keras.Input((1, 2), name="one"), keras.Input((5,), name="h_in"), keras.Input((5,), name="c_in")
    y, h_out, c_out = decoder(one, initial_state=[h_in, c_in])
    return keras.Model(source, [h, c]), keras.Model([one, h_in, c_in], [head(y), h_out, c_out])


def packed_states(x, packed):
    states = [packed[:, 0], packed[:, 1]]
    y, h, c = L.LSTM(4, return_sequences=True, return_state=True)(x, initial_state=states)
    return [L.Dense(3)(y), ops.stack([h, c], axis=1)]


def noise_suppression(x):
    tone = L.Dense(6, "tanh")(x)
    voice = L.GRU(4, return_sequences=True)(tone)
    noise = L.GRU(5, return_sequences=True)(L.Concatenate()([tone, voice, x]))
    rest = L.GRU(6, return_sequences=True)(L.Concatenate()([voice, noise, x]))
    return [L.Dense(5, "sigmoid", name="gains")(rest), L.Dense(1, "sigmoid", name="vad")(voice)]


def words_and_characters(words, characters):
    w = L.Embedding(9, 4, mask_zero=True)(words)
    c = L.TimeDistributed(L.LSTM(3))(L.TimeDistributed(L.Embedding(12, 3))(characters))
    return L.Dense(5, "softmax")(L.Bidirectional(L.LSTM(4, return_sequences=True))(L.Concatenate()([w, c])))


def attended(attention):
    def build(x):
        h = L.LSTM(4, return_sequences=True)(x)
        return L.Dense(2)(L.GlobalAveragePooling1D()(attention([h, h])))

    return lambda: functional(build, (6, 3))


def multi_head(x):
    h = L.Bidirectional(L.GRU(4, return_sequences=True))(x)
    return L.Dense(2)(L.Flatten()(L.MultiHeadAttention(2, 3)(h, h)))


def states_unused(x):
    y, *_ = L.LSTM(4, return_state=True)(x)
    return L.Dense(2)(y)


def mask_taken_off():
    embedding = L.Embedding(9, 4, mask_zero=True)
    model = ids(embedding, L.LSTM(5), L.Dense(2))
    embedding.mask_zero = False
    return model


def constant_state(x):
    return L.Dense(2)(L.GRU(4)(x, initial_state=ops.ones((1, 4)) * 0.3))


def shared(a, b):
    lstm = L.LSTM(4)
    return L.Dense(1)(ops.abs(lstm(a) - lstm(b)))


MODELS = {
    "masking, LSTM": lambda: sequential(L.Masking(), L.LSTM(5), L.Dense(2)),
    "masking, long": lambda: sequential(L.Masking(), L.GRU(5), L.Dense(2), shape=(40, 3)),
    "masking, all, long": lambda: sequential(L.Masking(), L.LSTM(4, return_sequences=True), L.Dense(2), shape=(30, 3)),
    "mask_zero, BiLSTM": lambda: ids(L.Embedding(9, 4, mask_zero=True), L.Bidirectional(L.LSTM(5)), L.Dense(2)),
    "mask_zero, two layers": lambda: ids(
        L.Embedding(9, 4, mask_zero=True), L.Bidirectional(L.LSTM(3, return_sequences=True)), L.GRU(4), L.Dense(2),
    ),
    "mask_zero, SimpleRNN, all": lambda: ids(L.Embedding(9, 4, mask_zero=True), L.SimpleRNN(4, return_sequences=True)),
    "mask_zero taken off": mask_taken_off,
    "image, BiLSTM, softmax at each step": ctc,
    "both ways, added": lambda: functional(both_ways, (6, 3)),
    "frames, TimeDistributed CNN": lambda: sequential(
        L.TimeDistributed(L.Conv2D(3, 3)), L.TimeDistributed(L.Flatten()), L.LSTM(4), L.Dense(2), shape=(5, 6, 6, 1)
    ),
    "ConvLSTM2D": lambda: sequential(
        L.ConvLSTM2D(3, 3, padding="same", return_sequences=True), L.ConvLSTM2D(2, 3), L.Flatten(), L.Dense(2),
        shape=(4, 6, 6, 1),
    ),
    "ConvLSTM1D from flat": lambda: sequential(
        L.Reshape((4, 8, 1)), L.ConvLSTM1D(3, 3), L.Flatten(), L.Dense(2), shape=(32,)
    ),
    "keyword spotting": lambda: sequential(
        L.Conv2D(4, (5, 4), strides=(2, 2)), L.Reshape((23, 16)), L.Bidirectional(L.GRU(4)), L.Dense(3),
        shape=(49, 10, 1),
    ),
    "words and characters": lambda: functional(
        words_and_characters, (6,), (6, 5), dtypes=["int32", "int32"], names=["words", "characters"]
    ),
    "series and static features": lambda: functional(
        lambda x, s: L.Dense(1)(L.Concatenate()([L.LSTM(4)(x), L.Dense(3)(s)])), (6, 3), (4,),
        names=["series", "static"],
    ),
    "two heads": lambda: functional(
        lambda x: (lambda h: {"up": L.Dense(1)(h), "down": L.Dense(2)(h)})(L.GRU(4)(x)), (6, 3)
    ),
    "two series, three outputs": lambda: functional(
        lambda a, b: [L.Dense(1)(L.LSTM(3)(a)), L.Dense(2)(L.GRU(3)(b)), L.Add()([L.LSTM(2)(a), L.GRU(2)(b)])],
        (6, 3), (5, 2),
    ),
    "encoder and decoder": seq2seq,
    "encoder alone": lambda: seq2seq(parts=True)[0],
    "decoder alone": lambda: seq2seq(parts=True)[1],
    "states packed in a tensor": lambda: functional(packed_states, (1, 3), (2, 4), names=["x", "states"]),
    "noise suppression": lambda: functional(noise_suppression, (8, 5)),
    "states returned, unused": lambda: functional(states_unused, (6, 3)),
    "states returned": lambda: functional(lambda x: L.Bidirectional(L.LSTM(3, return_state=True))(x), (6, 3)),
    "stateful": lambda: sequential(L.LSTM(4, stateful=True), L.Dense(2), batch=1),
    "Attention": attended(L.Attention()),
    "AdditiveAttention": attended(L.AdditiveAttention()),
    "MultiHeadAttention": lambda: functional(multi_head, (6, 3)),
    "text generator": lambda: called(TextGenerator(), np.zeros((1, 5), np.int32)),
    "feedback": lambda: called(FeedBack(), np.zeros((1, 6, 2), np.float32)),
    "dictionaries": lambda: called(Static(), {"series": np.zeros((1, 6, 3), "f"), "static": np.zeros((1, 2), "f")}),
    "Sequential inside": lambda: sequential(
        sequential(L.LSTM(4, return_sequences=True), L.Dense(3)), L.GRU(3), L.Dense(1)
    ),
    "a GRU inside a block": lambda: sequential(Block(3), Block(3), L.Dense(2)),
    "Reshape after": lambda: sequential(L.LSTM(4), L.Dense(15), L.Reshape((3, 5))),
    "autoencoder": lambda: sequential(
        L.LSTM(4), L.RepeatVector(6), L.LSTM(4, return_sequences=True), L.TimeDistributed(L.Dense(3))
    ),
    "mixed_float16": lambda: sequential(L.LSTM(5, dtype="mixed_float16"), L.Dense(2, dtype="mixed_float16")),
    "mixed_bfloat16": lambda: sequential(L.GRU(5, dtype="mixed_bfloat16"), L.Dense(2)),
    "float64": lambda: sequential(L.GRU(5, dtype="float64"), L.Dense(2, dtype="float64")),
    "PReLU before": lambda: sequential(L.Dense(4), L.PReLU(), L.LSTM(4), L.Dense(2)),
    "uint8 features": lambda: functional(
        lambda x: L.GRU(4)(L.Rescaling(1 / 255)(ops.cast(x, "float32"))), (6, 3), dtypes=["uint8"]
    ),
    "int32 features": lambda: functional(lambda x: L.GRU(4)(ops.cast(x, "float32") / 100), (6, 3), dtypes=["int32"]),
    "a state that is a matrix": lambda: sequential(L.RNN(MatrixCell(4), return_sequences=True), shape=(24, 3)),
    "a layer with a call of its own": lambda: sequential(ScaledLSTM(4), L.Dense(2)),
    "constant state": lambda: functional(constant_state, (6, 3)),
    "residual": lambda: functional(lambda x: L.Dense(2)(L.Add()([x, L.GRU(3, return_sequences=True)(x)])), (6, 3)),
    "shared layer": lambda: functional(shared, (6, 3), (6, 3)),
    "both directions apart": lambda: functional(lambda x: list(L.Bidirectional(L.GRU(3), merge_mode=None)(x)), (6, 3)),
    "stacked cells, masked": lambda: sequential(L.Masking(), L.RNN([L.LSTMCell(4), L.GRUCell(3)]), L.Dense(1)),
    "int64 ids": lambda: sequential(L.Embedding(9, 3), L.SimpleRNN(4), shape=(6,), dtype="int64"),
    "ids as floats": lambda: sequential(L.Embedding(9, 3), L.SimpleRNN(4), shape=(6,)),
    "normalized over time": lambda: sequential(L.LayerNormalization(axis=[1, 2]), L.GRU(4)),
    "zero_output_for_mask": lambda: sequential(
        L.Masking(), L.LSTM(4, return_sequences=True, zero_output_for_mask=True), L.Dense(2), shape=(20, 3)
    ),
}  # fmt: skip
# those whose step, carried over a window, answers as the window does
WITH_STEP = {
    "masking, LSTM", "masking, long", "masking, all, long", "mask_zero, SimpleRNN, all", "mask_zero taken off",
    "noise suppression", "states returned, unused", "stateful", "text generator", "Sequential inside",
    "a GRU inside a block", "Reshape after", "mixed_float16", "mixed_bfloat16", "float64", "uint8 features",
    "int32 features", "a layer with a call of its own", "residual", "int64 ids", "ids as floats",
    "frames, TimeDistributed CNN", "ConvLSTM2D", "encoder alone", "feedback",
    "zero_output_for_mask", "series and static features", "two heads", "dictionaries", "shared layer",
}  # fmt: skip
