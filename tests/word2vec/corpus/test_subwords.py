"""Character n-grams and their buckets: by hand, by fastText's own answers, and by the words."""

import numpy as np
import pytest

from word2vec.corpus.subwords import Ragged, Subwords

PRIME, BASIS = 16777619, 2166136261
# What fastText 0.9.3 answers to get_subwords with n-grams of 3 to 6 and 200,000 buckets.
FASTTEXT = {
    "wherex": [("<wh", 167652), ("<whe", 189715), ("<wher", 126707), ("<where", 71586),
               ("whe", 20941), ("wher", 112621), ("where", 169176), ("wherex", 87904),
               ("her", 73420), ("here", 140811), ("herex", 192137), ("herex>", 18325),
               ("ere", 129033), ("erex", 135139), ("erex>", 17319), ("rex", 34168),
               ("rex>", 185458), ("ex>", 128578)],
    "cafés": [("<ca", 116747), ("<caf", 191831), ("<café", 194639), ("<cafés", 171316),
              ("caf", 169661), ("café", 54601), ("cafés", 126926), ("cafés>", 150160),
              ("afé", 160362), ("afés", 86491), ("afés>", 154879), ("fés", 121922),
              ("fés>", 178612), ("és>", 65752)],
    "日本語": [("<日本", 158587), ("<日本語", 4581), ("<日本語>", 124609), ("日本語", 35559),
            ("日本語>", 128923), ("本語>", 74355)],
}


def hashed(text):
    """FNV-1a of 32 bits, in whose place of a byte from 128 on fastText has its negative."""
    found = BASIS
    for byte in text.encode():
        found = ((found ^ (byte | 0xFFFFFF00 if byte > 127 else byte)) * PRIME) % (1 << 32)
    return found


def grams(word, shortest, longest):
    """The n-grams of a word, one by one."""
    spelled = f"<{word}>"
    return [spelled[begin : begin + size] for begin in range(len(spelled))
            for size in range(shortest, longest + 1) if begin + size <= len(spelled)
            and not (size == 1 and begin in (0, len(spelled) - 1))]


def of(subwords, *words):
    """The buckets of each word."""
    found = subwords.buckets_of(words)
    return [part.tolist() for part in np.split(found.values, found.starts[1:-1])]


def test_the_hash_of_one_character_by_hand():
    # (2166136261 ^ 97) * 16777619 mod 2^32 = 3826002220, FNV-1a's published value of "a"
    assert of(Subwords(1, 1, 1 << 30), "a") == [[3826002220 % (1 << 30)]]


@pytest.mark.parametrize("word", FASTTEXT)
def test_the_buckets_are_those_of_fasttext(word):
    assert grams(word, 3, 6) == [gram for gram, _ in FASTTEXT[word]]
    assert of(Subwords(3, 6, 200_000), word) == [[bucket for _, bucket in FASTTEXT[word]]]


@pytest.mark.parametrize("lengths", [(1, 1), (1, 3), (2, 5), (3, 6), (4, 4), (9, 12)])
def test_many_words_at_once_have_the_buckets_of_each(lengths, monkeypatch):
    monkeypatch.setattr("word2vec.corpus.subwords.AT_ONCE", 3)
    words = ["a", "", "where", "café", "𝒳y", "straße", "aaaaaaaaaa", "<>", "\u0301x"]
    expected = [[hashed(gram) % 101 for gram in grams(word, *lengths)] for word in words]
    assert of(Subwords(*lengths, 101), *words) == expected


def test_the_end_of_a_sentence_and_no_words_have_no_n_grams():
    assert of(Subwords(3, 6, 100), "</s>", "s") == [[], of(Subwords(3, 6, 100), "s")[0]]
    assert Subwords(3, 6, 100).buckets_of([]).starts.tolist() == [0]


def test_the_numbers_of_some_things_are_taken_out():
    ragged = Ragged(np.array([0, 2, 2, 5], np.int32), np.array([7, 8, 1, 2, 3], np.int32))
    taken = ragged.take(np.array([2, 1, 0, 2]))
    assert taken.starts.tolist() == [0, 3, 3, 5, 8]
    assert taken.values.tolist() == [1, 2, 3, 7, 8, 1, 2, 3]
