"""Compute the bottlenecks of every image of the split, or take them from the cache."""

from pathlib import Path

import numpy as np

from vision.backbones import BottleneckParameters, extract_bottlenecks, load_backbone
from vision.folders import BOTTLENECKS
from vision.photos import DistortionParameters, prediction_looks, read_split, training_variants
from words_and_images.common.commandline import run_stage
from words_and_images.common.fetching import cache_folder, refuse_unwritable_cache
from words_and_images.common.files import refuse_without_room, write_json
from words_and_images.common.own_files import making, refuse_foreign
from words_and_images.common.parameters import read_group
from words_and_images.common.running import engine_of_the_pipeline, running
from words_and_images.retraining import TRAINING


def main(images_folder: str, split_file: str, backbone_folder: str, out: str) -> None:
    """Write features.npy in the split's order, distorted.npy in that of its training images."""
    refuse_foreign(Path(out), BOTTLENECKS)
    refuse_unwritable_cache()
    parameters = read_group("bottlenecks", BottleneckParameters)
    distortions = read_group("images.distortions", DistortionParameters)
    split, backbone = read_split(Path(split_file)), load_backbone(Path(backbone_folder))
    paths = [Path(images_folder) / image.name for image in split.examples]
    hashes, training = [image.sha256 for image in split.examples], split.rows(TRAINING)
    # The user's, and not the repository's: an experiment of DVC's queue runs in another folder.
    cache, workers = cache_folder() / "bottlenecks", parameters.workers
    looks = prediction_looks(parameters.looks)
    variants = training_variants(distortions, split, paths)
    rows = len(paths) * len(looks) + len(training) * len(variants)
    # Twice: while they are computed, and as they are written.
    refuse_without_room(Path(out), 2 * rows * backbone.record.feature_width * 4)
    with running(engine_of_the_pipeline()) as cluster:
        features = extract_bottlenecks(paths, hashes, backbone, cache, looks, workers, cluster)
        distorted = extract_bottlenecks([paths[row] for row in training],
                                        [hashes[row] for row in training], backbone, cache,
                                        variants, workers, cluster)
    with making(out, BOTTLENECKS) as temporary:
        temporary.mkdir()
        np.save(temporary / "features.npy", features)
        np.save(temporary / "distorted.npy", distorted)
        write_json(temporary / "index.json", {
            "paths": [image.name for image in split.examples],
            "fingerprint": backbone.record.fingerprint, "looks": parameters.looks})


if __name__ == "__main__":
    run_stage(main)
