"""Vectors and evaluation sets that come damaged: read, or refused in one sentence."""

import gzip

import numpy as np
import pytest

from word2vec.evaluation.word_pairs import read_pairs
from word2vec.vectors import WordVectors, load_vectors
from words_and_images.common.errors import UserError

WORDS = ["king", "queen", "man", "woman", "café"]


def known():
    return WordVectors(WORDS, np.arange(20, dtype=np.float32).reshape(5, 4) / 7)


def refused(read, *arguments):
    try:
        read(*arguments)
    except UserError as error:
        assert "\n" not in str(error) and len(str(error)) < 2000
        return True
    return False


@pytest.mark.parametrize("header", [
    b"{'descr': '<f4', 'fortran_order': False, 'shape': (5, 4", b"{" * 9000,
    b"{'descr': '<f4', 'fortran_order': False, 'shape': (-5, 4)}",
    b"{'descr': '<f4', 'fortran_order': False, 'shape': (5000000000000, 4)}",
    b"{'descr': 'O', 'fortran_order': False, 'shape': (5, 4)}",
    b"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (5, 4)}",
])
def test_a_header_that_makes_no_array_is_refused(tmp_path, header):
    known().save(tmp_path / "vectors")
    padded = header + b" " * 9 + b"\n"
    (tmp_path / "vectors" / "input_vectors.npy").write_bytes(
        b"\x93NUMPY\2\0" + len(padded).to_bytes(4, "little") + padded + bytes(80))
    assert refused(load_vectors, tmp_path / "vectors")


def test_an_evaluation_set_without_end_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("word2vec.corpus.documents.text.LARGEST_WHOLE", 1000)
    (tmp_path / "pairs.gz").write_bytes(gzip.compress(b"king queen 8.5\n" * 1000))
    with pytest.raises(UserError, match="more than 1,000 bytes"):
        read_pairs(tmp_path / "pairs.gz")
