"""Several processes that train one model together, on Keras' JAX backend: each with a part of every batch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from keras_rnn.core.backend import keras
from keras_rnn.core.checks import received


def join(coordinator: str, count: int, index: int) -> None:
    """Become one of `count` processes, number `index`, before any model is built.

    Args:
        coordinator: "host:port" of process 0, which all can reach.

    Raises:
        ValueError: another backend than JAX.
        RuntimeError: the others were not there in time.
    """
    if keras.backend.backend() != "jax":
        raise ValueError(f"`processes` must be 1 unless KERAS_BACKEND=jax. {received(count)}")
    keras.distribution.initialize(job_addresses=coordinator, num_processes=count, process_id=index)
    # each process feeds its own part
    keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))


def leave(last: Callable[[], None] = lambda: None) -> None:
    """Part from the others, once all are here, for whoever ends before looks as if it had died; do what is last."""
    count, _ = processes()
    if count > 1:  # what follows is each one's own
        keras.distribution.set_distribution(None)
    last()
    if count > 1:
        import jax

        jax.distributed.shutdown()  # type: ignore[no-untyped-call]


def processes() -> tuple[int, int]:
    """How many there are, and which of them this is."""
    if keras.backend.backend() != "jax" or keras.distribution.distribution() is None:
        return 1, 0
    import jax

    return jax.process_count(), jax.process_index()


@contextmanager
def alone() -> Iterator[None]:
    """While it lasts, this process computes for itself."""
    together = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(together)


def part_of(batch: Any) -> Any:
    """This process' rows of a batch of arrays."""
    count, index = processes()
    if count == 1:
        return batch
    return keras.tree.map_structure(lambda x: x[index * len(x) // count : (index + 1) * len(x) // count], batch)
