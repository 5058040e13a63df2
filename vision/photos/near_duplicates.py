"""Pictures that are almost the same: copies resized, re-encoded, mirrored, brightened or cropped.

A picture's perceptual hash is the block of its lowest frequencies, one bit each: Zauner,
"Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), section 3.2.1, with
16 x 16 frequencies instead of 8 x 8. Two pictures are near-duplicates where few of the bits
differ: half of them do between any two photos.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vision.photos.near_hashes import near_pairs
from words_and_images.common.progress import progress
from words_and_images.retraining.split import groups_of

FREQUENCIES = 16  # a side, of the block that becomes bits
SIDE = 32  # pixels, of what is transformed
ENOUGH = 64  # pixels a side, of what a hash is taken from
MARGINS = (3, 6)  # of ENOUGH: a copy cropped by up to a tenth a side is near one of these views
BITS = FREQUENCIES**2 - 1  # the mean brightness has no say
FLAT = 2.0  # of 255: a picture that varies less has nothing to tell it by
CERTAIN = 0.1  # share of the bits within which pictures that are no copies are hardly ever found
ALL_PAIRS = 10_000  # pictures up to which each is compared with each, in some seconds
PAIRS_AT_ONCE = 200_000  # distances in memory: as many as a processor's cache holds
LINKS_AT_ONCE = 2_000_000

Hash = NDArray[np.uint64]  # (views, mirrored or not, words)
Links = NDArray[np.int64]  # (links, 3): two pictures and the bits that differ between them


def perceptual_hash(picture: Image.Image) -> Hash | None:
    """The bits of a picture, of its mirror image, and of the same without a margin.

    Returns
    -------
    uint64 (1 + len(MARGINS), 2, 4), or None for a picture of one even colour.
    """
    size = (ENOUGH, ENOUGH)
    grey = picture.convert("L").resize(size, Image.Resampling.BILINEAR).convert("F")
    if np.asarray(grey).std() < FLAT:
        return None
    return np.stack([_both_ways(_without_margin(grey, margin)) for margin in (0, *MARGINS)])


def _without_margin(grey: Image.Image, margin: int) -> NDArray[np.float32]:
    box = (margin, margin, ENOUGH - margin, ENOUGH - margin)
    return np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box))


def _both_ways(pixels: NDArray[np.float32]) -> NDArray[np.uint64]:
    return np.stack([_bits(pixels), _bits(pixels[:, ::-1])])


def _bits(pixels: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Which frequencies are stronger than their median, packed: uint64 (4,)."""
    coefficients = (BASIS @ pixels @ BASIS.T).ravel()[1:]
    above = coefficients > np.median(coefficients)
    return np.packbits(above).view(np.uint64)


def _cosines() -> NDArray[np.float32]:
    """The DCT-II's lowest frequencies, (FREQUENCIES, SIDE): cos(pi (2 x + 1) u / (2 SIDE))."""
    frequency, place = np.ogrid[:FREQUENCIES, :SIDE]
    return np.cos(np.pi * (2 * place + 1) * frequency / (2 * SIDE)).astype(np.float32)


BASIS = _cosines()


@dataclass(frozen=True)
class NearDuplicates:
    """Pairs of pictures that belong together, and how many were too alike to tell.

    Attributes
    ----------
    pairs : int64 (pairs, 2)
        Enough of them to join every group; not every pair of a group.
    look_alikes : int
        Pictures that had near ones which do not count, as their group would have been too large.
    """

    pairs: NDArray[np.int64]
    look_alikes: int


def near_duplicates(hashes: NDArray[np.uint64], share: float, most: int) -> NearDuplicates:
    """Which pictures are near-duplicates of each other; the order of the pictures has no say.

    Groups are chains of pairs. Where all pictures look alike (digits, X-rays), chains join what
    is no copy of anything: in a group of more than `most` pictures only nearer and nearer pairs
    count, down to `CERTAIN`, until it falls into groups that are not.

    Parameters
    ----------
    hashes : uint64 (pictures, views, 2, words), of `perceptual_hash`.
    share : of the bits, that may differ between near-duplicates.
    most : pictures of a group that is believed without further ado.
    """
    count, limit = len(hashes), int(share * BITS)
    links = np.empty((0, 3), np.int64)
    for found in _links(hashes, limit) if count <= ALL_PAIRS else _most_links(hashes, limit):
        links = np.concatenate([links, found])
        if len(links) > LINKS_AT_ONCE:
            links = _spanning(links, count)
    links = _spanning(links, count)
    kept = np.ones(len(links), bool)
    for distance in range(limit, int(CERTAIN * BITS), -1):
        kept[kept] = ~_in_large_groups(links[kept], count, most) | (links[kept, 2] < distance)
    return NearDuplicates(links[kept, :2], len(np.unique(links[~kept, :2])))


def _in_large_groups(links: Links, count: int, most: int) -> NDArray[np.bool_]:
    """Which links lie in groups of more than `most`, (links,)."""
    groups = groups_of(links[:, :2], count)
    return np.bincount(groups, minlength=1)[groups[links[:, 0]]] > most


def _spanning(links: Links, count: int) -> Links:
    """A minimum spanning forest: at any limit it joins the same groups as all the links."""
    from scipy.sparse import coo_array  # here: a fifth of a second that others save
    from scipy.sparse.csgraph import minimum_spanning_tree

    # Weights of links that come twice would be added: the lightest stays.
    links = links[np.lexsort(links.T[[2, 1, 0]])]
    links = links[np.append(True, (np.diff(links[:, :2], axis=0) != 0).any(axis=1))[:len(links)]]
    # A weight of 0 would be no link at all.
    graph = coo_array((links[:, 2] + 1, (links[:, 0], links[:, 1])), shape=(count, count))
    tree = minimum_spanning_tree(graph.tocsr()).tocoo()
    return np.column_stack([*tree.coords, tree.data - 1]).astype(np.int64)


def _links(hashes: NDArray[np.uint64], limit: int) -> Iterator[Links]:
    """All pairs of no more than `limit` bits, each once, some rows of the pictures at a time."""
    count = len(hashes)
    # The words of all pictures side by side: what is compared lies together in memory.
    words = np.ascontiguousarray(hashes.transpose(1, 2, 3, 0))  # (views, 2, words, pictures)
    start = 0
    with progress("looking for near-duplicates", count * (count - 1) // 2, "pairs",
                  brief=True) as counter:
        while start < count - 1:
            stop = min(count, start + max(1, PAIRS_AT_ONCE // (count - start)))
            distances = _distances(words, start, stop)
            rows, columns = np.nonzero(distances <= limit)
            later = columns > rows
            rows, columns = rows[later], columns[later]
            yield np.column_stack([rows + start, columns + start, distances[rows, columns]])
            counter.advance((stop - start) * (2 * count - start - stop - 1) // 2)
            start = stop


def _most_links(hashes: NDArray[np.uint64], limit: int) -> Iterator[Links]:
    """The same but for a few; each may come more than once."""
    for pairs in near_pairs(hashes, limit, FREQUENCIES):
        for start in range(0, len(pairs), PAIRS_AT_ONCE):
            some = pairs[start : start + PAIRS_AT_ONCE]
            distances = _distances_of(hashes[some[:, 0]], hashes[some[:, 1]])
            # A mirror image's bits are not quite the picture's own, mirrored.
            near = distances <= limit
            yield np.column_stack([some[near], distances[near]])


def _distances_of(some: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.int64]:
    """What `_distances` tells of each picture and the other beside it, (pairs,)."""
    nearest = np.full(len(some), BITS, np.int64)
    for one, other, mirrored in _compared(some.shape[1]):
        differing = np.bitwise_count(some[:, one, 0] ^ others[:, other, mirrored])
        np.minimum(nearest, differing.sum(axis=1, dtype=np.int64), out=nearest)
    return nearest


def _compared(views: int) -> list[tuple[int, int, int]]:
    """Which view of one picture meets which of another, mirrored or not.

    Whole pictures meet every view, margins only whole pictures: of two copies, one is cropped.
    """
    whole = 0
    return [(one, other, mirrored) for one in range(views) for other in range(views)
            for mirrored in (0, 1) if whole in (one, other)]


def _distances(words: NDArray[np.uint64], start: int, stop: int) -> NDArray[np.uint8]:
    """Bits that differ between rows start .. stop and all from start on, over the nearest views."""
    nearest = np.full((stop - start, words.shape[-1] - start), BITS, np.uint8)
    for one, other, mirrored in _compared(len(words)):
        rows, columns = words[one, 0, :, start:stop], words[other, mirrored, :, start:]
        np.minimum(nearest, _hamming(rows, columns), out=nearest)
    return nearest


def _hamming(rows: NDArray[np.uint64], columns: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Bits that differ, (rows, columns); both are (words, pictures). At most BITS, below 256."""
    differing = np.zeros((rows.shape[1], columns.shape[1]), np.uint8)
    for row, column in zip(rows, columns, strict=True):
        differing += np.bitwise_count(row[:, None] ^ column)
    return differing
