"""The page as files by their address: its own, the models, LiteRT.js, and a list of the models with GS10's values."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keras_rnn.catalog.names import model_folder, zoo_folder, zoo_names
from keras_rnn.core.files import FilePath, check_path, written_folder
from keras_rnn.gs10.files import newest_gs10
from keras_rnn.series.history import annual_means
from keras_rnn.web.litertjs import litertjs_files, litertjs_folder

Site = dict[str, Path | bytes]  # address, such as "models/char/…" → file or content
SHOWN = ("char", "gs10")  # models that the page knows how to show
HISTORY = 60  # values of GS10, the last ones
MIME = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tflite": "application/octet-stream",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}


def page_folder() -> Path:
    """The page's own files: inside an installed wheel, in `examples/web` of a checkout."""
    package = Path(__file__).parent
    installed = package / "page"
    return installed if installed.is_dir() else package.parent.parent / "examples" / "web"


def site(litert: FilePath | None = None) -> Site:
    """All that the page may ask for.

    Args:
        litert: a folder with LiteRT.js, as of `litertjs_folder`.

    Raises:
        ValueError, OSError: LiteRT.js is not to be had; see `litertjs_folder`.
    """
    own = MIME.keys() - {".json"}  # package.json is for Node
    files: Site = {path.name: path for path in sorted(page_folder().iterdir()) if path.suffix in own}
    models = list(_models())
    files |= {one["file"]: zoo_folder() / one["file"].removeprefix("models/") for one in models}
    files |= {f"litertjs/{name}": path for name, path in litertjs_files(litertjs_folder(litert)).items()}
    files["models.json"] = json.dumps({"models": models, "history": _history()}).encode()
    return files


def _models() -> Iterator[dict[str, Any]]:
    """The `.tflite` files: each its model's name, cell, precision, address and bytes."""
    for name in zoo_names():
        if name.model in SHOWN:
            for path in sorted(model_folder(name).glob("*.tflite")):
                yield {
                    "model": f"{name.model}/{name.preset}",
                    "cell": name.cell,
                    "precision": path.stem.partition("_")[2] or "float32",
                    "file": f"models/{path.relative_to(zoo_folder()).as_posix()}",
                    "bytes": path.stat().st_size,
                }


def _history() -> dict[str, Any]:
    """The last values of the GS10 in use, by frequency: their names and percent."""
    data = newest_gs10()
    years, means = annual_means(data.months, data.values)
    series = {"annual": (years, means), "monthly": (data.months, data.values)}
    return {
        frequency: {"names": names[-HISTORY:].astype(str).tolist(), "values": values[-HISTORY:].round(4).tolist()}
        for frequency, (names, values) in series.items()
    }


def policy() -> str:
    """The page's Content-Security-Policy, which stands in its head."""
    html = (page_folder() / "index.html").read_text(encoding="utf-8")
    found = re.search(r'http-equiv="Content-Security-Policy"\s+content="([^"]+)"', html)
    assert found is not None
    return " ".join(found[1].split())


def write_site(folder: FilePath, litert: FilePath | None = None) -> Path:
    """Write the page as a folder for any web server.

    Raises:
        ValueError: a folder that holds something; else as `site`.
        OSError: it cannot be written.
    """
    target = check_path(folder)
    if target.is_dir() and any(target.iterdir()):
        raise ValueError(f"`out` must be a new or an empty folder. Received: {str(folder)!r}, which holds files")
    files = site(litert)
    with written_folder(target) as new:
        for address, content in files.items():
            path = new / address
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
    return target
