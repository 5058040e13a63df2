"""How an example runs: its parameters, its arguments, and one thread of NumPy's BLAS."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from threadpoolctl import threadpool_limits

from words_and_images.common.commandline import run_stage
from words_and_images.common.parameters import read_group, require

PARAMETERS_FILE = Path("examples/params.yaml")
Group = TypeVar("Group")


def read_example(name: str, group: type[Group]) -> Group:
    """The parameters of one example; UserError as `read_group` has it."""
    return read_group(name, group, PARAMETERS_FILE)


def require_above_0(group: object, *names: str) -> None:
    """Refuse parameters of a group that are 0 or below."""
    for name in names:
        require(getattr(group, name) > 0, name, getattr(group, name), "above 0")


def require_seed(seed: int) -> None:
    """Refuse a seed below 0, which no generator takes."""
    require(seed >= 0, "seed", seed, "0 or more")


def run_example(main: Callable[..., None]) -> None:
    """Call an example with the paths of its command line, as a stage.

    With two threads a product of matrices sums in another order than with one, and its last
    digits differ: with one, a result has the same bits on any number of cores.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        run_stage(main)
