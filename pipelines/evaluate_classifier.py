"""Test the head on the images kept aside: metrics, the tables of the plots, and the mistakes."""

from pathlib import Path

import numpy as np

from vision.classifier import draw_mistakes, mistake_rows, prediction_rows
from vision.folders import BOTTLENECKS, EVALUATION
from vision.photos import read_split
from words_and_images.common.commandline import run_stage
from words_and_images.common.files import write_json
from words_and_images.common.own_files import check, making, refuse_foreign
from words_and_images.common.parameters import read_group
from words_and_images.retraining import ClassifyParameters, Head, evaluate_head, warn_of_few


def main(images: str, split: str, bottlenecks: str, head: str, metrics: str, details: str) -> None:
    """Write the file `metrics`, and what is behind it into the folder `details`.

    `images` is the folder that the paths of `split` begin in.
    """
    refuse_foreign(Path(details), EVALUATION)
    check(Path(bottlenecks), BOTTLENECKS)
    parameters = read_group("classify", ClassifyParameters)
    features = np.load(Path(bottlenecks) / "features.npy", mmap_mode="r")
    evaluation = evaluate_head(Head.load(Path(head)), features, read_split(Path(split)), parameters)
    warn_of_few(evaluation.recalls, evaluation.noun)
    tables = {
        "summary": evaluation.summary(),
        "confusion": evaluation.confusion_rows(),
        "predictions": prediction_rows(evaluation),
        "roc": evaluation.roc_rows(),
        "precision_recall": evaluation.precision_recall_rows(),
        "calibration": evaluation.calibration_rows(),
        "coverage": evaluation.coverage_rows(),
        "mistakes": mistake_rows(evaluation),
    }
    with making(details, EVALUATION) as folder:
        folder.mkdir()
        for name, table in tables.items():
            write_json(folder / f"{name}.json", table)
        draw_mistakes(evaluation, Path(images), folder / "mistakes.png")
    write_json(metrics, evaluation.metrics())


if __name__ == "__main__":
    run_stage(main)
