"""IDX files, and MNIST in a folder."""

import gzip
import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from examples import fetch_digits, mnist
from examples.fetch_digits import digit_files
from examples.idx import read_idx, write_idx
from examples.mnist import load_digits
from words_and_images.common.catalogue import Source
from words_and_images.common.errors import UserError

ARRAY = np.arange(12, dtype=np.uint8).reshape(2, 3, 2)
CONTENT = write_idx(ARRAY)


def test_the_header_is_the_magic_number_and_the_sizes():
    assert CONTENT[:16].hex(" ", 4) == "00000803 00000002 00000003 00000002"
    assert CONTENT[16:] == bytes(range(12))


@pytest.mark.parametrize("content", [CONTENT, gzip.compress(CONTENT, mtime=0)])
def test_a_written_array_comes_back_also_gzipped(content):
    np.testing.assert_array_equal(read_idx(content, "digits", (2, 3, 2)), ARRAY)


@pytest.mark.parametrize(("content", "message"), [
    (b"", "begins with nothing"),
    (b"\x89PNG1234", "is no IDX file of unsigned bytes: it begins with 89 50 4e 47"),
    (b"\0\0\x0d\x03" + CONTENT[4:], "it begins with 00 00 0d 03"),  # floats
    (CONTENT[:9], "is cut short: 9 bytes, and its header alone has 16"),
    (CONTENT[:-1], "has 27 bytes, not 28"),
    (CONTENT + b"\0", "has 29 bytes, not 28"),
    (write_idx(ARRAY[:1]), "holds 1 x 3 x 2, not 2 x 3 x 2"),
    (write_idx(ARRAY.ravel()), "holds 12, not 2 x 3 x 2"),
    (gzip.compress(CONTENT, mtime=0)[:-9], "is a broken gzip file"),
])
def test_a_file_that_is_not_as_it_should_be_is_named(content, message):
    with pytest.raises(UserError, match=message) as raised:
        read_idx(content, "digits", (2, 3, 2))
    assert str(raised.value).startswith("digits ") and str(raised.value).count("\n") == 0


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The four files, with three images for 60,000 and two for 10,000."""
    shapes = {name: (3 if name.startswith("train") else 2, *shape[1:])
              for name, shape in mnist.SHAPES.items()}
    monkeypatch.setattr(mnist, "SHAPES", shapes)
    monkeypatch.setattr(fetch_digits, "SHAPES", shapes)
    for name, shape in mnist.SHAPES.items():
        labels = len(shape) == 1
        array = np.arange(shape[0]) if labels else np.full(shape, 51)
        (tmp_path / name).write_bytes(write_idx(array.astype(np.uint8)))
    return tmp_path


def test_digits_are_pixels_from_0_to_1_and_labels(folder):
    training, test = load_digits(folder)
    assert training.inputs().shape == (3, 784) and training.inputs().dtype == np.float32
    assert np.unique(training.inputs()) == np.float32(0.2)
    assert training.labels.tolist() == [0, 1, 2] and test.labels.tolist() == [0, 1]


def test_a_gzipped_file_takes_the_place_of_the_plain_one(folder):
    name = "t10k-images-idx3-ubyte"
    content = (folder / name).read_bytes()
    (folder / name).unlink()
    (folder / f"{name}.gz").write_bytes(gzip.compress(content))
    assert len(load_digits(folder)[1].images) == 2
    assert set(digit_files(str(folder))) == set(mnist.SHAPES)


def test_a_missing_file_is_named(folder):
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(UserError, match="holds neither t10k-labels-idx1-ubyte nor"):
        load_digits(folder)


def test_a_label_that_is_no_digit_is_named(folder):
    labels = np.array([0, 1, 10], np.uint8)
    (folder / "train-labels-idx1-ubyte").write_bytes(write_idx(labels))
    with pytest.raises(UserError, match="train-labels-idx1-ubyte holds the label 10"):
        load_digits(folder)


def test_files_in_each_others_place_are_told_apart(folder):
    images, labels = folder / "train-images-idx3-ubyte", folder / "train-labels-idx1-ubyte"
    other = images.read_bytes()
    images.write_bytes(labels.read_bytes())
    labels.write_bytes(other)
    with pytest.raises(UserError, match="train-images-idx3-ubyte says that it holds 3, not 3 x 28"):
        load_digits(folder)


@pytest.fixture
def addresses(folder, tmp_path, monkeypatch):
    """The four files, gzipped, behind an address each; and the catalogue's entries of them."""
    entries = {"mnist_files": Source("mnist_files", "digits", "", "", members=tuple(mnist.SHAPES))}
    served = tmp_path / "served"
    served.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=served)
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in mnist.SHAPES:
        content = gzip.compress((folder / name).read_bytes())
        (served / f"{name}.gz").write_bytes(content)
        url = f"http://127.0.0.1:{server.server_port}/{name}.gz"
        entries[name] = Source(name, "digits_file", "", "", urls=(url,), bytes=len(content),
                               md5=hashlib.md5(content).hexdigest())
    monkeypatch.setenv("WORDS_AND_IMAGES_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fetch_digits.catalogue, "find", lambda name, *_: entries[name])
    yield served
    server.shutdown()


def test_the_four_files_come_from_their_addresses(addresses, folder):
    found = digit_files("mnist_files")
    assert {name: gzip.decompress(content) for name, content in found.items()} == {
        name: (folder / name).read_bytes() for name in mnist.SHAPES}


def test_a_file_of_another_checksum_is_refused(addresses):
    (addresses / "t10k-labels-idx1-ubyte.gz").write_bytes(b"another")
    with pytest.raises(UserError, match=r"t10k-labels-idx1-ubyte.gz does not have the md5"):
        digit_files("mnist_files")


def test_a_source_that_nobody_knows_is_one_sentence():
    with pytest.raises(UserError, match="'mnits' is neither a path .* did you mean mnist"):
        digit_files("mnits")


def test_a_packed_file_is_not_unpacked_far_beyond_its_shape():
    with pytest.raises(UserError, match="bytes, not 40"):
        read_idx(gzip.compress(write_idx(np.zeros((2, 3, 4), np.uint8)) + bytes(10**7)), "it",
                 (2, 3, 4))
