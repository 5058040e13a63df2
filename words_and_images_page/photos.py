"""Answers to photos, as plain data."""

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vision.backbones import TENSORFLOW, BackboneRecord, FeatureExtractor, open_for
from vision.classifier import BACKBONE_FOLDER, Classifier, refuse_other_folder
from vision.photos import UnreadableImageError, beginning_of, kind_of, undecoded
from words_and_images.common.errors import UserError, printable
from words_and_images.common.files import read_json
from words_and_images.common.workers import cores
from words_and_images_page.evaluation import (
    NOT_SURE,
    below_sentence,
    score_sentence,
    source_name,
    tested_sentence,
)
from words_and_images_page.limits import Limits

NOUN = "test image"
SPECIAL_NAMES = {"hotdog": "HOT DOG", "nothotdog": "NOT HOT DOG"}
EXAMPLES = 8
TEST_SPLIT = "test"
DRAWINGS = "drawings"  # the catalogue's name of what the project draws itself
ONLY_DRAWINGS = "Those were drawings: it says nothing of a photo."
ONLY_ALIKE = "It holds for photos like those."


@dataclass(frozen=True)
class PhotoAnswer:
    """What a classifier says of a photo.

    Attributes
    ----------
    answer : the label as it is shown, or NOT SURE.
    sure : whether the best score reaches the classifier's threshold.
    score : of the best label.
    sentence : what the evaluation says of answers with such a score.
    scores : every label as it is shown, best first.
    """

    answer: str
    sure: bool
    score: float
    sentence: str
    scores: list[tuple[str, float]]


@dataclass(frozen=True)
class PhotoMap:
    """Which parts of a photo speak for its label: a PNG, and the same in a sentence."""

    png: bytes = field(repr=False)
    sentence: str


class Shared:
    """A backbone that many threads use, as many at once as there are cores.

    More would gain nothing, and each needs a network in memory to itself.
    """

    def __init__(self, backbone: FeatureExtractor) -> None:
        self._backbone = backbone
        self._slots = threading.BoundedSemaphore(cores())

    @property
    def record(self) -> BackboneRecord:
        """The backbone's."""
        return self._backbone.record

    def features(self, images: NDArray[np.float32], /) -> NDArray[np.float32]:
        """The backbone's, when it is this caller's turn."""
        with self._slots:
            return self._backbone.features(images)


@dataclass(frozen=True, eq=False)
class PhotoModel:
    """A classifier that answers, from any number of threads.

    Attributes
    ----------
    name : what the page calls it.
    classifier
    limits : of what it looks at.
    examples : pictures to try it on.
    """

    name: str
    classifier: Classifier
    limits: Limits = Limits()
    examples: Sequence[Path] = ()

    @classmethod
    def load(cls, folder: Path, name: str, limits: Limits, examples: Sequence[Path] = ()
             ) -> "PhotoModel":
        """Load a classifier's folder, and let it see a first picture, which is the slow one.

        Raises
        ------
        UserError
            For any other folder, and for a classifier that TensorFlow runs.
        """
        refuse_other_folder(folder)
        if BackboneRecord.read(folder / BACKBONE_FOLDER).inference == TENSORFLOW:
            raise UserError(f"{folder} runs in TensorFlow, which the page does without; train it "
                            "with inference int8 or float32.")
        loaded = Classifier.load(folder)
        classifier = replace(loaded, backbone=Shared(loaded.backbone))
        classifier.classify([Image.new("RGB", (64, 64))])
        return cls(name, classifier, limits, examples)

    @property
    def record(self) -> dict[str, Any]:
        """The classifier's record."""
        return self.classifier.record

    def answer(self, content: bytes) -> PhotoAnswer:
        """What the content of an image file shows.

        Raises
        ------
        UserError
            One sentence for what is no image, or too large a one.
        """
        refuse_large(content, self.limits)
        try:
            probabilities = self.classifier.classify([content])[0]
        except UnreadableImageError as error:
            raise UserError(no_image(error.reason)) from None
        top = self.classifier.top(probabilities)
        (label, score), sure = top[0], top[0][1] >= self.classifier.not_sure
        sentence = below_sentence(score, self.classifier.not_sure) + evaluation_sentence(
            self.record, score)
        return PhotoAnswer(shown(label) if sure else NOT_SURE, sure, score, sentence,
                           [(shown(label), each) for label, each in top])

    def explain(self, content: bytes) -> PhotoMap:
        """Where the score of the best label comes from; errors as `answer`."""
        refuse_large(content, self.limits)
        # Not above: SciPy is not needed to begin.
        from vision.classifier import occlusion_drops, occlusion_sheet, strongest_place

        classifier = self.classifier
        try:
            picture = open_for(content, classifier.backbone)
        except UnreadableImageError as error:
            raise UserError(no_image(error.reason)) from None
        label, score = classifier.top(classifier.classify([picture])[0], 1)[0]
        drops = occlusion_drops(classifier, picture, classifier.labels.index(label))
        drawing = io.BytesIO()
        occlusion_sheet(picture, drops, shown(label), score).save(drawing, "PNG")
        return PhotoMap(drawing.getvalue(),
                        map_sentence(label, score, float(drops.max()), strongest_place(drops)))

    @property
    def made_of(self) -> str:
        """The classifier's backbone and images, as far as its record tells."""
        backbone, images = self.record.get("backbone") or {}, self.record.get("images") or {}
        name = _images_name(self.record)
        about = f" ({images['about']})" if images.get("about") else ""
        trained = f"trained on {name}{about}" if name else "its training images are not recorded"
        network = f"the backbone {backbone['name']}" if backbone.get("name") else \
            "a backbone that is not recorded"
        return f"{network}, {trained}"

    @property
    def tested(self) -> str:
        """How well it did on its test images."""
        return tested_sentence(self.record, NOUN)


def refuse_large(content: bytes, limits: Limits) -> None:
    """UserError for too many bytes and, by the header alone, for too many pixels."""
    if len(content) > limits.bytes:
        raise UserError(limits.too_many_bytes)
    try:
        with undecoded(content) as image:
            width, height = image.size
    except Image.DecompressionBombError:
        raise UserError(_too_many_pixels("far too many pixels", limits)) from None
    except Exception:  # Its reader says later what is wrong with it.
        return
    if width * height > limits.pixels:
        raise UserError(_too_many_pixels(f"{width:,} x {height:,} pixels", limits))


def _too_many_pixels(size: str, limits: Limits) -> str:
    return (f"This picture has {size}; at most {limits.pixels / 1e6:g} million are looked at: "
            "make it smaller.")


def no_image(reason: str) -> str:
    """What is said of a file that is no image."""
    return f"This file cannot be read as an image ({reason}); choose another one."


def shown(label: str) -> str:
    """A label as the page shows it."""
    return printable(SPECIAL_NAMES.get(label, label.replace("_", " ").replace("-", " ").upper()))


def evaluation_sentence(record: dict[str, Any], score: float) -> str:
    """How often answers with such a score were right on the classifier's test images."""
    drawn = (record.get("images") or {}).get("name") == DRAWINGS
    return score_sentence(record, score, NOUN, _images_name(record),
                          ONLY_DRAWINGS if drawn else ONLY_ALIKE)


def map_sentence(label: str, score: float, drop: float, place: str | None) -> str:
    """Where the score of a label falls most when the photo is covered, and how far."""
    if place is None:
        return f"The score falls nowhere: no part alone speaks for {shown(label)}."
    return (f"{shown(label)} rests most on the {place}: covered there, its score of {score:.3f} "
            f"falls by {drop:.3f}.")


def _images_name(record: dict[str, Any]) -> str:
    """What the images are called that a classifier was trained and tested on, as far as known."""
    return source_name(record.get("images") or {})


def find_examples(split: Path, images: Path, most: int = EXAMPLES) -> list[Path]:
    """Pictures of the test split that browsers show, of each label as many, evenly spaced."""
    by_label: dict[str, list[Path]] = {}
    try:
        for entry in read_json(split)["images"]:
            path = images / entry["path"]
            below = path.resolve().is_relative_to(images.resolve())  # whatever the list says
            if entry["split"] == TEST_SPLIT and below and _browsers_show(path):
                by_label.setdefault(entry["label"], []).append(path)
    except (OSError, ValueError, KeyError, TypeError):
        return []
    each = max(1, most // max(1, len(by_label)))
    chosen = [_evenly(sorted(paths), each) for paths in by_label.values()]
    return [path for row in zip(*chosen, strict=False) for path in row][:most]


def _browsers_show(path: Path) -> bool:
    kind = kind_of(beginning_of(path))
    return kind is not None and kind.shown


def _evenly(paths: Sequence[Path], count: int) -> list[Path]:
    count = min(count, len(paths))
    return [paths[(2 * number + 1) * len(paths) // (2 * count)] for number in range(count)]
