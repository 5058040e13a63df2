"""Train the head on the bottlenecks: models/head and the curve results/training/images.json."""

from dataclasses import asdict
from pathlib import Path

import numpy as np

from vision.folders import BOTTLENECKS, HEAD
from vision.photos import read_split
from words_and_images.common.commandline import run_stage
from words_and_images.common.files import write_json
from words_and_images.common.live import LIVE, LiveParameters, live_metrics
from words_and_images.common.own_files import check, refuse_foreign
from words_and_images.common.parameters import read_group
from words_and_images.retraining import RetrainParameters, history_rows, retrain


def main(split: str, bottlenecks: str, head: str, curve: str) -> None:
    """Read `split` and the folder `bottlenecks`, write the folder `head` and the file `curve`."""
    refuse_foreign(Path(head), HEAD)
    check(Path(bottlenecks), BOTTLENECKS)
    parameters = read_group("retrain", RetrainParameters)
    features = np.load(Path(bottlenecks) / "features.npy", mmap_mode="r")
    distorted = np.load(Path(bottlenecks) / "distorted.npy", mmap_mode="r")
    with live_metrics(read_group(LIVE, LiveParameters), Path(curve)) as log:
        trained = retrain(features, read_split(Path(split)), parameters, distorted,
                          lambda record: log(**asdict(record)))
    trained.save(Path(head))
    write_json(curve, history_rows(trained.history))


if __name__ == "__main__":
    run_stage(main)
