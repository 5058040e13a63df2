"""From text to tokens."""

import re
from collections.abc import Callable

Tokeniser = Callable[[str], list[str]]

_WORD = re.compile(r"[^\W\d_]+")
# Over bytes a whole text is lower-cased and cut in one pass: ten times a regular expression.
_LETTERS = bytes(
    byte if chr(byte) in "abcdefghijklmnopqrstuvwxyz" else byte + 32 if 65 <= byte <= 90 else 32
    for byte in range(256)
)


def letters(text: str) -> list[str]:
    """Lower-cased runs of a to z: the recipe of text8, for English."""
    return text.encode("utf-8", "replace").translate(_LETTERS).decode("ascii").split()


def words(text: str) -> list[str]:
    """Lower-cased runs of letters of any alphabet."""
    return _WORD.findall(text.lower())


def whitespace(text: str) -> list[str]:
    """What stands between white space, unchanged: for text that is tokenised already."""
    return text.split()


TOKENISERS: dict[str, Tokeniser] = {"letters": letters, "words": words, "whitespace": whitespace}
