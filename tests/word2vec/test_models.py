"""The banded products against plain loops over pairs, and against central differences."""

import numpy as np
import pytest

from neural.gradient_check import numerical_gradient, relative_error
from word2vec import vocabulary
from word2vec.batches import Geometry, SlabReader, mask_table
from word2vec.encoding import EncodedCorpus
from word2vec.models import Cbow, Skipgram, Tables
from word2vec.vocabulary import Vocabulary

WORDS, DIM, NEGATIVE = 6, 3, 5
ROWS = WORDS + 1  # the last one for padding
MODELS = {
    "skipgram": Skipgram(NEGATIVE),
    "cbow": Cbow(NEGATIVE, divided=False),
    "cbow divided": Cbow(NEGATIVE, divided=True),
}


@pytest.fixture(autouse=True)
def small_noise_table(monkeypatch):
    monkeypatch.setattr(vocabulary, "UNIGRAM_TABLE_SIZE", 1_000)


def slab_of(documents, window, group=16, dynamic_window=True, segments=2, chunks=2):
    """The slab of documents of ids."""
    ids = np.concatenate(documents).astype(np.int32)
    counts = np.bincount(ids, minlength=WORDS).astype(np.int64) + 1
    words = Vocabulary([f"w{i}" for i in range(len(counts))], counts)
    bounds = np.cumsum([0, *map(len, documents)])
    geometry = Geometry(window, chunks, segments, 32, group, shared_negatives=4)
    reader = SlabReader(EncodedCorpus(ids, bounds, words), geometry, 0.0, 0.75, dynamic_window, 1)
    return reader.read(0, 0)


def random_slab(window=3, group=16, **more):
    """Documents of many lengths, one and none among them, and some padding."""
    generator = np.random.default_rng(7)
    lengths = [1, 2, 0, 40, 7, 1, 33, 3]
    return slab_of([generator.integers(0, WORDS, n) for n in lengths], window, group, **more)


def random_tables(dtype=np.float64, scale=1.0):
    generator = np.random.default_rng(8)
    return Tables(*(scale * generator.standard_normal((ROWS, DIM)).astype(dtype)
                    for _ in range(2)))


def by_words(model, tables, slab, chunk):
    """The ascent of a chunk, its rows added up by word: (inputs, outputs, loss)."""
    masks = mask_table(slab.chunk(0, chunk).window)
    ascent = model.ascent(tables, slab.chunk(0, chunk), masks, with_loss=True)
    sums = []
    for ids, rows in ((model.input_ids(slab), np.concatenate(ascent.inputs)),
                      (model.output_ids(slab), np.concatenate(ascent.outputs))):
        ids = ids[0].reshape(slab.centres.shape[1], -1)[chunk]
        sums.append(np.zeros((ROWS, DIM)))
        np.add.at(sums[-1], ids, rows)
    return *sums, ascent.loss


def sigma(score):
    return 1 / (1 + np.exp(-score))


def examples(slab, chunk):
    """(centre, contexts, noise words) of every centre of a chunk, by the reaches."""
    part = slab.chunk(0, chunk)
    window = part.window
    segments, segment = part.centres.shape
    group = segments * segment // len(part.negatives)
    for s, i in np.ndindex(segments, segment):
        left, right = divmod(int(part.reaches[s, i]) % (window + 1) ** 2, window + 1)
        around = part.surroundings[s].tolist()
        here = i + window
        contexts = around[here - left : here] + around[here + 1 : here + 1 + right]
        yield int(part.centres[s, i]), contexts, part.negatives[(s * segment + i) // group].tolist()


def skipgram_by_loops(tables, slab, chunk):
    """log sigma(u_o . v_c) + n / K sum over K of log sigma(-u_k . v_c), pair by pair."""
    v, u = tables.inputs, tables.outputs
    by_v, by_u, loss = np.zeros_like(v), np.zeros_like(u), 0.0
    for c, contexts, noise in examples(slab, chunk):
        for o in contexts:
            loss -= np.log(sigma(u[o] @ v[c]))
            by_v[c] += (1 - sigma(u[o] @ v[c])) * u[o]
            by_u[o] += (1 - sigma(u[o] @ v[c])) * v[c]
            for k in noise:
                weight = NEGATIVE / len(noise)
                loss -= weight * np.log(sigma(-u[k] @ v[c]))
                by_v[c] -= weight * sigma(u[k] @ v[c]) * u[k]
                by_u[k] -= weight * sigma(u[k] @ v[c]) * v[c]
    return by_v, by_u, loss


def cbow_by_loops(tables, slab, chunk, divided):
    """log sigma(u_c . h) + n / K sum over K of log sigma(-u_k . h), h the mean of the contexts."""
    v, u = tables.inputs, tables.outputs
    by_v, by_u, loss = np.zeros_like(v), np.zeros_like(u), 0.0
    for c, contexts, noise in examples(slab, chunk):
        if not contexts:
            continue
        h = sum(v[o] for o in contexts) / len(contexts)
        loss -= np.log(sigma(u[c] @ h))
        by_h = (1 - sigma(u[c] @ h)) * u[c]
        by_u[c] += (1 - sigma(u[c] @ h)) * h
        for k in noise:
            weight = NEGATIVE / len(noise)
            loss -= weight * np.log(sigma(-u[k] @ h))
            by_h = by_h - weight * sigma(u[k] @ h) * u[k]
            by_u[k] -= weight * sigma(u[k] @ h) * h
        for o in contexts:
            by_v[o] += by_h / len(contexts) if divided else by_h
    return by_v, by_u, loss


def by_loops(name, tables, slab, chunk):
    if name == "skipgram":
        return skipgram_by_loops(tables, slab, chunk)
    return cbow_by_loops(tables, slab, chunk, divided=name == "cbow divided")


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("window", "group"), [(1, 16), (3, 16), (3, 32), (16, 32)])
def test_gradient_and_loss_are_those_of_plain_loops_over_pairs(name, window, group):
    tables, slab = random_tables(), random_slab(window, group)
    for chunk in range(2):
        found = by_words(MODELS[name], tables, slab, chunk)
        expected = by_loops(name, tables, slab, chunk)
        for mine, loops in zip(found, expected, strict=True):
            # Masks and weights are float32, which is exact here but for CBOW's 1 / count.
            np.testing.assert_allclose(mine, loops, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_single_precision_is_enough(name):
    slab = random_slab()
    found = by_words(MODELS[name], random_tables(np.float32), slab, 1)
    expected = by_loops(name, random_tables(), slab, 1)
    for mine, loops in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, loops, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_gradients_are_of_single_precision_where_the_tables_are(name):
    slab = random_slab()
    ascent = MODELS[name].ascent(random_tables(np.float32), slab.chunk(0, 0), mask_table(3), True)
    assert {rows.dtype for rows in (*ascent.inputs, *ascent.outputs)} == {np.dtype(np.float32)}
    assert isinstance(ascent.loss, float)


def fallen(model, slab, chunk):
    """Loss as a function of the input table alone, and of the output table alone."""
    tables = random_tables()
    return ((tables.inputs, lambda v: by_words(model, Tables(v, tables.outputs), slab, chunk)[2]),
            (tables.outputs, lambda u: by_words(model, Tables(tables.inputs, u), slab, chunk)[2]))


@pytest.mark.parametrize("name", ["skipgram", "cbow divided"])
def test_the_ascent_is_minus_the_derivative_of_the_loss(name):
    slab = random_slab()
    found = by_words(MODELS[name], random_tables(), slab, 0)
    for gradient, (table, loss) in zip(found, fallen(MODELS[name], slab, 0), strict=False):
        assert relative_error(gradient, -numerical_gradient(loss, table)) < 1e-6


def test_undivided_cbow_ascends_by_the_derivative_in_its_outputs_but_not_in_its_inputs():
    model, slab = MODELS["cbow"], random_slab()
    by_inputs, by_outputs, _ = by_words(model, random_tables(), slab, 0)
    (inputs, of_inputs), (outputs, of_outputs) = fallen(model, slab, 0)
    assert relative_error(by_outputs, -numerical_gradient(of_outputs, outputs)) < 1e-6
    assert relative_error(by_inputs, -numerical_gradient(of_inputs, inputs)) > 0.1


def test_undivided_cbow_is_the_divided_one_times_the_number_of_contexts():
    # In documents of three words and a window of two, each centre has two contexts.
    slab = slab_of([np.array([0, 1, 2]), np.array([3, 1, 4]), np.array([5, 0, 3])], 2,
                   dynamic_window=False)
    tables = random_tables()
    for chunk in range(2):
        divided = by_words(MODELS["cbow divided"], tables, slab, chunk)
        undivided = by_words(MODELS["cbow"], tables, slab, chunk)
        np.testing.assert_allclose(undivided[0], 2 * divided[0], rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(undivided[1], divided[1], rtol=1e-12, atol=1e-12)
        assert undivided[2] == pytest.approx(divided[2])


def three_words(window=1):
    """The corpus "0 1 2" in one chunk, and the noise words that its three tokens share."""
    slab = slab_of([np.array([0, 1, 2])], window, dynamic_window=False, segments=1, chunks=1)
    return slab, slab.negatives[0, 0, 0].tolist()


def test_skipgram_on_three_words_by_hand():
    slab, noise = three_words()
    tables = random_tables()
    v, u = tables.inputs, tables.outputs
    # The pairs within one word of each other, centre first
    pairs = [(0, 1), (1, 0), (1, 2), (2, 1)]
    by_v, by_u, loss = np.zeros((ROWS, DIM)), np.zeros((ROWS, DIM)), 0.0
    for c, o in pairs:
        loss += np.log(1 + np.exp(-u[o] @ v[c]))
        by_v[c] += u[o] / (1 + np.exp(u[o] @ v[c]))
        by_u[o] += v[c] / (1 + np.exp(u[o] @ v[c]))
        for k in noise:
            loss += 5 / 4 * np.log(1 + np.exp(u[k] @ v[c]))
            by_v[c] -= 5 / 4 * u[k] / (1 + np.exp(-u[k] @ v[c]))
            by_u[k] -= 5 / 4 * v[c] / (1 + np.exp(-u[k] @ v[c]))
    found = by_words(MODELS["skipgram"], tables, slab, 0)
    for mine, by_hand in zip(found, (by_v, by_u, loss), strict=True):
        np.testing.assert_allclose(mine, by_hand, rtol=1e-9, atol=1e-12)


def test_cbow_on_three_words_by_hand():
    slab, noise = three_words()
    tables = random_tables()
    v, u = tables.inputs, tables.outputs
    # Word 0 is predicted from word 1, word 1 from the mean of 0 and 2, word 2 from 1.
    hidden = {0: v[1], 1: (v[0] + v[2]) / 2, 2: v[1]}
    errors = {c: u[c] / (1 + np.exp(u[c] @ h))
              - 5 / 4 * sum(u[k] / (1 + np.exp(-u[k] @ h)) for k in noise)
              for c, h in hidden.items()}
    by_v = np.zeros((ROWS, DIM))
    by_v[0], by_v[1], by_v[2] = errors[1] / 2, errors[0] + errors[2], errors[1] / 2
    loss = sum(np.log(1 + np.exp(-u[c] @ h))
               + 5 / 4 * sum(np.log(1 + np.exp(u[k] @ h)) for k in noise)
               for c, h in hidden.items())
    found = by_words(MODELS["cbow divided"], tables, slab, 0)
    np.testing.assert_allclose(found[0], by_v, rtol=1e-9, atol=1e-12)
    assert found[2] == pytest.approx(loss)


@pytest.mark.parametrize("name", MODELS)
def test_the_loss_of_untrained_vectors_is_that_of_guessing(name):
    # With output vectors of zero each of 1 + n guesses is right with probability 1 / 2.
    model, slab = MODELS[name], random_slab()
    tables = Tables(random_tables().inputs, np.zeros((ROWS, DIM)))
    loss = sum(by_words(model, tables, slab, chunk)[2] for chunk in range(2))
    assert loss / model.predictions(slab.positives[0]) == pytest.approx(6 * np.log(2), rel=1e-6)


def test_predictions_are_pairs_for_skipgram_and_centres_for_cbow():
    slab, _ = three_words()
    assert MODELS["skipgram"].predictions(slab.positives) == 4
    assert MODELS["cbow"].predictions(slab.positives) == 3


@pytest.mark.parametrize("name", MODELS)
def test_a_chunk_of_padding_teaches_nothing(name):
    slab = slab_of([np.array([1])], 3)  # one word without a neighbour
    for chunk in range(2):
        by_v, by_u, loss = by_words(MODELS[name], random_tables(), slab, chunk)
        assert not by_v.any() and not by_u.any() and loss == 0


@pytest.mark.parametrize("name", MODELS)
def test_the_tables_are_read_only_and_the_loss_changes_no_gradient(name):
    tables, slab = random_tables(), random_slab()
    before = tables.inputs.tobytes(), tables.outputs.tobytes()
    model, masks = MODELS[name], mask_table(3)
    masks_before = masks.copy()
    with_loss = model.ascent(tables, slab.chunk(0, 0), masks, True)
    without = model.ascent(tables, slab.chunk(0, 0), masks, False)
    assert (tables.inputs.tobytes(), tables.outputs.tobytes()) == before
    np.testing.assert_array_equal(masks, masks_before)
    np.testing.assert_array_equal(with_loss.inputs[0], without.inputs[0])
    for one, other in zip(with_loss.outputs, without.outputs, strict=True):
        np.testing.assert_array_equal(one, other)
    assert without.loss == 0 < with_loss.loss


@pytest.mark.parametrize("name", MODELS)
def test_scores_beyond_single_precision_have_a_finite_loss(name):
    found = by_words(MODELS[name], random_tables(np.float32, scale=100), random_slab(), 0)
    assert np.isfinite(found[2]) and found[2] > 1000


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", MODELS)
def test_a_loss_that_is_no_number_stays_none(name):
    tables = random_tables()
    tables.inputs[:] = np.nan
    assert np.isnan(by_words(MODELS[name], tables, random_slab(), 0)[2])
