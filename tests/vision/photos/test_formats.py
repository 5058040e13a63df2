"""TIFF of every make, HEIC, and pictures of more than 8 bits, as phones and microscopes write."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from vision.photos.image import UnreadableImageError, open_image

pillow_heif.register_heif_opener()  # to write HEIC
WIDTH, HEIGHT = 40, 20
CODES = {1: "B", 3: "H", 4: "I"}  # of the types of a TIFF's tags


def tiff(data: bytes, bits=(8,), colours: int = 1, order: str = "<", size=(WIDTH, HEIGHT),
         compression: int = 1, **more: tuple[int, list[int]]) -> bytes:
    """A TIFF by hand, its tags before its pixels.

    `colours` is its photometric interpretation, `more` has tags as ``tag254=(type, values)``.
    """
    tags = {256: (4, [size[0]]), 257: (4, [size[1]]), 258: (3, list(bits)),
            259: (3, [compression]), 262: (3, [colours]), 277: (3, [len(bits)])}
    start, length = (324, 325) if "tag322" in more else (273, 279)  # of tiles or of strips
    tags |= {start: (4, [0]), length: (4, [len(data)])}
    tags |= {int(name[3:]): value for name, value in more.items()}
    packed = {tag: struct.pack(order + CODES[kind] * len(values), *values)
              for tag, (kind, values) in tags.items()}
    at = 8 + 2 + 12 * len(tags) + 4
    packed[start] = struct.pack(order + "I", at + sum(len(raw) for raw in packed.values()
                                                    if len(raw) > 4))
    entries, outside = b"", b""
    for tag in sorted(tags):
        kind, values = tags[tag]
        raw = packed[tag]
        if len(raw) > 4:
            raw, outside = struct.pack(order + "I", at + len(outside)), outside + raw
        entries += struct.pack(order + "HHI", tag, kind, len(values)) + raw.ljust(4, b"\0")
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    return b"".join([mark, struct.pack(order + "IH", 8, len(tags)), entries, bytes(4), outside,
                     data])


def halves(left, right, dtype: str = "<u2") -> bytes:
    """Lines whose left half has one value, or one list of them, and whose right half another."""
    line = np.array([left] * (WIDTH // 2) + [right] * (WIDTH // 2))
    return np.stack([line] * HEIGHT).astype(dtype).tobytes()


def seen(content: bytes) -> list[list[int]]:
    """The colours in the middle of both halves."""
    pixels = np.asarray(open_image(content, 64))
    rows, columns = pixels.shape[:2]
    return [pixels[rows // 2, columns // 5].tolist(), pixels[rows // 2, -columns // 5].tolist()]


def greys(content: bytes) -> list[int]:
    return [red for red, _, _ in seen(content)]


def reason(content: bytes) -> str:
    with pytest.raises(UnreadableImageError) as caught:
        open_image(content, 64)
    return caught.value.reason


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


@pytest.mark.parametrize(("highest", "white"), [
    (200, 255), (1000, 1023), (4000, 4095), (16000, 16383), (65000, 65535)])
@pytest.mark.parametrize("order", ["<", ">"])
def test_grey_of_few_bits_in_16_is_as_bright_as_its_bits_say(highest, white, order):
    content = tiff(halves(highest, 0, f"{order}u2"), (16,), order=order)
    assert greys(content) == [round(255 * highest / white), 0]


def test_grey_of_12_bits_in_a_png_of_16_is_as_bright_as_in_a_tiff():
    values = np.frombuffer(halves(4095, 1000), "<u2").reshape(HEIGHT, WIDTH)
    # 1000 / 4095 * 255 = 62.3
    assert greys(encoded(Image.fromarray(values), "PNG")) == [255, 62]


def test_a_file_that_says_12_bits_is_dark_where_the_photo_is():
    # Two values in three bytes: 0x320 and 0x320 are 800, 0x190 is 400; 800 / 4095 * 255 = 49.8
    line = b"\x32\x03\x20" * (WIDTH // 4) + b"\x19\x01\x90" * (WIDTH // 4)
    assert greys(tiff(line * HEIGHT, (12,))) == [50, 25]


def test_grey_of_16_bits_whose_0_is_white_is_turned_round():
    assert greys(tiff(halves(0, 65535), (16,), colours=0)) == [255, 0]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [1, 8])
def test_colours_of_12_bits_in_16_are_not_black(order, compression):
    data = halves([4095, 0, 0], [0, 0, 2000], f"{order}u2")
    packed = zlib.compress(data) if compression == 8 else data
    content = tiff(packed, (16,) * 3, 2, order, compression=compression)
    # Of 2000, 0x7d0, the upper byte is 7 of 15: 119 of 255.
    assert seen(content) == [[255, 0, 0], [0, 0, 119]]


def test_colours_of_16_bits_stay_as_they_are():
    assert seen(tiff(halves([65535, 0, 0], [0, 0x2000, 0]), (16,) * 3, 2)) == [
        [255, 0, 0], [0, 32, 0]]


@pytest.mark.parametrize(("values", "wanted"), [
    ((1.0, 0.2), [255, 51]), ((0.5, 0.0), [128, 0]), ((255.0, 51.0), [255, 51]),
    ((4095.0, 0.0), [255, 0]), ((100_000.0, 20_000.0), [255, 51]), ((-1.0, 1.0), [0, 255]),
    ((float("nan"), 1.0), [0, 255])])
def test_fractions_and_wide_numbers_are_neither_black_nor_cut_off(values, wanted):
    pixels = np.frombuffer(halves(*values, "<f4"), "<f4").reshape(HEIGHT, WIDTH)
    assert greys(encoded(Image.fromarray(pixels), "TIFF")) == wanted


def test_large_numbers_without_a_sign_are_not_taken_for_negative_ones():
    assert greys(tiff(halves(4_000_000_000, 2_000_000_000, "<u4"), (32,))) == [255, 128]


def test_transparency_of_a_tiff_is_put_on_white_whether_multiplied_or_not():
    data = halves([100, 0, 0, 128], [0, 0, 0, 0], "u1")
    # Multiplied already: 100 + 127; not yet: 100 * 128 / 255 + 127.
    assert seen(tiff(data, (8,) * 4, 2, tag338=(3, [1])))[0] == [227, 127, 127]
    assert seen(tiff(data, (8,) * 4, 2, tag338=(3, [2])))[0] == [177, 127, 127]
    assert seen(tiff(data, (8,) * 4, 2, tag338=(3, [2])))[1] == [255, 255, 255]


@pytest.mark.parametrize("compression", [1, 8])
def test_a_tiff_in_tiles_is_read(compression):
    tile = np.tile(np.r_[np.full(20, 200), np.full(28, 50)].astype(np.uint8), (32, 1)).tobytes()
    data = zlib.compress(tile) if compression == 8 else tile
    content = tiff(data, compression=compression, tag322=(3, [48]), tag323=(3, [32]))
    assert greys(content) == [200, 50]


@pytest.mark.parametrize(("mode", "options"), [
    ("CMYK", {}), ("RGB", {"compression": "packbits"}), ("RGB", {"compression": "jpeg"}),
    ("P", {}), ("RGB", {"compression": "tiff_adobe_deflate"}), ("RGB", {"compression": "zstd"})])
def test_a_tiff_of_any_make_has_its_colours(mode, options):
    image = Image.new("RGB", (WIDTH, HEIGHT), (255, 0, 0))
    image.paste((0, 0, 255), (WIDTH // 2, 0, WIDTH, HEIGHT))
    found = seen(encoded(image.convert(mode), "TIFF", **options))
    np.testing.assert_allclose(found, [[255, 0, 0], [0, 0, 255]], atol=60)
    assert options.get("compression") == "jpeg" or found == [[255, 0, 0], [0, 0, 255]]


def test_of_several_pages_the_first_is_read():
    pages = [Image.new("L", (9, 9), value) for value in (70, 200)]
    assert greys(encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])) == [70, 70]


@pytest.mark.parametrize("more", [{"tag254": (4, [1])}, {"tag50706": (1, [1, 4, 0, 0])}])
def test_the_thumbnail_of_a_raw_file_is_no_photo(more):
    assert reason(tiff(halves(1, 2, "u1"), **more)) == "a camera's raw photo, which is not read"


@pytest.mark.parametrize("compression", [1, 8])
def test_a_tiff_cut_short_is_told_before_it_is_decoded(compression, capfd):
    noise = np.random.default_rng(1).bytes(WIDTH * HEIGHT)
    data = zlib.compress(noise) if compression == 8 else noise
    assert reason(tiff(data, compression=compression)[:-10]) == "the file is cut short"
    assert capfd.readouterr().err == ""


def test_a_tiff_that_tells_its_length_wrong_and_is_all_there_is_read():
    assert greys(tiff(halves(200, 50, "u1"), tag279=(4, [100_000]))) == [200, 50]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [10_010, 60_000])
def test_a_small_tiff_of_a_huge_picture_is_not_decoded(side):
    content = tiff(zlib.compress(bytes(1000)), size=(side, side), compression=8)
    assert reason(content) == "more than 100,000,000 pixels"


def test_a_heic_photo_that_is_turned_twice_over_is_turned_once():
    """As phones write: by the container (irot), and in EXIF, which counts for nothing beside it."""
    upright = Image.new("RGB", (400, 200), (255, 0, 0))
    upright.paste((0, 0, 255), (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(upright.transpose(Image.Transpose.ROTATE_90), "HEIF", exif=exif.tobytes())
    assert b"irot" in content and b"\x01\x12\0\x03\0\0\0\x01\0\x06" in content
    picture = open_image(content, 64)
    assert picture.size == (400, 200)
    np.testing.assert_allclose(seen(content), [[0, 0, 255], [255, 0, 0]], atol=5)


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
def test_transparent_parts_of_heic_and_avif_are_white(form):
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    np.testing.assert_allclose(seen(encoded(image, form)), 255, atol=2)


def test_heic_of_more_than_8_bits_keeps_its_range():
    ramp = np.full((64, 64), 32768, np.uint16)
    np.testing.assert_allclose(greys(encoded(Image.fromarray(ramp), "HEIF")), 128, atol=2)


def test_the_thumbnail_within_a_heic_photo_is_not_taken_for_it():
    image = Image.effect_noise((256, 256), 80).convert("RGB")
    content = encoded(image, "HEIF", thumbnails=[64])
    assert open_image(content, 32).size == (256, 256)
