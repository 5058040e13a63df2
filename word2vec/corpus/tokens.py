"""From text to tokens.

A tokeniser turns text into UTF-8 in which tokens stand between blanks and line ends stay where they
were: whole stretches of documents become tokens in a few passes over arrays.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

Tokeniser = Callable[[str], bytes]

LINE_END = 10
BLANK = 32
UNSEEN, SPACE, UNSPACED, LETTER, MARK, JOINER, OTHER = range(7)  # UNSPACED: letters, too
_JOINERS = "\u200c\u200d"  # inside a word they say how its letters are written
_INVISIBLE_SPACES = "\ufeff\u200b"
_SOFT_HYPHEN = "\u00ad"  # where a line may be broken; no part of the word
_DOT_ABOVE = "\u0307"  # what lower-casing leaves of the dot of the Turkish capital
_LIGATURES = {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl",
              "\ufb05": "st", "\ufb06": "st"}  # a font's, as they stand in the text of a PDF
_LETTERS = bytes(
    byte if byte == LINE_END or chr(byte) in "abcdefghijklmnopqrstuvwxyz"
    else byte + 32 if 65 <= byte <= 90 else BLANK for byte in range(256)
)
_VISIBLE = bytes(byte if byte == LINE_END or byte > BLANK else BLANK for byte in range(256))
_kinds = np.zeros(0x110000, np.uint8)  # of each character met so far, by its code


@dataclass(frozen=True)
class Script:
    """A script that puts no blanks between words.

    Parameters
    ----------
    name : of it, or of the language.
    tool : a program that parts the words.
    ranges : first and last of its characters' codes.
    """

    name: str
    tool: str
    ranges: tuple[tuple[int, int], ...]

    def has(self, code: int) -> bool:
        """Whether a character belongs to it."""
        return any(first <= code <= last for first, last in self.ranges)


JAPANESE = Script("Japanese", "fugashi or SudachiPy", (
    (0x3040, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F)))  # what only Japanese has
UNSPACED_SCRIPTS = (JAPANESE, Script("Chinese", "jieba", (
    (0x3005, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))),
    Script("Thai", "PyThaiNLP", ((0x0E00, 0x0E7F),)),
    Script("Lao", "LaoNLP", ((0x0E80, 0x0EFF),)),
    Script("Khmer", "khmer-nltk", ((0x1780, 0x17FF),)),
    Script("Burmese", "myWord", ((0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F))))


def composed(text: str) -> str:
    """The text in NFC, in which é is one character however it was typed, without soft hyphens and
    with a font's ligatures as the letters they stand for."""
    return text if text.isascii() else unicodedata.normalize("NFC", _without_typography(text))


def lowered(text: str, turkish: bool = False) -> str:
    """Lower-cased, and `composed`: how `words` spells what it reads.

    Parameters
    ----------
    text : any.
    turkish : I becomes ı, as in Turkish and Azerbaijani. İ becomes i in any case.
    """
    if turkish:
        text = composed(text).replace("İ", "i").replace("I", "ı")
    if text.isascii():
        return text.lower()
    text = _without_typography(text).lower().replace(f"i{_DOT_ABOVE}", "i")
    return unicodedata.normalize("NFC", text)


def _without_typography(text: str) -> str:
    text = text.replace(_SOFT_HYPHEN, "")
    for ligature, parts in _LIGATURES.items():
        text = text.replace(ligature, parts)
    return text


def letters(text: str) -> list[str]:
    """Lower-cased runs of a to z: the recipe of text8, for English."""
    return blank_but_letters(text).decode().split()


def words(text: str, turkish: bool = False) -> list[str]:
    """Lower-cased runs of letters of any alphabet with the marks that follow them, in NFC."""
    return blank_but_words(text, turkish).decode().split()


def whitespace(text: str) -> list[str]:
    """What stands between white space, unchanged: for text that is tokenised already."""
    return blank_but_visible(text).decode().split()


def blank_but_letters(text: str) -> bytes:
    """`letters` with blanks for everything else."""
    return text.encode("utf-8", "replace").translate(_LETTERS)


def blank_but_words(text: str, turkish: bool = False) -> bytes:
    """`words` with blanks for everything else.

    A mark (a vowel sign, an accent that no single character has) belongs to the letter before it;
    without a letter it is none.
    """
    if text.isascii() and not turkish:
        return blank_but_letters(text)
    codes = codes_of(f"\n{lowered(text, turkish)}\n")
    kinds = kinds_of(codes)
    inside = (kinds >= UNSPACED) & (kinds <= JOINER)
    stray = np.flatnonzero(inside[1:] & (kinds[1:] > LETTER) & ~inside[:-1]) + 1
    while len(stray):
        inside[stray] = False
        stray = stray + 1  # never beyond the line end behind the text
        stray = stray[inside[stray] & (kinds[stray] > LETTER)]
    # A joiner with nothing behind it joins nothing.
    inside[:-1] &= (kinds[:-1] != JOINER) | inside[1:]
    return _blank(codes, inside)[1:-1]


def blank_but_visible(text: str) -> bytes:
    """`whitespace` with one kind of blank; control characters and byte order marks are blank too.
    """
    if text.isascii():
        return text.encode().translate(_VISIBLE)
    codes = codes_of(text)
    return _blank(codes, kinds_of(codes) != SPACE)


TOKENISERS: dict[str, Tokeniser] = {
    "letters": blank_but_letters, "words": blank_but_words, "whitespace": blank_but_visible,
}
_SPELLINGS: dict[str, Callable[[str], str]] = {
    "letters": str.lower, "words": lowered, "whitespace": str,
}


def tokeniser(tokens: str, turkish: bool = False) -> Tokeniser:
    """The tokeniser of a name of TOKENISERS; `turkish` is for ``words``."""
    return partial(blank_but_words, turkish=True) if turkish else TOKENISERS[tokens]


def spelling_of(tokens: str, turkish: bool = False) -> Callable[[str], str]:
    """How that tokeniser spells a word that it reads."""
    return partial(lowered, turkish=True) if turkish else _SPELLINGS[tokens]


def codes_of(text: str) -> NDArray[np.uint32]:
    """The characters' code points, (characters,)."""
    return np.frombuffer(text.encode("utf-32-le", "replace"), "<u4")


def kinds_of(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """What each character is to a tokeniser, (characters,): SPACE to OTHER."""
    kinds = _kinds[codes]
    unseen = kinds == UNSEEN
    if unseen.any():
        new = np.unique(codes[unseen])
        _kinds[new] = [_kind(chr(code)) for code in new.tolist()]
        kinds = _kinds[codes]
    return kinds


def _blank(codes: NDArray[np.uint32], kept: NDArray[np.bool_]) -> bytes:
    """UTF-8 of the kept characters and line ends, with blanks for the others."""
    kept |= codes == LINE_END
    blanked = np.where(kept, codes, BLANK).astype("<u4")
    return blanked.tobytes().decode("utf-32-le").encode()


def _kind(character: str) -> int:
    category = unicodedata.category(character)
    if character.isalpha() or category == "Nl":  # Nl: numbers written as letters
        unspaced = any(script.has(ord(character)) for script in UNSPACED_SCRIPTS)
        return UNSPACED if unspaced else LETTER
    if character.isspace() or character < " " or character in _INVISIBLE_SPACES:
        return SPACE
    if character in _JOINERS:
        return JOINER
    return MARK if category.startswith("M") else OTHER
