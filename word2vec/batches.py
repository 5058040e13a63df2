"""From the encoded corpus to the arrays that one training step needs.

The corpus is read in pieces. The tokens of a piece that subsampling keeps are cut into segments,
which are dealt out to the steps at random: the words of one topic would crowd into one update
otherwise. A step is computed in chunks that fit into the processor's cache. A chunk's segments
are cut into blocks; a block and `window` tokens on each side of it are a window of text, whose
words meet those of the block in one matrix product (models.py).
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from word2vec.parameters import BLOCK
from word2vec.token_stream import TokenStream
from word2vec.vocabulary import keep_probabilities

Ids = NDArray[np.int32]
PIECE = 1 << 19  # tokens of a piece, at most


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
    """A chunk of a step; or with two axes more in front, all the steps of a piece.

    Parameters
    ----------
    centres : (blocks, BLOCK) ids.
    windows : (blocks, BLOCK + 2 window) ids of a block and its surroundings.
    reaches : (blocks, BLOCK) rows of the mask table: where a centre stands in its block, and how
        far its context reaches to the left and to the right.
    noise : (groups, noise_words) ids.
    """

    centres: Ids
    windows: Ids
    reaches: Ids
    noise: Ids


@dataclass(frozen=True)
class Piece:
    """A piece of the corpus as steps.

    Parameters
    ----------
    raw_tokens : tokens read, before subsampling.
    batches : the arrays of Batch, behind axes of steps and of chunks.
    """

    raw_tokens: int
    batches: Batch

    @property
    def steps(self) -> int:
        """Steps that the piece gives."""
        return len(self.batches.centres)

    def batch(self, *at: int) -> Batch:
        """The arrays of a step, or with two numbers of one of its chunks."""
        of = self.batches
        return Batch(of.centres[at], of.windows[at], of.reaches[at], of.noise[at])


def mask_table(window: int) -> NDArray[np.float32]:
    """Band masks, (BLOCK * (window + 1)^2, BLOCK + 2 window).

    Row (i, left, right) has ones where a block's centre i meets its `left` contexts before and
    its `right` contexts after it, and zeros elsewhere, at the centre itself too.
    """
    masks = np.zeros((BLOCK, window + 1, window + 1, BLOCK + 2 * window), np.float32)
    for i in range(BLOCK):
        centre = i + window
        for reach in range(1, window + 1):
            masks[i, reach:, :, centre - reach] = 1
            masks[i, :, reach:, centre + reach] = 1
    return masks.reshape(-1, masks.shape[-1])


def noise_distribution(counts: NDArray[np.int64], exponent: float) -> NDArray[np.float64]:
    """Probability of each word as noise, count^exponent over their sum (Mikolov et al. 2013)."""
    weights: NDArray[np.float64] = (counts / counts.max()) ** exponent
    return weights / weights.sum()


class PieceReader:
    """Reads an encoded corpus piece by piece, with its own random numbers for each piece.

    Parameters
    ----------
    tokens : ids, bounds of documents and counts.
    geometry : the sizes of a step.
    sample : threshold of subsampling (keep_probabilities).
    noise_exponent : of the noise distribution.
    dynamic_window : whether a centre's window is drawn from 1 to `window`, or always full.
    seed : of everything drawn here.
    """

    def __init__(
        self, tokens: TokenStream, geometry: Geometry, sample: float, noise_exponent: float,
        dynamic_window: bool, seed: int,
    ) -> None:
        self._tokens, self._geometry, self._seed = tokens, geometry, seed
        self._dynamic_window = dynamic_window
        self._no_word = len(tokens.counts)
        self._keep = keep_probabilities(tokens.counts, sample)
        self._noise = np.cumsum(noise_distribution(tokens.counts, noise_exponent))

    def read(self, epoch: int, start: int, stop: int) -> Piece:
        """The tokens from start to stop as steps; they depend on nothing read before."""
        generator = np.random.default_rng([self._seed, epoch, start])
        raw = self._tokens.read(start, stop)
        kept = generator.random(len(raw), np.float32) < self._keep[raw]
        left, right = self._reaches(start, kept, generator)
        return Piece(len(raw), self._arrange(raw[kept], left, right, generator))

    def _reaches(
        self, start: int, kept: NDArray[np.bool_], generator: np.random.Generator
    ) -> tuple[Ids, Ids]:
        """Contexts of each kept token to its left and right: the window, within the document."""
        window, bounds = self._geometry.window, self._tokens.bounds
        first, last = np.searchsorted(bounds, [start + 1, start + len(kept)])
        begins = np.unique(np.append(bounds[first:last] - start, 0))
        lengths = np.add.reduceat(kept, begins, dtype=np.int32) if len(kept) else np.zeros(0, int)
        before = np.arange(lengths.sum(), dtype=np.int32)
        before -= np.repeat(np.cumsum(lengths, dtype=np.int32) - lengths, lengths)
        after = np.repeat(lengths - 1, lengths) - before
        reach = np.full(len(before), window, np.int32)
        if self._dynamic_window:
            reach = generator.integers(1, window + 1, len(before), np.int32)
        return np.minimum(before, reach), np.minimum(after, reach)

    def _arrange(
        self, tokens: Ids, left: Ids, right: Ids, generator: np.random.Generator
    ) -> Batch:
        """Cut the kept tokens into segments and deal these out to the steps at random."""
        sizes, window = self._geometry, self._geometry.window
        step = sizes.chunks * sizes.tokens
        steps = max(1, -(-len(tokens) // step))  # subsampling may keep nothing
        # Padding stands for no word: its reach is 0, so its mask is empty and it predicts nothing,
        # and its id is that of a row behind the last word's.
        padding = steps * step - len(tokens)
        tokens = np.pad(tokens, (window, padding + window), constant_values=self._no_word)
        reaches = np.pad(left * np.int32(window + 1) + right, (0, padding)).reshape(-1, BLOCK)
        reaches += np.arange(BLOCK, dtype=np.int32) * np.int32((window + 1) ** 2)
        blocks_a_segment = sizes.segment // BLOCK
        segments = generator.permutation(steps * step // sizes.segment)
        blocks = (segments[:, np.newaxis] * blocks_a_segment + np.arange(blocks_a_segment)).ravel()
        windows = sliding_window_view(tokens, sizes.span)[blocks * BLOCK]
        shape = (steps, sizes.chunks, sizes.blocks)
        windows = windows.reshape(*shape, sizes.span)
        return Batch(
            np.ascontiguousarray(windows[..., window : window + BLOCK]),
            windows,
            reaches[blocks].reshape(*shape, BLOCK),
            self._draw((*shape[:2], sizes.groups, sizes.noise_words), generator),
        )

    def _draw(self, shape: tuple[int, ...], generator: np.random.Generator) -> Ids:
        """Noise words, each as often as its share of them, and in random order.

        Systematic sampling: one random offset rounds the cumulated shares. In expectation a word
        comes as often as in independent draws, and never by more than one off from that.
        """
        size = int(np.prod(shape))
        ends = np.minimum(self._noise * size + generator.random(), size).astype(np.int64)
        ends[-1] = size  # the sum of the shares is 1 up to its rounding
        words = np.repeat(np.arange(len(ends), dtype=np.int32), np.diff(ends, prepend=0))
        return generator.permutation(words).reshape(shape)
