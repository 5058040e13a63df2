"""Test the head on the images kept aside: metrics, the tables of the plots, and the mistakes."""

from pathlib import Path

import numpy as np

from common.commandline import run_stage
from common.files import write_json
from common.own_files import check, making, refuse_foreign
from common.parameters import read_group
from vision.evaluation import ClassifyParameters, evaluate_head
from vision.folders import BOTTLENECKS, EVALUATION
from vision.head import Head
from vision.mistakes import draw_mistakes, mistake_rows
from vision.recalls import warn_of_few
from vision.split import Split


def main(images: str, split: str, bottlenecks: str, head: str, metrics: str, details: str) -> None:
    """Write the file `metrics`, and what is behind it into the folder `details`.

    `images` is the folder that the paths of `split` begin in.
    """
    refuse_foreign(Path(details), EVALUATION)
    check(Path(bottlenecks), BOTTLENECKS)
    parameters = read_group("classify", ClassifyParameters)
    features = np.load(Path(bottlenecks) / "features.npy")
    evaluation = evaluate_head(Head.load(Path(head)), features, Split.read(Path(split)), parameters)
    warn_of_few(evaluation.recalls)
    tables = {
        "summary": evaluation.summary(),
        "confusion": evaluation.confusion_rows(),
        "predictions": evaluation.predictions(),
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
