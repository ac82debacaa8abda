"""LiteRT.js, which runs `.tflite` files in browsers: fetched once, by npm, and held against its SHA-512."""

import base64
import hashlib
import io
import json
from pathlib import Path

from keras_rnn.core.checks import received
from keras_rnn.core.files import FilePath, written_folder
from keras_rnn.core.scratch import temporary_folder

VERSION = "2.5.3"
# package → SHA-512 of its archive, as the index of packages has it, and the files of it that a browser may ask for
PACKAGES = {
    "core": (
        "PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0FLaw48q4tz8IwqgqCIkviYGr9OFDL1kCnN4nzWoyJQ==",
        (
            "dist/index.js",
            "wasm/litert_wasm_internal.js",
            "wasm/litert_wasm_internal.wasm",
            "wasm/litert_wasm_compat_internal.js",  # for browsers without relaxed SIMD
            "wasm/litert_wasm_compat_internal.wasm",
        ),
    ),
    "wasm-utils": (
        "4fJiw6tBQnIs+0jH/OQ16nYOiSl8/+zZnn5h2ul8aTKHi05sVqZW580Tmk78pC2kT39A9OYBVdFawteZ/sI1kQ==",
        ("dist/index.js",),
    ),
}
INSIDE = Path("node_modules", "@litertjs")  # of a folder with LiteRT.js, as `npm install` makes one


def litertjs_folder(folder: FilePath | None = None) -> Path:
    """A folder with LiteRT.js, from which Node can import it.

    Args:
        folder: one in which `npm install @litertjs/core` was run; None for the cache's, filled by npm the first time.

    Raises:
        ValueError: a folder without it, or with another version.
        OSError: it is to be fetched, and npm is not there, does not get it, or gets something else.
    """
    if folder is not None:
        _check(Path(folder))
        return Path(folder)
    from platformdirs import user_cache_path

    target = user_cache_path("keras_rnn") / f"litertjs-{VERSION}"
    if not _is_complete(target):  # not yet, or something cleared the cache in part
        fetched = {
            name: fetch(f"@litertjs/{name}@{VERSION}", sha512, ("package.json", *own))
            for name, (sha512, own) in PACKAGES.items()
        }
        with written_folder(target) as new:
            for name, files in fetched.items():
                for file, content in files.items():
                    path = new / INSIDE / name / file
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
    return target


def litertjs_files(folder: Path) -> dict[str, Path]:
    """What a browser may ask for, by its path below `@litertjs`, such as core/dist/index.js, in a folder with it."""
    return {f"{name}/{file}": folder / INSIDE / name / file for name, (_, own) in PACKAGES.items() for file in own}


def _is_complete(folder: Path) -> bool:
    return all(path.is_file() for path in litertjs_files(folder).values())


def _check(folder: Path) -> None:
    try:
        version = json.loads((folder / INSIDE / "core" / "package.json").read_text(encoding="utf-8"))["version"]
    except (OSError, ValueError, KeyError, TypeError):
        version = None
    if version != VERSION or not _is_complete(folder):
        found = f", version {str(version)[:20]}" if version else ""
        raise ValueError(
            f"`litert` must be a folder in which `npm install @litertjs/core@{VERSION}` was run. "
            f"{received(str(folder))}{found}"
        )


def fetch(package: str, sha512: str, files: tuple[str, ...]) -> dict[str, bytes]:
    """Files of a package, such as name@1.2.3, from its archive, which npm gets.

    Raises:
        OSError: npm is not there, does not get it, or gets something else.
    """
    import shutil
    import subprocess
    import tarfile

    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError(
            "npm must be installed, for it fetches LiteRT.js once; or `litert` names a folder in which "
            f"`npm install @litertjs/core@{VERSION}` was run elsewhere"
        )
    with temporary_folder() as folder:
        # the retries: without a network it would say nothing for a minute
        options = ["--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
        done = subprocess.run([npm, "pack", *options, package], cwd=folder, capture_output=True, text=True)
        archives = list(folder.glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            reason = next((line for line in done.stderr.splitlines() if line.startswith("npm error")), "no archive")
            raise OSError(f"npm must be able to fetch {package}. Received: {reason}")
        content = archives[0].read_bytes()
    if base64.b64encode(hashlib.sha512(content).digest()).decode() != sha512:
        raise OSError(f"The archive of {package} must have the SHA-512 {sha512}. Received: another one, from npm")
    found = {}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for file in files:
            member = archive.extractfile(f"package/{file}")
            assert member is not None
            found[file] = member.read()
    return found
