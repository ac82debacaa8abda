"""The house: a folder is one idea, imports lead downwards only, and no file grows long."""

import ast
import sys
from pathlib import Path

import pytest

import keras_rnn

PACKAGE = Path(keras_rnn.__file__).parent
# folder → its floor, and what may be imported from outside besides NumPy and the standard library
HOUSE = {
    "core": (1, {"keras", "tensorflow"}),
    "rnn": (2, {"h5py", "jax", "keras", "tqdm"}),
    "series": (2, {"pandas", "scipy"}),
    "catalog": (3, set()),
    "insight": (3, {"scipy"}),
    "litert": (3, {"ai_edge_litert", "flatbuffers", "tensorflow"}),
    "pytorch": (3, {"ml_dtypes", "safetensors", "torch"}),
    "zero_shot": (3, {"keras", "pandas", "tqdm"}),
    "text": (4, {"tqdm"}),
    "forecaster": (4, {"pandas", "tqdm"}),
    "artifacts": (5, set()),
    "gs10": (5, {"pandas", "platformdirs"}),
    "plots": (5, {"matplotlib", "pandas"}),
    "runtime": (5, set()),
    "web": (6, {"platformdirs"}),
    "zoo": (6, set()),
    "cli": (7, {"click", "pandas", "tqdm"}),
    "__main__": (8, set()),
}
LONGEST = 300  # lines of a file
# what the runtime is there to do without, and what would make its start slow
NOT_IN_THE_RUNTIME = ("tensorflow", "keras", "pandas", "matplotlib", "scipy", "keras_rnn.series.metrics",
                      "keras_rnn.catalog.cards", "keras_rnn.core.backend")  # fmt: skip


def rooms():
    """Room → its files; the package's own `__init__` belongs to none."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).with_suffix("").parts[0]
        if room != "__init__":
            found.setdefault(room, []).append(path)
    return found


def imports(path):
    """(rooms, others) that a file imports anywhere, in functions too."""
    own, others = set(), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            below = node.module == "keras_rnn"
            names = [f"{node.module}.{alias.name}" for alias in node.names] if below else [node.module]
        else:
            continue
        for name in names:
            top, _, rest = name.partition(".")
            if top == "keras_rnn":
                own.add(rest.split(".")[0])
            elif top not in sys.stdlib_module_names:
                others.add(top)
    return own - {""}, others


def test_the_table_is_the_package():
    assert set(rooms()) == set(HOUSE)


@pytest.mark.parametrize("room", HOUSE)
def test_imports_lead_downwards_only(room):
    floor, outside = HOUSE[room]
    for path in rooms()[room]:
        own, others = imports(path)
        upwards = {other for other in own - {room} if HOUSE[other][0] >= floor}
        assert (path.name, upwards) == (path.name, set())
        assert (path.name, others - outside - {"numpy"}) == (path.name, set())


def test_no_circle_of_files():
    seen = {}

    def depth(path, above=()):
        assert path not in above, [str(p) for p in above]
        if path not in seen:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            modules = [
                n.module for n in tree.body if isinstance(n, ast.ImportFrom) and n.module.startswith("keras_rnn.")
            ]
            files = [PACKAGE.parent / f"{module.replace('.', '/')}.py" for module in modules]
            seen[path] = 1 + max((depth(f, (*above, path)) for f in files if f.exists()), default=0)
        return seen[path]

    for paths in rooms().values():
        for path in paths:
            depth(path)


def test_folders_hold_files_and_their_init_a_docstring():
    for path in PACKAGE.rglob("__init__.py"):
        room = path.parent.name
        if path.parent == PACKAGE or room in ("insight", "runtime") or "saved_models" in path.parts:  # both public
            continue
        body = ast.parse(path.read_text(encoding="utf-8")).body
        if room == "cli":  # the entry point of installed commands is `keras_rnn.cli:main`
            body = [node for node in body if "main" not in ast.unparse(node)]
        assert [type(node.value).__name__ for node in body] == ["Constant"], room


def test_no_folder_or_file_bears_the_name_of_a_public_function():
    functions = {name for name in keras_rnn.__all__ if name not in ("runtime", "insight", "__version__")}
    assert not functions & set(HOUSE)


def test_every_public_name_is_there_and_no_other():
    for name in keras_rnn.__all__:
        assert getattr(keras_rnn, name) is not None
    assert dir(keras_rnn) == sorted(keras_rnn.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        keras_rnn.no_such_name  # noqa: B018


def test_public_names_have_docstrings():
    for name in keras_rnn.__all__:
        if name != "__version__":
            assert len(getattr(keras_rnn, name).__doc__) > 40, name


def test_importing_is_light(fresh):
    code = f"""
import sys, keras_rnn
print({{'tensorflow', 'keras', 'pandas', 'numpy', 'matplotlib'}} & set(sys.modules))
from keras_rnn import runtime
runtime.load("char").generate("he", 5)
print(sorted(set({NOT_IN_THE_RUNTIME!r}) & set(sys.modules)))
"""
    assert fresh(code) == "set()\n[]\n"


def test_files_stay_readable():
    for paths in rooms().values():
        for path in paths:
            assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST, path
