"""The kind of folder that is made of documents."""

from words_and_images.common.own_files import Kind

MODEL_FILE = "model.npz"
TEXT_CLASSIFIER = Kind(
    "a classifier of texts", (), ("record.json", MODEL_FILE),
    "copy the folder again from where it is whole, or train the classifier again with "
    "`texts retrain`", "record.json")
