import numpy as np
import pytest

from word2vec.vectors.queries import keys_listed, listed, vector_of, weighted
from words_and_images.common.errors import UserError

VECTOR = np.array([1.0, 2.0])


@pytest.mark.parametrize("given, expected", [
    (None, []), ("a", ["a"]), (3, [3]), (["a", 3], ["a", 3]), (("a", "b"), ["a", "b"]),
    ({"a"}, ["a"]), ({"a": 1}.keys(), ["a"]), ((word for word in "ab"), ["a", "b"]),
    (np.array(["a", "b"]), ["a", "b"]), (np.array("a"), ["a"]), (np.str_("a"), ["a"]),
    (np.int64(3), [3]), ([], []),
])
def test_one_or_several_words_are_a_list(given, expected):
    assert listed(given) == expected


def test_an_array_is_a_vector_and_a_matrix_several():
    [vector] = listed(VECTOR)
    assert vector is VECTOR
    assert [row.tolist() for row in listed(np.eye(2))] == [[1, 0], [0, 1]]


@pytest.mark.parametrize("given, sentence", [
    (b"king", "b'king' is given"), (0.5, "0.5 is neither|0.5 is given"), (True, "True is given"),
    ({"king": 1.0}, "is a mapping; give its words"), (object(), "is given; give a word"),
])
def test_what_is_no_list_of_words_is_refused(given, sentence):
    with pytest.raises(UserError, match=sentence):
        listed(given)


def test_lists_of_words_hold_nothing_else():
    assert keys_listed(["a", 3]) == ["a", 3]
    for item in (["a"], np.nan, None, True):
        with pytest.raises(UserError, match="is neither a word nor a row; give words"):
            keys_listed(["a", item])


def test_a_query_has_the_weight_of_its_pair_or_that_of_the_list():
    assert weighted(["a", ("b", 2), ["c", 0.5], (3, 4), (np.str_("d"), np.float32(0.5))], 1) == [
        ("a", 1), ("b", 2), ("c", 0.5), (3, 4), ("d", 0.5)]
    assert weighted(["a", ("b", -2)], -1) == [("a", -1), ("b", -2)]
    [(vector, weight)] = weighted([(VECTOR, 2)], 1)
    assert vector is VECTOR and weight == 2


@pytest.mark.parametrize("given, weight, sentence", [
    (("a", 2), 1, "may be a query with its weight or two queries"),
    ((1, 2), 1, "may be a query with its weight or two queries"),
    ([("a", np.nan)], 1, "the weight of 'a' is nan; give a finite number"),
    ([("a", True)], 1, "the weight of 'a' is True"),
    ([("a", 0.5)], -1, "among the negative is 0.5, which would count for it; give -0.5"),
], ids=repr)
def test_weights_that_may_be_misread_are_refused(given, weight, sentence):
    with pytest.raises(UserError, match=sentence):
        weighted(given, weight)


@pytest.mark.parametrize("given", [VECTOR, [1, 2], (1, 2), np.float16([1, 2]), np.array([1, 2])],
                         ids=repr)
def test_numbers_are_a_vector(given):
    vector = vector_of(given, 2)
    assert vector.tolist() == [1, 2] and vector.dtype == np.float64


@pytest.mark.parametrize("given, sentence", [
    (0.5, "0.5 is neither a word nor a row nor a vector"), (["a", "b"], "neither a word"),
    ([[1], [2, 3]], "neither a word"), (np.array([1j, 2]), "neither a word"),
    (np.array([True, False]), "neither a word"), (np.eye(2), "shape .2, 2. is given; it must be"),
    ([1, 2, 3], "must be .2,."), ([1, np.nan], "with the value nan at place 1"),
], ids=repr)
def test_what_is_no_vector_of_that_size_is_refused(given, sentence):
    with pytest.raises(UserError, match=sentence):
        vector_of(given, 2)
