"""Text that is held out, and how likely vectors make it."""

import numpy as np
import pytest

from word2vec.corpus.encoded_corpus import EncodedCorpus
from word2vec.corpus.vocabulary import Vocabulary, keep_probabilities
from word2vec.evaluation import held_out
from word2vec.evaluation.held_out import EXPONENT, NOISE, SEED, HeldOut, hold_out, shifts
from word2vec.parameters import SkipgramParameters, TrainParameters
from words_and_images.common.errors import UserError


def encoded(documents, words):
    ids = np.concatenate([np.array(each, np.int32) for each in documents])
    counts = np.bincount(ids, minlength=words)
    return EncodedCorpus(ids, np.append(0, np.cumsum([*map(len, documents)])),
                         Vocabulary([f"w{number}" for number in range(words)], counts))


@pytest.fixture
def documents():
    """A hundred of twelve words each, the second half of the vocabulary rarer."""
    generator = np.random.default_rng(2)
    return [generator.choice(20, 12, p=np.repeat([0.08, 0.02], 10)).tolist() for _ in range(100)]


def held(ids, pieces, counts):
    return HeldOut(np.array(ids, np.int32), np.array(pieces), np.zeros((max(pieces) + 1, 3), int),
                   np.array(counts))


def log_sigma(x):
    return -np.log1p(np.exp(-x))


def by_hand(predictions, inputs, outputs, shift, counts):
    """The sum over (predictors, word) of the formula, with the noise in the order of drawing."""
    generator = np.random.default_rng(SEED)
    heights = np.cumsum(np.array(counts, float) ** EXPONENT)
    total = []
    for predictors, word in predictions:
        hidden = np.mean([inputs[each] for each in predictors], axis=0)
        noise = [int(np.argmax(draw < heights)) for draw in generator.random(NOISE) * heights[-1]]
        total.append(log_sigma(outputs[word] @ hidden + shift[word]) + sum(
            log_sigma(-(outputs[each] @ hidden) - shift[each]) for each in noise))
    return total


@pytest.mark.parametrize("cbow", [False, True])
def test_the_likelihood_is_that_of_the_formula(cbow):
    generator = np.random.default_rng(7)
    inputs, outputs = generator.normal(size=(2, 3, 4)).astype(np.float32)
    shift, counts = np.array([0.1, -0.2, 0.3]), [5, 3, 2]
    text = held([0, 1, 2, 1, 0], [0, 0, 0, 1, 1], counts)  # 0 1 2 | 1 0
    neighbours = [[1, 2], [0, 2], [0, 1], [0], [1]]
    predictions = ([*zip(neighbours, [0, 1, 2, 1, 0], strict=True)] if cbow else
                   [([word], other) for word, others in zip([0, 1, 2, 1, 0], neighbours,
                                                            strict=True) for other in others])
    expected = by_hand(predictions, inputs, outputs, shift, counts)
    pieces = text.log_likelihoods(cbow, inputs, outputs, shift)
    assert pieces.mean() == pytest.approx(np.mean(expected), rel=1e-5)
    of_first = 3 if cbow else 6
    assert pieces[0] == pytest.approx(2 * sum(expected[:of_first]) / len(expected), rel=1e-5)


def test_words_beyond_the_window_are_no_neighbours(monkeypatch):
    text = held([0, 1, 1, 1, 1, 1, 2], [0] * 7, [1, 5, 1])
    _, words, _ = text._predictions(False, np.zeros((3, 2), np.float32), np.array([0]))
    assert words.tolist() == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("parameters", [
    {"negative": 15}, {"noise_exponent": 0.0}, {"sample": 1e-2}, {"sample": 1e-3, "least_kept": 0}])
def test_trainings_of_other_noise_and_samples_are_comparable(parameters):
    """Vectors that have learnt that no word tells of another have one likelihood."""
    sample = parameters.pop("sample", 0.0)
    counts = np.array([500, 300, 150, 40, 10])
    train = TrainParameters(**{"least_kept": 0, **parameters})
    shares = keep_probabilities(counts, sample, train.least_kept).astype(float)
    in_text = counts * shares / (counts @ shares)
    noise = counts.astype(float) ** train.noise_exponent
    learnt = np.log(in_text / (train.negative * noise / noise.sum()))  # u_w . h
    moved = learnt + shifts(held([0, 1], [0, 0], counts), counts, train,
                            SkipgramParameters(sample=sample))
    scored = counts ** EXPONENT
    np.testing.assert_allclose(
        moved, np.log(counts / counts.sum() / (NOISE * scored / scored.sum())), rtol=1e-5)


def test_shifts_know_a_larger_vocabulary(documents):
    counts = np.array([500, 300, 150, 40, 10])
    train, own = TrainParameters(least_kept=0), SkipgramParameters(sample=0)
    few = held([0, 1], [0, 0], counts[:3])
    moved = shifts(few, counts, train, own)
    drawn, scored = counts**0.75 / (counts**0.75).sum(), counts[:3] ** 0.75
    np.testing.assert_allclose(moved, np.log(drawn[:3] / (scored / scored.sum())))


def test_about_a_twentieth_is_held_out_and_what_comes_again_with_it(documents):
    corpus = encoded([*documents, *documents], 20)
    text = hold_out(corpus)
    assert 0.02 * len(corpus.ids) <= len(text.ids) <= len(corpus.ids) / 20
    places = text.places[:, 0].tolist()
    assert {(place + 100) % 200 for place in places} == set(places)


def test_no_more_is_held_out_than_tells(documents, monkeypatch):
    monkeypatch.setattr(held_out, "MOST", 30)
    assert len(hold_out(encoded(documents, 20)).ids) == 24


def test_long_documents_are_held_out_in_pieces(monkeypatch):
    monkeypatch.setattr(held_out, "PIECE", 50)
    ids = np.random.default_rng(3).integers(0, 9, 5_001).tolist()
    corpus = encoded([ids], 9)
    text = hold_out(corpus)
    assert set(np.bincount(text.pieces)) == {50} and len(text.ids) == 250
    for number, (document, first, last) in enumerate(text.places.tolist()):
        assert document == 0 and ids[first:last] == text.ids[text.pieces == number].tolist()


def test_the_rest_of_a_text_is_what_is_not_held_out(documents, tmp_path):
    whole = encoded([*documents, [], [3, 15, 4]], 20)
    known = whole.ids < 10
    narrow = EncodedCorpus(whole.ids[known], np.append(0, np.cumsum(known))[whole.bounds],
                           Vocabulary(whole.vocabulary.words[:10], whole.vocabulary.counts[:10]))
    text = hold_out(narrow)
    for name, corpus in (("narrow", narrow), ("whole", whole)):
        rest = text.rest_of(corpus, tmp_path / name)
        left = [each.tolist() for each in np.split(rest.ids, rest.bounds[1:-1])]
        removed = np.bincount(text.ids, minlength=10)
        np.testing.assert_array_equal(
            np.bincount(rest.ids, minlength=20)[:10],
            np.bincount(corpus.ids, minlength=20)[:10] - removed)
        held_documents = set(text.places[:, 0].tolist())
        stays = [documents[place] for place in range(100) if place not in held_documents]
        bound = 10 if corpus is narrow else 20
        expected = [[word for word in each if word < bound] for each in stays]
        assert [each for each in expected if each] == [each for each in left if each in expected]
        again = text.rest_of(corpus, tmp_path / name)
        assert again.ids.tobytes() == rest.ids.tobytes()


def test_a_text_of_one_stretch_cannot_be_parted():
    with pytest.raises(UserError, match="the text is one stretch of 4 words, of which no part"):
        hold_out(encoded([[0, 1, 0, 1]], 2))
