"""The map of frequent words: coordinates by hand, neighbours against the vectors' own answers."""

import numpy as np
import pytest

from word2vec.evaluation.word_map import locate_words, map_table, nearest_words
from word2vec.vectors.vectors import WordVectors
from words_and_images.common.errors import UserError


def vectors_of(rows) -> WordVectors:
    rows = np.array(rows, np.float32)
    return WordVectors([f"w{number}" for number in range(len(rows))], rows)


@pytest.fixture
def random() -> WordVectors:
    return vectors_of(np.random.default_rng(1).normal(size=(40, 6)))


def test_coordinates_by_hand():
    # At length 1: (1, 0), (-1, 0), (0, 1), (0, -1): mean 0, both variances 2/3. With a third
    # pair along the first axis that axis is the first component.
    located = locate_words(vectors_of([[2, 0], [-3, 0], [0, 1], [0, -1], [5, 0], [-1, 0]]))
    expected = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [1, 0, 0], [-1, 0, 0]]
    assert np.allclose(located.coordinates, expected)
    assert np.allclose(located.explained, [4 / 6, 2 / 6, 0])


def test_only_the_most_frequent_words_are_on_the_map(random):
    located = locate_words(random, 10)
    assert located.words == [f"w{number}" for number in range(10)]
    assert located.coordinates.shape == (10, 3)


def test_words_are_placed_where_the_map_has_them(random):
    located = locate_words(random, 10)
    assert np.allclose(located.place(random, ["w3", "w7"]), located.coordinates[[3, 7]])
    assert located.place(random, ["w30"]).shape == (1, 3)
    assert located.place(random, []).shape == (0, 3)


def test_one_dimension_is_a_line(random):
    located = locate_words(vectors_of([[1.0], [-1.0], [2.0]]))
    assert np.allclose(located.coordinates[:, 1:], 0) and located.coordinates[0, 0] != 0


def test_a_map_of_one_word_is_refused():
    with pytest.raises(UserError, match="a map of 1 word is asked for; it takes two or more"):
        locate_words(vectors_of([[1.0, 2.0, 3.0]]))


def test_neighbours_are_those_that_the_vectors_answer(random):
    found = nearest_words(random, 12, neighbours=4)
    assert len(found) == 12
    for number, row in enumerate(found):
        answers = random.most_similar([f"w{number}"], topn=4)
        assert [word for word, _ in row] == [word for word, _ in answers]
        assert np.allclose([cosine for _, cosine in row], [cosine for _, cosine in answers])


def test_few_words_have_few_neighbours():
    found = nearest_words(vectors_of([[1, 0], [0, 1], [1, 1]]), 3)
    assert [len(row) for row in found] == [2, 2, 2]


def test_the_table_places_neighbours_that_are_not_on_the_map(random):
    table = map_table(random, 5)
    assert table["count"] == 5 and len(table["neighbours"]) == len(table["cosines"]) == 5
    assert len(table["words"]) == len(set(table["words"])) == len(table["coordinates"])
    first = [table["words"][place] for place in table["neighbours"][0]]
    assert first == [word for word, _ in random.most_similar(["w0"])]
    beyond = table["words"][5]
    placed = locate_words(random, 5).place(random, [beyond])[0]
    assert np.allclose(table["coordinates"][5], placed, atol=1e-4)
