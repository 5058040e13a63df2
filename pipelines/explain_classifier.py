"""Show an image with its distorted variants, and one with what the answer to it rests on."""

from pathlib import Path

from vision.classifier import Classifier, demonstrate
from vision.folders import EXPLANATION
from vision.photos import DistortionParameters, read_split
from words_and_images.common.commandline import run_stage
from words_and_images.common.files import read_json
from words_and_images.common.own_files import making
from words_and_images.common.parameters import read_group


def main(images: str, split: str, predictions: str, classifier: str, explanation: str) -> None:
    """Read the classifier and its answers to the test images; write the folder `explanation`."""
    distortions = read_group("images.distortions", DistortionParameters)
    with making(explanation, EXPLANATION) as folder:
        demonstrate(Classifier.load(Path(classifier), tensorflow=True), read_split(Path(split)),
                    Path(images), read_json(predictions), distortions, folder)


if __name__ == "__main__":
    run_stage(main)
