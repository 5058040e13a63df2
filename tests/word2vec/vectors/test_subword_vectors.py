"""Words never seen: their vectors in questions and evaluations, and in what is saved."""

import copy

import numpy as np
import pytest

from word2vec.corpus.subwords import Subwords
from word2vec.evaluation.analogies import QuestionSection, evaluate_word_analogies
from word2vec.evaluation.word_pairs import evaluate_word_pairs
from word2vec.vectors.subword_vectors import SubwordVectors
from word2vec.vectors.vectors import WordVectors, load_vectors
from words_and_images.common.errors import UserError

WORDS = ["king", "queen", "kingdom", "walk", "walking"]
SUBWORDS = Subwords(3, 5, 40)
ROWS = np.random.default_rng(2).standard_normal((40, 6)).astype(np.float32)


@pytest.fixture
def vectors():
    composed = [ROWS[SUBWORDS.buckets_of([word]).values].mean(axis=0) for word in WORDS]
    return WordVectors(WORDS, np.array(composed), np.array([9, 7, 5, 3, 1]),
                       SubwordVectors(SUBWORDS, ROWS, WORDS))


def mean_of(word):
    return ROWS[SUBWORDS.buckets_of([word]).values].mean(axis=0)


def test_questions_are_answered_of_words_never_seen(vectors):
    np.testing.assert_allclose(vectors["kings"], mean_of("kings"), rtol=1e-6)
    np.testing.assert_allclose(vectors[["kings", "walk"]],
                               [mean_of("kings"), vectors.vectors[3]], rtol=1e-6)
    assert vectors.similarity("kings", "kings") == 1
    everything = vectors.most_similar("kings", topn=9)
    assert sorted(word for word, _ in everything) == sorted(WORDS)  # none is left out for it
    assert vectors.doesnt_match(["king", "kings", "walk"]) in ("king", "kings", "walk")
    assert vectors.most_similar_to_given("kings", ["queens", "kings"]) == "kings"
    assert vectors.distances("king", ["king", "kings"])[0] == pytest.approx(0, abs=1e-6)
    assert vectors.closer_than("king", "king") == [] and vectors.rank("kings", "kings") == 1
    assert vectors.most_similar(["kings"], ["walks"], topn=1)
    assert vectors.get_mean_vector(["kings", "日本"]).shape == (6,)


def test_a_word_of_which_nothing_was_seen_is_refused(vectors):
    """Its n-grams fall into buckets of others, which would be a vector by chance."""
    for word in ("日本", "zzz", ""):
        assert not vectors.has_vector(word)
    with pytest.raises(UserError, match="'日本' is not among the 5 words and none has one of its "
                                        "n-grams; try another one"):
        vectors.similarity("king", "日本")


def test_the_spelling_whose_n_grams_are_known_is_taken(vectors):
    assert vectors.spelling("KING") == "king"
    assert vectors.spelling("Kings") == "kings"
    with pytest.raises(UserError, match="none has one of its n-grams"):
        vectors.spelling("日本")


def test_n_grams_of_one_letter_are_letters():
    subwords = SubwordVectors(Subwords(1, 2, 9), ROWS[:9], ["ab"])
    assert subwords.vector("b") is not None and subwords.vector("xy") is None


def test_a_folder_and_a_copy_keep_them(vectors, tmp_path):
    vectors.save(tmp_path / "saved")
    for again in (load_vectors(tmp_path / "saved"), copy.deepcopy(vectors), copy.copy(vectors),
                  load_vectors(tmp_path / "saved", limit=2)):
        np.testing.assert_array_equal(again["walks"], vectors["walks"])


def test_a_file_says_that_it_does_not_keep_them(vectors, tmp_path, capsys):
    vectors.save(tmp_path / "saved.bin")
    assert "does not hold the vectors of n-grams" in capsys.readouterr().err
    assert load_vectors(tmp_path / "saved.bin").subwords is None


@pytest.mark.parametrize("change", [
    lambda path: path.write_bytes(path.read_bytes()[:-3]),
    lambda path: path.unlink(),
    lambda path: np.save(path, np.zeros((40, 5), np.float32)),
])
def test_a_folder_whose_n_grams_are_damaged_is_refused(change, vectors, tmp_path):
    vectors.save(tmp_path / "saved")
    change(tmp_path / "saved" / "subword_vectors.npy")
    with pytest.raises(UserError, match=r"subword_vectors\.npy") as told:
        load_vectors(tmp_path / "saved")
    assert "\n" not in str(told.value)


def test_pairs_are_covered_whole_and_it_is_said_how_many_words_are_composed(vectors):
    pairs = [("king", "Kings", 9.0), ("walk", "walks", 8.0), ("queen", "walkers", 1.0),
             ("king", "日本", 0.0)]
    scores = evaluate_word_pairs(vectors, pairs)
    assert (scores.asked, scores.known, scores.composed) == (4, 3, 3)
    assert scores.bound == 5
    bounded = evaluate_word_pairs(vectors, pairs, restrict_vocab=1)
    assert (bounded.known, bounded.composed, bounded.bound) == (3, 3, 1)
    assert bounded.spearman == scores.spearman
    plain = evaluate_word_pairs(WordVectors(WORDS, vectors.vectors), pairs)
    assert plain.known == 0 and plain.composed is None


def test_analogies_are_asked_and_answered_with_composed_words(vectors):
    section = QuestionSection("all", (("king", "king", "walks", "walks"),
                                      ("kings", "king", "walks", "walk")))
    scores = evaluate_word_analogies(vectors, [section], restrict_vocab=2)
    assert (scores.overall.known, scores.composed, scores.bound) == (2, 2, 2)
