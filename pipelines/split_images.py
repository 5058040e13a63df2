"""Give every image its split: data/images to data/split.json."""

from pathlib import Path

from common.commandline import run_stage
from common.parameters import read_group
from vision.split import SplitParameters, split_images


def main(images: str, split: str) -> None:
    """Read the class folders `images`, write the file `split`."""
    parameters = read_group("split", SplitParameters)
    split_images(Path(images), parameters).write(Path(split))


if __name__ == "__main__":
    run_stage(main)
