"""Answers to questions about words, as plain data."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from word2vec.vectors import SPELLING_BOUND, Similar, WordVectors, load_vectors, near_spellings
from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import read_json

if TYPE_CHECKING:
    from word2vec.evaluation import WordMap

RECORD_FILE = "record.json"
NEIGHBOURS, ANALOGIES = 10, 6  # answers shown
MOST_WORDS = 50  # of an odd-one-out question
LONGEST = 60  # letters of a word whose near spellings are sought
MAP_WORDS = 2000


class UnknownWordError(UserError):
    """A word without a vector: `word` as it was typed, `near` the spellings that have one."""

    def __init__(self, word: str, count: int, near: Sequence[str]) -> None:
        shown = word if len(word) <= LONGEST else word[:LONGEST] + "..."
        remedy = "did you mean one of these?" if near else "try another one."
        super().__init__(f"{shown!r} is not among the {counted(count, 'word')}; {remedy}")
        self.word = word
        self.near = tuple(near)


@dataclass(frozen=True)
class Neighbours:
    """The words most similar to a word, with their cosines."""

    word: str
    nearest: Similar


@dataclass(frozen=True)
class Analogy:
    """a is to b as c is to which words, by 3CosAdd and by 3CosMul."""

    a: str
    b: str
    c: str
    added: Similar
    multiplied: Similar


@dataclass(frozen=True)
class OddOneOut:
    """The word that fits the others least; `fits` are the cosines with the mean of all."""

    word: str
    fits: Similar


@dataclass(frozen=True)
class Similarity:
    """The cosine of two words, and the place of b among the words nearest to a: 1 is the first.

    `rank` is None where the two are the same word.
    """

    a: str
    b: str
    cosine: float
    rank: int | None


@dataclass(frozen=True)
class PlacedWords:
    """A map of the most frequent words and, on it, the words of a question.

    Attributes
    ----------
    background : words of the map.
    background_places : (words, 2).
    words : of the question.
    places : (words of the question, 2).
    explained : (2,) share of the vectors' variance along each axis.
    """

    background: list[str]
    background_places: Any
    words: list[str]
    places: Any
    explained: Any


@dataclass(frozen=True, eq=False)
class WordModel:
    """Word vectors that answer, from any number of threads.

    Attributes
    ----------
    name : what the page calls them.
    vectors
    record : what their folder says of their making; empty where it says nothing.
    """

    name: str
    vectors: WordVectors
    record: dict[str, Any] = field(default_factory=dict, repr=False)
    _map_lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def load(cls, path: Path | str, name: str) -> "WordModel":
        """Open a folder of trained vectors or a file of word vectors, ready to answer.

        Raises
        ------
        UserError
            For anything else, and for vectors that hold values which are not finite.
        """
        opened = load_vectors(path)
        # A plain list of the words: the look-up table is made now, and not by the first question.
        vectors = WordVectors(opened.index_to_key, opened.vectors)
        model = cls(name, vectors, read_record(path))
        assert model.vectors.key_to_index is not None and model.vectors.norms is not None
        return model

    def known(self, given: str) -> str:
        """A word as the vectors spell it.

        Raises
        ------
        UserError
            For nothing, and UnknownWordError for a word without a vector.
        """
        word = given.strip()
        if not word:
            raise UserError("A word is missing; type one.")
        found = self.vectors.find(word) or self.vectors.find("_".join(word.split()))
        if found is None:
            raise UnknownWordError(word, len(self.vectors), self.near(word))
        return found

    def near(self, word: str) -> list[str]:
        """The known words spelled most like an unknown one."""
        if len(word) > LONGEST:
            return []
        return near_spellings(word.lower(), self.vectors.index_to_key[:SPELLING_BOUND])

    def neighbours(self, word: str) -> Neighbours:
        """The words most similar to a word; errors as `known`, as for all questions."""
        word = self.known(word)
        return Neighbours(word, self.vectors.most_similar(word, topn=NEIGHBOURS))

    def analogy(self, a: str, b: str, c: str) -> Analogy:
        """a is to b as c is to ?"""
        a, b, c = self.known(a), self.known(b), self.known(c)
        asked: dict[str, Any] = {"positive": [b, c], "negative": [a], "topn": ANALOGIES}
        return Analogy(a, b, c, self.vectors.most_similar(**asked),
                       self.vectors.most_similar_cosmul(**asked))

    def odd_one_out(self, words: Sequence[str]) -> OddOneOut:
        """The word that fits the others least; UserError for fewer than three, or too many."""
        if len(words) > MOST_WORDS:
            raise UserError(f"{counted(len(words), 'word')} are given; give at most {MOST_WORDS}.")
        if len(words) < 3:
            verb = "is" if len(words) == 1 else "are"
            raise UserError(f"{counted(len(words), 'word')} {verb} given; give at least three, "
                            "parted by spaces.")
        known = [self.known(word) for word in words]
        fits = [(word, cosine) for cosine, word in self.vectors.rank_by_centrality(known)]
        return OddOneOut(fits[-1][0], fits)

    def similarity(self, a: str, b: str) -> Similarity:
        """How similar two words are."""
        a, b = self.known(a), self.known(b)
        rank = None if a == b else self.vectors.rank(a, b)
        return Similarity(a, b, self.vectors.similarity(a, b), rank)

    @cached_property
    def _map(self) -> "WordMap":
        from word2vec.evaluation import locate_words

        return locate_words(self.vectors, MAP_WORDS)

    def placed(self, words: Sequence[str]) -> PlacedWords:
        """Known words on the map, which the first call draws."""
        with self._map_lock:
            drawn = self._map
        places = np.asarray(drawn.place(self.vectors, list(words)))[:, :2]
        return PlacedWords(drawn.words, np.asarray(drawn.coordinates)[:, :2], list(words), places,
                           drawn.explained[:2])

    @property
    def size(self) -> str:
        """How many words and values."""
        return (f"{counted(len(self.vectors), 'word')} of "
                f"{counted(self.vectors.vector_size, 'value')}")

    @property
    def origin(self) -> str:
        """The model and the corpus that made the vectors, as far as their folder tells."""
        corpus = self.record.get("corpus")
        if isinstance(corpus, dict) and corpus.get("source"):
            documents = corpus.get("documents")
            size = f" ({counted(documents, 'document')})" if isinstance(documents, int) else ""
            return f"trained by {self._trainer} on the corpus \"{corpus_name(corpus)}\"{size}"
        if self.record.get("converted_from"):
            return f"converted from {Path(str(self.record['converted_from'])).name}, which does " \
                   "not tell the corpus"
        if self.record.get("model"):
            return f"trained by {self._trainer}; the corpus is not recorded"
        return "which model and which corpus made them is not recorded"

    @property
    def sources(self) -> list[str]:
        """What the corpus was put together from, a line each; empty where that is not known."""
        corpus = self.record.get("corpus")
        origins = (corpus.get("origins") or []) if isinstance(corpus, dict) else []
        return [str(origin.get("about") or origin.get("name")) for origin in origins
                if isinstance(origin, dict)]

    @property
    def _trainer(self) -> str:
        names = {"cbow": "CBOW", "skipgram": "skip-gram"}
        model = str(self.record.get("model", "an unrecorded model"))
        return names.get(model, model)


def corpus_name(corpus: dict[str, Any]) -> str:
    """A name of the catalogue, or the last part of a path."""
    return Path(str(corpus["source"])).name or str(corpus["source"])


def read_record(path: Path | str) -> dict[str, Any]:
    """record.json of a folder of vectors; empty where there is none that can be read."""
    try:
        record = read_json(Path(path) / RECORD_FILE)
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
