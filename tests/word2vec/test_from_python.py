"""Word2Vec under gensim's names: what gensim's own tests hold of it, and where it differs."""

import copy
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import word2vec
from word2vec import Word2Vec
from word2vec.from_python import NAMES, USUAL
from word2vec.parameters import (
    EncodeParameters,
    OwnParameters,
    TrainParameters,
)
from word2vec.train_text import Recipe, train_text
from word2vec.vectors.vectors import load_vectors
from words_and_images.common.errors import UserError

ROOT = Path(__file__).parent.parent.parent
SENTENCES = [
    ["human", "interface", "computer"],
    ["survey", "user", "computer", "system", "response", "time"],
    ["eps", "user", "interface", "system"],
    ["system", "human", "system", "eps"],
    ["user", "response", "time"],
    ["trees"],
    ["graph", "trees"],
    ["graph", "minors", "trees"],
    ["graph", "minors", "survey"],
]
MORE = [["computer", "artificial", "intelligence"], ["artificial", "trees"], ["human", "graph"],
        ["intelligence", "artificial", "intelligence", "system"]]
SMALL = {"vector_size": 8, "min_count": 1, "sample": 0, "alpha": 0.02, "workers": 1}
LOSSES = {"negative sampling": {}, "hierarchical softmax": {"hs": 1, "negative": 0}}

both_models = pytest.mark.parametrize("sg", [0, 1])
both_losses = pytest.mark.parametrize("loss", LOSSES)


@pytest.fixture(scope="module")
def talk():
    """Three hundred sentences, each of animals only or of tools only."""
    generator = np.random.default_rng(4)
    kinds = [["cat", "dog", "horse", "cow", "sheep"],
             ["hammer", "saw", "nail", "drill", "plane"]]
    return [generator.choice(kinds[i % 2], 10).tolist() for i in range(300)]


# ---- the import ----


def test_importing_the_package_alone_stays_cheap_and_sets_kernels_before_numpy():
    script = ("import os, sys, word2vec; assert 'numpy' not in sys.modules\n"
              "from word2vec import Word2Vec; assert 'numpy' in sys.modules\n"
              "assert Word2Vec.__module__ == 'word2vec.from_python'")
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_the_package_has_no_other_names():
    with pytest.raises(AttributeError, match="module 'word2vec' has no attribute 'Doc2Vec'"):
        _ = word2vec.Doc2Vec


# ---- vocabulary ----


def test_a_vocabulary_is_built_from_sentences():
    model = Word2Vec(**SMALL)
    model.build_vocab(SENTENCES)
    assert (model.corpus_count, model.corpus_total_words) == (9, 29)
    counts = dict(zip(model.wv.index_to_key, model.wv.counts.tolist(), strict=True))
    assert counts == {"system": 4, "graph": 3, "trees": 3, "user": 3, "computer": 2, "eps": 2,
                      "human": 2, "interface": 2, "minors": 2, "response": 2, "survey": 2,
                      "time": 2}
    assert model.wv.vectors.shape == model.syn1neg.shape == (12, 8)
    assert model.losses == [] and model.get_latest_training_loss() == 0


@pytest.mark.parametrize(("settings", "words"), [
    ({"min_count": 3}, ["system", "graph", "trees", "user"]),
    ({"min_count": 2, "max_final_vocab": 4}, ["system", "graph", "trees", "user"]),
    ({"min_count": 0, "max_final_vocab": 11}, ["system", "graph", "trees", "user"]),
])
def test_rare_words_are_left_out(settings, words):
    assert Word2Vec(SENTENCES, **{**SMALL, **settings}).wv.index_to_key == words


def test_the_rarest_words_are_forgotten_while_counting():
    model = Word2Vec([["graph", "system"], ["graph", "system"], ["system", "eps"],
                      ["graph", "system"]], max_vocab_size=2, **SMALL)
    assert model.wv.index_to_key == ["system", "graph"] and model.wv.counts.tolist() == [4, 3]


@both_losses
def test_a_vocabulary_is_built_from_counts(loss):
    model = Word2Vec(**SMALL, **LOSSES[loss])
    model.build_vocab_from_freq({"graph": 3, "system": np.int64(4), "eps": 2}, corpus_count=7)
    assert model.wv.index_to_key == ["system", "graph", "eps"]
    assert (model.corpus_count, model.corpus_total_words) == (7, 9)
    model.train([["graph", "system"]] * 5, epochs=1)


def test_new_words_come_in_with_vectors_and_counts_of_their_own():
    model = Word2Vec(SENTENCES, **SMALL)
    before = {word: model.wv[word].copy() for word in model.wv.index_to_key}
    model.build_vocab(MORE, update=True)
    assert len(model.wv) == 14 and model.corpus_count == 4
    assert {word: int(model.wv.counts[model.wv.key_to_index[word]])
            for word in ("graph", "artificial", "system", "user")} == {
                "graph": 4, "artificial": 3, "system": 5, "user": 3}
    for word, vector in before.items():
        np.testing.assert_array_equal(model.wv[word], vector)
    model.train(MORE, total_examples=model.corpus_count, epochs=2)
    assert len(model.losses) == 5 + 2 and model.wv.vectors.shape == (14, 8)


def test_min_count_is_for_new_words_only():
    model = Word2Vec(SENTENCES, **{**SMALL, "min_count": 2})
    model.build_vocab([["user", "mouse", "mouse", "rat"]], update=True)
    counts = dict(zip(model.wv.index_to_key, model.wv.counts.tolist(), strict=True))
    assert counts["user"] == 4 and counts["mouse"] == 2 and "rat" not in counts


def test_counts_are_added_too():
    model = Word2Vec(**SMALL)
    model.build_vocab_from_freq({"graph": 3, "system": 4})
    model.build_vocab_from_freq({"graph": 1, "tree": 5}, update=True)
    assert model.wv.index_to_key == ["tree", "graph", "system"]
    assert model.wv.counts.tolist() == [5, 4, 4]


def test_building_anew_forgets_what_was_learnt():
    model = Word2Vec(SENTENCES, **SMALL)
    model.build_vocab(MORE)
    assert model.losses == [] and "user" not in model.wv and not model.syn1neg.any()


# ---- training ----


@both_models
@both_losses
def test_words_of_one_kind_come_together(talk, sg, loss):
    settings = {**SMALL, "vector_size": 12, "alpha": 0.02 if sg else 0.05}
    model = Word2Vec(talk, sg=sg, epochs=30, **settings, **LOSSES[loss])
    assert len(model.losses) == 30 and model.losses[-1] < model.losses[0]
    assert model.get_latest_training_loss() == model.losses[-1]
    nearest = [word for word, _ in model.wv.most_similar("cat", topn=4)]
    assert set(nearest) == {"dog", "horse", "cow", "sheep"}
    assert model.wv.doesnt_match(["cat", "dog", "saw", "cow"]) == "saw"


@both_models
def test_a_text_of_such_sentences_gives_the_command_lines_vectors(talk, tmp_path, sg):
    text = tmp_path / "text.txt"
    text.write_text("\n".join(map(" ".join, talk)) + "\n\nrare\n")
    own = OwnParameters()
    trained = train_text(str(text), tmp_path / "out", Recipe(
        "skipgram" if sg else "cbow", EncodeParameters("whitespace", min_count=2, seed=3),
        TrainParameters(dim=8, epochs=2, seed=3), own))
    settings = {"vector_size": 8, "min_count": 2, "epochs": 2, "seed": 3, "sg": sg}
    for source in ({"sentences": [*talk, [], ["rare"]]}, {"corpus_file": text}):
        model = Word2Vec(**source, **settings)
        assert model.wv.vectors.tobytes() == trained.tables.inputs.tobytes()
        assert model.syn1neg.tobytes() == trained.tables.outputs.tobytes()


@both_models
def test_words_of_n_grams_are_those_of_the_command_line_too(talk, tmp_path, sg):
    text = tmp_path / "text.txt"
    text.write_text("\n".join(map(" ".join, talk)) + "\n")
    trained = train_text(str(text), tmp_path / "out", Recipe(
        "skipgram" if sg else "cbow", EncodeParameters("whitespace", min_count=1, seed=1),
        TrainParameters(dim=8, epochs=2, subwords="3-4", buckets=60), OwnParameters()))
    model = Word2Vec(talk, vector_size=8, min_count=1, epochs=2, sg=sg, subwords="3-4", buckets=60)
    assert model.wv.vectors.tobytes() == trained.tables.inputs.tobytes()
    assert model.wv.subwords.rows.tobytes() == trained.subwords.rows.tobytes()
    model.save(tmp_path / "model")
    loaded = load_vectors(tmp_path / "model")
    for vectors in (model.wv, loaded):
        assert vectors.has_vector("horses") and "horses" not in vectors
        assert vectors.similarity("horses", "horse") == model.wv.similarity("horses", "horse")


def test_words_of_n_grams_are_trained_once(talk, tmp_path):
    model = Word2Vec(talk, subwords="3-4", buckets=60, epochs=1, **SMALL)
    with pytest.raises(UserError, match="subwords is 3-4 and this model is trained: of its words"):
        model.train(talk, epochs=1)
    with pytest.raises(UserError, match="update is True and subwords is 3-4: of its words only"):
        model.build_vocab(MORE, update=True)
    model.save(tmp_path / "model")
    with pytest.raises(UserError, match="model was trained with subwords 3-4, and of its words"):
        Word2Vec.load(tmp_path / "model")
    model.build_vocab(SENTENCES)
    model.train(SENTENCES, epochs=1)
    assert model.wv.has_vector("computers")


def test_the_constructor_builds_and_trains(talk):
    at_once = Word2Vec(talk, **SMALL)
    model = Word2Vec(**SMALL)
    model.build_vocab(talk)
    begun = model.wv.vectors.copy()
    words = model.train(talk, total_examples=model.corpus_count, epochs=model.epochs)
    assert words == (3000 * 5, 3000 * 5) and not np.array_equal(model.wv.vectors, begun)
    assert model.wv.vectors.tobytes() == at_once.wv.vectors.tobytes()


def test_one_seed_and_any_number_of_workers_give_one_result(talk):
    first, other, third = (
        Word2Vec(talk, **{**SMALL, "workers": workers}, seed=seed).wv.vectors
        for workers, seed in ((1, 5), (2, 5), (1, 6)))
    assert first.tobytes() == other.tobytes() != third.tobytes()


def test_training_again_goes_on_with_other_draws(talk):
    model = Word2Vec(talk, epochs=12, sg=1, **{**SMALL, "alpha": 0.2})
    again = copy.deepcopy(model)
    again._trainings = 0
    for each in (model, again):
        each.train(talk, epochs=1)
    assert len(model.losses) == 13 and model.losses[12] < model.losses[0]
    assert model.wv.vectors.tobytes() != again.wv.vectors.tobytes()


def test_a_loop_with_a_falling_rate_of_its_own(talk):
    model = Word2Vec(**SMALL)
    model.build_vocab(talk)
    for _ in range(3):
        model.train(talk, total_examples=model.corpus_count, epochs=1)
        model.alpha -= 0.005
    lowest = Word2Vec(**SMALL)
    lowest.build_vocab(talk)
    lowest.train(talk, epochs=1, start_alpha=0.02, end_alpha=0.02)
    assert len(model.losses) == 3 and model.alpha == pytest.approx(0.005)
    assert lowest.wv.vectors.tobytes() != model.wv.vectors.tobytes()


@pytest.mark.parametrize("other", [
    {"window": 2}, {"window": 40}, {"negative": 2}, {"ns_exponent": -1.0}, {"sample": 0.01},
    {"alpha": 0.03}, {"min_alpha": 0.01}, {"shrink_windows": False}, {"sg": 1}, {"epochs": 2},
    {"hs": 1, "negative": 0}, {"seed": 2}, {"subwords": "3-6"}, {"subwords": "3-3", "buckets": 9},
], ids=str)
def test_every_setting_makes_a_difference(talk, other):
    settings = {**SMALL, "epochs": 1}
    assert Word2Vec(talk, **{**settings, **other}).wv.vectors.tobytes() != (
        Word2Vec(talk, **settings).wv.vectors.tobytes())


def test_tokens_come_out_as_they_went_in(tmp_path):
    odd = ["New York", "a\u00a0b", "tab\there", "\ufeffmark", "\x00", "\u00c9",
           "E\u0301", "cr\r", "\u2028", "x" * 1500, "犬", "a_b", "3"]
    model = Word2Vec([odd] * 3, epochs=1, **SMALL)
    assert sorted(model.wv.index_to_key) == sorted(odd)
    model.save(tmp_path / "odd")
    for words in (load_vectors(tmp_path / "odd"), Word2Vec.load(tmp_path / "odd").wv):
        assert words.index_to_key == model.wv.index_to_key


def test_another_number_of_sentences_than_expected_is_said(talk, capsys):
    model = Word2Vec(**SMALL)
    model.build_vocab(talk)
    model.train(talk, total_examples=300, total_words=2999, epochs=1)
    assert [line for line in capsys.readouterr().err.splitlines() if "warning" in line][:1] == [
        "warning: total_words is 2,999 and 3,000 came; the learning rate follows from those that "
        "came."]


def test_training_begins_with_the_vectors_that_wv_has_by_then(talk):
    model = Word2Vec(**SMALL)
    model.build_vocab(talk)
    vectors = np.full((10, 8), 0.25, np.float32)
    model._vectors = type(model.wv)(model.wv.index_to_key, vectors, model.wv.counts)
    model.train(talk, epochs=1, start_alpha=1e-9, end_alpha=0.0)
    np.testing.assert_allclose(model.wv.vectors, vectors, atol=1e-6)


# ---- the centre of contexts ----


def test_the_word_in_the_middle_is_predicted_by_the_softmax_of_the_contexts_mean(talk):
    model = Word2Vec(talk, epochs=30, **{**SMALL, "alpha": 0.05})
    answer = model.predict_output_word(["cat", "cow", "unicorn"], topn=10)
    mean = (model.wv["cat"].astype(np.float64) + model.wv["cow"]) / 2
    powers = np.exp(model.syn1neg @ mean)
    expected = dict(zip(model.wv.index_to_key, powers / powers.sum(), strict=True))
    assert dict(answer) == pytest.approx(expected, rel=1e-5)
    assert all(first[1] >= second[1] for first, second in pairwise(answer))
    assert {word for word, _ in answer[:5]} == {"cat", "dog", "horse", "cow", "sheep"}


# ---- files ----


@both_losses
def test_a_model_is_saved_and_loaded_with_its_settings(talk, tmp_path, loss):
    model = Word2Vec(talk, window=3, ns_exponent=-1, comment="pets", **SMALL, **LOSSES[loss])
    model.save(str(tmp_path / "pets.model"))
    loaded = Word2Vec.load(str(tmp_path / "pets.model"))
    assert (loaded.window, loaded.ns_exponent, loaded.comment, loaded.hs) == (
        3, -1, "pets", model.hs)
    assert (loaded.corpus_count, loaded.corpus_total_words) == (300, 3000)
    assert loaded.losses == model.losses and repr(loaded) == repr(model)
    for each in (model, loaded):
        each.train(talk, total_examples=each.corpus_count, epochs=1)
    assert loaded.wv.vectors.tobytes() == model.wv.vectors.tobytes()
    assert loaded.wv.counts.tolist() == model.wv.counts.tolist()


def test_a_model_that_was_not_trained_yet_is_saved_too(tmp_path):
    model = Word2Vec(**SMALL)
    model.build_vocab(SENTENCES)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert loaded.losses == [] and loaded.wv.index_to_key == model.wv.index_to_key


def test_a_folder_of_the_command_line_is_loaded_with_its_settings(talk, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("\n".join(map(" ".join, talk)))
    out = tmp_path / "out"
    train_text(str(text), out, Recipe(
        "skipgram", EncodeParameters("whitespace"),
        TrainParameters(dim=8, epochs=1, window=3, loss="hierarchical_softmax"),
        OwnParameters(learning_rate=0.05)))
    loaded = Word2Vec.load(out)
    assert (loaded.vector_size, loaded.window, loaded.alpha, loaded.sg, loaded.hs,
            loaded.negative) == (8, 3, 0.05, 1, 1, 0)
    loaded.train(talk, epochs=1)
    train_text(str(text), out, Recipe("cbow", EncodeParameters("whitespace"), TrainParameters(
        dim=8, epochs=1, loss="full_softmax"), OwnParameters()))
    with pytest.raises(UserError, match="was trained with loss full_softmax, which Word2Vec has no "
                                        "parameter for; go on with `word2vec train --continue"):
        Word2Vec.load(out)


def test_a_folder_with_other_content_is_kept(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mother.jpg").write_text("dear")
    model = Word2Vec(SENTENCES, **SMALL)
    for place, reason in ((tmp_path / "photos", "other content"), (3, "path is 3; it must be"),
                          ("-", "standard output")):
        with pytest.raises(UserError, match=reason):
            model.save(place)
    with pytest.raises(UserError, match="path is 3; it must be a path"):
        Word2Vec.load(3)
    (tmp_path / "v.bin").write_text("2 1\n")
    with pytest.raises(UserError, match="is a file and a model is a folder here"):
        Word2Vec.load(tmp_path / "v.bin")


# ---- what is refused ----


@pytest.mark.parametrize(("settings", "told"), [
    ({"size": 100}, "Word2Vec has no parameter 'size'; it is called vector_size"),
    ({"iter": 5}, "Word2Vec has no parameter 'iter'; it is called epochs"),
    ({"vectorsize": 5}, "Word2Vec has no parameter 'vectorsize'; did you mean vector_size"),
    ({"vector_size": 0}, "Word2Vec: vector_size is 0; it must be at least 1"),
    ({"vector_size": "8"}, r"Word2Vec\.vector_size is '8'; it must be int"),
    ({"window": 0}, "Word2Vec: window is 0; it must be between 1 and 1000"),
    ({"alpha": -0.1}, r"Word2Vec: alpha is -0\.1; it must be above 0"),
    ({"alpha": 0.01, "min_alpha": 0.1}, r"min_alpha is 0\.1; it must be between 0 and alpha"),
    ({"ns_exponent": -2.0}, r"ns_exponent is -2\.0; it must be -1 or more"),
    ({"workers": -1}, "workers is -1; it must be 0 or more"),
    ({"max_final_vocab": 1}, "max_final_vocab is 1; it must be at least 2"),
    ({"max_vocab_size": 1}, "max_vocab_size is 1; it must be at least 2"),
    ({"min_count": "5"}, r"Word2Vec\.min_count is '5'; it must be int"),
    ({"subwords": "6-3"}, "subwords is '6-3'; it must be the shortest and the longest n-gram"),
    ({"subwords": "3-6", "buckets": 0}, "buckets is 0; it must be between 1"),
    ({"sg": 2}, "sg is 2; it must be 1 for skip-gram, or 0 for cbow"),
    ({"hs": 1}, "hs is 1 and negative is 5: only one of the two is trained here; set hs=0 and neg"),
    ({"negative": 0}, "hs is 0 and negative is 0: nothing would be trained"),
    ({"hashfxn": len}, "hashfxn is len and has no counterpart here: all that is random follows"),
    ({"trim_rule": max}, "trim_rule is max and has no counterpart here"),
    ({"callbacks": [1]}, r"callbacks is \[1\] and has no counterpart here"),
    ({"cbow_mean": 0}, "cbow_mean is 0 and has no counterpart here"),
    ({"sorted_vocab": 0}, "sorted_vocab is 0 and has no"),
    ({"null_word": 1}, "null_word is 1 and has no"),
    ({"batch_words": 50}, "batch_words is 50 and has no"),
    ({"corpus_file": "text.txt"}, "both sentences and corpus_file are given; give one of them"),
], ids=str)
def test_settings_that_cannot_be_are_told_in_gensims_names_before_anything_is_read(settings, told):
    class Unread:
        def __iter__(self):
            raise AssertionError("it is read")

    with pytest.raises(UserError, match=told):
        Word2Vec(Unread(), **settings)


def test_the_defaults_of_gensim_are_taken():
    usual = {name: value for name, (value, _) in USUAL.items()
             if name in Word2Vec.__dataclass_fields__}
    assert len(usual) == 7
    Word2Vec(SENTENCES, **SMALL, **{**usual, "callbacks": []}, compute_loss=True)


def test_every_renamed_parameter_is_one():
    assert set(NAMES.values()) <= set(Word2Vec.__dataclass_fields__)


@pytest.mark.parametrize(("call", "told"), [
    (lambda model: model.wv, "this model has no vocabulary yet; call build_vocab first"),
    (lambda model: model.train(SENTENCES), "has no vocabulary yet"),
    (lambda model: model.save("model"), "has no vocabulary yet"),
    (lambda model: model.build_vocab(SENTENCES, update=True), "has no vocabulary yet"),
    (lambda model: model.build_vocab(), "neither sentences nor corpus_file is given; give one"),
    (lambda model: model.build_vocab(each for each in SENTENCES), "is a generator, which can be"),
    (lambda model: model.build_vocab(SENTENCES, trim_rule=max), "trim_rule is max and has no"),
    (lambda model: model.load("model"), r"call it of the class: model = Word2Vec\.load"),
])
def test_a_model_without_a_vocabulary_says_so(call, told):
    with pytest.raises(UserError, match=told):
        call(Word2Vec(**SMALL))


def _another_loss(model):
    model.hs, model.negative = 1, 0
    model.train(SENTENCES)


def _another_size(model):
    model.vector_size = 9
    model.train(SENTENCES)


def _words_of_its_own(model):
    model._vectors = type(model.wv)(["a"], np.zeros((1, 8), np.float32))
    model.train(SENTENCES)


@pytest.mark.parametrize(("call", "told"), [
    (lambda model: model.train([["unseen", "words"]]), "1 sentence came with 2 tokens, of which"),
    (lambda model: model.train(SENTENCES, epochs=0), "epochs is 0; it must be at least 1"),
    (lambda model: model.train(SENTENCES, callbacks=[1]), "callbacks is"),
    (lambda model: model.train(SENTENCES, word_count=5), "word_count is 5 and has no counterpart"),
    (_another_loss, "hs is 1 and was 0 when the vocabulary was built; call build_vocab anew"),
    (_another_size, "vector_size is 9 and was 8 when the vocabulary was built"),
    (_words_of_its_own, "wv has 1 word that are not those of the vocabulary"),
    (lambda model: model.predict_output_word(["unicorn"]), "has a vector; give a context with"),
    (lambda model: model.predict_output_word(["user"], topn=0), "topn is 0; it must be at least"),
    (lambda model: model.syn1, "hs is 0, so that there is no syn1; ask for syn1neg"),
    (lambda model: model.score(SENTENCES), "Word2Vec has no score here"),
    (lambda model: model.most_similar("user"), r"most_similar is asked of the vectors: wv\.most"),
])
def test_what_a_trained_model_cannot_do_is_told(call, told):
    model = Word2Vec(SENTENCES, **SMALL)
    before = model.wv.vectors.copy()
    with pytest.raises(UserError, match=told):
        call(model)
    if len(model.wv) > 1:
        np.testing.assert_array_equal(model.wv.vectors, before)


def test_hierarchical_softmax_neither_predicts_nor_takes_new_words():
    model = Word2Vec(SENTENCES, **SMALL, **LOSSES["hierarchical softmax"])
    assert model.syn1.shape == (12, 8) and model.layer1_size == 8
    with pytest.raises(UserError, match="hs is 1 and predict_output_word is for negative"):
        model.predict_output_word(["user"])
    with pytest.raises(UserError, match="update is True and hs is 1: the tree is that of the earl"):
        model.build_vocab(MORE, update=True)


def test_what_is_not_there_is_not_there_for_hasattr():
    model = Word2Vec(**SMALL)
    assert not hasattr(model, "score") and not hasattr(model, "most_similar")
    assert not hasattr(model, "nonsense")


def test_learning_that_diverges_names_alpha(talk):
    with pytest.raises(UserError, match=r"lower alpha, which is 1e\+30"):
        Word2Vec(talk, **{**SMALL, "alpha": 1e30})


def test_a_model_shows_its_size():
    assert repr(Word2Vec(**SMALL)) == "Word2Vec<vocab=0, vector_size=8, alpha=0.02>"
    assert str(Word2Vec(SENTENCES, **{**SMALL, "alpha": None})) == (
        "Word2Vec<vocab=12, vector_size=8, alpha=0.12>")
