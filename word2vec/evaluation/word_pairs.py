"""Word pairs that people have judged, and how well the vectors' similarities agree with them."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from word2vec.corpus.documents.text import read_whole
from word2vec.evaluation.analogies import UNKNOWN_WORDS
from word2vec.vectors.lookup import WordTable
from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import AnyPath, path_of
from words_and_images.common.parameters import (
    require,
    require_choice,
    require_encoding,
    require_switch,
    require_whole,
)
from words_and_images.common.progress import say
from words_and_images.common.streams import called
from words_and_images.neural.arrays import FloatArray
from words_and_images.neural.metrics import pearson, spearman

WordPair = tuple[str, str, float]
Measure = Callable[[FloatArray, FloatArray], float | None]

# MEN's lemmas carry their part of speech: noun, verb, adjective.
_PARTS_OF_SPEECH = ("-n", "-v", "-j")


@dataclass(frozen=True)
class PairScores:
    """Agreement with people's judgements.

    Taken apart, ``pearson, spearman, unknown = scores``, it is what gensim's method of that name
    returns: each correlation with its two-sided p-value, and the percentage of pairs with an
    unknown word; as there, NaN where one is not defined.

    Parameters
    ----------
    pearson, spearman : correlations, -1 to 1; None where fewer than two pairs count or either
        side does not vary.
    asked : pairs in the file.
    known : pairs whose two words are both within the bound.
    bound : words of the vocabulary, from the most frequent on, that are known.
    unknown_words : what becomes of the other pairs: ``skip``, or ``wrong`` for a similarity of 0.
    composed : words beyond the vocabulary whose vectors are made of n-grams; None where the vectors
        have none.
    """

    pearson: float | None
    spearman: float | None
    asked: int
    known: int
    bound: int
    unknown_words: str
    composed: int | None = None

    @property
    def coverage(self) -> float | None:
        """known / asked; None where nothing is asked."""
        return self.known / self.asked if self.asked else None

    @property
    def counted(self) -> int:
        """Pairs that count: the known ones, or all where unknown words are wrong."""
        return self.known if self.unknown_words == "skip" else self.asked

    def not_computed(self) -> dict[str, str]:
        """Why scores are missing, by their names."""
        reasons: dict[str, str] = {}
        if self.pearson is None:
            reasons |= dict.fromkeys(
                ("spearman", "pearson"), f"{counted(self.counted, 'pair')} to compare; it takes two"
                if self.counted < 2 else "the judgements or the cosines do not vary")
        if self.coverage is None:
            reasons["coverage"] = "no pair is asked"
        return reasons

    def __iter__(self) -> Iterator[Any]:
        yield _with_p_value(self.pearson, self.counted)
        yield _with_p_value(self.spearman, self.counted)
        yield math.nan if self.coverage is None else 100 * (1 - self.coverage)

    def __len__(self) -> int:
        return 3

    def __getitem__(self, place: int) -> Any:
        return tuple(self)[place]


def read_pairs(
    path: AnyPath, delimiter: str | None = None, encoding: str = "utf-8"
) -> list[WordPair]:
    """Read a file of pairs (`parse_pairs`); UserError where that cannot be."""
    path = path_of("path", path)
    require_encoding("encoding", encoding)
    text = read_whole(path, "a file of word pairs", encoding)
    return parse_pairs(text, called(path), delimiter)


def parse_pairs(text: str, name: str, delimiter: str | None = None) -> list[WordPair]:
    """Pairs from lines of two words and a number, between tabs, semicolons, commas or blanks.

    Only the `delimiter` parts them where one is given. A line that begins with # is a comment, a
    first line without a number a header. Where every word ends in -n, -v or -j, a part of speech
    as in MEN's file of lemmas, that is taken off.

    Raises
    ------
    UserError
        Naming the line of `name` that is none of these, and for a text without pairs.
    """
    require(delimiter is None or (isinstance(delimiter, str) and delimiter != ""), "delimiter",
            delimiter, "text that parts the fields, or None")
    rows = [(f"{name}, line {number:,}", line.strip())
            for number, line in enumerate(text.split("\n"), start=1)
            if line.strip() and not line.startswith("#")]
    if len(rows) > 1 and _is_header(rows[0][1], delimiter):
        where, header = rows.pop(0)
        say(f"{where}: {header[:80]!r} is taken for a header.")
    pairs = [_parse_pair(line, where, delimiter) for where, line in rows]
    if not pairs:
        raise UserError(f"{name} holds no word pairs; write two words and a number a line.")
    if all(word.endswith(_PARTS_OF_SPEECH) for a, b, _ in pairs for word in (a, b)):
        return [(a[:-2], b[:-2], score) for a, b, score in pairs]
    return pairs


def _parse_pair(line: str, where: str, delimiter: str | None) -> WordPair:
    try:
        a, b, judgement = _fields(line, delimiter)
        score = float(judgement)
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise UserError(f"{where}: {line[:80]!r} is no pair; write two words and a number.")
    return a, b, score


def _fields(line: str, delimiter: str | None) -> list[str]:
    """The fields of a line, which its first kind of separator parts; several count as one."""
    separator = delimiter or next((mark for mark in "\t;," if mark in line), None)
    return [field.strip() for field in line.split(separator) if field.strip()]


def _is_header(line: str, delimiter: str | None) -> bool:
    fields = _fields(line, delimiter)
    return len(fields) == 3 and not any(map(_is_number, fields))


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def evaluate_word_pairs(
    vectors: WordTable, pairs: Sequence[WordPair], restrict_vocab: int | None = None,
    unknown_words: str = "skip", case_insensitive: bool = True,
) -> PairScores:
    """Correlate the cosines of pairs with people's judgements of them.

    Where the vectors have n-grams, words beyond the bound have vectors too, those that are not
    known composed ones.

    Parameters
    ----------
    vectors : words by falling frequency.
    pairs : two words and a judgement each.
    restrict_vocab : bound on the vocabulary; None is all of it.
    unknown_words : ``skip`` leaves out the pairs with a word beyond the bound, ``wrong`` gives
        them a similarity of 0.
    case_insensitive : compare words in lower case; of several spellings the most frequent counts.

    Raises
    ------
    UserError
        For parameters out of range.
    """
    if restrict_vocab is not None:
        require_whole("restrict_vocab", restrict_vocab, 1)
    require_choice("unknown_words", unknown_words, UNKNOWN_WORDS)
    require_switch("case_insensitive", case_insensitive)
    bound = min(restrict_vocab or len(vectors), len(vectors))
    has_subwords = vectors.subwords is not None
    vectors, composed = vectors.covering(
        (word for a, b, _ in pairs for word in (a, b)), bound, case_insensitive)
    reached = len(vectors) if has_subwords else bound
    spellings = vectors.spellings(reached, case_insensitive)
    ids = spellings.ids([(a, b) for a, b, _ in pairs], width=2)
    known = (ids >= 0).all(axis=1)
    first, second = (vectors.unit_vectors(column) for column in ids[known].T)
    similarities = np.zeros(len(pairs))
    similarities[known] = np.einsum("ij,ij->i", first, second).clip(-1, 1)
    judgements = np.array([judgement for _, _, judgement in pairs], np.float64)
    counting = known if unknown_words == "skip" else np.ones(len(pairs), np.bool_)
    return PairScores(
        _correlation(pearson, judgements[counting], similarities[counting]),
        _correlation(spearman, judgements[counting], similarities[counting]),
        len(pairs), int(known.sum()), bound, unknown_words, composed if has_subwords else None)


def _correlation(
    measure: Measure, judgements: FloatArray, similarities: FloatArray
) -> float | None:
    """The measure; None where it is not defined."""
    return measure(judgements, similarities) if len(judgements) > 1 else None


def _with_p_value(correlation: float | None, count: int) -> tuple[float, float]:
    """The correlation of `count` pairs, and how likely chance makes one as far from 0."""
    from scipy.special import stdtr

    if correlation is None:
        return math.nan, math.nan
    if count == 2 or abs(correlation) == 1:
        return correlation, float(count == 2)
    freedom = count - 2
    t = abs(correlation) * math.sqrt(freedom / ((1 - correlation) * (1 + correlation)))
    return correlation, float(2 * stdtr(freedom, -t))
