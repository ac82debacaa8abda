"""Training: the same as Keras' own loop, repeatable to the bit, and with the user's settings left alone."""

import numpy as np
import pytest

from keras_rnn import char_model, gs10_model, series_windows, text_windows, train
from keras_rnn.core.backend import keras

IDS, TARGETS, VOCABULARY = text_windows("hello world")


def test_same_updates_as_plain_fit():
    ours, plain = (char_model(weights=None, seed=1) for _ in range(2))
    train(ours, IDS, TARGETS, updates=30, verbose=False)
    plain.fit(IDS, TARGETS, epochs=30, batch_size=9, shuffle=False, verbose=0)
    for a, b in zip(ours.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("updates", "done"), [(1, 1), (100, 100), (150, 150), (250, 252)])
def test_number_of_updates(updates, done):
    model = char_model(weights=None, seed=1)
    history = train(model, IDS, TARGETS, updates=updates, verbose=False)
    assert int(model.optimizer.iterations) == done
    assert len(history.history["loss"]) == -(-updates // 100)


def test_settings_are_the_users_before_during_and_after():
    model = char_model(weights=None, seed=1)
    model.compile("sgd", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), steps_per_execution=3)
    seen = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs["loss"]))
    train(model, IDS, TARGETS, updates=200, callbacks=[callback], verbose=False)
    assert len(seen) == 2
    assert seen[1] < seen[0]
    assert (type(model.optimizer), model.steps_per_execution) == (keras.optimizers.SGD, 3)
    model.fit(IDS, TARGETS, epochs=1, verbose=0)
    assert model.predict(IDS, verbose=0).shape == (9, 8)


def test_settings_come_back_after_an_interruption():
    model = char_model(weights=None, seed=1)

    def stop(epoch, logs):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(model, IDS, TARGETS, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=stop)], verbose=False)
    assert model.steps_per_execution == 1


def test_stops_early():
    model = char_model(weights=None, seed=1)
    history = train(model, IDS, TARGETS, updates=5000, min_delta=1e-3, verbose=False)
    losses = history.history["loss"]
    assert len(losses) < 50
    assert losses[-2] - losses[-1] < 1e-3
    assert (np.diff(losses[:-1]) < -1e-3).all()


def test_batches_repeat_with_a_seed_and_differ_with_another():
    def weights(seed):
        model = char_model(weights=None, seed=1)
        train(model, IDS, TARGETS, updates=50, batch_size=4, seed=seed, verbose=False)
        return model.get_cell_weights().sha256()

    assert weights(1) == weights(1)
    assert weights(1) != weights(2)


@pytest.mark.parametrize("scaling", ["levels", "window"])
def test_a_forecaster_learns_a_series_of_the_users(scaling):
    series = 5 + np.sin(np.arange(60) / 3)
    kind = {"low": series.min(), "high": series.max()} if scaling == "levels" else {"scale": 2.0}
    model = gs10_model(None, scaling=scaling, seed=0, **kind)
    histories, targets = series_windows(series)
    train(model, histories[:40], targets[:40], updates=500, verbose=False)
    error = model.predict_windows(histories[40:]) - targets[40:]
    naive = histories[40:, -1:] - targets[40:]
    assert (error**2).mean() < (naive**2).mean() / 10


def test_validation_after_each_round_and_stopping_by_it():
    model = char_model(weights=None, seed=1)
    history = train(model, IDS, TARGETS, updates=300, validation_data=(IDS[:4], TARGETS[:4]), verbose=False)
    assert len(history.history["val_loss"]) == 3
    assert history.history["val_loss"][-1] == pytest.approx(model.evaluate(IDS[:4], TARGETS[:4], verbose=0)[0])
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=0, min_delta=100.0)
    history = train(
        model, IDS, TARGETS, updates=900, validation_data=(IDS, TARGETS), callbacks=[stop], verbose=False
    )  # fmt: skip
    assert len(history.history["loss"]) == 2


def test_a_bar_and_quiet(capfd):
    model = char_model(weights=None, seed=1)
    train(model, IDS, TARGETS, updates=10, verbose=False)
    assert capfd.readouterr() == ("", "")
    train(model, IDS, TARGETS, updates=10, title="mine")
    out, err = capfd.readouterr()
    assert out == ""
    assert "mine: 100%" in err
    assert "10/10" in err
    train(char_model(weights=None, seed=1), IDS, TARGETS, updates=5000, min_delta=1e-3, title="mine")
    assert "mine (stopped early): 100%" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"model": "char"}, ValueError),
        ({"x": IDS[:3]}, ValueError),
        ({"x": IDS[:0], "targets": TARGETS[:0]}, ValueError),
        ({"x": 3}, ValueError),
        ({"updates": 0}, ValueError),
        ({"updates": 1.5}, TypeError),
        ({"batch_size": 0}, ValueError),
        ({"min_delta": -1}, ValueError),
        ({"seed": "a"}, TypeError),
        ({"targets": TARGETS.astype(str)}, TypeError),
    ],
)
def test_bad_input(arguments, error):
    with pytest.raises(error, match="Received: "):
        train(**({"model": char_model(weights=None), "x": IDS, "targets": TARGETS, "verbose": False} | arguments))


def test_callbacks_none_one_and_several():
    seen = []
    one = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    for callbacks in (None, one, [one], (one, one)):
        train(char_model(weights=None), IDS, TARGETS, updates=1, callbacks=callbacks, verbose=False)
    assert len(seen) == 4


def test_a_model_that_is_not_compiled():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match=r"compiled keras.Model. Received: .*Sequential"):
        train(model, IDS, TARGETS)
