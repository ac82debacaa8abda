"""Reading a file of weights that somebody else wrote: tensors by name, and no code that a pickle brings along."""

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath, check_path, check_unpacked, is_zip, most_unpacked
from keras_rnn.pytorch.state_dict import tensors_of

SAFE = (2, 10)  # PyTorch; `weights_only` of older ones can be circumvented: CVE-2025-32434, CVE-2026-24747


def read_torch_file(path: FilePath) -> Any:
    """A `state_dict`, or the checkpoint around it, from a file.

    Args:
        path: `.npz`, NumPy's, and `.safetensors` are read without PyTorch; any other is `torch.save`'s, read by
            `torch.load(path, weights_only=True)`, which builds tensors and plain containers and calls nothing
            else; by PyTorch 2.10 or newer, of which that holds. Tensors may be ten times as large as the file, or
            16 MiB, together.

    Raises:
        TypeError: not a path; a file without tensors by name.
        ValueError: no such file; not such a file, a damaged one, one with objects in it, such as a whole module, or
            with larger tensors; or PyTorch is needed and not installed, or too old.
    """
    check_path(path)
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"`state` must be a file with a state_dict (.pt, .pth, .npz, .safetensors). {_quoted(path)}")
    readers: dict[str, Callable[[Path], Any]] = {".npz": _read_npz, ".safetensors": _read_safetensors}
    state = readers.get(path.suffix.lower(), _read_torch)(path)
    size = sum(getattr(tensor, "nbytes", 0) for tensor in tensors_of(state).values())
    if size > most_unpacked(path):  # a tensor can name one number of the file as all of its own
        raise ValueError(
            f"`state` must hold tensors of at most ten times its file's size, or 16 MiB. {_quoted(path)}, "
            f"{path.stat().st_size:,} bytes with tensors of {size:,}"
        )
    return state


def _read_npz(path: Path) -> dict[str, Any]:
    if is_zip(path):
        check_unpacked(path)
    try:
        with np.load(path, allow_pickle=False) as arrays:  # one .npy has no `with`
            return {name: arrays[name] for name in arrays.files}
    except Exception as error:  # a damaged archive can raise anything
        raise ValueError(f"A .npz file must hold arrays by name (np.savez), not objects. {_quoted(path)}") from error


def _read_safetensors(path: Path) -> dict[str, Any]:
    try:
        import ml_dtypes  # noqa: F401  bfloat16, which NumPy has not
        from safetensors.numpy import load_file
    except ImportError as error:
        raise ValueError(
            f"The package safetensors must be installed for {path.name!r}: pip install 'keras-rnn[torch]'; or save "
            f"the tensors as .npz. {_quoted(path)}"
        ) from error
    try:
        return dict(load_file(path))
    except Exception as error:  # it has a type of its own
        raise ValueError(f"A safetensors file must be whole. {_quoted(path)}") from error


def _read_torch(path: Path) -> Any:
    try:
        import torch
    except ImportError as error:
        raise ValueError(
            f"PyTorch must be installed for {path.name!r}: pip install torch; or save the tensors as .npz or "
            f".safetensors. {_quoted(path)}"
        ) from error
    if tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2]) < SAFE:
        raise ValueError(
            f"PyTorch must be {'.'.join(map(str, SAFE))} or newer, as older ones can be made to run a file's code "
            f"(CVE-2025-32434, CVE-2026-24747). Received: PyTorch {torch.__version__}"
        )
    if is_zip(path):
        check_unpacked(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of older formats
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can raise anything
        asked = re.search(r"GLOBAL ([\w.]+)", str(error))  # what the pickle would have had called
        if asked is None and "TorchScript" not in str(error):
            raise ValueError(f"A PyTorch file must be whole, as torch.save wrote it. {_quoted(path)}") from error
        raise ValueError(
            f"A PyTorch file must hold tensors only: save `model.state_dict()`, not the model. {_quoted(path)}, which "
            f"holds {asked[1] if asked else 'TorchScript'} and was not run"
        ) from error


def _quoted(path: Path) -> str:
    return received(str(path))
