"""A model by name or path, on LiteRT."""

from keras_rnn.catalog.metadata import document_of
from keras_rnn.catalog.names import find
from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath
from keras_rnn.litert.file import LiteRTFile
from keras_rnn.runtime.series import GS10Runtime, SeriesRuntime
from keras_rnn.runtime.text import CharRuntime
from keras_rnn.runtime.zero_shot import ZeroShotRuntime

Runtime = CharRuntime | SeriesRuntime | ZeroShotRuntime


def load(name_or_path: FilePath, trusted: bool = True) -> Runtime:
    """A model by name or path, on LiteRT, with the Keras model's verbs.

    Threads may share it. A file is looked over before LiteRT reads it: a damaged one is refused by its checksum, and
    one that does not fit together, also of other programs, by its structure. One made to do harm may pass both.

    Args:
        name_or_path: a name of the zoo (`"char"`, `"gs10/levels/rnn_cell"`), a folder that `export` wrote, or a
            `.tflite` file of this package.
        trusted: False to run the file in another process first, within bounds of time and memory: about 0.3 s.

    Returns:
        A `CharRuntime` (`generate`, `predict_next`, `stream`), or a `GS10Runtime`, `SeriesRuntime` or `ZeroShotRuntime`
        (`forecast`).

    Raises:
        TypeError: neither a string nor a path.
        ValueError: no such model; a file that is damaged, not of this package, newer than this version, or whose
            metadata does not fit its graph; one that is not trusted, and does not run.
    """
    path = find(name_or_path)
    path = path / "model.tflite" if path.is_dir() else path
    if not trusted:
        from keras_rnn.litert.trial import try_apart  # not at every start

        try_apart(path)
    file = LiteRTFile(path)
    metadata = document_of(file.metadata, file.path.name)
    if metadata is None:
        raise ValueError(
            f"`name_or_path` must be a .tflite file with keras_rnn's metadata, such as `to_litert` writes with "
            f"`vocabulary` or `unit`. {received(str(file.path))}"
        )
    if file.primary != "serving_default":
        raise ValueError(f"The primary signature must be serving_default. Received: {file.primary} in {file.path}")
    kinds: dict[str, type[Runtime]]
    kinds = {"char": CharRuntime, "gs10": GS10Runtime, "series": SeriesRuntime, "zero_shot": ZeroShotRuntime}
    try:
        return kinds[metadata["kind"]](file, metadata)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{error}, in {file.path}") from error
