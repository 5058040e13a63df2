import numpy as np
import pytest

from common.errors import UserError
from word2vec.lookup import near_spellings
from word2vec.vectors import WordVectors, load_vectors
from word2vec.vocabulary import Vocabulary

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


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
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
