"""Near hashes among many: which pairs are found without comparing each with each."""

import numpy as np
import pytest

from vision.photos import near_duplicates as module
from vision.photos.near_duplicates import BITS, FREQUENCIES, MARGINS, near_duplicates
from vision.photos.near_hashes import low_bits, near_pairs, orders_needed

LIMIT = 71


def made(generator: np.random.Generator, count: int) -> np.ndarray:
    """Hashes of pictures that have nothing in common."""
    return generator.integers(2**63, size=(count, 1 + len(MARGINS), 2, 4), dtype=np.uint64)


def changed(views: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The same hash but for some bits of every view."""
    bits = np.unpackbits(views.view(np.uint8), axis=-1)
    bits[..., places] ^= 1
    return np.packbits(bits, axis=-1).view(np.uint64)


def pairs_of(hashes: np.ndarray) -> set[tuple[int, int]]:
    found = near_pairs(hashes, LIMIT, FREQUENCIES)
    return {tuple(pair) for pairs in found for pair in pairs.tolist()}


def test_the_low_bits_are_those_of_the_lowest_frequencies():
    """As packed by numpy: bit n of the block is the bit 7 - n % 8 of byte n // 8."""
    alone = np.zeros(BITS, bool)
    alone[2 * FREQUENCIES + 5 - 1] = True  # row 2, column 5; the mean, row 0 column 0, has no bit
    words = np.packbits(alone).view(np.uint64)
    places = [64 * word + bit for word in range(4) for bit in range(64)
              if int(words[word]) >> bit & 1]
    assert len(low_bits(FREQUENCIES)) == 63
    assert places[0] in low_bits(FREQUENCIES)


def test_copies_are_found_in_any_view_and_nothing_else_is():
    generator = np.random.default_rng(1)
    hashes = made(generator, 3000)
    copies = [changed(each, generator.choice(BITS, 20, replace=False)) for each in hashes[:200]]
    hashes = np.concatenate([hashes, copies])
    hashes[2900, 2, 1] = hashes[2901, 0, 0]  # a mirrored margin of one is the whole other
    expected = {(number, 3000 + number) for number in range(200)} | {(2900, 2901)}
    assert pairs_of(hashes) == expected


def test_the_order_of_the_pictures_has_no_say():
    generator = np.random.default_rng(2)
    hashes = made(generator, 500)
    hashes[300:400] = [changed(each, generator.choice(BITS, 70, replace=False))
                       for each in hashes[:100]]
    order = generator.permutation(500)
    again = {tuple(sorted((int(order[one]), int(order[other]))))
             for one, other in pairs_of(hashes[order])}
    assert again == pairs_of(hashes)


def test_no_picture_and_one_have_no_pairs():
    for count in (0, 1):
        assert pairs_of(made(np.random.default_rng(3), count)) == set()


@pytest.mark.parametrize(
    ("entries", "orders"), [(1, 1), (16, 1), (32, 3), (64, 4), (16 * 2**10, 35)])
def test_orders_are_as_many_as_make_a_meeting_probable(entries, orders):
    """By hand: ln 0.02 / ln(1 - 0.8^bits), with 0, 0, 1, 2 and 10 bits."""
    assert orders_needed(entries) == orders


def test_of_many_pictures_the_groups_are_those_of_all_pairs(monkeypatch):
    """Copies of copies as well, and with links that several orders find."""
    generator = np.random.default_rng(4)
    hashes = made(generator, 400)
    for number in range(200):
        hashes[200 + number] = changed(hashes[number % 80], generator.choice(BITS, 30))
    monkeypatch.setattr(module, "LINKS_AT_ONCE", 50)
    compared = near_duplicates(hashes, 0.28, 1000)
    monkeypatch.setattr(module, "ALL_PAIRS", 10)
    found = near_duplicates(hashes, 0.28, 1000)
    groups = [module.groups_of(each.pairs, len(hashes)).tolist() for each in (compared, found)]
    assert groups[0] == groups[1]
    assert len(set(groups[0])) == 200


def test_a_link_that_comes_twice_keeps_its_smallest_distance():
    links = np.array([[0, 1, 9], [0, 1, 4], [1, 2, 7], [0, 1, 9]])
    assert sorted(module._spanning(links, 3).tolist()) == [[0, 1, 4], [1, 2, 7]]
