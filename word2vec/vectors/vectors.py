"""Word vectors and the questions one asks of them, under the names that gensim gave them.

Every similarity here is the cosine of two vectors; a vector of zeros is similar to nothing.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from word2vec.evaluation.analogies import (
    COSMUL_EPSILON,
    AnalogyScores,
    QuestionSection,
    evaluate_word_analogies,
    read_questions,
)
from word2vec.evaluation.word_pairs import PairScores, WordPair, evaluate_word_pairs, read_pairs
from word2vec.folders import VECTORS, check_words
from word2vec.vectors import cosines
from word2vec.vectors.comparisons import ComparedWords
from word2vec.vectors.cosines import Floats
from word2vec.vectors.editing import COUNT
from word2vec.vectors.formats import vector_files as formats
from word2vec.vectors.formats.read_options import UTF8, ReadOptions
from word2vec.vectors.gensim_files import Word2vecFormat
from word2vec.vectors.gensim_names import FormerNames
from word2vec.vectors.queries import Key, Queries, Weighted, is_key, vector_of, weighted
from word2vec.vectors.stored_words import CountedWords
from word2vec.vectors.subword_vectors import SubwordVectors, warn_of_lost_subwords
from words_and_images.common.array_files import map_array
from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import AnyPath, path_of, read_json
from words_and_images.common.parameters import require, require_switch, require_whole
from words_and_images.common.progress import say
from words_and_images.common.streams import STANDARD_INPUT

Similar = list[tuple[str, float]]
"""Words with their similarities, the most similar first."""
Answer = Any  # Similar, or Floats where topn is None

BOUND = 300_000  # words that gensim's evaluations are bound to


class WordVectors(ComparedWords, Word2vecFormat, FormerNames):
    """Words and their vectors, to be asked.

    Parameters and attributes are those of `WordTable`. Where a word is asked for, its row may
    stand for it.
    """

    def __repr__(self) -> str:
        return (f"<WordVectors: {counted(len(self), 'word')} of "
                f"{counted(self.vector_size, 'value')}>")

    def most_similar(
        self, positive: Queries = None, negative: Queries = None, topn: int | None = 10, *,
        clip_start: int = 0, clip_end: int | None = None, restrict_vocab: int | None = None,
        indexer: None = None,
    ) -> Answer:
        """The words most similar to the mean of what is asked, negative ones turned round.

        With positive (b, c) and negative (a) this answers "a is to b as c is to ?" by the largest
        cos(d, b - a + c): 3CosAdd (Mikolov et al., Linguistic Regularities in Continuous Space
        Word Representations, 2013).

        Parameters
        ----------
        positive, negative : words, rows, vectors (dim,), or pairs of one of them and its weight;
            one or several. A word counts with its vector at length 1, a vector as it is. The weight
            of a negative one is negative.
        topn : answers wanted; None for the similarities of all words instead.
        clip_start, clip_end : answer from these rows only, the last not included.
        restrict_vocab : answer from so many words at the beginning of the vocabulary.
        indexer : not taken: answers are exact.

        Returns
        -------
        list of (word, similarity), the most similar first, equal ones in the vocabulary's order;
        without the words that were asked. With topn None, (rows,) of all rows, with them.

        Raises
        ------
        UserError
            For an unknown word (UnknownWordError), for a vector of another size or with a value
            that is not finite, where nothing is asked, and for a parameter that cannot be.
        """
        require(indexer is None, "indexer", indexer, "left out: answers are exact, of all words")
        asked = weighted(positive, 1.0) + weighted(negative, -1.0)
        if not asked:
            raise UserError("no word is given to compare with; give at least one.")
        rows = self._answering(restrict_vocab, clip_start, clip_end)
        queries, weights = zip(*asked, strict=True)
        direction = cosines.unit(self._mean(list(queries), np.array(weights)))
        return self._best(self._cosines_of(direction, rows), topn, asked, rows.start)

    def most_similar_cosmul(
        self, positive: Queries = None, negative: Queries = None, topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> Answer:
        """The words of the largest product of similarities, over that to the negative ones.

        Levy and Goldberg, Linguistic Regularities in Sparse and Explicit Word Representations,
        2014, equation 4 (3CosMul), with cosines moved to 0..1 by (1 + cos) / 2 and epsilon 1e-6.
        Parameters, answer and errors as in `most_similar`, without weights.
        """
        attracting, repelling = weighted(positive, 1.0), weighted(negative, -1.0)
        if not attracting:
            raise UserError("no positive word is given to compare with; give at least one.")
        for query, weight in attracting + repelling:
            require(abs(weight) == 1, f"the weight of {query!r}", weight,
                    "left out: most_similar takes weights, most_similar_cosmul does not")
        rows = self._answering(restrict_vocab)
        numerator = self._product(attracting, rows)
        denominator = self._product(repelling, rows) + np.float32(COSMUL_EPSILON)
        return self._best(numerator / denominator, topn, attracting + repelling)

    def similar_by_word(
        self, word: Key, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Answer:
        """The words most similar to a word."""
        return self.most_similar([word], topn=topn, restrict_vocab=restrict_vocab)

    def similar_by_key(
        self, key: Key, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Answer:
        """The same."""
        return self.similar_by_word(key, topn, restrict_vocab)

    def similar_by_vector(
        self, vector: Any, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Answer:
        """The words most similar to a vector (dim,)."""
        asked = vector if is_key(vector) else vector_of(vector, self.vector_size)
        return self.most_similar([asked], topn=topn, restrict_vocab=restrict_vocab)

    def relative_cosine_similarity(self, wa: Key, wb: Key, topn: int = 10) -> float:
        """Cosine of two words over the sum of the cosines of the `topn` words nearest to the first.

        Leeuwenberg et al., A Minimally Supervised Approach for Synonym Extraction with Word
        Embeddings, 2016, equation 1: with 10, more than 0.1 speaks for synonyms.
        """
        require_whole("topn", topn, 1)
        whole = sum(similarity for _, similarity in self.most_similar([wa], topn=topn))
        if whole == 0:
            raise UserError(f"the words nearest to {wa!r} are not similar to it, so that nothing "
                            "is relative to them; ask for another topn.")
        return self.similarity(wa, wb) / whole

    def evaluate_word_analogies(
        self, analogies: AnyPath | Sequence[QuestionSection], restrict_vocab: int | None = BOUND,
        case_insensitive: bool = True, dummy4unknown: bool = False,
        similarity_function: str = "most_similar", *, method: str = "3cosadd",
        unknown_words: str = "skip",
    ) -> AnalogyScores:
        """Score analogy questions (`word2vec.evaluation.analogies`).

        Parameters
        ----------
        analogies : a file of them, or what `read_questions` made of it.
        restrict_vocab, case_insensitive, method, unknown_words : as there; a bound of None is none.
        dummy4unknown : whether unknown words count as wrong, by gensim's name.
        similarity_function : most_similar; `method` chooses another.
        """
        require(similarity_function == "most_similar", "similarity_function", similarity_function,
                "most_similar; say method='3cosmul' for the other way")
        questions = (analogies if _is_parsed(analogies)
                     else read_questions(path_of("analogies", analogies)))
        bound = max(1, len(self)) if restrict_vocab is None else restrict_vocab
        return evaluate_word_analogies(
            self, questions, bound, method, _policy(unknown_words, dummy4unknown),
            case_insensitive)

    def evaluate_word_pairs(
        self, pairs: AnyPath | Sequence[WordPair], delimiter: str | None = None,
        encoding: str = "utf-8", restrict_vocab: int | None = BOUND,
        case_insensitive: bool = True, dummy4unknown: bool = False, *, unknown_words: str = "skip",
    ) -> PairScores:
        """Correlate similarities with people's judgements (`word2vec.evaluation.word_pairs`).

        Parameters
        ----------
        pairs : a file of them, or what `read_pairs` made of it.
        delimiter, encoding : of the file; None tells the delimiter by the content.
        restrict_vocab, case_insensitive, unknown_words : as there; a bound of None is none.
        dummy4unknown : whether unknown words are of similarity 0, by gensim's name.
        """
        judged = (pairs if _is_parsed(pairs)
                  else read_pairs(path_of("pairs", pairs), delimiter, encoding))
        return evaluate_word_pairs(
            self, judged, restrict_vocab, _policy(unknown_words, dummy4unknown), case_insensitive)

    def save(self, fname: AnyPath) -> None:
        """Write a folder, which opens at once, or a file of the kind that its extension names.

        Raises
        ------
        UserError
            As `formats.write_folder` and `formats.write_vectors`, and where there are no words.
        """
        path = path_of("fname", fname)
        as_file = formats.refuse_place(os.fspath(fname))  # which a slash at the end makes a folder
        self._refuse_empty()
        if lost := self._attributes.keys() - {COUNT}:
            say(f"warning: {path} does not hold the attributes {', '.join(sorted(lost))}.")
        if as_file:
            warn_of_lost_subwords(path, self.subwords)
            formats.write_vectors(path, self.index_to_key, self.vectors, self.counts)
        else:
            formats.write_folder(path, self.index_to_key, self.vectors, self.counts,
                                 {"saved_by": "WordVectors.save"}, self.subwords)

    @classmethod
    def load(cls, fname: AnyPath, mmap: str | None = None) -> "WordVectors":
        """`load_vectors`. Folders are mapped whatever `mmap` says, files are read."""
        require(mmap in (None, "r"), "mmap", mmap, "None or 'r'")
        return load_vectors(fname)

    def _product(self, asked: list[Weighted], rows: slice) -> Floats:
        """The product of the similarities to each, moved to 0..1, (rows,)."""
        product = np.ones(len(self.vectors[rows]), np.float32)
        for query, _ in asked:
            product *= (1 + self._cosines_of(cosines.unit(self._vector(query)), rows)) / 2
        return product

    def _answering(
        self, restrict_vocab: int | None, clip_start: int = 0, clip_end: int | None = None
    ) -> slice:
        """The rows to answer from."""
        require_whole("clip_start", clip_start, 0)
        if clip_end is not None:
            require_whole("clip_end", clip_end, clip_start + 1)
        if restrict_vocab is None:
            require(clip_start < max(1, len(self)), "clip_start", clip_start,
                    f"less than {len(self)}, the number of words")
            return slice(clip_start, clip_end)
        require_whole("restrict_vocab", restrict_vocab, 1)
        require(clip_start == 0 and clip_end is None, "restrict_vocab", restrict_vocab,
                "left out where clip_start or clip_end is given")
        return slice(0, restrict_vocab)

    def _best(
        self, scores: Floats, topn: int | None, asked: list[Weighted], start: int = 0
    ) -> Answer:
        """The words of the largest scores but those asked, equal ones by row.

        Parameters
        ----------
        scores : (rows,) from row `start` on.
        topn : None gives the scores back.
        """
        if topn is None:
            return scores
        require_whole("topn", topn, 0)
        known = (self._row(query) for query, _ in asked if is_key(query))
        excluded = [row - start for row in known if row is not None]  # others are made of n-grams
        scores[[row for row in excluded if 0 <= row < len(scores)]] = -np.inf
        wanted = min(int(topn), int(np.count_nonzero(scores > -np.inf)))
        if wanted < 1:
            return []
        threshold = np.partition(scores, -wanted)[-wanted]
        rows = np.flatnonzero(scores >= threshold)
        rows = rows[np.argsort(-scores[rows], kind="stable")][:wanted]
        return [(self._words[int(row) + start], float(scores[row])) for row in rows]


def load_vectors(
    path: AnyPath, limit: int | None = None, *, errors: str = "strict", encoding: str = UTF8
) -> WordVectors:
    """Open what training wrote, memory-mapped, or read a file of word vectors.

    Parameters
    ----------
    path : a folder with input_vectors.npy and vocabulary.txt, or a file that
        `formats.read_vectors` reads; of these, safetensors are mapped too.
    limit : take no more than so many words, from the beginning.
    errors : strict refuses a file with a word that is not of the encoding; replace puts U+FFFD in
        the place of such bytes, ignore leaves them out.
    encoding : of the words in a file; those of a folder are always UTF-8.

    Raises
    ------
    UserError
        For a path that does not exist or that holds no word vectors, and a limit below 1.
    """
    return open_vectors(path_of("path", path), ReadOptions(limit, errors, encoding))


def open_vectors(path: Path, options: ReadOptions) -> WordVectors:
    """The same with all options of reading."""
    try:
        is_folder = path != STANDARD_INPUT and path.is_dir()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); give a folder of trained "
                        "vectors or a file of word vectors.") from None
    if not is_folder:
        found = formats.read_found(path, options)
        return WordVectors(found.words, found.vectors, found.counts, found.subwords)
    require(options.is_utf8, "encoding", options.encoding, "utf-8, as that of every folder is")
    vectors = _load_folder(path)
    if options.limit is None or options.limit >= len(vectors):
        return vectors
    bound = options.limit
    counts = None if vectors.counts is None else vectors.counts[:bound]
    return WordVectors(vectors.index_to_key[:bound], vectors.vectors[:bound], counts,
                       vectors.subwords)


def _is_parsed(given: object) -> TypeGuard[Sequence[Any]]:
    """Whether a set of questions or pairs is given, and not the file of one."""
    return isinstance(given, Sequence) and not isinstance(given, str)


def _policy(unknown_words: str, dummy4unknown: bool) -> str:
    """What becomes of unknown words, by gensim's name for the other choice."""
    require_switch("dummy4unknown", dummy4unknown)
    return "wrong" if dummy4unknown else unknown_words


def _load_folder(folder: Path) -> WordVectors:
    try:
        vectors = map_array(folder / "input_vectors.npy")
        words = CountedWords(folder / "vocabulary.txt")
    except FileNotFoundError as error:
        raise UserError(f"{folder} holds no trained vectors ({Path(error.filename).name} is "
                        "missing); train some, or give a file of word vectors.") from None
    except (ValueError, EOFError, OSError) as error:
        raise UserError(f"{folder} cannot be read ({error}); train it anew.") from None
    if vectors.dtype != np.float32:
        raise UserError(f"{folder} has vectors of {vectors.dtype}, not float32; train it anew.")
    if not len(words) or not vectors.size:
        raise UserError(f"{folder} holds no vectors; train it anew.")
    if vectors.ndim != 2 or len(vectors) != len(words):
        raise UserError(f"{folder} has {counted(len(words), 'word')} and vectors of shape "
                        f"{vectors.shape}, which do not fit; train it anew.")
    check_words(folder)  # last: what is told above says more
    return WordVectors(words, np.asarray(vectors), None,
                       _load_subwords(folder, words, vectors.shape[1]))


def _load_subwords(folder: Path, words: CountedWords, dim: int) -> SubwordVectors | None:
    """The vectors of n-grams in a folder that is checked; None where it has none."""
    path = folder / VECTORS.record
    try:
        return SubwordVectors.load(folder, read_json(path), words, dim) if path.exists() else None
    except (ValueError, OSError, TypeError, AttributeError) as error:
        raise UserError(f"{folder} cannot be read ({error}); train it anew.") from None
