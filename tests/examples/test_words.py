"""CBOW and skip-gram by their formulas."""

import numpy as np
import pytest

from examples.sentences import KINDS, kind_of, make_sentences
from examples.words import LOSSES, MODELS, Predictions, WordsParameters, predictions, train_words
from words_and_images.neural.gradient_check import numerical_gradient, relative_error

SENTENCES = [["a", "b", "a"], ["c", "a"]]


def test_skip_gram_predicts_every_context_from_its_centre():
    known = predictions(SENTENCES, "skipgram", 1)
    assert known.words == ["a", "b", "c"] and known.counts.tolist() == [3, 1, 1]
    pairs = [(known.words[row.argmax()], known.words[word])
             for row, word in zip(known.mixing, known.wanted, strict=True)]
    assert pairs == [("a", "b"), ("b", "a"), ("b", "a"), ("a", "b"), ("c", "a"), ("a", "c")]


def test_cbow_predicts_each_centre_from_the_mean_of_its_contexts():
    known = predictions([["a", "b", "c"]], "cbow", 2)
    np.testing.assert_allclose(known.mixing, [[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    assert known.wanted.tolist() == [0, 1, 2]


@pytest.fixture
def known() -> Predictions:
    return predictions(make_sentences(10, np.random.default_rng(2)), "cbow", 2)


@pytest.mark.parametrize("name", LOSSES)
def test_derivatives_agree_with_central_differences(known, name):
    generator = np.random.default_rng(3)
    loss = LOSSES[name](known, WordsParameters(negative=3))
    hidden = generator.standard_normal((len(known.wanted), 4))
    outputs = generator.standard_normal((len(known.words), 4))

    def again(h, u):  # the same noise each time
        return loss(h, u, np.random.default_rng(9))

    _, by_hidden, by_outputs = again(hidden, outputs)
    expected = numerical_gradient(lambda h: again(h, outputs)[0], hidden)
    assert relative_error(by_hidden, expected) < 1e-7
    expected = numerical_gradient(lambda u: again(hidden, u)[0], outputs)
    assert relative_error(by_outputs, expected) < 1e-7


def test_hierarchical_probabilities_of_all_words_sum_to_one(known):
    generator = np.random.default_rng(4)
    hidden, outputs = generator.standard_normal((1, 4)), generator.standard_normal(
        (len(known.words), 4))
    total = 0.0
    for word in range(len(known.words)):
        of_word = Predictions(known.words, known.counts, np.eye(1), np.array([word]))
        value, _, _ = LOSSES["hierarchical softmax"](of_word, WordsParameters())(
            hidden, outputs, generator)
        total += np.exp(-value)
    assert total == pytest.approx(1)


def test_guessing_costs_what_the_formulas_say(known):
    zeros = np.zeros((len(known.wanted), 4)), np.zeros((len(known.words), 4))
    generator = np.random.default_rng(1)
    words = len(known.words)
    full, _, _ = LOSSES["full softmax"](known, WordsParameters())(*zeros, generator)
    assert full == pytest.approx(np.log(words))
    sampled, _, _ = LOSSES["negative sampling"](known, WordsParameters(negative=5))(
        *zeros, generator)
    assert 5 * np.log(2) < sampled < 6 * np.log(2)  # noise that is the word itself is left out


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", LOSSES)
def test_losses_fall_and_neighbours_are_of_their_kind(model, name):
    parameters = WordsParameters(epochs=100)
    sentences = make_sentences(300, np.random.default_rng(1))
    trained = train_words(predictions(sentences, model, 2), name, parameters)
    assert trained.losses[-1] < 0.8 * trained.losses[0]
    assert trained.of_its_kind() > 0.7


def test_sentences_hold_words_of_every_kind():
    words = {word for sentence in make_sentences(400, np.random.default_rng(1))
             for word in sentence}
    assert {kind_of(word) for word in words} == {None, *KINDS}
    assert all(word in words for kind in KINDS.values() for word in kind)
