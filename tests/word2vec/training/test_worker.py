import threading
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from word2vec.corpus.token_stream import TokenStream
from word2vec.parameters import BLOCK, CbowParameters, SkipgramParameters, TrainParameters
from word2vec.training import batches, merging, worker
from word2vec.training.batches import PieceReader
from word2vec.training.losses import (
    FullSoftmax,
    HierarchicalSoftmax,
    InBatchNegatives,
    NegativeSampling,
)
from word2vec.training.models import Cbow, Skipgram
from word2vec.training.tables import begin
from word2vec.training.team import create_arrays
from word2vec.training.worker import Task, Worker, layout
from words_and_images.common.errors import UserError

SMALL = TrainParameters(dim=4, window=2, epochs=2, replicas=2, threads=1, step=64)
OWN = {"skipgram": SkipgramParameters(sample=0, learning_rate=0.1, group=16, shared_negatives=4),
       "cbow": CbowParameters(sample=0, learning_rate=0.1, group=4)}
both_models = pytest.mark.parametrize("model", ["skipgram", "cbow"])
every_loss = pytest.mark.parametrize(
    "loss", ["negative_sampling", "hierarchical_softmax", "full_softmax"])


def task_of(model="skipgram", workers=1, **changed):
    return Task(model, replace(SMALL, **changed), OWN[model], workers, 0)


def tokens_of(count, words=9):
    """Random text in documents of thirty tokens, frequent words first."""
    weights = 1 / np.arange(1, words + 1)
    generator = np.random.default_rng(3)
    ids = generator.choice(words, count, p=weights / weights.sum()).astype(np.int32)
    return TokenStream(ids, np.append(np.arange(0, count, 30), count),
                       np.arange(words, 0, -1) * 10)


def begun(task, tokens):
    """The shared arrays before training."""
    shared = create_arrays(None, layout(task, tokens))
    tables = begin(len(tokens.counts), task.parameters)
    shared["inputs"][:, :-1] = tables.inputs
    # Output vectors of zeros would hide the gradient by the input vectors.
    generator = np.random.default_rng(5)
    shared["outputs"][:, :-1] = generator.standard_normal(tables.outputs.shape)
    for name in ("inputs", "outputs"):
        if shared[f"base_{name}"].size:
            shared[f"base_{name}"][...] = shared[name][0]
    return shared


def trained(task, tokens):
    """The shared arrays after training, each worker in a thread of its own."""
    shared = begun(task, tokens)
    workers = [Worker(task, tokens, shared, member, lambda: None)
               for member in range(task.workers)]
    threads = [threading.Thread(target=each.run, daemon=True) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    return shared


# ---- the task ----


@pytest.mark.parametrize(("step", "chunks", "chunk"), [
    (64, 1, 64), (192, 1, 192), (512, 1, 512), (1024, 2, 512), (2048, 4, 512),
])
def test_a_step_is_cut_into_chunks_that_fit_into_the_cache(step, chunks, chunk):
    sizes = task_of(step=step).geometry
    assert (sizes.chunks, sizes.tokens, sizes.segment) == (chunks, chunk, 64)
    assert (sizes.window, sizes.group, sizes.noise_words) == (2, 16, 4)


@pytest.mark.parametrize("step", [64, 192, 2048])
def test_blocks_that_are_each_others_noise_come_from_places_of_their_own(step):
    sizes = task_of("cbow", step=step).geometry
    assert sizes.segment == BLOCK and sizes.tokens == min(step, 512)
    assert (sizes.group, sizes.noise_words) == (4, 0)


def test_a_step_that_groups_do_not_divide_is_refused():
    own = CbowParameters(group=8)
    with pytest.raises(UserError, match="step is 64; it must be a multiple of 128, 16 times the "
                                        "group of cbow's noise; or set noise to drawn"):
        replace(task_of("cbow", step=64), own=own)
    replace(task_of("cbow", step=64, loss="full_softmax"), own=own)
    replace(task_of("cbow", step=64), own=CbowParameters(group=16, noise="drawn"))


def test_cbow_draws_noise_words_when_it_is_told_to():
    own = CbowParameters(group=32, noise="drawn", shared_negatives=6)
    task = replace(task_of("cbow"), own=own)
    assert (task.geometry.segment, task.geometry.noise_words) == (64, 6)
    assert type(task.build(tokens_of(100))[1]) is NegativeSampling


@pytest.mark.parametrize("loss", ["hierarchical_softmax", "full_softmax"])
def test_only_negative_sampling_draws_noise_words(loss):
    assert task_of(loss=loss).geometry.noise_words == 0


def test_model_and_loss_are_built_by_name():
    tokens = tokens_of(100)
    built = [task_of("skipgram").build(tokens),
             task_of("skipgram", loss="hierarchical_softmax").build(tokens),
             task_of("cbow", loss="full_softmax").build(tokens), task_of("cbow").build(tokens)]
    assert [(type(model), type(loss)) for model, loss in built] == [
        (Skipgram, NegativeSampling), (Skipgram, HierarchicalSoftmax), (Cbow, FullSoftmax),
        (Cbow, InBatchNegatives)]


def test_rounds_are_as_long_as_merging_says():
    found = task_of(replicas=4, step=64, epochs=3).rounds(tokens_of(100_000))
    assert found == merging.ends_of_rounds(100_000, 3, 4, 64)
    assert found[0][0] == 4 * 64 / 100_000


def test_the_learning_rate_falls_linearly_to_its_floor():
    own = SkipgramParameters(learning_rate=0.1, minimum_learning_rate=0.01)
    task = replace(task_of(replicas=1), own=own)
    rates = [task.rate(done) for done in (0, 0.5, 0.9, 0.95, 1)]
    assert rates == pytest.approx([0.1, 0.05, 0.01, 0.01, 0.01])
    many = replace(task_of(replicas=2), own=own)
    assert many.rate(0.005) == pytest.approx(0.1 * 0.995 * 0.55) and many.rate(0.5) == rates[1]


@both_models
def test_a_task_that_is_saved_is_loaded_as_it_was(model, tmp_path, monkeypatch):
    monkeypatch.setattr(merging, "LONGEST", 77)
    monkeypatch.setattr(batches, "PIECE", 33)
    task = replace(task_of(model, workers=2), first_epoch=1)
    task.save(tmp_path, "/some/ids.npy")
    monkeypatch.setattr(merging, "LONGEST", 1 << 18)
    monkeypatch.setattr(batches, "PIECE", 1 << 17)
    assert Task.load(tmp_path) == (task, "/some/ids.npy")
    assert (merging.LONGEST, batches.PIECE) == (77, 33)  # all processes cut the text alike


def test_the_tables_of_a_team_have_a_row_for_padding():
    arrays = layout(task_of(replicas=3, workers=2, epochs=5), tokens_of(100, words=9))
    assert arrays["inputs"] == arrays["outputs"] == ((3, 10, 4), np.float32)
    for name in ("inputs", "outputs"):
        assert arrays[f"learnt_{name}"] == ((3, 10), np.float32)
        assert arrays[f"base_{name}"][0] == (10, 4)
    alone = layout(task_of(replicas=1), tokens_of(100))
    assert alone["learnt_inputs"][0] == (1, 0) and alone["base_outputs"][0] == (0, 4)
    assert arrays["losses"][0] == (5, 3, 3) and arrays["arrivals"][0] == (2,)


# ---- learning ----


def chunk_gradients(task, tokens, tables, batch):
    """Gradients by the input and by the output rows that a chunk looks up."""
    model, loss = task.build(tokens)
    by_v, by_u = (np.empty((len(ids), 4))
                  for ids in (model.input_ids(batch), loss.output_ids(batch)))
    by_hidden = model.room(by_v)
    loss.ascend(tables[1], model.hidden(tables[0], batch), batch, by_hidden, by_u, False)
    model.spread(by_hidden, batch, by_v)
    return by_v, by_u


def by_definition(task, tokens, shared):
    """Tables of a replica alone, step by step: table += rate min(1 / sqrt(m), 4 / m) sum of
    gradients."""
    tables = [shared[name][0].astype(np.float64) for name in ("inputs", "outputs")]
    model, loss = task.build(tokens)
    reader = PieceReader(tokens, task.geometry, 0, 0.75, True, task.parameters.seed)
    for epoch in range(task.parameters.epochs):
        piece = reader.read(epoch, [(0, len(tokens))])
        for step in range(piece.steps):
            chunks = piece.step(step)
            ids = [np.concatenate([of(batch) for batch in chunks])
                   for of in (model.input_ids, loss.output_ids)]
            counted = list(ids)
            if loss.met(chunks[0]) is not None:
                counted[1] = np.concatenate([loss.met(batch) for batch in chunks])
            gradients = [chunk_gradients(task, tokens, tables, batch)
                         for batch in chunks]  # all at the same point
            rate = task.rate((epoch + step / piece.steps) / task.parameters.epochs)
            for side, table in enumerate(tables):
                m = np.maximum(np.bincount(counted[side], minlength=len(table)), 1)
                scales = rate * np.minimum(m**-0.5, 4 / m)[ids[side]][:, np.newaxis]
                np.add.at(table, ids[side],
                          scales * np.concatenate([each[side] for each in gradients]))
    return tables


@both_models
@every_loss
@pytest.mark.parametrize(("step", "tokens"), [(1024, 700), (64, 190)])
def test_a_replica_learns_as_the_definition_says(model, loss, step, tokens):
    # one step of two chunks; three steps of one
    task = task_of(model, replicas=1, step=step, loss=loss, epochs=2)
    text = tokens_of(tokens)
    v, u = by_definition(task, text, begun(task, text))
    shared = trained(task, text)
    np.testing.assert_allclose(shared["inputs"][0], v, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(shared["outputs"][0], u, rtol=1e-4, atol=1e-5)
    assert np.abs(v - begun(task, text)["inputs"][0]).max() > 0.05


@pytest.mark.parametrize("replicas", [2, 3])
def test_the_replicas_learn_from_parts_of_the_text_that_cover_it_once(monkeypatch, replicas):
    monkeypatch.setattr(worker, "ALIKE", 105)
    monkeypatch.setattr(batches, "PIECE", 40)
    reads, read = [], PieceReader.read

    def noting(self, epoch, stretches):
        reads.append((epoch, stretches))
        return read(self, epoch, stretches)

    monkeypatch.setattr(PieceReader, "read", noting)
    task, text = task_of(replicas=replicas, epochs=2), tokens_of(1000)
    trained(task, text)
    # Each goes through its part of the text in each epoch: of two, in 5 times 3 pieces.
    pieces = [task.pieces(text, replica) for replica in range(replicas)]
    assert [len(each) for each in pieces] == ([15, 15] if replicas == 2 else [12, 12, 12])
    for epoch in range(2):
        found = [stretches for number, stretches in reads if number == epoch]
        assert sorted(found) == sorted(piece for each in pieces for piece in each)
        for each in pieces:  # in their order, whatever the others do in between
            assert [piece for piece in found if piece in each] == each
    parts = [sorted(place for stretches in each for ends in stretches for place in range(*ends))
             for each in pieces]
    ends = [1000 * number // replicas for number in range(replicas + 1)]
    assert parts == [list(range(*part)) for part in pairwise(ends)]
    sizes = [sum(stop - start for start, stop in stretches) for _, stretches in reads]
    assert max(sizes) <= 40


@pytest.mark.parametrize("pieces", [1, 2])
def test_the_rate_falls_with_every_step_of_every_piece_of_every_round(monkeypatch, pieces):
    monkeypatch.setattr(worker, "ALIKE", 128)
    monkeypatch.setattr(batches, "PIECE", 128 // pieces)
    rates, add = [], worker.RowUpdater.add

    def noting(self, ids, gradients, rate, met):
        rates.append(rate)
        add(self, ids, gradients, rate, met)

    monkeypatch.setattr(worker.RowUpdater, "add", noting)
    trained(task_of(replicas=1, epochs=2), tokens_of(512))
    # 2 epochs of 8 steps, each with an update of both tables
    assert rates[::2] == rates[1::2]
    assert rates[::2] == pytest.approx([0.1 * (1 - k / 16) for k in range(16)])


def test_the_loss_is_that_of_every_eighth_step():
    assert worker.LOSS_EVERY == 8
    task, text = task_of(replicas=1, epochs=1), tokens_of(640)
    shared = trained(task, text)
    model, loss_function = task.build(text)
    reader = PieceReader(text, task.geometry, 0, 0.75, True, task.parameters.seed)
    piece = reader.read(0, [(0, 640)])
    assert piece.steps == 10
    predictions = sum(2 * model.half_predictions(piece.batch(step)).sum() for step in (0, 8))
    loss, guessed, counted = shared["losses"][0, 0]
    assert counted == predictions and 0 < loss / counted < 10
    assert guessed / counted == pytest.approx(loss_function.guessing)


def test_the_shares_of_an_epoch_rise_to_one_over_its_rounds():
    task, text = task_of(replicas=4), tokens_of(4 * 320)
    one = Worker(task, text, begun(task, text), 0, lambda: None)
    assert one.rounds[0] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1])  # a step of each replica
    shares = [share for number in range(5) for share in one.round(0, number)]
    assert shares == pytest.approx(np.linspace(0.05, 1, 20))


# ---- merging ----


def noted_merges(monkeypatch):
    """What every merge was given: tables, base and learnt."""
    merges, merge = [], worker.merge

    def noting(tables, base, learnt, share):
        merges.append((np.array(tables), base.copy(), learnt.copy()))
        merge(tables, base, learnt, share)

    monkeypatch.setattr(worker, "merge", noting)
    return merges


@both_models
@pytest.mark.parametrize("replicas", [2, 3])
def test_an_epoch_ends_with_the_merged_tables_in_all_replicas_and_the_base(
    model, replicas, monkeypatch
):
    merges = noted_merges(monkeypatch)
    monkeypatch.setattr(worker, "ends_of_rounds", lambda *_: [[0.25, 1.0]])
    task, text = task_of(model, replicas=replicas, epochs=1), tokens_of(900)
    shared = trained(task, text)
    for number, name in enumerate(("inputs", "outputs")):
        tables, base, learnt = merges[number]  # of the first round
        assert not np.array_equal(tables[0], tables[1]) and (learnt[:, :9] > 0).any(axis=1).all()
        merging.merge(tables, base, learnt)
        np.testing.assert_array_equal(merges[2 + number][1], base)  # where the second begins
        assert all(np.array_equal(table, shared[f"base_{name}"]) for table in shared[name])
        assert not shared[f"learnt_{name}"].any()


def test_a_merge_counts_only_what_was_learnt_since_the_one_before(monkeypatch):
    # A piece takes every second fourth of 24 tokens from a replica's part, of 192 tokens. The
    # first replica meets the words 0 and 1 and then 2 and 3, the second 2 and 3 and then 4, 5.
    monkeypatch.setattr(batches, "PIECE", 96)
    monkeypatch.setattr(batches, "STRANDS", 4)
    monkeypatch.setattr(worker, "ends_of_rounds", lambda *_: [[0.5, 1.0]])
    merges = noted_merges(monkeypatch)
    generator = np.random.default_rng(6)
    firsts = [0, 2] * 4 + [2, 4] * 4
    ids = np.concatenate([generator.integers(first, first + 2, 24) for first in firsts])
    text = TokenStream(ids.astype(np.int32), np.arange(0, 385, 24), np.full(6, 64))
    trained(task_of(replicas=2, epochs=1), text)
    met = [[np.flatnonzero(row[:6]).tolist() for row in learnt] for _, _, learnt in merges]
    assert met[::2] == [[[0, 1], [2, 3]], [[2, 3], [4, 5]]]  # of the input tables


@both_models
@every_loss
@pytest.mark.parametrize(("replicas", "workers"), [(2, 2), (3, 2), (3, 3)])
def test_the_number_of_workers_changes_nothing(model, loss, replicas, workers, monkeypatch):
    monkeypatch.setattr(merging, "LONGEST", 50)
    monkeypatch.setattr(batches, "PIECE", 64)
    text = tokens_of(700)
    alone = trained(task_of(model, replicas=replicas, loss=loss), text)
    together = trained(task_of(model, workers=workers, replicas=replicas, loss=loss), text)
    for name in ("inputs", "outputs", "losses"):
        assert alone[name].tobytes() == together[name].tobytes()


def test_training_that_begins_later_leaves_the_epochs_before_out():
    text = tokens_of(300)
    shared = trained(replace(task_of(epochs=3), first_epoch=2), text)
    assert not shared["losses"][:2].any() and shared["losses"][2].all()


@every_loss
@both_models
def test_the_row_of_padding_stays_zero(model, loss):
    shared = trained(task_of(model, loss=loss), tokens_of(300))
    assert not shared["inputs"][:, -1].any() and not shared["outputs"][:, -1].any()
