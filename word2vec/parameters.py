"""The parameters of the stages and of `word2vec train`, with their defaults.

This module imports no NumPy, so that a command line can show the defaults at once.
"""

import math
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import Any

from words_and_images.common.errors import UserError
from words_and_images.common.parameters import require, require_choice, require_encoding

TOKENS = ("letters", "words", "whitespace")
THRESHOLDS = {"count": 200.0, "npmi": 0.6}  # of phrases, by their scoring
BLOCK = 16  # centres whose products with their surroundings are one matrix product
LARGEST_WINDOW = 1000
SEGMENT = 64  # tokens that stay together when a piece of text is dealt out to the steps
GROUPS = (BLOCK, 2 * BLOCK, SEGMENT)
BATCH_GROUPS = (4, 8, 16, 32)
CHUNK = 512  # tokens whose arrays stay in the processor's cache
NOISE = ("batch", "drawn")
LOSSES = ("negative_sampling", "hierarchical_softmax", "full_softmax")
LONGEST_SUBWORD = 100  # characters
MOST_BUCKETS = 1 << 30  # their rows, behind those of the words, are numbered in 32 bits


@dataclass(frozen=True)
class ReadingParameters:
    """How files of text are read.

    Parameters
    ----------
    encoding : of the files, by any name that Python knows; UTF-8 if not given. The mark of UTF-16
        or UTF-32 at the beginning of a file goes before.
    field : the field of JSON objects, or the column of CSV or TSV (its name, or its number from 1
        on), that holds the text; without it the text is plain.
    """

    encoding: str | None = None
    field: str | None = None

    def __post_init__(self) -> None:
        if self.encoding is not None:
            require_encoding("encoding", self.encoding)
        require(self.field != "", "field", self.field, "a name, or null")


@dataclass(frozen=True)
class CorpusParameters(ReadingParameters):
    """Where the text comes from, and how it is read.

    Parameters
    ----------
    source : a corpus of the catalogue, or a path: a text file, plain or packed, a folder of them,
        or a glob. None takes the profile's.
    """

    source: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.source != "-", "source", self.source,
                "a name or a path: what comes on standard input cannot be read again")


@dataclass(frozen=True)
class EncodeParameters:
    """How text becomes ids.

    Parameters
    ----------
    tokens : ``words`` (lower-cased letters of any alphabet), ``letters`` (lower-cased a to z) or
        ``whitespace`` (as it stands); if not given, words, but letters for a corpus of the
        catalogue.
    min_count : words that occur less often are left out.
    shuffle : whether the documents are put in random order.
    seed : of that order.
    max_words : at most so many words are kept, the most frequent; without it all are.
    max_counted : when more distinct words than this are held while counting, the rarest are
        forgotten, and what they had counted until then is lost; without it nothing is.
    turkish : with ``words``, lower-case I to ı and İ to i, as Turkish and Azerbaijani do.
    """

    tokens: str | None = None
    min_count: int = 5
    shuffle: bool = True
    seed: int = 1
    max_words: int | None = None
    max_counted: int | None = None
    turkish: bool = False

    def __post_init__(self) -> None:
        if self.tokens is not None:
            require_choice("tokens", self.tokens, TOKENS)
        require(not self.turkish or self.tokens in (None, "words"), "turkish", self.turkish,
                f"false with tokens {self.tokens}, which does not lower-case as words does")
        require(self.min_count >= 1, "min_count", self.min_count, "at least 1")
        require(self.seed >= 0, "seed", self.seed, "0 or more")
        for name in ("max_words", "max_counted"):
            value = getattr(self, name)
            require(value is None or value >= 2, name, value,
                    "at least 2, or left out for no bound")

    def for_corpus(self, origins: Collection[Any] = ()) -> "EncodeParameters":
        """The same with `tokens` decided.

        Parameters
        ----------
        origins : the catalogue's entries behind the corpus; none for text of one's own. What the
            catalogue has is English.
        """
        return replace(self, tokens=self.tokens or ("letters" if origins else "words"))


@dataclass(frozen=True)
class PhraseParameters:
    """Which words are joined to phrases.

    Parameters
    ----------
    passes : how often the corpus is gone over; each can join what the one before has joined. 0
        joins nothing.
    scoring : ``count`` (Mikolov et al. 2013) or ``npmi`` (Bouma 2009).
    threshold : pairs of words that score higher are joined; without it the scoring has its own,
        200 for count and 0.6 for npmi.
    min_count : pairs that occur less often are left out.
    discount : taken from a pair's count before it is scored, with ``count``: the larger, the
        fewer phrases of rare words.
    """

    passes: int = 0
    scoring: str = "count"
    threshold: float | None = None
    min_count: int = 5
    discount: float = 5.0

    def __post_init__(self) -> None:
        require_choice("scoring", self.scoring, tuple(THRESHOLDS))
        for name in ("passes", "discount"):
            require(0 <= getattr(self, name) < math.inf, name, getattr(self, name), "0 or more")
        require(self.min_count >= 1, "min_count", self.min_count, "at least 1")
        low, high = (-1.0, 1.0) if self.scoring == "npmi" else (0.0, math.inf)
        require(low <= self.least_score < high, "threshold", self.threshold,
                f"from {low:g} to below {high:g} with {self.scoring}")

    @property
    def least_score(self) -> float:
        """The threshold, given or the scoring's own."""
        return THRESHOLDS[self.scoring] if self.threshold is None else self.threshold


@dataclass(frozen=True)
class TrainParameters:
    """What both models have in common.

    Parameters
    ----------
    dim : length of a word vector.
    window : largest distance between a centre and its contexts, in kept tokens (1 to 1,000).
    dynamic_window : draw the window of each chunk of 512 tokens from 1 to `window`, or always take
        all of it.
    loss : negative_sampling, hierarchical_softmax or full_softmax. They are in
        word2vec/training/losses.py.
    negative : noise words for each word that is predicted, with negative_sampling.
    noise_exponent : noise words are drawn in proportion to count^noise_exponent.
    epochs : passes over the corpus.
    seed : of everything that is drawn; one seed gives one result, on any number of threads.
    least_kept : occurrences of a word an epoch that subsampling leaves, at least, whatever `sample`
        says: in a short text or one of few different words it would leave too few. 0: none.
    replicas : copies of the tables, each of which learns from its own stretch of the corpus; now
        and then they are merged. As many threads as replicas can be at work. 0 takes what suits
        the length of the text, whatever the machine: 1 up to 8 million words, 2 beyond, 4 from
        25 million on, 8 from 50, 16 from 250 and 32 from 1,000 million (docs/trainer.md).
    threads : at most this many at work, each a process; 0 takes one for each core.
    step : tokens a step, whose gradients are taken at the same point; 0 takes what suits the
        length of the text and its number of different words, 64 to 4096.
    row_exponent : a row that a step meets m times moves by the sum of its gradients divided by
        m^row_exponent, and by no more than four times their mean. With `subwords` and
        negative_sampling output vectors move by the sum, and by up to 16 means.
    subwords : shortest-longest, as 3-6: a word's input vector is the mean of its own row and of
        the rows of its character n-grams of that many characters, < before and > behind the word
        among them, so that words never seen have vectors too; none if not given. With
        negative_sampling the learning rate of skip-gram is 0.7 times what it says then.
    buckets : that the n-grams are hashed into, each with one row.
    """

    dim: int = 100
    window: int = 5
    dynamic_window: bool = True
    loss: str = "negative_sampling"
    negative: int = 5
    noise_exponent: float = 0.75
    epochs: int = 5
    seed: int = 1
    least_kept: int = 100
    replicas: int = 0
    threads: int = 0
    step: int = 0
    row_exponent: float = 0.5
    subwords: str | None = None
    buckets: int = 200_000

    def __post_init__(self) -> None:
        for name in ("dim", "negative", "epochs"):
            require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        require(1 <= self.window <= LARGEST_WINDOW, "window", self.window,
                f"between 1 and {LARGEST_WINDOW}")
        for name in ("seed", "threads", "row_exponent", "replicas", "least_kept"):
            require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        require(-1 <= self.noise_exponent < math.inf, "noise_exponent", self.noise_exponent,
                "-1 or more and finite")
        whole = self.step >= 0 and self.step % (CHUNK if self.step > CHUNK else SEGMENT) == 0
        require(whole, "step", self.step,
                f"0, or a multiple of {SEGMENT} up to {CHUNK}, or of {CHUNK}")
        require_choice("loss", self.loss, LOSSES)
        require(1 <= self.buckets <= MOST_BUCKETS, "buckets", self.buckets,
                f"between 1 and {MOST_BUCKETS:,}")
        if self.subwords is not None:
            subword_lengths(self.subwords)

    def describe(self) -> dict[str, Any]:
        """All of it for a record; of n-grams only where there are some."""
        values = asdict(self)
        if self.subwords is None:
            del values["subwords"], values["buckets"]
        return values


def subword_lengths(given: Any) -> tuple[int, int]:
    """The shortest and the longest n-gram of ``3-6``; UserError where it is nothing of that kind.
    """
    text = given if isinstance(given, str) else ""
    found = re.fullmatch(r"(\d{1,3})-(\d{1,3})", text, re.ASCII)
    shortest, longest = map(int, found.groups()) if found else (0, 0)
    require(1 <= shortest <= longest <= LONGEST_SUBWORD, "subwords", given,
            "the shortest and the longest n-gram, 1 to "
            f"{LONGEST_SUBWORD} characters, with a hyphen between: 3-6")
    return shortest, longest


@dataclass(frozen=True)
class SkipgramParameters:
    """What skip-gram has of its own.

    Parameters
    ----------
    sample : threshold of subsampling: words with a larger share of the corpus are thinned out;
        0 keeps all.
    learning_rate : at the beginning; it falls linearly with the words read.
    minimum_learning_rate : at the end.
    group : tokens that share noise words.
    shared_negatives : noise words drawn for a group; together they weigh as much as `negative` a
        positive.
    """

    sample: float = 1e-4
    learning_rate: float = 0.07
    minimum_learning_rate: float = 1e-4
    group: int = 64
    shared_negatives: int = 32

    def __post_init__(self) -> None:
        require(self.group in self.groups, "group", self.group, f"one of {self.groups}")
        require(self.shared_negatives >= 1, "shared_negatives", self.shared_negatives, "at least 1")
        require(0 <= self.sample < 1, "sample", self.sample, "0 or a share of the corpus below 1")
        require(0 < self.learning_rate < math.inf, "learning_rate", self.learning_rate,
                "above 0 and finite")
        require(0 <= self.minimum_learning_rate <= self.learning_rate, "minimum_learning_rate",
                self.minimum_learning_rate, "between 0 and learning_rate")

    @property
    def groups(self) -> tuple[int, ...]:
        """What `group` may be."""
        return GROUPS


@dataclass(frozen=True)
class CbowParameters(SkipgramParameters):
    """What CBOW has of its own.

    Parameters
    ----------
    divided : whether each context gets the gradient divided by the number of contexts (the true
        derivative) or all of it (as in word2vec.c).
    noise : with negative sampling, ``batch`` lets the words of a group, which come from as many
        places of the text, be each other's noise; ``drawn`` draws `shared_negatives` for each
        group of neighbours, as skip-gram does.
    """

    sample: float = 1e-3
    learning_rate: float = 0.12
    group: int = 8
    divided: bool = False
    noise: str = "batch"

    def __post_init__(self) -> None:
        require_choice("noise", self.noise, NOISE)
        super().__post_init__()

    @property
    def groups(self) -> tuple[int, ...]:
        return BATCH_GROUPS if self.noise == "batch" else GROUPS


MODEL_PARAMETERS: dict[str, type[SkipgramParameters]] = {
    "skipgram": SkipgramParameters, "cbow": CbowParameters,
}


class ModelName(str, Enum):  # noqa: UP042 (typer shows the values of this kind as choices)
    """The models."""

    SKIPGRAM = "skipgram"
    CBOW = "cbow"


def in_batch(parameters: TrainParameters, own: SkipgramParameters) -> bool:
    """Whether the words of a group are each other's noise."""
    return (parameters.loss == "negative_sampling" and isinstance(own, CbowParameters)
            and own.noise == "batch")


@dataclass(frozen=True)
class OwnParameters:
    """What a command line may say of either model's own parameters; None leaves the model's.

    Parameters
    ----------
    sample : share of the corpus above which a word is thinned out; 0 keeps all (1e-4 for skipgram,
        1e-3 for cbow).
    learning_rate : what training begins with; it falls linearly (0.07 for skipgram, 0.12 for cbow).
    minimum_learning_rate : what the learning rate falls to (1e-4).
    group : tokens that share noise words (64 for skipgram, 8 for cbow).
    shared_negatives : noise words drawn for a group (32).
    divided : divide the gradient among the contexts that cbow takes the mean of (no).
    noise : what cbow takes for noise: batch, other words of the same step, or drawn (batch).
    """

    sample: float | None = None
    learning_rate: float | None = None
    minimum_learning_rate: float | None = None
    group: int | None = None
    shared_negatives: int | None = None
    divided: bool | None = None
    noise: str | None = None

    def of(self, model: str) -> SkipgramParameters:
        """The parameters of a model with what is given here in the place of its defaults.

        Raises
        ------
        UserError
            For a parameter that this model does not have.
        """
        given = {name: value for name, value in asdict(self).items() if value is not None}
        group = MODEL_PARAMETERS[model]
        for name, value in given.items():
            if name not in group.__dataclass_fields__:
                raise UserError(f"{name} is {value!r} and {model} has no such parameter; leave it "
                                "out, or train cbow.")
        return group(**given)


@dataclass(frozen=True)
class MeasureParameters:
    """By what word vectors are scored in a search.

    Parameters
    ----------
    questions : analogy questions: a name of the catalogue or a file; may be given several times.
    pairs : judged word pairs, where there are no questions; likewise.
    restrict_vocab : analogies are asked and answered with so many of the most frequent words.
    held_out : score by how likely words are of text that is held out, without questions or pairs.
    """

    questions: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    restrict_vocab: int = 30_000
    held_out: bool = False

    def __post_init__(self) -> None:
        require(self.restrict_vocab >= 1, "restrict_vocab", self.restrict_vocab, "at least 1")
        given = [*self.questions, *self.pairs]
        require(not (self.held_out and given), "held_out", self.held_out,
                f"left out where {', '.join(given)} is to score by")
