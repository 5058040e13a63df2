"""By what a search scores word vectors: analogies, judged pairs, or text that is held out.

A vocabulary that is smaller by a parameter must not win by knowing fewer hard words: what is asked
is chosen once, by the vocabulary of the defaults, and words that another lacks count as wrong.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, compress
from typing import Any, Protocol

import numpy as np

from word2vec.corpus.vocabulary import Vocabulary
from word2vec.evaluation.analogies import METHODS, Question, answered
from word2vec.evaluation.evaluation import (
    EvaluateParameters,
    load_questions,
    load_word_pairs,
    set_names,
)
from word2vec.evaluation.held_out import HeldOut, shifts
from word2vec.evaluation.word_pairs import WordPair, evaluate_word_pairs
from word2vec.parameters import MeasureParameters, SkipgramParameters, TrainParameters
from word2vec.training.tables import Tables
from word2vec.vectors.lookup import Spellings, WordTable
from words_and_images.common.errors import UserError, counted
from words_and_images.common.progress import say
from words_and_images.tuning.study import Score

QUESTIONS = ("questions_words",)  # of the catalogue, where none are given
LEAST_QUESTIONS, LEAST_PAIRS = 200, 50  # of a set, for it to tell
LEAST_COVERAGE = 0.25  # likewise: names of towns are known in texts of any language


@dataclass(frozen=True)
class Trial:
    """What is scored.

    Parameters
    ----------
    vocabulary, tables : the words and what was learnt of them.
    train, own : the parameters of the training.
    """

    vocabulary: Vocabulary
    tables: Tables
    train: TrainParameters
    own: SkipgramParameters


class Measure(Protocol):
    """Scores word vectors."""

    @property
    def name(self) -> str:
        """What the score is, in words."""

    @property
    def digest(self) -> str:
        """Of all that is asked."""

    def score(self, trial: Trial) -> Score:
        """The higher the better."""


@dataclass(frozen=True)
class Asked:
    """Analogy questions, the share that is answered right; else judged pairs, how well they agree.

    Parameters
    ----------
    questions : of all sets; without any the pairs decide.
    pairs : by the name of their set; their Spearman correlations, of which the score is the mean.
    name : what the score is, in words.
    bound : words of the vocabulary, from the most frequent on, that questions may use.
    """

    questions: tuple[Question, ...]
    pairs: Mapping[str, Sequence[WordPair]]
    name: str
    bound: int

    @property
    def digest(self) -> str:
        return _digest([self.questions, dict(self.pairs), self.bound])

    def score(self, trial: Trial) -> Score:
        vectors = WordTable(trial.vocabulary.words, trial.tables.inputs)
        found = {f"{name}_spearman": evaluate_word_pairs(vectors, pairs, None, "wrong").spearman
                 for name, pairs in self.pairs.items()}
        also = {name: value for name, value in found.items() if value is not None}
        if not self.questions:
            complete = len(also) == len(self.pairs)  # vectors all alike have no correlation
            return Score(float(np.mean([*also.values()])) if complete else math.nan, also)
        bound = min(self.bound, len(vectors))
        _, right = answered(vectors.unit_vectors(bound), self.questions,
                            vectors.spellings(bound, True), METHODS[0])
        return Score(float(right.mean()), also, right.astype(np.float32))


@dataclass(frozen=True)
class Likelihood:
    """How likely the words of held-out text are (evaluation/held_out.py)."""

    held: HeldOut
    cbow: bool
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", "log-likelihood a prediction of "
                           f"{counted(len(self.held.ids), 'word')} held out")

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.held.ids.tobytes()).hexdigest()

    def score(self, trial: Trial) -> Score:
        pieces = self.held.log_likelihoods(
            self.cbow, trial.tables.inputs, trial.tables.outputs,
            shifts(self.held, trial.vocabulary.counts, trial.train, trial.own))
        return Score(float(pieces.mean()), {}, pieces.astype(np.float32))


def asked_of(parameters: MeasureParameters, vocabulary: Vocabulary) -> Asked | None:
    """What is asked of word vectors of a vocabulary; None where nothing can be.

    Raises
    ------
    UserError
        For given sets of which nothing is known, and for those that cannot be read.
    """
    if parameters.held_out:
        return None
    if parameters.questions or parameters.pairs:
        asked = _asked(parameters, vocabulary, 1, 1, 0.0)
        if asked is None:
            given = ", ".join([*parameters.questions, *parameters.pairs])
            raise UserError(f"the text has the words of no question or pair of {given}; give others"
                            ", or --held-out to score by the text itself.")
        return asked
    try:
        usual = EvaluateParameters().word_pairs
        for sets in ({"questions": QUESTIONS}, {"pairs": tuple(usual)}):
            chosen = MeasureParameters(**sets, restrict_vocab=parameters.restrict_vocab)
            asked = _asked(chosen, vocabulary, LEAST_QUESTIONS, LEAST_PAIRS, LEAST_COVERAGE)
            if asked is not None:
                return asked
    except UserError as error:
        raise UserError(f"{str(error).rstrip('.')}; or give --questions or --pairs of your own, or "
                        "--held-out to score by the text itself.") from None
    return None


def _asked(
    parameters: MeasureParameters, vocabulary: Vocabulary, questions: int, pairs: int,
    coverage: float,
) -> Asked | None:
    """Of the sets the part that is known, where it is so large; None where nothing is left."""
    names = set_names([*parameters.questions, *parameters.pairs])
    frequent = Spellings(vocabulary.words[: parameters.restrict_vocab], True)
    asked: dict[str, list[Question]] = {}
    judged: dict[str, list[WordPair]] = {}
    told = list[str]()
    for source in parameters.questions:
        every = [each for section in load_questions(source) for each in section.questions]
        found = list(compress(every, _known(every, frequent, 4)))
        if _is_enough(len(found), len(every), questions, coverage, names[source], "question", told):
            asked[source] = found
    spellings = Spellings(vocabulary.words, True)
    for source in parameters.pairs:
        listed = load_word_pairs(source)
        there = list(compress(listed, _known([pair[:2] for pair in listed], spellings, 2)))
        if _is_enough(len(there), len(listed), pairs, coverage, names[source], "pair", told):
            judged[names[source]] = there
    if not told:
        return None
    say(f"scored by {', '.join(told)}")
    name = (f"accuracy of {counted(sum(map(len, asked.values())), 'question')}" if asked
            else f"mean Spearman correlation of {counted(len(judged), 'set')} of pairs")
    return Asked(tuple(chain.from_iterable(asked.values())), judged, name,
                 parameters.restrict_vocab)


def _known(groups: Sequence[Sequence[str]], spellings: Spellings, width: int) -> list[bool]:
    """Whether all words of a group are known."""
    return [bool(min(row) >= 0) for row in spellings.ids(groups, width).tolist()]


def _is_enough(
    known: int, count: int, least: int, coverage: float, name: str, noun: str, told: list[str]
) -> bool:
    """Whether so many of a set can tell, which goes to what is told; if not it is said at once."""
    if known < max(least, coverage * count):
        say(f"{name} is not asked: the text has the words of {known:,} of {counted(count, noun)}")
        return False
    told.append(f"{known:,} of {counted(count, noun)} of {name}")
    return True


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
