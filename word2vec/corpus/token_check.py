"""Text that the chosen tokens do not suit: it is read all the same, and said."""

import re
import string
import unicodedata
from collections import Counter
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.tokens import (
    JAPANESE,
    JOINER,
    LETTER,
    MARK,
    UNSPACED,
    UNSPACED_SCRIPTS,
    Script,
    codes_of,
    kinds_of,
    letters,
)
from words_and_images.common.progress import say

FOREIGN_SHARE = 0.001  # of the letters: more than this outside a to z are said
UNSPACED_SHARE = 0.1  # of the letters: where more are of scripts without blanks, runs are measured
LONG_RUN = 5  # letters; words of these scripts have two to four
KANA_SHARE = 0.05  # Chinese quotes some, Japanese has a third
EXAMPLES, LONGEST_EXAMPLE = 3, 20  # the latter on either side of what is cut
LOOKED_AT, AT_ONCE = 2000, 100  # words and letters: enough for examples, and to know a script
_ENDS = string.punctuation + string.digits + "„“”‚‘’«»‹›…–—¿¡。、，！？：；（）「」『』"
_TO_THE_LEFT = re.compile(r"\S*$")
_SMALL, _ALPHABET = np.uint32(0x20), 26


class _Sample:
    """What is met first in a text, stretch by stretch, until that is enough."""

    def __init__(self) -> None:
        self.stretches: list[list[str]] = []
        self.size = 0

    def add(self, met: list[str]) -> None:
        """Add what is met in the next stretch, unless there is enough."""
        if met and self.size < LOOKED_AT:
            self.stretches.append(met)
            self.size += len(met)

    def counts(self) -> Counter[str]:
        return Counter(chain.from_iterable(self.stretches))


class TokenCheck:
    """Watches a text go by.

    Parameters
    ----------
    tokens : as what it is read, a name of TOKENISERS.
    """

    def __init__(self, tokens: str) -> None:
        self._tokens = tokens
        self._plain = self._foreign = self._marks = 0
        self._unspaced = self._runs = 0
        self._cut, self._scripts = _Sample(), _Sample()

    def see(self, text: str, visible: int) -> None:
        """Count the letters of a stretch of text, of whose bytes so many belong to tokens."""
        if text.isascii():
            self._plain += visible
            return
        codes = codes_of(text)
        self._plain += visible if self._tokens == "letters" else _letters_of_ascii(codes)
        places = np.flatnonzero(codes > 127)
        kinds = kinds_of(codes[places])
        counts = {kind: int(np.count_nonzero(kinds == kind)) for kind in (UNSPACED, LETTER, MARK)}
        self._foreign += counts[UNSPACED] + counts[LETTER]
        self._marks += counts[MARK]
        if counts[UNSPACED] > UNSPACED_SHARE * len(kinds):
            self._measure_runs(codes)
        if self._tokens == "letters" and self._cut.size < LOOKED_AT:
            outside = places[(kinds >= UNSPACED) & (kinds <= MARK)]
            begins = outside[np.diff(outside, prepend=-2) > 1]
            self._cut.add([_word_around(text, place) for place in begins[:AT_ONCE].tolist()])

    def add(self, following: "TokenCheck") -> None:
        """Take in what another has seen of the stretches that follow, as if seen here."""
        self._plain += following._plain
        self._foreign += following._foreign
        self._marks += following._marks
        self._unspaced += following._unspaced
        self._runs += following._runs
        for mine, theirs in ((self._cut, following._cut), (self._scripts, following._scripts)):
            for met in theirs.stretches:
                mine.add(met)

    def warn(self) -> None:
        """Say once what does not suit, with the remedy."""
        outside, all_letters = self._foreign + self._marks, self._foreign + self._plain
        if (self._unspaced > UNSPACED_SHARE * all_letters
                and self._unspaced >= LONG_RUN * self._runs):
            say(self._about_runs(self._unspaced / all_letters))
        elif self._tokens == "letters" and outside > FOREIGN_SHARE * (outside + self._plain):
            say(self._about_letters(outside / (outside + self._plain)))

    def _measure_runs(self, codes: NDArray[np.uint32]) -> None:
        kinds = kinds_of(codes)
        unspaced = kinds == UNSPACED
        inside = unspaced | (kinds == MARK) | (kinds == JOINER)
        self._unspaced += int(np.count_nonzero(unspaced))
        self._runs += int(unspaced[0]) + int(np.count_nonzero(unspaced[1:] & ~inside[:-1]))
        if self._scripts.size < LOOKED_AT:
            self._scripts.add([*map(_script_of, codes[unspaced][:LOOKED_AT].tolist())])

    def _about_runs(self, share: float) -> str:
        script = self._script()
        return (f"warning: {100 * share:.3g} % of the text's letters are {script.name}, which has "
                f"no blanks between words: {self._unspaced / self._runs:.0f} letters stand "
                "together on average, and would pass for a word; part the words first, for "
                f"example with {script.tool}, and read the result with --tokens whitespace "
                "(encode.tokens in params.yaml).")

    def _script(self) -> Script:
        scripts = self._scripts.counts()
        if scripts[JAPANESE.name] > KANA_SHARE * scripts.total():
            return JAPANESE
        most = scripts.most_common(1)[0][0]
        return next(script for script in UNSPACED_SCRIPTS if script.name == most)

    def _about_letters(self, share: float) -> str:
        """The share, and words with what is left of them: first those in pieces, then the rest."""
        cut = self._cut.counts()
        pieces = {word: letters(word) for word in cut}
        told = sorted(cut, key=lambda word: (len(pieces[word]) < 2, -cut[word]))
        examples = "; ".join(f"{word} -> {', '.join(pieces[word]) or 'nothing'}"
                             for word in told[:EXAMPLES])
        return (f"warning: {100 * share:.3g} % of the text's letters are outside a to z, and are "
                f"cut out of their words: {examples}; keep them with --tokens words "
                "(encode.tokens in params.yaml).")


def _letters_of_ascii(codes: NDArray[np.uint32]) -> int:
    return int(np.count_nonzero((codes | _SMALL) - ord("a") < _ALPHABET))


def _word_around(text: str, place: int) -> str:
    """What stands between white space at a place of a text, without punctuation; cut if long."""
    before = _TO_THE_LEFT.findall(text[max(place - LONGEST_EXAMPLE, 0) : place])[0]
    behind = text[place : place + LONGEST_EXAMPLE].split()[0]
    return unicodedata.normalize("NFC", f"{before}{behind}".strip(_ENDS))


def _script_of(code: int) -> str:
    return next(script.name for script in UNSPACED_SCRIPTS if script.has(code))
