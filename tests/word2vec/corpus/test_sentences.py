import gzip
from pathlib import Path

import numpy as np
import pytest

from word2vec.corpus import sentences as module
from word2vec.corpus.sentences import (
    Counts,
    LineSentences,
    count_words,
    encode_sentences,
    refuse_odd_counts,
    refuse_unsuitable,
    tokens_of,
    vocabulary_of,
)
from word2vec.corpus.vocabulary import Vocabulary
from words_and_images.common.errors import UserError

PETS = [["a", "cat"], [], ["a", "dog", "a", "cat"]]


class OnceAfterAll:
    """Looks as if it could be gone over again."""

    def __init__(self):
        self._left = iter(PETS)

    def __iter__(self):
        return self._left


def test_words_sentences_and_tokens_are_counted():
    assert count_words(PETS) == Counts({"a": 3, "cat": 2, "dog": 1}, 3, 6)


@pytest.mark.parametrize("kind", [list, tuple, iter, np.array, lambda words: (w for w in words)])
def test_a_sentence_is_any_iterable_of_tokens(kind):
    assert count_words([kind(["a", "cat"])]).words == {"a": 1, "cat": 1}
    assert {type(token) for sentence in tokens_of([kind(["a", "b"])]) for token in sentence} == {
        str}


# The bar is 1 after the third sentence, 2 after the fourth, and 3 after the last.
@pytest.mark.parametrize("more, counts", [
    ([], {"graph": 3, "system": 4}),
    ([["minors", "survey", "minors", "survey", "minors"]],
     {"graph": 3, "system": 4, "minors": 3}),
])
def test_the_rarest_are_forgotten_where_too_many_are_held(more, counts):
    sentences = [["graph", "system"], ["graph", "system"], ["system", "eps"], ["graph", "system"]]
    assert count_words(sentences + more, max_counted=2).words == counts


@pytest.mark.parametrize("sentences, told", [
    ("the cat", r"sentences is 'the cat'; give lists of tokens, or the path of a text as corpus"),
    (Path("text.txt"), "or the path of a text as corpus_file"),
    (5, "sentences is 5; give lists of tokens"),
    ((each for each in PETS), "sentences is a generator, which can be gone over once"),
    (map(list, PETS), "sentences is a map, which can be gone over once"),
])
def test_what_are_no_sentences_or_come_once_only_is_refused(sentences, told):
    with pytest.raises(UserError, match=told):
        refuse_unsuitable(sentences)


@pytest.mark.parametrize("sentences", [PETS, tuple(PETS), np.array([["a", "b"]]), {"k": 1}.keys()])
def test_what_can_be_gone_over_again_is_taken(sentences):
    refuse_unsuitable(sentences)


@pytest.mark.parametrize("second, told", [
    ("the cat sat", r"sentence 2 is 'the cat sat' in one piece, whose letters would be the words; "
                    r"give its tokens, such as sentence\.split\(\)"),
    (b"the", "sentence 2 is b'the' in one piece"),
    (7, "sentence 2 is 7; give a list of tokens for each sentence"),
    (["a", 7], "sentence 2 holds 7, of int; tokens are str"),
    (["a", b"cat"], "sentence 2 holds b'cat', of bytes; tokens are str"),
    ([["a"], ["b"]], r"sentence 2 holds \['a'\], of list; tokens are str"),
    (["a", None], "sentence 2 holds None, of NoneType"),
])
def test_what_is_no_list_of_tokens_is_refused_with_its_number(second, told):
    with pytest.raises(UserError, match=told):
        count_words([["a", "b"], second])


@pytest.mark.parametrize("token, told", [
    ("", r"a token is empty, as text\.split\(' '\) gives them between two blanks"),
    ("a\nb", r"the token 'a\\nb' holds a line feed"),
    ("\ud83d", r"the token '\\ud83d' holds half of a character"),
])
def test_tokens_that_no_vocabulary_can_hold_are_refused(token, told):
    with pytest.raises(UserError, match=told):
        count_words([["a", token]])


@pytest.mark.parametrize("counts, told", [
    ([("a", 1)], r"the counts are \[\('a', 1\)\]; give a dict"),
    ({5: 1}, "the counts hold 5, of int; words are str"),
    ({"a": 0}, "the count of 'a' is 0; give whole numbers from 1 on"),
    ({"a": 1.5}, "the count of 'a' is 1.5; give whole"),
    ({"a": True}, "the count of 'a' is True; give whole"),
    ({"": 2}, "a token is empty"),
])
def test_counts_that_cannot_be_are_refused(counts, told):
    with pytest.raises(UserError, match=told):
        refuse_odd_counts(counts)


def test_counts_of_numpys_integers_are_taken():
    refuse_odd_counts({"a": np.int64(3), "b": np.uint8(1)})


# gensim's rule: of the counts 4, 3, 3, 2, 2, 2 at most three words are those above 2, at most two
# those above 3, which is one and too few.
@pytest.mark.parametrize("min_count, most, words", [
    (1, None, "abcdef"), (3, None, "abc"), (1, 6, "abcdef"), (1, 5, "abc"), (1, 3, "abc"),
    (3, 5, "abc"),
])
def test_equally_frequent_words_are_kept_or_left_out_together(min_count, most, words):
    counts = {"f": 2, "a": 4, "b": 3, "d": 2, "c": 3, "e": 2}
    vocabulary = vocabulary_of(counts, min_count, most)
    assert vocabulary.words == list(words)
    assert vocabulary.counts.tolist() == [4, 3, 3, 2, 2, 2][: len(words)]


def test_too_few_words_and_no_words_are_refused():
    with pytest.raises(UserError, match="1 of 3 words occurs at least min_count = 3 times and two"):
        vocabulary_of({"a": 3, "b": 2, "c": 2}, 1, 2)
    with pytest.raises(UserError, match="the sentences hold no tokens; give some"):
        vocabulary_of({}, 5)


@pytest.mark.parametrize("at_once", [1, 3, 1 << 20])
def test_sentences_become_ids_in_random_order_without_unknown_words(
    tmp_path, monkeypatch, at_once
):
    monkeypatch.setattr(module, "TOKENS_AT_ONCE", at_once)
    vocabulary = Vocabulary(["a", "cat", "eel"], np.array([3, 2, 9]))
    corpus, counts = encode_sentences([*PETS, ["dog"], ["cat", "dog", "cat"]], vocabulary,
                                      tmp_path, 1)
    assert counts == Counts({}, 5, 10)
    bounds = corpus.bounds.tolist()
    found = [corpus.ids[start:end].tolist()
             for start, end in zip(bounds[:-1], bounds[1:], strict=True)]
    assert sorted(found) == [[], [0, 0, 1], [0, 1], [1, 1]]
    assert corpus.vocabulary is vocabulary
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bounds.npy", "ids.npy"]


def test_sentences_without_a_known_word_are_refused(tmp_path):
    vocabulary = Vocabulary(["eel", "ant"], np.array([2, 1]))
    with pytest.raises(UserError, match="3 sentences came with 6 tokens, of which none is in the"):
        encode_sentences(PETS, vocabulary, tmp_path, 1)


def test_sentences_that_are_used_up_are_told(tmp_path):
    once = OnceAfterAll()
    refuse_unsuitable(once)
    vocabulary = vocabulary_of(count_words(once).words, 1)
    with pytest.raises(UserError, match="0 sentences came with 0 tokens, .* must begin anew"):
        encode_sentences(once, vocabulary, tmp_path, 1)


@pytest.mark.parametrize("name", ["text.txt", "text.txt.gz"])
def test_the_lines_of_a_text_are_sentences_of_words_between_white_space(tmp_path, name):
    content = "A cat\tsat.\n\nda\u00a0capo\n".encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    sentences = LineSentences(tmp_path / name)
    for _ in range(2):
        assert [sentence for sentence in sentences if sentence] == [
            ["A", "cat", "sat."], ["da", "capo"]]


def test_a_name_of_the_catalogue_is_no_text_of_sentences(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="^text8 names no text; give a file, a folder of them or"):
        list(LineSentences("text8"))
