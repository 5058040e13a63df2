"""Analogy questions: a is to b as c is to d, and how many of them the vectors answer.

A question's score for a candidate word w is a part that knows the pair (a, b) only, combined with
a part that knows c only:

    3CosAdd   [cos(w, b) - cos(w, a)]             +  cos(w, c)
    3CosMul   [s(w, b) / (s(w, a) + epsilon)]     *  s(w, c),     s = (1 + cos) / 2

So one matrix product gives the cosines of all the distinct words of a block of questions, and a
question costs one sum or product of two rows. Sources: Mikolov et al., Linguistic Regularities in
Continuous Space Word Representations, 2013; Levy and Goldberg, Linguistic Regularities in Sparse
and Explicit Word Representations, 2014, equations 3 and 4.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.documents.text import read_whole
from word2vec.vectors.lookup import Floats, Ids, Spellings, WordTable
from words_and_images.common.errors import UserError
from words_and_images.common.files import AnyPath, path_of
from words_and_images.common.parameters import require_choice, require_switch, require_whole
from words_and_images.common.streams import called
from words_and_images.neural.metrics import named

Question = tuple[str, str, str, str]

METHODS = ("3cosadd", "3cosmul")
UNKNOWN_WORDS = ("skip", "wrong")
COSMUL_EPSILON = 1e-6
SYNTACTIC_PREFIX = "gram"

BLOCK_FLOATS = 1 << 27  # no block's cosines take more
ROWS = 16  # rows of scores at once: a few megabytes, which stay in the cache


@dataclass(frozen=True)
class QuestionSection:
    """The questions (a, b, c, d) below one ``: name`` line."""

    name: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class SectionScore:
    """How a section went.

    Parameters
    ----------
    section : its name.
    asked : questions in the file.
    known : questions whose four words are all in the bounded vocabulary.
    total : questions that count: the known ones, or all where unknown words count as wrong.
    correct : questions answered with the expected word.
    right, wrong : the questions that count as they were compared, by how they were answered.
    """

    section: str
    asked: int
    known: int
    total: int
    correct: int
    right: tuple[Question, ...] = field(default=(), repr=False)
    wrong: tuple[Question, ...] = field(default=(), repr=False)

    @property
    def accuracy(self) -> float | None:
        """correct / total; None where nothing counts."""
        return self.correct / self.total if self.total else None

    @property
    def coverage(self) -> float | None:
        """known / asked; None where nothing is asked."""
        return self.known / self.asked if self.asked else None

    @property
    def skipped(self) -> int:
        """Questions that do not count."""
        return self.asked - self.total

    def describe(self) -> dict[str, Any]:
        """The score for JSON."""
        values = {"section": self.section, "accuracy": self.accuracy, "correct": self.correct,
                  "total": self.total, "skipped": self.skipped, "coverage": self.coverage}
        return {name: value for name, value in values.items() if value is not None} | named(
            self.not_computed())

    def not_computed(self) -> dict[str, str]:
        """Why shares are missing, by their names."""
        reasons = {}
        if self.accuracy is None:
            reasons["accuracy"] = "no question has known words only" if self.asked else (
                "no question is asked")
        if self.coverage is None:
            reasons["coverage"] = "no question is asked"
        return reasons


@dataclass(frozen=True)
class AnalogyScores:
    """How all sections went, and under which rules.

    Taken apart, ``score, sections = scores``, it is what gensim's method of that name returns: the
    accuracy of all (NaN, and not gensim's 0, where no question counts), and for each section and
    for all a dictionary of the questions answered right and wrong.

    Parameters
    ----------
    sections : in the file's order.
    bound : words of the vocabulary, from the most frequent on, that questions and answers may use.
    method : 3cosadd or 3cosmul.
    unknown_words : what becomes of a question with a word beyond the bound: skip or wrong.
    composed : words beyond the vocabulary whose vectors are made of n-grams; None where the vectors
        have none.
    """

    sections: tuple[SectionScore, ...]
    bound: int
    method: str
    unknown_words: str
    composed: int | None = None

    def __iter__(self) -> Iterator[Any]:
        accuracy = self.overall.accuracy
        yield math.nan if accuracy is None else accuracy
        yield [_listed(score.section, score) for score in self.sections] + [
            _listed("Total accuracy", self.overall)]

    def __len__(self) -> int:
        return 2

    def __getitem__(self, place: int) -> Any:
        return tuple(self)[place]

    @property
    def semantic(self) -> SectionScore:
        """The sections whose name does not begin with "gram"."""
        return _sum("semantic", (section for section in self.sections
                                 if not section.section.startswith(SYNTACTIC_PREFIX)))

    @property
    def syntactic(self) -> SectionScore:
        """The sections whose name begins with "gram"."""
        return _sum("syntactic", (section for section in self.sections
                                  if section.section.startswith(SYNTACTIC_PREFIX)))

    @property
    def overall(self) -> SectionScore:
        """All sections."""
        return _sum("overall", self.sections)


def read_questions(path: AnyPath) -> list[QuestionSection]:
    """Read a file of questions (`parse_questions`); UserError where that cannot be."""
    path = path_of("path", path)
    return parse_questions(read_whole(path, "a file of analogy questions"), called(path))


def parse_questions(text: str, name: str) -> list[QuestionSection]:
    """Sections of questions from lines ``: section`` and ``a b c d``.

    Raises
    ------
    UserError
        Naming the line of `name` that is neither, and for a text without questions.
    """
    sections: list[tuple[str, list[Question]]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith(":"):
            sections.append((line[1:].strip(), []))
        elif words := line.split():
            if not sections or len(words) != 4:
                raise UserError(f"{name}, line {number:,}: {line.strip()[:80]!r} is no question; "
                                "write four words, below a line ': section'.")
            sections[-1][1].append((words[0], words[1], words[2], words[3]))
    if not any(questions for _, questions in sections):
        raise UserError(f"{name} holds no questions; write four words a line, below ': section'.")
    return [QuestionSection(section, tuple(questions)) for section, questions in sections]


def evaluate_word_analogies(
    vectors: WordTable, sections: Sequence[QuestionSection], restrict_vocab: int = 30_000,
    method: str = "3cosadd", unknown_words: str = "skip", case_insensitive: bool = True,
) -> AnalogyScores:
    """Answer all questions; the three words of a question are no candidates for its answer.

    The counts are those of gensim's method of this name. It gives up after five candidates, where
    all of them are spellings of the question's words; here the next best is the answer.
    Where the vectors have n-grams, the questions' words beyond the bound have vectors too, those
    that are not known composed ones, and are candidates.

    Parameters
    ----------
    vectors : words by falling frequency.
    sections : of questions.
    restrict_vocab : bound on the vocabulary, for the questions' words and for the answers.
    method : ``3cosadd`` or ``3cosmul``.
    unknown_words : ``skip`` leaves out the questions with a word beyond the bound, ``wrong``
        counts them as answered wrongly.
    case_insensitive : compare words in lower case; of several spellings the most frequent
        stands for the question's words, and each is a right answer.

    Raises
    ------
    UserError
        For parameters out of range.
    """
    require_whole("restrict_vocab", restrict_vocab, 1)
    require_choice("method", method, METHODS)
    require_choice("unknown_words", unknown_words, UNKNOWN_WORDS)
    require_switch("case_insensitive", case_insensitive)
    bound = min(restrict_vocab, len(vectors))
    has_subwords = vectors.subwords is not None
    vectors, composed = vectors.covering(
        (word for section in sections for question in section.questions for word in question),
        bound, case_insensitive)
    reached = len(vectors) if has_subwords else bound
    spellings = vectors.spellings(reached, case_insensitive)
    units = vectors.unit_vectors(reached)
    scores = []
    for section in sections:
        is_known, right = answered(units, section.questions, spellings, method)
        counts = is_known if unknown_words == "skip" else np.ones(len(right), np.bool_)
        scores.append(SectionScore(
            section.name, len(right), int(is_known.sum()), int(counts.sum()), int(right.sum()),
            _compared(section.questions, right, case_insensitive),
            _compared(section.questions, counts & ~right, case_insensitive)))
    return AnalogyScores(tuple(scores), bound, method, unknown_words,
                         composed if has_subwords else None)


def answered(
    units: Floats, questions: Sequence[Question], spellings: Spellings, method: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which of the questions are known, and which are answered right.

    Parameters
    ----------
    units : (bound, dim) unit vectors of the candidates.
    questions : (a, b, c, d) each.
    spellings : of the candidates.
    method : ``3cosadd`` or ``3cosmul``.

    Returns
    -------
    (questions,) and (questions,); an unknown one is not answered right.
    """
    ids = spellings.ids(questions, width=4)
    known: NDArray[np.bool_] = np.all(ids >= 0, axis=1)
    right: NDArray[np.bool_] = np.zeros(len(ids), np.bool_)
    right[known] = answer(units, ids[known], spellings.first, method) == ids[known, 3]
    return known, right


def answer(units: Floats, questions: Ids, first: Ids, method: str) -> Ids:
    """The best candidate for each question.

    Parameters
    ----------
    units : (bound, dim) unit vectors of the candidates.
    questions : (questions, 3 or more) rows of a, b and c.
    first : (bound,) the first row of each candidate's word: its other spellings.
    method : ``3cosadd`` or ``3cosmul``.

    Returns
    -------
    (questions,) rows, by their word's first spelling; -1 where no candidate is left.
    """
    answers = np.empty(len(questions), np.int64)
    scores = np.empty((ROWS, len(units)), np.float32)
    for block in _blocks(questions, len(units)):
        words, places = np.unique(questions[block, :3], return_inverse=True)
        places = places.reshape(-1, 3)
        cosines = units[words] @ units.T  # (distinct words, bound)
        if method == "3cosmul":
            cosines = (1 + np.clip(cosines, -1, 1)) / 2
        for rows in _same_pair(places):
            a, b = cosines[places[rows[0], :2]]
            c = cosines[places[rows, 2]]
            if method == "3cosmul":
                np.multiply(b / (a + np.float32(COSMUL_EPSILON)), c, out=scores[: len(rows)])
            else:
                np.add(b - a, c, out=scores[: len(rows)])
            asked = questions[block[rows], :3]
            answers[block[rows]] = _best(scores[: len(rows)], asked, first)
    return answers


def _blocks(questions: Ids, bound: int) -> Iterator[Ids]:
    """Numbers of questions, those of one pair (a, b) together, by as many as memory allows."""
    order = np.lexsort((questions[:, 1], questions[:, 0]))
    size = max(1, BLOCK_FLOATS // (3 * bound))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _same_pair(places: Ids) -> Iterator[Ids]:
    """Runs of at most ROWS neighbouring questions about one pair (a, b)."""
    changes = np.flatnonzero((np.diff(places[:, :2], axis=0) != 0).any(axis=1)) + 1
    for run in np.split(np.arange(len(places)), changes):
        for start in range(0, len(run), ROWS):
            yield run[start : start + ROWS]


def _best(scores: Floats, asked: Ids, first: Ids) -> Ids:
    """The candidate of the largest score in each row that is no spelling of a word asked."""
    rows = np.arange(len(scores))
    scores[rows[:, np.newaxis], asked] = -np.inf
    best = scores.argmax(axis=1)
    while True:
        left = scores[rows, best] > -np.inf
        again = np.flatnonzero(left & (first[best][:, np.newaxis] == asked).any(axis=1))
        if not len(again):
            return np.where(left, first[best], -1)
        scores[again, best[again]] = -np.inf
        best[again] = scores[again].argmax(axis=1)


def _compared(
    questions: Sequence[Question], chosen: NDArray[np.bool_], case_insensitive: bool
) -> tuple[Question, ...]:
    """The chosen ones of the questions, in upper case where case does not count, as gensim has it.
    """
    those = compress(questions, chosen.tolist())
    if not case_insensitive:
        return tuple(those)
    return tuple((a.upper(), b.upper(), c.upper(), d.upper()) for a, b, c, d in those)


def _listed(name: str, score: SectionScore) -> dict[str, Any]:
    return {"section": name, "correct": list(score.right), "incorrect": list(score.wrong)}


def _sum(name: str, sections: Iterable[SectionScore]) -> SectionScore:
    parts = list(sections)
    return SectionScore(
        name, sum(part.asked for part in parts), sum(part.known for part in parts),
        sum(part.total for part in parts), sum(part.correct for part in parts),
        tuple(chain.from_iterable(part.right for part in parts)),
        tuple(chain.from_iterable(part.wrong for part in parts)))
