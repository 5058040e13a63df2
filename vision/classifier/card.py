"""What the card of a classifier of photos says."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from vision.backbones.record import TENSORFLOW
from words_and_images.common.errors import counted
from words_and_images.common.model_card import ModelCard, bullets, escaped, file_name, terms
from words_and_images.neural.metrics import accuracy_interval
from words_and_images.retraining.card import Subject, classifier_card
from words_and_images.retraining.tables import accuracy_text

PHOTOS = Subject("image", "image-classification", "vision.classifier",
                 'classifier.answer(classifier.classify(["photo.jpg"])[0])',
                 "It gives a label to an image as a whole, and finds no places in it.")


def photo_card(record: Mapping[str, Any]) -> ModelCard:
    """The card of a classifier, of what its record says."""
    backbone, images = record["backbone"], record.get("images", {})
    title = (f"Image classifier: {counted(len(record['labels']), 'label')} on "
             f"{file_name(backbone['name'])}")
    made = {**record.get("parameters", {}), "looks": record.get("looks", [])}
    data = [terms("images", images), terms("weights of the backbone", backbone)]
    # A program of TensorFlow is run for those only who say that they trust who made it.
    trusting = backbone.get("inference") == TENSORFLOW
    subject = replace(PHOTOS, options=", tensorflow=True") if trusting else PHOTOS
    return classifier_card(subject, title, record, images.get("name") or "not recorded", data, made,
                           list(_measured(record)))


def _measured(record: Mapping[str, Any]) -> Iterator[str]:
    """The files beside it, and what its parameters were chosen by."""
    exports = record["exports"]
    count = exports["compared_images"]
    yield ("The files beside it, which need nothing of this project, on "
           f"{counted(count, 'test image')}:")
    yield bullets(*(f"{name}: {file['bytes'] / 1e6:.1f} MB, accuracy {_accuracy(file, count)}"
                    for name, file in exports["files"].items()))
    if search := record.get("search"):
        yield (f"The parameters were chosen by a search of {counted(search['trials'], 'trial')}, "
               f"without the test images: {escaped(search['verdict'])}.")


def _accuracy(file: Mapping[str, Any], count: int) -> str:
    interval = accuracy_interval(round(file["accuracy"] * count), count)
    return accuracy_text(file["accuracy"], count, interval)
