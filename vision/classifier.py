"""A trained classifier: a folder that holds everything, from image files to scores."""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.errors import UserError
from common.files import read_json
from common.progress import progress
from neural.arrays import FloatArray
from vision.bottlenecks import FeatureExtractor
from vision.head import HEAD_FILE, LABELS_FILE, Head
from vision.image import UnreadableImageError, read_image

BACKBONE_FOLDER, RECORD_FILE = "backbone", "record.json"
NEEDED = (RECORD_FILE, LABELS_FILE, HEAD_FILE, BACKBONE_FOLDER)
BATCH_SIZE = 32

ImageFile = Path | str | bytes


@dataclass(frozen=True, eq=False)
class Classifier:
    """A backbone and the head trained on its bottlenecks.

    The two are used as in training, and not as the SavedModel beside them: the same network and
    the same NumPy head give an image the same scores, bit by bit, as the evaluation gave it.
    Both load in about the same time, nearly all of which is TensorFlow's own.
    """

    backbone: FeatureExtractor
    head: Head
    record: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, folder: Path | str) -> "Classifier":
        """Load the folder that `vision retrain` or the export stage wrote.

        Raises
        ------
        UserError
            For anything else.
        """
        folder = Path(folder)
        refuse_other_folder(folder)
        head, record = Head.load(folder), _read_record(folder / RECORD_FILE)
        from vision.backbones import load_backbone

        return cls(load_backbone(folder / BACKBONE_FOLDER), head, record)

    @property
    def labels(self) -> list[str]:
        """The labels, in the order of the probabilities."""
        return self.head.labels

    def read(self, image: ImageFile) -> NDArray[np.float32]:
        """An image file, or its content, as the backbone takes it: (height, width, 3)."""
        return read_image(image, self.backbone.record.height, self.backbone.record.width)

    def classify(self, images: Sequence[ImageFile | NDArray[np.float32]]) -> FloatArray:
        """Probabilities of image files, or of arrays as `read` gives them.

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

    def attempt(
        self, images: Iterable[ImageFile | NDArray[np.float32]]
    ) -> Iterator[FloatArray | UnreadableImageError]:
        """Probabilities (labels,) image by image; for an unreadable file the error, not raised."""
        reader = _read_ahead(self._read_or_error, images)
        while batch := list(islice(reader, BATCH_SIZE)):
            pictures = [item for item in batch if not isinstance(item, UnreadableImageError)]
            rows = iter(self._probabilities(pictures))
            for item in batch:
                yield item if isinstance(item, UnreadableImageError) else next(rows)

    def top(self, probabilities: FloatArray, count: int | None = None) -> list[tuple[str, float]]:
        """Labels with their scores of one image, best first, at most `count`."""
        order = np.argsort(-probabilities, kind="stable")[:count]
        return [(self.labels[number], float(probabilities[number])) for number in order]

    def _read_or_error(
        self, image: ImageFile | NDArray[np.float32]
    ) -> NDArray[np.float32] | UnreadableImageError:
        if isinstance(image, np.ndarray):
            return image
        try:
            return self.read(image)
        except UnreadableImageError as error:
            return error

    def _probabilities(self, pictures: list[NDArray[np.float32]]) -> FloatArray:
        if not pictures:
            return np.zeros((0, len(self.labels)), np.float32)
        return self.head.probabilities(self.backbone.features(np.stack(pictures)))


def refuse_other_folder(folder: Path) -> None:
    """UserError unless the folder is a classifier's."""
    missing = [name for name in NEEDED if not (folder / name).exists()]
    if missing:
        reason = f"it lacks {', '.join(missing)}" if folder.is_dir() else "there is no such folder"
        raise UserError(f"{folder} is no classifier ({reason}); give a folder that vision retrain "
                        f"or the export stage wrote, with {', '.join(NEEDED)} inside.")


def _read_record(path: Path) -> dict[str, Any]:
    try:
        return read_json(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is broken ({error}); train the classifier again.") from None


def classify_files(classifier: Classifier, paths: Sequence[Path]) -> list[Any]:
    """What `Classifier.attempt` gives of all files, with a progress bar."""
    answers = []
    with progress("classifying", len(paths), "images") as counter:
        for answer in classifier.attempt(paths):
            answers.append(answer)
            counter.advance()
    return answers


def _read_ahead(read: Any, images: Iterable[Any]) -> Iterator[Any]:
    """Read images in threads, in order, at most two batches ahead of the backbone."""
    waiting: deque[Future] = deque()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for image in images:
            waiting.append(pool.submit(read, image))
            if len(waiting) > 2 * BATCH_SIZE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
