"""From the encoded corpus to the arrays that one training step needs.

A slab is a stretch of the corpus, read and subsampled at once. Its kept tokens are cut into
segments; a step takes segments from all over the slab, so that the words of one topic do not
crowd into one update. Segments are cut into blocks, whose products with their surroundings
(the block and a halo of `window` tokens on each side) are the banded products of models.py.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from word2vec.encoding import EncodedCorpus
from word2vec.parameters import BLOCK
from word2vec.vocabulary import keep_probabilities, unigram_table

SLAB = 1 << 20


@dataclass(frozen=True)
class Geometry:
    """The sizes of a step.

    Parameters
    ----------
    window : largest distance between centre and context.
    chunks : chunks a step; all see the same tables, and threads share them out.
    segments : segments a chunk.
    segment : tokens a segment, a multiple of BLOCK.
    group : tokens that share one draw of negatives, a multiple of BLOCK that divides `segment`.
    shared_negatives : negatives a group.
    """

    window: int
    chunks: int
    segments: int
    segment: int
    group: int
    shared_negatives: int

    @property
    def chunk(self) -> int:
        """Tokens a chunk."""
        return self.segments * self.segment

    @property
    def groups(self) -> int:
        """Groups a chunk."""
        return self.chunk // self.group


@dataclass(frozen=True)
class Slab:
    """Everything the steps of a slab need; the first axis counts steps, the second chunks.

    Parameters
    ----------
    raw_tokens : tokens read from the corpus, before subsampling.
    centres : (steps, chunks, segments, segment) ids.
    surroundings : (steps, chunks, segments, segment + 2 window) ids.
    reaches : (steps, chunks, segments, segment) rows of the mask table: how far each centre's
        context reaches to its left and right.
    positives : (steps, chunks, segments, segment) contexts of each centre.
    negatives : (steps, chunks, groups, shared_negatives) ids.
    """

    raw_tokens: int
    centres: NDArray[np.int32]
    surroundings: NDArray[np.int32]
    reaches: NDArray[np.int32]
    positives: NDArray[np.float32]
    negatives: NDArray[np.int32]

    @property
    def steps(self) -> int:
        """Updates that the slab gives."""
        return len(self.centres)

    def chunk(self, step: int, chunk: int) -> "Chunk":
        """The arrays of one chunk of one step."""
        at = (step, chunk)
        return Chunk(self.centres[at], self.surroundings[at], self.reaches[at],
                     self.positives[at], self.negatives[at])


@dataclass(frozen=True)
class Chunk:
    """One chunk of a slab's step: the arrays of Slab without their first two axes."""

    centres: NDArray[np.int32]
    surroundings: NDArray[np.int32]
    reaches: NDArray[np.int32]
    positives: NDArray[np.float32]
    negatives: NDArray[np.int32]

    @property
    def window(self) -> int:
        """Tokens of halo on each side of a segment."""
        return (self.surroundings.shape[1] - self.centres.shape[1]) // 2


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


class SlabReader:
    """Reads an encoded corpus slab by slab, with its own random numbers for each slab.

    Parameters
    ----------
    corpus : ids, bounds of documents and counts.
    geometry : the sizes of a step.
    sample : threshold of subsampling (keep_probabilities).
    noise_exponent : of the noise distribution (unigram_table).
    dynamic_window : whether a centre's window is drawn from 1 to `window`, or always full.
    seed : of everything drawn here.
    """

    def __init__(
        self, corpus: EncodedCorpus, geometry: Geometry, sample: float, noise_exponent: float,
        dynamic_window: bool, seed: int,
    ) -> None:
        self._corpus, self._geometry, self._seed = corpus, geometry, seed
        self._dynamic_window = dynamic_window
        self._keep = keep_probabilities(corpus.vocabulary.counts, sample)
        self._noise = unigram_table(corpus.vocabulary.counts, noise_exponent)

    def starts(self) -> range:
        """Where the slabs of an epoch begin in the corpus."""
        return range(0, len(self._corpus.ids), SLAB)

    def read(self, epoch: int, start: int) -> Slab:
        """The slab that begins at a place of the corpus; it depends on nothing read before."""
        generator = np.random.default_rng([self._seed, epoch, start])
        raw = np.asarray(self._corpus.ids[start : start + SLAB])
        kept = generator.random(len(raw), np.float32) < self._keep[raw]
        left, right = self._reaches(start, kept, generator)
        return self._arrange(len(raw), raw[kept], left, right, generator)

    def _reaches(
        self, start: int, kept: NDArray[np.bool_], generator: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Contexts of each kept token to its left and right: the window, within the document."""
        window = self._geometry.window
        places: NDArray[np.int64] = np.cumsum(kept) - kept  # place among the kept tokens
        bounds = np.clip(self._corpus.bounds - start, 0, len(kept))
        bounds = np.append(places, kept.sum())[np.unique(bounds)]
        lengths = np.diff(bounds)
        here = np.arange(bounds[-1])
        before = here - np.repeat(bounds[:-1], lengths)
        after = np.repeat(bounds[1:], lengths) - 1 - here
        reach = np.full(len(here), window)
        if self._dynamic_window:
            reach = generator.integers(1, window + 1, len(here))
        return np.minimum(before, reach), np.minimum(after, reach)

    def _arrange(
        self, raw_tokens: int, tokens: NDArray[np.int32], left: NDArray[np.int64],
        right: NDArray[np.int64], generator: np.random.Generator,
    ) -> Slab:
        """Cut the kept tokens into segments and deal these out to the steps at random."""
        sizes, window = self._geometry, self._geometry.window
        step = sizes.chunks * sizes.chunk
        steps = max(1, -(-len(tokens) // step))  # subsampling may keep nothing of a short slab
        # Padding stands for no word: its reach is 0, so its mask is empty and it has no positives,
        # and its id is that of a row behind the last word's.
        padding = steps * step - len(tokens)
        no_word = len(self._corpus.vocabulary)
        tokens = np.pad(tokens, (window, padding + window), constant_values=no_word)
        rows = np.tile(np.arange(BLOCK) * (window + 1) ** 2, steps * step // BLOCK)
        reaches = rows + np.pad(left * (window + 1) + right, (0, padding))
        positives = np.pad((left + right).astype(np.float32), (0, padding))
        shape = (steps, sizes.chunks, sizes.segments)
        order = generator.permutation(steps * step // sizes.segment).reshape(shape)
        drawn = generator.integers(
            0, len(self._noise), (*shape[:2], sizes.groups, sizes.shared_negatives), np.uint32)
        surroundings = sliding_window_view(tokens, sizes.segment + 2 * window)
        surroundings = surroundings[order * sizes.segment]
        return Slab(
            raw_tokens,
            np.ascontiguousarray(surroundings[..., window : window + sizes.segment]),
            surroundings,
            reaches.astype(np.int32).reshape(-1, sizes.segment)[order],
            positives.reshape(-1, sizes.segment)[order],
            self._noise[drawn],
        )
