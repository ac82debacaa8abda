"""What `pyproject.toml` cannot say: the shipped models' folder lies beside the package, and in the wheel inside it."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["keras_rnn", "keras_rnn.*"]), "keras_rnn.saved_models"],
    package_dir={"keras_rnn.saved_models": "saved_models"},
)
