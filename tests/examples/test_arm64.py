"""`scripts/arm64`: LiteRT's aarch64 wheel on an emulated machine against the one here."""

import subprocess
import sys

import emulated
import numpy as np
import places
import pytest
from emulated import Missing, check_qemu
from helpers import CHECKOUT, inherited


@pytest.mark.slow
def test_arm64_answers_as_this_machine_does():
    compiler = places.found("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross")
    line = [sys.executable, CHECKOUT / "scripts" / "arm64", "--fast"]
    done = subprocess.run(line, capture_output=True, text=True, env=inherited())
    if done.returncode == 2:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {row.split("  ")[0]: row.split()[-3:] for row in done.stdout.splitlines()}
    assert rows["gs10_int8.tflite"] == ["equal", "equal", "0"]
    assert float(rows["gs10/annual/simple_rnn/model.tflite"][0]) < 1e-6
    built = "examples/c, char and gs10" in rows
    assert built == bool(compiler)
    assert built or "examples/c was not built for arm64" in done.stdout


@pytest.mark.parametrize(("version", "good"), [("10.0.2 (Debian)", True), ("11.1", True), ("7.2.22", False)])
def test_a_qemu_that_computes_wrong_is_refused(tmp_path, version, good):
    program = tmp_path / "qemu-aarch64"
    program.write_text(f"#!/bin/sh\necho 'qemu-aarch64 version {version}'\n")
    program.chmod(0o755)
    if good:
        assert check_qemu(program) == version.split()[0]
    else:
        with pytest.raises(Missing, match=r"QEMU must be 10 or later. Received: version 7.2.22"):
            check_qemu(program)


def test_a_computer_without_such_a_machine_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(emulated.platform, "machine", lambda: "arm64")
    with pytest.raises(Missing, match="An x86-64 Debian is needed"):
        emulated.Arm64(tmp_path)
    with pytest.raises(Missing, match="false must succeed. Received: exit 1, nothing said"):
        emulated.run(["false"])


def test_differences_are_parts_of_the_largest_answer(monkeypatch):
    monkeypatch.syspath_prepend(str(CHECKOUT / "scripts" / "arm64"))
    from helpers import script

    arm64 = script("arm64/__main__")
    expected = {"a|step|0|y": np.array([100.0, 1.0]), "a|step|1|y": np.array([0.5]), "b|step|0|y": np.array([1.0])}
    found = {"a|step|0|y": np.array([100.0, 1.1]), "a|step|1|y": np.array([0.51]), "b|step|0|y": np.array([np.nan])}
    largest = {path.name: one for path, one in arm64.differences(expected, found).items()}
    assert largest["a"] == pytest.approx(0.01)
    assert largest["b"] == np.inf  # not a number is no answer
    assert [arm64.limit(name) for name in ("x_int8.tflite", "char/shakespeare/x", "gs10")] == [0, 1e-5, 1e-6]
