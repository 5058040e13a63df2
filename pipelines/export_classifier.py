"""Pack backbone and head into one folder that classifies images: models/classifier."""

from dataclasses import asdict
from pathlib import Path

from common.commandline import run_stage
from common.files import read_json
from common.parameters import read_group
from vision.export import export_classifier
from vision.head import Head, RetrainParameters
from vision.split import TEST, Split, SplitParameters


def main(
    images: str, split: str, backbone: str, head: str, metrics: str, classifier: str
) -> None:
    """Read what the stages before have written, write the folder `classifier`.

    `images` is the folder of class folders; its record stands beside it, with .json for a name.
    """
    names = Split.read(Path(split))
    tested = [Path(images) / names.images[row].path for row in names.rows(TEST)]
    values = read_json(metrics)
    groups = {"split": SplitParameters, "retrain": RetrainParameters}
    facts = {
        "images": read_json(f"{images}.json")["source"],
        "parameters": {name: asdict(read_group(name, group)) for name, group in groups.items()},
        "test": {
            "accuracy": values["test_accuracy"],
            "count": values["test_count"],
            "interval": [values["test_interval_low"], values["test_interval_high"]],
        },
    }
    export_classifier(Path(backbone), Head.load(Path(head)), tested, facts, Path(classifier))


if __name__ == "__main__":
    run_stage(main)
