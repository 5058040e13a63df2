"""Words and pairs of words with their weights, worked by hand; arrays, and broken ones."""

from math import log, sqrt

import numpy as np
import pytest

from texts import ngrams
from texts.ngrams import Ngrams, Words, checked

TINY = ["red apple red", "Red apple pie", "green pie!"]
ROWS = ["red apple pie red apple", "nobody knows", "", "pie apple red apple", "green"]


@pytest.fixture
def tiny() -> Ngrams:
    return Ngrams.of(TINY)


def dense(rows) -> np.ndarray:
    return rows.times(np.eye(rows.width, dtype=np.float32))


def mask(places, length: int) -> np.ndarray:
    return np.isin(np.arange(length), places)


def test_all_words_are_kept_and_the_pairs_that_two_documents_have(tiny):
    assert tiny.words.known == ["apple", "green", "pie", "red"]
    # "red apple" is in two documents; "apple red", "apple pie" and "green pie" are in one each.
    assert tiny.pairs.tolist() == [3 * 4 + 0]


def test_a_pair_that_one_document_has_twice_is_not_kept():
    assert len(Ngrams.of(["red apple red apple", "pie"]).pairs) == 0


def test_no_pair_reaches_over_the_end_of_a_document():
    assert len(Ngrams.of(["pie red", "apple pie", "red", "apple"]).pairs) == 0


def test_what_is_rare_weighs_more(tiny):
    # Three documents: log(4 / 2) for apple, pie, red and "red apple", log(4 / 1) for green.
    np.testing.assert_allclose(tiny.rarities, [log(2), log(4), log(2), log(2), log(2)], rtol=1e-6)


def test_weights_of_words_worked_by_hand(tiny):
    # 1 x log 2 for apple, (1 + log 2) x log 2 for red, which comes twice; green 2 log 2, pie log 2.
    twice = 1 + log(2)
    length = sqrt(1 + twice**2)
    third = 1 / sqrt(3)
    np.testing.assert_allclose(dense(tiny.rows(TINY)), [
        [1 / length, 0, 0, twice / length, 0.5], [third, 0, third, third, 0.5],
        [0, 2 / sqrt(5), 1 / sqrt(5), 0, 0]], rtol=1e-6)


def test_weights_of_pairs_worked_by_hand():
    found = Ngrams.of(["a b a b", "a b", "b a"])
    assert found.pairs.tolist() == [1, 2]  # "a b", "b a", in two documents each
    twice = 1 + log(2)  # "a b" comes twice
    length = sqrt(twice**2 + 1)
    np.testing.assert_allclose(dense(found.rows(["a b a b"]))[0], [
        sqrt(0.5), sqrt(0.5), 0.5 * twice / length, 0.5 / length], rtol=1e-6)


def test_words_have_the_length_1_and_pairs_a_half(tiny, rows):
    found = Ngrams.of([text for _, text in rows])
    table = dense(found.rows([text for _, text in rows]))
    words, pairs = np.split(table, [len(found.words)], axis=1)
    np.testing.assert_allclose(np.linalg.norm(words, axis=1), 1, rtol=1e-5)
    lengths = np.linalg.norm(pairs, axis=1)
    np.testing.assert_allclose(lengths[lengths > 0], 0.5, rtol=1e-5)
    assert (lengths > 0).any()


def test_unknown_words_weigh_nothing_and_part_their_neighbours(tiny):
    np.testing.assert_allclose(dense(tiny.rows(["red lemon apple"])),
                               [[sqrt(0.5), 0, 0, sqrt(0.5), 0]], rtol=1e-6)


def test_a_text_without_known_words_is_an_empty_row(tiny):
    rows = tiny.rows(ROWS)
    assert np.diff(rows.ends).tolist() == [4, 0, 0, 4, 1] and rows.width == 5
    assert len(tiny.rows([])) == 0


def test_a_row_has_the_same_bits_alone_as_among_others(tiny, monkeypatch):
    together = list(tiny.rows(ROWS))
    monkeypatch.setattr(ngrams, "AT_ONCE", 2)
    for text, row, portioned in zip(ROWS, together, tiny.rows(ROWS), strict=True):
        for alone, one, other in zip(*tiny.rows([text]), row, portioned, strict=True):
            assert alone.tobytes() == one.tobytes() == other.tobytes()


def test_portions_make_no_difference_to_what_is_counted(tiny, monkeypatch):
    monkeypatch.setattr(ngrams, "AT_ONCE", 1)
    for name, array in Ngrams.of(TINY).arrays().items():
        np.testing.assert_array_equal(array, tiny.arrays()[name])


def test_words_of_a_kept_pair_stay_without_a_weight_of_their_own(tiny):
    kept = tiny.only(mask([4], 5))
    assert kept.words.known == ["apple", "red"] and kept.pairs.tolist() == [1 * 2 + 0]
    np.testing.assert_allclose(kept.rarities, [0, 0, log(2)], rtol=1e-6)
    np.testing.assert_array_equal(dense(kept.rows(["red apple", "apple red"])),
                                  [[0, 0, 0.5], [0, 0, 0]])


def test_kept_words_alone_have_the_length_1(tiny):
    kept = tiny.only(mask([1, 2], 5))
    assert kept.words.known == ["green", "pie"] and len(kept.pairs) == 0
    np.testing.assert_allclose(dense(kept.rows(["green pie", "red apple pie"])),
                               [[2 / sqrt(5), 1 / sqrt(5)], [0, 1]], rtol=1e-6)


def test_rows_of_what_is_kept_are_the_kept_columns_at_their_lengths(rows):
    texts = [text for _, text in rows]
    whole = Ngrams.of(texts)
    chosen = np.random.default_rng(1).random(len(whole)) < 0.5
    kept = whole.only(chosen)
    vocabulary = len(whole.words)
    columns = [whole.words.known.index(word) for word in kept.words.known]
    table = dense(whole.rows(texts)) * chosen
    words, pairs = table[:, columns], table[:, vocabulary:][:, chosen[vocabulary:]]
    expected = [part * length / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-9)
                for part, length in ((words, 1), (pairs, 0.5))]
    np.testing.assert_allclose(dense(kept.rows(texts)), np.hstack(expected), atol=1e-6)


def test_all_or_nothing_can_be_kept(tiny):
    for name, array in tiny.only(np.ones(5, np.bool_)).arrays().items():
        np.testing.assert_array_equal(array, tiny.arrays()[name])
    nothing = tiny.only(np.zeros(5, np.bool_))
    assert (len(nothing), len(nothing.rows(TINY)), len(nothing.rows(TINY).values)) == (0, 3, 0)


def test_the_share_of_unknown_words(tiny):
    found = tiny.words.read(["red lemon", "red", "lemon", "12"])
    np.testing.assert_array_equal(found.unknown(), [0.5, 0, 1, np.nan])
    other = Words(["lemon"]).read(["red lemon", "red", "lemon", "12"])
    np.testing.assert_array_equal(found.unknown(other), [0, 0, 0, np.nan])


@pytest.mark.parametrize("texts", [TINY, ["Größe über", "größe ÜBER", "мера"], ["1", "2"], []])
def test_arrays_come_back_as_they_were(texts):
    found = Ngrams.of(texts)
    again = Ngrams.from_arrays(found.arrays())
    assert again.words.known == found.words.known
    assert {name: array.tobytes() for name, array in again.arrays().items()} == {
        name: array.tobytes() for name, array in found.arrays().items()}


def letters(text: bytes) -> np.ndarray:
    return np.frombuffer(text, np.uint8)


@pytest.mark.parametrize("broken", [
    {"words": letters(b"red\ngreen\npie\nred")}, {"words": letters(b"apple\n\npie\nred")},
    {"words": letters(b"apple\ngreen\npie")}, {"words": letters(b"a\xff\ngreen\npie\nred")},
    {"words": letters(b"apple\ngreen\npie\nred").astype(np.int64)},
    {"pairs": [13, 12]}, {"pairs": [12, 12]}, {"pairs": [-1, 12]}, {"pairs": [12, 16]},
    {"pairs": [12]}, {"pairs": [[12, 13]]}, {"pairs": np.array([12, 13], np.int32)},
    {"rarities": np.full(6, np.inf, np.float32)}, {"rarities": np.full(6, np.nan, np.float32)},
    {"rarities": np.ones(5, np.float32)}, {"rarities": np.ones(6)},
])
def test_broken_arrays_are_refused(broken):
    whole = {"words": letters(b"apple\ngreen\npie\nred"), "pairs": np.array([12, 13]),
             "rarities": np.ones(6, np.float32)}
    assert len(Ngrams.from_arrays(whole)) == 6
    with pytest.raises(ValueError):
        Ngrams.from_arrays(whole | {name: np.asarray(array) for name, array in broken.items()})


def test_an_array_of_another_kind_is_told_with_what_belongs():
    with pytest.raises(ValueError, match=r"has float64 \(2,\) where float32 \(None, 3\) belongs"):
        checked(np.zeros(2), np.float32, (None, 3))
