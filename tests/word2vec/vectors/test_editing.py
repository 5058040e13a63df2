import copy
import pickle

import numpy as np
import pytest

from word2vec.corpus.vocabulary import Vocabulary
from word2vec.vectors.vectors import WordVectors, load_vectors
from words_and_images.common.errors import UserError

WORDS = ["north", "east", "south"]
COMPASS = np.array([[0, 2], [1, 0], [0, -1]], np.float32)


@pytest.fixture(params=["given", "mapped"])
def compass(request, tmp_path) -> WordVectors:
    """The same vectors, given as an array and mapped out of a folder."""
    if request.param == "given":
        return WordVectors(WORDS, COMPASS, [5, 9, 5])
    np.save(tmp_path / "input_vectors.npy", COMPASS)
    Vocabulary(WORDS, np.array([5, 9, 5])).save(tmp_path / "vocabulary.txt")
    return load_vectors(tmp_path)


@pytest.fixture(autouse=True)
def given_vectors_stay_as_they_are():
    yield
    assert COMPASS.tolist() == [[0, 2], [1, 0], [0, -1]]


def asked_everything(vectors: WordVectors) -> None:
    """Fill every cache."""
    vectors.most_similar("north")
    vectors.find("NORTH")
    assert vectors.index_to_key and vectors.key_to_index and vectors.norms is not None
    vectors.spellings(len(vectors), True)


def test_an_added_word_is_found_and_answers(compass):
    asked_everything(compass)
    assert compass.add_vector("northeast", [3, 3]) == 3
    assert len(compass) == 4 and compass.index_to_key[3] == "northeast"
    assert compass["northeast"].tolist() == compass[3].tolist() == [3, 3]
    assert dict(compass.most_similar("north"))["northeast"] == pytest.approx(np.sqrt(0.5))
    assert compass.norms.tolist() == pytest.approx([2, 1, 1, np.sqrt(18)])
    assert compass.counts.tolist() == [5, 9, 5, 0]
    assert compass.spellings(4, True).ids([["NORTHEAST"]], 1).tolist() == [[3]]
    assert list(compass) == [*WORDS, "northeast"]


def test_words_that_have_a_vector_keep_it_unless_it_is_to_be_replaced(compass):
    new = np.array([[7, 7], [1, 1]])
    compass.add_vectors(["north", "up"], new)
    assert compass["north"].tolist() == [0, 2] and compass["up"].tolist() == [1, 1]
    compass.add_vectors(["north", "up"], 2 * new, replace=True)
    assert compass[["north", "up"]].tolist() == [[14, 14], [2, 2]]
    with pytest.raises(UserError, match="'north' has a vector already"):
        compass.add_vector("north", [1, 1])


def test_a_replaced_vector_drops_what_was_known_of_the_old_one(compass):
    asked_everything(compass)
    compass["south"] = [5, 0]
    assert compass.similarity("south", "east") == 1
    assert compass.most_similar("east", topn=1) == [("south", 1)]
    assert compass.norms.tolist() == [2, 1, 5]
    compass[0] = np.float64([0, 3])
    assert compass.norms.tolist() == [3, 1, 5] and len(compass) == 3


def test_several_words_are_set_at_once_known_or_not(compass):
    compass[["north", "up", "down"]] = [np.ones(2), np.zeros(2), -np.ones(2)]
    assert compass.index_to_key == [*WORDS, "up", "down"]
    assert compass[["north", "down"]].tolist() == [[1, 1], [-1, -1]]


def test_many_words_are_added_one_by_one_to_none():
    vectors = WordVectors([], np.zeros((0, 3)))
    for i in range(100):
        assert vectors.add_vector(f"w{i}", [i, 1, -i]) == i
    assert vectors[[0, 50, 99]].tolist() == [[0, 1, 0], [50, 1, -50], [99, 1, -99]]
    assert vectors.vectors.shape == (100, 3) and vectors.norms[0] == 1


def test_float64_is_converted_and_what_overflows_refused(compass):
    compass.add_vectors("up", np.array([1 / 3, 2]))
    assert compass.vectors.dtype == np.float32 and compass["up"][0] == np.float32(1 / 3)
    for value in (1e300, np.nan):
        with pytest.raises(UserError, match="the vector of 'down' is .*; it must be finite"):
            compass["down"] = [value, 0]
    assert "down" not in compass


@pytest.mark.parametrize("keys, weights, sentence", [
    (["up"], np.eye(2), r"shape \(2, 2\) are given for 1 word; they must be \(1, 2\)"),
    (["up", "down"], np.eye(3), "they must be"), ("up", [1, 2, 3], "they must be"),
    (["up", "up"], np.eye(2), "the word 'up' comes twice"), ("", [1, 2], "'' is given as a word"),
    (None, [1, 2], "they must be"), ([0.5], [[1, 2]], "0.5 is given as a word"),
    (7, [1, 2], "7 is not among the 3 rows"), ("up", "down", "give an array"),
])
def test_what_cannot_be_added_changes_nothing(compass, keys, weights, sentence):
    with pytest.raises(UserError, match=sentence):
        compass[keys] = weights
    assert list(compass) == WORDS and compass.vectors.tolist() == COMPASS.tolist()


def test_all_vectors_are_brought_to_length_1(compass):
    compass["nowhere"] = [0, 0]
    compass.unit_normalize_all()
    assert compass.vectors.tolist() == [[0, 1], [1, 0], [0, -1], [0, 0]]
    assert compass.norms.tolist() == [1, 1, 1, 1]
    compass["east"] = [0, 1]
    assert compass.similarity("north", "east") == 1


def test_other_vectors_for_all_words_are_assigned(compass):
    asked_everything(compass)
    compass.vectors = [[1, 0], [1, 0], [0, 4]]
    assert compass.similarity("north", "east") == 1 and compass.norms.tolist() == [1, 1, 4]
    with pytest.raises(UserError, match="do not fit"):
        compass.vectors = np.eye(2)


def test_lengths_are_computed_again_when_that_is_asked():
    table = COMPASS.copy()
    vectors = WordVectors(WORDS, table)
    vectors.fill_norms()
    table[0] = [0, 7]  # behind the vectors' back
    vectors.fill_norms()
    assert vectors.norms[0] == 2
    vectors.fill_norms(force=True)
    assert vectors.norms[0] == 7


def test_the_most_frequent_words_come_first_and_equal_ones_as_they_were(compass):
    asked_everything(compass)
    compass.set_vecattr("north", "kind", "a")
    compass.sort_by_descending_frequency()
    assert compass.index_to_key == ["east", "north", "south"]
    assert compass.counts.tolist() == [9, 5, 5] and compass.index("east") == 0
    assert compass["north"].tolist() == [0, 2] and compass.norms.tolist() == [1, 2, 1]
    assert compass.get_vecattr("north", "kind") == "a"
    compass["north"] = [4, 0]
    assert compass.similarity("north", "east") == 1


def test_counts_are_attributes(compass):
    assert compass.get_vecattr("east", "count") == compass.get_vecattr(1, "count") == 9
    compass.set_vecattr("north", "count", 11)
    assert compass.counts.tolist() == [11, 9, 5]
    compass.add_vectors(["up", "north"], np.eye(2), {"count": [2, 3]})
    assert compass.counts.tolist() == [11, 9, 5, 2]
    compass.add_vectors(["up", "north"], np.eye(2), {"count": [4, 6]}, replace=True)
    assert compass.counts.tolist() == [6, 9, 5, 4]


def test_attributes_of_any_kind_are_kept_beside_the_words(compass):
    compass.set_vecattr("east", "tag", "noun, but long enough to be cut")
    compass.set_vecattr("east", "share", 0.25)
    compass.allocate_vecattrs(["seen"], [int])
    assert compass.get_vecattr("east", "tag") == "noun, but long enough to be cut"
    assert [compass.get_vecattr(word, "share") for word in WORDS] == [0, 0.25, 0]
    assert compass.get_vecattr("north", "seen") == 0
    with pytest.raises(UserError, match="seen is 0.5; it must be int64"):
        compass.set_vecattr("east", "seen", 0.5)
    with pytest.raises(UserError, match="'seen' holds int64; float64 does not fit"):
        compass.allocate_vecattrs(["seen"], [float])
    with pytest.raises(UserError, match="extra of shape"):
        compass.add_vectors(["up"], [[1, 2]], {"extra": [1, 2]})
    with pytest.raises(KeyError, match="no 'other' of the words is known"):
        compass.get_vecattr("east", "other")


def test_counts_that_are_not_known_are_said_to_be():
    vectors = WordVectors(WORDS, COMPASS)
    with pytest.raises(UserError, match="no 'count' of the words is known"):
        vectors.get_vecattr("north", "count")
    with pytest.raises(UserError, match="no 'count' of the words is known"):
        vectors.sort_by_descending_frequency()
    vectors.set_vecattr("south", "count", 3)
    assert vectors.counts.tolist() == [0, 0, 3]


def test_given_counts_are_not_written_into():
    counts = np.array([5, 9, 5])
    WordVectors(WORDS, COMPASS, counts).set_vecattr("north", "count", 1)
    assert counts.tolist() == [5, 9, 5]


def test_vectors_for_some_words_are_a_table_of_their_own(compass):
    some = compass.vectors_for_all(word for word in ["south", "up", "north", 2])
    assert some.index_to_key == ["south", "north"] and some.counts is None
    assert some.vectors.tolist() == [[0, -1], [0, 2]]
    some["south"] = [9, 9]
    assert compass["south"].tolist() == [0, -1]
    assert compass.vectors_for_all(["east"], copy_vecattrs=True).counts.tolist() == [9]
    assert len(compass.vectors_for_all(["up"])) == 0


@pytest.mark.parametrize("copied", [
    copy.copy, copy.deepcopy, lambda vectors: pickle.loads(pickle.dumps(vectors))])
def test_a_copy_changes_without_the_other(compass, copied):
    compass["up"] = [0, 5]
    asked_everything(compass)
    other = copied(compass)
    other["north"] = [6, 0]
    other.add_vector("down", [0, -5])
    other.set_vecattr("east", "count", 1)
    assert other.most_similar("east", topn=1) == [("north", 1)] and len(compass) == 4
    assert compass["north"].tolist() == [0, 2] and compass.counts.tolist() == [5, 9, 5, 0]
    assert other.norms.tolist() == [6, 1, 1, 5, 5] and not other.vectors.flags.writeable


def test_changes_are_those_of_gensim():
    gensim = pytest.importorskip("gensim.models")
    generator = np.random.default_rng(6)
    matrix = generator.normal(size=(8, 4)).astype(np.float32)
    ours, keyed = WordVectors([], np.zeros((0, 4))), gensim.KeyedVectors(4)
    for vectors in (ours, keyed):
        vectors.add_vectors(["a", "b", "c"], matrix[:3])
        vectors["b"] = matrix[3]
        vectors[["c", "d"]] = [matrix[4], matrix[5]]
        vectors.add_vectors(["a", "e"], matrix[6:], replace=False)
        for place, word in enumerate(vectors.index_to_key):
            vectors.set_vecattr(word, "count", 3 * place % 5)
        vectors.sort_by_descending_frequency()
        vectors.fill_norms()
    assert ours.index_to_key == keyed.index_to_key
    assert ours.vectors.tolist() == keyed.vectors.tolist()
    for found, expected in zip(ours.most_similar("a"), keyed.most_similar("a"), strict=True):
        assert found == (expected[0], pytest.approx(expected[1], abs=1e-6))
    for vectors in (ours, keyed):
        vectors.unit_normalize_all()
    np.testing.assert_allclose(ours.vectors, keyed.vectors, rtol=1e-6)
