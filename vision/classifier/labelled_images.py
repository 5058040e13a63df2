"""Evaluation of a classifier on images whose labels are known from their folders."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vision.classifier.classifier import Classifier, classify_files
from vision.photos.image import UnreadableImageError
from vision.photos.image_files import named
from vision.photos.split import NOUN
from words_and_images.common.errors import UserError, counted
from words_and_images.common.progress import say
from words_and_images.retraining.evaluation import Evaluation
from words_and_images.retraining.labels import as_called

if TYPE_CHECKING:
    from vision.photos.dataset import LabelledFile, SkippedFile


@contextlib.contextmanager
def labelled_images(source: str, labels: Sequence[str]) -> Iterator[list["LabelledFile"]]:
    """The image files of a folder or archive of class folders, as long as the block lasts.

    Parameters
    ----------
    source : as for the training.
    labels : of the classifier. A folder is one of these whatever its case, wherever it lies.

    Raises
    ------
    UserError
        That names all folders with images that are none of them, and for a source without images.
    """
    from vision.photos.dataset import besides, find_images, opened_source

    with opened_source(source) as (folder, _about):
        files, passed_over = find_images(folder, source, known=labels)
        if not files:
            raise UserError(f"{source} holds no images{besides(passed_over)}; give a folder, zip "
                            "or tar with a folder of images for each class.")
        called = as_called((file.label for file in files), labels, "folder")
        _tell_of_left_out(passed_over, len(files))
        yield [replace(file, label=called[file.label]) for file in files]


def _tell_of_left_out(passed_over: Sequence["SkippedFile"], images: int) -> None:
    """How much of the source is no part of the evaluation: who reads a score is to know."""
    files = [(each.path, each.reason) for each in passed_over if each.is_file]
    folders = [(each.path, each.reason) for each in passed_over if not each.is_file]
    if files:
        say(f"warning: left out {len(files):,} of {len(files) + images:,} files: {named(files)}")
    if folders:
        say(f"passed over {counted(len(folders), 'folder')}: {named(folders)}")


def evaluate_classifier(
    classifier: Classifier, files: Sequence["LabelledFile"], unreadable_share: float,
    not_sure: float,
) -> tuple[Evaluation, list[Path]]:
    """Classify images whose labels are known; a few unreadable ones are named and left out.

    Parameters
    ----------
    classifier : Classifier
    files : of labels that the classifier knows.
    unreadable_share : up to this share of the files may be unreadable.
    not_sure : the score below which the best label is no answer.

    Returns
    -------
    The evaluation, and the files of its images.

    Raises
    ------
    UserError
        For more unreadable files than that.
    """
    from vision.photos.dataset import SkippedFile, refuse_unreadable

    answers = classify_files(classifier, [file.path for file in files])
    pairs = list(zip(files, answers, strict=True))
    unreadable = [SkippedFile(file.shown, answer.reason) for file, answer in pairs
                  if isinstance(answer, UnreadableImageError)]
    refuse_unreadable(list(files), unreadable, unreadable_share)
    for skipped in unreadable:
        say(f"warning: skipped {skipped.path} ({skipped.reason})")
    readable = [pair for pair in pairs if not isinstance(pair[1], UnreadableImageError)]
    if not readable:
        raise UserError("none of the images can be read; mend them or give others.")
    targets = np.array([classifier.labels.index(file.label) for file, _ in readable], np.intp)
    evaluation = Evaluation(classifier.labels, [file.shown for file, _ in readable], targets,
                            np.stack([answer for _, answer in readable]), not_sure=not_sure,
                            noun=NOUN)
    return evaluation, [file.path for file, _ in readable]
