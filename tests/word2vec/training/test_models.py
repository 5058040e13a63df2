"""Hidden vectors and their gradients against plain loops over the words of the text."""

import numpy as np
import pytest

from word2vec.corpus.token_stream import TokenStream
from word2vec.parameters import BLOCK
from word2vec.training.batches import Batch, Geometry, PieceReader
from word2vec.training.models import Cbow, Skipgram, rows, transposed

WORDS, DIM = 6, 3
ROWS = WORDS + 1  # the last one for padding
KINDS = {"skipgram": (Skipgram, False), "cbow": (Cbow, False), "cbow divided": (Cbow, True)}
LENGTHS = [1, 2, 0, 40, 7, 1, 33, 3]  # 87 tokens in steps of 128


def geometry_of(window):
    return Geometry(window, chunks=2, segments=2, segment=32, group=16, noise_words=4)


def batch_of(window, chunk, dynamic_window=True):
    """A chunk of documents of many lengths, one and none among them, and some padding."""
    ids = np.random.default_rng(7).integers(0, WORDS, sum(LENGTHS)).astype(np.int32)
    tokens = TokenStream(ids, np.cumsum([0, *LENGTHS]), np.full(WORDS, 20))
    reader = PieceReader(tokens, geometry_of(window), 0.0, 0.75, dynamic_window, 1)
    return reader.read(0, [(0, len(ids))]).batch(chunk)


def model_of(name, window):
    kind, divided = KINDS[name]
    return kind(geometry_of(window), divided)


def table(seed=8, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal((ROWS, DIM)).astype(dtype)


def contexts_of(batch, block, i):
    """Columns of the contexts of a centre in its window of text, by its reach."""
    window = batch.window
    place, reach = divmod(int(batch.reaches[block, i]), (window + 1) ** 2)
    left, right = divmod(reach, window + 1)
    assert place == i
    here = i + window
    return [*range(here - left, here), *range(here + 1, here + 1 + right)]


def centres(batch):
    """(block, place in it, columns of its contexts) of every centre."""
    for block, i in np.ndindex(batch.centres.shape):
        yield block, i, contexts_of(batch, block, i)


every_model = pytest.mark.parametrize("name", KINDS)
windows = pytest.mark.parametrize("window", [1, 3, 16, 20])


@windows
def test_skipgrams_hidden_vector_is_that_of_the_centre(window):
    batch, v = batch_of(window, 0), table()
    hidden = model_of("skipgram", window).hidden(v, batch)
    assert hidden.shape == (4, BLOCK, DIM)
    np.testing.assert_array_equal(hidden, v[batch.centres])


@windows
@pytest.mark.parametrize("name", ["cbow", "cbow divided"])
@pytest.mark.parametrize("chunk", [0, 1])
def test_cbows_hidden_vector_is_the_mean_of_the_contexts(name, window, chunk):
    batch, v = batch_of(window, chunk), table()
    hidden = model_of(name, window).hidden(v, batch)
    for block, i, columns in centres(batch):
        mean = v[batch.windows[block, columns]].mean(axis=0) if columns else np.zeros(DIM)
        # the means' weights 1 / count are float32
        np.testing.assert_allclose(hidden[block, i], mean, rtol=1e-6, atol=1e-6)


def test_cbow_means_by_hand():
    # The text "0 1 2", whole in one block: 0 sees 1, 1 sees 0 and 2, 2 sees 1.
    tokens = TokenStream(np.array([0, 1, 2], np.int32), np.array([0, 3]), np.array([1, 1, 1]))
    geometry = Geometry(1, chunks=1, segments=1, segment=16, group=16, noise_words=0)
    batch = PieceReader(tokens, geometry, 0.0, 0.75, False, 1).read(0, [(0, 3)]).batch(0)
    v = np.array([[1, 10], [2, 30], [4, 20], [99, 99]], np.float32)
    hidden = Cbow(geometry).hidden(v, batch)
    assert hidden[0, :3].tolist() == [[2, 30], [2.5, 15], [2, 30]]
    assert not hidden[0, 3:].any()


@windows
@pytest.mark.parametrize("chunk", [0, 1])
def test_skipgram_predicts_each_context_once(window, chunk):
    # The centres of a block meet all the words of its window of text.
    batch, model = batch_of(window, chunk), model_of("skipgram", window)
    assert (model.meetings, model.target_words) == (4, BLOCK + 2 * window)
    words, halves = model.target_ids(batch), model.half_targets(batch)
    span = BLOCK + 2 * batch.window
    assert words.shape == (4, span) and halves.shape == (4, BLOCK, span)
    predictions = 2 * model.half_predictions(batch)
    for block, i, columns in centres(batch):
        assert np.flatnonzero(halves[block, i]).tolist() == columns
        assert words[block, columns].tolist() == batch.windows[block, columns].tolist()
        weighs = min(len(columns), 8) if window > 5 else len(columns)
        assert predictions[block, i] == weighs
        np.testing.assert_allclose(halves[block, i, columns], weighs / max(len(columns), 1) / 2)


def whole_window(name, window):
    """A model, and a chunk whose centres mostly have all contexts of a window."""
    tokens = TokenStream(np.zeros(640, np.int32), np.array([0, 640]), np.full(WORDS, 20))
    reader = PieceReader(tokens, geometry_of(window), 0.0, 0.75, False, 1)
    return model_of(name, window), reader.read(0, [(0, 640)]).batch(0)


@pytest.mark.parametrize(("window", "together", "each"), [
    (4, 8, 1), (5, 10, 1), (6, 8, 8 / 12), (20, 8, 8 / 40)])
def test_the_contexts_of_a_skipgram_centre_weigh_as_eight_in_wide_windows(window, together, each):
    model, batch = whole_window("skipgram", window)
    halves = model.half_targets(batch)
    assert 2 * halves.max() == pytest.approx(each)
    assert 2 * model.half_predictions(batch).max() == pytest.approx(together)


def test_they_do_so_in_windows_that_are_always_whole():
    _, batch = whole_window("skipgram", 5)
    model = Skipgram(geometry_of(5), dynamic_window=False)
    assert 2 * model.half_targets(batch).max() == pytest.approx(8 / 10)
    assert 2 * model.half_predictions(batch).max() == pytest.approx(8)


@pytest.mark.parametrize(("window", "each"), [(16, 1), (17, 32 / 34), (20, 32 / 40)])
def test_undivided_cbow_hands_on_so_much_less_of_a_gradient_to_more_than_32_contexts(window, each):
    model, batch = whole_window("cbow", window)
    by_hidden = np.zeros((4, BLOCK, DIM))
    full = np.argwhere(batch.reaches == np.arange(BLOCK) * (window + 1) ** 2
                       + window * (window + 1) + window)[0]
    by_hidden[*full] = 1
    found = spread(model, batch, by_hidden)[:, 0]
    assert found.sum() == pytest.approx(2 * window * each)
    assert found.max() == pytest.approx(each)


@windows
@pytest.mark.parametrize("chunk", [0, 1])
def test_cbow_predicts_the_centre_where_it_has_contexts(window, chunk):
    # Every centre is alone with its hidden vector.
    batch, model = batch_of(window, chunk), model_of("cbow", window)
    assert (model.meetings, model.target_words) == (64, 1)
    words, halves = model.target_ids(batch).ravel(), model.half_targets(batch)
    assert halves.shape == (64, 1, 1)
    predictions = 2 * model.half_predictions(batch)
    for block, i, columns in centres(batch):
        assert halves[block * BLOCK + i, 0, 0] == 0.5 * bool(columns)
        assert words[block * BLOCK + i] == batch.centres[block, i]
        assert predictions[block, i] == bool(columns)


def spread(model, batch, by_hidden):
    """The gradient by the rows that a step looks up, from that by the hidden vectors."""
    out = np.full((len(model.input_ids(batch)), DIM), np.nan)
    room = model.room(out)
    assert room.shape == by_hidden.shape
    room[...] = by_hidden
    model.spread(room, batch, out)
    assert len(out) <= model.input_rows
    return out


@every_model
@windows
@pytest.mark.parametrize("chunk", [0, 1])
def test_the_gradient_is_handed_on_to_the_rows_that_made_the_hidden_vector(name, window, chunk):
    batch, model = batch_of(window, chunk), model_of(name, window)
    by_hidden = np.random.default_rng(9).standard_normal((4, BLOCK, DIM))
    found = np.zeros((ROWS, DIM))
    np.add.at(found, model.input_ids(batch), spread(model, batch, by_hidden))
    expected = np.zeros((ROWS, DIM))
    for block, i, columns in centres(batch):
        if name == "skipgram":
            expected[batch.centres[block, i]] += by_hidden[block, i]
        for word in batch.windows[block, columns] if name != "skipgram" else []:
            share = 1 / len(columns) if name == "cbow divided" else min(1, 32 / len(columns))
            expected[word] += by_hidden[block, i] * share
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@windows
def test_undivided_cbow_is_the_divided_one_times_the_count_of_contexts(window):
    batch = batch_of(window, 0)
    divided, undivided = (model_of(name, window) for name in ("cbow divided", "cbow"))
    counts = set()
    for block, i, columns in centres(batch):
        alone = np.zeros((4, BLOCK, DIM))
        alone[block, i] = [1, 2, 3]
        np.testing.assert_allclose(spread(undivided, batch, alone),
                                   len(columns) * spread(divided, batch, alone), rtol=1e-6)
        counts.add(len(columns))
    assert len(counts) > batch.window


@every_model
def test_hidden_vectors_are_of_the_precision_of_the_table(name):
    batch, model = batch_of(3, 0), model_of(name, 3)
    for dtype in (np.float32, np.float64):
        assert model.hidden(table(dtype=dtype), batch).dtype == dtype
    assert model.half_targets(batch).dtype == model.half_predictions(batch).dtype == np.float32


@every_model
def test_a_chunk_of_padding_has_no_hidden_vectors_and_predicts_nothing(name):
    ids = np.full((4, BLOCK), WORDS, np.int32)
    reaches = np.tile(np.arange(BLOCK, dtype=np.int32) * 16, (4, 1))
    batch = Batch(ids, np.full((4, BLOCK + 6), WORDS, np.int32), reaches,
                  np.zeros((4, 4), np.int32), 3)
    model, v = model_of(name, 3), np.append(table()[:-1], np.zeros((1, DIM)), axis=0)
    assert not model.hidden(v, batch).any()
    assert not model.half_targets(batch).any() and not model.half_predictions(batch).any()


def test_rows_and_transposed():
    numbers = np.arange(6).reshape(3, 2)
    assert rows(numbers, np.array([[2, 0]])).tolist() == [[[4, 5], [0, 1]]]
    assert transposed(numbers[np.newaxis]).tolist() == [[[0, 2, 4], [1, 3, 5]]]
