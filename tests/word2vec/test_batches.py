import numpy as np
import pytest

from word2vec import batches, vocabulary
from word2vec.batches import BLOCK, Geometry, SlabReader, mask_table
from word2vec.encoding import EncodedCorpus
from word2vec.vocabulary import Vocabulary, keep_probabilities

WINDOW = 3
GEOMETRY = Geometry(WINDOW, chunks=2, segments=2, segment=32, group=16, shared_negatives=4)
LENGTHS = [1, 2, 40, 7, 1, 90, 3, 200, 33, 5]
TOKENS = sum(LENGTHS)


@pytest.fixture(autouse=True)
def small_noise_table(monkeypatch):
    monkeypatch.setattr(vocabulary, "UNIGRAM_TABLE_SIZE", 10_000)


def corpus_of(ids, lengths):
    counts = np.bincount(ids).astype(np.int64)
    words = Vocabulary([f"w{i}" for i in range(len(counts))], counts)
    return EncodedCorpus(np.asarray(ids, np.int32), np.cumsum([0, *lengths]), words)


def reader_of_places(sample=0.0, dynamic_window=False, seed=1, lengths=LENGTHS, geometry=GEOMETRY):
    """A reader of a corpus in which every token is a word of its own: its id is its place."""
    corpus = corpus_of(np.arange(sum(lengths)), lengths)
    return SlabReader(corpus, geometry, sample, 0.75, dynamic_window, seed)


def centres_of(slab, window=WINDOW):
    """(id, left contexts, right contexts) of every centre that has contexts, by the masks."""
    masks = mask_table(window)
    found = []
    for index in np.ndindex(slab.centres.shape):
        *segment, i = index
        block = i // BLOCK * BLOCK
        around = slab.surroundings[tuple(segment)][block : block + BLOCK + 2 * window]
        seen = around[masks[slab.reaches[index]] == 1].tolist()
        place = i - block + window
        left = int(masks[slab.reaches[index]][:place].sum())
        assert len(seen) == slab.positives[index]
        if seen:
            found.append((int(slab.centres[index]), seen[:left], seen[left:]))
    return sorted(found)


def expected_centres(kept, lengths, window):
    """The same from the plain definition, for centres with a full window."""
    bounds = np.cumsum([0, *lengths])
    found = []
    for start, end in zip(bounds[:-1], bounds[1:], strict=True):
        inside = [place for place in kept if start <= place < end]
        for i, place in enumerate(inside):
            left, right = inside[max(0, i - window) : i], inside[i + 1 : i + 1 + window]
            if left or right:
                found.append((place, left, right))
    return found


def arrays(slab):
    return [slab.centres, slab.surroundings, slab.reaches, slab.positives, slab.negatives]


@pytest.mark.parametrize(("i", "left", "right", "ones"), [
    # with a window of 2, centre i of a block stands in column i + 2
    (0, 0, 0, []),
    (0, 1, 0, [1]),
    (0, 2, 2, [0, 1, 3, 4]),
    (7, 1, 2, [8, 10, 11]),
    (15, 0, 2, [18, 19]),
    (15, 2, 0, [15, 16]),
])
def test_masks_by_hand(i, left, right, ones):
    masks = mask_table(2)
    assert masks.shape == (BLOCK * 3 * 3, BLOCK + 2 * 2)
    row = masks[(i * 3 + left) * 3 + right]
    assert np.flatnonzero(row).tolist() == ones
    assert set(row.tolist()) <= {0.0, 1.0}


@pytest.mark.parametrize("window", [1, 2, 5, 16])
def test_every_mask_has_as_many_ones_as_its_centre_has_contexts(window):
    masks = mask_table(window).reshape(BLOCK, window + 1, window + 1, -1)
    reach = np.arange(window + 1)
    for i in range(BLOCK):
        np.testing.assert_array_equal(masks[i, :, :, : i + window].sum(axis=2),
                                      np.repeat(reach[:, None], window + 1, axis=1))
        np.testing.assert_array_equal(masks[i, :, :, i + window + 1 :].sum(axis=2),
                                      np.repeat(reach[None], window + 1, axis=0))
    assert not any(masks[i, :, :, i + window].any() for i in range(BLOCK))


def test_the_sizes_of_a_step_follow_from_each_other():
    assert (GEOMETRY.chunk, GEOMETRY.groups) == (64, 4)


def test_the_arrays_of_a_slab_have_the_shapes_that_they_say():
    slab = reader_of_places().read(0, 0)
    steps = -(-TOKENS // 128)
    assert slab.raw_tokens == TOKENS and slab.steps == steps
    assert slab.centres.shape == slab.reaches.shape == slab.positives.shape == (steps, 2, 2, 32)
    assert slab.surroundings.shape == (steps, 2, 2, 32 + 2 * WINDOW)
    assert slab.negatives.shape == (steps, 2, 4, 4)
    np.testing.assert_array_equal(slab.surroundings[..., WINDOW:-WINDOW], slab.centres)


def test_a_chunk_is_its_part_of_the_slab():
    slab = reader_of_places().read(0, 0)
    chunk = slab.chunk(1, 0)
    assert chunk.window == WINDOW
    for part, whole in zip(arrays(chunk), arrays(slab), strict=True):
        np.testing.assert_array_equal(part, whole[1, 0])


def test_every_token_is_a_centre_exactly_once():
    places = reader_of_places().read(0, 0).centres.ravel()
    padding = len(places) - TOKENS  # looks up the row behind the last word's
    assert np.bincount(places).tolist() == [1] * TOKENS + [padding]


@pytest.mark.parametrize("window", [1, 3, 16])
def test_a_centres_contexts_are_its_neighbours_and_never_cross_documents(window):
    geometry = Geometry(window, 2, 2, 32, 16, 4)
    slab = reader_of_places(geometry=geometry).read(0, 0)
    assert centres_of(slab, window) == expected_centres(range(TOKENS), LENGTHS, window)


def test_a_dynamic_window_stays_within_the_document_too():
    full = {place: (left, right)
            for place, left, right in expected_centres(range(TOKENS), LENGTHS, WINDOW)}
    found = centres_of(reader_of_places(dynamic_window=True).read(0, 0))
    assert [place for place, _, _ in found] == sorted(full)
    for place, left, right in found:
        reach = max(len(left), len(right))
        all_left, all_right = full[place]
        assert 1 <= reach <= WINDOW
        assert left == all_left[-reach:] and right == all_right[:reach]


def test_a_dynamic_window_is_drawn_evenly_from_one_to_the_window():
    slab = reader_of_places(dynamic_window=True, lengths=[40_000]).read(0, 0)
    reach = slab.positives[slab.positives > 0] / 2  # only 2 x 3 tokens stand at a border
    shares = [np.mean(reach == size) for size in (1, 2, 3)]
    np.testing.assert_allclose(shares, 1 / 3, atol=0.01)  # 4 standard deviations


def test_subsampled_tokens_leave_and_the_window_counts_those_that_stay():
    # Every word has 1 of 382 tokens: t / f = 0.001 * 382, kept with 0.618 + 0.382, (just) all;
    # for t = 0.0001 it is 0.195 + 0.038 = 0.234.
    assert keep_probabilities(np.ones(TOKENS, np.int64), 1e-4)[0] == pytest.approx(0.2336, abs=1e-3)
    slab = reader_of_places(sample=1e-4).read(0, 0)
    found = centres_of(slab)
    in_surroundings = sorted(set(slab.surroundings.ravel().tolist()) - {0})
    kept = [0, *in_surroundings] if found[0][0] == 0 else in_surroundings
    assert found == expected_centres(kept, LENGTHS, WINDOW)
    assert 0.13 < len(kept) / TOKENS < 0.34  # 0.234 with a standard deviation of 0.022
    assert slab.raw_tokens == TOKENS


def test_each_word_is_kept_with_its_own_probability():
    ids = np.repeat([0, 1, 2], [30_000, 9_000, 1_000])
    corpus = corpus_of(np.random.default_rng(5).permutation(ids), [40_000])
    slab = SlabReader(corpus, GEOMETRY, 0.01, 0.75, False, 1).read(0, 0)
    centres = slab.centres[slab.positives > 0]
    shares = np.bincount(centres) / corpus.vocabulary.counts
    expected = keep_probabilities(corpus.vocabulary.counts, 0.01)
    np.testing.assert_allclose(shares, expected, atol=0.04)
    np.testing.assert_allclose(expected, [0.128803, 0.255266, 1.0], rtol=1e-4)


def test_a_slab_of_which_subsampling_keeps_nothing_teaches_nothing():
    slab = reader_of_places(sample=1e-12).read(0, 0)
    assert slab.raw_tokens == TOKENS and slab.steps == 1
    assert not slab.positives.any()
    assert not mask_table(WINDOW)[slab.reaches].any()


def test_padding_has_no_contexts_and_is_nobodys_context():
    slab = reader_of_places(lengths=[5]).read(0, 0)
    assert slab.steps == 1
    assert slab.positives.sum() == 5 * 4 - 2  # all pairs but first and last, 4 apart, both ways
    assert centres_of(slab) == expected_centres(range(5), [5], WINDOW)


def test_the_slabs_of_an_epoch_cover_the_corpus_once(monkeypatch):
    monkeypatch.setattr(batches, "SLAB", 100)
    reader = reader_of_places()
    assert list(reader.starts()) == [0, 100, 200, 300]
    slabs = [reader.read(0, start) for start in reader.starts()]
    assert [slab.raw_tokens for slab in slabs] == [100, 100, 100, 82]
    # A slab's border cuts a document as if it were two.
    bounds = sorted({*np.cumsum([0, *LENGTHS]).tolist(), 100, 200, 300})
    found = sorted(centre for slab in slabs for centre in centres_of(slab))
    assert found == expected_centres(range(TOKENS), np.diff(bounds), WINDOW)


def test_a_slab_does_not_depend_on_what_was_read_before(monkeypatch):
    monkeypatch.setattr(batches, "SLAB", 100)
    busy, fresh = (reader_of_places(sample=1e-3, dynamic_window=True) for _ in range(2))
    for start in busy.starts():
        busy.read(0, start)
    for mine, other in zip(arrays(busy.read(1, 200)), arrays(fresh.read(1, 200)), strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize(("seed", "epoch"), [(2, 0), (1, 1)])
def test_another_seed_and_another_epoch_give_another_slab(seed, epoch):
    first = reader_of_places(dynamic_window=True).read(0, 0)
    other = reader_of_places(dynamic_window=True, seed=seed).read(epoch, 0)
    assert not np.array_equal(first.centres, other.centres)
    assert not np.array_equal(first.negatives, other.negatives)


def test_the_slabs_of_an_epoch_draw_different_numbers(monkeypatch):
    monkeypatch.setattr(batches, "SLAB", 128)
    reader = reader_of_places(dynamic_window=True)
    first, second = (reader.read(0, start) for start in (0, 128))
    assert not np.array_equal(first.negatives, second.negatives)


def test_a_step_takes_its_segments_from_all_over_the_slab():
    slab = reader_of_places(lengths=[128 * 50]).read(0, 0)
    segments = slab.centres[..., 0].reshape(50, 4) // 32  # numbers of the segments of each step
    assert sorted(segments.ravel().tolist()) == list(range(200))
    # The mean distance of two random places is a third of the whole, that of neighbours 1.
    assert np.abs(np.diff(segments, axis=1)).mean() > 40


def test_noise_words_are_drawn_in_proportion_to_their_count_to_the_exponent():
    ids = np.repeat([0, 1, 2, 3], [6_250, 2_560, 810, 160])
    corpus = corpus_of(ids, [len(ids)])
    geometry = Geometry(WINDOW, 2, 2, 32, 16, 64)
    slab = SlabReader(corpus, geometry, 0.0, 0.75, True, 1).read(0, 0)
    # 625^(3/4), 256^(3/4), 81^(3/4), 16^(3/4) = 125, 64, 27, 8, of 224
    shares = np.bincount(slab.negatives.ravel()) / slab.negatives.size
    np.testing.assert_allclose(shares, np.array([125, 64, 27, 8]) / 224, atol=0.01)
    assert slab.negatives.size > 39_000
