import numpy as np
import pytest

from common.errors import UserError
from word2vec import vocabulary as module
from word2vec.vocabulary import Vocabulary, keep_probabilities, order_words, unigram_table


def of(**counts):
    return Vocabulary(list(counts), np.array(list(counts.values()), dtype=np.int64))


def test_words_are_ordered_by_falling_count_and_then_by_the_alphabet():
    ordered = order_words(["b", "rare", "a", "the"], np.array([3, 1, 3, 9]), min_count=2)
    assert ordered.words == ["the", "a", "b"]
    assert ordered.counts.tolist() == [9, 3, 3]
    assert ordered.counts.dtype == np.int64


def test_index_length_and_total_follow_from_the_words():
    vocabulary = of(the=9, cat=3)
    assert vocabulary.index == {"the": 0, "cat": 1}
    assert len(vocabulary) == 2
    assert vocabulary.total == 12


@pytest.mark.parametrize("counts", [[], [5], [5, 1]])
def test_fewer_than_two_words_are_refused(counts):
    words = ["a", "b"][: len(counts)]
    with pytest.raises(UserError, match="min_count = 2 times and two are needed; lower min_count"):
        order_words(words, np.array(counts, dtype=np.int64), min_count=2)


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


def test_subsampling_keeps_by_the_formula():
    # f = 0.9, 0.09, 0.01 and t = 0.01: t / f = 1/90, 1/9, 1;
    # sqrt(t / f) + t / f = 0.105409 + 0.011111, 0.333333 + 0.111111, and 1 + 1, cut to 1.
    probabilities = keep_probabilities(np.array([90, 9, 1]), sample=0.01)
    np.testing.assert_allclose(probabilities, [0.116520, 0.444444, 1.0], rtol=1e-5)
    assert probabilities.dtype == np.float32


def test_subsampling_with_a_threshold_of_zero_keeps_everything():
    assert keep_probabilities(np.array([90, 9, 1]), sample=0).tolist() == [1, 1, 1]


@pytest.mark.parametrize("exponent", [0.75, 1.0, 0.0, 0])
def test_the_noise_table_holds_each_word_in_proportion_to_its_count_to_the_exponent(
    monkeypatch, exponent
):
    monkeypatch.setattr(module, "UNIGRAM_TABLE_SIZE", 100_000)
    counts = np.array([625, 256, 81, 16, 1])  # to the power of 3/4: 125, 64, 27, 8, 1
    shares = np.bincount(unigram_table(counts, exponent)) / 100_000
    expected = counts**exponent / (counts**exponent).sum()
    np.testing.assert_allclose(shares, expected, atol=1e-5)


def test_the_noise_table_by_hand(monkeypatch):
    monkeypatch.setattr(module, "UNIGRAM_TABLE_SIZE", 9)
    # 16^0.75 = 8 and 1^0.75 = 1, in 40 places (20 a word): 40 * 8 / 9 = 35.6 and the rest
    table = unigram_table(np.array([16, 1]), 0.75)
    assert np.bincount(table).tolist() == [36, 4]
    assert table.dtype == np.int32
