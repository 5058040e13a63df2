"""Reading of image files: modes, orientation, resizing, and files that are no images."""

import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from vision.photos import image as reading
from vision.photos.image import (
    READ_AT_ONCE,
    UnreadableImageError,
    content_of,
    open_image,
    read_capped,
    read_image,
)

pillow_heif.register_heif_opener()  # to write HEIC
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def two_halves(mode: str = "RGB") -> Image.Image:
    """40 x 20: the left half red, the right half blue."""
    image = Image.new("RGB", (40, 20), RED)
    image.paste(BLUE, (20, 0, 40, 20))
    return image.convert(mode)


@pytest.mark.parametrize(("form", "options", "tolerance"), [
    ("PNG", {}, 0), ("BMP", {}, 0), ("GIF", {}, 0), ("WEBP", {"lossless": True}, 0),
    ("JPEG", {"quality": 95, "subsampling": 0}, 0.02), ("TIFF", {}, 0),
    ("TIFF", {"compression": "tiff_lzw"}, 0), ("TIFF", {"big_tiff": True}, 0),
    ("AVIF", {"quality": 95, "subsampling": "4:4:4"}, 0.02), ("HEIF", {"quality": 95}, 0.02),
])
def test_every_format_gives_rgb_between_zero_and_one(form, options, tolerance):
    pixels = read_image(encoded(two_halves(), form, **options), 20, 40)
    assert pixels.dtype == np.float32
    assert pixels.shape == (20, 40, 3)
    np.testing.assert_allclose(pixels[10, 5], [1, 0, 0], atol=tolerance)
    np.testing.assert_allclose(pixels[10, 35], [0, 0, 1], atol=tolerance)


def test_grey_value_51_becomes_one_fifth():
    pixels = read_image(encoded(Image.new("L", (3, 3), 51)), 3, 3)
    np.testing.assert_allclose(pixels, 0.2, rtol=1e-6)


def test_the_whole_image_is_resized_without_keeping_its_aspect():
    pixels = read_image(encoded(two_halves()), 10, 10)
    np.testing.assert_allclose(pixels[:, 0], [[1, 0, 0]] * 10)
    np.testing.assert_allclose(pixels[:, -1], [[0, 0, 1]] * 10)


def test_shrinking_averages_instead_of_picking_pixels():
    stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))
    pixels = read_image(encoded(Image.fromarray(stripes)), 8, 8)
    np.testing.assert_allclose(pixels[2:-2, 2:-2], 0.5, atol=0.02)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_the_image_upright(orientation):
    upright = Image.new("RGB", (40, 20), RED)
    upright.paste(BLUE, (0, 0, 10, 10))  # the marked corner, top left
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = read_image(encoded(stored, exif=exif), 20, 40)
    np.testing.assert_array_equal(pixels, np.asarray(upright, np.float32) / 255)


def test_broken_exif_does_not_make_a_photo_unreadable():
    content = encoded(two_halves(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff broken")
    assert read_image(content, 20, 40)[10, 5, 0] > 0.9


def test_cmyk_is_converted():
    pixels = read_image(encoded(two_halves("CMYK"), "JPEG", quality=95, subsampling=0), 20, 40)
    np.testing.assert_allclose(pixels[10, 5], [1, 0, 0], atol=0.02)


def test_transparent_parts_become_white():
    for image in (Image.new("RGBA", (4, 4), (0, 0, 0, 0)), Image.new("LA", (4, 4), (0, 0))):
        np.testing.assert_array_equal(read_image(encoded(image), 4, 4), 1)


def test_half_transparent_black_becomes_middle_grey():
    pixels = read_image(encoded(Image.new("RGBA", (4, 4), (0, 0, 0, 128))), 4, 4)
    np.testing.assert_allclose(pixels, 127 / 255, atol=0.003)


def test_palette_with_a_transparent_colour_has_it_white_and_keeps_the_rest():
    palette = Image.new("P", (40, 20), 0)
    palette.putpalette([*RED, *GREEN])
    palette.paste(1, (20, 0, 40, 20))
    pixels = read_image(encoded(palette, transparency=0), 20, 40)
    np.testing.assert_array_equal(pixels[10, 5], [1, 1, 1])
    np.testing.assert_array_equal(pixels[10, 35], [0, 1, 0])


def test_sixteen_bit_grey_keeps_its_range():
    values = np.full((4, 4), 32768, np.uint16)
    values[0] = 65535
    pixels = read_image(encoded(Image.fromarray(values)), 4, 4)
    np.testing.assert_array_equal(pixels[0], 1)
    np.testing.assert_allclose(pixels[2], 0.5, atol=0.003)


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (8, 8), colour) for colour in (GREEN, RED)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(read_image(content, 8, 8)[4, 4], [0, 1, 0])


def test_a_large_jpeg_looks_the_same_when_decoded_at_a_fraction():
    ramp = np.linspace(0, 255, 2000).astype(np.uint8)
    image = Image.fromarray(np.stack([np.tile(ramp, (1500, 1))] * 3, axis=-1))
    from_jpeg = read_image(encoded(image, "JPEG", quality=95), 100, 100)
    np.testing.assert_allclose(from_jpeg, read_image(encoded(image), 100, 100), atol=0.015)


def test_path_text_and_content_read_alike(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(two_halves()))
    from_path = read_image(path, 7, 9)
    np.testing.assert_array_equal(from_path, read_image(str(path), 7, 9))
    np.testing.assert_array_equal(from_path, read_image(path.read_bytes(), 7, 9))


def bomb_png(side: int) -> bytes:
    """The head of a PNG that announces side x side pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 1000)
    chunks = (struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
              for part in (head, data, b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(("content", "reason"), [
    (b"", "empty"),
    (b"<html>no photo</html>", "not a JPEG, PNG, GIF, WebP, BMP, TIFF, HEIC or AVIF"),
    (encoded(two_halves().resize((400, 400)), "JPEG")[:-1500], "cut short"),
    (encoded(Image.effect_noise((64, 64), 50))[:900], "cut short"),
    (bomb_png(10_010), "more than 100,000,000 pixels"),
    (bomb_png(60_000), "more than 100,000,000 pixels"),
])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_is_no_image_is_refused_with_name_and_reason(tmp_path, content, reason):
    path = tmp_path / "broken.jpg"
    path.write_bytes(content)
    with pytest.raises(UnreadableImageError, match="broken.jpg") as caught:
        read_image(path, 10, 10)
    assert reason in caught.value.reason
    assert caught.value.name == str(path)


def test_any_damage_gives_an_image_or_the_one_kind_of_error():
    """200 files with random bytes changed: no other exception may leave the reader."""
    random = np.random.default_rng(1)
    forms = ("PNG", "GIF", "BMP", "WEBP", "JPEG", "TIFF", "HEIF", "AVIF")
    contents = [encoded(Image.effect_noise((32, 32), 50), form) for form in forms]
    refused = 0
    for number in range(200):
        content = np.frombuffer(contents[number % len(contents)], np.uint8).copy()
        places = random.integers(len(content), size=8)
        content[places] = random.integers(256, size=8)
        try:
            assert read_image(content.tobytes(), 8, 8).shape == (8, 8, 3)
        except UnreadableImageError:
            refused += 1
    assert 0 < refused < 200


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path):
    for path in (tmp_path / "missing.jpg", tmp_path):
        with pytest.raises(UnreadableImageError, match="directory"):
            read_image(path, 10, 10)


def test_reading_a_small_file_takes_no_memory_for_the_largest(tmp_path):
    (tmp_path / "small.bmp").write_bytes(b"BM" + bytes(1000))
    tracemalloc.start()
    try:
        assert len(content_of(tmp_path / "small.bmp")) == 1002
        assert tracemalloc.get_traced_memory()[1] < 4 * READ_AT_ONCE
    finally:
        tracemalloc.stop()


def test_a_file_that_does_not_tell_its_size_is_read_up_to_the_cap(monkeypatch):
    monkeypatch.setattr(reading, "BYTES_CAP", 3 * READ_AT_ONCE)
    assert len(read_capped(io.BytesIO(bytes(2 * READ_AT_ONCE)), 0)) == 2 * READ_AT_ONCE
    beyond = len(read_capped(io.BytesIO(bytes(9 * READ_AT_ONCE)))) - reading.BYTES_CAP
    assert 0 < beyond <= READ_AT_ONCE


def test_memory_that_is_short_is_not_the_images_fault(tmp_path, monkeypatch):
    def short(*_):
        raise MemoryError

    Image.new("RGB", (2, 2)).save(tmp_path / "good.png")
    monkeypatch.setattr(reading, "_decode", short)
    with pytest.raises(MemoryError):
        open_image(tmp_path / "good.png", 300)
