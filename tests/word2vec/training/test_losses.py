"""Each model with each loss: against loops over pairs, central differences and worked numbers."""

from dataclasses import dataclass

import numpy as np
import pytest

from word2vec.corpus.token_stream import TokenStream
from word2vec.corpus.vocabulary import keep_probabilities
from word2vec.parameters import BLOCK
from word2vec.training import losses
from word2vec.training.batches import Batch, Geometry, PieceReader
from word2vec.training.huffman import code_words
from word2vec.training.losses import LOSSES, FullSoftmax, InBatchNegatives
from word2vec.training.models import Cbow, Model, Skipgram
from words_and_images.common.errors import UserError
from words_and_images.neural.gradient_check import numerical_gradient, relative_error

COUNTS = np.array([16, 9, 5, 4, 2, 1])  # a tree of several depths
WORDS, DIM, NEGATIVE = len(COUNTS), 3, 5
ROWS = WORDS + 1  # the last one for padding
MODELS = {"skipgram": (Skipgram, False), "cbow": (Cbow, False), "cbow divided": (Cbow, True)}

every_model = pytest.mark.parametrize("model", MODELS)
every_loss = pytest.mark.parametrize("loss", LOSSES)


@dataclass(frozen=True)
class Text:
    """The steps of a few documents."""

    geometry: Geometry
    batches: list[Batch]


@dataclass(frozen=True)
class Ascent:
    """What one chunk's ascent gives: gradients added up by row, and the loss."""

    by_inputs: np.ndarray
    by_outputs: np.ndarray
    loss: float


def text_of(documents, window, group=16, dynamic_window=True):
    """Documents of ids as chunks of 64 tokens."""
    ids = np.concatenate(documents).astype(np.int32)
    tokens = TokenStream(ids, np.cumsum([0, *map(len, documents)]), COUNTS)
    geometry = Geometry(window, chunks=2, segments=2, segment=32, group=group, noise_words=4)
    reader = PieceReader(tokens, geometry, 0.0, 0.75, dynamic_window, 1)
    return Text(geometry, reader.read(0, [(0, len(ids))]).step(0))


def random_text(window=3, group=16):
    """Documents of many lengths, one and none among them, and some padding."""
    generator = np.random.default_rng(7)
    lengths = [1, 2, 0, 40, 7, 1, 33, 3]
    return text_of([generator.integers(0, WORDS, n) for n in lengths], window, group)


def one_block(ids, reaches, words=WORDS, window=2):
    """A batch of the ids at the beginning of one block, with (left, right) of some of them."""
    around = np.full(BLOCK + 2 * window, words, np.int32)
    around[window : window + len(ids)] = ids
    coded = np.arange(BLOCK, dtype=np.int32) * (window + 1) ** 2
    for i, (left, right) in reaches.items():
        coded[i] += left * (window + 1) + right
    geometry = Geometry(window, chunks=1, segments=1, segment=BLOCK, group=BLOCK, noise_words=2)
    batch = Batch(around[np.newaxis, window:-window], around[np.newaxis], coded[np.newaxis],
                  np.array([[0, 3]], np.int32), window)
    return Text(geometry, [batch])


def random_tables(dtype=np.float64, scale=1.0):
    generator = np.random.default_rng(8)
    v, u = scale * generator.standard_normal((2, ROWS, DIM))
    return v.astype(dtype), u.astype(dtype)


def built(model, loss, geometry, counts=COUNTS):
    kind, divided = MODELS[model]
    built_model = kind(geometry, divided)
    return built_model, LOSSES[loss](built_model, geometry, NEGATIVE, counts)


def gradients(model, loss, inputs, outputs, batch, with_loss=True):
    """Gradients in the order of the looked-up rows, which begin as no numbers, and the loss."""
    by_inputs, by_outputs = (np.full((len(ids), inputs.shape[1]), np.nan, inputs.dtype)
                             for ids in (model.input_ids(batch), loss.output_ids(batch)))
    hidden, by_hidden = model.hidden(inputs, batch), model.room(by_inputs)
    cost = loss.ascend(outputs, hidden, batch, by_hidden, by_outputs, with_loss)
    model.spread(by_hidden, batch, by_inputs)
    return by_inputs, by_outputs, cost


def ascent(model: Model, loss, inputs, outputs, batch):
    """The same, added up by row of the tables."""
    by_inputs, by_outputs, cost = gradients(model, loss, inputs, outputs, batch)
    sums = np.zeros((2, *inputs.shape))
    np.add.at(sums[0], model.input_ids(batch), by_inputs)
    np.add.at(sums[1], loss.output_ids(batch), by_outputs)
    return Ascent(*sums, cost)


# ---- plain Python loops over pairs ----


def sigma(score):
    return 1 / (1 + np.exp(-score))


def examples(text, batch):
    """(centre, contexts, noise words) of every centre of a chunk, by the reaches."""
    window, group = batch.window, text.geometry.group
    for block, i in np.ndindex(batch.centres.shape):
        left, right = divmod(int(batch.reaches[block, i]) % (window + 1) ** 2, window + 1)
        around = batch.windows[block].tolist()
        here = i + window
        contexts = around[here - left : here] + around[here + 1 : here + 1 + right]
        yield around[here], contexts, batch.noise[(block * BLOCK + i) // group].tolist()


def negative_sampling_of_a_pair(h, w, u, noise):
    """log sigma(u_w . h) + n / K sum over K noise words k of log sigma(-u_k . h)."""
    value, by_h, by_u = np.log(sigma(u[w] @ h)), (1 - sigma(u[w] @ h)) * u[w], np.zeros_like(u)
    by_u[w] += (1 - sigma(u[w] @ h)) * h
    for k in noise:
        weight = NEGATIVE / len(noise)
        value += weight * np.log(sigma(-u[k] @ h))
        by_h = by_h - weight * sigma(u[k] @ h) * u[k]
        by_u[k] -= weight * sigma(u[k] @ h) * h
    return value, by_h, by_u


def hierarchical_softmax_of_a_pair(h, w, u, noise, counts=COUNTS):
    """Sum over the inner nodes j above w of log sigma(s_j u_j . h)."""
    codes = code_words(counts)
    value, by_h, by_u = 0.0, np.zeros_like(h), np.zeros_like(u)
    for j, s in zip(codes.nodes[w].tolist(), codes.turns[w].tolist(), strict=True):
        if s != 0:
            value += np.log(sigma(s * (u[j] @ h)))
            by_h += s * (1 - sigma(s * (u[j] @ h))) * u[j]
            by_u[j] += s * (1 - sigma(s * (u[j] @ h))) * h
    return value, by_h, by_u


def full_softmax_of_a_pair(h, w, u, noise):
    """log (e^(u_w . h) / sum over k of e^(u_k . h)), the padding's row not among them."""
    powers = [np.exp(u[k] @ h) for k in range(WORDS)]
    by_h, by_u = u[w].copy(), np.zeros_like(u)
    by_u[w] += h
    for k in range(WORDS):
        by_h -= powers[k] / sum(powers) * u[k]
        by_u[k] -= powers[k] / sum(powers) * h
    return np.log(powers[w] / sum(powers)), by_h, by_u


OF_A_PAIR = {
    "negative_sampling": negative_sampling_of_a_pair,
    "hierarchical_softmax": hierarchical_softmax_of_a_pair,
    "full_softmax": full_softmax_of_a_pair,
}


def skipgram_by_loops(of_a_pair, v, u, found, window=3):
    by_v, by_u, loss = np.zeros_like(v), np.zeros_like(u), 0.0
    for c, contexts, noise in found:
        # In windows wider than 5, the contexts of a centre weigh as eight at most.
        weight = 8 / len(contexts) if window > 5 and len(contexts) > 8 else 1
        for o in contexts:
            value, by_h, more = of_a_pair(v[c], o, u, noise)
            loss -= weight * value
            by_v[c] += weight * by_h
            by_u += weight * more
    return Ascent(by_v, by_u, loss)


def cbow_by_loops(of_a_pair, v, u, found, divided):
    by_v, by_u, loss = np.zeros_like(v), np.zeros_like(u), 0.0
    for c, contexts, noise in found:
        if contexts:
            h = sum(v[o] for o in contexts) / len(contexts)
            value, by_h, more = of_a_pair(h, c, u, noise)
            loss -= value
            by_u += more
            for o in contexts:
                by_v[o] += by_h / len(contexts) if divided else by_h * min(1, 32 / len(contexts))
    return Ascent(by_v, by_u, loss)


def by_loops(model, loss, v, u, text, batch):
    found = examples(text, batch)
    if model == "skipgram":
        return skipgram_by_loops(OF_A_PAIR[loss], v, u, found, text.geometry.window)
    return cbow_by_loops(OF_A_PAIR[loss], v, u, found, divided=model == "cbow divided")


def assert_alike(found, expected, tolerance):
    for mine, loops in ((found.by_inputs, expected.by_inputs),
                        (found.by_outputs, expected.by_outputs), (found.loss, expected.loss)):
        np.testing.assert_allclose(mine, loops, rtol=tolerance, atol=tolerance)


@every_loss
@every_model
@pytest.mark.parametrize(("window", "group"), [
    (1, 16), (3, 16), (3, 32), (5, 16), (6, 16), (16, 32), (20, 16), (40, 16)])
def test_gradient_and_loss_are_those_of_plain_loops_over_pairs(model, loss, window, group):
    (v, u), text = random_tables(), random_text(window, group)
    for batch in text.batches:
        found = ascent(*built(model, loss, text.geometry), v, u, batch)
        # Masks and weights are float32, which is exact here but for shares as CBOW's 1 / count.
        assert_alike(found, by_loops(model, loss, v, u, text, batch), 2e-6)
        assert found.loss > 0


@every_loss
@every_model
def test_gradient_and_loss_are_those_of_loops_in_documents_shorter_than_the_window(model, loss):
    documents = [np.array(ids) for ids in ([0, 1], [2], [3, 4, 5], [1, 1], [], [0, 2, 5, 0])]
    (v, u), text = random_tables(), text_of(documents, window=5, dynamic_window=False)
    for batch in text.batches:
        found = ascent(*built(model, loss, text.geometry), v, u, batch)
        assert_alike(found, by_loops(model, loss, v, u, text, batch), 2e-6)


@every_loss
@every_model
@pytest.mark.parametrize("window", [20, 40])
def test_gradient_and_loss_are_those_of_loops_where_all_of_a_wide_window_is_taken(
    model, loss, window
):
    documents = [np.random.default_rng(6).integers(0, WORDS, n) for n in (50, 2, 25)]
    (v, u), text = random_tables(), text_of(documents, window, dynamic_window=False)
    for batch in text.batches:
        assert batch.window == window
        found = ascent(*built(model, loss, text.geometry), v, u, batch)
        assert_alike(found, by_loops(model, loss, v, u, text, batch), 3e-6)


@every_model
def test_hierarchical_softmax_of_two_words_has_one_node(model):
    counts, (v, u) = np.array([2, 1]), random_tables()
    text = text_of([np.random.default_rng(6).integers(0, 2, 100)], window=3)

    def of_a_pair(h, w, u, noise):
        return hierarchical_softmax_of_a_pair(h, w, u, noise, counts)

    for batch in text.batches:
        # padding's id is that of another vocabulary here; its row is not looked at
        found = ascent(*built(model, "hierarchical_softmax", text.geometry, counts), v, u, batch)
        expected = (skipgram_by_loops(of_a_pair, v, u, examples(text, batch))
                    if model == "skipgram" else
                    cbow_by_loops(of_a_pair, v, u, examples(text, batch), model == "cbow divided"))
        assert_alike(found, expected, 2e-6)
        assert found.by_outputs[0].all() and not found.by_outputs[1:].any()


@every_loss
@every_model
def test_single_precision_is_enough(model, loss):
    text = random_text()
    found = ascent(*built(model, loss, text.geometry), *random_tables(np.float32), text.batches[1])
    assert_alike(found, by_loops(model, loss, *random_tables(), text, text.batches[1]), 1e-4)


@every_loss
@every_model
def test_nothing_is_computed_in_double_precision_where_the_tables_are_single(
    model, loss, monkeypatch
):
    seen, text = set(), random_text()

    def noting(function):
        def noted(scores):
            result = function(scores)
            seen.update({scores.dtype, result.dtype})
            return result
        return noted

    for name in ("tanh_of_half", "log_softmax"):
        monkeypatch.setattr(losses, name, noting(getattr(losses, name)))
    model, loss = built(model, loss, text.geometry)
    v, u = random_tables(np.float32)
    assert model.hidden(v, text.batches[0]).dtype == np.float32
    assert isinstance(gradients(model, loss, v, u, text.batches[0])[2], float)
    assert seen == {np.dtype(np.float32)}


# ---- central differences ----


def losses_by_tables(model, loss, text, batch):
    """The loss as a function of the input table alone, and of the output table alone."""
    model, loss = built(model, loss, text.geometry)
    v, u = random_tables()
    return ((v, lambda changed: ascent(model, loss, changed, u, batch).loss),
            (u, lambda changed: ascent(model, loss, v, changed, batch).loss))


@every_loss
@pytest.mark.parametrize("model", ["skipgram", "cbow divided"])
@pytest.mark.parametrize(("window", "chunk"), [(3, 0), (3, 1), (16, 0)])
def test_the_ascent_is_minus_the_derivative_of_the_loss(model, loss, window, chunk):
    text = random_text(window)
    batch = text.batches[chunk]
    found = ascent(*built(model, loss, text.geometry), *random_tables(), batch)
    for gradient, (table, value) in zip((found.by_inputs, found.by_outputs),
                                        losses_by_tables(model, loss, text, batch), strict=True):
        assert np.linalg.norm(gradient) > 1
        assert relative_error(gradient, -numerical_gradient(value, table)) < 1e-6


@every_loss
def test_undivided_cbow_ascends_by_the_derivative_in_its_outputs_but_not_in_its_inputs(loss):
    text = random_text()
    batch = text.batches[0]
    found = ascent(*built("cbow", loss, text.geometry), *random_tables(), batch)
    (v, of_inputs), (u, of_outputs) = losses_by_tables("cbow", loss, text, batch)
    assert relative_error(found.by_outputs, -numerical_gradient(of_outputs, u)) < 1e-6
    assert relative_error(found.by_inputs, -numerical_gradient(of_inputs, v)) > 0.1


@every_loss
def test_undivided_cbow_is_the_divided_one_times_the_number_of_contexts(loss):
    # In documents of three words and a window of two, each centre has two contexts.
    documents = [np.array(ids) for ids in ([0, 1, 2], [3, 1, 4], [5, 0, 3])]
    (v, u), text = random_tables(), text_of(documents, window=2, dynamic_window=False)
    for batch in text.batches:
        divided, undivided = (ascent(*built(model, loss, text.geometry), v, u, batch)
                              for model in ("cbow divided", "cbow"))
        np.testing.assert_allclose(undivided.by_inputs, 2 * divided.by_inputs, rtol=1e-6,
                                   atol=1e-12)
        np.testing.assert_array_equal(undivided.by_outputs, divided.by_outputs)
        assert undivided.loss == divided.loss


# ---- worked by hand ----

# Three words and h = (1, 2). The scores u_k . h are 0, log 2 and log 5, so yhat = softmax of them
# is (1, 2, 5) / 8 = (0.125, 0.25, 0.625).
THREE = np.array([3, 2, 1])
U = np.array([[2, -1], [np.log(2), 0], [np.log(5) - 2, 1], [9, 9]])
MIDDLE = {1: (1, 1)}  # of the text "0 1 2", the middle word with one context on each side


def test_cbow_with_full_softmax_by_hand():
    # J = -log yhat_c of c = 1, whose contexts are 0 and 2: vhat = ((3, 1) + (-1, 3)) / 2 = (1, 2).
    v = np.array([[3, 1], [7, 7], [-1, 3], [9, 9]])
    text = one_block([0, 1, 2], MIDDLE, words=3)
    found = ascent(*built("cbow divided", "full_softmax", text.geometry, THREE), v.astype(float),
                   U, text.batches[0])
    assert found.loss == pytest.approx(np.log(4))  # J = -log 0.25
    # dJ/du_j = (yhat_j - [j = c]) vhat; we climb -J
    by_u = np.array([[0.125, 0.25], [-0.75, -1.5], [0.625, 1.25], [0, 0]])
    np.testing.assert_allclose(found.by_outputs, -by_u, rtol=1e-12, atol=1e-15)
    # dJ/dvhat = sum over k of yhat_k u_k - u_c
    #          = 0.125 (2, -1) + 0.25 (log 2, 0) + 0.625 (log 5 - 2, 1) - (log 2, 0)
    #          = (0.25 - 0.519860 + 1.005899 - 1.25, -0.125 + 0.625) = (-0.513961, 0.5)
    by_vhat = np.array([-0.513961, 0.5])
    by_v = np.array([by_vhat / 2, [0, 0], by_vhat / 2, [0, 0]])  # vhat is half of each context
    np.testing.assert_allclose(found.by_inputs, -by_v, rtol=1e-6, atol=1e-6)
    undivided = ascent(*built("cbow", "full_softmax", text.geometry, THREE), v.astype(float), U,
                       text.batches[0])
    np.testing.assert_allclose(undivided.by_inputs, -2 * by_v, rtol=1e-6, atol=1e-6)


def test_skipgram_with_full_softmax_by_hand():
    # J = -log yhat_0 - log yhat_2, both predicted by v_1 = (1, 2).
    v = np.array([[3.0, 1], [1, 2], [-1, 3], [9, 9]])
    text = one_block([0, 1, 2], MIDDLE, words=3)
    found = ascent(*built("skipgram", "full_softmax", text.geometry, THREE), v, U,
                   text.batches[0])
    assert found.loss == pytest.approx(np.log(8) + np.log(8 / 5))
    # dJ/du_j = sum over the contexts o of (yhat_j - [j = o]) v_c
    #         = (0.25 - 1, 0.5, 1.25 - 1) times (1, 2)
    by_u = np.array([[-0.75, -1.5], [0.5, 1], [0.25, 0.5], [0, 0]])
    np.testing.assert_allclose(found.by_outputs, -by_u, rtol=1e-12, atol=1e-15)
    # dJ/dv_c = sum over o of (sum over k of yhat_k u_k - u_o)
    #         = 2 (0.25 + 0.173287 + 1.005899 - 1.25, 0.5) - (log 5, 0) = (-1.251067, 1)
    by_v = np.array([[0, 0], [-1.251067, 1], [0, 0], [0, 0]])
    np.testing.assert_allclose(found.by_inputs, -by_v, rtol=1e-6, atol=1e-6)


def test_skipgram_with_hierarchical_softmax_by_hand():
    # Counts 3, 2, 1: node 0 has word 2 on its right and word 1 on its left, weight 3; the root,
    # node 1, has word 0 on its right and node 0 on its left. v_1 = (1, 2) meets the nodes'
    # vectors (0, log 3 / 2) and (log 4, 0) with scores log 3 and log 4: sigma is 3/4 and 4/5.
    u = np.array([[0, np.log(3) / 2], [np.log(4), 0], [5, 5], [9, 9]])
    v = np.array([[3.0, 1], [1, 2], [-1, 3], [9, 9]])
    text = one_block([0, 1, 2], MIDDLE, words=3)
    found = ascent(*built("skipgram", "hierarchical_softmax", text.geometry, THREE), v, u,
                   text.batches[0])
    # p(0) = sigma(-log 4) = 1/5 and p(2) = sigma(log 4) sigma(-log 3) = 4/5 1/4 = 1/5
    assert found.loss == pytest.approx(2 * np.log(5))
    # s (1 - sigma(s u . v)): at node 0 of word 2 -3/4; at the root of word 0 -4/5, of word 2 +1/5
    by_u = np.array([[-0.75, -1.5], [-0.6, -1.2], [0, 0], [0, 0]])
    np.testing.assert_allclose(found.by_outputs, by_u, rtol=1e-12, atol=1e-15)
    by_v = np.zeros((4, 2))
    by_v[1] = [-0.6 * np.log(4), -0.75 * np.log(3) / 2]
    np.testing.assert_allclose(found.by_inputs, by_v, rtol=1e-12, atol=1e-15)


def test_cbow_with_negative_sampling_by_hand():
    # vhat = (1, 2) predicts word 1 against the noise words 0 and 3, each with weight 5 / 2.
    v = np.array([[3.0, 1], [7, 7], [-1, 3], [0, 0], [0, 0]])
    u = np.array([[0, np.log(3) / 2], [np.log(4), 0], [5, 5], [-np.log(2), 0], [9, 9]])
    text = one_block([0, 1, 2], MIDDLE, words=4)
    found = ascent(*built("cbow divided", "negative_sampling", text.geometry,
                          np.array([3, 2, 1, 1])), v, u, text.batches[0])
    # sigma of the scores log 3, log 4 and -log 2: 3/4, 4/5 and 1/3
    assert found.loss == pytest.approx(-np.log(4 / 5) - 2.5 * (np.log(1 / 4) + np.log(2 / 3)))
    errors = np.array([-2.5 * 3 / 4, 1 / 5, 0, -2.5 / 3, 0])
    np.testing.assert_allclose(found.by_outputs, np.outer(errors, [1, 2]), rtol=1e-12, atol=1e-15)
    by_vhat = errors[[0, 1, 3]] @ u[[0, 1, 3]]
    np.testing.assert_allclose(found.by_inputs[[0, 2]], [by_vhat / 2] * 2, rtol=1e-12)
    assert not found.by_inputs[[1, 3, 4]].any()


# ---- negatives in the batch ----

every_cbow = pytest.mark.parametrize("model", ["cbow", "cbow divided"])
SAMPLE = 0.02


def batch_negatives(model, group=4, counts=COUNTS, sample=SAMPLE):
    """Steps of one chunk of eight blocks of 16 tokens, a model and its loss."""
    generator = np.random.default_rng(7)
    lengths = [1, 2, 0, 40, 7, 1, 33, 3, 20]
    ids = generator.integers(0, WORDS, sum(lengths)).astype(np.int32)
    geometry = Geometry(3, chunks=1, segments=8, segment=BLOCK, group=group, noise_words=0)
    tokens = TokenStream(ids, np.cumsum([0, *lengths]), counts)
    batch = PieceReader(tokens, geometry, 0.0, 0.75, True, 1).read(0, [(0, len(ids))]).batch(0)
    kind, divided = MODELS[model]
    built_model = kind(geometry, divided)
    return batch, built_model, InBatchNegatives(built_model, geometry, NEGATIVE, counts, sample)


def in_batch_by_loops(v, u, batch, group, divided, counts=COUNTS, sample=SAMPLE):
    """log sigma(u_w . h) + sum over the other words k of the group of
    n / (group - 1) P(k) / Q(k) log sigma(-u_k . h), with P as noise and Q as text is."""
    noise = counts**0.75 / (counts**0.75).sum()
    text = counts * keep_probabilities(counts, sample)
    ratios = [*noise / (text / text.sum()), 0]  # padding is no noise
    by_v, by_u, loss = np.zeros_like(v), np.zeros_like(u), 0.0
    for block, i in np.ndindex(batch.centres.shape):
        left, right = divmod(int(batch.reaches[block, i]) % (batch.window + 1) ** 2,
                             batch.window + 1)
        here, around = i + batch.window, batch.windows[block].tolist()
        contexts = around[here - left : here] + around[here + 1 : here + 1 + right]
        if not contexts:
            continue
        h, w = sum(v[o] for o in contexts) / len(contexts), around[here]
        loss -= np.log(sigma(u[w] @ h))
        by_h = (1 - sigma(u[w] @ h)) * u[w]
        by_u[w] += (1 - sigma(u[w] @ h)) * h
        first = block // group * group
        for other in range(first, first + group):
            if other != block:
                k = batch.centres[other, i]
                weight = NEGATIVE / (group - 1) * ratios[k]
                loss -= weight * np.log(sigma(-u[k] @ h))
                by_h = by_h - weight * sigma(u[k] @ h) * u[k]
                by_u[k] -= weight * sigma(u[k] @ h) * h
        for o in contexts:
            by_v[o] += by_h / len(contexts) if divided else by_h
    return Ascent(by_v, by_u, loss)


@every_cbow
@pytest.mark.parametrize("group", [4, 8])
def test_negatives_in_the_batch_are_those_of_loops_over_the_others_of_a_group(model, group):
    batch, built_model, loss = batch_negatives(model, group)
    v, u = random_tables()
    found = ascent(built_model, loss, v, u, batch)
    assert_alike(found, in_batch_by_loops(v, u, batch, group, model == "cbow divided"), 3e-6)
    assert found.loss > 0


def test_the_ascent_with_negatives_in_the_batch_is_minus_the_derivative_of_the_loss():
    batch, built_model, loss = batch_negatives("cbow divided")
    v, u = random_tables()
    found = ascent(built_model, loss, v, u, batch)
    by_v, by_u = (numerical_gradient(value, table) for value, table in (
        (lambda changed: ascent(built_model, loss, changed, u, batch).loss, v),
        (lambda changed: ascent(built_model, loss, v, changed, batch).loss, u)))
    assert relative_error(found.by_inputs, -by_v) < 1e-6
    assert relative_error(found.by_outputs, -by_u) < 1e-6


def test_negatives_in_the_batch_weigh_as_much_as_those_drawn_in_expectation():
    # The mean weight of a word of the text as noise, times group - 1 others, is n; and each word
    # weighs in the mean what its share of n noise words drawn does.
    group, (_, _, loss) = 4, batch_negatives("cbow")
    weights = 2 * loss._half_weights[:WORDS]
    text = COUNTS * keep_probabilities(COUNTS, SAMPLE)
    noise = COUNTS**0.75 / (COUNTS**0.75).sum()
    np.testing.assert_allclose((group - 1) * weights * text / text.sum(), NEGATIVE * noise,
                               rtol=1e-6)
    assert loss.guessing == pytest.approx((1 + NEGATIVE) * np.log(2))


def test_negatives_in_the_batch_look_up_no_rows_but_the_words_predicted():
    batch, _, loss = batch_negatives("cbow")
    assert loss.output_ids(batch).tolist() == batch.centres.ravel().tolist()
    assert loss.met(batch) is None and loss.output_rows == 128


@every_cbow
def test_padding_neither_moves_nor_is_noise_in_the_batch(model):
    batch, built_model, loss = batch_negatives(model)
    v, u = random_tables()
    found = ascent(built_model, loss, v, u, batch)
    assert (batch.centres == WORDS).any()
    assert not found.by_inputs[WORDS].any() and not found.by_outputs[WORDS].any()
    u[WORDS] *= 100
    assert ascent(built_model, loss, v, u, batch).loss == found.loss


def test_negatives_in_the_batch_keep_to_single_precision():
    batch, built_model, loss = batch_negatives("cbow")
    v, u = random_tables(np.float32)
    found = ascent(built_model, loss, v, u, batch)
    assert_alike(found, in_batch_by_loops(*random_tables(), batch, 4, False), 1e-4)
    weights = loss._half_weights
    assert weights.dtype == np.float32


# ---- what a loss is ----


@pytest.mark.parametrize("loss", ["hierarchical_softmax", "full_softmax"])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("counts", [COUNTS, np.full(WORDS, 7), np.array([99, 9, 1, 1, 1, 1])],
                         ids=["mixed", "even", "steep"])
def test_the_probabilities_of_all_words_sum_to_one(loss, seed, counts):
    v, u = 2 * np.random.default_rng(seed).standard_normal((2, ROWS, DIM))
    probabilities = []
    for word in range(WORDS):
        text = one_block([2, word], {0: (0, 1)})  # word 2 predicts `word`, and nothing else
        model, loss_function = built("skipgram", loss, text.geometry, counts)
        probabilities.append(np.exp(-ascent(model, loss_function, v, u, text.batches[0]).loss))
    assert sum(probabilities) == pytest.approx(1, abs=1e-12)
    assert np.std(probabilities) > 0.01


@every_loss
@every_model
def test_the_loss_of_untrained_vectors_is_that_of_guessing(model, loss):
    # Without subsampling and each word predicted as often as it is counted, that is: once each
    # of (4, 2, 1, 1) words predicts itself, in documents of two.
    counts = np.array([4, 2, 1, 1, 0, 0])
    ids = [word for word, count in enumerate(counts) for _ in range(count)]
    text = text_of([np.array([word, word]) for word in ids], window=3)
    model, loss = built(model, loss, text.geometry, counts)
    v, total, predictions = random_tables()[0], 0.0, 0.0
    for batch in text.batches:
        total += ascent(model, loss, v, np.zeros((ROWS, DIM)), batch).loss
        predictions += 2 * model.half_predictions(batch).sum()
    assert predictions == 16
    assert total / predictions == pytest.approx(loss.guessing, rel=1e-6)


@pytest.mark.parametrize("documents", [[3], [40, 7], [128]])
def test_what_guessing_has_is_known_of_steps_that_are_not_full(documents):
    # Negatives in the batch are fewer there, as padding is no noise.
    counts = np.full(WORDS, 20)
    tokens = TokenStream(np.zeros(sum(documents), np.int32), np.cumsum([0, *documents]), counts)
    geometry = Geometry(3, chunks=1, segments=8, segment=BLOCK, group=4, noise_words=0)
    batch = PieceReader(tokens, geometry, 0.0, 0.75, True, 1).read(
        0, [(0, sum(documents))]).batch(0)
    model = MODELS["cbow"][0](geometry)
    loss = InBatchNegatives(model, geometry, NEGATIVE, counts)
    untrained = ascent(model, loss, random_tables()[0], np.zeros((ROWS, DIM)), batch).loss
    assert loss.guess(batch) == pytest.approx(untrained, rel=1e-6)
    full = loss.guessing * 2 * model.half_predictions(batch).sum()
    assert (loss.guess(batch) == pytest.approx(full)) == (documents == [128])


@every_cbow
def test_noise_from_the_batch_weighs_by_what_is_kept_at_the_least(model):
    """Where all are kept anyway, the weights are those of text without subsampling."""
    batch, built_model, _ = batch_negatives(model)
    geometry = Geometry(3, chunks=1, segments=8, segment=BLOCK, group=4, noise_words=0)
    losses = [ascent(built_model, InBatchNegatives(
        built_model, geometry, NEGATIVE, COUNTS, sample, least_kept=least), *random_tables(),
        batch).loss for sample, least in ((0.0, 0), (SAMPLE, int(COUNTS.sum())), (SAMPLE, 0))]
    assert losses[0] == losses[1] != losses[2]


def test_guessing_by_hand():
    geometry = random_text().geometry
    counts = np.array([4, 2, 1, 1])
    # each of 1 + 5 words is right with 1/2; ways of 1, 2, 3 and 3 turns, 14/8 in the mean; 1 of 4
    assert built("cbow", "negative_sampling", geometry, counts)[1].guessing == pytest.approx(
        6 * np.log(2))
    assert built("cbow", "hierarchical_softmax", geometry, counts)[1].guessing == pytest.approx(
        1.75 * np.log(2))
    assert built("cbow", "full_softmax", geometry, counts)[1].guessing == pytest.approx(np.log(4))


@every_loss
@every_model
def test_a_chunk_of_padding_teaches_nothing(model, loss):
    text = text_of([np.array([1])], 3)  # one word without a neighbour
    for batch in text.batches:
        found = ascent(*built(model, loss, text.geometry), *random_tables(), batch)
        assert not found.by_inputs.any() and not found.by_outputs.any() and found.loss == 0


@every_loss
@every_model
def test_the_row_of_padding_never_moves(model, loss):
    text = random_text()
    for batch in text.batches:
        found = ascent(*built(model, loss, text.geometry), *random_tables(), batch)
        assert not found.by_inputs[WORDS].any() and not found.by_outputs[WORDS].any()
        assert found.by_inputs[:WORDS].all()


@every_loss
@every_model
def test_the_tables_are_read_only_and_the_loss_changes_no_gradient(model, loss):
    (v, u), text = random_tables(), random_text()
    before = v.tobytes(), u.tobytes()
    model, loss = built(model, loss, text.geometry)
    one, other = (gradients(model, loss, v, u, text.batches[0], with_loss)
                  for with_loss in (True, False))
    assert (v.tobytes(), u.tobytes()) == before
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1], other[1])
    assert other[2] == 0 < one[2]


@every_loss
@every_model
def test_a_second_ascent_is_the_first(model, loss):
    (v, u), text = random_tables(), random_text()
    model, loss = built(model, loss, text.geometry)
    first = gradients(model, loss, v, u, text.batches[0])
    gradients(model, loss, u, v, text.batches[1])
    for mine, again in zip(first, gradients(model, loss, v, u, text.batches[0]), strict=True):
        np.testing.assert_array_equal(mine, again)


@every_loss
@every_model
def test_scores_beyond_single_precision_have_a_finite_loss(model, loss):
    text = random_text()
    found = ascent(*built(model, loss, text.geometry), *random_tables(np.float32, scale=100),
                   text.batches[0])
    assert np.isfinite(found.loss) and found.loss > 1000
    assert np.isfinite(found.by_inputs).all() and np.isfinite(found.by_outputs).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@every_loss
@every_model
def test_a_loss_that_is_no_number_stays_none(model, loss):
    (v, u), text = random_tables(), random_text()
    v[:] = np.nan
    assert np.isnan(ascent(*built(model, loss, text.geometry), v, u, text.batches[0]).loss)


@every_loss
@every_model
def test_no_chunk_looks_up_more_rows_than_it_says(model, loss):
    text = random_text()
    model, loss = built(model, loss, text.geometry)
    for batch in text.batches:
        ids = loss.output_ids(batch)
        assert ids.ndim == 1 and ids.dtype == np.int32 and len(ids) <= loss.output_rows
        assert ids.min() >= 0 and ids.max() < ROWS


@every_model
def test_full_softmax_counts_the_words_that_a_chunk_may_predict(model):
    # It looks up all rows in every chunk; those of other words hardly move.
    text = random_text()
    model, loss = built(model, "full_softmax", text.geometry)
    for batch in text.batches:
        assert loss.met(batch).tolist() == model.target_ids(batch).ravel().tolist()


@every_model
@pytest.mark.parametrize("loss", ["negative_sampling", "hierarchical_softmax"])
def test_the_other_losses_count_the_rows_that_they_look_up(model, loss):
    text = random_text()
    assert built(model, loss, text.geometry)[1].met(text.batches[0]) is None


def test_full_softmax_refuses_more_words_than_it_can_bear(monkeypatch):
    geometry = random_text().geometry
    monkeypatch.setattr(losses, "FULL_SOFTMAX_WORDS", WORDS)
    FullSoftmax(Cbow(geometry), geometry, NEGATIVE, COUNTS)
    monkeypatch.setattr(losses, "FULL_SOFTMAX_WORDS", WORDS - 1)
    with pytest.raises(UserError, match="has 6 words .* up to 5; set loss to negative_sampling, "
                                        "or bound the vocabulary with max_words"):
        FullSoftmax(Cbow(geometry), geometry, NEGATIVE, COUNTS)
