"""Near pairs among many perceptual hashes, without comparing each with each.

All hashes are sorted by some of their bits, in an order drawn at random, and each is compared with
the next ones only; then again in another order, until near ones have most probably met. Charikar,
"Similarity estimation techniques from rounding algorithms", 2002, section 4; Ravichandran, Pantel
and Hovy, "Randomized algorithms and NLP", 2005, section 3. Sorted are the low frequencies alone:
of a copy, cropped so far that it is only just found, they lose 15 bits in 100 and the high ones 30.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from words_and_images.common.progress import progress
from words_and_images.common.workers import in_order

LOW = 8  # a side, of the block of frequencies that is sorted by
KEY_BITS = 24  # more than tell some ten million hashes apart
WINDOW = 16  # hashes that each is compared with, after it in an order
KEPT = 0.8  # share of the low frequencies' bits that a tenth of the farthest copies fall below
RECALL = 0.98  # of the copies that keep so many bits; of nearer ones, more
SEED = 1  # of the orders: the same hashes give the same pairs

Pairs = NDArray[np.int64]  # (pairs, 2)


def near_pairs(hashes: NDArray[np.uint64], limit: int, side: int) -> Iterator[Pairs]:
    """Pairs of pictures that are near in one of their views: most of them, and no others.

    Parameters
    ----------
    hashes : uint64 (pictures, views, 2, words)
        As of `vision.photos.near_duplicates.perceptual_hash`; a pair counts where the first view of
        one, not mirrored, and any of the other's are near.
    limit : most bits that may differ.
    side : frequencies a side of the block that the bits are of, without the first.

    Yields
    ------
    One array an order, (pairs, 2), each pair once, the smaller number first.
    """
    pictures = len(hashes)
    entries = np.ascontiguousarray(hashes.transpose(1, 2, 0, 3)).reshape(-1, hashes.shape[-1])
    # Equal keys stay in the order of the hashes, so that the order of the pictures has no say.
    canonical = np.lexsort(entries.T)
    entries, owners = entries[canonical], (canonical % pictures).astype(np.int64)
    whole = canonical < pictures
    count = orders_needed(len(entries))
    generator = np.random.default_rng(SEED)
    orders = [generator.permutation(low_bits(side))[:KEY_BITS] for _ in range(count)]

    def pairs_in(order: NDArray[np.intp]) -> Pairs:
        sorted_by = _argsort(entries, order)
        return _pairs_within(entries[sorted_by], owners[sorted_by], whole[sorted_by], limit)

    with progress("looking for near-duplicates", count, "orders", brief=True) as counter:
        for pairs in in_order(pairs_in, orders):
            counter.advance()
            yield pairs


def orders_needed(entries: int) -> int:
    """So many that two hashes that keep `KEPT` of their bits meet with a chance of `RECALL`.

    In an order they meet where they agree in its first bits, log2(entries / WINDOW) or so, after
    which a window holds all that do.
    """
    bits = max(0.0, math.log2(max(1, entries) / WINDOW))
    met = KEPT**bits
    return 1 if met > RECALL else math.ceil(math.log(1 - RECALL) / math.log(1 - met))


def low_bits(side: int) -> NDArray[np.intp]:
    """Places, in the words of a hash, of the lowest frequencies of a block but for the mean."""
    row, column = np.divmod(np.arange(1, side * side), side)
    bits = np.flatnonzero((row < LOW) & (column < LOW))
    # numpy.packbits begins with a byte's highest bit, and a word with its lowest byte.
    return bits // 8 * 8 + 7 - bits % 8


def _argsort(entries: NDArray[np.uint64], order: NDArray[np.intp]) -> NDArray[np.intp]:
    """The entries by the bits of an order, the first the most significant."""
    one = np.uint64(1)
    keys = np.zeros(len(entries), np.uint64)
    for place in order.tolist():
        keys <<= one
        keys |= (entries[:, place // 64] >> np.uint64(place % 64)) & one
    # The entry's number below its key: a plain sort, which is much faster than an argsort.
    number_bits = max(1, (len(entries) - 1).bit_length())
    keys <<= np.uint64(number_bits)
    keys |= np.arange(len(entries), dtype=np.uint64)
    keys.sort()
    return (keys & np.uint64((1 << number_bits) - 1)).astype(np.intp)


def _pairs_within(
    entries: NDArray[np.uint64], owners: NDArray[np.int64], whole: NDArray[np.bool_], limit: int
) -> Pairs:
    """Pairs among the entries and the next ones, one of each a whole picture."""
    found = [np.empty((0, 2), np.int64)]
    for step in range(1, min(WINDOW, len(entries) - 1) + 1):
        first, second = slice(None, -step), slice(step, None)
        differing = np.bitwise_count(entries[first] ^ entries[second]).sum(axis=1, dtype=np.uint16)
        near = np.flatnonzero((differing <= limit) & (whole[first] | whole[second]))
        pairs = np.column_stack([owners[near], owners[near + step]])
        found.append(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1))
    return np.unique(np.concatenate(found), axis=0)
