"""One piece of work on images, in a process of its own that `scale_images` starts."""

import hashlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.train_once import Clock

STAND_IN_SIDE, STAND_IN_PATCH = 32, 4  # pixels
STAND_IN_FEATURES = 1280  # as many as EfficientNet-Lite2's
BATCHES_A_WORKER = 2  # that go before what is timed, so that each has opened the network
# The steps of `vision retrain`, by the functions that vision/retraining.py makes them of.
STEPS = {"cached_backbone": "opening the network",
         "collect_images": "checking the photos, copying them",
         "split_images": "comparing them, near-duplicates",
         "extract_bottlenecks": "bottlenecks of {}",
         "retrain": "training the head",
         "evaluate_head": "testing it",
         "export_classifier": "export"}

Figures = dict[str, Any]


def extract(photos: list[str], backbone: str, engine: str, processes: int) -> Figures:
    """Bottlenecks of photos by so many processes, the cluster started and the network opened."""
    from vision.backbones import extract_bottlenecks, load_backbone
    from vision.photos import prediction_looks
    from vision.photos.batches import FEWEST
    from words_and_images.common.engine import EngineParameters
    from words_and_images.common.running import running

    network, looks = load_backbone(Path(backbone)), prediction_looks(["whole"])
    paths = [Path(photo) for photo in photos]
    contents = [path.read_bytes() for path in paths]
    hashes = [hashlib.sha256(content).hexdigest() for content in contents]
    parameters = EngineParameters(engine, processes=processes if engine == "dask" else 0)
    with running(parameters) as cluster:

        def extracted(count: int, cache: str) -> Any:
            return extract_bottlenecks(paths[:count], hashes[:count], network, Path(cache), looks,
                                       processes, cluster)

        def sent() -> int:
            return sum(cluster.client.run(_sent_bytes).values()) if cluster else 0

        with tempfile.TemporaryDirectory() as cache:
            extracted(BATCHES_A_WORKER * processes * FEWEST, cache)
        with tempfile.TemporaryDirectory() as cache:
            before, clock = sent(), Clock()
            features = extracted(len(paths), cache)
            figures = {**clock.figures(), "photos": len(paths)}
            if cluster:
                figures["moved_bytes"] = sum(map(len, contents)) + sent() - before
            return {**figures, "sha256": _digest(features, Path(cache))}


def _sent_bytes(dask_worker: Any) -> int:
    """What a worker of Dask has sent: features here, and the backbone to the others."""
    return int(dask_worker.transfer_outgoing_bytes_total)


def _digest(features: Any, cache: Path) -> str:
    """Of the features, and of what is kept of them."""
    digest = hashlib.sha256(features)
    for path in sorted(path for path in cache.rglob("*") if path.is_file()):
        digest.update(path.relative_to(cache).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def write_stand_in(folder: str) -> Figures:
    """A SavedModel that stands for a backbone: a few sums of the mean colours of its patches."""
    import numpy as np

    from vision.backbones.runtime import tf

    inputs = 3 * (STAND_IN_SIDE // STAND_IN_PATCH) ** 2
    drawn = np.random.default_rng(1).normal(0, 4 / np.sqrt(inputs), (inputs, STAND_IN_FEATURES))
    weights = tf.constant(drawn, tf.float32)

    def features(images: Any) -> Any:
        pooled = tf.nn.avg_pool2d(images, STAND_IN_PATCH, STAND_IN_PATCH, "VALID")
        return tf.nn.relu(tf.reshape(pooled - 0.5, (-1, inputs)) @ weights)

    module, shape = tf.Module(), (None, STAND_IN_SIDE, STAND_IN_SIDE, 3)
    module.__call__ = tf.function(features, input_signature=[tf.TensorSpec(shape, tf.float32)])
    tf.saved_model.save(module, folder)
    return {}


def retrain_in_steps(command: list[str], cache: str) -> Figures:
    """`vision retrain` with a cache folder of its own, and what each step of it takes."""
    from vision import retraining
    from vision.command_line import main

    steps: list[Figures] = []
    extracted = iter(("the photos", "a variant of each training photo"))

    def noting(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any) -> Any:
            begun = time.perf_counter()
            answer = function(*arguments)
            told = step.format(next(extracted)) if "{}" in step else step
            steps.append({"step": told, "seconds": time.perf_counter() - begun,
                          "memory_so_far_mb": _largest_mb()})
            return answer
        return noted

    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, WORDS_AND_IMAGES_CACHE=cache))
        stack.enter_context(patch.object(sys, "argv", ["vision", "retrain", *command, "--quiet"]))
        for name, step in STEPS.items():
            stack.enter_context(
                patch.object(retraining, name, noting(step, getattr(retraining, name))))
        try:
            main()
        except SystemExit as ended:
            if ended.code:
                raise
    return {"steps": steps}


def _largest_mb() -> float:
    """The largest resident set of this process so far, in 2^20 bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


WORK: dict[str, Callable[..., Figures]] = {
    work.__name__: work for work in (extract, write_stand_in, retrain_in_steps)}

if __name__ == "__main__":
    print(json.dumps(WORK[sys.argv[1]](**json.loads(sys.argv[2]))))
