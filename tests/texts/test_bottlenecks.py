"""Texts as weighted means of word vectors, worked by hand in two dimensions."""

from math import log

import numpy as np
import pytest

from texts.bottlenecks import Bottlenecks, shares, whitening_of
from word2vec.corpus.subwords import Subwords
from word2vec.vectors.subword_vectors import SubwordVectors
from word2vec.vectors.vectors import WordVectors


def vectors_of(table, counts=None) -> WordVectors:
    words = ["a", "b", "c", "d"][: len(table)]
    return WordVectors(words, np.array(table, np.float32),
                       None if counts is None else np.array(counts))


@pytest.fixture
def axes() -> Bottlenecks:
    """a along the first axis and almost all of the text, b along the second and rare."""
    return Bottlenecks.of(vectors_of([[5, 0], [0, 2]], [999, 1]))


def test_a_weighted_mean_worked_by_hand(axes):
    # a weighs 0.001 / (0.001 + 0.999) = 0.001, b 0.001 / (0.001 + 0.001) = 0.5.
    mean = np.array([(1 + log(2)) * 0.001, 0.5])
    np.testing.assert_allclose(axes.means(["a b A"]), [mean / np.linalg.norm(mean)], rtol=1e-5)


def test_lengths_of_vectors_make_no_difference(axes):
    longer = Bottlenecks.of(vectors_of([[50, 0], [0, 0.02]], [999, 1]))
    np.testing.assert_array_equal(longer.means(["a b"]), axes.means(["a b"]))


def test_vectors_are_stored_in_parts_of_their_largest_number():
    # Four words along the axes: the covariance is half the identity, which whitening keeps.
    found = Bottlenecks.of(vectors_of([[3, 0], [0, 4], [1, 0], [0, 2]]))
    assert np.abs(found.vectors).tolist() == [[7, 0], [0, 7], [7, 0], [0, 7]]


def whitened(directions) -> np.ndarray:
    directions = np.array(directions, np.float32)
    return directions @ whitening_of(directions)


def test_directions_that_many_words_have_count_less():
    # Covariance diag(3/4, 1/4), its mean 1/2: variances 3/4 + 0.3/2 and 1/4 + 0.3/2.
    found = np.abs(whitened([[1, 0], [1, 0], [0, 1], [-1, 0]]))
    np.testing.assert_allclose(
        found, [[0, 0.9**-0.5], [0, 0.9**-0.5], [0.4**-0.5, 0], [0, 0.9**-0.5]], rtol=1e-6)


def test_variances_far_below_the_mean_are_not_blown_up():
    spread = np.random.default_rng(0).normal(size=(5000, 3)) * [1, 1, 1e-4]
    found = whitened(spread).std(axis=0)
    np.testing.assert_allclose(sorted(found), [0, 0.91, 0.91], atol=0.02)  # 1 / sqrt(1 + 0.3 * 2/3)


def test_vectors_of_zeros_and_no_vectors_are_whitened_to_the_same():
    assert whitened(np.zeros((2, 3))).tolist() == [[0, 0, 0]] * 2
    assert whitened(np.zeros((0, 3))).shape == (0, 3)


@pytest.fixture
def pieced() -> Bottlenecks:
    """bad and cad along the axes; the n-grams of 3 of words with ad> along the second one."""
    subwords = Subwords(3, 3, 1000)
    rows = np.zeros((1000, 2), np.float32)
    rows[subwords.buckets_of(["cad"]).values] = [0, 3]  # <ca, cad and ad>
    source = WordVectors(["bad", "cad"], np.array([[5, 0], [0, 2]], np.float32), None,
                         SubwordVectors(subwords, rows, ["bad", "cad"]))
    return Bottlenecks.of(source)


def test_words_without_a_vector_have_that_of_their_pieces(pieced):
    # Whitening is a multiple of the identity. dad has ad> in common with cad, which comes second.
    assert np.abs(pieced.means(["dad", "cad", "xyz", "dad dad xyz"])).tolist() == [
        [0, 1], [0, 1], [0, 0], [0, 1]]
    # bad weighs 0.001 / (0.001 + 2/3) by Zipf, dad as the rarest, at the length that bad has.
    mean = np.array([0.001 / (0.001 + 2 / 3), 1])
    np.testing.assert_allclose(np.abs(pieced.means(["bad dad"])),
                               [mean / np.linalg.norm(mean)], rtol=1e-5)


def test_pieces_are_stored_and_left_out_where_they_take_more_than_half(pieced):
    again = Bottlenecks.from_arrays(pieced.arrays())
    texts = ["bad dad sad", "mad"]
    assert again.means(texts).tobytes() == pieced.means(texts).tobytes()
    assert pieced.fitting(1e6) is pieced
    small = pieced.fitting(2 * pieced.pieces.size - 1)
    assert small.pieces is None and small.words.known == ["bad", "cad"]
    assert sum(array.nbytes for array in pieced.pieces.arrays().values()) == (
        pieced.pieces.size)


def test_the_direction_of_most_means_is_taken_out(axes):
    found = axes.with_common(np.array([[1, 0], [-1, 0], [0, 1]], np.float32))
    np.testing.assert_allclose(np.abs(found.common), [1, 0], atol=1e-6)
    means = np.array([[0.6, 0.8], [0.6, -0.8], [1, 0], [0, 0]], np.float32)
    np.testing.assert_allclose(found.without_common(means), [[0, 1], [0, -1], [0, 0], [0, 0]],
                               atol=1e-6)


def test_nothing_is_common_before_means_are_known_and_where_all_are_0(axes):
    means = np.array([[0.6, 0.8]], np.float32)
    for found in (axes, axes.with_common(np.zeros((3, 2), np.float32))):
        assert found.common.tolist() == [0, 0]
        np.testing.assert_allclose(found.without_common(means), means, rtol=1e-6)


def test_a_text_without_known_words_is_zeros_and_no_texts_are_no_rows(axes):
    assert axes.means(["unknown words", "", "b"]).tolist() == [[0, 0], [0, 0], [0, 1]]
    assert axes.means([]).shape == axes.without_common(axes.means([])).shape == (0, 2)


def test_a_text_has_the_same_bits_alone_as_among_others(rows):
    texts = [text for _, text in rows]
    words = sorted({word for text in texts for word in text.split()})
    source = WordVectors(words, np.random.default_rng(0).normal(size=(len(words), 7)).astype("f4"))
    found = Bottlenecks.of(source)
    for text, row in zip(texts, found.means(texts), strict=True):
        assert found.means([text]).tobytes() == row.tobytes()


@pytest.mark.parametrize("counts", [None, [0, 0, 0]])
def test_without_counts_words_come_as_often_as_zipf_says(counts):
    # 1, 1/2 and 1/3, of 11/6 together
    found = shares(vectors_of(np.eye(3), counts))
    np.testing.assert_allclose(found, [6 / 11, 3 / 11, 2 / 11])


def test_counts_are_shares_of_the_text():
    assert shares(vectors_of(np.eye(3), [5, 3, 2])).tolist() == [0.5, 0.3, 0.2]


def test_vectors_of_zeros_say_nothing():
    found = Bottlenecks.of(vectors_of([[0, 0], [1, 1]]))
    assert np.isfinite(found.weights).all()
    assert found.means(["a"]).tolist() == [[0, 0]]
    np.testing.assert_array_equal(found.means(["a b"]), found.means(["b"]))


def test_the_first_words_are_kept(axes):
    kept = axes.only(1)
    assert kept.words.known == ["a"] and axes.only(2) is axes
    assert kept.means(["b", "a b"]).tolist() == [[0, 0], [1, 0]]
    few = Bottlenecks.of(vectors_of([[5, 0], [0, 2]], [999, 1]), most=1)
    # 0.999 of all words' counts; alone, its variances are 1 and 0, and 0.3 of their mean is added.
    np.testing.assert_allclose(few.weights, [1.15**-0.5 * 0.001 / 7], rtol=1e-6)


def test_arrays_come_back_as_they_were(axes):
    found = axes.with_common(np.array([[1, 2]], np.float32))
    again = Bottlenecks.from_arrays(found.arrays())
    assert again.words.known == ["a", "b"]
    assert {name: array.tobytes() for name, array in again.arrays().items()} == {
        name: array.tobytes() for name, array in found.arrays().items()}


@pytest.mark.parametrize("broken", [
    {"known": np.frombuffer(b"a\na", np.uint8)}, {"known": np.frombuffer(b"a", np.uint8)},
    {"known": np.frombuffer(b"a\n\xff", np.uint8)}, {"known": np.array(["a", "b"])},
    {"vectors": np.zeros((2, 2), np.uint8)}, {"vectors": np.zeros((3, 1), np.uint8)},
    {"vectors": np.zeros((2, 2), np.float32)}, {"word_weights": np.zeros(3, np.float32)},
    {"word_weights": np.array([1, np.inf], np.float32)}, {"word_weights": np.zeros(2)},
    {"common": np.array([np.nan, 0], np.float32)}, {"common": np.zeros((2, 1), np.float32)},
])
def test_broken_arrays_are_refused(axes, broken):
    with pytest.raises(ValueError):
        Bottlenecks.from_arrays(axes.arrays() | broken)


@pytest.mark.parametrize("name", ["known", "vectors", "word_weights", "common"])
def test_missing_arrays_are_refused(axes, name):
    arrays = axes.arrays()
    del arrays[name]
    with pytest.raises(KeyError, match=name):
        Bottlenecks.from_arrays(arrays)
