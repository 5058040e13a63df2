import contextlib
from collections import namedtuple

import numpy as np
import pytest

from word2vec.corpus import encoding, numbering
from word2vec.corpus.encoded_corpus import EncodedCorpus
from word2vec.corpus.encoding import encode
from word2vec.corpus.phrases import Phrase
from word2vec.corpus.reading import Reading
from word2vec.folders import ENCODED
from word2vec.parameters import EncodeParameters, PhraseParameters
from words_and_images.common import files
from words_and_images.common.array_files import open_array
from words_and_images.common.errors import UserError
from words_and_images.common.own_files import seal

DOCUMENTS = ["the cat saw the dog", "", "42 ...", "a dog saw the rare cat", "unheard word"]
IN_ORDER = EncodeParameters(min_count=2, shuffle=False)
FILES = ["bounds.npy", "ids.npy", "record.json", "vocabulary.txt"]


def encoded(folder, documents=DOCUMENTS, parameters=IN_ORDER):
    encode(documents, folder, parameters)
    return EncodedCorpus.load(folder)


def as_texts(corpus):
    """The documents back from their ids."""
    words = np.array(corpus.vocabulary.words)
    return [" ".join(words[corpus.ids[start:end]])
            for start, end in zip(corpus.bounds[:-1], corpus.bounds[1:], strict=True)]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_small_corpus_by_hand(tmp_path):
    corpus = encoded(tmp_path / "encoded")
    # the 3; cat, dog, saw 2 each, in the order of the alphabet; the others once, left out
    assert corpus.vocabulary.words == ["the", "cat", "dog", "saw"]
    assert corpus.vocabulary.counts.tolist() == [3, 2, 2, 2]
    assert corpus.ids.tolist() == [0, 1, 3, 0, 2, 2, 3, 0, 1]
    # Documents without a token are none; the last has tokens, but none in the vocabulary.
    assert corpus.bounds.tolist() == [0, 5, 9, 9]
    assert names(tmp_path / "encoded") == FILES
    assert names(tmp_path) == ["encoded"]


def test_ids_are_memory_mapped_and_of_32_bits(tmp_path):
    corpus = encoded(tmp_path / "encoded")
    assert isinstance(corpus.ids, np.memmap)
    assert corpus.ids.dtype == np.int32 and corpus.bounds.dtype == np.int64


def test_encode_returns_the_vocabulary_that_it_writes(tmp_path):
    returned = encode(DOCUMENTS, tmp_path / "encoded", IN_ORDER)
    written = EncodedCorpus.load(tmp_path / "encoded").vocabulary
    assert returned.words == written.words
    assert returned.counts.tolist() == written.counts.tolist()


def test_a_lower_min_count_keeps_rarer_words(tmp_path):
    corpus = encoded(tmp_path / "encoded", parameters=EncodeParameters(min_count=1, shuffle=False))
    assert corpus.vocabulary.words == [
        "the", "cat", "dog", "saw", "a", "rare", "unheard", "word"]
    assert as_texts(corpus) == [DOCUMENTS[0], DOCUMENTS[3], DOCUMENTS[4]]


def many(count):
    """Documents of 1 to 7 tokens that are all different."""
    return [" ".join(["common", f"w{i}", *("other" for _ in range(i % 7))][: 1 + i % 7] + [f"u{i}"])
            for i in range(count)]


def test_shuffling_permutes_the_documents_and_keeps_their_content(tmp_path):
    parameters = EncodeParameters("whitespace", min_count=1, seed=3)
    corpus = encoded(tmp_path / "a", many(50), parameters)
    assert as_texts(corpus) != many(50)
    assert sorted(as_texts(corpus)) == sorted(many(50))


def test_one_seed_gives_one_order_and_another_seed_another(tmp_path):
    orders = [as_texts(encoded(tmp_path / str(i), many(50), EncodeParameters("whitespace", 1, True,
                                                                             seed)))
              for i, seed in enumerate((3, 3, 4))]
    assert orders[0] == orders[1] != orders[2]


@pytest.mark.parametrize("batch", [1, 7, 10, 49, 50])
def test_a_corpus_of_several_batches_is_that_of_one(tmp_path, monkeypatch, batch):
    parameters = EncodeParameters("whitespace", min_count=2, seed=3)
    whole = encoded(tmp_path / "whole", many(50), parameters)
    monkeypatch.setattr(encoding, "DOCUMENTS_A_BATCH", batch)
    pieces = encoded(tmp_path / "pieces", many(50), parameters)
    assert pieces.ids.tolist() == whole.ids.tolist()
    assert pieces.bounds.tolist() == whole.bounds.tolist()
    assert len(pieces.ids) == pieces.bounds[-1] == pieces.vocabulary.total


def test_a_document_of_more_tokens_than_a_batch_is_a_batch(tmp_path, monkeypatch):
    parameters = EncodeParameters("whitespace", min_count=2, seed=3)
    whole = encoded(tmp_path / "whole", many(50), parameters)
    monkeypatch.setattr(encoding, "TOKENS_AT_ONCE", 5)
    pieces = encoded(tmp_path / "pieces", many(50), parameters)
    assert pieces.ids.tolist() == whole.ids.tolist()
    assert pieces.bounds.tolist() == whole.bounds.tolist()


def test_the_bounds_of_the_vocabulary_reach_the_ids(tmp_path):
    corpus = encoded(tmp_path / "a", parameters=EncodeParameters(min_count=1, shuffle=False,
                                                                 max_words=2))
    assert corpus.vocabulary.words == ["the", "cat"]
    assert as_texts(corpus) == ["the cat the", "the cat", ""]


def test_what_is_forgotten_while_counting_is_left_out_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(numbering, "TEXT_AT_ONCE", 1)  # the words are counted document by document
    documents = ["a a b", "c d a", "b a b", "c c a"]
    corpus = encoded(tmp_path / "a", documents, EncodeParameters(
        min_count=1, shuffle=False, max_counted=3))
    # After the second document four words are held: b, c and d, with one each, are forgotten. b
    # and c come back, and count from there.
    assert corpus.vocabulary.words == ["a", "b", "c"]
    assert corpus.vocabulary.counts.tolist() == [5, 2, 2]
    assert as_texts(corpus) == ["a a", "a", "b a b", "c c a"]


def test_ids_are_files_that_numpy_itself_would_write(tmp_path):
    corpus = encoded(tmp_path / "encoded")
    for name, array in (("ids.npy", corpus.ids), ("bounds.npy", corpus.bounds)):
        np.save(tmp_path / name, np.array(array))
        assert (tmp_path / name).read_bytes() == (tmp_path / "encoded" / name).read_bytes()


def test_phrases_are_words_of_the_vocabulary(tmp_path):
    encode(["new york is new", "in new york", "york is in"], tmp_path / "a",
           EncodeParameters(min_count=2, shuffle=False), [[Phrase("new", "york")]])
    corpus = EncodedCorpus.load(tmp_path / "a")
    # new and york alone once each, below min_count
    assert corpus.vocabulary.words == ["in", "is", "new_york"]
    assert as_texts(corpus) == ["new_york is", "in new_york", "is in"]
    assert names(tmp_path / "a") == sorted([*FILES, "phrases.txt"])


def test_phrases_are_found_and_joined_at_once(tmp_path):
    documents = ["new york times", "new york times", "times of the new", "the york of"] * 20
    encode(documents, tmp_path / "a", EncodeParameters(min_count=5), PhraseParameters(
        passes=2, threshold=1.5, min_count=20))
    assert "new_york_times" in EncodedCorpus.load(tmp_path / "a").vocabulary.words


@pytest.mark.parametrize("documents", [["word word word"], ["all words differ"]])
def test_fewer_than_two_words_are_refused_and_nothing_is_left(tmp_path, documents):
    with pytest.raises(UserError, match="two are needed"):
        encode(documents, tmp_path / "encoded", IN_ORDER)
    assert names(tmp_path) == []


@pytest.mark.parametrize("documents", [[], ["", "12"], ["東京"]])
def test_a_text_without_a_word_is_told_with_the_ways_to_find_some(tmp_path, documents):
    with pytest.raises(UserError, match="no words with tokens = letters .*; give .*whitespace"):
        encode(documents, tmp_path / "encoded", EncodeParameters("letters"))
    assert names(tmp_path) == []


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError, UserError])
def test_an_encoding_that_fails_leaves_the_earlier_one_as_it_was(tmp_path, failure):
    def documents():
        yield "new new words words"
        raise failure

    before = encoded(tmp_path / "encoded").ids.tolist()
    with pytest.raises(failure):
        encode(documents(), tmp_path / "encoded", IN_ORDER)
    assert EncodedCorpus.load(tmp_path / "encoded").ids.tolist() == before
    assert names(tmp_path) == ["encoded"]


def test_a_new_encoding_replaces_the_earlier_one(tmp_path):
    encoded(tmp_path / "encoded")
    corpus = encoded(tmp_path / "encoded", ["b a b a"])
    assert corpus.ids.tolist() == [1, 0, 1, 0]
    assert names(tmp_path / "encoded") == FILES


@pytest.mark.parametrize("missing", FILES)
def test_an_incomplete_folder_is_told_with_the_stage_that_makes_it(tmp_path, missing):
    encoded(tmp_path / "encoded")
    (tmp_path / "encoded" / missing).unlink()
    with pytest.raises(UserError, match=f"{missing} is missing.*encode_corpus"):
        EncodedCorpus.load(tmp_path / "encoded")


@pytest.mark.parametrize(("name", "values", "told"), [
    ("ids.npy", np.array([0, 1, 3, 0, 2, 2, 3, 0, -5], np.int32), "ids.npy holds -5, and the voc"),
    ("ids.npy", np.array([4, 1, 3, 0, 2, 2, 3, 0, 1], np.int32), "ids.npy holds 4, and the voc"),
    ("ids.npy", np.zeros((3, 3), np.int32), "int32 values on 2 axes"),
    ("ids.npy", np.zeros(9), "float64 values on 1 axes"),
    ("ids.npy", np.zeros(9, ">i4"), ">i4 values on 1 axes"),
    ("ids.npy", np.zeros(8, np.int32), "bounds.npy does not go from 0 to 8"),
    ("ids.npy", np.zeros(0, np.int32), "bounds.npy does not go from 0 to 0"),
    ("bounds.npy", np.array([0, 9, 5, 9]), "a document that ends before it begins"),
    ("bounds.npy", np.array([0, -1, 9, 9]), "a document that ends before it begins"),
    ("bounds.npy", np.array([0, 5, 10]), "does not go from 0 to 9"),
    ("bounds.npy", np.array([1, 5, 9]), "does not go from 0 to 9"),
    ("bounds.npy", np.zeros(0, np.int64), "does not go from 0 to 9"),
    ("bounds.npy", np.array([0, 9], np.int32), "int32 values on 1 axes"),
    ("bounds.npy", b"\x93NUMPY", "bounds.npy is cut, or no array"),
    ("bounds.npy", b"PK\3\4" + bytes(99), "bounds.npy is cut, or no array"),
    ("bounds.npy", b"", "bounds.npy is cut, or no array"),
    ("vocabulary.txt", b"the 3\ncat 2\ndog 2\n", "counts 7 words, and ids.npy holds 9"),
    ("record.json", b'{"encode": {}}', "does not say how the text was read"),
    ("record.json", b"[" * 100_000, "record.json is broken .its values are nested too deeply"),
])
def test_what_does_not_belong_together_is_told_though_the_list_agrees(
    tmp_path, name, values, told
):
    encoded(tmp_path / "encoded")
    if isinstance(values, bytes):
        (tmp_path / "encoded" / name).write_bytes(values)
    else:
        np.save(tmp_path / "encoded" / name, values)
    with contextlib.suppress(ValueError):  # of a record that can hold no list
        seal(tmp_path / "encoded", ENCODED)
    with pytest.raises(UserError, match=told) as caught:
        EncodedCorpus.load(tmp_path / "encoded")
    assert "make it again with `dvc repro`" in str(caught.value)


def test_a_file_cut_behind_its_header_and_one_with_more_are_no_arrays(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(1000))
    whole = (tmp_path / "a.npy").read_bytes()
    assert open_array(tmp_path / "a.npy", np.int64, 1).tolist() == [*range(1000)]
    for content in (whole[:128], whole[:60], whole[:-8], whole + b"x"):
        (tmp_path / "a.npy").write_bytes(content)
        with pytest.raises(ValueError, match=r"a.npy (is cut|holds more)"):
            open_array(tmp_path / "a.npy", np.int64, 1)


@pytest.mark.parametrize(("parameters", "told"), [
    ({"tokens": "letter"}, "tokens is 'letter'; did you mean letters"),
    ({"tokens": ""}, "tokens is ''; choose from letters, words, whitespace"),
    ({"tokens": "letters", "turkish": True}, "turkish is True; it must be false with tokens let"),
    ({"tokens": "whitespace", "turkish": True}, "turkish is True; it must be false"),
    ({"min_count": 0}, "min_count is 0; it must be at least 1"),
    ({"seed": -1}, "seed is -1; it must be 0 or more"),
    ({"max_words": 1}, "max_words is 1; it must be at least 2, or left out for no bound"),
    ({"max_counted": 0}, "max_counted is 0; it must be at least 2, or left out"),
])
def test_parameters_out_of_range_are_named(parameters, told):
    with pytest.raises(UserError, match=told):
        EncodeParameters(**parameters)


def test_text_of_ones_own_is_read_as_words_and_the_catalogues_as_letters():
    asked = EncodeParameters(min_count=3)
    assert asked.tokens is None
    assert asked.for_corpus().tokens == asked.for_corpus([]).tokens == "words"
    assert asked.for_corpus(["text8"]) == EncodeParameters("letters", 3)
    for origins in ([], ["text8"]):
        assert EncodeParameters("whitespace").for_corpus(origins).tokens == "whitespace"
    with pytest.raises(UserError, match="turkish is True; it must be false with tokens letters"):
        EncodeParameters(turkish=True).for_corpus(["text8"])


@pytest.mark.parametrize(("parameters", "expected"), [
    ({}, ["ist", "isparta", "istanbul", "müller"]),
    ({"turkish": True}, ["ist", "istanbul", "müller", "ısparta"]),
    ({"tokens": "letters"}, ["ist", "isparta", "ller", "m", "mu", "stanbul"]),
    ({"tokens": "whitespace"}, ["ist", "Isparta", "Mu\u0308ller", "Müller", "İstanbul"]),
])
def test_a_text_becomes_words_of_any_alphabet(tmp_path, parameters, expected):
    vocabulary = encode(["Müller ist", "Mu\u0308ller ist İstanbul Isparta ist"], tmp_path / "a",
                        EncodeParameters(min_count=1, **parameters))
    assert set(vocabulary.words) == set(expected)


def test_how_a_text_was_read_is_written_with_it(tmp_path):
    encoded(tmp_path / "plain")
    reading = Reading.load(tmp_path / "plain")
    assert reading.encode["tokens"] == "words" and reading.encode["min_count"] == 2
    assert reading.phrases == ""
    encode(["New York is", "in new york"], tmp_path / "a", EncodeParameters(min_count=1),
           [[Phrase("New", "York")]])
    reading = Reading.load(tmp_path / "a")
    assert reading.phrases.splitlines()[1].startswith("new york\t")


def test_words_of_an_earlier_training_are_kept_and_counted_however_rare(tmp_path):
    vocabulary = encode(["government saw the dog", "the dog the cat"], tmp_path / "a",
                        EncodeParameters(min_count=3), known=["government", "dog", "unseen"])
    assert vocabulary.words == ["the", "dog", "government"]
    assert vocabulary.counts.tolist() == [3, 2, 1]


@pytest.mark.parametrize("listed", [("New", "York"), ("new", "york"), ("Zu\u0308rich", "See")])
def test_listed_phrases_are_spelled_as_the_text_is_read(tmp_path, listed):
    vocabulary = encode(["in NEW York am Zürich see"] * 2, tmp_path / "a", IN_ORDER,
                        [[Phrase(*listed)]])
    assert {"new_york", "zürich_see"} & set(vocabulary.words)


@pytest.mark.parametrize(("tokens", "listed", "told"), [
    ("words", ["old york"],
     "phrases with a word that is not in the text: 1 of 1, for example 'old' (read with tokens "
     "words) in old york; nothing is joined."),
    ("words", ["st. john", "new is"], "'st.' (which tokens words reads as st) in st. john"),
    ("letters", ["zürich see"], "'zürich' (which tokens letters reads as z rich)"),
    ("whitespace", ["new york"], "'new' (but 'New' is) in new york"),
    ("whitespace", ["Zu\u0308rich See"], r"'Z\xfcrich' is) in"),
    ("words", ["york new"], "phrases whose words never follow each other in the text: 1 of 1, for "
                            "example york new; nothing is joined."),
    ("words", ["new york", "old york", "new town"],
     "2 of 3, for example 'old' (read with tokens words) in old york; these join nothing."),
])
def test_a_list_of_phrases_that_does_little_is_told_with_the_likely_reason(
    tmp_path, capsys, tokens, listed, told
):
    documents = ["is New York by Zürich See of st john"] * 5
    encode(documents, tmp_path / "a", EncodeParameters(tokens),
           [[Phrase(*line.split()) for line in listed]])
    warnings = [line for line in capsys.readouterr().err.splitlines()
                if line.startswith("warning: phrases")]
    assert len(warnings) == 1 and told in warnings[0]


@pytest.mark.parametrize("listed", [[], ["new york"], ["new york", "old york"]])
def test_a_list_of_phrases_that_does_its_work_is_not_spoken_of(tmp_path, capsys, listed):
    encode(["in new york"] * 5, tmp_path / "a", EncodeParameters(),
           [[Phrase(*line.split()) for line in listed]])
    assert "warning" not in capsys.readouterr().err


def with_free(monkeypatch, count):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: usage(count))


def test_a_file_without_room_for_its_ids_is_refused_before_it_is_read(tmp_path, monkeypatch):
    """Of 3 tokens in 12 bytes 300,000 lines have 900,000, of 4 bytes each, numbered and as ids."""
    (tmp_path / "text.txt").write_text("the cat saw\n" * 300_000)
    monkeypatch.setattr(encoding, "number_documents", None)  # is not called
    with_free(monkeypatch, 7_100_000)
    with pytest.raises(UserError, match=r"encoded needs 7.2 MB of room, and 7.1 MB are free there"):
        encode(tmp_path / "text.txt", tmp_path / "encoded", IN_ORDER)
    assert names(tmp_path) == ["text.txt"]


def test_other_text_without_room_for_its_ids_is_refused_once_they_are_counted(
        tmp_path, monkeypatch):
    with_free(monkeypatch, 50)
    with pytest.raises(UserError, match=r"encoded needs 68 bytes of room, and 50 bytes are free"):
        encode(DOCUMENTS, tmp_path / "encoded", IN_ORDER)  # 9 ids of 4 bytes, 4 bounds of 8
    assert names(tmp_path) == []
