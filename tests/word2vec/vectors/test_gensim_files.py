import numpy as np
import pytest

from word2vec.vectors.vectors import WordVectors, load_vectors
from words_and_images.common.errors import UserError

WORDS = ["north", "east", "south"]
COMPASS = np.array([[0, 2], [1, 0], [0, -1]], np.float32)


@pytest.fixture
def compass() -> WordVectors:
    return WordVectors(WORDS, COMPASS, [5, 9, 7])


@pytest.fixture
def path(tmp_path, compass) -> str:
    compass.save_word2vec_format(tmp_path / "v.bin", binary=True, sort_attr=None)
    return str(tmp_path / "v.bin")


def test_arguments_in_gensims_order_mean_what_they_mean_there(path):
    assert list(WordVectors.load_word2vec_format(path, None, True)) == WORDS
    two = WordVectors.load_word2vec_format(path, None, True, "utf8", "strict", 2)
    assert list(two) == WORDS[:2]
    assert list(WordVectors.load_word2vec_format(path)) == WORDS


@pytest.mark.parametrize("arguments, options, sentence", [
    ((True,), {}, "fvocab is True; it must be a path"),
    ((None, 1000), {}, "binary is 1000; it must be True or False"),
    ((), {"limit": True}, "limit is True; it must be a whole number"),
    ((), {"limit": 0}, "limit is 0"), ((), {"datatype": np.float16}, "it must be float32"),
    ((), {"no_header": 1}, "no_header is 1; it must be True or False"),
    ((), {"no_header": True, "binary": True}, "False for binary, which has a header"),
])
def test_arguments_that_cannot_be_are_refused(path, arguments, options, sentence):
    with pytest.raises(UserError, match=sentence):
        WordVectors.load_word2vec_format(path, *arguments, **options)


def test_counts_are_read_from_a_second_file(path, tmp_path):
    counts = tmp_path / "counts.txt"
    counts.write_text("east 9\nnorth\t5\nother 8\n\nsouth 7\n")
    assert WordVectors.load_word2vec_format(path, str(counts)).counts.tolist() == [5, 9, 7]
    for content, sentence in (("east 9\n", "has no count for 2 words, first 'north'"),
                              ("east nine\n", "line 1: 'east nine' is no word with its count"),
                              ("5\n", "is no word with its count"),
                              (f"east {10**30}\n", "is no word with its count")):
        counts.write_text(content)
        with pytest.raises(UserError, match=sentence):
            WordVectors.load_word2vec_format(path, counts)
    with pytest.raises(UserError, match="cannot be read"):
        WordVectors.load_word2vec_format(path, tmp_path / "missing")
    counts.write_bytes(b"\xff 3\n")
    with pytest.raises(UserError, match="not UTF-8 at byte 0"):
        WordVectors.load_word2vec_format(path, counts)


def test_the_most_frequent_words_are_written_first_with_their_counts(compass, tmp_path):
    compass.save_word2vec_format(tmp_path / "v.txt", tmp_path / "counts.txt")
    assert (tmp_path / "v.txt").read_text() == "3 2\neast 1 0\nsouth 0 -1\nnorth 0 2\n"
    assert (tmp_path / "counts.txt").read_text() == "east 9\nsouth 7\nnorth 5\n"
    again = WordVectors.load_word2vec_format(tmp_path / "v.txt", tmp_path / "counts.txt")
    assert again.get_vecattr("south", "count") == 7
    compass.set_vecattr("south", "rank", 4)
    compass.save_word2vec_format(tmp_path / "v.txt", sort_attr="rank")
    assert list(load_vectors(tmp_path / "v.txt")) == ["south", "north", "east"]


def test_without_counts_the_order_is_that_of_the_rows(tmp_path):
    vectors = WordVectors(WORDS, COMPASS)
    vectors.save_word2vec_format(tmp_path / "v.txt", prefix="de:")
    assert (tmp_path / "v.txt").read_text() == "3 2\nde:north 0 2\nde:east 1 0\nde:south 0 -1\n"
    with pytest.raises(KeyError, match="no 'count' of the words is known"):
        vectors.save_word2vec_format(tmp_path / "v.txt", tmp_path / "counts.txt")


def test_without_its_header_text_is_that_of_glove(compass, tmp_path):
    compass.save_word2vec_format(tmp_path / "v.txt", write_header=False, sort_attr=None)
    assert (tmp_path / "v.txt").read_text() == "north 0 2\neast 1 0\nsouth 0 -1\n"
    again = WordVectors.load_word2vec_format(tmp_path / "v.txt", no_header=True)
    assert again.vectors.tolist() == COMPASS.tolist() and list(again) == WORDS


@pytest.mark.parametrize("options, sentence", [
    ({"fvocab": True}, "fvocab is True; it must be a path"),
    ({"binary": 1}, "binary is 1; it must be True or False"),
    ({"binary": True, "write_header": False}, "nothing could read without"),
    ({"append": True}, "join words with add_vectors"), ({"total_vec": 7}, "3 vectors are written"),
    ({"prefix": 3}, "prefix is 3"), ({"sort_attr": "rank"}, "no 'rank' of the words is known"),
])
def test_what_cannot_be_written_is_refused_before_anything_is(compass, tmp_path, options, sentence):
    with pytest.raises(UserError, match=sentence):
        compass.save_word2vec_format(tmp_path / "v.bin", **options)
    assert not list(tmp_path.iterdir())


def test_saved_vectors_are_loaded_again_as_a_folder_or_a_file(compass, tmp_path, capsys):
    for name in ("v", "v.txt.gz", "v.bin"):
        compass.save(str(tmp_path / name))
        again = WordVectors.load(str(tmp_path / name), mmap="r")
        assert list(again) == WORDS and again.vectors.tolist() == COMPASS.tolist()
    assert WordVectors.load(tmp_path / "v").counts.tolist() == [5, 9, 7]
    assert capsys.readouterr().err == ""
    compass.set_vecattr("north", "rank", 1)
    compass.save(tmp_path / "v")
    assert "does not hold the attributes rank" in capsys.readouterr().err


def test_saving_keeps_what_stands_there(compass, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mother.jpg").write_text("dear")
    for name, sentence in (("photos", "other content"), ("v.kv", "does not say its format")):
        with pytest.raises(UserError, match=sentence):
            compass.save(tmp_path / name)
    for empty in (WordVectors([], np.zeros((0, 2))).save,
                  WordVectors([], np.zeros((0, 2))).save_word2vec_format):
        with pytest.raises(UserError, match="there are no words to write"):
            empty(tmp_path / "v.txt")
    with pytest.raises(UserError, match="mmap is 'r.'; it must be None or 'r'"):
        WordVectors.load(tmp_path / "v", mmap="r+")


def test_a_changed_folder_is_saved_over_itself(compass, tmp_path):
    compass.save(tmp_path / "v")
    vectors = load_vectors(tmp_path / "v")
    vectors["up"] = [3, 3]
    vectors.save(tmp_path / "v")
    assert vectors["north"].tolist() == [0, 2]
    assert load_vectors(tmp_path / "v").counts.tolist() == [5, 9, 7, 0]


def test_vectors_of_a_file_are_taken_over_for_shared_words(compass, tmp_path, capsys):
    other = WordVectors(["south", "up"], [[4, 4], [5, 5]])
    other.save_word2vec_format(tmp_path / "other.txt")
    assert compass.norms[2] == 1
    assert compass.intersect_word2vec_format(str(tmp_path / "other.txt")) == 1
    assert list(compass) == WORDS and compass["south"].tolist() == [4, 4]
    assert compass.similarity("south", "north") == pytest.approx(np.sqrt(0.5))
    assert WordVectors(["a"], [[1, 2]]).intersect_word2vec_format(tmp_path / "other.txt") == 0
    assert "has no word that is here too" in capsys.readouterr().err
    with pytest.raises(UserError, match="has 2 values a vector and here there are 3"):
        WordVectors(["a"], [[1, 2, 3]]).intersect_word2vec_format(tmp_path / "other.txt")
    with pytest.raises(UserError, match="no vector is kept from training"):
        compass.intersect_word2vec_format(tmp_path / "other.txt", lockf=0.0)


def test_files_are_those_of_gensim(compass, tmp_path):
    gensim = pytest.importorskip("gensim.models")
    keyed = gensim.KeyedVectors(2)
    keyed.add_vectors(WORDS, COMPASS)
    for word, count in zip(WORDS, (5, 9, 7), strict=True):
        keyed.set_vecattr(word, "count", count)
    for options in ({}, {"prefix": "x_"}, {"write_header": False}, {"binary": True}):
        compass.save_word2vec_format(tmp_path / "ours", tmp_path / "our_counts", **options)
        keyed.save_word2vec_format(str(tmp_path / "theirs"), str(tmp_path / "their_counts"),
                                   **options)
        assert (tmp_path / "our_counts").read_text() == (tmp_path / "their_counts").read_text()
        ours, theirs = (load_vectors(tmp_path / name) for name in ("ours", "theirs"))
        assert list(ours) == list(theirs) and ours.vectors.tolist() == theirs.vectors.tolist()
        if options.get("write_header", True):
            again = gensim.KeyedVectors.load_word2vec_format(
                str(tmp_path / "ours"), binary=options.get("binary", False))
            assert again.index_to_key == list(ours)
