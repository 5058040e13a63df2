import numpy as np
import pytest

from word2vec.corpus.token_stream import TokenStream
from word2vec.corpus.vocabulary import keep_probabilities
from word2vec.parameters import BLOCK
from word2vec.training import batches
from word2vec.training.bands import contexts, masks
from word2vec.training.batches import Geometry, PieceReader, cut, noise_distribution

WINDOW = 3
GEOMETRY = Geometry(WINDOW, chunks=2, segments=2, segment=32, group=16, noise_words=4)
LENGTHS = [1, 2, 40, 7, 1, 90, 3, 200, 33, 5]
TOKENS = sum(LENGTHS)


def stream(ids, lengths, counts=None):
    ids = np.asarray(ids, np.int32)
    counts = np.bincount(ids) if counts is None else np.asarray(counts)
    return TokenStream(ids, np.cumsum([0, *lengths]), counts.astype(np.int64))


def reader_of_places(sample=0.0, dynamic_window=False, seed=1, lengths=LENGTHS, geometry=GEOMETRY):
    """A reader of a corpus in which every token is a word of its own: its id is its place."""
    tokens = stream(np.arange(sum(lengths)), lengths)
    return PieceReader(tokens, geometry, sample, 0.75, dynamic_window, seed)


def centres_of(piece):
    """(id, left contexts, right contexts) of every centre that has contexts, by the masks."""
    found = []
    for batch in chunks_of(piece):
        band = masks(batch.reaches, batch.window) == 1
        for block, i in np.ndindex(batch.centres.shape):
            mask, words = band[block, i], batch.windows[block]
            here = i + batch.window
            left, right = words[:here][mask[:here]].tolist(), words[here:][mask[here:]].tolist()
            if left or right:
                found.append((int(batch.centres[block, i]), left, right))
    return sorted(found)


def chunks_of(piece):
    return [batch for step in range(piece.steps) for batch in piece.step(step)]


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


def contexts_of(piece):
    """How many contexts each centre has, shaped as the centres."""
    return np.stack([contexts(batch.reaches, batch.window) for batch in chunks_of(piece)])


def arrays(batch):
    return [batch.centres, batch.windows, batch.reaches, batch.noise]


def test_the_sizes_of_a_step_follow_from_each_other():
    assert (GEOMETRY.tokens, GEOMETRY.blocks, GEOMETRY.groups, GEOMETRY.span) == (64, 4, 4, 22)
    coarse = Geometry(5, chunks=4, segments=8, segment=64, group=32, noise_words=0)
    assert (coarse.tokens, coarse.blocks, coarse.groups, coarse.span) == (512, 32, 16, 26)


def test_the_arrays_of_a_piece_have_the_shapes_that_they_say():
    piece = reader_of_places().read(0, [(0, TOKENS)])
    chunks = -(-TOKENS // 64)
    assert piece.raw_tokens == TOKENS and piece.steps == -(-chunks // 2)
    assert piece.centres.shape == piece.reaches.shape == (chunks, 4, BLOCK)
    assert piece.windows.shape == (chunks, 4, BLOCK + 2 * WINDOW)
    assert piece.noise.shape == (chunks, 4, 4) and len(piece.chunk_windows) == chunks
    assert {array.dtype for array in arrays(piece)} == {np.dtype(np.int32)}
    np.testing.assert_array_equal(piece.windows[..., WINDOW:-WINDOW], piece.centres)


@pytest.mark.parametrize(("tokens", "chunks"), [
    (1, [1]), (64, [1]), (65, [2]), (128, [2]), (129, [2, 1]), (300, [2, 2, 1])])
def test_the_last_step_has_the_chunks_that_are_left(tokens, chunks):
    piece = reader_of_places(lengths=[tokens]).read(0, [(0, tokens)])
    assert [len(piece.step(step)) for step in range(piece.steps)] == chunks


@pytest.mark.parametrize("dynamic_window", [False, True])
def test_a_batch_is_its_part_of_the_piece_with_a_window_of_its_own(dynamic_window):
    piece = reader_of_places(dynamic_window=dynamic_window).read(0, [(0, TOKENS)])
    batches = chunks_of(piece)
    for chunk, batch in enumerate(batches):
        assert batch.window == piece.chunk_windows[chunk]
        spare = WINDOW - batch.window
        np.testing.assert_array_equal(batch.centres, piece.centres[chunk])
        np.testing.assert_array_equal(batch.reaches, piece.reaches[chunk])
        np.testing.assert_array_equal(batch.noise, piece.noise[chunk])
        np.testing.assert_array_equal(
            batch.windows, piece.windows[chunk, :, spare : BLOCK + 2 * WINDOW - spare])
        np.testing.assert_array_equal(
            batch.windows[:, batch.window : batch.window + BLOCK], batch.centres)
    expected = {1, 2, 3} if dynamic_window else {WINDOW}
    assert {batch.window for batch in batches} == expected


def test_every_token_is_a_centre_exactly_once():
    places = reader_of_places().read(0, [(0, TOKENS)]).centres.ravel()
    padding = len(places) - TOKENS  # looks up the row behind the last word's
    assert np.bincount(places).tolist() == [1] * TOKENS + [padding]


@pytest.mark.parametrize("window", [1, 3, 16, 20, 40, 128])
def test_a_centres_contexts_are_its_neighbours_and_never_cross_documents(window):
    geometry = Geometry(window, 2, 2, 32, 16, 4)
    piece = reader_of_places(geometry=geometry).read(0, [(0, TOKENS)])
    assert centres_of(piece) == expected_centres(range(TOKENS), LENGTHS, window)


@pytest.mark.parametrize("lengths", [[0, 5, 3], [5, 0, 3], [5, 0, 0, 0, 3], [5, 3, 0], [0, 0, 8]])
@pytest.mark.parametrize(("start", "stop"), [(0, 8), (2, 8), (5, 8), (0, 5)])
def test_documents_without_tokens_separate_and_add_nothing(lengths, start, stop):
    piece = reader_of_places(lengths=lengths).read(0, [(start, stop)])
    ends = np.cumsum([0, *lengths]).clip(start, stop)  # a piece's border cuts a document
    expected = [(place + start, *([other + start for other in side] for side in sides))
                for place, *sides in expected_centres(range(stop - start), np.diff(ends), WINDOW)]
    assert centres_of(piece) == expected
    assert piece.raw_tokens == stop - start


def test_a_dynamic_window_stays_within_the_document_too():
    full = {place: (left, right)
            for place, left, right in expected_centres(range(TOKENS), LENGTHS, WINDOW)}
    piece = reader_of_places(dynamic_window=True).read(0, [(0, TOKENS)])
    windows = {place: batch.window for batch in chunks_of(piece)
               for place in batch.centres.ravel().tolist()}
    found = centres_of(piece)
    assert [place for place, _, _ in found] == sorted(full)
    for place, left, right in found:
        all_left, all_right = full[place]
        assert left == all_left[-windows[place]:] and right == all_right[: windows[place]]


@pytest.mark.parametrize(("longest", "width"), [(3, 16), (16, 16), (17, 16), (18, 17), (90, 40)])
def test_no_window_is_wider_than_the_longest_document_has_use_for(longest, width):
    lengths = [2, longest, 1]
    piece = reader_of_places(lengths=lengths, geometry=Geometry(40, 2, 2, 32, 16, 4)).read(
        0, [(0, sum(lengths))])
    assert piece.windows.shape[-1] == BLOCK + 2 * width and set(piece.chunk_windows) == {width}
    assert centres_of(piece) == expected_centres(range(sum(lengths)), lengths, 40)


@pytest.mark.parametrize("chunks", [1, 2, 3, 4, 7, 300])
def test_the_windows_of_a_piece_differ_in_frequency_by_one_at_most(chunks):
    piece = reader_of_places(dynamic_window=True, lengths=[64 * chunks]).read(0, [(0, 64 * chunks)])
    times = np.bincount(piece.chunk_windows, minlength=WINDOW + 1)
    assert times[0] == 0 and times.sum() == chunks and np.ptp(times[1:]) <= 1


def test_a_dynamic_window_is_each_size_equally_often_in_the_mean_and_in_random_order():
    reader = reader_of_places(dynamic_window=True, lengths=[256])
    windows = np.array([reader.read(epoch, [(0, 256)]).chunk_windows for epoch in range(600)])
    for place in range(4):
        shares = np.bincount(windows[:, place])[1:] / 600
        np.testing.assert_allclose(shares, 1 / 3, atol=0.08)  # 4 standard deviations


def test_subsampled_tokens_leave_and_the_window_counts_those_that_stay():
    # Every word has 1 of 382 tokens: t / f = 0.0001 * 382, kept with 0.195 + 0.038 = 0.234.
    assert keep_probabilities(np.ones(TOKENS, np.int64), 1e-4)[0] == pytest.approx(0.2336, abs=1e-3)
    piece = reader_of_places(sample=1e-4).read(0, [(0, TOKENS)])
    centres = piece.centres
    kept = sorted(centres[centres < TOKENS].tolist())
    assert centres_of(piece) == expected_centres(kept, LENGTHS, WINDOW)
    assert 0.13 < len(kept) / TOKENS < 0.34  # 0.234 with a standard deviation of 0.022
    assert piece.raw_tokens == TOKENS


def test_each_word_is_kept_with_its_own_probability():
    ids = np.random.default_rng(5).permutation(np.repeat([0, 1, 2], [30_000, 9_000, 1_000]))
    tokens = stream(ids, [40_000])
    piece = PieceReader(tokens, GEOMETRY, 0.01, 0.75, False, 1).read(0, [(0, 40_000)])
    centres = piece.centres
    shares = np.bincount(centres[centres < 3]) / tokens.counts
    expected = keep_probabilities(tokens.counts, 0.01)
    np.testing.assert_allclose(expected, [0.128803, 0.255266, 1.0], rtol=1e-4)
    # 4 standard deviations of shares of 30,000 and of 9,000 draws; all of the third word
    np.testing.assert_array_less(np.abs(shares - expected), [0.008, 0.019, 1e-9])


def test_a_piece_of_which_subsampling_keeps_nothing_teaches_nothing():
    piece = reader_of_places(sample=1e-12).read(0, [(0, TOKENS)])
    assert piece.raw_tokens == TOKENS and piece.steps == 1
    assert (piece.centres == TOKENS).all()
    assert not contexts_of(piece).any()


def test_padding_has_no_contexts_and_is_nobodys_context():
    piece = reader_of_places(lengths=[5]).read(0, [(0, 5)])
    assert piece.steps == 1
    assert contexts_of(piece).sum() == 5 * 4 - 2  # all pairs but first and last, 4 apart
    assert centres_of(piece) == expected_centres(range(5), [5], WINDOW)


def test_a_corpus_of_a_single_token_teaches_nothing():
    tokens = stream([1], [1], counts=[1, 1, 1])
    piece = PieceReader(tokens, GEOMETRY, 0.0, 0.75, True, 1).read(0, [(0, 1)])
    assert piece.raw_tokens == 1 and piece.steps == 1
    assert sorted(set(piece.centres.ravel().tolist())) == [1, 3]
    assert (piece.centres == 1).sum() == 1
    assert not contexts_of(piece).any()


@pytest.mark.parametrize("place", [0, 3, TOKENS])
def test_a_stretch_without_tokens_is_one_step_of_padding(place):
    piece = reader_of_places(dynamic_window=True).read(0, [(place, place)])
    assert piece.raw_tokens == 0 and piece.steps == 1
    assert (piece.centres == TOKENS).all() and not contexts_of(piece).any()


def test_the_pieces_of_an_epoch_cover_the_corpus_once():
    reader, cuts = reader_of_places(), [0, 51, 100, 142, 200, 201, TOKENS]
    pieces = [reader.read(0, [ends]) for ends in zip(cuts[:-1], cuts[1:], strict=True)]
    assert [piece.raw_tokens for piece in pieces] == np.diff(cuts).tolist()
    # A piece's border cuts a document as if it were two.
    bounds = sorted({*np.cumsum([0, *LENGTHS]).tolist(), *cuts})
    found = sorted(centre for piece in pieces for centre in centres_of(piece))
    assert found == expected_centres(range(TOKENS), np.diff(bounds), WINDOW)


def test_the_stretches_of_a_piece_are_documents_of_their_own():
    stretches = [(0, 51), (142, 200), (60, 60), (201, 300)]
    piece = reader_of_places().read(0, stretches)
    assert piece.raw_tokens == 51 + 58 + 99
    kept = [place for start, stop in stretches for place in range(start, stop)]
    bounds = sorted({*np.cumsum([0, *LENGTHS]).tolist(), 51, 142, 200, 201, 300})
    assert centres_of(piece) == expected_centres(sorted(kept), np.diff(bounds), WINDOW)


def test_a_text_is_cut_into_pieces_from_several_places_each(monkeypatch):
    monkeypatch.setattr(batches, "STRANDS", 4)
    assert cut(100, 116, 2) == [[(100, 102), (104, 106), (108, 110), (112, 114)],
                                [(102, 104), (106, 108), (110, 112), (114, 116)]]
    assert cut(100, 116, 1) == [[(100, 116)]]


@pytest.mark.parametrize(("start", "stop", "pieces"), [(0, 0, 3), (5, 8, 2), (7, 1000, 13)])
def test_pieces_cover_the_text_once_and_are_of_like_size(start, stop, pieces):
    found = cut(start, stop, pieces)
    places = [place for stretches in found for ends in stretches for place in range(*ends)]
    assert len(found) == pieces and sorted(places) == list(range(start, stop))
    sizes = [sum(last - first for first, last in stretches) for stretches in found]
    assert max(sizes) - min(sizes) <= batches.STRANDS


def test_a_piece_does_not_depend_on_what_was_read_before():
    busy, fresh = (reader_of_places(sample=1e-3, dynamic_window=True) for _ in range(2))
    for start in (0, 100, 200):
        busy.read(0, [(start, start + 100)])
    one, other = busy.read(1, [(200, 300)]), fresh.read(1, [(200, 300)])
    for mine, yours in zip(arrays(one), arrays(other), strict=True):
        np.testing.assert_array_equal(mine, yours)


@pytest.mark.parametrize(("seed", "epoch"), [(2, 0), (1, 1)])
def test_another_seed_and_another_epoch_give_another_piece(seed, epoch):
    first = reader_of_places(dynamic_window=True).read(0, [(0, TOKENS)])
    other = reader_of_places(dynamic_window=True, seed=seed).read(epoch, [(0, TOKENS)])
    assert not np.array_equal(first.centres, other.centres)
    assert not np.array_equal(first.noise, other.noise)
    assert not np.array_equal(np.sort(first.reaches.ravel()),
                              np.sort(other.reaches.ravel()))


def test_the_pieces_of_an_epoch_draw_different_numbers():
    reader = reader_of_places(dynamic_window=True)
    first, second = (reader.read(0, [(start, start + 128)]) for start in (0, 128))
    assert not np.array_equal(first.noise, second.noise)


def test_the_tokens_of_a_segment_stay_together():
    piece = reader_of_places(lengths=[128 * 50]).read(0, [(0, 128 * 50)])
    segments = piece.centres.reshape(-1, 32)
    np.testing.assert_array_equal(segments, segments[:, :1] + np.arange(32))
    assert not (segments[:, 0] % 32).any()


def test_a_step_takes_its_segments_from_all_over_the_piece():
    piece = reader_of_places(lengths=[128 * 50]).read(0, [(0, 128 * 50)])
    segments = piece.centres.reshape(50, 4, 32)[..., 0] // 32  # of each step, by number
    assert sorted(segments.ravel().tolist()) == list(range(200))
    # The mean distance of two random places is a third of the whole, that of neighbours 1.
    assert np.abs(np.diff(segments, axis=1)).mean() > 40


@pytest.mark.parametrize(("exponent", "shares"), [
    (0.75, [125, 64, 27, 8]),  # 625^(3/4), 256^(3/4), 81^(3/4), 16^(3/4)
    (1.0, [625, 256, 81, 16]),
    (0.5, [25, 16, 9, 4]),
    (0.0, [1, 1, 1, 1]),
])
def test_the_noise_distribution_is_the_counts_to_the_exponent(exponent, shares):
    found = noise_distribution(np.array([625, 256, 81, 16]), exponent)
    np.testing.assert_allclose(found, np.array(shares) / sum(shares), rtol=1e-12)


def noise_of(counts, noise_words, seed=1, tokens=1000):
    """The noise words of a piece, (chunks, groups, noise_words)."""
    geometry = Geometry(WINDOW, 2, 2, 32, 16, noise_words)
    ids = np.zeros(tokens, np.int32)
    reader = PieceReader(stream(ids, [tokens], counts), geometry, 0.0, 0.75, True, seed)
    return reader.read(0, [(0, tokens)]).noise


@pytest.mark.parametrize("noise_words", [1, 3, 64])
@pytest.mark.parametrize("seed", range(5))
def test_no_noise_word_is_off_by_more_than_one_from_its_share(noise_words, seed):
    counts = np.random.default_rng(seed).zipf(1.5, 40).clip(1, 10_000)
    noise = noise_of(counts, noise_words, seed)
    shares = noise_distribution(counts, 0.75) * noise.size
    drawn = np.bincount(noise.ravel(), minlength=40)
    assert drawn.sum() == noise.size == 16 * 4 * noise_words
    assert (np.abs(drawn - shares) < 1).all()


def test_a_noise_word_of_a_broken_share_comes_as_often_in_the_mean():
    # A piece of 64 noise words of 40 equally frequent words: 1.6 of each.
    drawn = [np.bincount(noise_of([1] * 40, 8, seed, tokens=100).ravel(), minlength=40)
             for seed in range(300)]
    assert set(np.ravel(drawn).tolist()) == {1, 2}
    # the standard deviation of a mean of 300 numbers of which 0.6 are 2 is 0.03
    np.testing.assert_allclose(np.mean(drawn, axis=0), 1.6, atol=0.13)


def test_noise_words_come_in_random_order():
    noise = noise_of([625, 256, 81, 16], 64)
    groups = noise.reshape(-1, 64)
    # 125, 64, 27 and 8 of 224: a group of 64 has 36 of the first, with a deviation below 4
    firsts = (groups == 0).sum(axis=1)
    assert firsts.std() > 2 and abs(firsts - 36).max() < 16
    assert not (np.diff(groups, axis=1) >= 0).all(axis=1).any()


def test_a_loss_without_noise_gets_none():
    assert noise_of([3, 2, 1], 0).shape == (16, 4, 0)
