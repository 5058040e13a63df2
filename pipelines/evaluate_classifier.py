"""Test the head on the images kept aside: metrics and what the plots are drawn from."""

from pathlib import Path

import numpy as np

from common.commandline import run_stage
from common.files import replacing, write_json
from vision.evaluation import Evaluation
from vision.head import Head
from vision.split import TEST, Split


def main(split: str, bottlenecks: str, head: str, metrics: str, details: str) -> None:
    """Write the file `metrics`, and the tables behind it into the folder `details`."""
    images = Split.read(Path(split))
    rows = images.rows(TEST)
    features = np.load(Path(bottlenecks) / "features.npy")[rows]
    probabilities = Head.load(Path(head)).probabilities(features)
    paths = [images.images[row].path for row in rows]
    evaluation = Evaluation(images.labels, paths, images.targets[rows], probabilities)
    write_json(metrics, evaluation.metrics())
    with replacing(details) as folder:
        write_json(folder / "confusion.json", evaluation.confusion_rows())
        write_json(folder / "predictions.json", evaluation.predictions())
        write_json(folder / "roc.json", evaluation.roc_rows())
        write_json(folder / "calibration.json", evaluation.calibration_rows())


if __name__ == "__main__":
    run_stage(main)
