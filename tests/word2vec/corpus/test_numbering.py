import numpy as np
import pytest

from word2vec.corpus import numbering
from word2vec.corpus.numbering import (
    LONGEST_WORD,
    CorpusWriter,
    Tokens,
    WordNumbers,
    number_documents,
)


def tokens(text):
    return Tokens.find(text.encode())


def texts(corpus):
    """The documents back from their numbers."""
    names = {number: word.decode() for word, number in corpus.words.items()}
    bounds = corpus.bounds
    return [" ".join(names.get(number, "?") for number in corpus.tokens[start:end].tolist())
            for start, end in zip(bounds[:-1], bounds[1:], strict=True)]


def made_text(seed=1, count=3000):
    """Words of 1 to 70 bytes, many of which begin alike, the first of them often."""
    generator = np.random.default_rng(seed)
    alike = ["a" * n for n in range(1, 71)] + [f"{'b' * n}{c}" for n in (7, 8, 15, 24, 31, 32)
                                               for c in "xyzé"]
    drawn = generator.zipf(1.3, count) % len(alike)
    return " ".join(alike[i] for i in drawn)


def test_tokens_by_hand():
    found = tokens("ab  c\n\nd e\n")
    assert found.slices(np.arange(len(found))) == [b"ab", b"c", b"d", b"e"]
    assert found.lengths.tolist() == [2, 1, 1, 1]
    assert found.document_ends().tolist() == [2, 2, 4]
    assert found.part(0, np.array([0])).tolist() == [ord("a") + 256 * ord("b")]
    assert found.part(1, np.array([0])).tolist() == [0]


def test_what_is_too_long_is_no_word():
    longest = "x" * LONGEST_WORD
    found = tokens(f"a {longest} {longest}x b\nc\n")
    assert found.slices(np.arange(len(found))) == [b"a", longest.encode(), b"b", b"c"]
    assert found.document_ends().tolist() == [3, 4]


@pytest.mark.parametrize("bits", [1, 4, 19])
def test_numbers_are_those_of_a_dict_however_small_the_table(monkeypatch, bits):
    monkeypatch.setattr(numbering, "_SLOT_BITS", bits)
    numbers = WordNumbers()
    for seed in range(3):
        found = tokens(made_text(seed))
        given = numbers.number(found)
        assert [*map(numbers.words.get, found.slices(np.arange(len(found))))] == given.tolist()
    assert sorted(numbers.words.values()) == list(range(len(numbers.words)))
    assert numbers.words.given == len(numbers.words) > 80


def test_a_word_that_begins_like_another_is_another():
    numbers = WordNumbers()
    found = tokens("abcdefgh abcdefghi abcdefghabcdefgh abcdefgh abcdefghi")
    for _ in range(2):  # the second time from the table
        assert numbers.number(found).tolist() == [0, 1, 2, 0, 1]


def test_above_a_bound_the_rarest_words_are_forgotten():
    numbers = WordNumbers(max_counted=3)
    assert numbers.number(tokens("a a a b b c")).tolist() == [0, 0, 0, 1, 1, 2]
    assert numbers.bar == 0 and len(numbers.words) == 3
    # A fourth word: with the bar at 1, c and d are forgotten.
    assert numbers.number(tokens("d")).tolist() == [3]
    assert (numbers.bar, dict(numbers.words)) == (1, {b"a": 0, b"b": 1})
    # c comes back under a new number and two times is above the bar; the bar does not fall.
    assert numbers.number(tokens("c a c")).tolist() == [4, 0, 4]
    # Five words at once: above 2 are a, with 4, and e, with 3.
    assert numbers.number(tokens("e e e f g")).tolist() == [5, 5, 5, 6, 7]
    assert (numbers.bar, dict(numbers.words)) == (2, {b"a": 0, b"e": 5})
    assert numbers.words.given == 8


@pytest.mark.parametrize("most", [2, 5, 20])
def test_a_number_stands_for_one_word_whatever_is_forgotten(monkeypatch, tmp_path, most):
    monkeypatch.setattr(numbering, "TEXT_AT_ONCE", 40)
    documents = made_text(count=600).split("é")
    meaning = {}
    found = number_documents(documents, tmp_path / "a", "whitespace", most)
    for words, number in zip(" ".join(documents).split(), found.tokens.tolist(), strict=True):
        assert meaning.setdefault(number, words) == words
    assert len(found.words) <= most < len(meaning) <= found.words.given
    again = number_documents(documents, tmp_path / "b", "whitespace", most)
    assert again.words == found.words and (again.tokens == found.tokens).all()


def test_the_most_frequent_words_survive_a_small_bound(monkeypatch, tmp_path):
    monkeypatch.setattr(numbering, "TEXT_AT_ONCE", 100)
    rare = [f"the rare{i} of odd{i} the" for i in range(200)]
    corpus = number_documents(rare, tmp_path / "a", "whitespace", 40)
    counts = corpus.counts()
    assert counts[corpus.words[b"the"]] == 400 and counts[corpus.words[b"of"]] == 200
    assert corpus.words.given == 402 and len(corpus.words) <= 40


@pytest.mark.parametrize("size", [1, 30, 1 << 18])
def test_documents_come_back_whatever_is_read_at_once(monkeypatch, tmp_path, size):
    monkeypatch.setattr(numbering, "TEXT_AT_ONCE", size)
    documents = ["one two", "", "three\nin two lines", " \n", "one", "été"]
    corpus = number_documents(documents, tmp_path / "a", "words")
    # A line end inside a document is white space; documents without a word are none.
    assert texts(corpus) == ["one two", "three in two lines", "one", "été"]
    assert corpus.bounds.tolist() == [0, 2, 6, 7, 8]
    assert corpus.counts()[corpus.words[b"two"]] == 2


@pytest.mark.parametrize("documents", [[], [""], ["12 -"]])
def test_a_text_without_a_word_is_an_empty_corpus(tmp_path, documents):
    corpus = number_documents(documents, tmp_path / "a", "letters")
    assert len(corpus.tokens) == len(corpus.counts()) == len(corpus.words) == 0
    assert corpus.bounds.tolist() == [0] and list(corpus.pieces()) == []


@pytest.mark.parametrize("at_once", [1, 2, 3, 5, 100])
def test_pieces_are_whole_documents_and_together_the_corpus(monkeypatch, tmp_path, at_once):
    monkeypatch.setattr(numbering, "TOKENS_AT_ONCE", at_once)
    corpus = number_documents(["a b c", "d", "a", "b b", "c c c c c"], tmp_path / "a", "letters")
    pieces = list(corpus.pieces())
    assert np.concatenate([piece for piece, _ in pieces]).tolist() == corpus.tokens.tolist()
    lengths = np.concatenate([np.diff(bounds) for _, bounds in pieces])
    assert lengths.tolist() == [3, 1, 1, 2, 5]
    for piece, bounds in pieces:
        assert bounds[0] == 0 and bounds[-1] == len(piece)
        assert len(piece) <= at_once or len(bounds) == 2
    assert corpus.counts().tolist() == [2, 3, 6, 1]


def test_a_writer_leaves_out_documents_without_a_token(tmp_path):
    with CorpusWriter(tmp_path / "a") as output:
        output.write(np.array([3, 1, 2], np.int32), np.array([0, 2, 2, 3]))
        output.write(np.array([], np.int32), np.array([0]))
        output.write(np.array([5], np.int32), np.array([1, 1]))
    assert np.fromfile(tmp_path / "a" / "tokens.int32", np.int32).tolist() == [3, 1, 2, 5]
    assert np.fromfile(tmp_path / "a" / "bounds.int64", np.int64).tolist() == [0, 2, 3, 4]


def test_words_of_an_earlier_training_are_never_forgotten(monkeypatch, tmp_path):
    monkeypatch.setattr(numbering, "TEXT_AT_ONCE", 1)
    documents = ["old a", "b c d e", "f f g", "old h"]
    corpus = number_documents(documents, tmp_path / "a", "letters", 2, kept={b"old", b"other"})
    assert corpus.counts()[corpus.words[b"old"]] == 2
    # Beside the two, two are held: after the second document all others that occurred once go.
    assert set(corpus.words) == {b"old", b"f", b"g", b"h"}
