"""Give every image its split: data/images to data/split.json."""

from pathlib import Path

from vision.photos import PhotoSplitParameters, split_images, write_split
from words_and_images.common.commandline import run_stage
from words_and_images.common.parameters import read_group


def main(images: str, split: str) -> None:
    """Read the class folders `images`, write the file `split`."""
    parameters = read_group("split", PhotoSplitParameters)
    write_split(split_images(Path(images), parameters), Path(split))


if __name__ == "__main__":
    run_stage(main)
