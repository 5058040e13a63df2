"""From the encoded corpus to the arrays that one training step needs.

The corpus is read in pieces, each from several places of the text. The tokens of a piece that
subsampling keeps are cut into segments, which are dealt out to the chunks of its steps at random:
the words of one topic would crowd into one update otherwise. A step is computed in chunks that fit
into the processor's cache. A chunk's segments are cut into blocks; a block and `window` tokens on
each side of it are a window of text, whose words meet those of the block in one matrix product
(models.py).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from word2vec.corpus.token_stream import TokenStream
from word2vec.corpus.vocabulary import keep_probabilities
from word2vec.parameters import BLOCK
from word2vec.training.bands import reaches_of

Ids = NDArray[np.int32]
Stretches = list[tuple[int, int]]  # where each begins and ends
PIECE = 1 << 17  # tokens of a piece, at most
STRANDS = 16  # places of the text that a piece is taken from


@dataclass(frozen=True)
class Geometry:
    """The sizes of a step.

    Parameters
    ----------
    window : largest distance between centre and context.
    chunks : chunks a step.
    segments : segments a chunk.
    segment : tokens a segment, a multiple of BLOCK.
    group : tokens that share their noise words, a multiple of BLOCK that divides `segment`.
    noise_words : noise words a group; 0 for losses that need none.
    """

    window: int
    chunks: int
    segments: int
    segment: int
    group: int
    noise_words: int

    @property
    def tokens(self) -> int:
        """Tokens a chunk."""
        return self.segments * self.segment

    @property
    def blocks(self) -> int:
        """Blocks a chunk."""
        return self.tokens // BLOCK

    @property
    def groups(self) -> int:
        """Groups a chunk."""
        return self.tokens // self.group

    @property
    def span(self) -> int:
        """Tokens of a block's window of text."""
        return BLOCK + 2 * self.window


@dataclass(frozen=True)
class Batch:
    """A chunk of a step.

    Parameters
    ----------
    centres : (blocks, BLOCK) ids.
    windows : (blocks, BLOCK + 2 window) ids of a block and its surroundings.
    reaches : (blocks, BLOCK) where a centre stands in its block, and how far its context reaches
        to the left and to the right, as bands.py puts it into one number.
    noise : (groups, noise_words) ids.
    window : the window of this chunk.
    """

    centres: Ids
    windows: Ids
    reaches: Ids
    noise: Ids
    window: int


@dataclass(frozen=True)
class Piece:
    """A piece of the corpus as steps.

    Parameters
    ----------
    raw_tokens : tokens read, before subsampling.
    centres, windows, reaches, noise : the arrays of Batch of all chunks, with that axis in front;
        all windows are as wide as the largest, with the block in their middle.
    chunk_windows : the window of each chunk.
    chunks_a_step : of all steps but the last, which may have fewer.
    """

    raw_tokens: int
    centres: Ids
    windows: Ids
    reaches: Ids
    noise: Ids
    chunk_windows: list[int]
    chunks_a_step: int

    @property
    def steps(self) -> int:
        """Steps that the piece gives."""
        return -(-len(self.centres) // self.chunks_a_step)

    def step(self, number: int) -> list[Batch]:
        """The chunks of a step."""
        first = number * self.chunks_a_step
        last = min(first + self.chunks_a_step, len(self.centres))
        return [self.batch(chunk) for chunk in range(first, last)]

    def batch(self, chunk: int) -> Batch:
        """A chunk by its number in the piece."""
        window, windows = self.chunk_windows[chunk], self.windows[chunk]
        spare = (windows.shape[1] - BLOCK) // 2 - window
        return Batch(self.centres[chunk], windows[:, spare : windows.shape[1] - spare],
                     self.reaches[chunk], self.noise[chunk], window)


def noise_distribution(counts: NDArray[np.int64], exponent: float) -> NDArray[np.float64]:
    """Probability of each word as noise, count^exponent over their sum (Mikolov et al. 2013)."""
    weights: NDArray[np.float64] = (counts / counts.max()) ** exponent
    return weights / weights.sum()


def cut(start: int, stop: int, pieces: int) -> list[Stretches]:
    """Cut the text from start to stop into pieces of like size, each from several places.

    Text is often in the order of its topics; a piece with many of them has calmer steps.
    """
    if pieces == 1:
        return [[(start, stop)]]  # its places would be neighbours
    cuts = [start + (stop - start) * i // (STRANDS * pieces) for i in range(STRANDS * pieces + 1)]
    stretches = list(pairwise(cuts))
    return [stretches[piece::pieces] for piece in range(pieces)]


class PieceReader:
    """Reads an encoded corpus piece by piece, with its own random numbers for each piece.

    Parameters
    ----------
    tokens : ids, bounds of documents and counts.
    geometry : the sizes of a step.
    sample, least_kept : of subsampling (keep_probabilities).
    noise_exponent : of the noise distribution.
    dynamic_window : whether a chunk's window is drawn from 1 to `window`, or always full. The
        words that only a larger one would reach are not looked up.
    seed : of everything drawn here.
    """

    def __init__(
        self, tokens: TokenStream, geometry: Geometry, sample: float, noise_exponent: float,
        dynamic_window: bool, seed: int, least_kept: int = 0,
    ) -> None:
        self._tokens, self._geometry, self._seed = tokens, geometry, seed
        self._dynamic_window = dynamic_window
        self._no_word = len(tokens.counts)
        self._keep = keep_probabilities(tokens.counts, sample, least_kept)
        self._noise = np.cumsum(noise_distribution(tokens.counts, noise_exponent))

    def read(self, epoch: int, stretches: Stretches) -> Piece:
        """Stretches of the text as steps; they depend on nothing read before."""
        generator = np.random.default_rng([self._seed, epoch, stretches[0][0]])
        tokens, before, after = self._gather(stretches, generator)
        raw_tokens = sum(stop - start for start, stop in stretches)
        return self._arrange(raw_tokens, tokens, before, after, generator)

    def _gather(
        self, stretches: Stretches, generator: np.random.Generator
    ) -> tuple[Ids, Ids, Ids]:
        """The kept tokens of all stretches, and how many contexts each has on its two sides."""
        found = [self._read(start, stop, generator) for start, stop in stretches]
        tokens, before, after = map(np.concatenate, zip(*found, strict=True))
        return tokens, before, after

    def _read(self, start: int, stop: int, generator: np.random.Generator) -> tuple[Ids, Ids, Ids]:
        """The same of one stretch."""
        raw = self._tokens.read(start, stop)
        kept = generator.random(len(raw), np.float32) < np.take(self._keep, raw)
        return raw[kept], *self._neighbours(start, kept)

    def _neighbours(self, start: int, kept: NDArray[np.bool_]) -> tuple[Ids, Ids]:
        """How many tokens of its document are kept before and after each kept token."""
        bounds = self._tokens.bounds
        first, last = np.searchsorted(bounds, [start + 1, start + len(kept)])
        begins = np.unique(np.append(bounds[first:last] - start, 0))
        lengths = np.zeros(0, np.int32)
        if len(kept):
            lengths = np.add.reduceat(kept, begins, dtype=np.int32)
        before = np.arange(lengths.sum(), dtype=np.int32)
        before -= np.repeat(np.cumsum(lengths, dtype=np.int32) - lengths, lengths)
        return before, np.repeat(lengths - 1, lengths) - before

    def _arrange(
        self, raw_tokens: int, tokens: Ids, before: Ids, after: Ids, generator: np.random.Generator
    ) -> Piece:
        """Cut the kept tokens into segments and deal these out to the chunks at random."""
        sizes, window = self._geometry, self._widest(before, after)
        chunks = max(1, -(-len(tokens) // sizes.tokens))  # subsampling may keep nothing
        noise = self._draw((chunks, sizes.groups, sizes.noise_words), generator)
        blocks_a_segment = sizes.segment // BLOCK
        segments = generator.permutation(chunks * sizes.segments)
        blocks = (segments[:, np.newaxis] * blocks_a_segment + np.arange(blocks_a_segment)).ravel()
        # Padding stands for no word: it reaches nowhere, so its mask is empty and it predicts
        # nothing, and its id is that of a row behind the last word's.
        padding = chunks * sizes.tokens - len(tokens)
        tokens = np.pad(tokens, (window, padding + window), constant_values=self._no_word)
        windows = sliding_window_view(tokens, BLOCK + 2 * window)[blocks * BLOCK]
        windows = windows.reshape(chunks, sizes.blocks, -1)
        chunk_windows = np.minimum(self._chunk_windows(chunks, generator), window)
        reach = np.repeat(chunk_windows, sizes.blocks)[:, np.newaxis]  # of each dealt-out block
        left, right = (np.minimum(np.pad(contexts, (0, padding)).reshape(-1, BLOCK)[blocks], reach)
                       for contexts in (before, after))
        reaches = reaches_of(left, right, reach)
        return Piece(
            raw_tokens, np.ascontiguousarray(windows[..., window : window + BLOCK]), windows,
            reaches.reshape(chunks, sizes.blocks, BLOCK), noise, chunk_windows.tolist(),
            sizes.chunks,
        )

    def _widest(self, before: Ids, after: Ids) -> int:
        """The window, but no wider than the longest document of a piece has use for.

        Where that is less than a block, looking up the rest costs little.
        """
        longest = max(before.max(initial=0), after.max(initial=0))
        return min(self._geometry.window, max(int(longest), BLOCK))

    def _chunk_windows(self, chunks: int, generator: np.random.Generator) -> Ids:
        """The window of each chunk; each size as often as the others, up to one, at random."""
        window = self._geometry.window
        if not self._dynamic_window:
            return np.full(chunks, window, np.int32)
        places = np.arange(chunks, dtype=np.int32) + generator.integers(window, dtype=np.int32)
        drawn: Ids = generator.permutation(places % np.int32(window) + np.int32(1))
        return drawn

    def _draw(self, shape: tuple[int, ...], generator: np.random.Generator) -> Ids:
        """Noise words, each as often as its share of them, and in random order.

        Systematic sampling: one random offset rounds the cumulated shares. In expectation a word
        comes as often as in independent draws, and never by more than one off from that.
        """
        size = int(np.prod(shape))
        if size == 0:
            return np.empty(shape, np.int32)
        ends = self._noise * size
        ends += generator.random()
        ends[-1] = size  # the sum of the shares is 1 up to its rounding
        rounded = np.minimum(ends, size, out=ends).astype(np.int32)
        times = np.diff(rounded, prepend=np.int32(0))
        words = np.repeat(np.arange(len(times), dtype=np.int32), times)
        generator.shuffle(words)
        return words.reshape(shape)
