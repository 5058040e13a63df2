import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from word2vec.corpus.encoded_corpus import EncodedCorpus
from word2vec.corpus.encoding import EncodeParameters, encode
from word2vec.corpus.token_stream import TokenStream
from word2vec.corpus.vocabulary import Vocabulary
from word2vec.folders import CHECKPOINT
from word2vec.parameters import CbowParameters, SkipgramParameters, TrainParameters
from word2vec.training import batches, merging
from word2vec.training import loop as training
from word2vec.training.batches import Geometry, PieceReader
from word2vec.training.loop import train, train_by_epochs, workers
from word2vec.training.tables import Tables, begin
from word2vec.training.worker import Task
from word2vec.vectors.vectors import load_vectors
from words_and_images.common.errors import UserError
from words_and_images.common.files import read_json
from words_and_images.common.own_files import seal

ANIMALS = ["cat", "dog", "horse", "cow", "sheep"]
TOOLS = ["hammer", "saw", "nail", "drill", "plane"]
SMALL = TrainParameters(dim=8, window=3, epochs=4, threads=1, step=128, replicas=2)
OWN = {"skipgram": SkipgramParameters(sample=0, learning_rate=0.05, group=16, shared_negatives=8),
       "cbow": CbowParameters(sample=0, learning_rate=0.1, group=4)}
LOSSES = ("negative_sampling", "hierarchical_softmax", "full_softmax")
PATIENCE = 30  # seconds, on a busy machine

both_models = pytest.mark.parametrize("model", ["skipgram", "cbow"])
every_loss = pytest.mark.parametrize("loss", LOSSES)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Three hundred sentences, each of animals only or of tools only."""
    generator = np.random.default_rng(4)
    texts = (" ".join(generator.choice([ANIMALS, TOOLS][i % 2], 10)) for i in range(300))
    folder = tmp_path_factory.mktemp("toy") / "encoded"
    encode(texts, folder, EncodeParameters())
    return EncodedCorpus.load(folder)


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Where temporary folders are made, by this process and by those that it starts."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def small_pieces(monkeypatch):
    """Several rounds an epoch, and a second process where there is a second thread."""
    monkeypatch.setattr(merging, "LONGEST", 300)
    monkeypatch.setattr(batches, "PIECE", 400)
    monkeypatch.setattr(training, "ALONE", 0)


@pytest.fixture
def started(monkeypatch):
    """The processes that are started."""
    processes = []

    class Noted(subprocess.Popen):
        def __init__(self, *arguments, **more):
            super().__init__(*arguments, **more)
            processes.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    return processes


def until(condition):
    """Wait for something that comes soon."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def descriptors():
    """How many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def tables_of(corpus, model, parameters=SMALL, own=None, **more):
    tables = train(corpus, model, parameters, own or OWN[model], **more).tables
    return tables.inputs.tobytes(), tables.outputs.tobytes()


def bytes_of(trained):
    return trained.tables.inputs.tobytes(), trained.tables.outputs.tobytes(), trained.losses


def tiny_corpus():
    return EncodedCorpus(np.array([0, 1, 0, 1, 2], np.int32), np.array([0, 3, 5]),
                         Vocabulary(["a", "b", "c"], np.array([2, 2, 1])))


# ---- one seed, one result ----


@pytest.mark.parametrize(("model", "loss", "replicas"), [
    ("skipgram", "negative_sampling", 2), ("cbow", "negative_sampling", 3),
    ("skipgram", "hierarchical_softmax", 2), ("cbow", "full_softmax", 2),
])
def test_one_seed_gives_one_result_with_one_thread_and_with_two(
    corpus, model, loss, replicas, small_pieces, started, temporary
):
    parameters = replace(SMALL, epochs=2, loss=loss, replicas=replicas)
    alone = train(corpus, model, parameters, OWN[model])
    before = descriptors()
    assert not started
    together = train(corpus, model, replace(parameters, threads=2), OWN[model])
    assert len(started) == 1 and started[0].returncode is not None
    assert bytes_of(together) == bytes_of(alone)
    assert not list(temporary.iterdir()) and descriptors() == before


@pytest.mark.parametrize("threads", [1, 2])
def test_training_epoch_by_epoch_is_training(corpus, small_pieces, threads):
    parameters = replace(SMALL, threads=threads)
    epochs, seen = train_by_epochs(corpus, "skipgram", parameters, OWN["skipgram"]), []
    try:
        while True:
            seen.append(next(epochs).inputs.tobytes())
    except StopIteration as end:
        assert bytes_of(end.value) == bytes_of(train(corpus, "skipgram", SMALL, OWN["skipgram"]))
        assert seen[-1] == end.value.tables.inputs.tobytes()
    assert len(seen) == len(set(seen)) == SMALL.epochs


def test_training_that_is_closed_ends_its_processes_and_leaves_nothing(
    corpus, small_pieces, started, temporary
):
    gc.collect()  # what other tests have left open is not closed in the middle of this one
    before = descriptors()
    epochs = train_by_epochs(corpus, "cbow", replace(SMALL, threads=2), OWN["cbow"])
    next(epochs)
    assert len(started) == 1 and started[0].poll() is None and list(temporary.iterdir())
    epochs.close()
    assert started[0].returncode is not None
    assert not list(temporary.iterdir()) and descriptors() == before


def test_ids_in_memory_give_the_result_of_ids_on_disk(corpus, small_pieces, started):
    copied = EncodedCorpus(np.array(corpus.ids), corpus.bounds, corpus.vocabulary)
    parameters = replace(SMALL, epochs=1, threads=2)
    assert tables_of(copied, "cbow", parameters) == tables_of(corpus, "cbow", parameters)
    assert len(started) == 2


@both_models
def test_another_seed_gives_another_result(corpus, model):
    parameters = replace(SMALL, epochs=1)
    other = replace(parameters, seed=2)
    assert tables_of(corpus, model, parameters) != tables_of(corpus, model, other)
    assert tables_of(corpus, model, parameters) == tables_of(corpus, model, parameters)


@both_models
@pytest.mark.parametrize("other", [
    {"row_exponent": 1.0}, {"noise_exponent": 0.0}, {"negative": 2}, {"dynamic_window": False},
    {"window": 16}, {"step": 256}, {"step": 1024}, {"dim": 5}, {"replicas": 1}, {"replicas": 3},
    {"epochs": 2}, {"loss": "hierarchical_softmax"}, {"loss": "full_softmax"},
], ids=str)
def test_every_parameter_makes_a_difference(corpus, model, other):
    parameters = replace(SMALL, epochs=1)
    changed = tables_of(corpus, model, replace(parameters, **other))
    assert changed != tables_of(corpus, model, parameters)


@pytest.mark.parametrize(("model", "other"), [
    *((model, other) for model in OWN for other in (
        {"sample": 0.01}, {"learning_rate": 0.06}, {"minimum_learning_rate": 0.04})),
    ("skipgram", {"group": 64}), ("skipgram", {"shared_negatives": 3}),
    ("cbow", {"group": 8}), ("cbow", {"group": 16, "noise": "drawn"}),
], ids=str)
def test_every_parameter_of_a_model_makes_a_difference(corpus, model, other):
    parameters = replace(SMALL, epochs=1)
    changed = tables_of(corpus, model, parameters, replace(OWN[model], **other))
    assert changed != tables_of(corpus, model, parameters)


@every_loss
def test_the_undivided_update_of_cbow_is_another_than_the_divided(corpus, loss):
    divided = replace(OWN["cbow"], divided=True)
    parameters = replace(SMALL, epochs=1, loss=loss)
    assert tables_of(corpus, "cbow", parameters) != tables_of(corpus, "cbow", parameters, divided)


@both_models
@pytest.mark.parametrize("loss", LOSSES[1:])
@pytest.mark.parametrize("other", [{"row_exponent": 0.0}, {"dynamic_window": False}], ids=str)
def test_parameters_of_all_losses_make_a_difference_to_each(corpus, model, loss, other):
    parameters = replace(SMALL, epochs=1, loss=loss)
    changed = tables_of(corpus, model, replace(parameters, **other))
    assert changed != tables_of(corpus, model, parameters)


@both_models
def test_a_step_of_nought_is_the_one_that_suits_the_text(corpus, model):
    chosen = train(corpus, model, replace(SMALL, epochs=1, step=0), OWN[model])
    assert chosen.record["parameters"]["step"] == 64  # 10 words
    assert bytes_of(chosen)[:2] == tables_of(corpus, model, replace(SMALL, epochs=1, step=64))


def test_the_vectors_begin_with_other_numbers_than_the_first_piece_draws():
    # 3,000 tokens of one count, each kept when its number is below 0.5, against the numbers of
    # the first 3,000 values, which are negative when theirs is below 0.5.
    ids = np.arange(3000, dtype=np.int32)
    tokens = TokenStream(ids, np.array([0, 3000]), np.full(3000, 1))
    sample = (2 - 3**0.5) / 2 / 3000  # sqrt(r) + r = 0.5 for r = sample * 3000
    reader = PieceReader(tokens, Geometry(1, 1, 1, 64, 64, 0), sample, 0.75, True, 1)
    piece = reader.read(0, [(0, 3000)])
    kept = np.isin(ids, piece.centres)
    negative = begin(3000, replace(SMALL, dim=1)).inputs[:, 0] < 0
    assert 0.4 < kept.mean() < 0.6
    assert abs(np.mean(kept == negative) - 0.5) < 0.1


# ---- learning ----


@both_models
@every_loss
def test_the_loss_falls_from_that_of_guessing(corpus, model, loss):
    parameters = replace(SMALL, loss=loss, epochs=16, step=64, replicas=1)
    losses = train(corpus, model, parameters, OWN[model]).losses
    assert len(losses) == 16 and all(isinstance(loss, float) for loss in losses)
    tokens = TokenStream.of(corpus)
    guessing = Task(model, parameters, OWN[model], 1, 0).build(tokens)[1].guessing
    assert losses[0] < 1.05 * guessing and losses[-1] < 0.9 * guessing
    assert losses[-1] < losses[0]


@both_models
@every_loss
def test_words_of_one_kind_come_together(corpus, model, loss):
    parameters = replace(SMALL, epochs=16, step=64, replicas=1, loss=loss)
    trained = train(corpus, model, parameters, OWN[model])
    vectors = trained.tables.inputs / np.linalg.norm(trained.tables.inputs, axis=1, keepdims=True)
    index = trained.vocabulary.index
    animals, tools = ([index[word] for word in kind] for kind in (ANIMALS, TOOLS))
    similarities = vectors @ vectors.T
    within = min(similarities[np.ix_(kind, kind)].min() for kind in (animals, tools))
    between = similarities[np.ix_(animals, tools)].max()
    assert within > between + 0.3


KINDS = [[f"{kind}{member}" for member in "xyz"] for kind in "abcdef"]


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    """Sentences of six kinds of three words each, some kinds and some words rarer than others."""
    generator = np.random.default_rng(8)
    texts = []
    for kind in generator.choice(6, 700, p=np.array([6, 5, 4, 3, 2, 2]) / 22):
        texts.append(" ".join(generator.choice(KINDS[kind], 9, p=[0.5, 0.3, 0.2])))
    folder = tmp_path_factory.mktemp("kinds") / "encoded"
    encode(texts, folder, EncodeParameters(tokens="whitespace"))
    return EncodedCorpus.load(folder)


def neighbours(trained):
    """The two words nearest to each."""
    vectors = trained.tables.inputs / np.linalg.norm(trained.tables.inputs, axis=1, keepdims=True)
    words, similarities = trained.vocabulary.words, vectors @ vectors.T
    nearest = np.argsort(-similarities, axis=1)[:, :3]
    return {word: {words[i] for i in row if words[i] != word}
            for word, row in zip(words, nearest, strict=True)}


@both_models
def test_the_other_losses_find_the_neighbours_that_the_full_softmax_finds(kinds, model):
    parameters = replace(SMALL, epochs=12, dim=12, window=4)
    found = {loss: neighbours(train(kinds, model, replace(parameters, loss=loss), OWN[model]))
             for loss in LOSSES}
    assert found["full_softmax"] == {word: set(kind) - {word} for kind in KINDS for word in kind}
    assert found["negative_sampling"] == found["full_softmax"]
    assert found["hierarchical_softmax"] == found["full_softmax"]


# ---- small corpora ----


@both_models
@every_loss
@pytest.mark.parametrize("replicas", [1, 2])
def test_a_corpus_smaller_than_a_step_trains(model, loss, replicas):
    parameters = replace(SMALL, loss=loss, replicas=replicas)
    trained = train(tiny_corpus(), model, parameters, OWN[model])
    assert np.isfinite(trained.tables.inputs).all()
    assert np.isfinite(trained.losses).all() and trained.tables.outputs.any()


@both_models
def test_more_replicas_than_the_text_has_words_for_are_refused(model):
    tokens = len(tiny_corpus().ids)
    with pytest.raises(UserError, match=f"^replicas is {tokens} and the text has {tokens} words of "
                                        f"the vocabulary, .* give {tokens // 2} or fewer, or 0.$"):
        train(tiny_corpus(), model, replace(SMALL, replicas=tokens), OWN[model])


@both_models
@every_loss
def test_a_corpus_of_which_subsampling_keeps_nothing_ends_well(model, loss):
    parameters = replace(SMALL, loss=loss, least_kept=0)
    trained = train(tiny_corpus(), model, parameters, replace(OWN[model], sample=1e-14))
    assert trained.losses == [None] * 4
    assert trained.tables.inputs.tobytes() == begin(3, parameters).inputs.tobytes()
    assert not trained.tables.outputs.any()


@pytest.mark.parametrize(("ids", "bounds", "told"), [
    ([1], [0, 0, 1, 1], "none of the 3 documents has more than 1 word of the vocabulary"),
    ([0, 1] * 200, range(401), "none of the 400 documents has more than 1 word of the vocabulary"),
    ([], [0, 0], "none of the 1 document has more than 0 words of the vocabulary"),
])
def test_a_text_in_which_no_word_has_a_context_is_refused(ids, bounds, told):
    corpus = EncodedCorpus(np.array(ids, np.int32), np.array(bounds),
                           Vocabulary(["a", "b"], np.array([200, 200])))
    with pytest.raises(UserError) as refused:
        train(corpus, "cbow", SMALL, OWN["cbow"])
    assert str(refused.value) == (f"no word has a context: {told}; write what belongs together on "
                                  "one line, or lower min_count.")


# ---- divergence ----


@both_models
@every_loss
def test_learning_that_diverges_names_epoch_loss_and_learning_rate(corpus, model, loss):
    own = replace(OWN[model], learning_rate=1e30)
    with pytest.raises(UserError) as error:
        train(corpus, model, replace(SMALL, loss=loss), own)
    told = str(error.value)
    assert told.startswith("learning diverged in epoch 1, to a loss of ")
    assert told.endswith("; lower learning_rate, which is 1e+30.") and "\n" not in told
    assert "where guessing has" in told


def test_divergence_with_two_processes_leaves_nothing_behind(
    corpus, small_pieces, started, temporary, capfd
):
    own = replace(OWN["cbow"], learning_rate=1e30)
    with pytest.raises(UserError, match=r"diverged in epoch 1.*learning_rate, which is 1e\+30"):
        train(corpus, "cbow", replace(SMALL, threads=2), own)
    assert len(started) == 1 and started[0].returncode is not None
    assert not list(temporary.iterdir())
    told = capfd.readouterr().err.splitlines()
    assert len(told) == 1 and told[0].startswith("training cbow on ")


def test_vectors_that_end_up_worse_than_guessing_have_diverged(corpus):
    # Each row stands in every update ten times and more: the vectors grow without bound, but the
    # logarithm of float32's smallest number, -87, bounds the loss.
    own = replace(OWN["skipgram"], learning_rate=3.0)
    with pytest.raises(UserError, match=r"to a loss of [0-9.]+ where guessing has 4\.159; "
                                        r"lower learning_rate, which is 3\.0"):
        train(corpus, "skipgram", replace(SMALL, row_exponent=0.0), own)


@pytest.mark.filterwarnings("error")
@both_models
@every_loss
def test_divergence_is_told_without_warnings(corpus, model, loss):
    with pytest.raises(UserError):
        train(corpus, model, replace(SMALL, loss=loss), replace(OWN[model], learning_rate=1e30))
    assert np.geterr()["over"] == np.geterr()["invalid"] == "warn"


@both_models
@every_loss
def test_learning_that_diverges_in_its_last_step_is_no_result(model, loss):
    # One step in all: its loss is taken before the update that spoils the vectors.
    own = replace(OWN[model], learning_rate=1e42)
    with pytest.raises(UserError, match="diverged in epoch 1, to a loss of inf"):
        train(tiny_corpus(), model, replace(SMALL, epochs=1, loss=loss), own)


def test_the_vectors_after_the_last_good_epoch_are_kept_and_named(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(Task, "rate", lambda self, done: 0.05 if done < 0.5 else 1e30)
    folder = tmp_path / "checkpoint"
    with pytest.raises(UserError) as error:
        train(corpus, "cbow", SMALL, OWN["cbow"], checkpoint=folder)
    assert str(error.value).startswith("learning diverged in epoch 3, to a loss of ")
    assert str(error.value).endswith(f"which is 0.1. The vectors after epoch 2 are in {folder}.")
    kept = load_vectors(folder)
    assert sorted(kept.index_to_key) == sorted(ANIMALS + TOOLS)
    assert np.isfinite(kept.vectors).all() and np.abs(kept.vectors).max() > 0.1


def test_where_no_epoch_went_well_no_vectors_are_named(corpus, tmp_path):
    own = replace(OWN["cbow"], learning_rate=1e30)
    with pytest.raises(UserError, match=r"which is 1e\+30\.$"):
        train(corpus, "cbow", SMALL, own, checkpoint=tmp_path / "checkpoint")
    assert not (tmp_path / "checkpoint").exists()


def test_hierarchical_softmax_on_a_corpus_of_mostly_one_word_does_not_diverge():
    # Nine of ten tokens are one word, of which subsampling keeps one in a hundred; the mean
    # length of the codes is 2 turns, of those that are learnt 9.
    generator = np.random.default_rng(9)
    ids = np.where(generator.random(20_000) < 0.9, 0, generator.integers(1, 256, 20_000))
    counts = np.bincount(ids, minlength=256)
    order = np.argsort(-counts)
    corpus = EncodedCorpus(np.argsort(order)[ids].astype(np.int32), np.array([0, 20_000]),
                           Vocabulary([f"w{i}" for i in range(256)], counts[order]))
    own = SkipgramParameters(sample=1e-4)
    train(corpus, "skipgram", replace(SMALL, loss="hierarchical_softmax", epochs=1), own)


# ---- what goes wrong outside ----


@contextmanager
def counting(on_advance):
    """In the place of a progress bar: calls a function with every note."""

    class Counter:
        def advance(self, amount=1, note=""):
            on_advance(note)

    yield Counter()


def interrupt(monkeypatch, error, epoch):
    """Let training fail after the first round of an epoch, counted from 1."""

    def on_advance(note):
        if note.startswith(f"epoch {epoch},"):
            raise error

    monkeypatch.setattr(training, "progress", lambda *_: counting(on_advance))


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_a_training_that_fails_leaves_no_process_and_no_file_behind(
    corpus, failure, small_pieces, started, temporary, monkeypatch
):
    interrupt(monkeypatch, failure, 1)
    with pytest.raises(failure):
        train(corpus, "cbow", replace(SMALL, threads=2), OWN["cbow"])
    assert len(started) == 1 and started[0].returncode is not None
    assert not list(temporary.iterdir())
    assert np.geterr()["over"] == "warn"


def test_matrix_products_take_one_thread_while_training_lasts(corpus, monkeypatch):
    def threads():
        return {library["num_threads"] for library in threadpool_info()
                if library["user_api"] == "blas"}

    found = []
    monkeypatch.setattr(training, "progress", lambda *_: counting(
        lambda note: found.append(threads())))
    with threadpool_limits(limits=2, user_api="blas"):
        before = threads()
        train(corpus, "cbow", replace(SMALL, epochs=1), OWN["cbow"])
        assert threads() == before
    assert found and all(each == {1} for each in found)


def test_a_helper_that_is_killed_is_told_in_one_sentence(
    corpus, small_pieces, started, temporary, monkeypatch
):
    def on_advance(note):
        os.kill(started[0].pid, signal.SIGKILL)

    monkeypatch.setattr(training, "progress", lambda *_: counting(on_advance))
    with pytest.raises(UserError, match="a training process ended early with exit code -9"):
        train(corpus, "cbow", replace(SMALL, threads=2), OWN["cbow"])
    assert not list(temporary.iterdir())


SCRIPT = """
import json, signal, sys, time
from pathlib import Path
from word2vec.training import batches, merging
from word2vec.training import loop as training
from word2vec.corpus.encoded_corpus import EncodedCorpus
from word2vec.parameters import CbowParameters, TrainParameters
from word2vec.training.worker import Worker

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it
encoded, checkpoint, parameters, own, pause = sys.argv[1:]
merging.LONGEST, batches.PIECE, training.ALONE = 300, 400, 0
learn = Worker.round

def round(self, epoch, number):
    for share in learn(self, epoch, number):
        if (epoch, number) == (2, 1) and pause:
            print("in the third epoch", flush=True)
            time.sleep(60)
        yield share

Worker.round = round
training.train(EncodedCorpus.load(Path(encoded)), "cbow", TrainParameters(**json.loads(parameters)),
               CbowParameters(**json.loads(own)), Path(checkpoint))
"""


@contextmanager
def in_the_third_epoch(corpus, checkpoint, parameters):
    """A process of a session of its own that trains with two threads, and has come so far."""
    arguments = [str(Path(corpus.ids.filename).parent), str(checkpoint),
                 json.dumps(asdict(parameters)), json.dumps(asdict(OWN["cbow"])), "pause"]
    with subprocess.Popen([sys.executable, "-c", SCRIPT, *arguments], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          start_new_session=True) as process:
        try:
            assert process.stdout.readline() == "in the third epoch\n", process.stderr.read()
            yield process
        finally:
            process.kill()


def workers_in(folder):
    """The processes that train with the shared arrays of a temporary folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes().split(b"\0")
        except OSError:  # it has ended
            continue
        if b"word2vec.training.worker" in arguments and os.fsencode(folder) in b" ".join(arguments):
            found.append(int(path.parent.name))
    return found


def test_a_training_that_is_killed_goes_on_to_the_result_of_an_unbroken_one(
    corpus, small_pieces, tmp_path, temporary, capsys
):
    parameters, folder = replace(SMALL, threads=2), tmp_path / "checkpoint"
    with in_the_third_epoch(corpus, folder, parameters) as process:
        assert len(workers_in(temporary)) == 1
        process.send_signal(signal.SIGKILL)
    until(lambda: not workers_in(temporary))  # the other one sees that it is alone, and ends
    assert len(read_json(folder / "state.json")["losses"]) == 2
    resumed = train(corpus, "cbow", parameters, OWN["cbow"], checkpoint=folder)
    assert f"going on after epoch 2, which {folder} kept" in capsys.readouterr().err
    assert bytes_of(resumed) == bytes_of(train(corpus, "cbow", parameters, OWN["cbow"]))
    assert not folder.exists()


def test_control_c_ends_all_processes_and_leaves_the_checkpoint_only(
    corpus, tmp_path, temporary
):
    folder = tmp_path / "checkpoint"
    with in_the_third_epoch(corpus, folder, replace(SMALL, threads=2)) as process:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
        told = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == -signal.SIGINT
    assert told.count("Traceback") == 1 and told.endswith("KeyboardInterrupt\n")
    assert not workers_in(temporary) and not list(temporary.iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint", "temporary"]


ORPHAN = """
import os, signal, subprocess, sys
from pathlib import Path
from word2vec.parameters import CbowParameters, TrainParameters
from word2vec.training.team import create_arrays, helpers
from word2vec.corpus.token_stream import TokenStream
from word2vec.training.worker import Task, layout
import numpy as np

folder = Path(sys.argv[1])
tokens = TokenStream(np.zeros(100, np.int32), np.array([0, 100]), np.array([90, 10]))
task = Task("cbow", TrainParameters(), CbowParameters(), 2, 0)
create_arrays(folder, layout(task, tokens))
task.save(folder, tokens.share(folder))

class KillingItsParent(subprocess.Popen):
    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        (folder / "pid").write_text(str(self.pid))
        os.kill(os.getpid(), signal.SIGKILL)

subprocess.Popen = KillingItsParent
with helpers("word2vec.training.worker", folder, 2):
    pass
"""


def test_a_helper_ends_when_its_parent_is_gone_before_it_has_begun(temporary):
    subprocess.run([sys.executable, "-c", ORPHAN, str(temporary)])
    orphan = int((temporary / "pid").read_text())
    try:
        until(lambda: orphan not in workers_in(temporary))
    finally:
        if orphan in workers_in(temporary):
            os.kill(orphan, signal.SIGKILL)


# ---- going on ----


@both_models
@every_loss
@pytest.mark.parametrize("epoch", [2, 4])
def test_a_training_that_fails_goes_on_to_the_result_of_an_unbroken_one(
    corpus, model, loss, epoch, small_pieces, tmp_path, monkeypatch
):
    parameters, folder = replace(SMALL, loss=loss), tmp_path / "checkpoint"
    with monkeypatch.context() as patched:
        interrupt(patched, RuntimeError, epoch)
        with pytest.raises(RuntimeError):
            train(corpus, model, parameters, OWN[model], checkpoint=folder)
    assert len(read_json(folder / "state.json")["losses"]) == epoch - 1
    resumed = train(corpus, model, parameters, OWN[model], checkpoint=folder)
    assert bytes_of(resumed) == bytes_of(train(corpus, model, parameters, OWN[model]))
    assert not folder.exists()


def test_each_epoch_is_told_with_its_loss_and_those_before_an_end_first(
    corpus, small_pieces, tmp_path, monkeypatch
):
    told: list = []
    folder, unbroken = tmp_path / "checkpoint", []
    trained = train(corpus, "cbow", SMALL, OWN["cbow"],
                    on_epoch=lambda *epoch: unbroken.append(epoch))
    assert unbroken == list(enumerate(trained.losses, start=1))
    with monkeypatch.context() as patched:
        interrupt(patched, RuntimeError, 3)
        with pytest.raises(RuntimeError):
            train(corpus, "cbow", SMALL, OWN["cbow"], checkpoint=folder)
    train(corpus, "cbow", SMALL, OWN["cbow"], checkpoint=folder,
          on_epoch=lambda *epoch: told.append(epoch))
    assert told == unbroken


@pytest.mark.parametrize("other", ["parameters", "model's own", "text", "start"])
def test_the_checkpoint_of_another_training_is_passed_over(
    corpus, other, tmp_path, monkeypatch, capsys
):
    folder = tmp_path / "checkpoint"
    with monkeypatch.context() as patched:
        interrupt(patched, RuntimeError, 3)
        with pytest.raises(RuntimeError):
            train(corpus, "cbow", SMALL, OWN["cbow"], checkpoint=folder)
    parameters, own, text, start = SMALL, OWN["cbow"], corpus, None
    if other == "parameters":
        parameters = replace(SMALL, window=2)
    elif other == "model's own":
        own = replace(own, learning_rate=0.05)
    elif other == "text":
        text = EncodedCorpus(np.array(corpus.ids)[::-1].copy(), corpus.bounds, corpus.vocabulary)
    else:
        start = begin(10, replace(SMALL, seed=9))
    expected = bytes_of(train(text, "cbow", parameters, own, start=start))
    capsys.readouterr()
    found = bytes_of(train(text, "cbow", parameters, own, checkpoint=folder, start=start))
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith(f"{folder} is of a training with other text, parameters")
    assert found == expected and not folder.exists()


@pytest.mark.parametrize("change", [
    {"losses": [1.0] * 99}, {"losses": ["x"]}, {"losses": "abc"}, {"losses": 3},
    {"within": {"rounds": 10 ** 6, "sums": [[1, 2, 3]] * 2, "places": [[0, 0]] * 2}},
    {"within": {"rounds": -1, "sums": [[1, 2, 3]] * 2, "places": [[0, 0]] * 2}},
    {"within": {"rounds": 1, "sums": [[1, 2]], "places": [[0]]}},
    {"within": {"rounds": 1, "sums": [[1, 2, 3]] * 2, "places": [[-5, 0]] * 2}},
    np.full((10, 8), np.nan, np.float32), np.zeros((3, 8), np.float32),
], ids=lambda change: "vectors" if isinstance(change, np.ndarray) else str(change))
def test_a_state_that_is_none_of_this_training_begins_it_anew(
    corpus, tmp_path, monkeypatch, capsys, change
):
    folder, parameters = tmp_path / "checkpoint", replace(SMALL, epochs=2)
    with monkeypatch.context() as patched:
        interrupt(patched, RuntimeError, 2)
        with pytest.raises(RuntimeError):
            train(corpus, "cbow", parameters, OWN["cbow"], checkpoint=folder)
    if isinstance(change, dict):
        state = read_json(folder / "state.json")
        (folder / "state.json").write_text(json.dumps(state | change))
    else:
        np.save(folder / "input_vectors.npy", change)
    seal(folder, CHECKPOINT)
    expected = bytes_of(train(corpus, "cbow", parameters, OWN["cbow"]))
    capsys.readouterr()
    assert bytes_of(train(
        corpus, "cbow", parameters, OWN["cbow"], checkpoint=folder)) == expected
    assert "no state of this training); beginning anew" in capsys.readouterr().err


def test_the_number_of_threads_may_change_when_going_on(
    corpus, small_pieces, tmp_path, monkeypatch
):
    folder = tmp_path / "checkpoint"
    with monkeypatch.context() as patched:
        interrupt(patched, RuntimeError, 3)
        with pytest.raises(RuntimeError):
            train(corpus, "skipgram", replace(SMALL, threads=2), OWN["skipgram"], folder)
    resumed = train(corpus, "skipgram", SMALL, OWN["skipgram"], folder)
    assert bytes_of(resumed) == bytes_of(train(corpus, "skipgram", SMALL, OWN["skipgram"]))


def test_a_checkpoint_changes_nothing_and_is_removed_in_the_end(corpus, tmp_path, temporary):
    parameters, folder = replace(SMALL, epochs=3), tmp_path / "kept" / "checkpoint"
    kept = bytes_of(train(corpus, "cbow", parameters, OWN["cbow"], checkpoint=folder))
    assert kept == bytes_of(train(corpus, "cbow", parameters, OWN["cbow"]))
    assert not list((tmp_path / "kept").iterdir()) and not list(temporary.iterdir())


# ---- the beginning and the end ----


@both_models
def test_training_begins_with_given_tables(corpus, model):
    parameters = replace(SMALL, epochs=1)
    usual = begin(10, parameters)
    assert tables_of(corpus, model, parameters, start=usual) == tables_of(corpus, model, parameters)
    first = train(corpus, model, parameters, OWN[model]).tables
    before = first.inputs.tobytes(), first.outputs.tobytes()
    longer = train(corpus, model, parameters, OWN[model], start=first)
    assert longer.losses[0] < train(corpus, model, parameters, OWN[model]).losses[0]
    assert (first.inputs.tobytes(), first.outputs.tobytes()) == before  # it is read only


def test_words_that_learn_nothing_stay_as_given():
    start = Tables(np.arange(24, dtype=np.float32).reshape(3, 8), np.ones((3, 8), np.float32))
    own, parameters = replace(OWN["cbow"], sample=1e-14), replace(SMALL, least_kept=0)
    trained = train(tiny_corpus(), "cbow", parameters, own, start=start)
    np.testing.assert_array_equal(trained.tables.inputs, start.inputs)
    np.testing.assert_array_equal(trained.tables.outputs, start.outputs)


def test_the_vectors_begin_small_and_the_outputs_at_zero():
    tables = begin(3, replace(SMALL, dim=50))
    assert tables.inputs.shape == tables.outputs.shape == (3, 50)
    assert tables.inputs.dtype == tables.outputs.dtype == np.float32
    assert np.abs(tables.inputs).max() <= 0.5 / 50 and tables.inputs.std() > 0.2 / 50
    assert not tables.outputs.any()


def test_an_unknown_model_is_answered_with_the_nearest(corpus):
    with pytest.raises(UserError, match="model is 'skipgrm'; did you mean skipgram"):
        train(corpus, "skipgrm", SMALL, OWN["skipgram"])


@pytest.mark.parametrize(("threads", "replicas", "cores", "found"), [
    (1, 2, 8, 1), (2, 2, 8, 2), (0, 2, 8, 2), (0, 4, 3, 3), (5, 3, 8, 3), (3, 3, 1, 3),
])
def test_as_many_processes_train_as_threads_and_replicas_allow(
    corpus, monkeypatch, threads, replicas, cores, found
):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    parameters = replace(SMALL, threads=threads, replicas=replicas)
    assert workers(corpus, parameters) == 1  # 12,000 tokens in all
    monkeypatch.setattr(training, "ALONE", 12_000)
    assert workers(corpus, parameters) == found
    monkeypatch.setattr(training, "ALONE", 12_001)
    assert workers(corpus, parameters) == 1


@both_models
def test_the_saved_folder_holds_vectors_vocabulary_and_record(corpus, model, tmp_path):
    parameters = replace(SMALL, epochs=2)
    trained = train(corpus, model, parameters, OWN[model])
    trained.save(tmp_path / "vectors", {"source": "toy", "documents": 300})
    folder = tmp_path / "vectors"
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md", "input_vectors.npy", "output_vectors.npy", "record.json", "vocabulary.txt"]
    np.testing.assert_array_equal(np.load(folder / "input_vectors.npy"), trained.tables.inputs)
    np.testing.assert_array_equal(np.load(folder / "output_vectors.npy"), trained.tables.outputs)
    assert Vocabulary.load(folder / "vocabulary.txt").words == corpus.vocabulary.words
    record = read_json(folder / "record.json")
    assert [*record.pop("folder")["files"]] == [
        "README.md", "input_vectors.npy", "output_vectors.npy", "vocabulary.txt"]
    assert record == {
        "model": model,
        "parameters": {**parameters.describe(), **asdict(OWN[model])},
        "losses": trained.losses,
        "corpus": {"source": "toy", "documents": 300},
    }
    assert ("divided" in record["parameters"]) == (model == "cbow")


def test_saving_that_fails_leaves_the_earlier_folder(tmp_path):
    trained = train(tiny_corpus(), "cbow", replace(SMALL, epochs=1), OWN["cbow"])
    folder = tmp_path / "saved" / "vectors"
    trained.save(folder, {"source": "first"})
    with pytest.raises(TypeError):
        trained.save(folder, {"source": object()})
    assert read_json(folder / "record.json")["corpus"] == {"source": "first"}
    assert [path.name for path in folder.parent.iterdir()] == ["vectors"]


def test_training_tells_its_size_its_threads_and_its_kernels(corpus, capsys):
    train(corpus, "cbow", replace(SMALL, epochs=2), OWN["cbow"])
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("training cbow on 3,000 words, 10 different, with 1 thread and ")
    assert told[1].startswith("training cbow: 6,000 words in ")
    assert "epoch 2, loss " in told[1] and "words/s" in told[1]
