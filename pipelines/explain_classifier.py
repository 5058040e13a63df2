"""Show an image with its distorted variants, and one with what the answer to it rests on."""

from pathlib import Path

from common.commandline import run_stage
from common.files import read_json
from common.own_files import making
from common.parameters import read_group
from vision.classifier import Classifier
from vision.demonstration import demonstrate
from vision.distortions import DistortionParameters
from vision.folders import EXPLANATION
from vision.split import Split


def main(images: str, split: str, predictions: str, classifier: str, explanation: str) -> None:
    """Read the classifier and its answers to the test images; write the folder `explanation`."""
    distortions = read_group("images.distortions", DistortionParameters)
    with making(explanation, EXPLANATION) as folder:
        demonstrate(Classifier.load(Path(classifier)), Split.read(Path(split)), Path(images),
                    read_json(predictions), distortions, folder)


if __name__ == "__main__":
    run_stage(main)
