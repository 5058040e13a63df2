"""Retrain the last block of the backbone beside the images, or leave it as it is."""

from pathlib import Path

from common.commandline import run_stage
from common.parameters import read_group
from vision.fine_tuning import FineTuneParameters, fine_tune_backbone
from vision.split import Split


def main(images: str, split_file: str, backbone: str, tuned: str) -> None:
    """Read the folder of images, its split and the folder `backbone`, write the folder `tuned`."""
    parameters = read_group("fine_tune", FineTuneParameters)
    split = Split.read(Path(split_file))
    paths = [Path(images) / image.path for image in split.images]
    fine_tune_backbone(Path(backbone), Path(tuned), paths, split, parameters)


if __name__ == "__main__":
    run_stage(main)
