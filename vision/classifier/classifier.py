"""A trained classifier: a folder that holds everything, from image files to scores."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vision.backbones.bottlenecks import FeatureExtractor, Features, features_by_look, open_for
from vision.backbones.record import TENSORFLOW, BackboneRecord
from vision.folders import CLASSIFIER
from vision.photos.image import UnreadableImageError, read_image
from vision.photos.looks import View, prediction_looks
from words_and_images.common.errors import UserError
from words_and_images.common.own_files import LIST_KEY, DamagedError, check, remedy_for
from words_and_images.common.parameters import briefly
from words_and_images.common.progress import progress
from words_and_images.common.workers import in_order
from words_and_images.neural.arrays import FloatArray
from words_and_images.retraining.folders import HEAD_FILE, HISTORY_FILE, LABELS_FILE
from words_and_images.retraining.head import Head
from words_and_images.retraining.record import NOT_SURE, RECORD_FILE, read_checked

BACKBONE_FOLDER = "backbone"
"""Where the folder of a classifier has its backbone."""
NEEDED = (RECORD_FILE, LABELS_FILE, HEAD_FILE, BACKBONE_FOLDER)
"""What such a folder holds at least."""
USED = (LABELS_FILE, HEAD_FILE, HISTORY_FILE)
WHOLE = ("whole",)

ImageFile = Path | str | bytes
# A file, its content, or a picture as `open_image` gives it.
Seen = ImageFile | Image.Image


@dataclass(frozen=True, eq=False)
class Classifier:
    """A backbone and the head trained on its bottlenecks.

    The two are used as in training, and not as the SavedModel beside them: the same network and
    the same NumPy head give an image the same scores, bit by bit, as the evaluation gave it.

    Attributes
    ----------
    backbone, head
    record : dict
        record.json. Of its content `looks` (how each picture is seen; the whole of it where not
        told) and `not_sure` (the score below which the best label is no answer) are used here.
    workers : int
        Images worked on at once, or looks at a single one; 0: one for each core. The scores are
        the same for any.
    """

    backbone: FeatureExtractor
    head: Head
    record: dict[str, Any] = field(default_factory=dict, repr=False)
    workers: int = 0

    @classmethod
    def load(
        cls, folder: Path | str, workers: int = 0, tensorflow: bool = False
    ) -> "Classifier":
        """Load the folder that `vision retrain` or the export stage wrote.

        Parameters
        ----------
        folder, workers
        tensorflow : whether a backbone that LiteRT cannot run is run by TensorFlow. That takes the
            trust of a person: a SavedModel is a program, and its folder's record alone would have
            it run.

        Raises
        ------
        UserError
            For anything else, for a folder that is not as it was written, and for one that only
            TensorFlow runs where that is not wanted.
        """
        folder = Path(folder)
        refuse_other_folder(folder)
        record = read_record(folder)
        from vision.backbones.backbone import open_backbone

        try:
            listed = _has_list(folder)
            if not tensorflow:
                _refuse_tensorflow(folder)
            backbone, head = open_backbone(folder / BACKBONE_FOLDER), Head.load(folder)
        except DamagedError as error:
            raise DamagedError(error.reason, remedy_for(folder, CLASSIFIER)) from None
        taken, given = head.network.layers[0].weights.shape[0], backbone.record.feature_width
        if taken != given:
            raise DamagedError(f"{folder / HEAD_FILE} takes {taken:,} features, and the backbone "
                               f"gives {given:,}", CLASSIFIER.remedy)
        classifier = cls(backbone, head, record, workers)
        if not listed:
            _refuse_mixed(classifier, folder)
        return classifier

    @property
    def labels(self) -> list[str]:
        """The labels, in the order of the probabilities."""
        return self.head.labels

    @cached_property
    def looks(self) -> list[View]:
        """The ways in which each picture is seen."""
        return prediction_looks(self.record.get("looks", WHOLE))

    @property
    def not_sure(self) -> float:
        """The score below which the best label is no answer; 0: never."""
        return float(self.record.get("not_sure", 0))

    def read(self, image: ImageFile) -> NDArray[np.float32]:
        """The whole of an image file, or of its content, as the backbone takes it."""
        return read_image(image, self.backbone.record.height, self.backbone.record.width)

    def classify(self, images: Sequence[Seen]) -> FloatArray:
        """Probabilities of images.

        Parameters
        ----------
        images : files, their contents, or pictures as `open_image` gives them.

        Returns
        -------
        float32 (images, labels); each row sums to 1.

        Raises
        ------
        UnreadableImageError
            For the first file that is no image.
        """
        answers = []
        for answer in self.attempt(images):
            if isinstance(answer, UnreadableImageError):
                raise answer
            answers.append(answer)
        return np.stack(answers) if answers else np.zeros((0, len(self.labels)), np.float32)

    def attempt(self, images: Iterable[Seen]) -> Iterator[FloatArray | UnreadableImageError]:
        """Probabilities (labels,) image by image; for an unreadable file the error, not raised.

        Of a sequence of one image, it is the looks that are worked on side by side.
        """
        alone = isinstance(images, Sequence) and len(images) == 1
        attempt = partial(self._attempt_one, workers=self.workers if alone else 1)
        return in_order(attempt, images, 1 if alone else self.workers)

    def deciding(self, picture: Image.Image) -> "Classifier":
        """The same with those looks only that answer this picture, for variants of it."""
        looks = self.looks
        if self.head.is_sure(next(self._features(picture, workers=1))):
            looks = looks[:1]
        record = {**self.record, "looks": [look.name for look in looks]}
        return replace(self, head=replace(self.head, first_look=math.inf), record=record)

    def top(self, probabilities: FloatArray, count: int | None = None) -> list[tuple[str, float]]:
        """Labels with their scores of one image, best first, at most `count`."""
        order = np.argsort(-probabilities, kind="stable")[:count]
        return [(self.labels[number], float(probabilities[number])) for number in order]

    def answer(self, probabilities: FloatArray) -> str:
        """The best label of one image, or "not sure" where its score is below the threshold."""
        label, score = self.top(probabilities, 1)[0]
        return label if score >= self.not_sure else NOT_SURE

    def _attempt_one(self, image: Seen, workers: int) -> FloatArray | UnreadableImageError:
        try:
            return self.head.probabilities_of(self._features(image, workers))
        except UnreadableImageError as error:
            return error

    def _features(self, image: Seen, workers: int) -> Iterator[Features]:
        """Bottlenecks (feature_width,) of an image, look by look."""
        picture = image if isinstance(image, Image.Image) else open_for(image, self.backbone)
        return features_by_look(picture, self.backbone, self.looks, workers=workers)


def refuse_other_folder(folder: Path) -> None:
    """UserError unless the folder is a classifier's."""
    missing = [name for name in NEEDED
               if not ((folder / name).is_dir() if name == BACKBONE_FOLDER
                       else (folder / name).is_file())]
    if missing:
        reason = f"it lacks {', '.join(missing)}" if folder.is_dir() else "there is no such folder"
        raise UserError(f"{folder} is no classifier ({reason}); give a folder that vision retrain "
                        f"or the export stage wrote, with {', '.join(NEEDED)} inside.")


def read_record(folder: Path) -> dict[str, Any]:
    """record.json of a classifier's folder, with what is used of it checked."""
    path = folder / RECORD_FILE
    try:
        record = read_checked(path, ("labels", "backbone"))
        if not isinstance(record["backbone"], dict):
            raise ValueError(f"its backbone is {briefly(repr(record['backbone']))}")
        prediction_looks(record.get("looks", WHOLE))
    except (OSError, ValueError, TypeError, LookupError, UserError) as error:
        raise DamagedError(f"{path} is broken ({error})", CLASSIFIER.remedy) from None
    check(folder, CLASSIFIER, lambda name: False)  # the record alone
    record.pop(LIST_KEY, None)
    return record


def _refuse_tensorflow(folder: Path) -> None:
    if BackboneRecord.read(folder / BACKBONE_FOLDER).inference == TENSORFLOW:
        raise UserError(f"{folder} is run by TensorFlow from a SavedModel, which is a program; if "
                        "you trust who made it, say so with --tensorflow (tensorflow=True in "
                        "Python), or make the classifier again with a backbone that LiteRT runs.")


def _has_list(folder: Path) -> bool:
    """Check the files that answers come from against the folder's list, if it has one."""
    backbone = BackboneRecord.read(folder / BACKBONE_FOLDER)

    def is_used(name: str) -> bool:
        top, _, below = name.partition("/")
        return backbone.is_used(below) if top == BACKBONE_FOLDER else name in USED

    return check(folder, CLASSIFIER, is_used)


def _refuse_mixed(classifier: Classifier, folder: Path) -> None:
    """DamagedError where labels or backbone are not those of the record, which tells of both."""
    record, backbone = classifier.record, asdict(classifier.backbone.record)
    # The version that wrote it may have known less of a backbone.
    known = {name: backbone[name] for name in record["backbone"] if name in backbone}
    for name, told, there in (
            (LABELS_FILE, record["labels"], classifier.labels),
            (f"{BACKBONE_FOLDER}/{RECORD_FILE}", record["backbone"], known)):
        if told != there:
            raise DamagedError(f"{folder / name} is not of the classifier that {RECORD_FILE} "
                               "tells of", CLASSIFIER.remedy)


def classify_files(classifier: Classifier, paths: Sequence[Path]) -> list[Any]:
    """What `Classifier.attempt` gives of all files, with a progress bar."""
    answers = []
    with progress("classifying", len(paths), "images") as counter:
        for answer in classifier.attempt(paths):
            answers.append(answer)
            counter.advance()
    return answers
