"""Pack backbone and head into one folder that classifies images: models/classifier."""

from dataclasses import asdict
from pathlib import Path

from vision.backbones import BottleneckParameters, FineTuneParameters
from vision.classifier import ExportParameters, export_classifier
from vision.folders import CLASSIFIER
from vision.photos import DistortionParameters, PhotoSplitParameters, read_split
from words_and_images.common.commandline import run_stage
from words_and_images.common.files import read_record
from words_and_images.common.own_files import refuse_foreign
from words_and_images.common.parameters import read_group
from words_and_images.retraining import TEST, ClassifyParameters, Head, RetrainParameters

RECORDED = {"split": PhotoSplitParameters, "fine_tune": FineTuneParameters,
            "images.distortions": DistortionParameters, "retrain": RetrainParameters}


def main(
    images: str, split: str, backbone: str, head: str, tested: str, classifier: str
) -> None:
    """Read what the stages before have written, write the folder `classifier`.

    `images` is the folder of class folders; its record stands beside it, with .json for a name.
    `tested` says how good the head is on the test images.
    """
    refuse_foreign(Path(classifier), CLASSIFIER)
    names = read_split(Path(split))
    test_images = [Path(images) / names.examples[row].name for row in names.rows(TEST)]
    facts = {
        "images": read_record(f"{images}.json", "source")["source"],
        "parameters": {name.split(".")[-1]: asdict(read_group(name, group))
                       for name, group in RECORDED.items()},
        "test": read_record(tested),
        "looks": list(read_group("bottlenecks", BottleneckParameters).looks),
        "not_sure": read_group("classify", ClassifyParameters).not_sure,
    }
    export_classifier(Path(backbone), Head.load(Path(head)), test_images, facts, Path(classifier),
                      read_group("export", ExportParameters))


if __name__ == "__main__":
    run_stage(main)
