import numpy as np
import pytest

from word2vec.corpus.vocabulary import Vocabulary
from word2vec.parameters import TrainParameters
from word2vec.training.pretrained import begin_with, vectors_among
from word2vec.training.tables import begin
from word2vec.vectors.formats.vector_files import write_folder, write_vectors
from words_and_images.common.errors import UserError

VOCABULARY = Vocabulary(["cat", "dog", "cow", "eel"], np.array([4, 3, 2, 1]))
SMALL = TrainParameters(dim=2)
WORDS = ["Cat", "dog", "ox", "cat", "cow"]
VECTORS = np.array([[9, 9], [3, 4], [8, 8], [0, 10], [0.6, 0.8]], np.float32)  # lengths 5, 10, 1


@pytest.fixture(params=["folder", "v.txt", "v.bin", "v.vec.gz"])
def path(tmp_path, request):
    path = tmp_path / request.param
    if request.param == "folder":
        write_folder(path, WORDS, VECTORS, None, {})
    else:
        write_vectors(path, WORDS, VECTORS)
    return path


def test_words_in_common_take_theirs_at_a_median_length_of_two_and_others_are_drawn(path, capsys):
    tables, parameters = begin_with(path, VOCABULARY, SMALL)
    # The median length of dog, cat and cow is 5: all are multiplied by 2 / 5.
    np.testing.assert_allclose(tables.inputs[:3], [[0, 4], [1.2, 1.6], [0.24, 0.32]], rtol=1e-6)
    drawn = begin(4, SMALL)
    np.testing.assert_array_equal(tables.inputs[3], drawn.inputs[3])
    assert tables.inputs.dtype == np.float32 and not tables.outputs.any() and parameters == SMALL
    assert capsys.readouterr().err == f"{path} has 3 of the 4 words; the others are drawn\n"


def test_of_words_that_nobody_wants_nothing_is_kept(path):
    words, vectors = vectors_among(path, {"ox", "Cat"})
    assert words == ["Cat", "ox"] and vectors.tolist() == [[9, 9], [8, 8]]
    assert vectors_among(path, {"zebra"})[0] == []


def test_vectors_with_none_of_the_words_are_refused_with_the_words_of_the_text(path):
    capitals = Vocabulary(["CAT", "DOG"], np.array([2, 1]))
    with pytest.raises(UserError, match=r"has none of the 2 words of the text, whose most frequent "
                                        r"are 'CAT', 'DOG'; give vectors whose words are spelled"):
        begin_with(path, capitals, SMALL)


def test_another_dimension_is_refused_or_taken(path):
    hundred = TrainParameters(dim=100)
    with pytest.raises(UserError, match="dim is 100 and the vectors of .* have 2 values; leave dim "
                                        "out, or set it to 2"):
        begin_with(path, VOCABULARY, hundred)
    tables, parameters = begin_with(path, VOCABULARY, hundred, any_dim=True)
    assert parameters.dim == 2 and tables.inputs.shape == tables.outputs.shape == (4, 2)


def test_vectors_of_zeros_are_no_beginning(tmp_path):
    write_vectors(tmp_path / "v.txt", ["cat", "ox"], np.array([[0, 0], [1, 1]], np.float32))
    with pytest.raises(UserError, match="for words of the text are all zeros"):
        begin_with(tmp_path / "v.txt", VOCABULARY, SMALL)


def test_a_vector_of_zeros_stays_one_and_does_not_count_for_the_median(tmp_path):
    vectors = np.array([[0, 0], [0, 4], [0, 0]], np.float32)
    write_vectors(tmp_path / "v.txt", ["cat", "dog", "cow"], vectors)
    tables, _ = begin_with(tmp_path / "v.txt", VOCABULARY, SMALL)
    assert tables.inputs[:3].tolist() == [[0, 0], [0, 2], [0, 0]]


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_very_short_and_very_long_vectors_are_brought_to_that_length(tmp_path, scale):
    vectors = np.array([[0, 3], [3, 0]], np.float32) * np.float32(scale)
    write_vectors(tmp_path / "v.bin", ["cat", "dog"], vectors)
    tables, _ = begin_with(tmp_path / "v.bin", VOCABULARY, SMALL)
    np.testing.assert_allclose(tables.inputs[:2], [[0, 2], [2, 0]], rtol=1e-6)
