"""The kinds of folders that are made of images, and what versions without a list wrote in them."""

from words_and_images.common.own_files import Kind
from words_and_images.retraining.folders import HEAD

_SAVED_MODEL = ("saved_model.pb", "variables/variables.index", "variables/variables.data-*",
                "fingerprint.pb")
_BACKBONE = ("record.json", "network.tflite", *_SAVED_MODEL)
_BY_STAGE = "make it again with `dvc repro`"

BACKBONE = Kind(
    "a backbone", _BACKBONE, ("record.json", "saved_model.pb"),
    "copy it again from where it is whole, or make it again from its source", "record.json")
CLASSIFIER = Kind(
    "a classifier",
    ("record.json", "labels.txt", *HEAD.former,
     "classifier_float32.tflite", "classifier_int8.tflite",
     *(f"backbone/{name}" for name in _BACKBONE),
     *(f"saved_model/{name}" for name in _SAVED_MODEL)),
    ("record.json", "head.npz", "labels.json", "backbone/record.json"),
    "copy the folder again from where it is whole, or train the classifier again with "
    "`vision retrain`", "record.json")
IMAGES = Kind("images in class folders", (), (), _BY_STAGE)
BOTTLENECKS = Kind("bottlenecks", ("features.npy", "distorted.npy", "index.json"),
                   ("features.npy", "index.json"), _BY_STAGE)
_TABLES = ("summary.json", "confusion.json", "predictions.json", "roc.json",
           "precision_recall.json", "calibration.json", "coverage.json", "mistakes.json")
EVALUATION = Kind("an evaluation", (*_TABLES, "mistakes.png"), _TABLES, _BY_STAGE)
EXPLANATION = Kind(
    "an explanation",
    ("variants.json", "explanation.json", "explained.jpg", "variant_[0-9].jpg",
     "variant_[0-9][0-9].jpg"), ("variants.json", "explanation.json"), _BY_STAGE)
