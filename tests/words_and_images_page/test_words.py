import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from words_and_images.common.errors import UserError
from words_and_images_page.words import UnknownWordError, WordModel


def test_neighbours_are_those_of_the_vectors(word_model):
    found = word_model.neighbours("king")
    assert found.word == "king"
    assert found.nearest == word_model.vectors.most_similar("king", topn=10)
    assert len(found.nearest) == 5  # all but itself


def test_an_analogy_is_answered_by_both_methods(word_model):
    found = word_model.analogy("man", "king", "woman")
    assert found.added[0][0] == "queen"
    assert found.added == word_model.vectors.most_similar(["king", "woman"], ["man"], topn=6)
    assert found.multiplied == word_model.vectors.most_similar_cosmul(
        ["king", "woman"], ["man"], topn=6)


def test_the_odd_one_is_told_with_how_well_each_fits(word_model):
    found = word_model.odd_one_out(["queen", "paris", "woman"])
    assert found.word == "Paris"
    assert [word for word, _ in found.fits][-1] == "Paris"
    units = np.array([[0.2, 1.4], [-1, -0.2], [0.2, 0.6]])
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    mean = units.mean(axis=0)
    assert dict(found.fits)["Paris"] == pytest.approx(units[1] @ mean / np.linalg.norm(mean))


def test_similarity_is_the_cosine_and_the_rank(word_model):
    found = word_model.similarity("man", "king")
    assert found.cosine == pytest.approx(1 / np.sqrt(1.64))
    assert found.rank == 1
    assert word_model.similarity("man", "man").rank is None


@pytest.mark.parametrize("typed, word", [
    (" King ", "king"), ("paris", "Paris"), ("new york", "new_york"), ("QUEEN", "queen")])
def test_words_are_found_as_people_type_them(word_model, typed, word):
    assert word_model.known(typed) == word


def test_an_unknown_word_is_told_with_near_spellings(word_model):
    with pytest.raises(UnknownWordError, match="'qeen' is not among the 6 words") as caught:
        word_model.neighbours("qeen")
    assert caught.value.near == ("queen",)
    assert caught.value.word == "qeen"


def test_a_word_without_near_spellings_is_told_without(word_model):
    with pytest.raises(UnknownWordError, match="try another one") as caught:
        word_model.known("x" * 100_000)
    assert caught.value.near == ()
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize("ask, sentence", [
    (lambda model: model.neighbours("  "), "A word is missing"),
    (lambda model: model.analogy("man", "", "king"), "A word is missing"),
    (lambda model: model.odd_one_out(["king"]), "1 word is given; give at least three"),
    (lambda model: model.odd_one_out(["king", "man"]), "2 words are given"),
    (lambda model: model.odd_one_out(["king"] * 51), "at most 50")])
def test_what_cannot_be_answered_is_one_sentence(word_model, ask, sentence):
    with pytest.raises(UserError, match=sentence):
        ask(word_model)


def test_the_record_tells_model_and_corpus(word_model):
    assert word_model.size == "6 words of 2 values"
    assert word_model.origin == 'trained by CBOW on the corpus "embedded" (1,234 documents)'
    assert word_model.sources == ["old tales"]


@pytest.mark.parametrize("record, told", [
    ({}, "which model and which corpus made them is not recorded"),
    ({"model": "skipgram"}, "trained by skip-gram; the corpus is not recorded"),
    ({"converted_from": "/home/me/glove.txt"}, "converted from glove.txt, which does not tell"),
    ({"model": "cbow", "corpus": {"source": "/home/me/books"}}, 'on the corpus "books"')])
def test_only_what_is_known_of_the_making_is_said(word_model, record, told):
    model = WordModel("x", word_model.vectors, record)
    assert told in model.origin
    assert "/home" not in model.origin


def test_a_folder_without_record_answers_and_one_with_a_broken_record_does_not(vectors_folder):
    for content in ("{", "{}", ""):
        (vectors_folder / "record.json").write_text(content)
        with pytest.raises(UserError, match="record.json is broken"):
            WordModel.load(vectors_folder, "x")
    (vectors_folder / "record.json").unlink()
    assert "not recorded" in WordModel.load(vectors_folder, "x").origin


def test_a_folder_of_something_else_is_refused(vectors_folder):
    shutil.rmtree(vectors_folder)
    with pytest.raises(UserError, match="does not exist"):
        WordModel.load(vectors_folder, "x")


def test_words_are_placed_on_the_map_of_the_frequent_ones(word_model):
    placed = word_model.placed(["man", "king"])
    assert placed.background == list(word_model.vectors.index_to_key)
    np.testing.assert_allclose(placed.places[0], placed.background_places[2])
    # In a plane two components tell everything: the distance of the unit vectors is kept.
    units = word_model.vectors.unit_vectors()
    assert np.linalg.norm(placed.places[0] - placed.places[1]) == pytest.approx(
        float(np.linalg.norm(units[2] - units[0])))


def test_many_threads_get_the_same_answers_as_one(word_model):
    words = ["king", "queen", "man", "woman", "new york", "paris"] * 20
    expected = [word_model.neighbours(word) for word in words]
    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(word_model.neighbours, words)) == expected
