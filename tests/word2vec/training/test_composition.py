"""Vectors composed of words' and n-grams' rows: the mean, its gradient, and training with them."""

from dataclasses import replace

import numpy as np
import pytest

from tests.word2vec.training.test_loop import TOOLS, corpus, temporary  # noqa: F401 (fixtures)
from tests.word2vec.training.test_losses import COUNTS, every_loss, random_text
from word2vec.corpus.subwords import Ragged, Subwords
from word2vec.parameters import CbowParameters, SkipgramParameters, TrainParameters
from word2vec.training import updates
from word2vec.training.checkpoints import Checkpoint
from word2vec.training.composition import (
    DAMPING,
    PieceComposer,
    StepComposer,
    parts_of_words,
)
from word2vec.training.loop import train, train_by_epochs
from word2vec.training.losses import LOSSES
from word2vec.training.models import MODELS
from word2vec.training.updates import RowUpdater, compose
from word2vec.vectors.vectors import load_vectors
from words_and_images.common.errors import UserError
from words_and_images.neural.gradient_check import numerical_gradient, relative_error

WORDS = ["cat", "cats", "dog", "dogs", "a", "catalogue"]
SMALL = TrainParameters(dim=8, window=3, epochs=3, threads=1, step=128, replicas=2,
                        subwords="3-4", buckets=50)
OWN = {"skipgram": SkipgramParameters(sample=0, learning_rate=0.05, group=16, shared_negatives=8),
       "cbow": CbowParameters(sample=0, learning_rate=0.1, group=4)}
both_models = pytest.mark.parametrize("model", ["skipgram", "cbow"])


def test_the_rows_of_a_word_are_its_own_and_those_of_its_buckets():
    subwords = Subwords(3, 4, 50)
    parts = parts_of_words(WORDS, subwords)
    buckets = subwords.buckets_of(["dog"]).values + len(WORDS)
    assert parts.take(np.array([2])).values.tolist() == [2, *buckets.tolist()]
    assert parts.take(np.array([len(WORDS)])).values.tolist() == []  # padding


def test_a_vector_is_the_mean_of_its_rows():
    table = np.array([[1, 2], [3, 4], [5, 9]], np.float32)
    means = compose(table, np.array([0, 2, 2, 5], np.int32), np.array([0, 2, 1, 1, 0], np.int32))
    np.testing.assert_allclose(means, [[3, 5.5], [0, 0], [7 / 3, 10 / 3]], rtol=1e-6)


@pytest.mark.parametrize("kernel", ["csr_matvecs", "csc_matvecs"])
def test_public_products_of_scipy_compose_and_move_alike(kernel, monkeypatch):
    generator = np.random.default_rng(3)
    table, gradients = generator.standard_normal((2, 9, 4)).astype(np.float32)
    columns = np.array([0, 3, 3, 8], np.int32)
    ids = generator.integers(0, 9, 8).astype(np.int32)
    found = []
    for missing in (False, True):
        if missing:
            monkeypatch.setattr(updates, kernel, None)
        moved = table.copy()
        RowUpdater(moved, 0.5).add_of_parts(columns, ids, gradients[:3],
                                            np.array([2, 1, 5], np.int32), 0.1)
        found.append((compose(table, columns, ids), moved))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


BY_HAND = Ragged(np.array([0, 2, 4, 4], np.int32), np.array([0, 2, 1, 2], np.int32))


def test_a_step_moves_rows_by_hand():
    """Words of rows {0, 2} and {1, 2}, met twice and once, m^-1/2 and a rate of 0.1."""
    table = np.zeros((4, 1), np.float32)
    learnt = np.zeros(4, np.float32)
    composer = StepComposer(table, BY_HAND, 0.5, learnt)
    ids = np.array([0, 1, 0, 2], np.int32)
    composer.begin(ids)
    places = composer.places(ids)
    assert composer.vectors.shape == (3, 1) and places.tolist() == [0, 1, 0, 2]
    composer.add(places, np.array([[1], [10], [2], [99]], np.float32), 0.1)
    composer.end()
    np.testing.assert_allclose(
        table.ravel(), [0.1 * 3 / 2**0.5, 0.1 * 10, 0.1 * 13 / 3**0.5, 0], rtol=1e-6)
    np.testing.assert_allclose(
        learnt, [0.1 * 2 / 2**0.5, 0.1, 0.1 * 3 / 3**0.5, 0], rtol=1e-6)


def test_a_piece_moves_rows_by_hand_when_it_ends():
    """The same words; the first is met in two steps and moves by 3 and 1, the second by 2."""
    table = np.ones((4, 1), np.float32)
    learnt = np.zeros(4, np.float32)
    composer = PieceComposer(table, BY_HAND, 0.5, learnt)
    composer.begin(np.array([1, 0], np.int32))
    places = composer.places(np.array([0, 1], np.int32))
    composer.add(places, np.array([[30], [20]], np.float32), 0.1)
    composer.add(places[:1], np.array([[10]], np.float32), 0.1)
    assert composer.vectors.ravel().tolist() == [5, 3] and (table == 1).all()
    composer.end()
    share = ((4 + 2) ** 2 / (4**2 + 2**2)) ** -DAMPING  # of row 2, which both words have
    np.testing.assert_allclose(table.ravel(), [1 + 4, 1 + 2, 1 + share * 6, 1], rtol=1e-6)
    np.testing.assert_allclose(learnt, [0.2, 0.1, share * 0.3, 0], rtol=1e-6)


def test_moves_that_have_nothing_in_common_are_added_up():
    table = np.zeros((4, 2), np.float32)
    composer = PieceComposer(table, BY_HAND, 0.5)
    for _ in range(2):  # a second piece begins where the first has ended
        composer.begin(np.array([0, 1], np.int32))
        composer.add(composer.places(np.array([0, 1], np.int32)), np.eye(2, dtype=np.float32), 1)
        composer.end()
    np.testing.assert_allclose(table, [[2, 0], [0, 2], [2, 2], [0, 0]], rtol=1e-6)


@both_models
@every_loss
def test_the_gradient_by_every_row_is_that_of_central_differences(model, loss):
    """What a row receives is the derivative times the number of its word's rows."""
    text = random_text()
    batch, words = text.batches[0], len(COUNTS)
    net = MODELS[model](text.geometry, True)
    cost = LOSSES[loss](net, text.geometry, 5, COUNTS)
    parts = parts_of_words(WORDS, Subwords(3, 4, 11))
    generator = np.random.default_rng(8)
    table = generator.standard_normal((words + 11, 3))
    outputs = generator.standard_normal((words + 1, 3))
    means = np.zeros((words + 1, len(table)))
    for word in range(words):
        rows = parts.take(np.array([word])).values
        np.add.at(means[word], rows, 1 / len(rows))

    def run(rows):
        vectors = means @ rows
        by_inputs, by_outputs = (np.zeros((len(ids), 3)) for ids in (
            net.input_ids(batch), cost.output_ids(batch)))
        by_hidden = net.room(by_inputs)
        found = cost.ascend(outputs, net.hidden(vectors, batch), batch, by_hidden, by_outputs, True)
        net.spread(by_hidden, batch, by_inputs)
        return found, by_inputs

    sums = np.zeros((words + 1, 3))
    np.add.at(sums, net.input_ids(batch), run(table)[1])
    numerical = -numerical_gradient(lambda rows: run(rows)[0], table)
    assert relative_error(means.T @ sums, numerical) < 1e-5

    single, given = table.astype(np.float32), parts.take(np.arange(words))
    moved = single.copy()
    RowUpdater(moved, 0).add_of_parts(given.starts, given.values, sums[:words].astype(np.float32),
                                      np.ones(words, np.int32), 1.0)
    undivided = (means[:words] > 0).T @ sums[:words]
    times = np.bincount(given.values, minlength=len(table))
    once = np.flatnonzero(times <= 1)  # elsewhere a bucket may come twice in a word
    np.testing.assert_allclose((moved - single)[once], undivided[once], rtol=1e-3, atol=1e-3)


@both_models
@pytest.mark.parametrize("loss", LOSSES)
def test_training_learns_and_gives_vectors_to_words_never_seen(
    model, loss, corpus, tmp_path  # noqa: F811
):
    trained = train(corpus, model, replace(SMALL, loss=loss, epochs=40), OWN[model])
    assert trained.losses[-1] < trained.losses[0]
    assert trained.tables.inputs.shape == trained.tables.outputs.shape == (10, 8)
    trained.save(tmp_path / "vectors", {})
    vectors = load_vectors(tmp_path / "vectors")
    assert vectors.has_vector("hammers") and "hammers" not in vectors
    near = [word for word, _ in vectors.most_similar("hammers", topn=3)]
    assert set(near) <= set(TOOLS)
    assert vectors.similarity("hammers", "hammer") == pytest.approx(
        vectors.similarity("hammer", "hammers"))


@both_models
def test_any_number_of_processes_gives_the_same_bytes(model, corpus, monkeypatch):  # noqa: F811
    """Also where replicas are merged within pieces, whose words have moved by themselves."""
    monkeypatch.setattr("word2vec.training.loop.ALONE", 0)
    alone, together = (train(corpus, model, replace(SMALL, threads=threads), OWN[model])
                       for threads in (1, 2))
    assert alone.tables.inputs.tobytes() == together.tables.inputs.tobytes()
    assert alone.tables.outputs.tobytes() == together.tables.outputs.tobytes()
    assert alone.subwords.rows.tobytes() == together.subwords.rows.tobytes()
    assert alone.losses == together.losses


@both_models
def test_one_replica_gives_the_same_bytes_again_and_others_than_two(model, corpus):  # noqa: F811
    one, again, two = (train(corpus, model, replace(SMALL, replicas=replicas), OWN[model])
                       for replicas in (1, 1, 2))
    assert one.subwords.rows.tobytes() == again.subwords.rows.tobytes()
    assert one.tables.inputs.tobytes() == again.tables.inputs.tobytes()
    assert one.subwords.rows.tobytes() != two.subwords.rows.tobytes()


@both_models
def test_a_training_that_is_cut_off_goes_on_to_the_same_bytes(
    model, corpus, tmp_path  # noqa: F811
):
    whole = train(corpus, model, SMALL, OWN[model])
    place = tmp_path / "checkpoint"
    epochs = train_by_epochs(corpus, model, SMALL, OWN[model], place)
    after = next(epochs)
    kept = load_vectors(place).vectors
    assert kept.tobytes() == after.inputs.tobytes()
    epochs.close()
    assert Checkpoint(place, "other").load() is None
    again = train(corpus, model, SMALL, OWN[model], place)
    assert again.tables.inputs.tobytes() == whole.tables.inputs.tobytes()
    assert again.subwords.rows.tobytes() == whole.subwords.rows.tobytes()
    assert again.losses == whole.losses


def test_without_n_grams_a_record_does_not_speak_of_them(corpus):  # noqa: F811
    plain = train(corpus, "cbow", replace(SMALL, subwords=None), OWN["cbow"])
    assert plain.subwords is None
    assert not {"subwords", "buckets"} & plain.record["parameters"].keys()


def test_the_workers_of_a_cluster_are_refused(corpus):  # noqa: F811
    with pytest.raises(UserError, match="subwords is 3-4 and the workers of a cluster"):
        train(corpus, "cbow", SMALL, OWN["cbow"], cluster=object())
