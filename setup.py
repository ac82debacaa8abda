"""Packaging of keras_rnn; the settings of the tools are in pyproject.toml."""

import pathlib
import re

from setuptools import setup

here = pathlib.Path(__file__).parent
version = re.search(r'__version__ = "(.+)"', (here / "keras_rnn" / "__init__.py").read_text(encoding="utf-8"))[1]
torch = ["ml_dtypes>=0.4", "safetensors>=0.4.3", "torch>=2.10"]  # to read files of PyTorch's
test = [
    *torch,
    "build>=1.2",
    "ipykernel>=6.29",
    "jupytext>=1.16",
    "mypy>=1.15",
    "nbclient>=0.10",
    "nbformat>=5.10",
    "pandas-stubs>=2.2",
    "pytest>=8.3",
    "pytest-xdist>=3.6",
    "ruff>=0.12",
    "setuptools>=77",
    "wheel>=0.45",
]
bench = [
    "darts>=0.38",
    "neuralforecast>=3.0",
    "onnx>=1.17",
    "onnxruntime>=1.20",
    "statsforecast>=2.0",
    "statsmodels>=0.14",
    "torch>=2.10",
]

setup(
    name="keras-rnn",
    version=version,
    description="Small recurrent networks, from the cell's equation to the phone: a Keras 3 / LiteRT model zoo",
    long_description=(here / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    keywords=["keras", "tensorflow", "litert", "tflite", "rnn", "recurrent neural network", "forecasting"],
    classifiers=[
        "Intended Audience :: Developers",
        "Intended Audience :: Education",
        "Programming Language :: Python :: 3",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
    python_requires=">=3.11",
    packages=["keras_rnn", "keras_rnn.saved_models"],
    # one copy of the shipped models: the checkout's top-level folder is the wheel's package data
    package_dir={"keras_rnn.saved_models": "saved_models"},
    package_data={"keras_rnn": ["py.typed", "data/*"], "keras_rnn.saved_models": ["**/*"]},
    install_requires=[
        "ai-edge-litert>=2.0",
        "flatbuffers>=24.3",
        "keras>=3.10",
        "matplotlib>=3.9",
        "numpy>=2.0",
        "pandas>=2.2",
        "platformdirs>=4.2",
        "tensorflow>=2.20",
        "tqdm>=4.66",
    ],
    extras_require={"torch": torch, "test": test, "bench": bench, "dev": sorted(set(test + bench))},
    entry_points={"console_scripts": ["keras-rnn = keras_rnn.cli:main"]},
)
