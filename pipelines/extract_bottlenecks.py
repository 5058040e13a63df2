"""Compute the bottleneck of every image of the split, or take it from the cache."""

from pathlib import Path

import numpy as np

from common.commandline import run_stage
from common.files import read_json, replacing, write_json
from common.parameters import read_group
from vision.backbones import load_backbone
from vision.bottlenecks import BottleneckParameters, extract_bottlenecks


def main(
    images_folder: str, split_file: str, backbone_folder: str, cache_folder: str,
    bottleneck_folder: str,
) -> None:
    """Write features.npy in the split's order, and index.json with its paths."""
    parameters = read_group("bottlenecks", BottleneckParameters)
    images = read_json(split_file)["images"]
    paths = [image["path"] for image in images]
    backbone = load_backbone(Path(backbone_folder))
    features = extract_bottlenecks(
        [Path(images_folder) / path for path in paths], [image["sha256"] for image in images],
        backbone, Path(cache_folder), parameters.batch_size,
    )
    with replacing(bottleneck_folder) as temporary:
        temporary.mkdir()
        np.save(temporary / "features.npy", features)
        write_json(temporary / "index.json",
                   {"paths": paths, "fingerprint": backbone.record.fingerprint})


if __name__ == "__main__":
    run_stage(main)
