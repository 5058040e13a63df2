"""Odd and broken images, as real files: read right, or refused with a reason, never a crash."""

import contextlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from vision.photos.dataset import ImagesParameters, collect_images, find_images
from vision.photos.image import BYTES_CAP, PIXEL_CAP, UnreadableImageError, read_image
from words_and_images.common.errors import UserError

# Outside of tests vision.photos.image keeps Pillow's warnings of odd metadata to itself.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

pillow_heif.register_heif_opener()  # to write HEIC
ROOT = Path(__file__).parents[3]
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
SIZE = (40, 20)
NOT_READ = "not a JPEG, PNG, GIF, WebP, BMP, TIFF, HEIC or AVIF image"


def halves(left=RED, right=BLUE, mode: str = "RGB") -> Image.Image:
    """40 x 20 in two colours."""
    image = Image.new("RGB", SIZE, left)
    image.paste(right, (20, 0, 40, 20))
    return image.convert(mode)


def sides(path: Path) -> tuple[list[int], list[int]]:
    """The colours in the middle of the left and of the right half, 0 to 255."""
    pixels = np.round(255 * read_image(path, 20, 40)).astype(int)
    return pixels[10, 8].tolist(), pixels[10, 32].tolist()


def assert_halves(path: Path, left=RED, right=BLUE, tolerance: int = 0) -> None:
    np.testing.assert_allclose(sides(path), [left, right], atol=tolerance)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, bits: int, colour: int, rows: bytes, *more: bytes) -> bytes:
    """A PNG by hand: `rows` are its lines, each after a filter byte."""
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"".join([b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", head), *more,
                     chunk(b"IDAT", zlib.compress(rows, 9)), chunk(b"IEND", b"")])


# Files that are read right, whatever is odd about them.


def test_a_png_and_a_webp_named_jpg_are_read_by_their_content(tmp_path):
    path = tmp_path / "misnamed.jpg"
    for form in ("PNG", "WEBP"):
        halves().save(path, form, lossless=True)
        assert_halves(path)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_its_first_frame(tmp_path, form):
    path = tmp_path / "animated"
    first, *rest = halves(), halves(GREEN, GREEN), halves(WHITE, WHITE)
    first.save(path, form, save_all=True, append_images=rest, lossless=True, duration=50)
    with Image.open(path) as opened:
        assert opened.n_frames == 3
    assert_halves(path)


def test_a_photo_of_several_pictures_as_phones_make_them_is_its_first_one(tmp_path):
    path = tmp_path / "phone.jpg"
    halves().save(path, "MPO", save_all=True, append_images=[halves(GREEN, GREEN)], quality=95,
                  subsampling=0)
    assert_halves(path, tolerance=3)


def test_a_cmyk_jpeg_has_its_colours(tmp_path):
    path = tmp_path / "print.jpg"
    halves(mode="CMYK").save(path, quality=95, subsampling=0)
    assert_halves(path, tolerance=3)


def test_a_ycck_jpeg_has_its_colours(tmp_path):
    """CMYK whose cyan, magenta and yellow are kept as luminance and colour, as Photoshop does."""
    path = tmp_path / "photoshop.jpg"
    cyan, magenta, yellow, black = halves(mode="CMYK").split()
    luminance = Image.merge("RGB", (cyan, magenta, yellow)).convert("YCbCr")
    # Pillow stores CMYK inverted; the decoder inverts what it makes of the luminance as well.
    Image.merge("CMYK", [channel.point(lambda value: 255 - value)
                         for channel in luminance.split()] + [black]).save(
        path, quality=95, subsampling=0)
    content = bytearray(path.read_bytes())
    adobe = content.index(b"Adobe")
    content[adobe + 11] = 2  # the marker's last byte: 0 for CMYK, 2 for YCCK
    path.write_bytes(content)
    assert_halves(path, tolerance=4)


def test_a_grey_jpeg_is_grey(tmp_path):
    path = tmp_path / "grey.jpg"
    Image.new("L", SIZE, 100).save(path)
    assert_halves(path, (100,) * 3, (100,) * 3, 1)


def test_sixteen_bits_keep_their_range_in_grey_and_in_colour(tmp_path):
    line = b"\0" + struct.pack(">40H", *[65535] * 20, *[0x8000] * 20)
    (tmp_path / "grey.png").write_bytes(png(40, 20, 16, 0, line * 20))
    assert_halves(tmp_path / "grey.png", WHITE, (128,) * 3, 1)
    line = b"\0" + struct.pack(">120H", *[65535, 0, 0] * 20, *[0, 0, 0x8000] * 20)
    (tmp_path / "colour.png").write_bytes(png(40, 20, 16, 2, line * 20))
    assert_halves(tmp_path / "colour.png", RED, (0, 0, 128), 1)


def test_sixteen_bits_with_alpha_are_put_on_white(tmp_path):
    line = b"\0" + struct.pack(">80H", *[0x4000, 65535] * 20, *[0x4000, 0] * 20)
    (tmp_path / "grey.png").write_bytes(png(40, 20, 16, 4, line * 20))
    assert_halves(tmp_path / "grey.png", (64,) * 3, WHITE, 1)
    line = b"\0" + struct.pack(">160H", *[65535, 0, 0, 65535] * 20, *[0, 0, 65535, 0] * 20)
    (tmp_path / "colour.png").write_bytes(png(40, 20, 16, 6, line * 20))
    assert_halves(tmp_path / "colour.png", RED, WHITE, 1)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_a_pixel_are_read(tmp_path, bits):
    """Left half all bits set, right half none."""
    half = 20 * bits // 8
    line = b"\0" + b"\xff" * half + (b"\xf0" if 20 * bits % 8 else b"")
    line += bytes(1 + 40 * bits // 8 - len(line))
    (tmp_path / "few.png").write_bytes(png(40, 20, bits, 0, line * 20))
    assert_halves(tmp_path / "few.png", WHITE, (0, 0, 0))


def test_a_palette_with_shares_of_transparency_is_put_on_white(tmp_path):
    line = b"\0" + bytes([0] * 20 + [1] * 20)
    palette = chunk(b"PLTE", bytes([*RED, *BLUE])), chunk(b"tRNS", bytes([255, 51]))
    (tmp_path / "palette.png").write_bytes(png(40, 20, 8, 3, line * 20, *palette))
    # 51 / 255 of blue on white: 0.2 * (0, 0, 255) + 0.8 * 255
    assert_halves(tmp_path / "palette.png", RED, (204, 204, 255), 1)


def test_one_transparent_colour_of_a_png_without_alpha_is_white(tmp_path):
    path = tmp_path / "key.png"
    halves().save(path, transparency=BLUE)
    assert_halves(path, RED, WHITE)


def test_grey_with_alpha_is_put_on_white(tmp_path):
    image = Image.new("LA", SIZE, (0, 255))
    image.paste((0, 0), (20, 0, 40, 20))
    image.save(tmp_path / "grey.png")
    assert_halves(tmp_path / "grey.png", (0, 0, 0), WHITE)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_every_orientation_is_undone(tmp_path, form, orientation):
    """A large photo as well, which a JPEG decodes at a fraction."""
    upright = Image.new("RGB", (400, 200), RED)
    upright.paste(BLUE, (0, 0, 100, 50))  # the corner, top left, from whose place all follows
    undone = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's numbers of transpositions
    stored = upright
    if orientation in undone:
        stored = upright.transpose(Image.Transpose(undone[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned"
    stored.save(path, form, exif=exif.tobytes() if form == "HEIF" else exif, quality=95)
    pixels = read_image(path, 20, 40)
    np.testing.assert_allclose(pixels[2, 4], [0, 0, 1], atol=0.05)
    for row, column in ((2, 35), (17, 4), (17, 35)):
        np.testing.assert_allclose(pixels[row, column], [1, 0, 0], atol=0.05)


@pytest.mark.parametrize("exif", [
    b"Exif\0\0", b"Exif\0\0rubbish", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
    b"Exif\0\0II*\0\xff\xff\xff\xff",
    # One entry, the orientation: the number 9, then a text, then a list of none.
    b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0\0\0\0\0",
    b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\0\0\0\x01a\0\0\0\0\0\0\0",
    b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\0\0\0\0\0\0\0\0\0",
])
def test_broken_exif_leaves_the_photo_as_it_is_stored(tmp_path, exif):
    path = tmp_path / "broken.jpg"
    halves().save(path, exif=exif, quality=95, subsampling=0)
    assert_halves(path, tolerance=3)


@pytest.mark.parametrize("profile", [
    ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), b"no profile", b"\0" * 200,
])
def test_a_colour_profile_good_or_broken_changes_no_pixel(tmp_path, profile):
    path = tmp_path / "profile.png"
    halves().save(path, icc_profile=profile)
    assert_halves(path)


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (1, 1), (2, 1)])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_thin_and_tiny_images_fill_the_whole_input(tmp_path, size, form):
    path = tmp_path / "thin"
    Image.new("RGB", size, (200, 200, 200)).save(path, form, quality=95)
    pixels = read_image(path, 30, 50)
    assert pixels.shape == (30, 50, 3)
    np.testing.assert_allclose(pixels, 200 / 255, atol=0.01)


@pytest.mark.parametrize("name", ["two words.png", "🌭.png", "line\nbreak.png", "-.png", "%s{}.png",
                                  "'quoted\".png", "a" * 251 + ".png"])
def test_a_file_of_any_name_is_read_and_copied(tmp_path, name):
    for label in ("hotdog", "pizza"):
        (tmp_path / "photos" / label).mkdir(parents=True)
        halves().save(tmp_path / "photos" / label / name, "PNG")
    assert_halves(tmp_path / "photos" / "hotdog" / name)
    record = collect_images(str(tmp_path / "photos"), tmp_path / "images")
    assert record.counts == {"hotdog": 1, "pizza": 1}
    assert len(list((tmp_path / "images").glob("*/*.png"))) == 2


# Files that are refused.


def jpeg(folder: Path, quality: int = 95) -> bytes:
    path = folder / "whole.jpg"
    Image.effect_noise((200, 150), 60).save(path, quality=quality)
    return path.read_bytes()


def bomb(side: int) -> bytes:
    """A PNG of so many pixels a side, each black, with all of its data."""
    packer = zlib.compressobj(9)
    line = bytes(1 + side)
    data = b"".join(packer.compress(line) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"".join([b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", head), chunk(b"IDAT", data),
                     chunk(b"IEND", b"")])


def reason(path: Path) -> str:
    with pytest.raises(UnreadableImageError) as caught:
        read_image(path, 20, 40)
    assert str(path) in str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize("share", [0.02, 0.2, 0.6, 0.95])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "HEIF", "AVIF"])
def test_a_file_cut_short_is_refused_wherever_it_is_cut(tmp_path, form, share):
    path = tmp_path / "cut.jpg"
    noise = np.random.default_rng(1).integers(0, 256, (90, 120, 3), np.uint8)
    Image.fromarray(noise).save(path, form)
    content = path.read_bytes()
    path.write_bytes(content[:int(share * len(content))])
    assert reason(path)


def test_a_progressive_jpeg_cut_short_is_refused(tmp_path):
    path = tmp_path / "cut.jpg"
    Image.effect_noise((200, 150), 60).save(path, progressive=True)
    path.write_bytes(path.read_bytes()[:-300])
    assert reason(path) == "the file is cut short"


@pytest.mark.parametrize(("content", "wanted"), [
    (b"", "the file is empty"),
    (b"just a text", NOT_READ),
    (b"<!doctype html><title>404</title>", NOT_READ),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", NOT_READ),
    (bytes(10_000), NOT_READ),
    (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC data that is broken or of a rare make"),
    (b"\xff\x0a rest of a picture", "JPEG XL, which is not read"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL, which is not read"),
    (b"P6 3 2 255\n" + bytes(18), "PBM, PGM or PPM, which is not read"),
    (b"II*\0\x10\0\0\0CR\x02\0", "a camera's raw photo, which is not read"),
])
def test_what_is_no_image_is_refused_with_its_reason(tmp_path, content, wanted):
    path = tmp_path / "misnamed.jpg"
    path.write_bytes(content)
    assert reason(path) == wanted


def test_a_folder_named_like_an_image_is_refused_alone_and_no_image_in_a_class(tmp_path):
    folder = tmp_path / "photos" / "hotdog" / "folder.jpg"
    folder.mkdir(parents=True)
    assert reason(folder) == "is a directory"
    for label in ("hotdog", "pizza"):
        (tmp_path / "photos" / label).mkdir(exist_ok=True)
        halves().save(tmp_path / "photos" / label / "a.png")
    found, passed_over = find_images(tmp_path / "photos", "photos")
    assert [image.shown for image in found] == ["hotdog/a.png", "pizza/a.png"]
    assert passed_over == []


def test_pipes_and_devices_are_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    for name in ("pipe.png", "zero.png"):
        assert reason(tmp_path / name) == "neither a file nor a link to one"


def test_no_more_than_the_cap_is_read_whatever_size_a_file_has(tmp_path, monkeypatch):
    monkeypatch.setattr("vision.photos.image.BYTES_CAP", 100)
    for path in (Path("/proc/self/environ"), Path("/proc/cpuinfo")):  # of size 0, and longer
        if path.exists() and len(path.read_bytes()) > 100:
            assert reason(path) == "more than 100 bytes"
    (tmp_path / "a.png").write_bytes(bytes(101))
    assert reason(tmp_path / "a.png") == "more than 100 bytes"


def test_a_link_to_nothing_and_one_to_itself_are_refused(tmp_path):
    (tmp_path / "broken.jpg").symlink_to(tmp_path / "nothing")
    (tmp_path / "circle.jpg").symlink_to(tmp_path / "circle.jpg")
    assert reason(tmp_path / "broken.jpg") == "no such file or directory"
    assert reason(tmp_path / "circle.jpg") == "too many levels of symbolic links"


def test_a_file_too_large_to_be_an_image_is_not_read(tmp_path):
    path = tmp_path / "film.jpg"
    with path.open("wb") as opened:
        opened.truncate(BYTES_CAP + 1)  # a hole: it takes no room
    started = time.perf_counter()
    assert "more than 1,073,741,824 bytes" in reason(path)
    assert time.perf_counter() - started < 0.5


@contextlib.contextmanager
def without_rights() -> Iterator[Path]:
    """A folder, where files of mode 0 cannot be read; root, who can read all, becomes nobody."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)
        yield folder
    finally:
        os.seteuid(user)
        shutil.rmtree(folder)


def test_a_file_and_a_folder_without_the_right_to_read_them_are_named():
    with without_rights() as folder:
        for label in ("hotdog", "pizza"):
            (folder / label).mkdir()
            halves().save(folder / label / "a.png")
        (folder / "hotdog" / "a.png").chmod(0)
        assert reason(folder / "hotdog" / "a.png") == "permission denied"
        (folder / "pizza").chmod(0)
        with pytest.raises(UserError, match="pizza cannot be read .permission denied.; mend"):
            find_images(folder, "photos")
        (folder / "pizza").chmod(0o700)


def memory_and_seconds(path: Path, way: str) -> tuple[float, float]:
    """Reading an image in a process of its own: megabytes at most, and seconds."""
    program = ("import resource, sys, time\n"
               "from vision.photos.image import UnreadableImageError, read_image\n"
               "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
               "started = time.perf_counter()\n"
               "try: read_image(sys.argv[1], 300, 300); way = 'read'\n"
               "except UnreadableImageError as error: way = error.reason\n"
               "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
               "print((after - before) / 1024, time.perf_counter() - started, way)")
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True,
                          text=True, check=True, cwd=ROOT)
    megabytes, seconds, said = done.stdout.split(maxsplit=2)
    assert said.strip() == way
    return float(megabytes), float(seconds)


def test_a_small_file_of_a_huge_image_is_refused_before_it_is_decoded(tmp_path):
    """15,000 x 15,000 pixels in 0.2 MB, which would take 225 MB in grey and 675 MB in colour."""
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb(15_000))
    assert path.stat().st_size < 300_000
    megabytes, seconds = memory_and_seconds(path, f"more than {PIXEL_CAP:,} pixels")
    assert megabytes < 30
    assert seconds < 1


def test_a_text_chunk_that_unpacks_to_100_megabytes_is_not_unpacked(tmp_path):
    packer = zlib.compressobj(9)
    text = b"".join(packer.compress(bytes(2**20)) for _ in range(100)) + packer.flush()
    path = tmp_path / "bomb.png"
    path.write_bytes(png(1, 1, 8, 0, b"\0\0", chunk(b"zTXt", b"Comment\0\0" + text)))
    said = "Decompressed data too large for PngImagePlugin.MAX_TEXT_CHUNK"
    megabytes, seconds = memory_and_seconds(path, said)
    assert megabytes < 30
    assert seconds < 1


# All of it in one folder.


def test_bad_images_among_good_ones_are_skipped_named_and_counted(tmp_path, capsys):
    folder = tmp_path / "photos"
    for label in ("hotdog", "pizza"):
        (folder / label).mkdir(parents=True)
        for number in range(40):
            halves((number, 0, 0)).save(folder / label / f"{number}.png")
    (folder / "hotdog" / "empty.jpg").touch()
    (folder / "hotdog" / "cut\nshort.jpg").write_bytes(jpeg(tmp_path)[:-500])
    (folder / "pizza" / "text.jpg").write_text("no image")
    (folder / "pizza" / "bomb.png").write_bytes(bomb(15_000))
    os.mkfifo(folder / "pizza" / "pipe.jpg")
    record = collect_images(str(folder), tmp_path / "images",
                            ImagesParameters(unreadable_share=0.06))
    assert record.counts == {"hotdog": 40, "pizza": 40}
    assert {each.path: each.reason for each in record.skipped} == {
        "hotdog/cut\\nshort.jpg": "the file is cut short",
        "hotdog/empty.jpg": "the file is empty",
        "pizza/bomb.png": "more than 100,000,000 pixels",
        "pizza/pipe.jpg": "neither a file nor a link to one",
        "pizza/text.jpg": NOT_READ,
    }
    said = capsys.readouterr().err
    assert ("warning: skipped 5 unreadable images: hotdog/cut\\nshort.jpg (the file is cut "
            "short), hotdog/empty.jpg (the file is empty), pizza/bomb.png (more than 100,000,000 "
            "pixels) and 2 more") in said
    with pytest.raises(UserError, match=r"^5 of 85 images \(5.9 %\) cannot be read, above"):
        collect_images(str(folder), tmp_path / "images", ImagesParameters(unreadable_share=0.05))
