"""`examples/android`: its Kotlin is compiled, the screen too, and what is beneath the screen runs on LiteRT.

The compiler is Kotlin's own, from the npm registry. Android's classes and LiteRT's are those of `android/`, which have
the published signatures; LiteRT's hand over to this process, where the models run.
"""

import re
import shutil
import subprocess
import tempfile

import numpy as np
import places
import pytest
from ai_edge_litert.interpreter import Interpreter
from helpers import CHECKOUT

APP = CHECKOUT / "examples" / "android" / "app" / "src" / "main"
STAND_INS = CHECKOUT / "tests" / "examples" / "android"
MODELS = CHECKOUT / "saved_models"
CHAR = MODELS / "char/hello_world/simple_rnn/model.tflite"
FILES = {"char.tflite": CHAR, "carried.tflite": CHAR, "gs10.tflite": MODELS / "gs10/annual/simple_rnn/model.tflite"}


@pytest.fixture(scope="module")
def compiler():
    """The folder with the compiler's jars, kept in build/."""
    places.need("npm", "nodejs", "npm")
    places.need("java", "default-jre-headless")
    place = CHECKOUT / "build" / "kotlin"
    place.parent.mkdir(exist_ok=True)
    lock = STAND_INS / "package-lock.json"  # which has the archive's hash
    if not (place / lock.name).is_file() or (place / lock.name).read_bytes() != lock.read_bytes():
        with tempfile.TemporaryDirectory(dir=place.parent) as new:
            for name in ("package.json", lock.name):
                shutil.copy(STAND_INS / name, new)
            line = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(line, cwd=new, capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"examples/android is not compiled: npm has no kotlin-compiler: {done.stderr[-200:]}")
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(new, place)
    return place / "node_modules" / "kotlin-compiler" / "lib"


@pytest.fixture(scope="module")
def said(compiler, tmp_path_factory):
    """What the app's classes answer, by the first word of the line."""
    classes = tmp_path_factory.mktemp("classes")
    sources = [APP / "kotlin", STAND_INS]
    line = ["java", "-Xmx1g", "-cp", f"{compiler}/*", "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"]
    done = subprocess.run([*line, "-Werror", "-no-reflect", "-d", classes, *sources], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    utf8 = [f"-D{key}=UTF-8" for key in ("file.encoding", "sun.stdout.encoding", "stdout.encoding")]  # by Java's age
    line = ["java", *utf8, "-cp", f"{classes}:{compiler / 'kotlin-stdlib.jar'}", "keras.rnn.example.MainKt"]
    runners, found = {}, []
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        for sent in process.stdout:
            verb, *words = sent.rstrip("\n").split(" ")
            if verb not in ("size", "run"):
                found.append((verb, " ".join(words)))
                continue
            file, signature, *words = words
            if (file, signature) not in runners:
                runners[file, signature] = Interpreter(str(FILES[file]), num_threads=1).get_signature_runner(signature)
            print(reply(runners[file, signature], verb, words), file=process.stdin, flush=True)
    assert process.returncode == 0
    return found


def reply(runner, verb, words):
    """To `size NAME`, how many numbers an input or output has; to `run NAME=NUMBERS …`, the outputs alike."""
    details = runner.get_output_details() | runner.get_input_details()
    if verb == "size":
        return int(np.prod(details[words[0]]["shape"]))
    given = {}
    for name, numbers in (word.split("=") for word in words):
        detail = details[name]
        given[name] = np.array(numbers.split(","), detail["dtype"]).reshape(detail["shape"])
    return " ".join(f"{name}={','.join(map(str, array.ravel()))}" for name, array in runner(**given).items())


def numbers(line):
    return np.array(line.split(","), np.float64)


@pytest.mark.slow
def test_a_text_by_step(said, zoo):
    model, lines = zoo["char/hello_world/simple_rnn"], dict(said)
    assert lines["text"] == "hello w"
    logits = np.asarray(model(np.array([[model.vocabulary.index(c) for c in " w"]])), np.float64)[0]
    expected = np.exp(logits - logits.max())
    np.testing.assert_allclose(numbers(lines["probabilities"]), expected / expected.sum(), atol=1e-5)


@pytest.mark.slow
def test_the_state_is_carried(said, zoo):
    model, lines = zoo["char/hello_world/simple_rnn"], dict(said)
    step, ids, text = Interpreter(str(CHAR)).get_signature_runner("step"), model.vocabulary.index("h"), "h"
    state = np.zeros((1, 20), np.float32)
    for _ in range(4):
        out = step(ids=np.array([[ids]], np.int32), h_0=state)
        state, ids = out["h_0"], int(out["logits"].argmax())
        text += model.vocabulary[ids]
    assert lines["carried"] == text
    assert numbers(lines["state"]).shape == (20,)


@pytest.mark.slow
def test_a_forecast(said, zoo):
    expected = zoo["gs10/annual/simple_rnn"].forecast([0.89, 1.44, 2.95, 3.96, 4.21, 4.29], steps=10)["mean"]
    np.testing.assert_allclose(numbers(dict(said)["forecast"]), expected, atol=1e-5)


@pytest.mark.slow
def test_what_is_refused(said):
    assert [line for verb, line in said if verb == "refused"] == [
        "The text must have characters of “ dehlorw” only. Received: i",
        "The text must have at least 2 characters. Received: h",
        "There must be 6 means in percent. Received: 1.0, NaN",
    ]


def test_the_build_names_what_is_there():
    """The models that Gradle copies into the app, what the app opens, and the texts of its screen."""
    build = (APP.parent.parent / "build.gradle.kts").read_text(encoding="utf-8")
    copied = dict(re.findall(r'from\(zoo.resolve\("(\S+)"\)\) \{ rename \{ "(\S+)" \} \}', build))
    assert all((MODELS / path).is_file() for path in copied)
    code = "".join(path.read_text(encoding="utf-8") for path in (APP / "kotlin").rglob("*.kt"))
    assert set(copied.values()) == set(re.findall(r'"(\w+\.tflite)"', code))
    strings = (APP / "res" / "values" / "strings.xml").read_text(encoding="utf-8")
    used = set(re.findall(r"R\.string\.(\w+)", code)) | {"app_name"}
    assert used == set(re.findall(r'<string name="(\w+)">', strings))
