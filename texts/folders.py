"""The kinds of folders that are made of documents."""

from words_and_images.common.own_files import Kind

MODEL_FILE, LABELS_FILE, FACTS_FILE = "model.npz", "labels.json", "facts.json"
BOTTLENECKS_FILE, MEANS_FILE = "bottlenecks.npz", "means.npy"
_BY_STAGE = "make it again with `dvc repro`"

TEXT_CLASSIFIER = Kind(
    "a classifier of texts", (), ("record.json", MODEL_FILE),
    "copy the folder again from where it is whole, or train the classifier again with "
    "`texts retrain`", "record.json")
TEXT_BOTTLENECKS = Kind("bottlenecks of texts", (), (BOTTLENECKS_FILE, MEANS_FILE), _BY_STAGE)
TEXT_MODEL = Kind("a model of texts", (), (MODEL_FILE, LABELS_FILE, FACTS_FILE), _BY_STAGE)
TEXT_EVALUATION = Kind("an evaluation of texts", (), ("summary.json",), _BY_STAGE)
