"""Labels: the names of class folders, and which of them are the same."""

import unicodedata
from collections.abc import Iterable

from words_and_images.common.errors import printable


def label_of(name: str) -> str:
    """A folder's name as a label: as it is, in composed Unicode, with single spaces inside."""
    # macOS writes decomposed names: the same word must be the same label everywhere.
    return printable(" ".join(unicodedata.normalize("NFC", name).split()))


def comparable(name: str) -> str:
    """What two names have in common that are one label: case and spaces make no difference."""
    return label_of(name).lower()


def matching(name: str, labels: Iterable[str]) -> str | None:
    """The label that a name stands for, if there is one."""
    return next((label for label in labels if comparable(label) == comparable(name)), None)
