"""Which versions are at work: what a report of a fault begins with."""

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from words_and_images.common.processor import describe_kernels

PROJECT = "words-and-images"
# Told by their metadata alone: to import one of them takes seconds.
ENGINES = {"LiteRT": "ai-edge-litert", "TensorFlow": "tensorflow"}


def versions() -> Iterator[str]:
    """A line each: the project, Python and its machine, NumPy with its BLAS, and the engines."""
    yield f"{PROJECT} {installed(PROJECT)}"
    yield (f"{platform.python_implementation()} {platform.python_version()} on "
           f"{platform.system()} {platform.machine()}")
    yield f"NumPy {np.__version__}, {describe_kernels()}"
    for name, package in ENGINES.items():
        yield f"{name} {installed(package)}"


def installed(package: str) -> str:
    """The version of a package, or that there is none: it may be an extra."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
