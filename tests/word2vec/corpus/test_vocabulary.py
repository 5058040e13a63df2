import numpy as np
import pytest

from word2vec.corpus.vocabulary import Vocabulary, keep_probabilities, order_words
from words_and_images.common.errors import UserError


def of(**counts):
    return Vocabulary(list(counts), np.array(list(counts.values()), dtype=np.int64))


def test_words_are_ordered_by_falling_count_and_then_by_the_alphabet():
    ordered = order_words([b"b", b"rare", b"a", b"the"], np.array([3, 1, 3, 9]), min_count=2)
    assert ordered.words == ["the", "a", "b"]
    assert ordered.counts.tolist() == [9, 3, 3]
    assert ordered.counts.dtype == np.int64


def test_words_of_one_count_are_in_the_order_of_their_characters():
    words = ["z", "é", "\uffff", "𝄞", "ab", "a"]
    ordered = order_words([word.encode() for word in words], np.ones(6, np.int64), min_count=1)
    assert ordered.words == sorted(words)


def test_index_length_and_total_follow_from_the_words():
    vocabulary = of(the=9, cat=3)
    assert vocabulary.index == {"the": 0, "cat": 1}
    assert len(vocabulary) == 2
    assert vocabulary.total == 12


@pytest.mark.parametrize(("counts", "min_count", "told"), [
    ([], 2, "0 of 0 words occur at least min_count = 2 times"),
    ([5], 2, "1 of 1 word occurs at least min_count = 2 times"),
    ([5, 1], 2, "1 of 2 words occurs at least min_count = 2 times"),
    ([5], 1, "1 of 1 word occurs at least min_count = 1 time"),
    ([0, 5, 0], 1, "1 of 1 word occurs at least min_count = 1 time"),  # phrases used up the others
    ([7] * 12_640, 99_999, "0 of 12,640 words occur at least min_count = 99,999 times"),
])
def test_fewer_than_two_words_are_refused(counts, min_count, told):
    words = [b"w%d" % i for i in range(len(counts))]
    with pytest.raises(UserError) as caught:
        order_words(words, np.array(counts, dtype=np.int64), min_count)
    remedy = "lower min_count or give more text" if sum(map(bool, counts)) > 1 else (
        "give text of more words")
    assert str(caught.value) == f"{told} and two are needed; {remedy}."


@pytest.mark.parametrize(("most", "expected"), [(2, ["the", "a"]), (9, ["the", "a", "b"]),
                                                (None, ["the", "a", "b"])])
def test_at_most_so_many_words_are_kept_the_most_frequent(most, expected):
    ordered = order_words([b"b", b"rare", b"a", b"the"], np.array([3, 1, 3, 9]), 2, most)
    assert ordered.words == expected and len(ordered.counts) == len(expected)


def test_a_saved_vocabulary_loads_with_words_of_any_alphabet(tmp_path):
    saved = of(**{"straße": 9, "東京": 7, "e\u0301": 3, "New_York,": 2, "\u200bzero": 1})
    saved.save(tmp_path / "vocabulary.txt")
    loaded = Vocabulary.load(tmp_path / "vocabulary.txt")
    assert loaded.words == saved.words
    assert loaded.counts.tolist() == saved.counts.tolist()
    assert loaded.counts.dtype == np.int64
    text = (tmp_path / "vocabulary.txt").read_text(encoding="utf-8")
    assert text.startswith("straße 9\n東京 7\n")


def test_an_empty_vocabulary_loads_too(tmp_path):
    of().save(tmp_path / "vocabulary.txt")
    assert len(Vocabulary.load(tmp_path / "vocabulary.txt")) == 0


@pytest.mark.parametrize(("content", "told"), [
    (b"the 9\ncat\n", "line 2 of vocabulary.txt is no word with a count"),
    (b"the 9\ncat many\n", "line 2 of vocabulary.txt is no word with a count"),
    (b"the 99999999999999999999\n", "line 1 of vocabulary.txt is no word with a count"),
    (b"the 9\ncat -3\n", "vocabulary.txt has a count of -3"),
    (b"the 9\nthe 3\n", "vocabulary.txt holds a word more than once"),
    (b"\xff 9\n", "vocabulary.txt is no UTF-8"),
])
def test_what_was_not_saved_so_is_no_vocabulary(tmp_path, content, told):
    (tmp_path / "vocabulary.txt").write_bytes(content)
    with pytest.raises(ValueError, match=told):
        Vocabulary.load(tmp_path / "vocabulary.txt")


def test_subsampling_keeps_by_the_formula():
    # f = 0.9, 0.09, 0.01 and t = 0.01: t / f = 1/90, 1/9, 1;
    # sqrt(t / f) + t / f = 0.105409 + 0.011111, 0.333333 + 0.111111, and 1 + 1, cut to 1.
    probabilities = keep_probabilities(np.array([90, 9, 1]), sample=0.01)
    np.testing.assert_allclose(probabilities, [0.116520, 0.444444, 1.0], rtol=1e-5)
    assert probabilities.dtype == np.float32


def test_subsampling_with_a_threshold_of_zero_keeps_everything():
    assert keep_probabilities(np.array([90, 9, 1]), sample=0).tolist() == [1, 1, 1]


def test_known_words_are_kept_however_rare_and_new_ones_by_the_bounds():
    words, counts = [b"old", b"rare", b"gone", b"new", b"newer", b"odd"], np.array(
        [1, 9, 0, 5, 6, 4])
    known = {b"old", b"gone", b"elsewhere"}
    # rare, newer and new reach min_count = 5; old is known; gone does not occur here.
    assert order_words(words, counts, 5, None, known).words == ["rare", "newer", "new", "old"]
    # Three words are known: of 5 in all, two new ones are left, the most frequent.
    assert order_words(words, counts, 5, 5, known).words == ["rare", "newer", "old"]
    assert order_words(words, counts, 1, 2, {b"old", b"rare", b"x"}).words == ["rare", "old"]
    with pytest.raises(UserError, match="two are needed"):
        order_words([b"old"], np.array([3]), 5, None, known)
