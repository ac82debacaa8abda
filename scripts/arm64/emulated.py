"""An arm64 machine in a folder: QEMU's user mode, Debian's Python for arm64 and the aarch64 wheels from PyPI.

Nothing is installed: packages are unpacked in the folder, which is kept and used again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
PLACE = REPOSITORY / "build" / "arm64"
CPUS = ("cortex-a53", "max")  # the small core of old phones and boards, ARMv8.0; and all that QEMU knows
OLDEST_QEMU = 10  # 7.2 computes int8 wrong, without a word
PACKAGES = ("python3-minimal", "libpython3-stdlib", "libstdc++6")
WHEELS = ("ai-edge-litert", "numpy", "flatbuffers")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Missing(Exception):
    """What this computer lacks for an emulated machine, in one line."""


class Arm64:
    """An emulated arm64 machine.

    Args:
        place: its folder, made and filled where it is not there; some 150 MB.

    Raises:
        Missing: this computer is no x86-64 Debian, its packages cannot be had, or QEMU is too old.
    """

    def __init__(self, place: Path = PLACE) -> None:
        if platform.machine() != "x86_64" or not shutil.which("apt-get"):
            raise Missing(f"An x86-64 Debian is needed. Received: {platform.platform()}")
        self.root, self.wheels, self.qemu = place / "root", place / "wheels", place / "qemu-aarch64"
        wanted = hashlib.sha256((REPOSITORY / "constraints.txt").read_bytes() + Path(__file__).read_bytes()).hexdigest()
        stamp = place / "complete"
        place.parent.mkdir(parents=True, exist_ok=True)
        with open(place.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two of these at once fill it once
            if not stamp.is_file() or stamp.read_text() != wanted:
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                self._fill(place)
                stamp.write_text(wanted)
        if chosen := os.environ.get("QEMU"):
            self.qemu = Path(chosen)
        self.version = check_qemu(self.qemu)

    def command(self, cpu: str, program: str | Path, *arguments: str | Path) -> list[str]:
        """The command that runs a program for arm64."""
        return [str(one) for one in (self.qemu, "-cpu", cpu, "-L", self.root, program, *arguments)]

    def python(self, cpu: str, *arguments: str | Path) -> str:
        """What Python prints there with these arguments."""
        environment = os.environ | {"PYTHONPATH": str(self.wheels), "PYTHONDONTWRITEBYTECODE": "1"}
        environment |= {"OPENBLAS_NUM_THREADS": "1"}
        return run(self.command(cpu, self.interpreter, *arguments), env=environment)

    @property
    def interpreter(self) -> Path:
        return next((self.root / "usr" / "bin").glob("python3.*"))

    @property
    def litert(self) -> Path:
        """The folder with libLiteRt.so."""
        return self.wheels / "ai_edge_litert"

    def _fill(self, place: Path) -> None:
        fetch = Debian(place / "apt")
        for deb in fetch.debs("arm64", *PACKAGES):
            run(["dpkg-deb", "-x", deb, self.root])
        for deb in fetch.debs("amd64", "qemu-user", closure=False):
            run(["dpkg-deb", "-x", deb, place / "apt"])
        (place / "apt" / "usr" / "bin" / "qemu-aarch64").rename(self.qemu)
        shutil.rmtree(place / "apt")
        version = self.interpreter.name.removeprefix("python")
        report = place / "report.json"
        run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
             "--only-binary=:all:", "--implementation", "cp", "--python-version", version,
             *(f"--platform={kind}_aarch64" for kind in ("manylinux_2_28", "manylinux_2_27", "manylinux2014")),
             "--target", self.wheels, "--report", report, "-c", REPOSITORY / "constraints.txt", *WHEELS]
        )  # fmt: skip
        run([sys.executable, REPOSITORY / "scripts" / "hashes.py", "check", report])


class Debian:
    """Debian's packages for any architecture, through apt with lists of its own: the system's stay as they are."""

    def __init__(self, place: Path) -> None:
        self.place = place
        release = dict(re.findall(r'^(\w+)="?([^"\n]*)', Path("/etc/os-release").read_text(), re.M))
        codename = release.get("VERSION_CODENAME", "")
        if release.get("ID") != "debian":
            raise Missing(f"A Debian is needed. Received: {release.get('PRETTY_NAME', 'another system')}")
        targets = run(["apt-get", "indextargets", "--no-release-info", "--format", "$(REPO_URI) $(RELEASE)"])
        mirrors = [line.split()[0] for line in targets.splitlines() if line.split()[1] == codename]
        if not mirrors:
            raise Missing(f"Apt must know a mirror of Debian {codename}.")
        for folder in ("state/lists/partial", "cache/archives/partial", "parts"):
            (place / folder).mkdir(parents=True)
        (place / "status").touch()
        self.backports = f"{codename}-backports"
        source = f"deb [arch=amd64,arm64 signed-by={KEYRING}] {mirrors[0]}"
        (place / "sources.list").write_text(f"{source} {codename} main\n{source} {self.backports} main\n")
        self._apt("amd64", "apt-get", "update", "-qq")

    def debs(self, architecture: str, *names: str, closure: bool = True) -> list[Path]:
        """Files of packages, with all that they need where `closure`; else from backports where they are there."""
        if closure:
            command = ["apt-get", "install", "--no-install-recommends", "--download-only", "-qq", *names]
            self._apt(architecture, *command)
            return sorted((self.place / "cache" / "archives").glob("*.deb"))
        before = set(self.place.glob("*.deb"))
        self._apt(architecture, "apt-get", "download", "-qq", "-t", self.backports, *names)
        return sorted(set(self.place.glob("*.deb")) - before)

    def _apt(self, architecture: str, program: str, *arguments: str) -> str:
        place = self.place
        settings = {
            "Dir::State": place / "state", "Dir::State::status": place / "status", "Dir::Cache": place / "cache",
            "Dir::Etc::sourcelist": place / "sources.list", "Dir::Etc::sourceparts": place / "parts",
            "Dir::Etc::preferencesparts": place / "parts", "APT::Architecture": architecture,
            "APT::Architectures": "amd64,arm64", "APT::Sandbox::User": "root", "Debug::NoLocking": "1",
        }  # fmt: skip
        options = [f"-o{key}={value}" for key, value in settings.items()]
        return run([program, *options, *arguments], cwd=place, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})


def check_qemu(program: Path) -> str:
    """QEMU's version.

    Raises:
        Missing: it is older than `OLDEST_QEMU`.
    """
    found = re.search(r"version (\d+)[\d.]*", run([program, "--version"]))
    if found is None or int(found[1]) < OLDEST_QEMU:
        raise Missing(f"QEMU must be {OLDEST_QEMU} or later. Received: {found[0] if found else program}")
    return found[0].removeprefix("version ")


def run(command: list[str | Path], **options) -> str:
    """What a command prints; `Missing` with the last line of its errors where it fails."""
    done = subprocess.run([str(one) for one in command], capture_output=True, text=True, **options)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "nothing said").splitlines()[-1]
        raise Missing(f"{Path(command[0]).name} must succeed. Received: exit {done.returncode}, {last}")
    return done.stdout
