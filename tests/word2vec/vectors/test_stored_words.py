import numpy as np
import pytest

from word2vec.corpus.vocabulary import Vocabulary
from word2vec.vectors.stored_words import CountedWords, StoredWords
from words_and_images.common.errors import UserError

WORDS = ["the", "new", "new york", "york", "東京", "x\x85y", "naïve", ""]


@pytest.fixture
def stored(tmp_path) -> CountedWords:
    Vocabulary(WORDS, np.arange(80, 0, -10)).save(tmp_path / "vocabulary.txt")
    return CountedWords(tmp_path / "vocabulary.txt")


def write(tmp_path, content: bytes):
    (tmp_path / "v.txt").write_bytes(content)
    return tmp_path / "v.txt"


def test_words_are_those_of_the_file_one_by_one_and_together(stored):
    assert len(stored) == len(WORDS) and list(stored) == WORDS
    assert [stored[row] for row in range(len(WORDS))] == WORDS
    assert stored[-2] == "naïve" and stored[1:3] == WORDS[1:3] and stored[::-3] == WORDS[::-3]
    assert stored[5:5] == [] and stored[:99] == WORDS
    with pytest.raises(IndexError):
        stored[len(WORDS)]


def test_a_word_is_found_in_its_row_and_parts_of_words_are_not(stored):
    assert [stored.row(word) for word in WORDS] == list(range(len(WORDS)))
    for word in ("th", "he", "y", "New", "80", "the 80", "new york 60", "\n", "new\nyork",
                 "the 80\nnew", "\udce9", "\ud800"):
        assert stored.row(word) is None


def test_counts_are_read_and_zeros_stand_for_none(stored, tmp_path):
    assert stored.counts.tolist() == [80, 70, 60, 50, 40, 30, 20, 10]
    assert CountedWords(write(tmp_path, b"a 0\nb 0\n")).counts is None


def test_a_last_line_without_line_feed_counts(tmp_path):
    assert list(CountedWords(write(tmp_path, b"a 2\nb 1"))) == ["a", "b"]
    assert list(CountedWords(write(tmp_path, b""))) == []


@pytest.mark.parametrize("content, sentence", [
    (b"a 2\n\xe9 1\n", "is not UTF-8 at byte 4"), (b"a 2\nb\nc 1\n", "line 2: no word with"),
    (b"a 2\n\nc 1\n", "line 2"), (b"\na 2\n", "line 1"),
    (b"a 2\r\nb 1\r\n", "line 1: no word with its count but a carriage return"),
    (b"a 2\nx5\n", "line 2"), (b"12\n15\n", "line 1"), (b"a 2\nb x5\n", "line 2"),
    (b"a 99999999999999999999\n", "line 1")])
def test_what_is_no_vocabulary_is_refused_with_its_place(tmp_path, content, sentence):
    with pytest.raises(UserError, match=sentence):
        CountedWords(write(tmp_path, content))


def test_a_word_that_comes_twice_is_refused_with_its_lines(tmp_path):
    long, longer = "x" * 40, "x" * 40 + "y"  # of these the first 32 bytes are alike
    assert list(CountedWords(write(tmp_path, f"{long} 2\n{longer} 1\n".encode()))) == [long, longer]
    for word in ("new york", "東京", "", long):
        path = write(tmp_path, f"a 9\n{word} 8\nb 8\n{word} 7\n".encode())
        with pytest.raises(UserError, match=f"the word '{word}' twice, in lines 2 and 4; train"):
            CountedWords(path)


def test_words_without_counts_are_those_of_their_lines():
    stored = StoredWords("".join(f"{word}\n" for word in WORDS).encode(), "it")
    assert list(stored) == WORDS and stored.counts is None and stored[-2] == "naïve"
    assert [stored.row(word) for word in WORDS] == list(range(len(WORDS)))
    assert [stored.row(word) for word in ("ne", "york\nx", "w york")] == [None] * 3


def test_counts_beyond_64_bits_are_refused_when_asked_for(tmp_path):
    words = CountedWords(write(tmp_path, b"a 9999999999999999999\n"))
    with pytest.raises(UserError, match="cannot be read"):
        _ = words.counts
