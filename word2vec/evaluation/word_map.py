"""The map of the most frequent words: their vectors along the first principal components.

The directions are those of the largest variance among the words of the map; any other word can be
placed on it by the same directions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from word2vec.vectors.vectors import Similar, WordVectors
from words_and_images.common.errors import UserError, counted
from words_and_images.neural.arrays import FloatArray
from words_and_images.neural.principal_components import PrincipalComponents, principal_components

MOST_WORDS, COMPONENTS = 3000, 3
NEIGHBOURS, BOUND = 10, 30_000  # of each word, and the most frequent words they are sought among
BLOCK = 250  # words whose cosines with all others are in memory at once
DIGITS = 4  # of coordinates and cosines in a file: what several machines agree on


@dataclass(frozen=True, eq=False)
class WordMap:
    """The most frequent words and where they lie.

    Attributes
    ----------
    words : the words, the most frequent first.
    coordinates : (words, 3)
    components : PrincipalComponents
        Of the words' unit vectors; fewer than three where they have fewer dimensions.
    """

    words: list[str]
    coordinates: FloatArray
    components: PrincipalComponents

    @property
    def explained(self) -> FloatArray:
        """Share of the words' variance along each component, (3,)."""
        return _padded(self.components.explained_variance_ratio)

    def place(self, vectors: WordVectors, words: Sequence[str]) -> FloatArray:
        """Where words of the vectors lie, on the map or not: (len(words), 3).

        Raises
        ------
        UserError
            For an unknown word.
        """
        units = np.array([vectors.get_vector(word, norm=True) for word in words])
        return _padded(self.components.project(units.reshape(-1, vectors.vector_size)))


def locate_words(vectors: WordVectors, count: int = MOST_WORDS) -> WordMap:
    """Place the `count` most frequent words, or all where there are fewer.

    Raises
    ------
    UserError
        Where there are fewer than two words.
    """
    count = min(count, len(vectors))
    if count < 2:
        raise UserError(f"a map of {counted(count, 'word')} is asked for; it takes two or more.")
    units = vectors.unit_vectors(count)
    components = principal_components(units, min(COMPONENTS, *units.shape))
    return WordMap(vectors.index_to_key[:count], _padded(components.project(units)), components)


def nearest_words(vectors: WordVectors, count: int, neighbours: int = NEIGHBOURS) -> list[Similar]:
    """The most similar words of each of the first `count`, best first, with their cosines.

    They are sought among the 30,000 most frequent words, as the answers to analogies are.
    """
    units = vectors.unit_vectors(BOUND)
    found: list[Similar] = []
    for start in range(0, count, BLOCK):
        block = np.arange(start, min(start + BLOCK, count))
        cosines = units[block] @ units.T  # (block, words)
        cosines[np.arange(len(block)), block] = -np.inf
        most = min(neighbours, len(units) - 1)
        best = np.argpartition(-cosines, most - 1, axis=1)[:, :most]
        for row, places in zip(cosines, best, strict=True):
            ordered = places[np.lexsort((places, -row[places]))]
            found.append([(vectors.index_to_key[place], float(row[place])) for place in ordered])
    return found


def map_table(vectors: WordVectors, count: int = MOST_WORDS) -> dict[str, Any]:
    """The map with every word's neighbours as plain values, for JSON.

    Returns
    -------
    `words` with their `coordinates`: the `count` most frequent ones, then those that are only
    neighbours of these. `neighbours` and `cosines` have a list for each of the first `count`
    words, best first; a neighbour is a number, its place in `words`. `bound` is the number of
    words among which they are sought, `explained` the share of variance along each component.
    """
    located = locate_words(vectors, count)
    nearest = nearest_words(vectors, len(located.words))
    places = {word: place for place, word in enumerate(located.words)}
    others = list(dict.fromkeys(
        word for row in nearest for word, _ in row if word not in places))
    places |= {word: place for place, word in enumerate(others, start=len(places))}
    coordinates = np.concatenate([located.coordinates, located.place(vectors, others)])
    return {
        "count": len(located.words),
        "bound": min(BOUND, len(vectors)),
        "explained": located.explained.round(DIGITS).tolist(),
        "words": list(places),
        "coordinates": coordinates.round(DIGITS).tolist(),
        "neighbours": [[places[word] for word, _ in row] for row in nearest],
        "cosines": [[round(cosine, DIGITS) for _, cosine in row] for row in nearest],
    }


def _padded(values: FloatArray) -> FloatArray:
    """The last axis with zeros for the components that there are not."""
    missing = COMPONENTS - values.shape[-1]
    return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, missing)])
