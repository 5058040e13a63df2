"""What training chooses by the text, and that small texts are learnt."""

from dataclasses import replace

import numpy as np
import pytest

from word2vec.corpus.encoded_corpus import EncodedCorpus
from word2vec.corpus.vocabulary import Vocabulary, keep_probabilities
from word2vec.parameters import (
    MODEL_PARAMETERS,
    CbowParameters,
    SkipgramParameters,
    TrainParameters,
)
from word2vec.training.loop import train
from word2vec.training.suited_defaults import damping, suitable_step, suited
from words_and_images.common.errors import UserError

MANY = np.full(10_000, 1e-4)  # shares of words that all are rare
TWENTY = np.full(20, 0.05)
LOSSES = ("negative_sampling", "hierarchical_softmax", "full_softmax")


@pytest.mark.parametrize(("tokens", "step"), [
    (0, 64), (2000, 64), (20_000, 256), (500_000, 512), (2_900_000, 512), (3_000_000, 1024),
    (8_000_000, 2048), (15_000_000, 4096), (10**10, 4096)])
def test_a_step_suits_the_length_of_the_text(tokens, step):
    assert suitable_step(tokens, MANY) == step


@pytest.mark.parametrize(("words", "step"), [(2, 64), (20, 128), (48, 256), (200, 1024)])
def test_a_step_meets_a_word_eight_times_on_average_at_most(words, step):
    # step * sum of p^2 = step / words
    assert suitable_step(15_000_000, np.full(words, 1 / words)) == step


@pytest.mark.parametrize(("tokens", "replicas"), [
    (2, 1), ((1 << 23) - 1, 1), (1 << 23, 2), (17_000_000, 2), (25_000_000, 4), (50_000_000, 8),
    (250_000_000, 16), (10**9, 32), (10**11, 32)])
def test_many_replicas_are_for_long_texts(tokens, replicas):
    counts = np.full(10_000, max(1, tokens // 10_000))
    chosen, _ = suited(counts, tokens, TrainParameters(), SkipgramParameters())
    assert chosen.replicas == replicas
    kept, _ = suited(counts, tokens, TrainParameters(replicas=3, step=64), SkipgramParameters())
    assert (kept.replicas, kept.step) == (3, 64)


def test_the_machine_does_not_decide_how_many_replicas_there_are(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0}, raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    counts = np.full(10_000, 2000)
    alone = suited(counts, 20_000_000, TrainParameters(), SkipgramParameters())[0]
    threaded = suited(counts, 20_000_000, TrainParameters(threads=1), SkipgramParameters())[0]
    assert alone.replicas == threaded.replicas == 2


@pytest.mark.parametrize(("replicas", "step"), [(1, 4096), (8, 4096), (16, 2048), (30, 1024)])
def test_the_steps_of_all_replicas_together_are_no_longer_than_allowed(replicas, step):
    counts = np.full(10_000, 2000)
    given = TrainParameters(replicas=replicas)
    chosen, _ = suited(counts, 20_000_000, given, SkipgramParameters())
    assert chosen.step == step


def test_a_step_of_negatives_in_the_batch_has_room_for_its_groups():
    counts = np.full(20, 100)
    assert suited(counts, 2000, TrainParameters(), CbowParameters())[0].step == 128  # 16 * 8
    assert suited(counts, 2000, TrainParameters(), SkipgramParameters())[0].step == 64


@pytest.mark.parametrize(("tokens", "step"), [(2_900_000, 512), (8_000_000, 1024), (10**10, 1024)])
def test_words_of_n_grams_have_shorter_steps_and_a_lower_rate_in_skipgram(tokens, step):
    counts, parameters = np.full(10_000, tokens // 10_000), TrainParameters(subwords="3-6")
    for model, loss, slower in (("skipgram", "negative_sampling", 0.7),
                                ("skipgram", "hierarchical_softmax", 1),
                                ("cbow", "negative_sampling", 1)):
        own, given = MODEL_PARAMETERS[model](sample=0), replace(parameters, loss=loss)
        plain = suited(counts, tokens, replace(given, subwords=None, step=step), own)
        composed = suited(counts, tokens, given, own)
        assert composed[0].step == step
        assert composed[1] == pytest.approx(slower * plain[1])


def test_the_rate_is_lower_for_few_different_words_by_hand():
    parameters = TrainParameters(step=64, epochs=5)
    # 20 words of like share: perplexity 20 for steps of 64; 2,000 * 5 * 6 / 20^2 = 150 meetings of
    # each pair; 6 * 6 * 0.05 = 1.8 gradients of one word.
    own = SkipgramParameters()
    assert damping(2000, TWENTY, parameters, own) == pytest.approx(20 / 64)
    assert damping(2000, TWENTY, replace(parameters, epochs=100), own) == pytest.approx(
        (50 / 3000) ** 0.5)
    assert damping(2000, TWENTY, parameters, CbowParameters()) == pytest.approx((5 / 150) ** 0.5)
    assert damping(2000, TWENTY, parameters, CbowParameters(noise="drawn", group=64)
                   ) == pytest.approx(20 / 64)
    hot = np.append(np.full(900, 0.9 / 900), 0.1)  # 6 * 6 * 0.1 = 3.6
    assert damping(2000, hot, parameters, own) == pytest.approx((0.7 / 3.6) ** 0.5)
    assert damping(2000, MANY, parameters, own) == 1


def test_subsampling_leaves_so_many_occurrences_of_each_word():
    counts = np.array([10_000, 100, 7])
    kept = counts * keep_probabilities(counts, 1e-6, 100)
    # sqrt(100 / 10,000) + 100 / 10,000 = 0.11
    np.testing.assert_allclose(kept, [1100, 100, 7])
    np.testing.assert_array_equal(keep_probabilities(counts, 0.0, 100), [1, 1, 1])


def groups(tokens, words, size, seed):
    """Sentences of ten words, each drawn within a group of like words, and everyone's group."""
    generator = np.random.default_rng(seed)
    kinds = generator.integers(words // size, size=tokens // 10)
    ids = (kinds[:, np.newaxis] * size + generator.integers(size, size=(len(kinds), 10))).ravel()
    counts = np.bincount(ids, minlength=words)
    order = np.argsort(-counts, kind="stable")
    return EncodedCorpus(np.argsort(order)[ids].astype(np.int32), np.arange(0, tokens + 1, 10),
                         Vocabulary([f"w{i}" for i in order], counts[order])), order // size


def share_of_like_words(vectors, group, nearest=3):
    """The share of the nearest words that are of a word's group."""
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarities = units @ units.T
    np.fill_diagonal(similarities, -2)
    found = np.argsort(-similarities, axis=1)[:, :nearest]
    return float(np.mean(group[found] == group[:, np.newaxis]))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize(("words", "size"), [(48, 8), (20, 5)])
def test_small_texts_are_learnt_with_the_defaults(model, loss, words, size):
    scores = []
    for seed in range(10):
        corpus, group = groups(2000, words, size, seed)
        trained = train(corpus, model, TrainParameters(loss=loss, seed=seed, threads=1),
                        MODEL_PARAMETERS[model]())
        scores.append(share_of_like_words(trained.tables.inputs, group))
    # gensim 4.4 with its defaults: 0.3 to 0.6 with negative sampling, 0.8 to 0.98 with the tree
    assert np.median(scores) >= 0.98 and min(scores) > 0.9


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize("sample", [0.0, 1e-4, 1e-2])
def test_no_sample_lets_learning_diverge_in_a_text_of_few_words(model, loss, sample):
    for words, size in ((2, 2), (48, 8)):
        corpus, _ = groups(20_000, words, size, 1)
        trained = train(corpus, model, TrainParameters(loss=loss, threads=1),
                        MODEL_PARAMETERS[model](sample=sample))
        assert np.isfinite(trained.tables.inputs).all()


def test_what_is_not_learnt_is_said_with_its_cause(capsys):
    corpus, _ = groups(2000, 48, 8, 1)
    own = SkipgramParameters(learning_rate=1e-5, minimum_learning_rate=0, sample=1e-4)
    train(corpus, "skipgram", TrainParameters(epochs=1, least_kept=0, threads=1), own)
    assert capsys.readouterr().err.splitlines()[-1] == (
        "warning: hardly anything was learnt: the loss is 4.1589 and guessing has 4.1589. The "
        "vectors are close to the random ones that training began with. The text has 2,000 words, "
        "of which subsampling keeps 7 %, gone over 1 time; give more epochs, sample 0 or more "
        "text.")


def test_one_word_a_line_is_refused():
    corpus = EncodedCorpus(np.array([0, 1] * 200, np.int32), np.arange(401),
                           Vocabulary(["no", "yes"], np.array([200, 200])))
    with pytest.raises(UserError, match="no word has a context: none of the 400 documents"):
        train(corpus, "skipgram", TrainParameters(), SkipgramParameters())


def test_a_training_shorter_than_a_step_that_learnt_nothing_is_said(capsys):
    corpus, _ = groups(100, 8, 4, 1)
    own = CbowParameters(learning_rate=1e-5, minimum_learning_rate=0)
    train(corpus, "cbow", TrainParameters(epochs=1, threads=1), own)
    assert "warning: hardly anything was learnt: the loss is" in capsys.readouterr().err


def test_skipgram_bears_windows_that_are_always_whole():
    # A whole window of 5 has as many contexts as no drawn one has on average.
    corpus, group = groups(20_000, 48, 8, 1)
    parameters = TrainParameters(dynamic_window=False, threads=1)
    trained = train(corpus, "skipgram", parameters, SkipgramParameters())
    assert share_of_like_words(trained.tables.inputs, group) > 0.95
