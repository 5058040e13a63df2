import numpy as np
import pytest

from word2vec.corpus.vocabulary import Vocabulary
from word2vec.vectors.lookup import near_spellings
from word2vec.vectors.vectors import WordVectors, load_vectors
from words_and_images.common.errors import UserError

WORDS = ["north", "east", "northeast", "south", "nowhere"]
# Compass points of different lengths, and a vector of zeros.
COMPASS = np.array([[0, 2], [1, 0], [3, 3], [0, -1], [0, 0]], np.float32)
HALF = np.sqrt(0.5)


@pytest.fixture
def compass() -> WordVectors:
    return WordVectors(WORDS, COMPASS)


@pytest.fixture
def random_vectors() -> WordVectors:
    generator = np.random.default_rng(3)
    vectors = generator.normal(size=(200, 12)).astype(np.float32)
    return WordVectors([f"word{i}" for i in range(200)], vectors)


def as_gensim(vectors: WordVectors):
    gensim = pytest.importorskip("gensim.models")
    keyed = gensim.KeyedVectors(vectors.vector_size)
    keyed.add_vectors(vectors.index_to_key, vectors.vectors)
    return keyed


def close(found, expected) -> bool:
    return [word for word, _ in found] == [word for word, _ in expected] and np.allclose(
        [score for _, score in found], [score for _, score in expected], atol=1e-6)


def test_similarity_is_the_cosine_whatever_the_lengths(compass):
    assert compass.similarity("north", "northeast") == pytest.approx(HALF)
    assert compass.similarity("north", "south") == pytest.approx(-1)
    assert compass.distance("north", "south") == pytest.approx(2)


def test_a_vector_of_zeros_is_similar_to_nothing(compass):
    assert compass.similarity("north", "nowhere") == 0
    assert compass.most_similar("nowhere", topn=1) == [("north", 0.0)]


def test_most_similar_leaves_out_what_was_asked_and_sorts_the_rest(compass):
    found = compass.most_similar("north")
    assert [word for word, _ in found] == ["northeast", "east", "nowhere", "south"]
    assert found[0][1] == pytest.approx(HALF)


def test_most_similar_weighs_words_by_direction_not_by_length(compass):
    # unit north + unit east points to the northeast exactly, though north is twice as long
    assert compass.most_similar(["north", "east"], topn=1)[0] == (
        "northeast", pytest.approx(1))


def test_equal_similarities_come_in_the_vocabularys_order():
    vectors = WordVectors(["a", "b", "c", "d"], np.float32([[1, 0], [0, 1], [0, 2], [0, 3]]))
    assert [word for word, _ in vectors.most_similar("a", topn=2)] == ["b", "c"]


def test_a_bound_restricts_the_answers_not_the_questions(compass):
    assert [word for word, _ in compass.most_similar("south", restrict_vocab=2)] == [
        "east", "north"]


def test_most_similar_takes_vectors_too(compass):
    assert compass.similar_by_vector(np.float32([0, 5]), topn=1)[0][0] == "north"
    with pytest.raises(UserError, match="must be"):
        compass.similar_by_vector(np.float32([1, 2, 3]))


def test_no_more_answers_than_words_and_none_for_zero(compass):
    assert len(compass.most_similar("north", topn=50)) == 4
    assert compass.most_similar("north", topn=0) == []


def test_cosmul_is_worked_out_by_hand():
    vectors = WordVectors(["a", "b", "c", "d"], np.float32([[1, 0], [0, 1], [-1, 0], [0, -1]]))
    # For d: cosines with b, c, a are -1, 0, 0, so (0 * 0.5) / (0.5 + 1e-6) = 0.
    assert vectors.most_similar_cosmul(["b", "c"], ["a"]) == [("d", 0.0)]
    # For b alone against a: c has 0.5 / (0 + 1e-6), d has 0 / (0.5 + 1e-6).
    found = vectors.most_similar_cosmul(["b"], ["a"])
    assert found[0] == ("c", pytest.approx(0.5e6))
    assert found[1] == ("d", 0.0)


@pytest.mark.parametrize("positive, negative", [
    (["word1"], []), (["word1", "word2"], ["word3"]), (["word5", "word6", "word7"], []),
])
def test_answers_are_those_of_gensim(random_vectors, positive, negative):
    keyed = as_gensim(random_vectors)
    assert close(random_vectors.most_similar(positive, negative),
                 keyed.most_similar(positive=positive, negative=negative))
    assert close(random_vectors.most_similar_cosmul(positive, negative),
                 keyed.most_similar_cosmul(positive=positive, negative=negative))


def test_measures_are_those_of_gensim(random_vectors):
    keyed = as_gensim(random_vectors)
    words = ["word4", "word8", "word15", "word16"]
    assert random_vectors.doesnt_match(words) == keyed.doesnt_match(words)
    assert random_vectors.rank("word4", "word8") == keyed.rank("word4", "word8")
    assert random_vectors.n_similarity(words[:2], words[2:]) == pytest.approx(
        keyed.n_similarity(words[:2], words[2:]), abs=1e-6)


@pytest.mark.parametrize("options", [
    {}, {"weights": [1, -2, 0.5]}, {"pre_normalize": False}, {"post_normalize": True},
    {"weights": [3, 0, 1], "pre_normalize": False, "post_normalize": True}])
def test_mean_vectors_are_those_of_gensim(random_vectors, options):
    keyed = as_gensim(random_vectors)
    for keys in (["word1", "word2", "word3"], ["word1", "unknown", "word3"],
                 ["word1", np.full(12, 0.5, np.float32), "word3"]):
        np.testing.assert_allclose(random_vectors.get_mean_vector(keys, **options),
                                   keyed.get_mean_vector(keys, **options), atol=1e-6)


def test_a_mean_vector_is_worked_out_by_hand(compass):
    # north has length 2, east 1: (3 * (0, 1) - 1 * (1, 0)) / (3 + 1)
    mean = compass.get_mean_vector(["north", "east"], [3, -1])
    assert mean.tolist() == [-0.25, 0.75]
    assert compass.get_mean_vector(["north", "east"], pre_normalize=False).tolist() == [0.5, 1]


def test_mean_vectors_of_nothing_known_are_refused(compass):
    for keys in ([], ["up"]):
        with pytest.raises(UserError, match="no known word"):
            compass.get_mean_vector(keys)
    with pytest.raises(UserError, match=r"weights of shape \(1,\) are given for 2 words"):
        compass.get_mean_vector(["north", "east"], [1])
    with pytest.raises(UserError, match="'up' is not among"):
        compass.get_mean_vector(["north", "up"], ignore_missing=False)


def test_the_other_names_of_gensim_answer_as_gensim_does(random_vectors):
    ours, keyed = random_vectors, as_gensim(random_vectors)
    others = ["word8", "word15", "word16"]
    assert close(ours.similar_by_word("word4"), keyed.similar_by_word("word4"))
    assert close(ours.similar_by_vector(ours["word4"], 5), keyed.similar_by_vector(
        ours["word4"], topn=5))
    assert ours.closer_than("word4", "word8") == keyed.closer_than("word4", "word8")
    assert ours.most_similar_to_given("word4", others) == keyed.most_similar_to_given(
        "word4", others)
    np.testing.assert_allclose(ours.distances("word4", others), keyed.distances("word4", others),
                               atol=1e-6)
    np.testing.assert_allclose(ours.distances(ours["word4"]), keyed.distances(ours["word4"]),
                               atol=1e-6)
    assert ours.distance("word4", "word8") == pytest.approx(keyed.distance("word4", "word8"),
                                                            abs=1e-6)
    np.testing.assert_allclose(ours.get_vector("word4", norm=True),
                               keyed.get_vector("word4", norm=True), atol=1e-6)
    np.testing.assert_allclose(ours.get_normed_vectors(), keyed.get_normed_vectors(), atol=1e-6)
    assert ours[others].tolist() == keyed[others].tolist()
    assert close(ours.most_similar(["word1", "word2"], ["word3"], restrict_vocab=50),
                 keyed.most_similar(["word1", "word2"], ["word3"], restrict_vocab=50))


@pytest.mark.parametrize("asked", [
    {"positive": ("word1",)}, {"positive": {"word1", "word2"}, "negative": "word3"},
    {"positive": 7}, {"positive": [7, "word2"], "negative": np.int64(3)},
    {"positive": "word1", "negative": None}, {"negative": "word1"},
    {"positive": [("word1", 2.0), ("word2", 0.5)], "negative": [("word3", -0.7)]},
    {"positive": ["word1", np.linspace(-3, 4, 12)], "negative": ["word3"]},
    {"positive": [np.linspace(-3, 4, 12), (np.ones(12), 0.3)]},
    {"positive": np.arange(24, dtype=np.float64).reshape(2, 12)},
    {"positive": ["word1", "word1", "word2"]}, {"positive": "word1", "clip_start": 50},
    {"positive": "word1", "clip_start": 50, "clip_end": 60}, {"positive": "word1", "topn": 0},
    {"positive": "word1", "topn": np.uint8(3)}, {"positive": "word60", "restrict_vocab": 50},
    {"positive": "word60", "restrict_vocab": 5000}, {"positive": "word1", "topn": 500},
])
def test_whatever_gensim_takes_is_answered_as_gensim_does(random_vectors, asked):
    theirs = {name: list(value) if isinstance(value, (set, tuple)) else value
              for name, value in asked.items()}  # which takes lists only
    assert close(random_vectors.most_similar(**asked), as_gensim(random_vectors).most_similar(
        **theirs))


def test_a_raw_vector_counts_as_it_is_beside_words(compass):
    # north at length 1 and (3, 0): the mean is (1.5, 0.5), whose cosine with (1, 1) is
    # 2 / sqrt(5); of the vector at length 1 it would be (0.5, 0.5), and 1.
    [(word, cosine)] = compass.most_similar(["north", np.array([3.0, 0])], topn=1)
    assert word == "east" and cosine == pytest.approx(3 / np.sqrt(10))
    assert dict(compass.most_similar(["north", np.array([3.0, 0])]))["northeast"] == (
        pytest.approx(2 / np.sqrt(5)))


def test_weights_are_worked_out_by_hand(compass):
    # 3 (0, 1) - 1 (1, 0) = (-1, 3), of length sqrt(10).
    found = dict(compass.most_similar([("north", 3)], [("east", -1)]))
    assert found == {"northeast": pytest.approx(2 / np.sqrt(20)), "nowhere": 0,
                     "south": pytest.approx(-3 / np.sqrt(10))}


def test_without_a_number_of_answers_there_are_all_similarities(random_vectors):
    ours, keyed = random_vectors, as_gensim(random_vectors)
    for asked in ({"positive": "word1"}, {"positive": "word1", "clip_start": 10},
                  {"positive": "word1", "restrict_vocab": 7}):
        np.testing.assert_allclose(ours.most_similar(**asked, topn=None),
                                   keyed.most_similar(**asked, topn=None), atol=1e-6)
    np.testing.assert_allclose(
        ours.most_similar_cosmul("word1", "word2", topn=None),
        keyed.most_similar_cosmul("word1", "word2", topn=None), rtol=1e-4)
    for name, asked in (("similar_by_word", "word1"), ("similar_by_key", "word1"),
                        ("similar_by_vector", ours["word1"])):
        assert getattr(ours, name)(asked, topn=None)[1] == pytest.approx(1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused_in_questions(compass, value):
    vector = np.array([1, value])
    for ask in (compass.most_similar, compass.most_similar_cosmul, compass.similar_by_vector,
                compass.distances, lambda asked: compass.similarity("north", asked),
                lambda asked: compass.get_mean_vector([asked]),
                lambda asked: compass.n_similarity([asked], ["north"])):
        with pytest.raises(UserError, match=f"with the value {value} at place 1"):
            ask(vector)
    with pytest.raises(UserError, match="the weight of 'north' is"):
        compass.most_similar([("north", value)])
    with pytest.raises(UserError, match="give finite numbers"):
        compass.get_mean_vector(["north"], weights=[value])
    with pytest.raises(UserError, match="give finite numbers"):
        compass.cosine_similarities(vector, COMPASS)


@pytest.mark.parametrize("parameters, sentence", [
    ({"topn": -1}, "topn is -1; it must be a whole number, at least 0"),
    ({"topn": True}, "topn is True"), ({"topn": 2.5}, "topn is 2.5"),
    ({"restrict_vocab": 0}, "restrict_vocab is 0; it must be a whole number, at least 1"),
    ({"restrict_vocab": True}, "restrict_vocab is True"),
    ({"clip_start": -1}, "clip_start is -1"), ({"clip_start": 5}, "must be less than 5"),
    ({"clip_start": 2, "clip_end": 2}, "clip_end is 2; it must be a whole number, at least 3"),
    ({"restrict_vocab": 2, "clip_end": 3}, "left out where clip_start or clip_end is given"),
    ({"indexer": 1}, "answers are exact"),
])
def test_parameters_that_cannot_be_are_refused(compass, parameters, sentence):
    with pytest.raises(UserError, match=sentence):
        compass.most_similar("north", **parameters)


def test_the_bound_is_not_taken_for_the_first_row():
    # gensim's fourth argument is clip_start; here it was restrict_vocab.
    with pytest.raises(TypeError, match="positional arguments"):
        WordVectors(WORDS, COMPASS).most_similar("north", [], 10, 3)


def test_cosmul_takes_rows_and_refuses_weights(compass):
    assert compass.most_similar_cosmul([0], [1]) == compass.most_similar_cosmul("north", "east")
    with pytest.raises(UserError, match="the weight of 'north' is 2.0; it must be left out"):
        compass.most_similar_cosmul([("north", 2)])


def test_an_unknown_word_is_a_key_error_that_prints_its_sentence(compass):
    for ask in (compass.most_similar, compass.get_vector, compass.index, compass.__getitem__,
                lambda word: compass.similarity("north", word), lambda word: compass[[word]]):
        with pytest.raises(KeyError) as caught:
            ask("nort")
        assert str(caught.value) == (
            "'nort' is not among the 5 words; did you mean north?")
        assert isinstance(caught.value, UserError)
    with pytest.raises(KeyError, match="5 is not among the 5 rows, which are counted from 0"):
        _ = compass[5]


def test_a_row_stands_for_its_word(compass):
    assert compass[1].tolist() == [1, 0] and compass[[1, "north"]].tolist() == [[1, 0], [0, 2]]
    assert compass[np.int64(1)].tolist() == compass.get_vector(1).tolist() == [1, 0]
    assert compass.similarity(0, 3) == -1 and compass.doesnt_match([0, 2, 3]) == "south"
    assert 4 in compass and 5 not in compass and -1 not in compass and True not in compass
    assert compass.get_index("east") == compass.get_index(1) == 1
    assert compass.get_index("up", default=-1) == -1 and not compass.has_index_for("up")
    for neither in (True, None, 0.5, slice(0, 2)):
        with pytest.raises(UserError, match="neither a word nor a row"):
            _ = compass[neither]


def test_vectors_go_over_their_words_as_a_dictionary_does(compass, tmp_path):
    assert list(compass) == WORDS == [word for word in compass]
    assert set(compass) == set(WORDS) and {**dict.fromkeys(compass)} == dict.fromkeys(WORDS)
    assert list(mapped(tmp_path / "v")) == WORDS
    assert None not in compass and "up" not in compass and ["north"] not in compass
    assert compass[(word for word in compass)].tolist() == COMPASS.tolist()
    assert compass[{"north"}].tolist() == [[0, 2]] and compass[[]].shape == (0, 2)


def test_sets_and_generators_are_lists_of_words(compass):
    assert compass.doesnt_match({"north", "northeast", "south"}) == "south"
    assert compass.doesnt_match(word for word in WORDS[:4]) == "south"
    assert compass.most_similar_to_given("north", {"east", "northeast"}) == "northeast"
    assert compass.n_similarity({"north"}, (word for word in ["south"])) == -1
    assert compass.distances("north", (word for word in ["south"])).tolist() == [2]
    assert compass.get_mean_vector({"north"}).tolist() == [0, 1]


def test_a_text_is_one_word_and_no_list_of_letters():
    letters = WordVectors(["a", "b", "c", "abc"], np.eye(4, dtype=np.float32))
    assert letters.get_mean_vector("abc").tolist() == [0, 0, 0, 1]
    assert letters.n_similarity("abc", "a") == 0
    with pytest.raises(UserError, match="1 word is given"):
        letters.doesnt_match("abc")
    with pytest.raises(UserError, match="'a b' is a str; give the text as a list of words"):
        letters.wmdistance("a b", ["a"])


@pytest.mark.parametrize("scale", [1e20, 1e-30, 1e38, 1e-38])
def test_vectors_near_the_limits_of_float32_have_their_cosines(scale):
    factor = np.float32(scale)
    vectors = WordVectors(WORDS, COMPASS / 3 * factor)
    assert vectors.similarity("north", "northeast") == pytest.approx(HALF)
    assert vectors.n_similarity(["north"], ["northeast"]) == pytest.approx(HALF)
    np.testing.assert_allclose(vectors.most_similar("north", topn=None), [1, 0, HALF, -1, 0],
                               atol=1e-6)
    np.testing.assert_allclose(vectors.distances("north"), [0, 1, 1 - HALF, 2, 1], atol=1e-6)
    np.testing.assert_allclose(vectors.get_normed_vectors()[2], [HALF, HALF], rtol=1e-6)
    assert vectors.most_similar_cosmul("north", topn=1)[0][1] == pytest.approx((1 + HALF) / 2, 1e-5)
    assert vectors.rank("north", "east") == 2 and vectors.norms[1] == pytest.approx(scale / 3)


def test_words_of_very_different_lengths_are_compared_in_one_table():
    scales = np.float32([1, 1e20, 1e-30, 1e38, 1])[:, None]
    vectors = WordVectors(WORDS, COMPASS / 3 * scales)
    np.testing.assert_allclose(vectors.most_similar("north", topn=None), [1, 0, HALF, -1, 0],
                               atol=1e-6)
    assert vectors.most_similar([np.array([1e300, 0])], topn=1) == [("east", 1)]


def test_cosines_stay_within_their_bounds_and_distances_at_0_or_above():
    generator = np.random.default_rng(5)
    vectors = generator.normal(size=(500, 37)).astype(np.float32)
    twice = WordVectors([f"w{i}" for i in range(1000)], np.concatenate([vectors, -3 * vectors]))
    for row in range(0, 500, 25):
        assert twice.similarity(row, row) == 1 and twice.distance(row, row) == 0
        assert twice.similarity(row, row + 500) == -1
        distances = twice.distances(row)
        assert distances.min() >= 0 and distances.max() <= 2
        assert twice.most_similar_cosmul(row, topn=None).min() >= 0
    assert abs(twice.cosine_similarities(vectors[0], twice.vectors)).max() <= 1
    assert twice.rank_by_centrality([0, 0])[0][0] <= 1


def test_a_vector_cannot_be_written_into(compass, tmp_path):
    for vectors in (compass, mapped(tmp_path / "v")):
        for array in (vectors.vectors, vectors["north"], vectors.norms,
                      vectors.get_vector("north", norm=True)):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 7


def test_the_constructor_refuses_what_does_not_fit():
    for words, vectors, sentence in (
            (["a"], np.eye(2), "1 word and vectors of shape"), (["a"], [1, 2], "do not fit"),
            (["a", "a"], np.eye(2), "the word 'a' comes twice"),
            (["a", 3], np.eye(2), "3 is given"), (100, 0, "words is 100"),
            (["a"], [[1, 2], [3]], "give an array")):
        with pytest.raises(UserError, match=sentence):
            WordVectors(words, vectors)
    with pytest.raises(UserError, match="counts of shape"):
        WordVectors(["a", "b"], np.eye(2), [1])
    assert WordVectors([], np.zeros((0, 3))).most_similar(np.ones(3)) == []
    assert repr(WordVectors({"a": 1, "b": 2}.keys(), np.eye(2))) == (
        "<WordVectors: 2 words of 2 values>")


def test_words_are_ranked_by_their_centre_as_in_gensim(random_vectors):
    words = ["word4", "word8", "word15", "word16"]
    for norm in (True, False):
        found = random_vectors.rank_by_centrality(words, use_norm=norm)
        expected = as_gensim(random_vectors).rank_by_centrality(words, use_norm=norm)
        assert close([(word, score) for score, word in found],
                     [(word, score) for score, word in expected])


def test_relative_similarity_is_that_of_gensim(random_vectors):
    ours, keyed = random_vectors, as_gensim(random_vectors)
    assert ours.relative_cosine_similarity("word1", "word2", 5) == pytest.approx(
        keyed.relative_cosine_similarity("word1", "word2", 5))
    with pytest.raises(UserError, match="not similar to it"):
        WordVectors(["a", "b"], np.eye(2)).relative_cosine_similarity("a", "b")


def test_cosines_of_given_vectors_are_those_of_gensim(random_vectors):
    matrix = random_vectors.vectors
    np.testing.assert_allclose(random_vectors.cosine_similarities(matrix[0], matrix),
                               as_gensim(random_vectors).cosine_similarities(matrix[0], matrix),
                               atol=1e-6)
    for first, others in ((matrix[0], matrix[0]), (matrix, matrix), (matrix[0, :3], matrix)):
        with pytest.raises(UserError, match="must be"):
            random_vectors.cosine_similarities(first, others)


def test_rank_of_the_most_similar_word_is_one(compass):
    assert compass.rank("north", "northeast") == 1
    assert compass.rank("north", "south") == 4


def test_the_odd_one_out_of_two_is_refused(compass):
    assert compass.doesnt_match(["north", "northeast", "south"]) == "south"
    with pytest.raises(UserError, match="2 words are given; give at least three"):
        compass.doesnt_match(["north", "south"])
    with pytest.raises(UserError, match="1 word is given; give at least three"):
        compass.doesnt_match(["north"])


def test_an_unknown_word_is_told_with_near_spellings(compass):
    with pytest.raises(UserError, match="'nort' is not among the 5 words; did you mean north"):
        compass.similarity("nort", "east")


def test_asking_nothing_is_refused(compass):
    for ask in (compass.most_similar, compass.most_similar_cosmul):
        with pytest.raises(UserError, match="at least one"):
            ask([])


def test_near_spellings_find_a_wrong_first_letter():
    assert near_spellings("xueen", ["queen", "king", "mean"]) == ["queen"]


def test_words_are_found_as_given_then_lower_cased_then_capitalised():
    vectors = WordVectors(["US", "us", "Paris"], np.eye(3, dtype=np.float32))
    assert [vectors.spelling(word) for word in ("US", "us", "Us", "paris")] == [
        "US", "us", "us", "Paris"]
    assert vectors.find("london") is None


def test_a_trained_folder_is_mapped_and_not_read(tmp_path):
    np.save(tmp_path / "input_vectors.npy", COMPASS)
    Vocabulary(WORDS, np.array([9, 7, 5, 3, 1])).save(tmp_path / "vocabulary.txt")
    vectors = load_vectors(tmp_path)
    assert not vectors.vectors.flags.writeable and vectors.vectors.base is not None
    assert vectors.counts.tolist() == [9, 7, 5, 3, 1]
    assert vectors.most_similar("north", topn=1)[0][0] == "northeast"


def mapped(folder, words=WORDS, vectors=COMPASS) -> WordVectors:
    """A folder as training writes it, opened."""
    folder.mkdir()
    np.save(folder / "input_vectors.npy", vectors)
    Vocabulary(words, np.arange(len(words), 0, -1)).save(folder / "vocabulary.txt")
    return load_vectors(folder)


def test_a_folder_answers_without_the_list_of_its_words(tmp_path, random_vectors):
    vectors = mapped(tmp_path / "v", random_vectors.index_to_key, random_vectors.vectors)
    assert vectors.most_similar("word7") == random_vectors.most_similar("word7")
    assert vectors.spelling("WORD9") == "word9" and "word200" not in vectors
    assert not {"index_to_key", "key_to_index"} & set(vars(vectors))
    assert vectors.index_to_key == random_vectors.index_to_key


def test_many_words_sought_in_a_folder_are_found_by_a_dictionary(tmp_path, random_vectors):
    vectors = mapped(tmp_path / "v", random_vectors.index_to_key, random_vectors.vectors)
    assert [vectors.index(f"word{i}") for i in range(200)] == list(range(200))
    assert "key_to_index" in vars(vectors) and "word200" not in vectors


def test_an_unknown_word_of_a_folder_is_told_with_near_spellings(tmp_path):
    with pytest.raises(UserError, match="'nort' is not among the 5 words; did you mean north"):
        mapped(tmp_path / "v").most_similar("nort")


def test_a_limit_takes_the_first_words_of_a_folder_and_of_a_file(tmp_path, compass):
    compass.save_word2vec_format(tmp_path / "v.bin", binary=True)
    mapped(tmp_path / "v")
    for name in ("v", "v.bin"):
        vectors = load_vectors(tmp_path / name, limit=2)
        assert vectors.index_to_key == WORDS[:2] and len(vectors.vectors) == 2
        assert len(load_vectors(tmp_path / name, limit=99)) == len(WORDS)
    assert load_vectors(tmp_path / "v", limit=2).counts.tolist() == [5, 4]


@pytest.mark.parametrize("limit", [0, -1, True, 2.0, "2"])
def test_a_limit_that_cannot_be_is_refused_for_a_folder_and_a_file(tmp_path, compass, limit):
    compass.save_word2vec_format(tmp_path / "v.bin", binary=True)
    mapped(tmp_path / "v")
    for name in ("v", "v.bin"):
        with pytest.raises(UserError, match="limit is .*; it must be a whole number, at least 1"):
            load_vectors(tmp_path / name, limit=limit)


def test_a_path_may_be_text(tmp_path, compass):
    compass.save(str(tmp_path / "v"))
    with pytest.raises(UserError, match="fname is 3; it must be a path"):
        compass.save(3)
    assert load_vectors(str(tmp_path / "v")).index_to_key == WORDS
    (tmp_path / "q.txt").write_text(": s\nnorth south east northeast\n")
    (tmp_path / "p.txt").write_text("north south 1\nnorth east 2\n")
    assert compass.evaluate_word_analogies(str(tmp_path / "q.txt")).overall.known == 1
    assert compass.evaluate_word_pairs(str(tmp_path / "p.txt")).known == 2
    for ask in (compass.evaluate_word_analogies, compass.evaluate_word_pairs, load_vectors):
        with pytest.raises(UserError, match="is None; it must be a path"):
            ask(None)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_vectors_that_cannot_be_compared_are_refused_by_their_word(tmp_path, value):
    vectors = COMPASS.copy()
    vectors[2] = value
    with pytest.raises(UserError, match="the vector of 'northeast' holds values"):
        mapped(tmp_path / "v", vectors=vectors).most_similar("north")


@pytest.mark.parametrize("kind", [np.float64, np.int32, object, ">f4"])
def test_a_folder_of_other_numbers_is_refused(tmp_path, kind):
    with pytest.raises(UserError, match="train it anew"):
        mapped(tmp_path / "v", vectors=COMPASS.astype(kind))


def test_what_holds_no_vectors_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        load_vectors(tmp_path / "missing")
    with pytest.raises(UserError, match="input_vectors.npy is missing"):
        load_vectors(tmp_path)
    (tmp_path / "input_vectors.npy").write_bytes(b"")
    with pytest.raises(UserError, match="train it anew"):
        load_vectors(tmp_path)
    np.save(tmp_path / "input_vectors.npy", COMPASS)
    Vocabulary(["a", "b"], np.array([2, 1])).save(tmp_path / "vocabulary.txt")
    with pytest.raises(UserError, match="do not fit"):
        load_vectors(tmp_path)


def of_words(*words) -> WordVectors:
    return WordVectors(list(words), np.eye(len(words), dtype=np.float32))


COMPOSED, DECOMPOSED = "München", "Mu\u0308nchen"


@pytest.mark.parametrize(("known", "asked"), [
    (COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED), ("münchen", DECOMPOSED.upper()),
    ("mu\u0308nchen", "MÜNCHEN"), ("istanbul", "İstanbul"), ("i\u0307stanbul", "İstanbul"),
    ("ısparta", "Isparta"), ("οδος", "ΟΔΟΣ"), ("donauschiff", "Donau\u00adschiff"),
    ("new york", "New\u00a0York"), ("find", "ﬁnd"), ("paris", "pa\u200bris"),
    ("straße", "STRAẞE"),
])
def test_a_word_is_found_however_its_characters_were_typed(known, asked):
    assert of_words("other", known).spelling(asked) == known


def test_a_word_as_it_stands_goes_before_its_other_forms():
    vectors = of_words(COMPOSED, DECOMPOSED, "IS", "ıs", "is")
    assert [vectors.spelling(word) for word in (DECOMPOSED, COMPOSED, "Is")] == [
        DECOMPOSED, COMPOSED, "is"]
    assert vectors[DECOMPOSED].tolist() == [0, 1, 0, 0, 0]


def test_one_word_in_another_form_of_unicode_is_the_same_word(tmp_path):
    folder = mapped(tmp_path / "v", ["east", COMPOSED], COMPASS[:2])
    for vectors in (of_words("east", COMPOSED), folder):
        assert DECOMPOSED in vectors and "mu\u0308nchen" not in vectors
        assert vectors.index(DECOMPOSED) == 1


@pytest.mark.parametrize("asked", ["new york", "new\u00a0york", "New York", "new\tyork"])
def test_a_phrase_with_a_blank_is_told_as_it_is_joined(asked):
    with pytest.raises(UserError, match="did you mean new_york.$"):
        of_words("new", "york", "new_york", "newark").spelling(asked)
    with pytest.raises(UserError, match="did you mean new_york.$"):
        of_words("new", "york", "new_york", "newark").index(asked)


def test_nothing_that_looks_like_the_word_is_offered_for_it():
    for known in ("new\u00a0york", "n\u200bew york"):
        assert near_spellings("new york", [known, "new cork"]) == ["new cork"]
    assert near_spellings("newyork", ["new\u00adyork", "newark"]) == ["newark"]
    assert near_spellings(COMPOSED, [DECOMPOSED, "Mönchen"]) == ["Mönchen"]


def test_an_evaluation_folds_case_and_forms_of_unicode_and_nothing_else():
    words = ["Paris", "masse", "maße", "ılık", "ilik", DECOMPOSED, "οδος", "istanbul", "paris"]
    spellings = of_words(*words).spellings(len(words), True)
    asked = ["PARIS", "Masse", "MAẞE", "Ilik", "ılık", COMPOSED.upper(), "ΟΔΟΣ", "İSTANBUL", "x"]
    assert spellings.ids([asked], len(asked)).tolist() == [[0, 1, 2, 4, 3, 5, 6, 7, -1]]
    assert spellings.first.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 0]
    exactly = of_words(*words).spellings(len(words), False)
    assert exactly.ids([["PARIS", COMPOSED, "paris"]], 3).tolist() == [[-1, 5, 8]]


def test_an_evaluation_finds_turkish_words_with_a_capital():
    spellings = of_words("ısparta", "izmir").spellings(2, True)
    assert spellings.ids([["Isparta", "İzmir"]], 2).tolist() == [[0, 1]]
