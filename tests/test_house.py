"""The house: floors import downwards only, and no file bears the name of a public function."""

import ast
import sys
from pathlib import Path

import pytest

import keras_rnn

PACKAGE = Path(keras_rnn.__file__).parent
FLOORS = [
    {"backtest_intervals", "cards", "checks", "evaluation", "files", "intervals", "litert_file", "metadata",
     "metrics", "presets", "quiet", "registry", "runtime", "sampling", "series", "tables", "torch_files",
     "torch_layout", "torch_state", "userdata", "vocabulary", "walks", "weights"},
    {"backend", "cell", "datasets", "dates", "exchange", "initializers", "refresh", "series_files",
     "series_settings"},
    {"artifacts", "characters", "comparison", "conversion", "costs", "forecaster", "generation", "graphs", "insight",
     "insight_inputs", "jacobians", "litert", "loops", "loss_gradients", "lowering", "memories", "parity",
     "precision", "quantisation", "recurrent", "series_training", "served", "shape_walk", "signatures", "tasks",
     "torch_import", "traces", "training", "trajectory", "variants", "vjp", "yields", "zoo"},
    {"cli", "command_inputs", "commands", "data_commands", "demo", "evaluation_plots", "forecast_commands",
     "insight_commands", "insight_plots", "plots", "torch_commands", "train_commands", "training_plots", "__init__",
     "__main__"},
]  # fmt: skip
FLOOR_OF = {module: floor for floor, modules in enumerate(FLOORS) for module in modules}
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))
# what may be imported from outside, floor by floor
BESIDES = {
    "litert_file": {"ai_edge_litert", "flatbuffers"},
    "litert": {"ai_edge_litert", "flatbuffers"},
    "quantisation": {"ai_edge_litert"},
    "torch_files": {"ml_dtypes", "safetensors", "torch"},
    "userdata": {"platformdirs"},
}
OUTSIDE = [{"numpy"}, {"keras", "pandas", "tensorflow"}, {"tqdm"}, {"matplotlib"}]


def imports(module):
    """(own modules, others) that a module imports anywhere, in functions too."""
    own, others = set(), set()
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module]
            if node.module == "keras_rnn":
                names = [f"keras_rnn.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            top, _, rest = name.partition(".")
            if top == "keras_rnn":
                own.add(rest.split(".")[0])
            elif top not in sys.stdlib_module_names:
                others.add(top)
    return own - {"__version__", ""}, others


def test_every_module_has_a_floor():
    assert set(MODULES) == set(FLOOR_OF)


@pytest.mark.parametrize("module", [m for m in MODULES if m != "__init__"])
def test_downwards_only(module):
    own, others = imports(module)
    floor = FLOOR_OF[module]
    assert {m for m in own if FLOOR_OF[m] > floor} == set()
    allowed = set().union(*OUTSIDE[: floor + 1]) | BESIDES.get(module, set())
    assert others <= allowed


def test_no_circle():
    seen = {}

    def depth(module, path=()):
        assert module not in path, path
        if module not in seen:
            seen[module] = 1 + max((depth(m, (*path, module)) for m in imports(module)[0]), default=0)
        return seen[module]

    for module in MODULES:
        if module != "__init__":
            depth(module)


def test_no_file_bears_the_name_of_a_public_function():
    functions = {name for name in keras_rnn.__all__ if name not in ("runtime", "insight", "__version__")}
    assert not functions & set(MODULES)


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


def test_importing_the_package_imports_nothing_heavy(fresh):
    code = "import sys, keras_rnn; print({'tensorflow', 'keras', 'pandas', 'numpy', 'matplotlib'} & set(sys.modules))"
    assert fresh(code) == "set()\n"


def test_files_stay_readable():
    for module in MODULES:
        assert len((PACKAGE / f"{module}.py").read_text(encoding="utf-8").splitlines()) <= 300, module
