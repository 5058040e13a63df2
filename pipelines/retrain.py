"""Train the head on the bottlenecks: models/head and the curve results/training/images.json."""

from pathlib import Path

import numpy as np

from common.commandline import run_stage
from common.files import write_json
from common.own_files import check, refuse_foreign
from common.parameters import read_group
from vision.folders import BOTTLENECKS, HEAD
from vision.head import RetrainParameters, history_rows, retrain
from vision.split import Split


def main(split: str, bottlenecks: str, head: str, curve: str) -> None:
    """Read `split` and the folder `bottlenecks`, write the folder `head` and the file `curve`."""
    refuse_foreign(Path(head), HEAD)
    check(Path(bottlenecks), BOTTLENECKS)
    parameters = read_group("retrain", RetrainParameters)
    features = np.load(Path(bottlenecks) / "features.npy")
    distorted = np.load(Path(bottlenecks) / "distorted.npy")
    trained = retrain(features, Split.read(Path(split)), parameters, distorted)
    trained.save(Path(head))
    write_json(curve, history_rows(trained.history))


if __name__ == "__main__":
    run_stage(main)
