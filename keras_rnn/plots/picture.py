"""Where a picture may go: checked before the work that it is for, without importing matplotlib."""

from pathlib import Path

from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath, check_writable

ENDINGS = ("eps", "jpeg", "jpg", "pdf", "pgf", "png", "ps", "raw", "rgba", "svg", "svgz", "tif", "tiff", "webp")


def check_picture(path: FilePath) -> None:
    """Raise what `save_figure` would: a ValueError for the ending, an OSError where it cannot be written."""
    path = Path(path)
    if path.suffix.lstrip(".").lower() not in ENDINGS and not path.is_dir():
        raise ValueError(f"A picture's path must end in one of {', '.join(ENDINGS)}. {received(path.name)}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"The picture's folder {path.parent} must exist. {received(str(path))}")
    check_writable(path, "file")
