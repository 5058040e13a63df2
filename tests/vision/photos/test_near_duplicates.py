"""Perceptual hashes: which copies are found, which pictures are not taken for copies."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps
from scipy.fft import dctn

from vision.photos import near_duplicates as module
from vision.photos.near_duplicates import (
    BITS,
    FREQUENCIES,
    MARGINS,
    SIDE,
    groups_of,
    near_duplicates,
    perceptual_hash,
)

SHARE = 0.28
WIDTH, HEIGHT = 300, 200


def photo(seed: int) -> Image.Image:
    """Clouds of colour at several scales, as unlike each other as photos are."""
    random = np.random.default_rng(seed)
    pixels = np.zeros((HEIGHT, WIDTH, 3))
    for cells, strength in ((4, 60), (8, 45), (16, 35), (32, 20)):
        noise = random.uniform(-1, 1, (cells, cells, 3))
        layers = [Image.fromarray(layer.astype(np.float32)).resize((WIDTH, HEIGHT))
                  for layer in np.moveaxis(noise, -1, 0)]
        pixels += strength * np.stack([np.asarray(layer) for layer in layers], axis=-1)
    return Image.fromarray((128 + pixels).clip(0, 255).astype(np.uint8))


def encoded(picture: Image.Image, form: str = "JPEG", **options: object) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, form, **options)
    return Image.open(stream)


def cropped(picture: Image.Image, left: float, top: float, right: float, bottom: float):
    width, height = picture.size
    return picture.crop((round(left * width), round(top * height),
                         round((1 - right) * width), round((1 - bottom) * height)))


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "half the size": lambda picture: picture.resize((WIDTH // 2, HEIGHT // 2)),
    "another aspect": lambda picture: picture.resize((200, 200)),
    "JPEG of low quality": lambda picture: encoded(picture, quality=20),
    "WebP": lambda picture: encoded(picture, "WEBP", quality=50),
    "GIF": lambda picture: encoded(picture, "GIF"),
    "mirrored": ImageOps.mirror,
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.3),
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.7),
    "more contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(1.3),
    "grey": lambda picture: picture.convert("L"),
    "turned by a degree": lambda picture: picture.rotate(1, Image.Resampling.BILINEAR),
    "cropped by 2 % a side": lambda picture: cropped(picture, 0.02, 0.02, 0.02, 0.02),
    "cropped by 5 % a side": lambda picture: cropped(picture, 0.05, 0.05, 0.05, 0.05),
    "cropped by 10 % a side": lambda picture: cropped(picture, 0.1, 0.1, 0.1, 0.1),
    "cropped by 4 % at the left": lambda picture: cropped(picture, 0.04, 0, 0, 0),
    "mirrored, cropped, small": lambda picture: encoded(
        cropped(ImageOps.mirror(picture), 0.04, 0.03, 0.04, 0.05).resize((120, 80)), quality=60),
}


def hashes_of(pictures: list[Image.Image]) -> np.ndarray:
    return np.stack([perceptual_hash(picture) for picture in pictures])


def joined(hashes: np.ndarray, share: float = SHARE, most: int = 1000) -> set[frozenset[int]]:
    """The groups of two and more, as sets of rows."""
    found = near_duplicates(hashes, share, most)
    groups = groups_of(found.pairs, len(hashes))
    sets = (frozenset(np.flatnonzero(groups == group).tolist()) for group in set(groups.tolist()))
    return {rows for rows in sets if len(rows) > 1}


def made(generator: np.random.Generator, count: int) -> np.ndarray:
    """Hashes of pictures that have nothing in common."""
    shape = (count, 1 + len(MARGINS), 2, BITS // 8 + 1)
    bits = generator.integers(256, size=shape, dtype=np.uint8)
    bits[..., -1] &= 0xFE  # the bit that pads 255 to 256
    return bits.view(np.uint64)


def with_bits_changed(views: np.ndarray, first: int, count: int) -> np.ndarray:
    """The same hash but for some bits of every view."""
    bits = np.unpackbits(views.view(np.uint8), axis=-1)
    bits[..., first:first + count] ^= 1
    return np.packbits(bits, axis=-1).view(np.uint64)


def test_bits_are_the_low_frequencies_of_the_cosine_transform_above_their_median():
    pixels = np.random.default_rng(1).uniform(0, 255, (SIDE, SIDE)).astype(np.float32)
    low = dctn(pixels.astype(np.float64))[:FREQUENCIES, :FREQUENCIES].ravel()[1:]
    bits = np.unpackbits(module._bits(pixels).view(np.uint8))
    np.testing.assert_array_equal(bits[:BITS], low > np.median(low))
    assert bits[BITS] == 0


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_found_among_other_pictures(name):
    pictures = [photo(seed) for seed in range(20)]
    copies = [COPIES[name](picture) for picture in pictures[:10]]
    assert joined(hashes_of(pictures + copies)) == {frozenset({n, 20 + n}) for n in range(10)}


def test_pictures_that_are_no_copies_stay_alone():
    assert joined(hashes_of([photo(seed) for seed in range(100, 220)])) == set()


def test_a_picture_of_one_even_colour_has_no_hash():
    assert perceptual_hash(Image.new("RGB", (50, 40), (200, 30, 30))) is None
    assert perceptual_hash(Image.new("1", (1, 1))) is None
    speck = Image.new("RGB", (500, 500), "white")
    speck.putpixel((7, 7), (0, 0, 0))
    assert perceptual_hash(speck) is None


def test_pictures_of_any_shape_have_a_hash():
    for size in ((1, 500), (500, 1), (2, 2), (3000, 10)):
        noise = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
        assert perceptual_hash(Image.fromarray(noise)).shape == (1 + len(MARGINS), 2, 4)


def test_the_share_of_bits_decides_to_the_bit():
    hashes = made(np.random.default_rng(1), 3)
    # int(0.28 * 255) = 71
    near, far = with_bits_changed(hashes[0], 0, 71), with_bits_changed(hashes[1], 0, 72)
    found = joined(np.concatenate([hashes, [near, far]]), SHARE)
    assert found == {frozenset({0, 3})}


def test_links_are_those_of_a_comparison_pair_by_pair(monkeypatch):
    """Over blocks of rows, in any of the views, mirrored or not."""
    monkeypatch.setattr(module, "PAIRS_AT_ONCE", 100)
    hashes = made(np.random.default_rng(2), 40)
    hashes[7, 0, 0] = hashes[30, 2, 1]  # whole against a mirrored margin
    hashes[12, 1, 0] = hashes[33, 0, 0]  # a margin against the whole
    hashes[3, 1] = hashes[4, 2]  # margins of different width: no one's copy
    bits = np.unpackbits(hashes.view(np.uint8), axis=-1)
    expected = set()
    for one in range(40):
        for other in range(one + 1, 40):
            distances = [np.sum(bits[one, view, 0] != bits[other, second, mirrored])
                         for view in range(3) for second in range(3) for mirrored in (0, 1)
                         if 0 in (view, second)]
            if min(distances) <= 100:
                expected.add((one, other, min(distances)))
    found = np.concatenate(list(module._links(hashes, 100))).tolist()
    assert sorted(map(tuple, found)) == sorted(expected)
    assert {(7, 30, 0), (12, 33, 0)} <= expected


def test_the_groups_do_not_depend_on_the_order(monkeypatch):
    monkeypatch.setattr(module, "LINKS_AT_ONCE", 3)
    random = np.random.default_rng(3)
    base = made(random, 12)
    hashes = np.concatenate([base, [with_bits_changed(each, 5, 60) for each in base[:6]],
                             [with_bits_changed(each, 65, 30) for each in base[:3]]])
    order = random.permutation(len(hashes))
    first = joined(hashes, most=2)
    again = {frozenset(order[list(rows)].tolist()) for rows in joined(hashes[order], most=2)}
    # Of 0 to 2 both copies are near; three are too many, and the nearer one stays.
    alone_with_one = {frozenset({n, 12 + n}) for n in (3, 4, 5)}
    assert first == again == alone_with_one | {frozenset({n, 18 + n}) for n in (0, 1, 2)}


def test_a_chain_of_look_alikes_falls_apart_and_true_copies_in_it_stay():
    """40 pictures, each 50 bits from the next: a group too large to be believed."""
    random = np.random.default_rng(4)
    bits = np.unpackbits(made(random, 1)[0].view(np.uint8), axis=-1)
    chain = []
    for _ in range(40):
        bits[..., random.choice(BITS, 50, replace=False)] ^= 1
        chain.append(np.packbits(bits, axis=-1).view(np.uint64))
    copy = with_bits_changed(chain[20], 250, 3)
    hashes = np.stack([*chain, copy])
    assert len(max(joined(hashes), key=len)) == 41
    found = near_duplicates(hashes, SHARE, 10)
    assert found.look_alikes >= 40
    groups = joined(hashes, most=10)
    assert any({20, 40} <= group for group in groups)
    assert max(map(len, groups)) <= 10


def test_many_true_copies_stay_together_however_many():
    first = made(np.random.default_rng(5), 1)[0]
    hashes = np.stack([with_bits_changed(first, number, 4) for number in range(50)])
    assert joined(hashes, most=10) == {frozenset(range(50))}


def test_nothing_and_one_picture_have_no_pairs():
    for count in (0, 1):
        assert len(near_duplicates(made(np.random.default_rng(6), count), SHARE, 10).pairs) == 0


def test_pairs_join_groups():
    pairs = np.array([[0, 3], [3, 5], [1, 2], [4, 4]])
    assert groups_of(pairs, 6).tolist() == [0, 1, 1, 0, 2, 0]
    assert groups_of(np.empty((0, 2), np.int64), 3).tolist() == [0, 1, 2]
