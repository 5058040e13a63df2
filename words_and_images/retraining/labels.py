"""Labels: the names of class folders, and which of them are the same."""

import unicodedata
from collections.abc import Iterable

_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")  # control characters, surrogates, separators of lines


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


def printable(name: str) -> str:
    """A name with its line breaks, other control characters and bytes of no encoding spelled."""
    return "".join(ascii(letter)[1:-1] if unicodedata.category(letter) in _UNPRINTABLE else letter
                   for letter in name)
