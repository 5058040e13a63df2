"""The classifier's folder, and in it one SavedModel from images to probabilities."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from common.errors import UserError
from common.files import replacing, write_json
from neural.softmax_regression import SoftmaxRegression
from vision.backbones import load_backbone
from vision.classifier import BACKBONE_FOLDER, BATCH_SIZE, RECORD_FILE, Classifier
from vision.evaluation import Evaluation
from vision.head import Head

SAVED_MODEL_FOLDER = "saved_model"
TOLERANCE = 1e-4  # of a probability: float32 through other orders of summation
COMPARED = 64  # test images, evenly out of all: the comparison runs the backbone twice


def export_classifier(
    backbone_folder: Path,
    head: Head,
    test_images: Sequence[Path],
    facts: dict[str, Any],
    folder: Path,
) -> dict[str, Any]:
    """Write a folder that classifies images without anything else, and prove that it does.

    Parameters
    ----------
    backbone_folder : Path
        What `normalise_backbone` wrote; it is copied.
    head : Head
    test_images : sequence of Path
        Image files on which the SavedModel, loaded again, must agree with backbone and head.
    facts : dict
        For record.json: where the images come from, parameters, test accuracy.
    folder : Path
        Receives backbone/, head.npz, labels.json, history.json, record.json and saved_model/;
        replaced as a whole, or left as it was when something fails.

    Returns
    -------
    The content of record.json.

    Raises
    ------
    UserError
        When the SavedModel and the classifier disagree.
    """
    backbone = load_backbone(backbone_folder)
    with replacing(folder) as temporary:
        head.save(temporary)
        shutil.copytree(backbone_folder, temporary / BACKBONE_FOLDER)
        write_saved_model(backbone, head.folded(), temporary / SAVED_MODEL_FOLDER)
        classifier = Classifier(backbone, head)
        compared = test_images[::max(1, len(test_images) // COMPARED)]
        difference = largest_difference(temporary / SAVED_MODEL_FOLDER, classifier, compared)
        _refuse_difference(difference)
        record = {
            "labels": head.labels,
            "backbone": asdict(backbone.record),
            **facts,
            "largest_difference": difference,
        }
        write_json(temporary / RECORD_FILE, record)
    return record


def record_facts(
    source: dict[str, str], parameters: dict[str, Any], evaluation: Evaluation
) -> dict[str, Any]:
    """What record.json says besides labels and backbone."""
    test = {"accuracy": evaluation.accuracy, "count": evaluation.count,
            "interval": list(evaluation.interval)}
    return {"images": source, "parameters": parameters, "test": test}


def write_saved_model(backbone: Any, layer: SoftmaxRegression, folder: Path) -> None:
    """One SavedModel: images (batch, height, width, 3) in [0, 1] to probabilities.

    It is called as a function, or by its signature ``serving_default`` with the argument
    ``images`` and the result ``probabilities`` (batch, labels).
    """
    from vision.backbones.runtime import tf

    size = (backbone.record.height, backbone.record.width)
    signature = tf.TensorSpec((None, *size, 3), tf.float32, name="images")

    @tf.function(input_signature=[signature])
    def probabilities(images: Any) -> Any:
        logits = tf.linalg.matmul(backbone.function(images), layer.weights) + layer.bias
        return tf.nn.softmax(logits)

    @tf.function(input_signature=[signature])
    def serve(images: Any) -> dict[str, Any]:
        return {"probabilities": probabilities(images)}

    module = tf.Module()
    # The backbone's resources must be reachable from the module, or they are not saved.
    module.backbone = backbone.function
    module.__call__ = probabilities
    tf.saved_model.save(module, str(folder), signatures={"serving_default": serve})
    # A random number, which nothing reads: without it, equal inputs give equal bytes.
    (folder / "fingerprint.pb").unlink(missing_ok=True)


def largest_difference(folder: Path, classifier: Classifier, images: Sequence[Path]) -> float:
    """Largest difference of a probability between a SavedModel folder and the classifier."""
    from vision.backbones.runtime import load

    saved_model = load(folder)
    remaining, largest = iter(images), 0.0
    while batch := list(islice(remaining, BATCH_SIZE)):
        pictures = np.stack([classifier.read(path) for path in batch])
        difference = np.asarray(saved_model(pictures)) - classifier.classify(list(pictures))
        # The larger of a number and nan depends on their order in Python, not in NumPy.
        largest = float(np.maximum(largest, np.abs(difference).max()))
    return largest


def _refuse_difference(difference: float) -> None:
    if not difference <= TOLERANCE:
        raise UserError(f"the exported SavedModel differs from the classifier by {difference:.2g} "
                        f"in a probability, above {TOLERANCE:g}; fetch the backbone and train "
                        "the head again, and report it if it stays so.")
