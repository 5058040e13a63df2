"""fastText's .bin: composed words, words never seen, and everything that is refused."""

import numpy as np
import pytest
from fasttext_models import CBOW, SUPERVISED, fasttext_model

from word2vec.corpus.subwords import Subwords
from word2vec.vectors.vectors import load_vectors
from words_and_images.common.errors import UserError

WORDS, BUCKETS = ["</s>", "where", "café"], 7
ROWS = np.random.default_rng(4).standard_normal((len(WORDS) + BUCKETS, 4)).astype(np.float32)
MODEL = fasttext_model(WORDS, ROWS, buckets=BUCKETS, shortest=3, longest=4)


def rows_of(word):
    return ROWS[len(WORDS) + Subwords(3, 4, BUCKETS).buckets_of([word]).values]


def opened(tmp_path, content, **options):
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    return load_vectors(path, **options)


def test_a_words_vector_is_the_mean_of_its_row_and_those_of_its_n_grams(tmp_path):
    vectors = opened(tmp_path, MODEL)
    assert vectors.index_to_key == WORDS and vectors.counts.tolist() == [3, 2, 1]
    for row, word in enumerate(WORDS):
        np.testing.assert_allclose(
            vectors[word], np.vstack([ROWS[row], rows_of(word)]).mean(axis=0), rtol=1e-5)
    np.testing.assert_array_equal(vectors["</s>"], ROWS[0])  # it has no n-grams


def test_a_word_never_seen_has_the_mean_of_its_n_grams(tmp_path):
    vectors = opened(tmp_path, MODEL)
    np.testing.assert_allclose(vectors["wherever"], rows_of("wherever").mean(axis=0), rtol=1e-5)
    assert "wherever" not in vectors and vectors.has_vector("wherever")
    with pytest.raises(UserError, match="'日本' is not among the 3 words and none has one of its"):
        vectors.most_similar("日本")


def test_a_model_without_n_grams_has_the_vectors_of_its_words(tmp_path):
    vectors = opened(tmp_path, fasttext_model(WORDS, ROWS[:3], shortest=0, longest=0, model=CBOW))
    np.testing.assert_array_equal(vectors.vectors, ROWS[:3])
    assert vectors.subwords is None


def test_a_limit_takes_the_first_words_and_all_n_grams(tmp_path):
    vectors = opened(tmp_path, MODEL, limit=2)
    assert vectors.index_to_key == WORDS[:2] and vectors.has_vector("caféhaus")


def test_a_folder_keeps_what_the_file_says(tmp_path):
    vectors = opened(tmp_path, MODEL)
    vectors.save(tmp_path / "folder")
    again = load_vectors(tmp_path / "folder")
    np.testing.assert_array_equal(again.vectors, vectors.vectors)
    np.testing.assert_array_equal(again["wherever"], vectors["wherever"])


@pytest.mark.parametrize(("changed", "sentence"), [
    ({"version": 11}, "of version 11, and version 12 is read"),
    ({"model": SUPERVISED}, "is a classifier of fastText's"),
    ({"pruned": 3}, "has a pruned dictionary"),
    ({"quantised": 1}, "is quantised"),
    ({"model": 4}, "settings that no model has"),
    ({"labels": 1}, "settings that no model has"),
    ({"kind": 1}, "is no word with its count"),
    ({"buckets": 8}, "has 10 rows of 4 values, where its settings come to 11 of 4"),
    ({"buckets": -1}, "settings that no model has"),
    ({"counts": [3, -2, 1]}, "is no word with its count"),
])
def test_what_cannot_be_read_is_one_sentence(changed, sentence, tmp_path):
    given = {"buckets": BUCKETS, "shortest": 3, "longest": 4, **changed}
    with pytest.raises(UserError, match=sentence) as told:
        opened(tmp_path, fasttext_model(WORDS, ROWS, **given))
    assert "\n" not in str(told.value)


def test_a_file_cut_anywhere_is_refused(tmp_path):
    for size in range(4, len(MODEL)):
        with pytest.raises(UserError, match="model.bin, byte .*: the file ends within"):
            opened(tmp_path, MODEL[:size])


def test_a_file_that_goes_on_is_refused(tmp_path):
    with pytest.raises(UserError, match="more than the model"):
        opened(tmp_path, MODEL + b"\0")


def test_sizes_that_the_file_does_not_have_take_no_memory(tmp_path):
    many = fasttext_model(WORDS, ROWS, buckets=1 << 30)
    with pytest.raises(UserError, match="where its settings come to 1,073,741,827 of 4"):
        opened(tmp_path, many)
    sized = many.replace(np.array([10, 4], "<i8").tobytes(),
                         np.array([(1 << 30) + 3, 4], "<i8").tobytes(), 1)
    with pytest.raises(UserError, match="the file ends within the input matrix"):
        opened(tmp_path, sized)


def test_values_that_are_no_numbers_are_refused(tmp_path):
    rows = ROWS.copy()
    rows[8, 1] = np.inf
    with pytest.raises(UserError, match="row 8 of the input matrix holds a value that is not"):
        opened(tmp_path, fasttext_model(WORDS, rows, buckets=BUCKETS))


def test_another_encoding_is_refused(tmp_path):
    with pytest.raises(UserError, match="encoding is 'latin-1'; it must be utf-8"):
        opened(tmp_path, MODEL, encoding="latin-1")
