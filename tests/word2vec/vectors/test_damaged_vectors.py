"""Vectors and evaluation sets that come damaged: read, or refused in one sentence."""

import bz2
import gzip
import zipfile

import numpy as np
import pytest

from tests.tools.damage import damaged_files
from word2vec.evaluation.analogies import read_questions
from word2vec.evaluation.word_pairs import read_pairs
from word2vec.vectors import WordVectors, load_vectors
from words_and_images.common.errors import UserError

WORDS = ["king", "queen", "man", "woman", "café"]


def known():
    return WordVectors(WORDS, np.arange(20, dtype=np.float32).reshape(5, 4) / 7)


def zipped(path):
    known().save(path.with_suffix(".txt"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path.with_suffix(".txt"), "vectors.txt")


def packed(pack):
    def save(path):
        known().save(path.with_suffix(".txt"))
        path.write_bytes(pack(path.with_suffix(".txt").read_bytes()))

    return save


def refused(read, *arguments):
    try:
        read(*arguments)
    except UserError as error:
        assert "\n" not in str(error) and len(str(error)) < 2000
        return True
    return False


@pytest.mark.parametrize(("name", "save"), [
    ("a.txt", known().save), ("a.bin", known().save), ("a.tsv", known().save),
    ("a.safetensors", known().save), ("a.gz", packed(gzip.compress)),
    ("a.bz2", packed(bz2.compress)), ("a.zip", zipped),
])
def test_no_damage_of_a_file_of_vectors_raises_anything_else(tmp_path, name, save):
    path = tmp_path / name
    save(path)
    assert any([refused(load_vectors, path) for _ in damaged_files(path, 300)])
    assert load_vectors(path).index_to_key == WORDS


@pytest.mark.parametrize("name", ["input_vectors.npy", "vocabulary.txt", "record.json"])
def test_no_damage_of_a_folder_raises_anything_else(tmp_path, name):
    known().save(tmp_path / "vectors")
    record = tmp_path / "vectors" / "record.json"
    record.write_text("{}")  # without a list that would tell of any damage
    results = [refused(load_vectors, tmp_path / "vectors")
               for _ in damaged_files(tmp_path / "vectors" / name, 300)]
    assert any(results) or name == "record.json"


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


def test_no_damage_of_an_evaluation_set_raises_anything_else(tmp_path):
    questions, pairs = tmp_path / "questions.txt", tmp_path / "pairs.tsv"
    questions.write_text(": family\nking man queen woman\n: capitals\nOslo Norway Paris France\n")
    pairs.write_text("# words\tand a score\nking\tqueen\t8.5\nman\tcar\t1.2\n")
    assert any([refused(read_questions, questions) for _ in damaged_files(questions, 200)])
    assert any([refused(read_pairs, pairs) for _ in damaged_files(pairs, 200)])


def test_an_evaluation_set_without_end_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("word2vec.corpus.documents.text.LARGEST_WHOLE", 1000)
    (tmp_path / "pairs.gz").write_bytes(gzip.compress(b"king queen 8.5\n" * 1000))
    with pytest.raises(UserError, match="more than 1,000 bytes"):
        read_pairs(tmp_path / "pairs.gz")
