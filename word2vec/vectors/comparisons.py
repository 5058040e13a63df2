"""How similar words, vectors and sets of words are, under the names that gensim gave it.

A word may be given by its row. A vector of zeros is similar to nothing.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from word2vec.vectors import cosines, word_mover
from word2vec.vectors.cosines import Doubles, Floats
from word2vec.vectors.lookup import WordTable
from word2vec.vectors.queries import Key, Query, is_key, keys_listed, listed
from words_and_images.common.errors import UserError, counted


class ComparedWords(WordTable):
    """Words and their vectors, to compare; parameters and attributes as `WordTable` has them."""

    def similarity(self, w1: Query, w2: Query) -> float:
        """Cosine of two words, -1 to 1."""
        return cosines.cosine(self._vector(w1), self._vector(w2))

    def distance(self, w1: Query, w2: Query) -> float:
        """1 - similarity, 0 to 2."""
        return 1 - self.similarity(w1, w2)

    def distances(self, word_or_vector: Query, other_words: Iterable[Key] | None = ()) -> Floats:
        """1 - similarity of a word or vector to other words or, where none is given, to all."""
        direction = cosines.unit(self._vector(word_or_vector))
        others = listed(other_words)
        if any(word not in self for word in others):
            return 1 - self._cosines_with(direction, others)
        return 1 - self._cosines_of(direction, [self.index(word) for word in others] or slice(None))

    def n_similarity(self, ws1: Iterable[Key], ws2: Iterable[Key]) -> float:
        """Cosine of the mean vectors of two sets of words."""
        sets = [listed(words) for words in (ws1, ws2)]
        if not all(sets):
            raise UserError("one of the sets is empty; give at least one word for each.")
        return cosines.cosine(*(self._placed(words, norm=False).mean(axis=0) for words in sets))

    def wmdistance(
        self, document1: Iterable[Key], document2: Iterable[Key], norm: bool = True
    ) -> float:
        """The Word Mover's Distance of two texts (`word_mover`), 0 for the same words.

        Parameters
        ----------
        document1, document2 : the words of each, with repetitions; unknown ones are left out.
        norm : take the vectors at length 1.

        Returns
        -------
        at least 0; infinity where no word of a text is known.

        Raises
        ------
        UserError
            For a str, which is one word and not a text, and where POT is not installed.
        """
        texts = []
        for document in (document1, document2):
            if isinstance(document, str):
                raise UserError(f"{document[:60]!r} is a str; give the text as a list of words, "
                                "for example text.split().")
            texts.append([self._name(word) for word in keys_listed(document)
                          if self.has_vector(word)])
        if not all(texts):
            return float("inf")
        (first, first_shares), (second, second_shares) = map(word_mover.shares, texts)
        return word_mover.transport_cost(self._placed(first, norm), first_shares,
                                         self._placed(second, norm), second_shares)

    def rank_by_centrality(
        self, words: Iterable[Key], use_norm: bool = True
    ) -> list[tuple[float, str]]:
        """Words by their product with the mean of all at length 1, the largest first.

        Parameters
        ----------
        words : one at least.
        use_norm : take the vectors at length 1, so that the products are cosines.

        Returns
        -------
        list of (product, word)
        """
        known = [self._name(word) for word in listed(words)]
        if not known:
            raise UserError("no words are given to rank; give at least one.")
        vectors = self._placed(known, use_norm)
        products = vectors @ cosines.unit(vectors.mean(axis=0))
        if use_norm:
            products = products.clip(-1, 1)
        return sorted(zip(products.tolist(), known, strict=True), reverse=True)

    def doesnt_match(self, words: Iterable[Key]) -> str:
        """The word that is least similar to the mean of the unit vectors of all.

        Raises
        ------
        UserError
            For an unknown word, and for fewer than three: of two, neither is odd.
        """
        given = listed(words)
        if len(given) < 3:
            raise UserError(f"{counted(len(given), 'word')} "
                            f"{'is' if len(given) == 1 else 'are'} given; give at least three.")
        return self.rank_by_centrality(given)[-1][1]

    def most_similar_to_given(self, key1: Key, keys_list: Iterable[Key]) -> str:
        """That of the other words which is most similar to a word."""
        words = [self._name(word) for word in listed(keys_list)]
        if not words:
            raise UserError("no words are given to choose from; give at least one.")
        similarities = self._cosines_with(cosines.unit(self._vector(key1)), words)
        return words[int(similarities.argmax())]

    def closer_than(self, key1: Key, key2: Key) -> list[str]:
        """The words more similar to the first than the second is, in the vocabulary's order."""
        direction = cosines.unit(self._vector(key1))
        similarities = self._cosines_of(direction)
        other = self._row(key2)
        closer = similarities > (self._cosines_with(direction, [key2])[0] if other is None
                                 else similarities[other])
        if (row := self._row(key1)) is not None:
            closer[row] = False
        return [self._words[int(place)] for place in np.flatnonzero(closer)]

    def rank(self, key1: Key, key2: Key) -> int:
        """The place of the second among the words by similarity to the first, from 1 on."""
        return len(self.closer_than(key1, key2)) + 1

    @staticmethod
    def cosine_similarities(vector_1: ArrayLike, vectors_all: ArrayLike) -> Doubles:
        """Cosines of a vector (dim,) with the rows of others (vectors, dim): (vectors,)."""
        first, others = np.asarray(vector_1, np.float64), np.asarray(vectors_all, np.float64)
        if first.ndim != 1 or others.ndim != 2 or others.shape[1] != len(first):
            raise UserError(f"vectors of shapes {first.shape} and {others.shape} are given; they "
                            "must be (dim,) and (vectors, dim).")
        if not (np.isfinite(first).all() and np.isfinite(others).all()):
            raise UserError("a vector with a value that is not finite is given; give finite "
                            "numbers.")
        return (cosines.unit(others) @ cosines.unit(first)).clip(-1, 1)

    def get_normed_vectors(self) -> Floats:
        """All vectors at length 1, (words, dim)."""
        return self.unit_vectors()

    def get_mean_vector(
        self, keys: Query | Iterable[Query], weights: ArrayLike | None = None,
        pre_normalize: bool = True, post_normalize: bool = False, ignore_missing: bool = True,
    ) -> Floats:
        """The weighted sum of vectors, over the sum of the weights' absolute values.

        Parameters
        ----------
        keys : words, their rows or vectors (dim,); the last are taken as they are.
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
            For no keys, another number of weights, one that is not finite, an unknown word that is
            not to be left out, and where no word is known.
        """
        given = listed(keys)
        shares = _shares(weights, len(given))
        kept = [place for place, key in enumerate(given)
                if not (ignore_missing and is_key(key)) or self.has_vector(key)]
        if not kept:
            raise UserError("no known word is given to take the mean of; give at least one.")
        mean = self._mean([given[place] for place in kept], shares[kept], pre_normalize)
        return (cosines.unit(mean) if post_normalize else mean).astype(np.float32)

    def _mean(self, queries: list[Any], shares: Doubles, pre_normalize: bool = True) -> Doubles:
        """The same of known words and vectors, (dim,)."""
        vectors = np.stack([self._vector(query) for query in queries])
        if pre_normalize:
            named = [place for place, query in enumerate(queries) if is_key(query)]
            vectors[named] = cosines.unit(vectors[named])
        with np.errstate(over="ignore", invalid="ignore"):
            mean = shares @ vectors / (np.abs(shares).sum() or 1)
        if not np.isfinite(mean).all():
            raise UserError("the sum of the vectors is beyond all numbers; give smaller vectors or "
                            "weights.")
        return mean

    def _placed(self, words: Iterable[Query], norm: bool) -> Doubles:
        """Vectors of words, (words, dim), at length 1 if asked."""
        vectors = np.stack([self._vector(word) for word in words])
        return cosines.unit(vectors) if norm else vectors

    def _cosines_with(self, direction: Doubles, words: Iterable[Key]) -> Floats:
        """Cosines of a unit vector (dim,) with words, some perhaps made of n-grams: (words,)."""
        return (self._placed(words, norm=True) @ direction).clip(-1, 1).astype(np.float32)

    def _cosines_of(self, direction: Doubles, rows: slice | list[int] = slice(None)) -> Floats:
        """Cosines of words with a unit vector (dim,): (rows,)."""
        return cosines.cosines(self.vectors[rows], self.norms[rows], direction)


def _shares(weights: ArrayLike | None, count: int) -> Doubles:
    """Weights that are given, (count,)."""
    try:
        shares = np.ones(count) if weights is None else np.asarray(weights, np.float64)
    except (TypeError, ValueError):
        raise UserError(f"weights is {weights!r}; give a number for each word.") from None
    if shares.shape != (count,):
        raise UserError(f"weights of shape {shares.shape} are given for "
                        f"{counted(count, 'word')}; give one for each.")
    if not np.isfinite(shares).all():
        raise UserError(f"weights is {weights!r}; give finite numbers.")
    return shares
