"""Learning vectors together with a softmax: gradients, one step by hand, files, and bad input."""

import numpy as np
import pytest
from scipy import sparse

from texts import learnt
from texts.features import Grams, Split, character_grams, learn_features
from texts.learnt import (
    AdaGrad,
    Batch,
    Layers,
    LearntModel,
    LearntParameters,
    errors_of,
    fit_learnt,
    hidden_of,
)
from word2vec.corpus.subwords import Subwords
from word2vec.vectors.subword_vectors import SubwordVectors
from word2vec.vectors.vectors import WordVectors
from words_and_images.common.errors import UserError
from words_and_images.neural.gradient_check import numerical_gradient, relative_error
from words_and_images.neural.losses import cross_entropy, one_hot
from words_and_images.neural.softmax import softmax

SMALL = LearntParameters(dim=8, least=1, buckets=1000)
FRUIT = ["the apple is ripe", "a ripe pear and an apple", "pear juice", "apple juice and pear jam"]
TOOLS = ["the hammer is heavy", "a heavy saw and a hammer", "saw blades", "hammer and saw in a box"]
TEXTS, TARGETS, LABELS = FRUIT + TOOLS, [0] * 4 + [1] * 4, ["fruit", "tools"]


def small_batch() -> Batch:
    """Two texts: features 0 and 2 with weights 3 and 4, and feature 2 with weight 1."""
    return Batch(np.array([0, 2, 3], np.int32), np.array([0, 2, 2], np.int32),
                 np.array([3, 4, 1], np.float32), np.array([0, 1]))


@pytest.fixture(scope="module")
def model() -> LearntModel:
    return fit_learnt(TEXTS, TARGETS, LABELS, SMALL)


def test_the_gradient_of_the_joint_loss_agrees_with_differences():
    generator = np.random.default_rng(0)
    dense = generator.random((3, 5)) * (generator.random((3, 5)) < 0.6)
    matrix = sparse.csr_array(dense)
    batch = Batch(matrix.indptr, matrix.indices, matrix.data, np.array([0, 2, 1]))
    layers = Layers(generator.normal(size=(5, 4)), generator.normal(size=(4, 3)),
                    generator.normal(size=3))
    hidden = hidden_of(batch, layers.table)
    errors = errors_of(batch, hidden, layers)
    by_hand = Layers(dense.T @ (errors @ layers.weights.T), hidden.T @ errors, errors.sum(axis=0))
    targets = one_hot(batch.classes, 3)
    for place, gradient in enumerate(by_hand):
        def loss(array, place=place):
            table, weights, bias = (*layers[:place], array, *layers[place + 1 :])
            return 3 * cross_entropy(hidden_of(batch, table) @ weights + bias, targets)
        assert relative_error(gradient, numerical_gradient(loss, layers[place])) < 1e-7


@pytest.mark.parametrize("kernel", [True, False], ids=["kernel", "public product"])
def test_one_step_worked_by_hand(kernel, monkeypatch):
    if not kernel:
        monkeypatch.setattr(learnt, "csc_matvecs", None)
    layers = Layers(np.zeros((3, 2), np.float32), np.eye(2, dtype=np.float32),
                    np.zeros(2, np.float32))
    AdaGrad(layers).update(small_batch(), 0.1)
    # Both texts have the probabilities 1/2, 1/2: the errors are (-1/2, 1/2) and (1/2, -1/2), and
    # with the identity as weights so are the gradients by the hidden values, of mean square 1/4.
    # Row 0: gradient 3 (-1/2, 1/2), squares 9/4. Row 2: 4 (-1/2, 1/2) + (1/2, -1/2), 16/4 + 1/4.
    step = 0.1 * 1.5 / np.array([2.25, 1, 4.25]) ** 0.25
    expected = [[step[0], -step[0]], [0, 0], [step[2], -step[2]]]
    np.testing.assert_allclose(layers.table, expected, rtol=1e-6)
    # The hidden values were 0, and the errors of the two texts cancel.
    np.testing.assert_array_equal(layers.weights, np.eye(2))
    np.testing.assert_array_equal(layers.bias, [0, 0])


def test_a_matrix_has_logarithmic_counts_times_inverse_frequencies_at_length_1():
    features, _ = learn_features(["b a", "b"], Grams(1, None, 1), 1.0, 1, 10)
    assert features.words == [b"b", b"a"]  # in the most texts first
    # b is in both texts: 1 + ln(3/3). a is in one: 1 + ln(3/2).
    row = np.array([1 + np.log(2), 1 + np.log(1.5)])
    found = features.matrix(["a b b other", "other"]).toarray()
    np.testing.assert_allclose(found, [row / np.linalg.norm(row), [0, 0]], rtol=1e-6)


def test_runs_of_words_end_with_their_text():
    buckets, documents = Split(["a b c", "c a b", "a"]).hashed(Grams(3, None, 2**20))
    assert documents.tolist() == [0, 0, 1, 1, 0, 1]  # ab bc, ca ab; abc, cab
    ab, bc, ca, ab_again, abc, cab = buckets.tolist()
    assert ab == ab_again and len({ab, bc, ca, abc, cab}) == 5


def test_character_grams_are_those_of_the_paper():
    assert character_grams("where", 3, 3) == ["<wh", "whe", "her", "ere", "re>"]
    buckets, documents = Split(["where", "", "here where"]).hashed(Grams(1, (3, 3), 2**20))
    assert documents.tolist() == [0] * 5 + [2] * 4 + [2] * 5
    assert buckets[:5].tolist() == buckets[9:].tolist()


def test_characters_know_words_that_were_never_seen():
    learnt = fit_learnt(TEXTS, TARGETS, LABELS, LearntParameters(dim=8, characters="3-5"))
    fruit, tools = learnt.probabilities(["apples", "hammering"])
    assert fruit[0] > 0.6 and tools[1] > 0.6


def test_labels_are_learnt(model):
    assert model.probabilities(TEXTS).argmax(axis=1).tolist() == TARGETS
    fruit, tools = model.probabilities(["Ripe APPLE, pear!", "a box of saw blades"])
    assert fruit[0] > 0.9 and tools[1] > 0.9


def test_an_order_of_words_is_learnt_by_bigrams_only():
    texts = ["dog bites man", "man bites dog"] * 4
    for longest, learns in ((1, False), (2, True)):
        parameters = LearntParameters(dim=8, word_ngrams=longest)
        found = fit_learnt(texts, [0, 1] * 4, LABELS, parameters).probabilities(texts[:2])
        assert (abs(found[0, 0] - found[1, 0]) > 0.5) == learns


def test_one_seed_is_one_result(model):
    again = fit_learnt(TEXTS, TARGETS, LABELS, SMALL).arrays()
    assert all(array.tobytes() == again[name].tobytes() for name, array in model.arrays().items())
    other = fit_learnt(TEXTS, TARGETS, LABELS, LearntParameters(dim=8, least=1, seed=2)).arrays()
    assert other["rows"].tobytes() != again["rows"].tobytes()


def test_dropout_and_weight_decay_still_learn():
    parameters = LearntParameters(dim=8, dropout=0.3, l2=1e-3)
    found = fit_learnt(TEXTS, TARGETS, LABELS, parameters).probabilities(TEXTS)
    assert found.argmax(axis=1).tolist() == TARGETS


VECTORS = WordVectors(
    ["apple", "pear", "hammer", "saw", "plum", "Plum!", "axe"],
    np.array([[3, 1], [3, 1], [1, 4], [1, 4], [3, 1], [0, 0], [1, 4]], np.float32)
    - np.array([12 / 7, 15 / 7], np.float32))


def test_words_start_from_given_vectors_less_their_mean_at_length_1():
    still = LearntParameters(dim=2, learning_rate=1e-9, least=1)
    found = fit_learnt(TEXTS, TARGETS, LABELS, still, VECTORS)
    rows = {word: found.table[row] for row, word in enumerate(found.features.words)}
    given = VECTORS.vectors - VECTORS.vectors.mean(axis=0)
    for word in ("apple", "saw", "plum"):
        expected = given[VECTORS.key_to_index[word]]
        np.testing.assert_allclose(rows[word.encode()], expected / np.linalg.norm(expected),
                                   atol=0.005)
    np.testing.assert_allclose(rows[b"ripe"], 0, atol=1e-6)


def test_words_without_a_vector_start_from_that_of_their_pieces():
    subwords = Subwords(3, 3, 100)
    rows = np.zeros((100, 2), np.float32)
    rows[subwords.buckets_of(["ripe"]).values] = [3, 4]
    given = WordVectors(["stripe", "axe"], np.array([[1, 0], [-1, 0]], np.float32), None,
                        SubwordVectors(subwords, rows, ["stripe", "axe"]))  # ripe has rip in common
    still = LearntParameters(dim=2, learning_rate=1e-9, least=1)
    found = fit_learnt(TEXTS, TARGETS, LABELS, still, given)
    table = {word: found.table[row] for row, word in enumerate(found.features.words)}
    np.testing.assert_allclose(table[b"ripe"], [0.6, 0.8], atol=0.005)
    np.testing.assert_allclose(table[b"hammer"], 0, atol=1e-6)  # nothing of it was seen


def test_words_of_no_training_text_keep_their_vectors():
    parameters = LearntParameters(dim=2, least=1)
    found = fit_learnt(TEXTS, TARGETS, LABELS, parameters, VECTORS)
    assert found.probabilities(["plum", "axe"]).argmax(axis=1).tolist() == [0, 1]
    assert found.unknown(["plum axe fig"]).tolist() == [1 / 3]  # "Plum!" is no word of a text
    again = LearntModel.from_arrays(found.arrays(), LABELS)
    np.testing.assert_array_equal(again.probabilities(["plum jam"]),
                                  found.probabilities(["plum jam"]))
    fewer = fit_learnt(TEXTS, TARGETS, LABELS, LearntParameters(dim=2, least=1, unseen=1), VECTORS)
    assert fewer.unknown(["plum", "axe"]).tolist() == [0, 1]


def test_vectors_of_another_size_are_refused():
    vectors = WordVectors(["apple"], np.ones((1, 3), np.float32))
    with pytest.raises(UserError, match="dim is 8; it must be 3, as the vectors have"):
        fit_learnt(TEXTS, TARGETS, LABELS, SMALL, vectors)


def test_a_text_has_the_same_bits_alone_as_among_others(model):
    texts = [*TEXTS, "", "pear saw pear", "unheard"]
    together = model.probabilities(texts)
    for text, found in zip(texts, together, strict=True):
        np.testing.assert_array_equal(model.probabilities([text])[0], found)
    assert together.dtype == np.float32
    np.testing.assert_allclose(together.sum(axis=1), 1, rtol=1e-6)


def test_a_text_without_known_words_has_the_labels_frequencies():
    found = fit_learnt(TEXTS[:6], TARGETS[:6], LABELS, SMALL).probabilities(["", "unheard of"])
    np.testing.assert_allclose(found, [[4 / 6, 2 / 6]] * 2, rtol=1e-6)
    assert fit_learnt(TEXTS, TARGETS, LABELS, SMALL).probabilities([]).shape == (0, 2)


def test_the_share_of_unknown_words(model):
    np.testing.assert_array_equal(model.unknown(["apple zebra apple yak", "pear", "", "12"]),
                                  [0.5, 0, np.nan, np.nan])


def test_a_model_comes_back_from_its_arrays(model):
    arrays = model.arrays()
    again = LearntModel.from_arrays(arrays, LABELS)
    np.testing.assert_array_equal(again.probabilities(TEXTS), model.probabilities(TEXTS))
    assert all(array.tobytes() == again.arrays()[name].tobytes() for name, array in arrays.items())
    assert bytes(arrays["words"]).decode().split("\n")[0] == "and"


def test_words_of_any_alphabet_come_back():
    found = fit_learnt(["Größe über", "мера слов"], [0, 1], LABELS, SMALL)
    again = LearntModel.from_arrays(found.arrays(), LABELS)
    assert again.probabilities(["GRÖSSE größe", "Слов"]).argmax(axis=1).tolist() == [0, 1]


def put(name, place, value):
    """The arrays with one value changed."""
    def change(arrays):
        arrays[name] = arrays[name].copy()
        arrays[name].flat[place] = value
    return change


@pytest.mark.parametrize("change", [
    lambda arrays: arrays.pop("rows"),
    lambda arrays: arrays.update(rows=arrays["rows"].astype(np.float32)),
    lambda arrays: arrays.update(rows=arrays["rows"][:-1]),
    lambda arrays: arrays.update(rows=arrays["rows"][:, :0]),
    lambda arrays: arrays.update(weights=arrays["weights"].T.copy()),
    lambda arrays: arrays.update(words=arrays["words"][:20]),
    lambda arrays: arrays.update(words=arrays["words"][:0]),
    lambda arrays: arrays.update(buckets=arrays["buckets"][::-1]),
    lambda arrays: arrays.update(grams=arrays["grams"][:4]),
    put("words", 0, 255), put("words", 0, 10), put("buckets", 0, -1), put("buckets", -1, 1000),
    put("documents", 0, -1), put("documents", 0, 9), put("scales", 0, np.nan),
    put("scales", 0, -1), put("scales", 0, 1e30), put("weights", 0, np.inf), put("bias", 0, np.nan),
    put("frequencies", 0, 2), put("frequencies", 0, -0.5), put("grams", 0, 0),
    put("grams", 0, 99), put("grams", 1, 3), put("grams", 3, 2**40), put("grams", 4, 0),
    put("ngram_weight", 0, 0), put("ngram_weight", 0, np.nan),
])
def test_broken_arrays_are_refused(model, change):
    arrays = model.arrays()
    change(arrays)
    with pytest.raises(ValueError):
        LearntModel.from_arrays(arrays, LABELS)


def test_labels_of_another_number_are_refused(model):
    with pytest.raises(ValueError, match="weights of the shape"):
        LearntModel.from_arrays(model.arrays(), [*LABELS, "more"])


def test_fewer_rows_fit_a_size(model):
    whole = sum(array.nbytes for array in model.arrays().values())
    for size in (whole + 1, whole - 1, whole // 2):
        smaller = model.quantised(size)
        assert sum(array.nbytes for array in smaller.arrays().values()) <= size
    assert len(model.quantised(whole + 1).stored) == len(model.stored)
    assert smaller.probabilities(TEXTS).argmax(axis=1).tolist() == TARGETS
    with pytest.raises(UserError, match="size is 100 bytes"):
        model.quantised(100)


def test_the_most_frequent_features_are_kept():
    found = fit_learnt(TEXTS, TARGETS, LABELS, LearntParameters(dim=8, rows=3))
    assert len(found.stored) == 3
    assert found.features.documents.min() >= 3


@pytest.mark.parametrize(("name", "value"), [
    ("dim", 0), ("epochs", 0), ("updates", -1), ("learning_rate", 0), ("learning_rate", np.nan),
    ("batch_size", 0), ("word_ngrams", 6), ("characters", "6-3"), ("characters", "many"),
    ("buckets", 2**24 + 1), ("ngram_weight", 0), ("least", 0), ("rows", 0), ("unseen", -1),
    ("dropout", 1), ("l2", -1), ("seed", -1), ("dim", 2.5),
])
def test_parameters_that_cannot_be_are_refused(name, value):
    with pytest.raises(UserError, match=name):
        LearntParameters(**{name: value})


@pytest.mark.parametrize(("texts", "targets", "labels", "told"), [
    ([], [], LABELS, "no text or no label"), (TEXTS, TARGETS, [], "no text or no label"),
    (TEXTS, TARGETS[:-1], LABELS, "shape"), (TEXTS, [0.5] * 8, LABELS, "float64"),
    (TEXTS, [2] * 8, LABELS, "a target is 2"), (TEXTS, [-1] * 8, LABELS, "a target is -1"),
    (["1", "2"], [0, 1], LABELS, "no word"),
])
def test_what_cannot_be_learnt_from_is_refused(texts, targets, labels, told):
    with pytest.raises(UserError, match=told):
        fit_learnt(texts, targets, labels, SMALL)


def test_vectors_that_grow_without_bound_are_refused():
    with pytest.raises(UserError, match="learning_rate is 1e[+]30, .*; give a smaller one"):
        fit_learnt(TEXTS, TARGETS, LABELS, LearntParameters(learning_rate=1e30))


def test_a_few_texts_have_more_passes(monkeypatch):
    steps = []
    monkeypatch.setattr(AdaGrad, "update", lambda self, batch, rate: steps.append(rate))
    fit_learnt(TEXTS, TARGETS, LABELS,
               LearntParameters(epochs=2, updates=7, batch_size=4, learning_rate=0.8))
    np.testing.assert_allclose(steps, np.arange(8, 0, -1) / 10)  # 4 passes of 2, the rate falling


def test_probabilities_are_a_softmax_of_weighted_sums(model):
    rows = model.features.matrix(TEXTS[:1]).toarray()
    expected = softmax(rows @ model.table @ model.weights + model.bias)
    np.testing.assert_allclose(model.probabilities(TEXTS[:1]), expected, rtol=1e-5)
