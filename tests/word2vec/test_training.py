import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from common.errors import UserError
from common.files import read_json
from word2vec import batches, vocabulary
from word2vec.encoding import EncodedCorpus, EncodeParameters, encode
from word2vec.parameters import CbowParameters, SkipgramParameters, TrainParameters
from word2vec.training import _Run, train
from word2vec.vocabulary import Vocabulary

ANIMALS = ["cat", "dog", "horse", "cow", "sheep"]
TOOLS = ["hammer", "saw", "nail", "drill", "plane"]
SMALL = TrainParameters(dim=8, window=3, epochs=6, threads=1, step=128, group=16,
                        shared_negatives=8)
OWN = {"skipgram": SkipgramParameters(sample=0, learning_rate=0.03),
       "cbow": CbowParameters(sample=0, learning_rate=0.1)}
both_models = pytest.mark.parametrize("model", ["skipgram", "cbow"])


@pytest.fixture(autouse=True)
def small_noise_table(monkeypatch):
    monkeypatch.setattr(vocabulary, "UNIGRAM_TABLE_SIZE", 10_000)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Six hundred sentences, each of animals only or of tools only."""
    generator = np.random.default_rng(4)
    texts = (" ".join(generator.choice([ANIMALS, TOOLS][i % 2], 10)) for i in range(600))
    folder = tmp_path_factory.mktemp("toy") / "encoded"
    encode(texts, folder, EncodeParameters())
    return EncodedCorpus.load(folder)


def tables_of(corpus, model, parameters, own=None):
    tables = train(corpus, model, parameters, own or OWN[model]).tables
    return tables.inputs.tobytes(), tables.outputs.tobytes()


@both_models
def test_one_seed_gives_one_result_with_one_thread_and_with_two(corpus, model, monkeypatch):
    monkeypatch.setattr(batches, "SLAB", 1500)  # so that slabs are read ahead, too
    alone = train(corpus, model, replace(SMALL, epochs=2), OWN[model])
    for _ in range(2):
        together = train(corpus, model, replace(SMALL, epochs=2, threads=2), OWN[model])
        assert together.tables.inputs.tobytes() == alone.tables.inputs.tobytes()
        assert together.tables.outputs.tobytes() == alone.tables.outputs.tobytes()
        assert together.losses == alone.losses


@both_models
def test_another_seed_gives_another_result(corpus, model):
    parameters = replace(SMALL, epochs=1)
    other = replace(parameters, seed=2)
    assert tables_of(corpus, model, parameters) != tables_of(corpus, model, other)


@both_models
def test_the_loss_falls_from_that_of_guessing(corpus, model):
    losses = train(corpus, model, SMALL, OWN[model]).losses
    assert len(losses) == 6 and all(isinstance(loss, float) for loss in losses)
    # Each of 1 + 5 guesses is right with probability 1/2: 6 log 2 = 4.16
    assert losses[0] < 6 * np.log(2) and losses[-1] < 0.9 * losses[0]


@both_models
def test_words_of_one_kind_come_together(corpus, model):
    trained = train(corpus, model, SMALL, OWN[model])
    vectors = trained.tables.inputs / np.linalg.norm(trained.tables.inputs, axis=1, keepdims=True)
    index = trained.vocabulary.index
    animals, tools = ([index[word] for word in kind] for kind in (ANIMALS, TOOLS))
    similarities = vectors @ vectors.T
    within = min(similarities[np.ix_(kind, kind)].min() for kind in (animals, tools))
    between = similarities[np.ix_(animals, tools)].max()
    assert within > between + 0.3


def test_the_undivided_update_of_cbow_is_another_than_the_divided(corpus):
    divided = replace(OWN["cbow"], divided=True)
    parameters = replace(SMALL, epochs=1)
    assert tables_of(corpus, "cbow", parameters) != tables_of(corpus, "cbow", parameters, divided)


@both_models
@pytest.mark.parametrize("other", [
    {"row_exponent": 1.0}, {"row_exponent": 1}, {"noise_exponent": 0.0}, {"negative": 2},
    {"dynamic_window": False}, {"window": 16}, {"group": 64}, {"shared_negatives": 3},
    {"step": 256}, {"dim": 5},
])
def test_every_parameter_makes_a_difference(corpus, model, other):
    parameters = replace(SMALL, epochs=1)
    changed = tables_of(corpus, model, replace(parameters, **other))
    assert changed != tables_of(corpus, model, parameters)


@both_models
@pytest.mark.parametrize("other", [{"sample": 0.01}, {"learning_rate": 0.05},
                                   {"minimum_learning_rate": 0.02}])
def test_every_parameter_of_a_model_makes_a_difference(corpus, model, other):
    parameters = replace(SMALL, epochs=1)
    changed = tables_of(corpus, model, parameters, replace(OWN[model], **other))
    assert changed != tables_of(corpus, model, parameters)


def tiny_corpus():
    return EncodedCorpus(np.array([0, 1, 0, 1, 2], np.int32), np.array([0, 3, 5]),
                         Vocabulary(["a", "b", "c"], np.array([2, 2, 1])))


@both_models
def test_a_corpus_smaller_than_a_step_trains(model):
    trained = train(tiny_corpus(), model, SMALL, OWN[model])
    assert np.isfinite(trained.tables.inputs).all() and trained.tables.outputs.any()


@both_models
def test_a_corpus_of_which_subsampling_keeps_nothing_ends_well(model):
    trained = train(tiny_corpus(), model, SMALL, replace(OWN[model], sample=1e-14))
    assert trained.losses == [0.0] * 6


@both_models
@pytest.mark.parametrize("threads", [1, 2])
def test_learning_that_diverges_names_the_learning_rate(corpus, model, threads):
    own = replace(OWN[model], learning_rate=1e30)
    with pytest.raises(UserError, match=r"diverged in epoch 1; .*learning_rate, which is 1e\+30"):
        train(corpus, model, replace(SMALL, threads=threads), own)


def test_vectors_that_end_up_worse_than_guessing_have_diverged(corpus):
    # Each row stands in every update ten times and more: the vectors grow without bound, but the
    # logarithm of float32's smallest number, -87, bounds the loss.
    own = replace(OWN["skipgram"], learning_rate=0.3)
    with pytest.raises(UserError, match="lower learning_rate, which is 0.3"):
        train(corpus, "skipgram", SMALL, own)


@pytest.mark.filterwarnings("error")
@both_models
@pytest.mark.parametrize("threads", [1, 2])
def test_divergence_is_told_in_one_sentence_without_warnings(corpus, model, threads):
    with pytest.raises(UserError):
        train(corpus, model, replace(SMALL, threads=threads),
              replace(OWN[model], learning_rate=1e30))
    assert np.geterr()["over"] == "warn"


@both_models
def test_learning_that_diverges_in_its_last_step_is_no_result(model):
    # One step in all: its loss is taken before the update that spoils the vectors.
    own = replace(OWN[model], learning_rate=1e42)
    with pytest.raises(UserError, match="diverged in epoch 1"):
        train(tiny_corpus(), model, replace(SMALL, epochs=1), own)


def test_an_unknown_model_is_answered_with_the_nearest(corpus):
    with pytest.raises(UserError, match="model is 'skipgrm'; did you mean skipgram"):
        train(corpus, "skipgrm", SMALL, OWN["skipgram"])


def test_the_learning_rate_falls_linearly_to_its_floor():
    own = SkipgramParameters(learning_rate=0.1, minimum_learning_rate=0.01)
    run = _Run(tiny_corpus(), "skipgram", replace(SMALL, epochs=2), own)  # 10 words in all
    rates = [run._rate(read) for read in (0, 5, 9, 9.5, 10)]
    assert rates == pytest.approx([0.1, 0.05, 0.01, 0.01, 0.01])


@both_models
def test_the_saved_folder_holds_vectors_vocabulary_and_record(corpus, model, tmp_path):
    trained = train(corpus, model, replace(SMALL, epochs=2), OWN[model])
    trained.save(tmp_path / "vectors", {"source": "toy", "documents": 600})
    folder = tmp_path / "vectors"
    assert sorted(path.name for path in folder.iterdir()) == [
        "input_vectors.npy", "output_vectors.npy", "record.json", "vocabulary.txt"]
    np.testing.assert_array_equal(np.load(folder / "input_vectors.npy"), trained.tables.inputs)
    np.testing.assert_array_equal(np.load(folder / "output_vectors.npy"), trained.tables.outputs)
    assert Vocabulary.load(folder / "vocabulary.txt").words == corpus.vocabulary.words
    record = read_json(folder / "record.json")
    assert record == {
        "model": model,
        "parameters": {**asdict(replace(SMALL, epochs=2)), **asdict(OWN[model])},
        "losses": trained.losses,
        "corpus": {"source": "toy", "documents": 600},
    }
    assert ("divided" in record["parameters"]) == (model == "cbow")


def test_saving_that_fails_leaves_the_earlier_folder(corpus, tmp_path):
    trained = train(tiny_corpus(), "cbow", replace(SMALL, epochs=1), OWN["cbow"])
    trained.save(tmp_path / "vectors", {"source": "first"})
    with pytest.raises(TypeError):
        trained.save(tmp_path / "vectors", {"source": object()})
    record = json.loads((tmp_path / "vectors" / "record.json").read_text())
    assert record["corpus"] == {"source": "first"}
    assert [path.name for path in tmp_path.iterdir()] == ["vectors"]


def test_the_vectors_begin_small_and_the_outputs_at_zero():
    tables = _Run(tiny_corpus(), "cbow", replace(SMALL, dim=50), OWN["cbow"]).tables
    assert tables.inputs.shape == tables.outputs.shape == (4, 50)  # one row of padding
    assert np.abs(tables.inputs).max() <= 0.5 / 50 and tables.inputs.std() > 0.2 / 50
    assert not tables.outputs.any()


def test_training_tells_its_size_its_threads_and_its_kernels(corpus, capsys):
    train(corpus, "cbow", replace(SMALL, epochs=1), OWN["cbow"])
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("training cbow on 6,000 words, 10 different, with 1 threads and ")
    assert "epoch 1, loss " in told[1] and "words/s" in told[1]
