"""Documents that have no words to learn from, or whose words are not told apart."""

import re
from collections.abc import Iterable, Iterator, Sequence

from texts.document import NOUN, Document
from word2vec.corpus.tokens import JAPANESE, UNSPACED_SCRIPTS, Script, blank_but_words
from words_and_images.common.errors import UserError, counted, percent
from words_and_images.common.progress import WARNING, say
from words_and_images.retraining.recalls import shortened

LOOKED_AT = 200_000  # characters: enough to know a script
UNSPACED_SHARE = 0.1  # of the letters: where more are of scripts without blanks, runs are measured
LONG_RUN = 5  # letters; words of these scripts have two to four
KANA_SHARE = 0.05  # Chinese quotes some, Japanese has a third
_RANGES = [f"{chr(first)}-{chr(last)}" for script in UNSPACED_SCRIPTS
           for first, last in script.ranges]
_RUN = re.compile(f"[{''.join(_RANGES)}]+")


def check_words(documents: Sequence[Document], source: str) -> None:
    """Say which documents teach nothing, and where the words are not told apart.

    Raises
    ------
    UserError
        For documents of which none has a word, or no two have one in common.
    """
    wordless = [each.name for each in documents if not any(map(str.isalpha, each.text))]
    if len(wordless) == len(documents):
        raise UserError(f"none of the {counted(len(documents), NOUN)} of {source} has a word; give "
                        "texts: digits and signs are not read.")
    if wordless:
        say(f"{WARNING}{counted(len(wordless), NOUN)} without a word, of which nothing is learnt: "
            f"{shortened(wordless)}")
    advice = _about_script([each.text for each in documents], source)
    if advice:
        say(f"{WARNING}{advice}.")
    if not _have_common_words(each.text for each in documents):
        raise UserError(f"no word is in two of the {counted(len(documents), NOUN)} of {source}; "
                        "give more of them, with blanks between the words.")


def _have_common_words(texts: Iterable[str]) -> bool:
    met: set[bytes] = set()
    for text in texts:
        own = set(blank_but_words(text).split())
        if own & met:
            return True
        met |= own
    return False


def _about_script(texts: Iterable[str], source: str) -> str:
    """What is to be done about a script without blanks between words; else empty."""
    sample = " ".join(_beginnings(texts))
    runs = _RUN.findall(sample)
    unspaced = sum(map(len, runs))
    letters = unspaced + sum(map(str.isalpha, _RUN.sub("", sample)))
    if unspaced <= UNSPACED_SHARE * letters or unspaced < LONG_RUN * len(runs):
        return ""
    script = _script_of("".join(runs))
    return (f"{percent(unspaced / letters, 0)} of the letters of {source} are {script.name}, which "
            f"has no blanks between words: {unspaced / len(runs):.0f} letters stand together on "
            f"average, and pass for one word; part the words first, for example with {script.tool}")


def _beginnings(texts: Iterable[str]) -> Iterator[str]:
    """As much of the texts as is looked at, some of each of many."""
    left = LOOKED_AT
    for text in texts:
        if left <= 0:
            return
        yield text[:min(left, LOOKED_AT // 100)]
        left -= min(len(text), LOOKED_AT // 100)


def _script_of(letters: str) -> Script:
    counts = {script.name: sum(script.has(ord(letter)) for letter in letters)
              for script in UNSPACED_SCRIPTS}
    if counts[JAPANESE.name] > KANA_SHARE * len(letters):
        return JAPANESE
    return max(UNSPACED_SCRIPTS, key=lambda script: counts[script.name])
