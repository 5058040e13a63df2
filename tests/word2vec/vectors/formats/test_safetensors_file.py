import json
import mmap
import struct

import numpy as np
import pytest

from tests.word2vec.conftest import refusal
from word2vec.vectors.formats.read_options import ReadOptions
from word2vec.vectors.formats.vector_files import read_vectors, write_vectors
from word2vec.vectors.vectors import load_vectors
from words_and_images.common.errors import UserError

WORDS = ["the", "new york", "x\x85y"]
VECTORS = np.float32([[0.5, -2], [1, 3], [65504, -0.25]])
COUNTS = np.array([9, 7, 2])


@pytest.fixture
def path(tmp_path):
    write_vectors(tmp_path / "v.safetensors", WORDS, VECTORS, COUNTS)
    return tmp_path / "v.safetensors"


def stored(path, words: bytes = b"a\nb\nc\n", vectors=VECTORS, **others):
    numpy = pytest.importorskip("safetensors.numpy")
    numpy.save_file({"vectors": vectors, "words": np.frombuffer(words, np.uint8), **others}, path)
    return path


def test_words_vectors_and_counts_come_back_mapped(path):
    vectors = load_vectors(path)
    assert vectors.index_to_key == WORDS and vectors.counts.tolist() == [9, 7, 2]
    assert vectors.vectors.tobytes() == VECTORS.tobytes()
    base = vectors.vectors
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base
    assert isinstance(base, mmap.mmap) and not vectors.vectors.flags.writeable
    assert load_vectors(path, limit=2).counts.tolist() == [9, 7]


def test_the_formats_own_library_reads_it(path):
    tensors = pytest.importorskip("safetensors.numpy").load_file(path)
    assert tensors["words"].tobytes().decode().split("\n")[:-1] == WORDS
    assert tensors["vectors"].tobytes() == VECTORS.tobytes()
    assert tensors["counts"].tolist() == [9, 7, 2]
    begin = 8 + struct.unpack("<Q", path.read_bytes()[:8])[0]
    assert begin % 8 == 0


def test_counts_that_are_not_known_are_left_out(tmp_path):
    write_vectors(tmp_path / "v.safetensors", WORDS, VECTORS)
    assert load_vectors(tmp_path / "v.safetensors").counts is None


@pytest.mark.parametrize("kind", [np.float16, np.float64])
def test_other_floats_become_float32(tmp_path, kind):
    words, vectors = read_vectors(stored(tmp_path / "v", vectors=VECTORS.astype(kind)))
    assert words == ["a", "b", "c"] and vectors.dtype == np.float32
    assert vectors.tolist() == VECTORS.tolist()


def test_bfloat16_is_the_upper_half_of_float32(tmp_path):
    header = json.dumps({"vectors": {"dtype": "BF16", "shape": [1, 2], "data_offsets": [0, 4]},
                         "words": {"dtype": "U8", "shape": [2], "data_offsets": [4, 6]}}).encode()
    half = b"\x80\x3f" + b"\x20\xc0"  # 1 and -2.5
    (tmp_path / "v").write_bytes(struct.pack("<Q", len(header)) + header + half + b"a\n")
    assert read_vectors(tmp_path / "v")[1].tolist() == [[1, -2.5]]


def test_what_is_no_such_file_is_refused_with_its_tensors(tmp_path):
    numpy = pytest.importorskip("safetensors.numpy")
    numpy.save_file({"embed.weight": VECTORS, "bias": VECTORS[0]}, tmp_path / "model")
    assert "holds the tensors bias (2,), embed.weight (3, 2), and not" in refusal(
        tmp_path / "model")
    many = {f"layer{number}": VECTORS for number in range(9)}
    numpy.save_file(many, tmp_path / "model")
    assert "layer4 (3, 2) and 4 tensors more" in refusal(tmp_path / "model")
    path = tmp_path / "v"
    assert "2 words and 3 vectors" in refusal(stored(path, words=b"a\nb\n"))
    assert "'a' twice, in lines 1 and 3; write" in refusal(stored(path, words=b"a\nb\na\n"))
    assert "not UTF-8 at byte 2" in refusal(stored(path, words=b"a\n\xe9\nb\n"))
    assert "'vectors' as I32" in refusal(stored(path, vectors=VECTORS.astype(np.int32)))
    assert "3 words and counts of shape (2,)" in refusal(stored(path, counts=COUNTS[:2]))
    assert "holds no vectors" in refusal(stored(path, words=b"", vectors=VECTORS[:0]))
    with pytest.raises(UserError, match="encoding is 'latin-1'"):
        read_vectors(stored(path), ReadOptions(encoding="latin-1"))


@pytest.mark.parametrize("header, body", [
    (b'{"vectors":{"dtype":"F32","shape":[4,2],"data_offsets":[0,32]}}', b"x" * 31),
    (b'{"vectors":{"dtype":"F32","shape":[4,2],"data_offsets":[0,16]}}', b"x" * 16),
    (b'{"vectors":{"dtype":"F32","shape":[4,-2],"data_offsets":[0,32]}}', b"x" * 32),
    (b'{"vectors":{"dtype":"F32","shape":[1099511627776,1099511627776],"data_offsets":[0,8]}}',
     b"x" * 8),
    (b'{"vectors":{"dtype":"F32","shape":[4,2],"data_offsets":[8,40]}}', b"x" * 40),
    (b"{" * 9999, b""), (b'{"a', b""),
])
def test_damaged_and_hostile_headers_are_one_sentence(tmp_path, header, body):
    (tmp_path / "v").write_bytes(struct.pack("<Q", len(header)) + header + body)
    assert "no whole safetensors file" in refusal(tmp_path / "v")


def test_a_header_that_promises_more_than_the_file_is_refused(path):
    content = path.read_bytes()
    path.write_bytes(struct.pack("<Q", 90_000_000) + content[8:])
    assert "no whole safetensors file" in refusal(path)
    path.write_bytes(content[:-1])
    assert "no whole safetensors file" in refusal(path)
