"""Word vectors and the questions one asks of them, under the names that gensim gave them.

Every similarity here is the cosine of two vectors; a vector of zeros is similar to nothing.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from common.errors import UserError, counted
from common.parameters import require
from word2vec import analogies, formats, vector_writer, word_pairs
from word2vec.analogies import COSMUL_EPSILON, AnalogyScores, QuestionSection
from word2vec.lookup import Floats, WordTable
from word2vec.read_options import UTF8, ReadOptions
from word2vec.stored_words import StoredWords
from word2vec.vector_reader import Found
from word2vec.word_pairs import PairScores, WordPair

Query = str | Floats
Queries = Query | Sequence[Query]
Similar = list[tuple[str, float]]


class WordVectors(WordTable):
    """Words and their vectors, to be asked.

    Parameters and attributes are those of `WordTable`.
    """

    def most_similar(
        self, positive: Queries = (), negative: Queries = (), topn: int = 10,
        restrict_vocab: int | None = None,
    ) -> Similar:
        """The words most similar to the mean of unit vectors, negative ones turned round.

        With positive (b, c) and negative (a) this answers "a is to b as c is to ?" by the largest
        cos(d, b - a + c): 3CosAdd (Mikolov et al., Linguistic Regularities in Continuous Space
        Word Representations, 2013).

        Parameters
        ----------
        positive, negative : words or vectors (dim,), one or several.
        topn : answers wanted.
        restrict_vocab : answer from so many words at the beginning of the vocabulary.

        Returns
        -------
        list of (word, similarity), the most similar first, equal ones in the vocabulary's order;
        without the words that were asked.

        Raises
        ------
        UserError
            For an unknown word, for a vector of another size, and where nothing is asked.
        """
        attracting, repelling = _listed(positive), _listed(negative)
        if not attracting and not repelling:
            raise UserError("no word is given to compare with; give at least one.")
        units = self._units(attracting + repelling)  # (queries, dim)
        signs = np.array([1] * len(attracting) + [-1] * len(repelling), np.float32)
        similarities = self._cosines(signs @ units, restrict_vocab)
        return self._best(similarities, topn, self._rows_of(attracting + repelling))

    def most_similar_cosmul(
        self, positive: Queries = (), negative: Queries = (), topn: int = 10,
        restrict_vocab: int | None = None,
    ) -> Similar:
        """The words of the largest product of similarities, over that to the negative ones.

        Levy and Goldberg, Linguistic Regularities in Sparse and Explicit Word Representations,
        2014, equation 4 (3CosMul), with cosines moved to 0..1 by (1 + cos) / 2 and epsilon 1e-6.
        Parameters, answer and errors as in `most_similar`.
        """
        attracting, repelling = _listed(positive), _listed(negative)
        if not attracting:
            raise UserError("no positive word is given to compare with; give at least one.")
        units = self._units(attracting + repelling)
        shifted = np.stack([(1 + self._cosines(unit, restrict_vocab)) / 2 for unit in units])
        numerator = shifted[: len(attracting)].prod(axis=0)
        denominator = shifted[len(attracting) :].prod(axis=0) + np.float32(COSMUL_EPSILON)
        return self._best(numerator / denominator, topn, self._rows_of(attracting + repelling))

    def similar_by_word(
        self, word: str, topn: int = 10, restrict_vocab: int | None = None
    ) -> Similar:
        """The words most similar to a word."""
        return self.most_similar([word], topn=topn, restrict_vocab=restrict_vocab)

    def similar_by_vector(
        self, vector: Floats, topn: int = 10, restrict_vocab: int | None = None
    ) -> Similar:
        """The words most similar to a vector (dim,)."""
        return self.most_similar([vector], topn=topn, restrict_vocab=restrict_vocab)

    def similarity(self, a: str, b: str) -> float:
        """Cosine of two words, -1 to 1."""
        first, second = self._units([a, b])
        return float(first @ second)

    def distance(self, a: str, b: str) -> float:
        """1 - similarity, 0 to 2."""
        return 1 - self.similarity(a, b)

    def distances(self, query: Query, others: Sequence[str] = ()) -> Floats:
        """1 - similarity of a word or vector to other words or, where none is given, to all."""
        vector = self._vector(query)
        if not others:
            return 1 - self._cosines(vector, None)
        return 1 - self._units(others) @ self._units([vector])[0]

    def n_similarity(self, first: Iterable[str], second: Iterable[str]) -> float:
        """Cosine of the mean vectors of two sets of words."""
        means = []
        for words in (first, second):
            rows = [self.index(word) for word in words]
            if not rows:
                raise UserError("one of the sets is empty; give at least one word for each.")
            means.append(self.vectors[rows].mean(axis=0))
        a, b = self._units(means)
        return float(a @ b)

    def doesnt_match(self, words: Sequence[str]) -> str:
        """The word that is least similar to the mean of the unit vectors of all.

        Raises
        ------
        UserError
            For an unknown word, and for fewer than three: of two, neither is odd.
        """
        if len(words) < 3:
            raise UserError(f"{counted(len(words), 'word')} "
                            f"{'is' if len(words) == 1 else 'are'} given; give at least three.")
        units = self._units(words)
        return words[int((units @ units.mean(axis=0)).argmin())]

    def most_similar_to_given(self, word: str, others: Sequence[str]) -> str:
        """That of the other words which is most similar to a word."""
        if not others:
            raise UserError("no words are given to choose from; give at least one.")
        return others[int((self._units(others) @ self._units([word])[0]).argmax())]

    def closer_than(self, a: str, b: str) -> list[str]:
        """The words more similar to a than b is, in the vocabulary's order."""
        row, other = self.index(a), self.index(b)
        similarities = self._cosines(self.vectors[row], None)
        closer = similarities > similarities[other]
        closer[row] = False
        return [self._words[int(place)] for place in np.flatnonzero(closer)]

    def rank(self, a: str, b: str) -> int:
        """The place of b among the words by similarity to a: 1 for the most similar."""
        return len(self.closer_than(a, b)) + 1

    def get_vector(self, word: str, norm: bool = False) -> Floats:
        """The vector of a word, (dim,), at length 1 if asked."""
        return self._units([word])[0] if norm else self[word]

    def get_normed_vectors(self) -> Floats:
        """All vectors at length 1, (words, dim)."""
        return self.unit_vectors()

    def get_mean_vector(
        self, keys: Sequence[Query], weights: Sequence[float] | Floats | None = None,
        pre_normalize: bool = True, post_normalize: bool = False, ignore_missing: bool = True,
    ) -> Floats:
        """The weighted sum of vectors, over the sum of the weights' absolute values.

        Parameters
        ----------
        keys : words or vectors (dim,); the latter are taken as they are.
        weights : one for each key, perhaps negative; None is 1 for all.
        pre_normalize : take the words' vectors at length 1.
        post_normalize : bring the mean to length 1.
        ignore_missing : leave out unknown words.

        Returns
        -------
        (dim,)

        Raises
        ------
        UserError
            For no keys, another number of weights, an unknown word that is not to be left out,
            and where no word is known.
        """
        shares = np.asarray(np.ones(len(keys)) if weights is None else weights, np.float32)
        if shares.shape != (len(keys),):
            raise UserError(f"weights of shape {shares.shape} are given for "
                            f"{counted(len(keys), 'word')}; give one for each.")
        kept = [i for i, key in enumerate(keys)
                if not ignore_missing or not isinstance(key, str) or key in self]
        if not kept:
            raise UserError("no known word is given to take the mean of; give at least one.")
        vectors = [self.get_vector(key, pre_normalize) if isinstance(key, str)
                   else self._vector(key) for key in (keys[i] for i in kept)]
        mean = shares[kept] @ np.stack(vectors) / (np.abs(shares[kept]).sum() or 1)
        return self._units([mean])[0] if post_normalize else mean


    def evaluate_word_analogies(
        self, questions: Path | Sequence[QuestionSection], restrict_vocab: int = 30_000,
        method: str = "3cosadd", unknown_words: str = "skip", case_insensitive: bool = True,
    ) -> AnalogyScores:
        """Score analogy questions, a file or parsed: see word2vec.analogies."""
        if isinstance(questions, Path):
            questions = analogies.read_questions(questions)
        return analogies.evaluate_word_analogies(
            self, questions, restrict_vocab, method, unknown_words, case_insensitive)

    def evaluate_word_pairs(
        self, pairs: Path | Sequence[WordPair], restrict_vocab: int | None = None,
        unknown_words: str = "skip", case_insensitive: bool = True,
    ) -> PairScores:
        """Correlate similarities with people's judgements, a file or parsed: see word_pairs."""
        if isinstance(pairs, Path):
            pairs = word_pairs.read_pairs(pairs)
        return word_pairs.evaluate_word_pairs(
            self, pairs, restrict_vocab, unknown_words, case_insensitive)

    def save_word2vec_format(
        self, path: Path | str, binary: bool = False, *, write_header: bool = True
    ) -> None:
        """Write word2vec text or binary, packed where the name ends in .gz, .bz2, .xz or .zst.

        Without the header, text is GloVe's; binary has no such form.
        """
        path = Path(path)
        if binary:
            require(write_header, "write_header", write_header, "True for binary")
            vector_writer.write_binary(path, self.index_to_key, self.vectors)
        else:
            vector_writer.write_text(path, self.index_to_key, self.vectors, write_header)

    @classmethod
    def load_word2vec_format(
        cls, path: Path | str, *, binary: bool | None = None, limit: int | None = None,
        encoding: str = UTF8, unicode_errors: str = "strict", no_header: bool | None = None,
    ) -> "WordVectors":
        """Read a file of vectors (formats.read_vectors).

        Parameters
        ----------
        path : the file.
        binary : whether a file with a header is binary or text; None tells by the content.
        limit : take no more than so many words, from the beginning.
        encoding, unicode_errors : how the words are read, as in `ReadOptions`.
        no_header : whether the first line is a word's; None tells by the content.
        """
        header = None if no_header is None else not no_header
        options = ReadOptions(limit, unicode_errors, encoding, binary, header)
        return cls._of(formats.read_found(Path(path), options))

    @classmethod
    def _of(cls, found: Found) -> "WordVectors":
        return cls(found.words, found.vectors, found.counts)

    def _units(self, queries: Sequence[Query]) -> Floats:
        """Words or vectors as unit vectors, (queries, dim)."""
        vectors = np.stack([self._vector(query) for query in queries])
        lengths: Floats = np.linalg.norm(vectors, axis=1, keepdims=True)
        lengths[lengths == 0] = 1
        return vectors / lengths

    def _vector(self, query: Query) -> Floats:
        if isinstance(query, str):
            return self[query]
        vector = np.asarray(query, np.float32)
        if vector.shape != (self.vector_size,):
            raise UserError(f"a vector of shape {vector.shape} is given; it must be "
                            f"({self.vector_size},).")
        return vector

    def _rows_of(self, queries: Sequence[Query]) -> list[int]:
        return [self.index(query) for query in queries if isinstance(query, str)]

    def _cosines(self, vector: Floats, bound: int | None) -> Floats:
        """Cosine of a vector with the first `bound` words, (bound,)."""
        require(bound is None or bound >= 1, "restrict_vocab", bound, "at least 1")
        lengths = self.norms[:bound] * np.float32(np.linalg.norm(vector) or 1)
        return self.vectors[:bound] @ vector / lengths

    def _best(self, scores: Floats, topn: int, excluded: Sequence[int]) -> Similar:
        """The words of the largest scores but the excluded rows, equal ones by row."""
        scores[[row for row in excluded if row < len(scores)]] = -np.inf
        topn = min(topn, int(np.count_nonzero(scores > -np.inf)))
        if topn < 1:
            return []
        threshold = np.partition(scores, -topn)[-topn]
        rows = np.flatnonzero(scores >= threshold)
        rows = rows[np.argsort(-scores[rows], kind="stable")][:topn]
        return [(self._words[int(row)], float(scores[row])) for row in rows]


def load_vectors(
    path: Path | str, limit: int | None = None, *, errors: str = "strict", encoding: str = UTF8
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
        For a path that does not exist or that holds no word vectors.
    """
    return open_vectors(Path(path), ReadOptions(limit, errors, encoding))


def open_vectors(path: Path, options: ReadOptions) -> WordVectors:
    """The same with all options of reading."""
    try:
        is_folder = path.is_dir()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); give a folder of trained "
                        "vectors or a file of word vectors.") from None
    if not is_folder:
        return WordVectors._of(formats.read_found(path, options))
    require(options.is_utf8, "encoding", options.encoding, "utf-8, as that of every folder is")
    vectors = _load_folder(path)
    if options.limit is None or options.limit >= len(vectors):
        return vectors
    bound = options.limit
    counts = None if vectors.counts is None else vectors.counts[:bound]
    return WordVectors(vectors.index_to_key[:bound], vectors.vectors[:bound], counts)


def _listed(queries: Queries) -> list[Query]:
    """One word or vector as a list of it."""
    if isinstance(queries, str) or (isinstance(queries, np.ndarray) and queries.ndim == 1):
        return [queries]
    return list(queries)


def _load_folder(folder: Path) -> WordVectors:
    try:
        vectors = np.lib.format.open_memmap(folder / "input_vectors.npy", mode="r")
        words = StoredWords(folder / "vocabulary.txt")
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
    return WordVectors(words, np.asarray(vectors))
