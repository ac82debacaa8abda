"""Where the zoo's models lie and what they are called."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from keras_rnn.catalog.presets import DEFAULT_PRESET, PRESETS, Preset
from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath
from keras_rnn.rnn.cells import DEFAULT_CELL, PLAIN_CELLS


@dataclass(frozen=True)
class ModelName:
    """A full name, `model/preset/cell`."""

    model: str
    preset: str
    cell: str

    def __str__(self) -> str:
        return f"{self.model}/{self.preset}/{self.cell}"


def zoo_names() -> Iterator[ModelName]:
    """Every name of the zoo."""
    return (
        ModelName(model, name, cell)
        for model, presets in PRESETS.items()
        for name, preset in presets.items()
        for cell in preset.cells
    )


def packaged_names() -> Iterator[ModelName]:
    """Those that can be trained anew anywhere within a minute, with nothing but the package."""
    return (name for name in zoo_names() if not preset_of(name).recipe.long)


def resolve(name: str) -> ModelName:
    """The full name for a name: `char` and `gs10/levels` mean the default preset and cell.

    Raises:
        ValueError: no such model; the message lists those there are.
    """
    parts = name.rstrip("/").split("/")
    if parts[0] in PRESETS and len(parts) <= 3:
        preset = parts[1] if len(parts) > 1 else DEFAULT_PRESET[parts[0]]
        if preset in PRESETS[parts[0]]:
            cells = PRESETS[parts[0]][preset].cells
            cell = parts[2] if len(parts) > 2 else default_cell(cells)
            if cell in cells:
                return ModelName(parts[0], preset, cell)
    raise ValueError(
        f"`name_or_path` must be a path or a name of the zoo: {', '.join(map(str, zoo_names()))}. {received(name)}"
    )


def default_cell(cells: tuple[str, ...]) -> str:
    return DEFAULT_CELL if cells[0] in PLAIN_CELLS else cells[0]


def find(name_or_path: FilePath) -> Path:
    """The folder or file that a name of the zoo or a path means; a name comes before a folder called like it.

    Raises:
        TypeError: neither a string nor a path.
        ValueError: no such model, folder or file.
        FileNotFoundError: a name of the zoo whose files are not there.
    """
    if not isinstance(name_or_path, str | os.PathLike):
        raise TypeError(f"`name_or_path` must be a string or a path. {received(name_or_path)}")
    path = Path(name_or_path)
    if not os.fspath(name_or_path):
        resolve("")
    if isinstance(name_or_path, str) and not path.suffix:
        try:
            return model_folder(resolve(name_or_path))
        except ValueError:
            if not path.exists():
                raise
    if not path.exists():
        raise ValueError(f"`name_or_path` must be a model's file or folder. {received(str(path))}")
    return path


def zoo_name(path: Path) -> ModelName | None:
    """The name of one of the zoo's own folders; None for any other path."""
    inside = path.is_dir() and zoo_folder() in path.parents
    return resolve(path.relative_to(zoo_folder()).as_posix()) if inside else None


def preset_of(name: ModelName) -> Preset:
    return PRESETS[name.model][name.preset]


def zoo_folder() -> Path:
    """The folder `saved_models`: inside an installed wheel, beside the package in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "saved_models"
    return installed if installed.is_dir() else package.parent / "saved_models"


def model_folder(name: ModelName) -> Path:
    """A shipped model's folder.

    Raises:
        FileNotFoundError: it is not there.
    """
    folder = zoo_folder() / name.model / name.preset / name.cell
    if not (folder / "card.json").is_file():
        raise FileNotFoundError(
            f"The zoo's {name} must be in {str(zoo_folder())!r}; in a checkout scripts/build_zoo.py makes it. "
            f"{received(str(folder))}"
        )
    return folder
