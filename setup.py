"""What `pyproject.toml` cannot say: two folders lie beside the package, and in the wheel inside it."""

from setuptools import find_packages, setup

BESIDE = {"keras_rnn.saved_models": "saved_models", "keras_rnn.web.page": "examples/web"}

setup(
    packages=[*find_packages(include=["keras_rnn", "keras_rnn.*"]), *BESIDE],
    package_dir=BESIDE,
)
