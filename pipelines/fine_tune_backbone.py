"""Retrain the last block of the backbone beside the images, or leave it as it is."""

from pathlib import Path

from vision.backbones import FineTuneParameters, fine_tune_backbone
from vision.photos import read_split
from words_and_images.common.commandline import run_stage
from words_and_images.common.parameters import read_group


def main(images: str, split_file: str, backbone: str, tuned: str) -> None:
    """Read the folder of images, its split and the folder `backbone`, write the folder `tuned`."""
    parameters = read_group("fine_tune", FineTuneParameters)
    split = read_split(Path(split_file))
    paths = [Path(images) / image.name for image in split.examples]
    fine_tune_backbone(Path(backbone), Path(tuned), paths, split, parameters)


if __name__ == "__main__":
    run_stage(main)
