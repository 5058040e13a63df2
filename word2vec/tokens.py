"""From text to tokens.

A tokeniser turns text into UTF-8 in which tokens stand between blanks and line ends stay where they
were: whole stretches of documents become tokens in a few passes over arrays.
"""

import unicodedata
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

Tokeniser = Callable[[str], bytes]

LINE_END = 10
BLANK = 32
_SPACE, _LETTER, _MARK, _JOINER, _OTHER = range(5)
_JOINERS = "\u200c\u200d"  # inside a word they say how its letters are written
_LETTERS = bytes(
    byte if byte == LINE_END or chr(byte) in "abcdefghijklmnopqrstuvwxyz"
    else byte + 32 if 65 <= byte <= 90 else BLANK for byte in range(256)
)
_VISIBLE = bytes(byte if byte == LINE_END or byte > BLANK else BLANK for byte in range(256))


def letters(text: str) -> list[str]:
    """Lower-cased runs of a to z: the recipe of text8, for English."""
    return blank_but_letters(text).decode().split()


def words(text: str) -> list[str]:
    """Lower-cased runs of letters of any alphabet with the marks that follow them, in NFC."""
    return blank_but_words(text).decode().split()


def whitespace(text: str) -> list[str]:
    """What stands between white space, unchanged: for text that is tokenised already."""
    return blank_but_visible(text).decode().split()


def blank_but_letters(text: str) -> bytes:
    """`letters` with blanks for everything else."""
    return text.encode("utf-8", "replace").translate(_LETTERS)


def blank_but_words(text: str) -> bytes:
    """`words` with blanks for everything else.

    A mark (a vowel sign, an accent that no single character has) belongs to the letter before it;
    without a letter it is none.
    """
    if text.isascii():
        return blank_but_letters(text)
    codes = _codes(unicodedata.normalize("NFC", text.lower()))
    kinds = _kinds()[codes]
    inside = (kinds >= _LETTER) & (kinds <= _JOINER)
    stray = np.flatnonzero(inside[1:] & (kinds[1:] > _LETTER) & ~inside[:-1]) + 1
    while len(stray):
        inside[stray] = False
        stray = stray + 1  # never beyond the line end behind the text
        stray = stray[inside[stray] & (kinds[stray] > _LETTER)]
    # A joiner with nothing behind it joins nothing.
    inside[:-1] &= (kinds[:-1] != _JOINER) | inside[1:]
    return _blank(codes, inside)


def blank_but_visible(text: str) -> bytes:
    """`whitespace` with one kind of blank; control characters and byte order marks are blank too.
    """
    if text.isascii():
        return text.encode().translate(_VISIBLE)
    codes = _codes(text)
    return _blank(codes, _kinds()[codes] != _SPACE)


TOKENISERS: dict[str, Tokeniser] = {
    "letters": blank_but_letters, "words": blank_but_words, "whitespace": blank_but_visible,
}


def _codes(text: str) -> NDArray[np.uint32]:
    """The characters' code points, between two line ends."""
    return np.frombuffer(f"\n{text}\n".encode("utf-32-le", "replace"), "<u4")


def _blank(codes: NDArray[np.uint32], kept: NDArray[np.bool_]) -> bytes:
    """UTF-8 of the kept characters and line ends, with blanks for the others."""
    kept |= codes == LINE_END
    blanked = np.where(kept, codes, BLANK)[1:-1].astype("<u4")
    return blanked.tobytes().decode("utf-32-le").encode()


@cache
def _kinds() -> NDArray[np.uint8]:
    """What each code point is to a tokeniser."""
    return np.array([_kind(chr(code)) for code in range(0x110000)], np.uint8)


def _kind(character: str) -> int:
    category = unicodedata.category(character)
    if character.isalpha() or category == "Nl":  # Nl: numbers written as letters
        return _LETTER
    if character.isspace() or character < " " or character == "\ufeff":
        return _SPACE
    if character in _JOINERS:
        return _JOINER
    return _MARK if category.startswith("M") else _OTHER
